package records

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/metadata"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// catalogueOf is the API over the documents of testdata: a STAC collection, two items, a native record, and a record of XML
// that is its parent.
func catalogueOf(t testing.TB) (http.Handler, *memory) {
	t.Helper()
	m := &memory{}
	for _, name := range []string{"collection-S2MSI2A", "item-S2A_33UXP_20260430", "item-lonely"} {
		raw, err := os.ReadFile("testdata/documents/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.addDocument(scope.System, "s3://ingest/S2A/"+name+".json", raw); err != nil {
			t.Fatal(err)
		}
	}
	native, err := os.ReadFile("testdata/documents/record-ozone.json")
	if err != nil {
		t.Fatal(err)
	}
	m.add(record.Record{Key: record.Key{Collection: "woudc", ID: "urn:x-wmo:ozone"}, Type: "dataset", Title: "Total Ozone", Document: native, MediaType: "application/geo+json",
		Time: record.Interval{Start: time.Date(1924, 8, 17, 0, 0, 0, 0, time.UTC)}, Footprint: everywhere.ToPolygon()})
	m.add(record.Record{Key: record.Key{ID: "woudc"}, Type: "series", Title: "Ozone & ultraviolet", Abstract: "All of it.", Keywords: []string{"ozone"},
		Time: record.Interval{Start: registered, End: registered}, Footprint: orb.Point{-79.5, 43.7}, Properties: map[string]any{"license": "CC-BY-4.0", "n": 1.5, "themes": "none"},
		Links: []record.Link{{Rel: "http://www.opengis.net/def/serviceType/ogc/wcs", Href: "/ows?service=WCS", Type: "OGC:WCS", Protocol: "OGC:WCS"}}, Document: []byte("<series/>"), MediaType: "application/xml"})
	return behindEdge(handler(t, m)), m
}

func handler(t testing.TB, m *memory) http.Handler {
	t.Helper()
	h, err := New(Config{
		Title: "Catalogue", Description: "What there is.", Keywords: []string{"earth observation"}, Store: m, Transactions: m, Facets: []string{"type", "keywords"},
		Filters: map[string]map[string]string{"clouds": {"clear": "eo:cloud_cover < 10", "cloudy": "eo:cloud_cover >= 10"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// behindEdge does what the edge does: the workspace of the path becomes the scope.
func behindEdge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, ""), Base: "https://perigee.example"}
		if rest, ok := strings.CutPrefix(r.URL.Path, "/workspaces/alice"); ok {
			asked = scope.Asked{Scope: scope.New("alice", "alice"), Base: asked.Base + "/workspaces/alice"}
			r.URL.Path = rest
		}
		if role := r.Header.Get("Role"); role != "" {
			asked.Scope = scope.New(asked.Scope.Workspace, "anna", scope.Role(role))
		}
		next.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

func get(t testing.TB, h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	return send(t, h, http.MethodGet, target, nil, header...)
}

func send(t testing.TB, h http.Handler, method, target string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, target, body)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	main2A  = "/records/collections/S2MSI2A"
	allMain = "/records/collections/metadata:main"
)

// answers are what is compared with goldens, with the definition in testdata/schemas that each is an instance of.
var answers = []struct{ golden, target, schema string }{
	{"landing.json", "/records", "landing"},
	{"conformance.json", "/records/conformance", "conformance"},
	{"functions.json", "/records/functions", "functions"},
	{"collections.json", "/records/collections", "collections"},
	{"collections-found.json", "/records/collections?q=ozone", "collections"},
	{"collection-main.json", allMain, "collection"},
	{"collection-stac.json", main2A, "collection"},
	{"collection-virtual.json", "/records/collections/woudc", "collection"},
	{"collection-named.json", "/records/collections/uncollected", "collection"},
	{"queryables.json", main2A + "/queryables", "properties"},
	{"sortables.json", allMain + "/sortables", "sortables"},
	{"schema.json", main2A + "/schema", "properties"},
	{"facets.json", main2A + "/facets", "facetDefinitions"},
	{"items-facets.json", allMain + "/items?limit=0&facets=clouds,type:3,eo:cloud_cover:2:value_desc,created:month&filter=id<>'x'", "records"},
	{"items.json", allMain + "/items", "records"},
	{"items-page.json", main2A + "/items?limit=1&offset=0&q=vienna", "records"},
	{"items-middle.json", allMain + "/items?limit=2&token=at+2", "records"},
	{"items-none.json", allMain + "/items?type=nothing", "records"},
	{"item-stac.json", main2A + "/items/S2A_33UXP_20260430", "record"},
	{"item-interval.json", allMain + "/items/lonely", "record"},
	{"item-collection.json", allMain + "/items/S2MSI2A", "record"},
	{"item-xml.json", allMain + "/items/woudc", "record"},
	{"item-native.json", "/records/collections/woudc/items/urn:x-wmo:ozone", "nativeRecord"},
	{"item-utm.json", main2A + "/items/S2A_33UXP_20260430?crs=http://www.opengis.net/def/crs/EPSG/0/32633", "record"},
	{"item-native-latlon.json", "/records/collections/woudc/items/urn:x-wmo:ozone?crs=[EPSG:4326]", "nativeRecord"},
	{"item.xml", main2A + "/items/S2A_33UXP_20260430?f=xml", ""},
	{"item-native.xml", allMain + "/items/woudc?f=xml", ""},
}

// RC-05, RC-06, RC-22, RC-23: the answers of every resource, compared with goldens. UPDATE_GOLDEN=1 writes them anew.
func TestGoldenAnswers(t *testing.T) {
	h, _ := catalogueOf(t)
	for _, a := range answers {
		w := get(t, h, a.target)
		if w.Code != 200 {
			t.Errorf("%s: %d %s", a.target, w.Code, w.Body)
			continue
		}
		got := w.Body.Bytes()
		if strings.HasSuffix(a.golden, ".json") {
			var indented bytes.Buffer
			if err := json.Indent(&indented, got, "", " "); err != nil {
				t.Errorf("%s: %v: %s", a.target, err, got)
				continue
			}
			got = append(indented.Bytes(), '\n')
		}
		golden := filepath.Join("testdata/golden", a.golden)
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || !bytes.Equal(want, got) {
			t.Errorf("%s differs from %s (%v):\n%s", a.target, golden, err, got)
		}
	}
}

// validate holds documents against definitions in testdata/schemas.
func validate(t *testing.T, documents []string) {
	t.Helper()
	command := exec.Command("/usr/bin/python3", "testdata/schemas/validate.py", "testdata/schemas/records.json")
	command.Stdin = strings.NewReader(strings.Join(documents, "\n") + "\n")
	said, err := command.CombinedOutput()
	if err != nil || len(said) > 0 {
		t.Errorf("%v\n%s", err, said)
	}
}

// RC-05: every document that is sent is what the schemas of OGC API Records say.
func TestAnswersFollowTheSchemas(t *testing.T) {
	h, _ := catalogueOf(t)
	var documents []string
	for _, a := range answers {
		if a.schema != "" {
			documents = append(documents, a.schema+"\t"+oneLine(t, get(t, h, a.target).Body.Bytes()))
		}
	}
	documents = append(documents, "problem\t"+oneLine(t, get(t, h, allMain+"/items?limit=x&f=y").Body.Bytes()))
	validate(t, documents)
}

// RC-03, RC-05: a document of each format of metadata in XML is a record that the schemas take.
func TestMetadataFollowTheSchemas(t *testing.T) {
	names, err := filepath.Glob("../metadata/testdata/*.xml")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	m := &memory{}
	h := behindEdge(handler(t, m))
	var documents []string
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := metadata.Decode(text)
		if err != nil {
			t.Fatal(name, err)
		}
		rec.Collection = ""
		m.add(rec)
		w := get(t, h, allMain+"/items/"+url.PathEscape(rec.ID))
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", name, w.Code, w.Body)
		}
		documents = append(documents, "record\t"+oneLine(t, w.Body.Bytes()))
	}
	validate(t, documents)
}

func oneLine(t *testing.T, document []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, document); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A list of properties is a JSON Schema of its own address, and refers to no other (19-079r2, 6.2).
func TestListsOfProperties(t *testing.T) {
	h, _ := catalogueOf(t)
	for _, target := range []string{"/records/queryables", main2A + "/queryables", main2A + "/sortables", main2A + "/schema"} {
		body := get(t, h, target+"?f=json").Body.String()
		if !strings.HasPrefix(body, `{"$schema":"https://json-schema.org/draft/2019-09/schema","$id":"https://perigee.example`+target+`",`) || strings.Contains(body, "$ref") {
			t.Errorf("%s: %s", target, body)
		}
	}
}

func TestMediaTypes(t *testing.T) {
	h, _ := catalogueOf(t)
	const item = main2A + "/items/S2A_33UXP_20260430"
	cases := []struct{ target, accept, want string }{
		{"/records", "", ogcapi.MediaTypeJSON},
		{"/records/", "text/html,*/*;q=0.8", ogcapi.MediaTypeHTML},
		{"/records/openapi", "", ogcapi.MediaTypeOpenAPI},
		{"/records/api", "application/vnd.oai.openapi+json;version=3.0", ogcapi.MediaTypeOpenAPI},
		{"/records/openapi?f=html", "", ogcapi.MediaTypeHTML},
		{"/records/conformance?f=html", "", ogcapi.MediaTypeHTML},
		{"/records/functions?f=html", "", ogcapi.MediaTypeHTML},
		{"/records/queryables?f=html", "", ogcapi.MediaTypeHTML},
		{"/records/collections?f=html", "", ogcapi.MediaTypeHTML},
		{main2A + "?f=html", "", ogcapi.MediaTypeHTML},
		{main2A + "/queryables", "application/schema+json", "application/schema+json"},
		{main2A + "/sortables?f=html", "", ogcapi.MediaTypeHTML},
		{main2A + "/items", "application/json", ogcapi.MediaTypeGeoJSON},
		{main2A + "/items", "application/json;q=0.5, text/html", ogcapi.MediaTypeHTML},
		{item, "application/geo+json", ogcapi.MediaTypeGeoJSON},
		{item, "application/xml", "application/xml"},
		{item + "?f=xml", "", "application/xml"},
	}
	for _, c := range cases {
		w := get(t, h, c.target, "Accept", c.accept)
		if got := w.Header().Get("Content-Type"); w.Code != 200 || got != c.want {
			t.Errorf("%s as %q: %d %s", c.target, c.accept, w.Code, got)
		}
		if again := get(t, h, c.target, "Accept", c.accept, "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", c.target, again.Code)
		}
		if head := send(t, h, http.MethodHead, c.target, nil, "Accept", c.accept); head.Code != 200 || head.Body.Len() > 0 || head.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("HEAD %s: %d, %d bytes", c.target, head.Code, head.Body.Len())
		}
	}
}

// A client that has a record as it is gets nothing but that it has.
func TestConditional(t *testing.T) {
	h, _ := catalogueOf(t)
	for _, target := range []string{main2A + "/items/S2A_33UXP_20260430", main2A} {
		w := get(t, h, target)
		modified := w.Header().Get("Last-Modified")
		if modified != registered.Add(time.Hour).Format(http.TimeFormat) {
			t.Errorf("%s: Last-Modified %q", target, modified)
		}
		before := registered.Format(http.TimeFormat)
		for _, c := range []struct {
			header []string
			want   int
		}{
			{[]string{"If-Modified-Since", modified}, 304},
			{[]string{"If-Modified-Since", before}, 200},
			{[]string{"If-Modified-Since", "yesterday"}, 200},
			{[]string{"If-Modified-Since", modified, "If-None-Match", `"other"`}, 200},
			{[]string{"If-Modified-Since", before, "If-None-Match", w.Header().Get("ETag")}, 304},
		} {
			if got := get(t, h, target, c.header...).Code; got != c.want {
				t.Errorf("%s %v: %d, want %d", target, c.header, got, c.want)
			}
		}
	}
}

// Links say in the header what they say in the body.
func TestLinkHeader(t *testing.T) {
	h, _ := catalogueOf(t)
	links := strings.Join(get(t, h, allMain+"/items?limit=2&token=at+2").Header().Values("Link"), "\n")
	for _, want := range []string{
		`<https://perigee.example/records/collections/metadata:main/items?limit=2&token=at+4>; rel="next"; type="application/geo+json"`, `; rel="prev"`, `; rel="self"`,
		`<http://www.opengis.net/def/profile/OGC/0/ogc-record>; rel="profile"`,
	} {
		if !strings.Contains(links, want) {
			t.Errorf("no %s in\n%s", want, links)
		}
	}
	if got := get(t, h, main2A+"/items?crs=http://www.opengis.net/def/crs/EPSG/0/3857").Header().Get("Content-Crs"); got != "<http://www.opengis.net/def/crs/EPSG/0/3857>" {
		t.Error(got)
	}
}

// RC-22: pages show what is there, escaped, lead on, load nothing from elsewhere, and name the catalogues to programs.
func TestPages(t *testing.T) {
	h, _ := catalogueOf(t)
	for target, wants := range map[string][]string{
		"/records":                           {"What there is.", "All records"},
		"/records/collections":               {"Sentinel-2 level 2A", "Ozone &amp; ultraviolet", "uncollected"},
		main2A:                               {"Bottom-of-atmosphere reflectance.", "The records"},
		main2A + "/queryables":               {"eo:cloud_cover", "sentinel-2a"},
		allMain + "/items?limit=2":           {"Next page", "5 records", "Vienna &lt;b&gt;from above&lt;/b&gt;"},
		allMain + "/items?type=none":         {"There are no records."},
		main2A + "/items/S2A_33UXP_20260430": {"Vienna &lt;b&gt;from above&lt;/b&gt;", "Maps of S2A_33UXP_20260430", "12.5"},
		"/records/collections/woudc/items/urn:x-wmo:ozone": {"World Ozone Data Centre"},
	} {
		w := get(t, h, target, "Accept", "text/html")
		body := w.Body.String()
		for _, want := range append(wants, `<link rel="`+relCatalogue+`" href="https://perigee.example/records/collections/metadata:main/items" type="application/geo+json">`) {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s in %s", target, want, body)
			}
		}
		if w.Code != 200 || strings.Contains(body, "<script") || strings.Contains(body, "Vienna <b>") || regexp.MustCompile(` src="`).MatchString(body) {
			t.Errorf("%s: %d %s", target, w.Code, body)
		}
	}
}

// A workspace's records are its own, and links keep to the address that was asked.
func TestWorkspaces(t *testing.T) {
	h, m := catalogueOf(t)
	raw := `{"type":"Feature","id":"mine","collection":"c","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z"}}`
	if err := m.addDocument("alice", "s3://alice/mine.json", []byte(raw)); err != nil {
		t.Fatal(err)
	}
	w := get(t, h, "/workspaces/alice"+allMain+"/items")
	if !strings.Contains(w.Body.String(), `"id":"mine"`) || strings.Contains(w.Body.String(), "lonely") {
		t.Error(w.Body)
	}
	for _, href := range regexp.MustCompile(`"href":"([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		if !strings.HasPrefix(href[1], "https://perigee.example/workspaces/alice/") && href[1] != profileRecord {
			t.Error(href[1])
		}
	}
	if w := get(t, h, allMain+"/items/mine"); w.Code != 404 {
		t.Errorf("the system sees a workspace's record: %d", w.Code)
	}
	if w := get(t, handler(t, m), allMain+"/items"); w.Code != 500 {
		t.Errorf("without an edge: %d", w.Code)
	}
}

// The description names every route with its method, and no other.
func TestDescriptionFollowsTheRoutes(t *testing.T) {
	h, m := catalogueOf(t)
	var doc struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]map[string]operation
	}
	if err := json.Unmarshal(get(t, h, "/records/openapi").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != "https://perigee.example/records" || !strings.HasPrefix(doc.OpenAPI, "3.0.") {
		t.Errorf("%s %v", doc.OpenAPI, doc.Servers)
	}
	var described []string
	for path, methods := range doc.Paths {
		for method := range methods {
			described = append(described, strings.ToUpper(method)+" "+strings.TrimSuffix(Root+path, "/"))
		}
	}
	routed := slices.Sorted(slices.Values(api{Config: Config{Store: m, Transactions: m}}.routes().Patterns()))
	slices.Sort(described)
	if !slices.Equal(routed, described) {
		t.Errorf("routes    %q\ndescribed %q", routed, described)
	}
}

// Every parameter that is described is taken, and every one that is taken is described.
func TestDescriptionFollowsTheParameters(t *testing.T) {
	h, _ := catalogueOf(t)
	var doc explained
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		target := Root + strings.NewReplacer("{collection}", "S2MSI2A", "{item}", "S2A_33UXP_20260430").Replace(strings.TrimSuffix(path, "/"))
		var names []string
		for _, p := range methods["get"].Parameters {
			name := doc.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]].Name
			if name == "" {
				t.Errorf("%s: %s leads nowhere", path, p.Ref)
			}
			names = append(names, name)
		}
		w := get(t, h, target+"?nonsense=1")
		var problem ogcapi.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != 400 {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
			continue
		}
		detail := problem.Detail
		_, offered, found := strings.Cut(detail, " here, but ")
		if !found {
			t.Errorf("%s: %s", target, detail)
		}
		for _, name := range strings.Split(offered, ", ") {
			if !slices.Contains(names, name) {
				t.Errorf("%s takes %s, which is not described", path, name)
			}
		}
		for _, name := range names {
			if !slices.Contains([]string{"collection", "item", "catalogue", "queryables"}, name) && !slices.Contains(strings.Split(offered, ", "), name) {
				t.Errorf("%s describes %s, which it does not take", path, name)
			}
		}
	}
}
