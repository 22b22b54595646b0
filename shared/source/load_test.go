package source

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"perigee/shared/fault"
)

const listed = `
redis: {host: redis, port: 6379}
harvesters:
- name: harvest-bucket-catalog
  resource:
    type: STACCatalog
    root_path: path/catalog.json
    collection_id: S2
    source:
      type: S3
      bucket: data
      access_key_id: key
      secret_access_key: secret
      endpoint_url: https://minio.example
      region_name: RegionOne
      validate_bucket_name: False
      public: False
  filter: {}
  postprocess: []
  queue: register
`

const mapped = `
harvesters:
  harvest-bucket-catalog:
    queue: "register_queue"
    mode: replace
    resource:
      type: "STACCatalog"
      staccatalog:
        filesystem: s3bucket
        root_path: "/home/catalog.json"
        collection_id: S2
  other:
    resource: {type: STACCatalog}
    filter: {}
    postprocessors: []
filesystems:
  s3bucket:
    type: s3
    s3: {access_key_id: key, secret_access_key: secret, endpoint_url: https://minio.example, region: RegionOne, public: False}
`

func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

// Both generations of the schema, by themselves and within the values of the chart, become one model.
func TestLoad(t *testing.T) {
	first := Harvester{
		Name: "harvest-bucket-catalog", RootPath: "path/catalog.json", Collection: "S2", Mode: "register",
		Type: TypeSTACCatalog, Store: Store{Kind: "s3", Bucket: "data", Endpoint: "https://minio.example", Region: "RegionOne", AccessKey: "key", SecretKey: "secret"},
	}
	first.Query.Extra = map[string]string{}
	second := first
	second.RootPath, second.Mode, second.Store.Bucket = "/home/catalog.json", "replace", ""
	for _, c := range []struct {
		name, text string
		want       Harvester
	}{
		{"a list", listed, first},
		{"a map", mapped, second},
		{"under config", "config:" + indent(listed), first},
		{"in a chart", "vs:\n  harvester:\n    image: {tag: x}\n    config:" + indent(indent(indent(mapped))), second},
		{"in a release", "kind: HelmRelease\nspec:\n  values:\n    vs:\n      harvester:\n        config:" + strings.Repeat("", 1) + indent(indent(indent(indent(indent(mapped))))), second},
	} {
		config, err := Load("f.yaml", []byte(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := config.Harvester("harvest-bucket-catalog", nil)
		got.home = ""
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	config, err := Load("f.yaml", []byte(mapped))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := config.Harvester("other", nil); err != nil || !reflect.DeepEqual(got, Harvester{Name: "other", Type: TypeSTACCatalog, RootPath: "/", Mode: "register", Query: Query{Extra: map[string]string{}}}) {
		t.Errorf("the defaults are %+v: %v", got, err)
	}
	if names := strings.Join(config.Names(), " "); names != "harvest-bucket-catalog other" {
		t.Errorf("the harvesters are %s", names)
	}
}

// What is wrong is told with its line and key.
func TestLoadRefuses(t *testing.T) {
	one := func(entry string) string {
		return "harvesters:\n  a:\n    resource: {type: STACCatalog}\n    " + entry + "\n"
	}
	search := func(entry string) string {
		return "harvesters:\n  a:\n    resource:\n      type: OpenSearch\n      url: http://x/\n      " + entry + "\n"
	}
	for _, c := range []struct{ name, text, want string }{
		{"unknown at the top", "harvestrs: {}", `f.yaml:1:1: unknown key "harvestrs"`},
		{"unknown in a harvester", one("quue: register"), `f.yaml:4:5: unknown key "quue"`},
		{"unknown in a resource", "harvesters:\n- name: a\n  resource:\n    type: STACCatalog\n    rot: x", `f.yaml:5:5: unknown key "rot"`},
		{"unknown in a filesystem", "filesystems:\n  f:\n    type: s3\n    s3: {acess: x}", `unknown key "acess"`},
		{"another type", "harvesters:\n  Sentinel2:\n    resource:\n      type: FTP\n      ftp: {url: x}", `f.yaml:4:13: harvester Sentinel2: the type of resource "FTP" is none of OpenSearch, `},
		{"the section of another type", "harvesters:\n  a:\n    resource:\n      type: STACCatalog\n      stacapi: {url: 'http://x/'}", `f.yaml:5:16: harvester a: resource.stacapi: the resource is of the type STACCatalog, not STACAPI`},
		{"no address", "harvesters:\n  a:\n    resource:\n      type: OpenSearch\n      opensearch: {url: x}", `f.yaml:5:25: harvester a: resource.opensearch.url: the url is "x"`},
		{"no address in a list", "harvesters:\n- name: C\n  resource:\n    url: x\n    type: OpenSearch", `f.yaml:4:10: harvester C: resource.url: the url is "x"`},
		{"a box", search("query: {bbox: '1,2,3'}"), `f.yaml:6:21: harvester a: resource.query.bbox: the bbox 1,2,3 is not west, south, east, north`},
		{"a box upside down", search("query: {bbox: '1,50,3,40'}"), `is not on earth, or its south lies above its north`},
		{"a time", search("query: {time: {begin: soon}}"), `resource.query.time.begin: "soon" is not a time`},
		{"a time that ends before", search("query: {time: {begin: 2020-01-02, end: 2020-01-01}}"), `resource.query.time.end: the end 2020-01-01 lies before`},
		{"a collection", search("query: {collection: 7}"), `resource.query.collection: 7 is neither a name nor a list of names`},
		{"an extra parameter", search("query: {extra_params: {a: [1]}}"), `resource.query.extra_params.a: [1] is not a value`},
		{"an unknown key of a query", search("query: {time: {start: 2020}}"), `f.yaml:6:22: unknown key "start"`},
		{"a page size", "harvesters:\n  a: {resource: {type: STACAPI, stacapi: {url: 'http://x/', page_size: -1}}}", "the page_size is -1"},
		{"a method", "harvesters:\n  a: {resource: {type: CSW, csw: {url: 'http://x/', method: POST}}}", "resource.csw.method"},
		{"a version", "harvesters:\n  a: {resource: {type: CSW, csw: {url: 'http://x/', version: 1.1.0}}}", "resource.csw.version"},
		{"a source of a service", "harvesters:\n  a: {resource: {type: CSW, source: {type: S3}, csw: {url: 'http://x/'}}}", "has no source"},
		{"a filesystem of a service", "filesystems: {f: {type: s3}}\nharvesters:\n  a: {resource: {type: CSW, csw: {url: 'http://x/', filesystem: f}}}", `is of the type s3, not http`},
		{"no pattern", "harvesters:\n  a: {resource: {type: FileScheme, root_path: x}}", "the pattern of the files is missing"},
		{"postprocessors twice", one("postprocess: {type: title}\n    postprocessors: [{type: title}]"), "f.yaml:4:18: harvester a: postprocess: postprocessors are given twice"},
		{"a window", "harvesters:\n  a: {resource: {type: STACAPI, url: 'http://x/'}, continuous: {window: 7}}", `continuous.window: "7" is not a time such as 24h`},
		{"no window", "harvesters:\n  a: {resource: {type: STACAPI, url: 'http://x/'}, continuous: {overlap: 1h}}", `the longest time of one run is missing`},
		{"a window and a time", "harvesters:\n  a: {resource: {type: STACAPI, url: 'http://x/', query: {time: {begin: 2020}}}, continuous: {window: 7h}}", `its time is no query's to say`},
		{"no type", "harvesters:\n- name: C\n  resource: {root_path: x}", `harvester C: the key "type" is missing`},
		{"no resource", "harvesters:\n  C: {queue: register}", `harvester C: the key "resource" is missing`},
		{"no name", "harvesters:\n- resource: {type: STACCatalog}", "has no name"},
		{"two names", "harvesters:\n  a:\n    name: b\n    resource: {type: STACCatalog}", `calls itself "b"`},
		{"the same name", "harvesters:\n- {name: a, resource: {type: STACCatalog}}\n- {name: a, resource: {type: STACCatalog}}", `f.yaml:3:3: there are two harvesters "a"`},
		{"a filter with another operator", one("filter: {op: 'like it', args: [{property: x}, 1]}"), `f.yaml:4:13: harvester a: filter: at /op: "like it" is no operator of CQL2`},
		{"a filter of mixed types", one("filter: {op: '=', args: ['x', 1]}"), "f.yaml:4:13: harvester a: filter: \"x\" is a text, 1 is a number: they cannot be compared"},
		{"a filter that is a text", one("filter: x = 1"), `f.yaml:4:13: harvester a: filter: at the top: `},
		{"a filter with what JSON has not", one("filter: {op: '<', args: [{property: x}, .nan]}"), "harvester a: filter: "},
		{"a filter on what is no property", one("filter: {op: isNull, args: [{property: links}]}"), `filter: at /args/0/property: items are not found by "links"`},
		{"a postprocessor", one("postprocessors: [{type: external, process: x}]"), `f.yaml:4:48: harvester a: postprocessors[0].process: is "x", but`},
		{"an older postprocessor", one("postprocess: {type: x}"), `f.yaml:4:25: harvester a: postprocess[0].type: is "x", but`},
		{"a rule of a postprocessor", one("postprocessors:\n    - type: title\n    - type: declarative\n      kwargs:\n        rules:\n        - {op: remove, field: /a}\n        - {op: regex, field: /a, pattern: (}"),
			"f.yaml:10:43: harvester a: postprocessors[1].kwargs.rules[1].pattern: "},
		{"another queue", one("queue: seed_queue"), `f.yaml:4:12: harvester a: queue: the queue is "seed_queue"`},
		{"a queue of removals", one("queue: deregister_queue"), `the queue is "deregister_queue", which takes no items`},
		{"no name of a queue", one("queue: 'a b'"), `the queue is "a b", which is no name of one`},
		{"another mode", one("mode: deregister"), `harvester a: mode: the mode is "deregister"`},
		{"no such filesystem", "harvesters:\n  a: {resource: {type: STACCatalog, staccatalog: {filesystem: f}}}", `there is no "f" among filesystems`},
		{"another filesystem", "filesystems:\n  f: {type: ftp}", `filesystem f: type: the type of filesystem "ftp" is none of s3, swift, http, local`},
		{"a public filesystem", "filesystems:\n  f:\n    type: s3\n    s3: {access_key_id: k, secret_access_key: s, public: True}", "filesystem f: s3.public: a public store is read without keys"},
		{"a public source", "harvesters:\n  a: {resource: {type: STACCatalog, source: {type: S3, public: True, access_key_id: k, secret_access_key: s}}}", "resource.source.public"},
		{"two roots", "harvesters:\n  a: {resource: {type: STACCatalog, root_path: x, staccatalog: {root_path: y}}}", "root_path is given twice"},
		{"not a map", "harvesters: 7", "a map is expected here"},
		{"two documents", "harvesters: {}\n---\nharvesters: {}", "is one document"},
		{"not YAML", "harvesters: {", "f.yaml"},
	} {
		_, err := Load("f.yaml", []byte(c.text))
		if fault.KindOf(err) != fault.Invalid && len(fault.All(err)) < 2 || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	for _, empty := range []string{"", "# nothing\n", "harvesters:\n", "harvesters: {}\nfilesystems:\n"} {
		if c, err := Load("f.yaml", []byte(empty)); err != nil || len(c.Names()) != 0 {
			t.Errorf("%q: %v, %v", empty, c.Names(), err)
		}
	}
}

// A configuration that comes along (HRV-19) neither makes a long text of a short one nor is nested until its reader is busy.
func TestLoadOneIsPlain(t *testing.T) {
	const one = "name: x\nresource: {type: CSW, url: 'http://x/'}\npostprocessors:\n- type: declarative\n  kwargs: {rules: [{op: set, field: /a, value: {a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]"
	doubled := one
	for i := 1; i < 5; i++ {
		doubled += fmt.Sprintf(", a%d: &a%d [%s]", i, i, strings.Join(slices.Repeat([]string{fmt.Sprintf("*a%d", i-1)}, 9), ", "))
	}
	for name, text := range map[string]string{
		"anchors": doubled + "}}]}\n", "brackets": strings.Repeat("[", 2000), "braces": strings.Repeat("{a: ", 2000), "dashes": strings.Repeat("- ", 2000),
	} {
		if _, err := LoadOne("x", "config", []byte(text)); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "nested") && !strings.Contains(err.Error(), "anchors") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLoadSetting(t *testing.T) {
	read := func(path string) ([]byte, error) {
		if path != "harvesters.yaml" {
			return nil, os.ErrNotExist
		}
		return []byte(listed), nil
	}
	if c, err := LoadSetting("HARVESTERS", "harvesters.yaml", read); err != nil || len(c.Names()) != 1 {
		t.Errorf("%v: %v", c.Names(), err)
	}
	if _, err := LoadSetting("HARVESTERS", "nowhere.yaml", read); err == nil || !strings.Contains(err.Error(), "HARVESTERS") {
		t.Errorf("%v", err)
	}
}

// HRV-03: values are merged deeply, in the form of either generation, whichever the configuration has.
func TestValues(t *testing.T) {
	for _, c := range []struct{ name, text, values, root, want string }{
		{"none", mapped, `null`, "/home/catalog.json", ""},
		{"the other form", mapped, `{"resource": {"root_path": "s3://b/path/catalog.json"}}`, "s3://b/path/catalog.json", ""},
		{"the same form", mapped, `{"resource": {"staccatalog": {"root_path": "x"}}}`, "x", ""},
		{"a list, the same form", listed, `{"resource": {"root_path": "x"}}`, "x", ""},
		{"a list, the other form", listed, `{"resource": {"staccatalog": {"root_path": "x"}}}`, "x", ""},
		{"nothing of it", listed, `{"mode": "replace", "resource": {"type": "STACCatalog"}, "filter": {}}`, "path/catalog.json", ""},
		{"two roots", listed, `{"resource": {"root_path": "y", "staccatalog": {"root_path": "x"}}}`, "", "given twice"},
		{"an unknown key", listed, `{"resource": {"rot_path": "y"}}`, "", `unknown field "rot_path"`},
		{"no object", listed, `7`, "", "values"},
		{"something behind", listed, `{} {}`, "", "values"},
		{"another store", listed, `{"resource": {"source": {"endpoint_url": "http://169.254.169.254/"}}}`, "", "values.resource.source: that is for the deployment to say"},
		{"another filesystem", mapped, `{"resource": {"staccatalog": {"filesystem": "other"}}}`, "", "for the deployment to say"},
		{"another type", mapped, `{"resource": {"type": "OpenSearch"}}`, "", "for the deployment to say"},
		{"another name", mapped, `{"name": "x"}`, "", "for the deployment to say"},
		{"a filter", mapped, `{"filter": {"op": "="}}`, "", "values.filter: at the top: = has no args"},
		{"a mode", mapped, `{"mode": "x"}`, "", "values.mode"},
		{"too much", mapped, `{"mode": "` + strings.Repeat("x", MaxValues) + `"}`, "", "more than the"},
	} {
		config, err := Load("f.yaml", []byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		got, err := config.Harvester("harvest-bucket-catalog", []byte(c.values))
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) || !fault.KindOf(err).Permanent() || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || got.RootPath != c.root || got.Collection != "S2" || got.Store.AccessKey != "key" {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
		if again, err := config.Harvester("harvest-bucket-catalog", nil); err != nil || again.RootPath == "x" {
			t.Errorf("%s: the configuration itself has changed: %+v, %v", c.name, again, err)
		}
	}
	config := Config{}
	if _, err := config.Harvester("x", nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%v", err)
	}
}

// No text makes reading fail otherwise than by an error.
func FuzzLoad(f *testing.F) {
	f.Add(listed)
	f.Add(mapped)
	f.Add("harvesters: {a: [}")
	f.Fuzz(func(t *testing.T, text string) {
		config, err := Load("f", []byte(text))
		for _, name := range config.Names() {
			if h, wrong := config.Harvester(name, nil); err == nil && (wrong != nil || h.RootPath == "" || h.Mode == "") {
				t.Errorf("%s is %+v: %v", name, h, wrong)
			}
		}
	})
}

// No values change where a store is, or a configuration that others use.
func FuzzValues(f *testing.F) {
	config, err := Load("f", []byte(listed))
	if err != nil {
		f.Fatal(err)
	}
	before, err := config.Harvester("harvest-bucket-catalog", nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(`{"resource": {"root_path": "x", "source": {"public": true}}}`)
	f.Add(`{"Resource": {"SOURCE": {"Bucket": "x"}}}`)
	f.Fuzz(func(t *testing.T, values string) {
		h, err := config.Harvester("harvest-bucket-catalog", []byte(values))
		if err == nil && h.Store != before.Store {
			t.Errorf("the store is %+v", h.Store)
		}
		if after, err := config.Harvester("harvest-bucket-catalog", nil); err != nil || !reflect.DeepEqual(after, before) {
			t.Errorf("the configuration is %+v: %v", after, err)
		}
	})
}
