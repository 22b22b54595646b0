package source

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/stac"
)

// HRV-01, HRV-19: every configuration that EOEPCA publishes loads as it is. Those of a workspace are templates, whose
// placeholders are filled in.
func TestConfigurationsOfEOEPCA(t *testing.T) {
	folder := datatest.Folder(t)
	placeholder := regexp.MustCompile(`\{\{ *(\w+) *\}\}`)
	for pattern, want := range map[string]string{
		"configs/harvester-v2-config.yaml":                      "Creodias-Opensearch",
		"configs/hr-data-access-creodias-v1.4.yaml":             "Sentinel2 Landsat8 Sentinel1-GRD Sentinel3 Sentinel1-SLC",
		"configs/workspace-charts/template-hr-data-access.yaml": "harvest-bucket-catalog",
		"configs/data-access-1.4.1-values.yaml":                 "",
		"samples/config-*.yaml":                                 "Custom-Config",
	} {
		files, err := filepath.Glob(filepath.Join(folder, "data/eoepca", pattern))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no files: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			config, err := Load(filepath.Base(file), placeholder.ReplaceAll(text, []byte("$1")))
			if err != nil || strings.Join(config.Names(), " ") != want {
				t.Errorf("%s: %v, %v", file, config.Names(), err)
			}
			written, err := config.Written()
			if err != nil {
				t.Fatal(err)
			}
			again, err := Load("written", written)
			if err != nil || len(again.Names()) != len(config.Names()) {
				t.Errorf("%s written as %s: %v", file, written, err)
				continue
			}
			for _, name := range config.Names() {
				before, err1 := config.Harvester(name, nil)
				after, err2 := again.Harvester(name, nil)
				before.Chain, after.Chain = nil, nil // functions are not compared
				if err1 != nil || err2 != nil || !reflect.DeepEqual(before, after) {
					t.Errorf("%s of %s is\n%+v\nand written\n%+v: %v, %v", name, file, before, after, err1, err2)
				}
			}
		}
	}
}

// HRV-04, HRV-10: both generations say the same of a search.
func TestGenerationsAgree(t *testing.T) {
	config, err := Load("v2", []byte(real(t, "configs/harvester-v2-config.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	first, err := config.Harvester("Creodias-Opensearch", nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err = Load("v4", []byte(real(t, "configs/hr-data-access-creodias-v1.4.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	second, err := config.Harvester("Sentinel2", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(first.Chain) != 1 || len(second.Chain) != 1 || first.Mode != "register" || second.Filter != nil {
		t.Errorf("%+v\n%+v", first, second)
	}
	want := Query{
		Begin: time.Date(2019, 9, 10, 0, 0, 0, 0, time.UTC), End: time.Date(2019, 9, 11, 0, 0, 0, 0, time.UTC), BBox: []float64{14.9, 47.7, 16.4, 48.7}, Extra: map[string]string{},
	}
	if !reflect.DeepEqual(second.Query, want) || second.URL != "https://datahub.creodias.eu/resto/api/collections/Sentinel2/describe.xml" {
		t.Errorf("%+v", second)
	}
	want.Property = "sensed"
	if !reflect.DeepEqual(first.Query, want) || !reflect.DeepEqual(first.Service, second.Service) || first.Service.Mapping["end_datetime"] != "completionDate" {
		t.Errorf("%+v\n%+v", first, second)
	}
	grd, err := config.Harvester("Sentinel1-GRD", nil)
	if err != nil || grd.Query.Extra["productType"] != "GRD-COG" {
		t.Errorf("%+v: %v", grd, err)
	}
}

// HRV-03: values of a search are merged deeply, in the form of either generation; where a request says where else to look, it is
// a stranger there.
func TestValuesOfASearch(t *testing.T) {
	config, err := Load("f", []byte(`
harvesters:
  a:
    resource:
      type: STACAPI
      stacapi: {url: 'https://api.example/', filesystem: w, query: {time: {begin: 2020-01-01, end: 2020-02-01}, collection: c, extra_params: {x: 1, y: 2}}}
    filter: {op: '<', args: [{property: x}, 1]}
filesystems: {w: {type: http, http: {token: secret}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		values  string
		begin   string
		foreign bool
		extra   int
		err     string
	}{
		{`null`, "2020-01-01T00:00:00Z", false, 2, ""},
		{`{"resource": {"stacapi": {"query": {"time": {"begin": "2020-01-15"}}}}}`, "2020-01-15T00:00:00Z", false, 2, ""},
		{`{"resource": {"query": {"time": {"begin": "2020-01-15T12:00:00+01:00"}, "extra_params": {"z": true}}}}`, "2020-01-15T11:00:00Z", false, 3, ""},
		{`{"filter": {"args": [{"property": "x"}, 2]}, "mode": "replace"}`, "2020-01-01T00:00:00Z", false, 2, ""},
		{`{"resource": {"url": "https://other.example/"}}`, "2020-01-01T00:00:00Z", true, 2, ""},
		{`{"resource": {"url": "https://u:hidden@other.example/"}}`, "", false, 0, "has no credentials"},
		{`{"postprocessors": [{"type": "title"}]}`, "2020-01-01T00:00:00Z", false, 2, ""},
		{`{"resource": {"query": {"time": {"begin": "2021"}}}}`, "", false, 0, "values.resource.stacapi.query.time.end: the end 2020-02-01 lies before the begin 2021"},
		{`{"resource": {"stacapi": {"filesystem": ""}}}`, "", false, 0, "for the deployment to say"},
		{`{"resource": {"stacapi": {"query": {}}, "query": {}}}`, "", false, 0, "query is given twice"},
		{`{"resource": {"opensearch": {"url": "http://x/"}}}`, "", false, 0, "of the type STACAPI, not OpenSearch"},
		{`{"resource": {"stacapi": {"url": "file:///etc/passwd"}}}`, "", false, 0, "not an address of http or https"},
	} {
		h, err := config.Harvester("a", []byte(c.values))
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", c.values, err)
			}
			continue
		}
		if h.ForeignChain != strings.Contains(c.values, "postprocessors") {
			t.Errorf("%s: the chain is foreign: %v", c.values, h.ForeignChain)
		}
		if err != nil || h.Query.begin() != c.begin || h.Foreign != c.foreign || len(h.Query.Extra) != c.extra || !slices.Equal(h.Query.Collections, []string{"c"}) || h.Store.Token != "secret" {
			t.Errorf("%s: %+v, %v", c.values, h, err)
		}
	}
}

// HRV-19: a configuration that comes along has one harvester and no credentials.
func TestAdHoc(t *testing.T) {
	for _, c := range []struct{ text, name, want string }{
		{"- {name: x, resource: {type: STACAPI, url: 'http://y/'}}", "x", ""},
		{`{"resource": {"type": "STACAPI", "url": "http://y/"}}`, "asked", ""},
		{`{"harvesters": {"a": {"resource": {"type": "STACAPI", "url": "http://y/"}}, "asked": {"resource": {"type": "CSW", "url": "http://y/"}}}}`, "asked", ""},
		{"resource: {type: FileScheme, pattern: '*.SAFE/', root_path: 's3://open/x', source: {type: S3, public: true, bucket: open}}", "asked", ""},
		{"[]", "", "has one harvester, not 0"},
		{"- {name: x, resource: {type: STACAPI, url: 'http://y/'}}\n- {name: y, resource: {type: STACAPI, url: 'http://y/'}}", "", "has one harvester, not 0"},
		{"resource: {type: STACCatalog, source: {type: S3, bucket: b, access_key_id: k, secret_access_key: secret}}", "", "has no credentials"},
		{"filesystems: {w: {type: http, http: {token: secret}}}\nharvesters: {a: {resource: {type: CSW, csw: {url: 'http://y/', filesystem: w}}}}", "", "has no credentials"},
		{"resource: {type: STACAPI, url: 'http://u:secret@y/'}", "", "has no credentials"},
		{"filesystems: {w: {type: local, local: {root_directory: /etc}}}\nharvesters: {a: {resource: {type: STACCatalog, staccatalog: {filesystem: w}}}}", "", "reads no folders"},
		{"resource: {type: STACAPI, url: 'http://y/'}\ncontinuous: {window: 1h}", "", "is not continuous"},
		{"resource: {type: STACAPI, url: 'http://y/', page: 7}", "", `unknown key "page"`},
		{"7", "", "a map is expected"},
		{"resource: [", "", "config"},
	} {
		config, err := LoadOne("asked", "config", []byte(c.text))
		var h Harvester
		if err == nil {
			h, err = config.Brought()
		}
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", c.text, err)
			}
			continue
		}
		if err != nil || h.Name != c.name || !h.Foreign || !h.ForeignChain || !h.AdHoc {
			t.Errorf("%s: %+v, %v", c.text, h, err)
		}
	}
}

// HRV-01, HRV-03: values are laid over a configuration that comes along, as over one of the deployment, and are kept with it.
func TestValuesOverWhatComesAlong(t *testing.T) {
	config, err := LoadOne("a", "config", []byte("- {name: a, resource: {type: OpenSearch, url: 'http://x/', query: {time: {begin: 2020-01-01, end: 2020-02-01}, bbox: '1,2,3,4'}}}"))
	if err != nil {
		t.Fatal(err)
	}
	over, err := config.Overlaid([]byte(`{"resource": {"query": {"time": {"begin": "2020-01-15"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	written, err := over.Written()
	if err != nil {
		t.Fatal(err)
	}
	if over, err = Load("written", written); err != nil {
		t.Fatal(err)
	}
	h, err := over.Brought()
	if err != nil || h.Query.begin() != "2020-01-15T00:00:00Z" || h.Query.End.IsZero() || len(h.Query.BBox) != 4 {
		t.Errorf("%+v, %v", h, err)
	}
	if before, err := config.Brought(); err != nil || before.Query.begin() != "2020-01-01T00:00:00Z" {
		t.Errorf("the configuration itself is %+v, %v", before.Query, err)
	}
	for values, want := range map[string]string{`{"resource": {"query": {"tme": {}}}}`: `unknown field "tme"`, `{"resource": {"url": "http://u:hidden@y/"}}`: "has no credentials", `{"resource": {"type": "CSW"}}`: "for the deployment to say"} {
		if _, err := config.Overlaid([]byte(values)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", values, err)
		}
	}
	if _, err := (Config{}).Overlaid([]byte("{}")); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

// HRV-07: files and folders that have a pattern are found once each, from wherever the list is taken up.
func TestFileScheme(t *testing.T) {
	names := names{
		"s3://b/d/2020/S2A.SAFE/GRANULE/1/MTD_TL.xml", "s3://b/d/2020/S2A.SAFE/MTD.xml", "s3://b/d/2020/S2B.SAFE/MTD.xml", "s3://b/d/2020/readme.txt",
		"s3://b/d/LC08_X/LC08_X_MTL.txt", "s3://b/d/LC08_X/LC08_X_MTL.xml", "s3://b/d/item.json", "s3://b/d/x.tif", "s3://b/e/x.tif",
	}
	reader := memoryReader{"s3://b/d/item.json": `{"type": "Feature", "stac_version": "1.0.0", "id": "i", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"datetime": "2020-01-01T00:00:00Z"}}`}
	for _, c := range []struct{ pattern, want string }{
		{"*.SAFE/", "S2A s3://b/d/2020/S2A.SAFE|S2B s3://b/d/2020/S2B.SAFE"},
		{"2020/*.SAFE/", "S2A s3://b/d/2020/S2A.SAFE|S2B s3://b/d/2020/S2B.SAFE"},
		{"2021/*.SAFE/", ""},
		{"*_MTL.xml", "LC08_X s3://b/d/LC08_X"},
		{"**/*.tif", "x s3://b/d/x.tif"},
		{"/?.tif", "x s3://b/d/x.tif"},
		{"*.json", "i <nil>"},
	} {
		f := &FileScheme{Places: Places{Kind: KindS3, Bucket: "b"}, Reader: reader, Lister: names, RootHref: "s3://b/d/", Pattern: c.pattern, Collection: "c"}
		found, err := f.Visit(t.Context(), f.Root())
		var got []string
		for _, d := range found.Documents {
			_, id := who(d.Content)
			var item struct{ Properties map[string]any }
			if err := json.Unmarshal(d.Content, &item); err != nil {
				t.Fatal(err)
			}
			got = append(got, id+" "+fmt.Sprint(item.Properties["productIdentifier"]))
		}
		if err != nil || strings.Join(got, "|") != c.want {
			t.Errorf("%s: %q, %v", c.pattern, got, err)
		}
	}
	f := &FileScheme{Places: Places{Kind: KindS3, Bucket: "b"}, Reader: reader, Lister: names, RootHref: "s3://b/d/", Pattern: "*.SAFE/"}
	found, err := f.Visit(t.Context(), "s3://b/d/#behind=s3://b/d/2020/S2A.SAFE/GRANULE/1/MTD_TL.xml")
	if err != nil || len(found.Documents) != 1 || !found.Documents[0].Stub {
		t.Errorf("%+v: %v", found.Documents, err)
	}
	if _, err := f.Visit(t.Context(), "s3://other/d/"); err == nil {
		t.Error("another bucket is read")
	}
}

type names []string

func (n names) List(_ context.Context, prefix, behind string, limit int) ([]string, error) {
	var all []string
	for _, name := range n {
		if strings.HasPrefix(name, prefix) && name > behind {
			all = append(all, name)
		}
	}
	return all[:min(limit, len(all))], nil
}

type memoryReader map[string]string

func (m memoryReader) Read(_ context.Context, href string, _ int64) ([]byte, error) {
	text, ok := m[href]
	if !ok {
		return nil, fault.New(fault.NotFound, "%s is not there", href)
	}
	return []byte(text), nil
}

// HRV-06: a real catalogue, from the web and from a folder: its items are given whole, with absolute addresses.
func TestCatalogueElsewhere(t *testing.T) {
	texts := memoryReader{}
	for _, name := range []string{"catalog.json", "landsat-8-l1/collection.json", "landsat-8-l1/2018-05/LC80150322018141LGN00.json", "landsat-8-l1/2018-06/LC80140332018166LGN00.json",
		"landsat-8-l1/2018-06/LC80300332018166LGN00.json", "landsat-8-l1/2018-07/LC80150332018189LGN00.json"} {
		text := real(t, "registration-harvester/example-catalog/"+name)
		texts["https://x.example/c/"+name], texts["file:///c/"+name] = text, text
	}
	for root, places := range map[string]Places{"https://x.example/c/": {Kind: KindHTTP}, "/c/catalog.json": {Kind: KindLocal}} {
		href, err := places.Root(root)
		if err != nil {
			t.Fatal(err)
		}
		documents, failures := walked(t, &STACCatalog{Places: places, Reader: texts, RootHref: href, Inline: true})
		if len(documents) != 5 || len(failures) != 0 {
			t.Errorf("%s: %d documents, %v", root, len(documents), failures)
			continue
		}
		for _, d := range documents {
			if d.Kind == stac.TypeItem && len(decodedItem(t, d).Assets) == 0 || len(d.Content) == 0 {
				t.Errorf("%s: %s", d.Href, d.Content)
			}
		}
	}
	for _, c := range []struct {
		root   string
		places Places
	}{{"s3://b/c.json", Places{Kind: KindHTTP}}, {"https://x/c.json", Places{}}, {"https://x/c.json", Places{Kind: KindS3, Bucket: "b"}}, {"s3://other/c.json", Places{Kind: KindS3, Bucket: "b"}}} {
		if href, err := c.places.Root(c.root); err == nil {
			t.Errorf("%s in %+v is %s", c.root, c.places, href)
		}
	}
}
