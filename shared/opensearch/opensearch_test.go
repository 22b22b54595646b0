package opensearch_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/opensearch"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// memory is a catalogue in memory.
type memory struct {
	records []record.Record
	err     error
	asked   opensearch.Query
}

func (m *memory) Find(_ context.Context, sc scope.Scope, collection string, q opensearch.Query) (opensearch.Page, error) {
	m.asked = q
	if err := sc.Valid(); err != nil {
		return opensearch.Page{}, err
	}
	holds, err := filter.Prepare(q.Filter, nil)
	if err != nil {
		return opensearch.Page{}, err
	}
	var found []record.Record
	for _, r := range m.records {
		inside := r.Type == record.TypeItem && r.Collection == collection || collection == "" && r.Type == record.TypeCollection
		if inside && (q.Filter == nil || holds.Holds(r)) {
			found = append(found, r)
		}
	}
	page := opensearch.Page{Matched: len(found)}
	found = found[min(q.Offset, len(found)):]
	page.Records = found[:min(q.Limit, len(found))]
	return page, m.err
}

func (m *memory) Collection(_ context.Context, _ scope.Scope, id string) (record.Record, error) {
	for _, r := range m.records {
		if r.Type == record.TypeCollection && r.ID == id {
			return r, nil
		}
	}
	return record.Record{}, fault.At(fault.NotFound, "collection", "there is no collection %q", id)
}

func (m *memory) Properties(context.Context, scope.Scope, string) ([]opensearch.Property, error) {
	return []opensearch.Property{{Name: "eo:cloud_cover"}, {Name: "sat:orbit_state", Enum: []string{"ascending", "descending"}}, {Name: "sensorType", Enum: []string{"OPTICAL"}}}, nil
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func box(west, south, east, north float64) orb.Geometry {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
}

// newMemory has two collections, and three products in the first of them, one of which lies across the date line and has a
// hole.
func newMemory() *memory {
	item := func(id, from, to string, footprint orb.Geometry, clouds float64, orbit string) record.Record {
		return record.Record{
			Key: record.Key{Collection: "S2 L2A", ID: id}, Type: record.TypeItem, Title: "Scene " + id, Time: record.Interval{Start: at(from), End: at(to)}, Footprint: footprint, ProductType: "S2MSI2A",
			Properties: map[string]any{"eo:cloud_cover": clouds, "sat:orbit_state": orbit, "instruments": []any{"msi"}, "note": "<b>&"}, Shown: true, Modified: at("2026-07-01T00:00:00Z"),
		}
	}
	across := orb.MultiPolygon{box(170, -10, 180, 10).(orb.Polygon), box(-180, -10, -170, 10).(orb.Polygon)}
	across[0] = append(across[0], orb.Ring{{172, -2}, {172, 2}, {174, 2}, {174, -2}, {172, -2}})
	return &memory{records: []record.Record{
		{Key: record.Key{Collection: "S2 L2A", ID: "S2 L2A"}, Type: record.TypeCollection, Title: "Sentinel-2 <L2A> & friends", Abstract: "Reflectance", Keywords: []string{"optical"}, Footprint: box(-180, -90, 180, 90), Time: record.Interval{Start: at("2015-01-01T00:00:00Z")}, Modified: at("2026-07-01T00:00:00Z")},
		{Key: record.Key{Collection: "S1", ID: "S1"}, Type: record.TypeCollection},
		item("A&B", "2026-06-10T10:00:00Z", "2026-06-10T10:00:00Z", box(14, 47, 16, 49), 20, "descending"),
		item("C", "2026-06-15T10:00:00Z", "2026-06-15T10:05:00Z", box(20, 40, 21, 41), 5, "ascending"),
		item("ACROSS", "2026-06-20T10:00:00Z", "2026-06-20T10:05:00Z", across, 80, "ascending"),
	}}
}

func ask(t *testing.T, store opensearch.Store, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	service := ows.Service{Title: "Perigee data access", Abstract: "Products & collections", Provider: ows.Provider{Name: "A provider"}}
	w := httptest.NewRecorder()
	opensearch.Handler(store, opensearch.Config{Service: service, Path: "/opensearch"}).ServeHTTP(w,
		r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New("ws", ""), Base: "https://eo.example/workspaces/ws"})))
	return w
}

func get(t *testing.T, target string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, newMemory(), httptest.NewRequest(http.MethodGet, target, nil))
}

const products = "/opensearch/collections/S2%20L2A/"

// RND-13: every step is answered in every format, with and without a slash at the end (1.9/5 of EOxServer's defects: KML and
// JSON are answered, too).
func TestFormats(t *testing.T) {
	for name, mediaType := range map[string]string{
		"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/geo+json", "kml": "application/vnd.google-earth.kml+xml", "html": "text/html; charset=utf-8",
	} {
		for _, step := range []string{"/opensearch/", products} {
			for _, end := range []string{"", "/"} {
				w := get(t, step+name+end)
				if w.Code != 200 || w.Header().Get("Content-Type") != mediaType {
					t.Errorf("%s%s%s: %d %s", step, name, end, w.Code, w.Header().Get("Content-Type"))
				}
			}
		}
		w := get(t, products+name)
		if name != "html" {
			owstest.Golden(t, "products."+name, w.Body.Bytes())
			owstest.Golden(t, "collections."+name, get(t, "/opensearch/"+name+"/?q=&count=1").Body.Bytes())
		}
		switch name {
		case "kml":
			owstest.Validate(t, "kml/2.2.0/ogckml22.xsd", w.Body.Bytes())
			owstest.Validate(t, "kml/2.2.0/ogckml22.xsd", get(t, "/opensearch/kml").Body.Bytes())
		case "json":
			if !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s", w.Body)
			}
		default:
			wellFormed(t, w.Body.Bytes(), name == "html")
		}
	}
}

func wellFormed(t *testing.T, body []byte, loose bool) {
	t.Helper()
	if loose {
		if strings.Contains(string(body), "<b>&") {
			t.Errorf("what was told is not escaped: %s", body)
		}
		return
	}
	for decoder := xml.NewDecoder(strings.NewReader(string(body))); ; {
		if _, err := decoder.Token(); err != nil {
			if err.Error() != "EOF" {
				t.Errorf("%v in %s", err, body)
			}
			return
		}
	}
}

// atomFeed is what clients read of a feed.
type atomFeed struct {
	ID      string `xml:"http://www.w3.org/2005/Atom id"`
	Total   int    `xml:"http://a9.com/-/spec/opensearch/1.1/ totalResults"`
	Start   int    `xml:"http://a9.com/-/spec/opensearch/1.1/ startIndex"`
	PerPage int    `xml:"http://a9.com/-/spec/opensearch/1.1/ itemsPerPage"`
	Query   struct {
		Role  string     `xml:"role,attr"`
		Attrs []xml.Attr `xml:",any,attr"`
	} `xml:"http://a9.com/-/spec/opensearch/1.1/ Query"`
	Links   []atomLink `xml:"http://www.w3.org/2005/Atom link"`
	Entries []struct {
		ID        string     `xml:"http://www.w3.org/2005/Atom id"`
		Name      string     `xml:"http://purl.org/dc/elements/1.1/ identifier"`
		Date      string     `xml:"http://purl.org/dc/elements/1.1/ date"`
		Box       string     `xml:"http://www.georss.org/georss box"`
		Links     []atomLink `xml:"http://www.w3.org/2005/Atom link"`
		Offerings []struct {
			Code       string `xml:"code,attr"`
			Operations []struct {
				Code string `xml:"code,attr"`
				Href string `xml:"href,attr"`
			} `xml:"http://www.opengis.net/owc/1.0 operation"`
		} `xml:"http://www.opengis.net/owc/1.0 offering"`
		Media []struct {
			Category string `xml:"http://search.yahoo.com/mrss/ category"`
		} `xml:"http://search.yahoo.com/mrss/ group>content"`
	} `xml:"http://www.w3.org/2005/Atom entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

func (f atomFeed) link(rel string) string {
	for _, l := range f.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

func (f atomFeed) names() string {
	var all []string
	for _, e := range f.Entries {
		all = append(all, e.Name)
	}
	return strings.Join(all, " ")
}

func readFeed(t *testing.T, w *httptest.ResponseRecorder) atomFeed {
	t.Helper()
	var f atomFeed
	if err := xml.Unmarshal(w.Body.Bytes(), &f); err != nil || w.Code != 200 {
		t.Fatalf("%d %v %s", w.Code, err, w.Body)
	}
	return f
}

// RND-14: every parameter finds what it should, whether it is sent by its own name, by that of the template, in whatever case, or
// in a form.
func TestParameters(t *testing.T) {
	for query, want := range map[string]string{
		"":                                        "A&B C ACROSS",
		"bbox=13,46,15,48":                        "A&B",
		"geo:box=13,46,15,48":                     "A&B",
		"bbox=170,-5,-170,5":                      "ACROSS",
		"bbox=13,46,17,50&georel=contains":        "A&B",
		"bbox=15,46,17,50&georel=contains":        "",
		"bbox=13,46,17,50&georel=disjoint":        "C ACROSS",
		"geom=POINT(20.5+40.5)":                   "C",
		"geom=polygon((13+46,15+46,15+48,13+46))": "A&B",
		"lon=15&lat=48":                           "A&B",
		"lon=13&lat=48&r=80000":                   "A&B",
		"lon=13&lat=48&radius=80000":              "A&B",
		"lon=13&lat=48&r=1000":                    "",
		"lon=13&lat=48&r=80000&georel=disjoint":   "C ACROSS",
		"uid=C":                                   "C",
		"geo:uid=A%26B":                           "A&B",
		"uid=nothing":                             "",
		"start=2026-06-11":                        "C ACROSS",
		"end=2026-06-11":                          "A&B",
		"START=2026-06-12&End=2026-06-16":         "C",
		"time:start=2026-06&time:end=2026-06":     "A&B C ACROSS",
		"start=2026-06-15T10:01:00Z&end=2026-06-15T10:02:00Z":                  "C",
		"start=2026-06-15T10:01:00Z&end=2026-06-15T10:02:00Z&timerel=contains": "",
		"start=2026-06-15&end=2026-06-15&timerel=contains":                     "C",
		"start=2026-06-15&end=2026-06-15&timerel=during":                       "C",
		"start=2026-06-15&end=2026-06-15&timerel=disjoint":                     "A&B ACROSS",
		"start=2026-06-15T10:00:00Z&end=2026-06-15T10:05:00Z&timerel=equals":   "C",
		"cloudCover=20":                            "A&B",
		"cloudCover=]20":                           "ACROSS",
		"eo:cloudCover=20]":                        "A&B C",
		"cloudcover=[5,20]":                        "A&B C",
		"cloudCover={5,80}":                        "C ACROSS",
		"cloudCover=[0,10]&cloudCover=[5,90]":      "C",
		"orbitDirection=ASCENDING":                 "C ACROSS",
		"orbitDirection=DESCENDING&cloudCover=[30": "",
		"instrument=msi":                           "A&B C ACROSS",
		"instrument=olci":                          "",
		"productType=S2MSI2A":                      "A&B C ACROSS",
		"parentIdentifier=S1":                      "",
		"eo:parentIdentifier=S2%20L2A":             "A&B C ACROSS",
		"cql=cloudCover%20%3E%2010":                "A&B ACROSS",
		"cql=eo:cloud_cover%20%3C%2010%20AND%20title%20LIKE%20%27Scene%25%27": "C",
		"q=scene":                     "A&B C ACROSS",
		"q=SCENE+cro":                 "ACROSS",
		"q=a%26b":                     "A&B",
		"q=%25":                       "",
		"q=nowhere":                   "",
		"count=2":                     "A&B C",
		"count=1&startIndex=1":        "C",
		"count=0":                     "",
		"startIndex=100":              "",
		"bogus=1":                     "A&B C ACROSS",
		"bbox=&start=&cloudCover=&q=": "A&B C ACROSS",
	} {
		for _, form := range []bool{false, true} {
			r := httptest.NewRequest(http.MethodGet, products+"atom/?"+query, nil)
			if form {
				r = httptest.NewRequest(http.MethodPost, products+"atom/", strings.NewReader(query))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			if got := readFeed(t, ask(t, newMemory(), r)).names(); got != want {
				t.Errorf("%s: %q, not %q", query, got, want)
			}
		}
	}
}

// Everything that is wrong is told at once, with the parameter that it is (1.9/15: a box of two numbers is refused, and told
// how to ask). Nothing breaks.
func TestFaults(t *testing.T) {
	for query, locators := range map[string]string{
		"bbox=1,2":                        "bbox",
		"bbox=1,2,3,x&count=many&lon=9":   "count bbox lat",
		"bbox=1,5,3,2":                    "bbox",
		"geom=POLYGON((1+2))":             "geom",
		"geom=POINT(1+2)garbage":          "geom",
		"geom=POINT(500+2)":               "lon",
		"lon=500&lat=0":                   "lon",
		"r=5":                             "r",
		"lon=1&lat=1&r=-5":                "r",
		"lon=1&lat=1&r=5&georel=contains": "georel",
		"q=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u": "q",
		"georel=touches":                  "georel",
		"timerel=around&start=yesterday":  "timerel start",
		"end=never":                       "end",
		"start=2026-06-02&end=2026-06-01": "start",
		"cloudCover=[1":                   "",
		"cloudCover={1":                   "cloudCover",
		"cql=cloudiness%20%3E%205":        "cql",
		"cql=cloudCover%20%3E":            "cql",
		"startIndex=-1":                   "startIndex",
		"count=-1":                        "count",
		"startIndex=99999999":             "startIndex",
		"uid=a&uid=b":                     "uid",
	} {
		if locators == "lon" && strings.HasPrefix(query, "geom") {
			locators = "geom"
		}
		w := get(t, products+"atom/?"+query)
		if locators == "" {
			if w.Code != 200 {
				t.Errorf("%s: %d %s", query, w.Code, w.Body)
			}
			continue
		}
		if w.Code != 400 || !strings.Contains(w.Header().Get("Link"), `<https://eo.example/workspaces/ws/opensearch/collections/S2%20L2A/>; rel="search"; type="application/opensearchdescription+xml"`) {
			t.Errorf("%s: %d %v", query, w.Code, w.Header())
		}
		for _, locator := range strings.Fields(locators) {
			if !strings.Contains(w.Body.String(), `locator="`+locator+`"`) {
				t.Errorf("%s: %s is not located in %s", query, locator, w.Body)
			}
		}
		owstest.Validate(t, "ows/2.0/owsExceptionReport.xsd", w.Body.Bytes())
		if w := get(t, products+"json/?"+query); w.Code != 400 || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s as JSON: %d %v", query, w.Code, w.Header())
		}
		if w := get(t, products+"html/?"+query); w.Code != 400 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(w.Body.String(), "<h1>Bad Request</h1>") {
			t.Errorf("%s for people: %d %v", query, w.Code, w.Header())
		}
	}
	for target, status := range map[string]int{
		"/opensearch/collections/nowhere/": 404, "/opensearch/collections/nowhere/atom": 404, "/opensearch/pdf/": 404, products + "pdf": 404, "/opensearch/a/b/c": 404,
	} {
		if w := get(t, target); w.Code != status {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	away := newMemory()
	away.err = fault.Classify(fault.Unavailable, context.DeadlineExceeded, "the catalogue does not answer")
	if w := ask(t, away, httptest.NewRequest(http.MethodGet, products+"atom", nil)); w.Code != 503 || strings.Contains(w.Body.String(), "deadline") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(t, newMemory(), httptest.NewRequest(http.MethodDelete, products+"atom", nil)); w.Code != 405 {
		t.Errorf("DELETE: %d", w.Code)
	}
	large := httptest.NewRequest(http.MethodPost, products+"atom", strings.NewReader("geom="+strings.Repeat("x", 2<<20)))
	large.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if w := ask(t, newMemory(), large); w.Code != 400 {
		t.Errorf("a form of two megabytes: %d", w.Code)
	}
}

// The pages of a search follow each other by their links, which say nothing twice.
func TestPages(t *testing.T) {
	seen, target := []string{}, products+"atom/?count=1&eo:cloudCover=[0,100]"
	for range 5 {
		f := readFeed(t, get(t, target))
		seen = append(seen, f.names())
		if f.Total != 3 || f.PerPage != 1 || f.Start != len(seen)-1 || f.link("search") != "https://eo.example/workspaces/ws/opensearch/collections/S2%20L2A/" {
			t.Errorf("%+v", f)
		}
		if (f.link("previous") == "") != (len(seen) == 1) || f.link("last") == "" || f.link("first") == "" || f.link("self") == "" {
			t.Errorf("%+v", f.Links)
		}
		next := f.link("next")
		if next == "" {
			break
		}
		target = strings.TrimPrefix(next, "https://eo.example/workspaces/ws")
	}
	if strings.Join(seen, " ") != "A&B C ACROSS" {
		t.Errorf("%q", seen)
	}
	f := readFeed(t, get(t, products+"atom/?count=1000&uid=C"))
	if f.PerPage != 200 || f.Query.Role != "request" || !slices.ContainsFunc(f.Query.Attrs, func(a xml.Attr) bool {
		return a.Name == xml.Name{Space: "http://a9.com/-/opensearch/extensions/geo/1.0/", Local: "uid"} && a.Value == "C"
	}) {
		t.Errorf("%+v", f)
	}
}

// RND-15: what a product leads to: its download, its descriptions, its pictures, its maps; and a collection to its search.
func TestEntries(t *testing.T) {
	f := readFeed(t, get(t, products+"atom/?uid=A%26B"))
	e := f.Entries[0]
	links := map[string]string{}
	for _, l := range e.Links {
		links[l.Rel] = l.Href
	}
	const base = "https://eo.example/workspaces/ws"
	for rel, want := range map[string]string{
		"enclosure": base + "/ows?service=DSEO&version=1.0.0&request=GetProduct&ProductURI=A%26B", "alternate": base + "/stac/collections/S2%20L2A/items/A&B",
		"icon": base + "/coverages/metadata/A&B/thumbnail", "via": base + "/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&id=A%26B",
		"self": base + "/opensearch/collections/S2%20L2A/atom/?uid=A%26B",
	} {
		if links[rel] != want {
			t.Errorf("%s: %s, not %s", rel, links[rel], want)
		}
	}
	if len(e.Offerings) != 1 || e.Offerings[0].Code != "http://www.opengis.net/spec/owc-atom/1.0/req/wms" || len(e.Offerings[0].Operations) != 2 ||
		!strings.Contains(e.Offerings[0].Operations[1].Href, "layers=A%26B&width=500&height=500&bbox=14,47,16,49") {
		t.Errorf("%+v", e.Offerings)
	}
	if len(e.Media) != 2 || e.Media[0].Category != "QUICKLOOK" || e.Media[1].Category != "THUMBNAIL" || e.Box != "47 14 49 16" || e.Date != "2026-06-10T10:00:00Z" {
		t.Errorf("%+v", e)
	}
	first := readFeed(t, get(t, "/opensearch/atom"))
	if len(first.Entries) != 2 || first.Entries[0].Links[1] != (atomLink{"search", "application/opensearchdescription+xml", base + "/opensearch/collections/S2%20L2A/"}) {
		t.Errorf("%+v", first.Entries)
	}
}

// described is what clients read of a description document.
type described struct {
	XMLName xml.Name `xml:"http://a9.com/-/spec/opensearch/1.1/ OpenSearchDescription"`
	Short   string   `xml:"ShortName"`
	Long    string   `xml:"LongName"`
	Says    string   `xml:"Description"`
	URLs    []struct {
		Type       string `xml:"type,attr"`
		Rel        string `xml:"rel,attr"`
		Template   string `xml:"template,attr"`
		Offset     string `xml:"indexOffset,attr"`
		Method     string `xml:"http://a9.com/-/spec/opensearch/extensions/parameters/1.0/ method,attr"`
		Parameters []struct {
			Name    string `xml:"name,attr"`
			Value   string `xml:"value,attr"`
			Most    string `xml:"maxInclusive,attr"`
			Pattern string `xml:"pattern,attr"`
			Options []struct {
				Value string `xml:"value,attr"`
			} `xml:"http://a9.com/-/spec/opensearch/extensions/parameters/1.0/ Option"`
		} `xml:"http://a9.com/-/spec/opensearch/extensions/parameters/1.0/ Parameter"`
	} `xml:"Url"`
}

// The description of a step offers what the step takes, by right names (1.9/20 of EOxServer's defects: its descriptions have
// values that are misspelt). A client that fills the template gets an answer.
func TestDescription(t *testing.T) {
	for target, rel := range map[string]string{"/opensearch": "collection", "/opensearch/": "collection", products: "results", strings.TrimSuffix(products, "/"): "results"} {
		w := get(t, target)
		var d described
		if err := xml.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "application/opensearchdescription+xml" {
			t.Fatalf("%s: %d %v %s", target, w.Code, err, w.Body)
		}
		if n := len([]rune(d.Short)); n == 0 || n > 16 || len([]rune(d.Long)) > 48 || d.Says == "" {
			t.Errorf("%+v", d)
		}
		if len(d.URLs) != 11 { // itself, and five formats by query and by form
			t.Errorf("%s: %d templates", target, len(d.URLs))
		}
		for _, u := range d.URLs[1:] {
			if u.Rel != rel || u.Offset != "0" {
				t.Errorf("%+v", u)
			}
			var names []string
			for _, p := range u.Parameters {
				names = append(names, p.Name)
				if u.Method == "" && !strings.Contains(u.Template, p.Name+"="+strings.TrimSuffix(p.Value, "}")+"?}") {
					t.Errorf("%s is not in %s", p.Name, u.Template)
				}
				for _, o := range p.Options {
					if !slices.Contains([]string{"intersects", "contains", "disjoint", "equals", "ASCENDING", "DESCENDING", "OPTICAL"}, o.Value) {
						t.Errorf("%s has the option %q", p.Name, o.Value)
					}
				}
				if p.Pattern != "" && !regexp.MustCompile(p.Pattern).MatchString("2026-06-10T10:00:00.5Z") {
					t.Errorf("%s does not take a time by %s", p.Name, p.Pattern)
				}
			}
			second := slices.Contains(names, "cloudCover") && slices.Contains(names, "orbitDirection") && slices.Contains(names, "parentIdentifier") && slices.Contains(names, "sensorType")
			if second != (rel == "results") || slices.Contains(names, "snowCover") || !slices.Contains(names, "cql") {
				t.Errorf("%s offers %v", target, names)
			}
			filled := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(u.Template, "")
			address, err := url.Parse(filled)
			if err != nil {
				t.Fatal(err)
			}
			if w := get(t, strings.TrimPrefix(address.String(), "https://eo.example/workspaces/ws")); w.Code != 200 {
				t.Errorf("%s: %d %s", filled, w.Code, w.Body)
			}
		}
	}
	owstest.Golden(t, "description.xml", get(t, products).Body.Bytes())
}

// A service of one step finds everything at once, and has no second.
func TestOneStep(t *testing.T) {
	handler := opensearch.Handler(newMemory(), opensearch.Config{Service: ows.Service{Title: "All"}, Path: "/os", OneStep: true})
	one := func(target string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil)
		handler.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New("", ""), Base: "https://eo.example"})))
		return w
	}
	if body := one("/os").Body.String(); !strings.Contains(body, `rel="results"`) || strings.Contains(body, `rel="collection"`) || !strings.Contains(body, "{eo:cloudCover?}") {
		t.Error(body)
	}
	if w := one("/os/collections/S1/atom"); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if f := readFeed(t, one("/os/atom")); len(f.Entries) != 2 || len(f.Entries[0].Links) != 2 {
		t.Errorf("%+v", f)
	}
}

func FuzzSearch(f *testing.F) {
	for _, query := range []string{"bbox=1,2,3,4&count=5", "geom=POINT(1+2)&georel=disjoint", "cloudCover=]20&eo:cloudCover={1,2}", "cql=a%20%3D%201", "start=2026&end=..", "lon=1&lat=2&r=3"} {
		f.Add(query)
	}
	handler := opensearch.Handler(newMemory(), opensearch.Config{Path: "/opensearch"})
	f.Fuzz(func(t *testing.T, query string) {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, products+"atom", nil)
		r.URL.RawQuery = query
		handler.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New("", ""), Base: "https://eo.example"})))
		if w.Code != 200 && w.Code != 400 {
			t.Errorf("%q: %d %s", query, w.Code, w.Body)
		}
		if w.Code == 200 && xml.Unmarshal(w.Body.Bytes(), new(atomFeed)) != nil {
			t.Errorf("%q: %s", query, w.Body)
		}
	})
}
