package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// service is the function as it runs, on a catalogue of its own.
type service struct {
	*httptest.Server
	store *catalogue.Store
}

// nobody is an address at which no function writes.
const nobody = "http://127.0.0.1:1"

func start(t *testing.T) service {
	t.Helper()
	s := service{store: cataloguetest.Open(t)}
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		t.Fatal(err)
	}
	api, err := newAPI(config{
		Title: "Test", Abstract: "A test.", Merged: true, Facets: []string{"type", "nobody has it", "keywords"}, Conditions: `{"clouds":{"clear":"eo:cloud_cover < 30","cloudy":"eo:cloud_cover >= 30"}}`,
		Register: nobody,
	}, s.store)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(edge.Wrap(api))
	t.Cleanup(s.Close)
	return s
}

// apply writes records as registering does.
func (s service) apply(t testing.TB, workspace string, all ...record.Record) {
	t.Helper()
	var changes []record.Change
	for _, rec := range all {
		rec.Workspace = workspace
		if rec.Version == "" {
			rec.Version = fmt.Sprintf("%x", len(rec.Document))
		}
		changes = append(changes, record.Change{Record: rec, Replace: true, Source: record.Source{Href: rec.Source, Version: rec.Version, Time: time.Now()}})
	}
	applied, err := s.store.Apply(context.Background(), scope.New(workspace, "test", scope.Writer), changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range applied {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
}

// item is the record of a STAC item.
func item(t testing.TB, document string) record.Record {
	t.Helper()
	decoded, err := stac.DecodeItem([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	rec := record.Record{
		Key: record.Key{Collection: decoded.Collection, ID: decoded.ID}, Type: record.TypeItem, Title: decoded.ID, Time: decoded.Time, Footprint: decoded.Geometry,
		Properties: decoded.Properties, Document: decoded.Raw, MediaType: stac.MediaTypeItem, Source: "s3://ingest/" + decoded.ID + ".json",
	}
	if title, ok := decoded.Properties["title"].(string); ok {
		rec.Title = title
	}
	if text, ok := decoded.Properties["description"].(string); ok {
		rec.Abstract = text
	}
	if list, ok := decoded.Properties["keywords"].([]any); ok {
		for _, k := range list {
			rec.Keywords = append(rec.Keywords, k.(string))
		}
	}
	rec.Links = record.ServiceLinks(rec.Key)
	return rec
}

// scene is the document of an item by its number: a day of January, a degree of longitude.
func scene(collection string, n int) string {
	words := []string{"sea", "ice"}[n%2]
	return fmt.Sprintf(`{"type":"Feature","stac_version":"1.0.0","id":"s%02d","collection":%q,"geometry":{"type":"Polygon","coordinates":[[[%d,40],[%d,40],[%d,41],[%d,41],[%d,40]]]},`+
		`"bbox":[%d,40,%d,41],"properties":{"datetime":"2026-01-%02dT00:00:00Z","title":"Scene %d","description":"fields and %s","keywords":["k%d","%s"],"eo:cloud_cover":%d.50,"platform":"p%d"},`+
		`"links":[{"rel":"self","href":"./s.json"},{"rel":"license","href":"https://l.example/l"}],"assets":{"B04":{"href":"./b04.tif","type":"image/tiff","roles":["data"]},"thumb":{"href":"https://t.example/t.png","type":"image/png","roles":["thumbnail"]}}}`,
		n, collection, n, n+1, n+1, n, n, n, n+1, n+1, n, words, n, words, 10*n, n%3)
}

const collectionDocument = `{"type":"Collection","stac_version":"1.0.0","id":"S2","title":"Sentinel-2","description":"Optical","license":"proprietary","keywords":["msi"],` +
	`"extent":{"spatial":{"bbox":[[0,40,10,41]]},"temporal":{"interval":[["2026-01-01T00:00:00Z",null]]}},"links":[{"rel":"license","href":"https://l.example/c"}]}`

// filled has six items of a registered collection, two of one that only they name, a record of XML that is the parent of
// another one, and an item of a workspace.
func filled(t *testing.T) service {
	t.Helper()
	s := start(t)
	for n := range 6 {
		s.apply(t, scope.System, item(t, scene("S2", n)))
	}
	s.apply(t, scope.System, item(t, scene("named only", 7)), item(t, scene("named only", 8)))
	c, err := stac.DecodeCollection([]byte(collectionDocument))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2025, 5, 5, 0, 0, 0, 0, time.UTC)
	s.apply(t, scope.System,
		record.Record{Key: record.Key{ID: c.ID}, Type: record.TypeCollection, Title: c.Title, Abstract: c.Description, Keywords: c.Keywords, Time: c.Time, Footprint: c.Footprint(),
			Properties: map[string]any{"license": c.License}, Document: c.Raw, MediaType: stac.MediaTypeCollection,
			Links: []record.Link{{Rel: "alternate", Type: stac.MediaTypeCollection, Title: "STAC collection", Href: "/stac/collections/S2"}}},
		record.Record{Key: record.Key{ID: "series"}, Type: "series", Title: "A series", Abstract: "of documents", Document: []byte(`<series/>`), MediaType: "application/xml",
			Footprint: orb.Point{5, 6}, Properties: map[string]any{"externalIds": []any{"x1", "urn:s:x1", "urn:s:"}}},
		record.Record{Key: record.Key{Collection: "series", ID: "part"}, Type: "dataset", Title: "A part", Time: record.Interval{Start: at, End: at},
			Document: []byte(`{"id":"part","type":"Feature","conformsTo":["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"],"time":{"date":"2025-05-05"},"geometry":null,` +
				`"properties":{"type":"dataset","title":"A part","x":1.50},"links":[{"rel":"self","href":"https://o.example/part"},{"rel":"item","href":"y"},{"rel":"about","href":"about.html","hreflang":"en"}]}`),
			MediaType: "application/geo+json", Properties: map[string]any{"x": 1.5}})
	s.apply(t, "alice", item(t, scene("mine", 9)))
	return s
}

// document is what is read of an answer.
type document struct {
	ID, Type, Title string
	ItemType        string
	Time            json.RawMessage
	Geometry        json.RawMessage
	Features        []document
	Collections     []document
	Properties      map[string]any
	Links           []record.Link
	NumberMatched   *int
	NumberReturned  int
	CRS             []string
}

func (d document) link(rel string) string {
	for _, l := range d.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

func ids(all []document) string {
	var found []string
	for _, d := range all {
		found = append(found, d.ID)
	}
	return strings.Join(found, " ")
}

func (s service) get(t testing.TB, target string, into any) *http.Response {
	t.Helper()
	if !strings.HasPrefix(target, "http") {
		target = s.URL + target
	}
	r, err := http.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, r, into)
}

func read(t testing.TB, r *http.Response, into any) *http.Response {
	t.Helper()
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil || r.StatusCode != 200 {
			t.Fatalf("%s: %d %v %s", r.Request.URL, r.StatusCode, err, body)
		}
	}
	return r
}

const items = "/records/collections/metadata:main/items"

// RC-05: every parameter finds what it should, by GET and as a body, and pages meet each record once.
func TestItems(t *testing.T) {
	s := filled(t)
	const all = "s08 s07 s05 s04 s03 s02 s01 S2 s00 part series"
	for query, want := range map[string]string{
		"":                       all,
		"limit=3":                all,
		"bbox=2.5,40.2,3.5,40.7": "s03 s02 S2",
		"bbox=40.2,2.5,40.7,3.5&bbox-crs=http://www.opengis.net/def/crs/EPSG/0/4326": "s03 s02 S2",
		"bbox=":                                       all,
		"datetime=2026-01-03T00:00:00Z/..":            "s08 s07 s05 s04 s03 s02 S2",
		"datetime=2025-05-05T00:00:00Z":               "part",
		"q=ice":                                       "s07 s05 s03 s01",
		"q=ICE,document":                              "s07 s05 s03 s01",
		"q=fields+and+sea":                            "s08 s04 s02 s00",
		"q=sea+and+fields":                            "",
		"q=scene+3,a++part":                           "s03 part",
		"ids=s03,part,none":                           "s03 part",
		"type=series":                                 "S2 series",
		"type=collection":                             "S2",
		"type=dataset&limit=4":                        "s08 s07 s05 s04 s03 s02 s01 s00 part",
		"externalIds=s03":                             "s03",
		"externalIds=urn:s:x1":                        "series",
		"externalIds=urn:s:":                          "series",
		"externalIds=x1,s01":                          "s01 series",
		"externalIds=other:x1":                        "",
		"title=Scene+3":                               "s03",
		"keywords=k3":                                 "s03",
		"platform=p1":                                 "s07 s04 s01",
		"eo:cloud_cover=30.5":                         "s03",
		"properties.eo:cloud_cover=30.5":              "s03",
		"collection=S2&limit=4":                       "s05 s04 s03 s02 s01 s00",
		"parentIdentifier=series":                     "part",
		"anytext=optical":                             "S2",
		"sortby=%2Btitle&ids=s01,part,s00":            "part s00 s01",
		"sortby=-eo:cloud_cover&type=dataset&limit=5": "s08 s07 s05 s04 s03 s02 s01 s00 part",
		"q=scene,ice&sortby=-relevance":               "s07 s05 s03 s01 s08 s04 s02 s00",
		"sortby=type,-id":                             "S2 part s08 s07 s05 s04 s03 s02 s01 s00 series",
		"filter=eo:cloud_cover+<+20+AND+keywords+LIKE+'%25ce'":                                           "s01",
		"filter=type='dataset'+AND+collection+<>+'S2'":                                                   "s08 s07 part",
		"filter=S_INTERSECTS(geometry,BBOX(2.5,40.2,3.5,40.7))+AND+type+IN+('dataset')":                  "s03 s02",
		"filter=T_AFTER(datetime,TIMESTAMP('2026-01-05T12:00:00Z'))":                                     "s08 s07 s05",
		"filter=created+>+TIMESTAMP('2020-01-01T00:00:00Z')+AND+updated+<+DATE('2020-01-01')":            "",
		"filter=anytext+LIKE+'%25elds%25'&limit=4":                                                       "s08 s07 s05 s04 s03 s02 s01 s00",
		"filter-lang=cql2-json&filter=" + url.QueryEscape(`{"op":"=","args":[{"property":"id"},"s03"]}`): "s03",
		"filter-lang=cql-text&filter=BBOX(geometry,2.5,40.2,3.5,40.7)+AND+title+ILIKE+'scene%25'":        "s03 s02",
		"offset=6":             "s01 S2 s00 part series",
		"startindex=9&limit=5": "part series",
		"offset=50":            "",
	} {
		if got := s.walk(t, items+"?"+query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	for path, want := range map[string]string{"S2": "s05 s04 s03 s02 s01 s00", "series": "part", "named%20only": "s08 s07"} {
		if got := s.walk(t, "/records/collections/"+path+"/items?limit=4"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	if got := s.walk(t, "/workspaces/alice"+items); got != "s09" {
		t.Errorf("alice: %q", got)
	}
}

// walk follows the pages of a list.
func (s service) walk(t testing.TB, target string) string {
	t.Helper()
	var met []string
	for pages := 0; target != ""; pages++ {
		var page document
		s.get(t, target, &page)
		for _, f := range page.Features {
			met = append(met, f.ID)
		}
		if pages > 20 || page.NumberReturned != len(page.Features) {
			t.Fatalf("%s: %d pages, %d of %d", target, pages, len(page.Features), page.NumberReturned)
		}
		if pages == 0 && (page.NumberMatched == nil || *page.NumberMatched < len(page.Features)) {
			t.Errorf("%s: %v matched", target, page.NumberMatched)
		}
		target = page.link("next")
	}
	return strings.Join(met, " ")
}

// RC-05: a body is CQL2 JSON by itself, as pycsw takes it, or an object of parameters.
func TestItemsByBody(t *testing.T) {
	s := filled(t)
	for body, want := range map[string]string{
		`{"op":">","args":[{"property":"eo:cloud_cover"},25]}`:                                                  "s08 s07 s05 s04 s03",
		`{"filter":{"op":"=","args":[{"property":"type"},"series"]},"limit":1}`:                                 "S2 series",
		`{"bbox":[2.5,40.2,3.5,40.7],"type":["dataset"],"sortby":[{"field":"id","direction":"asc"}],"limit":1}`: "s02 s03",
		`{"filter":"id = 's03'","filter-lang":"cql2-text"}`:                                                     "s03",
		`{"q":["sea","ice"],"offset":2,"limit":2}`:                                                              "s05 s04 s03 s02 s01 s00",
		`{"ids":["s01"]}`: "s01",
		``:                "s08 s07 s05 s04 s03 s02 s01 S2 s00 part series",
		`{}`:              "s08 s07 s05 s04 s03 s02 s01 S2 s00 part series",
	} {
		target, met := s.URL+items+"?limit=3", []string{}
		if strings.Contains(body, "limit") {
			target = s.URL + items
		}
		for pages := 0; target != "" && pages < 20; pages++ {
			r, err := http.Post(target, "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			var page document
			read(t, r, &page)
			met = append(met, strings.Fields(ids(page.Features))...)
			target = page.link("next")
		}
		if got := strings.Join(met, " "); got != want {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	for body, kind := range map[string]string{`{"op":"nonsense"}`: "application/json", `[1]`: "application/json", `{"limit":{}}`: "application/json", `{"colour":"red"}`: "application/json"} {
		r, err := http.Post(s.URL+items, kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if r := read(t, r, nil); r.StatusCode != 400 || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d", body, r.StatusCode)
		}
	}
	r, err := http.Post(s.URL+items, "application/geo+json", strings.NewReader(`{"type":"Feature"}`))
	if err != nil {
		t.Fatal(err)
	}
	if r := read(t, r, nil); r.StatusCode != 503 {
		t.Errorf("a record where nobody writes: %d", r.StatusCode)
	}
}

// RC-05, 1.9/15: what is wrong with a question is said, all of it, and where (EOxServer died of a box of two numbers).
func TestFaults(t *testing.T) {
	s := filled(t)
	for query, locators := range map[string]string{
		"limit=0&bbox=1,2,3&datetime=1985&colour=red": "bbox colour datetime limit",
		"offset=-1&startindex=2":                      "startindex",
		"offset=x":                                    "offset",
		"bbox=1,2":                                    "bbox",
		"offset=1000001&limit=x":                      "limit offset",
		"startindex=1000001":                          "startindex",
		"offset=1&token=x":                            "offset",
		"token=forged":                                "token",
		"filter=title+=":                              "filter",
		"filter=title+=+5":                            "filter",
		"filter=links='x'":                            "filter",
		"filter-lang=xpath&filter=x":                  "filter-lang",
		"filter-crs=EPSG:9999999":                     "filter-crs",
		"crs=EPSG:2154":                               "crs",
		"bbox-crs=nonsense":                           "bbox-crs",
		"sortby=geometry":                             "sortby",
		"sortby=-relevance":                           "sortby",
		"sortby=nothing:here":                         "sortby",
		"geometry=x":                                  "geometry",
		"f=pdf":                                       "f",
		"limit=1&limit=2":                             "limit",
	} {
		r, err := http.Get(s.URL + items + "?" + query)
		if err != nil {
			t.Fatal(err)
		}
		var problem struct {
			Status int
			Errors []struct{ Locator, Detail string }
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || json.Unmarshal(body, &problem) != nil || r.StatusCode != 400 || problem.Status != 400 || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", query, r.StatusCode, body)
			continue
		}
		var got []string
		for _, e := range problem.Errors {
			got = append(got, e.Locator)
		}
		slices.Sort(got)
		if strings.Join(slices.Compact(got), " ") != locators {
			t.Errorf("%s: %v, want %s: %s", query, got, locators, body)
		}
	}
	for _, path := range []string{"/records/collections/none", "/records/collections/none/items", "/records/collections/none/queryables", items + "/none", "/records/collections/S2/items/part",
		"/workspaces/alice/records/collections/S2", "/records/nothing"} {
		if r := s.get(t, path, nil); r.StatusCode != 404 {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
}

// RC-15: facets count what is found, and the condition of a bucket finds as many as it counts.
func TestFacets(t *testing.T) {
	s := filled(t)
	type bucket struct {
		Value, Min, Max any
		Count           int
		Filter, Href    string
	}
	type faceted struct {
		NumberMatched  int
		NumberReturned int
		Facets         map[string]struct {
			Type, Property string
			Buckets        []bucket
			More           bool
		}
	}
	said := func(buckets []bucket) string {
		var all []string
		for _, b := range buckets {
			name := fmt.Sprint(b.Value)
			if b.Value == nil {
				name = fmt.Sprint(b.Min, "–", b.Max)
			}
			all = append(all, fmt.Sprintf("%s %d", name, b.Count))
		}
		return strings.Join(all, ", ")
	}
	for query, want := range map[string]map[string]string{
		"facets=true":                                             {"type": "dataset 9, series 2", "keywords": "ice 4, sea 4, k0 1, k1 1, k2 1, k3 1, k4 1, k5 1, k7 1, k8 1"},
		"facets=title:2:value_asc&q=ice&limit=0":                  {"title": "Scene 1 1, Scene 3 1"},
		"facets=collection:2&limit=0":                             {"collection": "S2 6, named only 2"},
		"facets=platform:5:value_desc&limit=0":                    {"platform": "p2 3, p1 3, p0 2"},
		"facets=eo:cloud_cover:2&collection=S2":                   {"eo:cloud_cover": "0.5–25.5 3, 25.5–50.5 3"},
		"facets=clouds&limit=0&q=ice":                             {"clouds": "clear 1, cloudy 3"},
		"facets=datetime:month&limit=0&type=dataset":              {"datetime": "2025-05-01T00:00:00Z–2025-06-01T00:00:00Z 1, 2026-01-01T00:00:00Z–2026-02-01T00:00:00Z 8"},
		"facets=clouds,type:1&filter=eo:cloud_cover+>+35&limit=1": {"clouds": "clear 0, cloudy 4", "type": "dataset 4"},
	} {
		var page faceted
		s.get(t, items+"?"+query, &page)
		if strings.Contains(query, "limit=0") && (page.NumberReturned != 0 || page.NumberMatched == 0) {
			t.Errorf("%s: %d of %d", query, page.NumberReturned, page.NumberMatched)
		}
		for name, buckets := range want {
			if got := said(page.Facets[name].Buckets); got != buckets {
				t.Errorf("%s: %s is %q, want %q", query, name, got, buckets)
			}
			for _, b := range page.Facets[name].Buckets {
				var again document
				if s.get(t, b.Href, &again); again.NumberMatched == nil || *again.NumberMatched != b.Count {
					t.Errorf("%s: %s: %s finds %v, not %d", query, name, b.Href, again.NumberMatched, b.Count)
				}
			}
		}
	}
	for _, wrong := range []string{"facets=nothing", "facets=geometry", "facets=type:0", "facets=type:x", "facets=keywords:month", "facets=a,b,c,d,e,f,g,h,i,j,k", "limit=0"} {
		if r := s.get(t, items+"?"+wrong, nil); r.StatusCode != 400 {
			t.Errorf("%s: %d", wrong, r.StatusCode)
		}
	}
}
