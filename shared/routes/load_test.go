package routes

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// outline is a configuration in a line for each route.
func outline(c Config) string {
	var lines []string
	for _, r := range c.Routes {
		line := fmt.Sprintf("%s: %s from %s", r.Name, r.Kind, r.Queue)
		if r.Replace {
			line += ", replacing"
		}
		for _, b := range r.Backends {
			line += ", " + string(b.Kind)
			if b.OWS != "" {
				line += " " + b.OWS
			}
		}
		if r.Output != "" {
			line += ", then " + r.Output
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

func loaded(t *testing.T, text string) Config {
	t.Helper()
	c, err := Load("routes.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// REG-02, REG-03: the values that the original's operators have drive registration as they are.
func TestValuesOfTheOriginal(t *testing.T) {
	shared := datatest.Folder(t)
	configs := filepath.Join(shared, "data", "eoepca", "configs")
	text, err := os.ReadFile(filepath.Join(configs, "hr-data-access-creodias-v1.4.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `items: items from register_queue, data access, item https://data-access.develop.eoepca.org/ows, then seed_queue
collections: collections from register_collection_queue, replacing, collection
ades: json from register_ades_queue, replacing, processes
application: json from register_application_queue, replacing, application
catalogue: json from register_catalogue_queue, replacing, catalogue
json: json from register_json_queue, replacing, json
xml: json from register_xml_queue, replacing, xml
path: path from register_path_queue, data access, item https://data-access.develop.eoepca.org/ows, then seed_queue`
	if got := outline(loaded(t, string(text))); got != want {
		t.Errorf("the routes are\n%s\nwant\n%s", got, want)
	}
	whole, err := LoadValues("PRODUCTS", filepath.Join(configs, "hr-data-access-creodias-v1.4.yaml"), os.ReadFile)
	if err != nil || outline(whole) != want || len(whole.Sources) != 1 || whole.Sources[0].Endpoint != "http://data.cloudferro.com" || whole.Sources[0].Region != "RegionOne" {
		t.Errorf("%+v, %v", whole, err)
	}
	text, err = os.ReadFile(filepath.Join(configs, "workspace-charts", "template-hr-data-access.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := loaded(t, strings.NewReplacer("{{ ", "", " }}", "").Replace(string(text)))
	items, ok := c.Route("register")
	drawn, draws := items.Backend(DataAccess)
	if !ok || !draws || !items.Replace || !drawn.Auto || !drawn.Listed(ServiceWMS) || len(drawn.ProductTypes) != 0 {
		t.Errorf("the items of a workspace go %+v", items)
	}
	application, _ := c.Route("application")
	if b, ok := application.Backend(CatalogueApplication); !ok || b.PublicHref("bucket", "a/b c.cwl") != "https://minio.develop.eoepca.org/bucket/a/b%20c.cwl" {
		t.Errorf("applications go %+v", application)
	}
}

// REG-03: the default route is there with the deployment's further backends, unless it is disabled; what nobody configures
// is what the original knows.
func TestDefaultRoute(t *testing.T) {
	for text, want := range map[string]string{
		"": `items: items from register_queue, data access, then seed_queue
collections: collections from register_collection_queue, collection
ades: json from register_ades_queue, processes
application: json from register_application_queue, application
catalogue: json from register_catalogue_queue, catalogue
json: json from register_json_queue, json
xml: json from register_xml_queue, xml
path: path from register_path_queue, data access, then seed_queue`,
		"routes: {}":                "items: items from register_queue, data access, then seed_queue\npath: path from register_path_queue, data access, then seed_queue",
		"disableDefaultRoute: true": "",
		"defaultSuccessQueue: x_queue\nroutes: {x: {path: registrar.route.stac.ItemRoute, queue: x_queue, backends: [{path: registrar_pycsw.backend.PycswItemBackend}]}}": `items: items from register_queue, data access, then x_queue
x: items from x_queue, item
path: path from register_path_queue, data access, then x_queue`,
		"disableDefaultEoxserver: true\npathBackends: [{path: registrar.backend.EOxServerBackend}]": "path: path from register_path_queue, data access",
		"vs: {registrar: {config: {backends: [{path: registrar_pycsw.backend.PycswBackend}]}}}":     "items: items from register_queue, data access, item, then seed_queue\npath: path from register_path_queue, data access, item, then seed_queue",
		"global: {layers: []}\nvs: {renderer: {}}":                                                  outline(Default()),
		"global: {layers: []}": outline(Default()),
	} {
		if got := outline(loaded(t, text)); got != want {
			t.Errorf("%s gives\n%s\nwant\n%s", text, got, want)
		}
	}
}

// REG-02: all that is wrong is told, with line and key.
func TestStrict(t *testing.T) {
	text, err := os.ReadFile("testdata/inconsistent.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Load("inconsistent.yaml", text)
	var lines []string
	for _, e := range fault.All(err) {
		lines = append(lines, fault.LocatorOf(e)+" | "+strings.TrimSpace(e.Error()))
	}
	got := strings.Join(lines, "\n") + "\n"
	const golden = "testdata/inconsistent.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || got != string(want) {
		t.Errorf("told was\n%s(%v)", got, err)
	}
	for text, words := range map[string]string{
		"route: {}":                     `routes.yaml:1:1: unknown key "route"`,
		"routes:\n  x: {paths: y}":      `routes.yaml:2:7: unknown key "paths"`,
		"routes: [x]":                   "routes.yaml:1:9",
		"disableDefaultRoute: perhaps":  "routes.yaml:1:22",
		"routes: {x: y}":                "a map is expected here",
		"defaultBackends: {x: y}":       "routes.yaml:1:18",
		"- x":                           "a map is expected here",
		"{":                             "routes.yaml",
		"a: b\n---\na: b":               "one document",
		"vs: {registrar: {config: []}}": "a map is expected here",
	} {
		if _, err := Load("routes.yaml", []byte(text)); fault.KindOf(err) != fault.Invalid || err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The two names of a queue that clients of the original use, and what its requests call themselves, lead to one route.
func TestNamesOfRoutes(t *testing.T) {
	c := Default()
	for name, want := range map[string]string{
		"register": "items", "register_queue": "items", "items": "items", "stac-item": "items", "deregister_queue": "items", "collections": "collections",
		"register_collection_queue": "collections", "ades": "ades", "oaproc": "ades", "OAPROC": "ades", "deregister_ades_queue": "ades", "application": "application",
		"catalogue": "catalogue", "xml": "xml", "json": "json", "path": "path", "register_path_queue": "path", "demand": "", "": "", "seed_queue": "",
	} {
		if got, ok := c.Route(name); got.Name != want || ok != (want != "") {
			t.Errorf("%q leads to %q", name, got.Name)
		}
	}
	own := loaded(t, "routes: {own: {path: registrar.route.json.JSONRoute, queue: own_queue, kwargs: {href_field: file}, backends: [{path: registrar_pycsw.backend.XMLBackend}]}}")
	for _, name := range []string{"own", "own_queue"} {
		if r, ok := own.Route(name); !ok || r.HrefField != "file" {
			t.Errorf("%q leads to %+v", name, r)
		}
	}
	if _, ok := own.Route("collections"); ok {
		t.Error("there is a route that nobody configured")
	}
}

// REG-31: sources are s3, swift by its S3 API, and folders.
func TestSources(t *testing.T) {
	c := loaded(t, `
sources:
  - {name: local, type: local, kwargs: {root_directory: /data}}
  - {name: data, type: s3, kwargs: {bucket_name: EODATA, endpoint_url: "http://data.example", access_key_id: a, secret_access_key: b, region_name: RegionOne, strip_bucket: true, validate_bucket_name: false}}
  - {name: open, type: S3, kwargs: {bucket_name: open, public: true}}
  - {name: old, type: swift, kwargs: {container: box, endpoint_url: "https://swift.example"}}
`)
	want := []Source{
		{Name: "local", Kind: SourceLocal, Folder: "/data"},
		{Name: "data", Kind: SourceS3, Bucket: "EODATA", Endpoint: "http://data.example", Region: "RegionOne", AccessKey: "a", SecretKey: "b"},
		{Name: "open", Kind: SourceS3, Bucket: "open", Public: true},
		{Name: "old", Kind: SourceSwift, Bucket: "box", Endpoint: "https://swift.example"},
	}
	if fmt.Sprint(c.Sources) != fmt.Sprint(want) {
		t.Errorf("sources %+v", c.Sources)
	}
}

// REG-15: the two forms of public_s3_url.
func TestPublicHref(t *testing.T) {
	for form, want := range map[string]string{
		"":                                   "",
		"https://minio.example.org/bucket":   "https://minio.example.org/bucket/home/app%252F1.cwl",
		"https://cf2.example.org:8080/p1:bk": "https://cf2.example.org:8080/p1:bk/home/app%252F1.cwl",
		"https://cf2.example.org/swift/p1:x": "https://cf2.example.org/swift/p1:bk/home/app%252F1.cwl",
	} {
		key := "home/app%2F1.cwl"
		if got := (Backend{PublicS3: form}).PublicHref("bk", key); got != want {
			t.Errorf("%s gives %s, want %s", form, got, want)
		}
	}
}

func TestLoadSetting(t *testing.T) {
	read := func(path string) ([]byte, error) {
		if path != "/etc/routes" {
			return nil, errors.New("no such file")
		}
		return []byte("disableDefaultRoute: true"), nil
	}
	if c, err := LoadSetting("ROUTES", "/etc/routes", read); err != nil || len(c.Routes) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := LoadSetting("ROUTES", "", read); err != nil || len(c.Routes) != len(Default().Routes) {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := LoadSetting("ROUTES", "/none", read); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

// Values of the chart that say nothing of a registrar leave the routes as they are; what else they hold is another's.
func TestLoadValues(t *testing.T) {
	for text, want := range map[string]string{
		"layers: []":       outline(Default()),
		"global: {x: y}":   outline(Default()),
		"vs: {client: {}}": outline(Default()),
		"vs: {registrar: {config: {disableDefaultRoute: true}}}":                                   "",
		"spec: {values: {vs: {registrar: {config: {disableDefaultRoute: true}}}, global: {x: y}}}": "",
	} {
		if c, err := LoadValues("PRODUCTS", text, nil); err != nil || outline(c) != want {
			t.Errorf("%s gives %s, %v", text, outline(c), err)
		}
	}
	for text, words := range map[string]string{
		"global: {storage: {data: {a: {type: ftp}}}}":         "storage a: its type",
		"global: {storage: {data: {a: {types: s3}}}}":         `unknown key "types"`,
		"vs: {registrar: {config: {routes: {x: {path: y}}}}}": "no class of routes",
	} {
		if _, err := LoadValues("PRODUCTS", text, nil); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, s := range []string{"", "routes: {x: {path: registrar.route.json.JSONRoute, queue: q, backends: [{path: registrar_pycsw.backend.JSONBackend}]}}", "sources: [{name: a}]", "{", "a: &a [*a]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := Load("x", []byte(s))
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", s, err)
		}
		for _, r := range c.Routes {
			if found, ok := c.Route(r.Queue); err == nil && (!ok || found.Name != r.Name) {
				t.Errorf("%q: the route of %q is %q", s, r.Queue, found.Name)
			}
		}
	})
}
