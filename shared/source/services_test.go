package source

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/stac"
)

// replies is a web of what each address answers; what was asked is kept.
type replies struct {
	texts map[string]string
	asked []Question
}

func (r *replies) Ask(_ context.Context, q Question) (Reply, error) {
	r.asked = append(r.asked, q)
	key := q.URL
	if q.Body != nil {
		key = "POST " + q.URL + " " + string(q.Body)
	}
	for _, k := range []string{key, q.URL} {
		if text, ok := r.texts[k]; ok {
			return Reply{URL: q.URL, Body: []byte(text)}, nil
		}
	}
	return Reply{}, fault.New(fault.NotFound, "nobody answers %s", key)
}

// walked visits a source until nothing is left, and gives what was found, in order.
func walked(t *testing.T, s Source) (documents []Document, failures []Failure) {
	t.Helper()
	seen := map[string]bool{}
	for left := []string{s.Root()}; len(left) > 0; {
		node := left[0]
		left = left[1:]
		if seen[node] {
			continue
		}
		seen[node] = true
		found, err := s.Visit(t.Context(), node)
		if err != nil {
			t.Fatalf("%s: %v", node, err)
		}
		documents, failures = append(documents, found.Documents...), append(failures, found.Failures...)
		left = append(left, slices.Concat(found.Next, found.Below)...)
	}
	return documents, failures
}

func real(t *testing.T, name string) string {
	t.Helper()
	folder := datatest.Folder(t)
	text, err := os.ReadFile(filepath.Join(folder, "data/eoepca", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func decodedItem(t *testing.T, d Document) *stac.Item {
	t.Helper()
	item, err := stac.DecodeItem(d.Content)
	if err != nil {
		t.Fatalf("%v: %s", err, d.Content)
	}
	return item
}

// restoDescription is the description of a resto service, with the names of its parameters.
const restoDescription = `<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/" xmlns:geo="http://a9.com/-/opensearch/extensions/geo/1.0/" xmlns:time="http://a9.com/-/opensearch/extensions/time/1.0/" xmlns:eo="http://a9.com/-/opensearch/extensions/eo/1.0/">
  <ShortName>resto</ShortName>
  <Url type="application/atom+xml" rel="results" template="https://finder.example/resto/api/collections/Sentinel2/search.atom?q={searchTerms?}&amp;maxRecords={count?}&amp;box={geo:box?}"/>
  <Url type="application/json" rel="results" template="https://finder.example/resto/api/collections/Sentinel2/search.json?q={searchTerms?}&amp;maxRecords={count?}&amp;index={startIndex?}&amp;page={startPage?}&amp;identifier={geo:uid?}&amp;geometry={geo:geometry?}&amp;box={geo:box?}&amp;startDate={time:start?}&amp;completionDate={time:end?}&amp;publishedAfter={eo:publishedAfter?}&amp;publishedBefore={eo:publishedBefore?}&amp;productType={eo:productType?}"/>
</OpenSearchDescription>`

const restoFirst = "https://finder.example/resto/api/collections/Sentinel2/search.json?"

// HRV-04: the description leads to the template for the format; time, box, collection and further parameters are filled in by
// their names; pages of resto are followed, and what they tell becomes items.
func TestOpenSearchOfResto(t *testing.T) {
	first := real(t, "opensearch/peps_resto_geojson.json")
	var page featurePage
	if err := json.Unmarshal([]byte(first), &page); err != nil {
		t.Fatal(err)
	}
	next, ok := page.next()
	if !ok {
		t.Fatal("the page leads nowhere")
	}
	query := "maxRecords=200&box=14.9%2C47.7%2C16.4%2C48.7&startDate=2019-09-10T00%3A00%3A00Z&completionDate=2019-09-11T00%3A00%3A00Z&productType=S2MSI1C"
	web := &replies{texts: map[string]string{
		"https://finder.example/describe.xml": restoDescription,
		restoFirst + query:                    first,
		next.Href:                             `{"type": "FeatureCollection", "features": [], "properties": {"links": [{"rel": "next", "href": "https://finder.example/forever"}]}}`,
	}}
	documents, failures := walked(t, &OpenSearch{
		Web: web, URL: "https://finder.example/describe.xml",
		Query: Query{
			Property: "sensed", Begin: time.Date(2019, 9, 10, 0, 0, 0, 0, time.UTC), End: time.Date(2019, 9, 11, 0, 0, 0, 0, time.UTC),
			BBox: []float64{14.9, 47.7, 16.4, 48.7}, Extra: map[string]string{"productType": "S2MSI1C"},
		},
		Service: Service{MediaType: "application/json", Mapping: map[string]string{"start_datetime": "startDate", "end_datetime": "completionDate", "productIdentifier": "productIdentifier", "mgrs": "mgrs"}},
	})
	if len(documents) != 2 || len(failures) != 0 {
		t.Fatalf("%d documents, %v", len(documents), failures)
	}
	item := decodedItem(t, documents[0])
	want := map[string]any{
		"productIdentifier": "S2A_MSIL1C_20200815T005251_N0209_R002_T55PDR_20200815T023440", "datetime": "2020-08-15T00:52:51.024Z", "eo:cloud_cover": 20.5218,
		"mgrs": "55PDR", "sat:relative_orbit": 2.0, "sat:orbit_state": "descending", "platform": "S2A",
	}
	for name, value := range want {
		if !reflect.DeepEqual(item.Properties[name], value) {
			t.Errorf("%s is %v, not %v", name, item.Properties[name], value)
		}
	}
	if item.ID != "01f888ef-3368-59ff-a639-52242d159d7c" || item.Collection != "S2ST" || !strings.HasSuffix(stacHref(item, "overview"), "_quicklook.jpg") {
		t.Errorf("%s in %s: %s", item.ID, item.Collection, documents[0].Content)
	}
}

func stacHref(item *stac.Item, key string) string {
	for _, a := range item.Assets {
		if a.Key == key {
			return a.Href
		}
	}
	return ""
}

// HRV-04: pages of Atom, of OData and of another resto, as they are, without a description before them.
func TestPagesOfRealServices(t *testing.T) {
	for _, c := range []struct {
		file, id, collection string
		properties           map[string]any
		n                    int
	}{
		{"sara_resto_geojson.json", "01f888ef-3368-59ff-a639-52242d159d7c", "S2ST", map[string]any{"eo:cloud_cover": 20.5218}, 2},
		{"mundi_opensearch_atom.xml", "S2A_MSIL1C_20200815T005251_N0209_R002_T55PBQ_20200815T023440", "", map[string]any{"eo:cloud_cover": 34.3433, "platform": "Sentinel2", "processing:level": "L1C"}, 2},
		{"creodias_odata_search.json", "S1A_IW_GRDH_1SSV_20141004T005844_20141004T005913_002673_002FAB_4FCD", "", map[string]any{
			"productIdentifier": "/eodata/Sentinel-1/SAR/GRD/2014/10/04/S1A_IW_GRDH_1SSV_20141004T005844_20141004T005913_002673_002FAB_4FCD.SAFE",
			"start_datetime":    "2014-10-04T00:58:44.62Z", "end_datetime": "2014-10-04T00:59:13.611Z",
		}, 10},
		{"cop_dataspace_search.json", "S2A_MSIL1C_20200808T010311_N0500_R045_T54PXA_20230413T212505", "", map[string]any{"datetime": "2020-08-08T01:03:11.024Z", "sat:relative_orbit": 45.0}, 2},
		{"geodes_stacapi_search.json", "URN:FEATURE:DATA:gdh:25416e3f-1a7f-379a-9b65-a6539b1fd95b:V1", "PEPS_S2_L1C", map[string]any{"eo:cloud_cover": 67.54958344531}, 1},
	} {
		t.Run(c.file, func(t *testing.T) {
			found, err := products(Reply{URL: "https://service.example/search", Body: []byte(real(t, "opensearch/"+c.file))}, nil)
			if err != nil || len(found.Failures) > 0 || len(found.Documents) != c.n {
				t.Fatalf("%d documents, %v: %v", len(found.Documents), found.Failures, err)
			}
			item := decodedItem(t, found.Documents[0])
			if item.ID != c.id || item.Collection != c.collection {
				t.Errorf("%s in %s", item.ID, item.Collection)
			}
			for name, value := range c.properties {
				if !reflect.DeepEqual(item.Properties[name], value) {
					t.Errorf("%s is %v, not %v", name, item.Properties[name], value)
				}
			}
			if len(found.Next) != 1 {
				t.Errorf("it leads to %v", found.Next)
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	begin := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, template string
		query          Query
		want, err      string
	}{
		{"nothing asked", "http://x/s?q={searchTerms}&n={count?}&b={geo:box?}", Query{}, "http://x/s?n=50", ""},
		{"a path", "http://x/{geo:uid?}/s{searchTerms?}?n={count}", Query{}, "http://x//s?n=50", ""},
		{"a geometry for a box", "http://x/s?g={geo:geometry?}", Query{BBox: []float64{1, 2, 3, 4}}, "http://x/s?g=POLYGON%28%281+2%2C3+2%2C3+4%2C1+4%2C1+2%29%29", ""},
		{"a box across the antimeridian", "http://x/s?g={geo:geometry?}", Query{BBox: []float64{170, 2, -170, 4}}, "http://x/s?g=MULTIPOLYGON%28%28%28170+2%2C180+2%2C180+4%2C170+4%2C170+2%29%29%2C%28%28-180+2%2C-170+2%2C-170+4%2C-180+4%2C-180+2%29%29%29", ""},
		{"no box", "http://x/s?n={count?}", Query{BBox: []float64{1, 2, 3, 4}}, "", "has no parameter for a bbox, but for count"},
		{"an open end", "http://x/s?from={time:start?}&to={time:end?}", Query{Begin: begin}, "http://x/s?from=2020-01-01T00%3A00%3A00Z", ""},
		{"published", "http://x/s?a={p:publishedAfter?}&b={p:publishedBefore?}&f={time:start?}", Query{Property: "published", Begin: begin}, "http://x/s?a=2020-01-01T00%3A00%3A00Z", ""},
		{"a range", "http://x/s?m={eo:modificationDate?}", Query{Property: "modification", Begin: begin}, "http://x/s?m=%5B2020-01-01T00%3A00%3A00Z%2C%5D", ""},
		{"another time", "http://x/s?n={count?}", Query{Property: "created", Begin: begin}, "", `no parameters for the time "created"`},
		{"a collection", "http://x/s?parent={eo:parentIdentifier?}", Query{Collections: []string{"S 2"}}, "http://x/s?parent=S+2", ""},
		{"a collection without a parameter", "http://x/s?n={count?}", Query{Collections: []string{"S2"}}, "http://x/s?n=50&collection=S2", ""},
		{"two collections", "http://x/s", Query{Collections: []string{"a", "b"}}, "", "asked for one collection, not 2"},
		{"extra", "http://x/s?pt={eo:productType?}", Query{Extra: map[string]string{"pt": "A", "z": "&"}}, "http://x/s?pt=A&z=%26", ""},
		{"extra by its name", "http://x/s?pt={eo:productType?}", Query{Extra: map[string]string{"productType": "A"}}, "http://x/s?pt=A", ""},
		{"what has to be given", "http://x/s?u={eo:user}", Query{}, "", `with the parameter "user"`},
	} {
		got, err := template{text: c.template}.ask(c.query, 50)
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %s, %v", c.name, got, err)
		}
	}
	if _, err := (description{URLs: []templateURL{{Type: "text/html", Template: "x"}}}).template("application/json"); err == nil || !strings.Contains(err.Error(), `but for ["text/html"]`) {
		t.Errorf("%v", err)
	}
}

const stacLanding = `{"type": "Catalog", "id": "x", "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search", "https://api.stacspec.org/v1.0.0/item-search#sort",
	"https://api.stacspec.org/v1.0.0/item-search#filter", "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json"],
	"links": [{"rel": "search", "href": "./search", "method": "GET"}, {"rel": "search", "href": "./search", "method": "POST"}]}`

// HRV-05: a STAC API is asked by POST where it offers that, sorted and filtered as far as it can; its links of the relation
// next are followed with their bodies, merged or whole, and with GET.
func TestSTACAPI(t *testing.T) {
	one := func(id, links string) string {
		return fmt.Sprintf(`{"type": "FeatureCollection", "links": [%s], "features": [{"type": "Feature", "stac_version": "1.0.0", "id": %q, "collection": "c",
			"geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"datetime": "2020-01-01T00:00:00Z"},
			"links": [{"rel": "self", "href": "https://api.example/v1/collections/c/items/x"}, {"rel": "root", "href": ".."}, {"rel": "license", "href": "../licence"}],
			"assets": {"B": {"href": "../B.tif"}}}]}`, links, id)
	}
	filter := `{"args":[{"property":"eo:cloud_cover"},20],"op":"\u003c"}`
	body := `{"bbox":[1,2,3,4],"collections":["c"],"datetime":"2020-01-01T00:00:00Z/..","filter":` + filter + `,"filter-lang":"cql2-json","limit":200,"sortby":[{"direction":"asc","field":"properties.datetime"},{"direction":"asc","field":"id"}]%s}`
	at := "https://api.example/v1/search"
	web := &replies{texts: map[string]string{
		"https://api.example/v1/":                              stacLanding,
		"POST " + at + " " + fmt.Sprintf(body, ""):             one("1", `{"rel": "next", "href": "https://api.example/v1/search", "method": "POST", "merge": true, "body": {"token": "a"}}`),
		"POST " + at + " " + fmt.Sprintf(body, `,"token":"a"`): one("2", `{"rel": "next", "href": "./search", "method": "POST", "body": {"token": "b"}}`),
		"POST " + at + ` {"token":"b"}`:                        one("3", `{"rel": "next", "href": "search?page=4"}`),
		at + "?page=4":                                         one("4", ""),
	}}
	s := &STACAPI{
		Web: web, URL: "https://api.example/v1/", Filter: json.RawMessage(`{"op":"<","args":[{"property":"eo:cloud_cover"},20]}`),
		Query: Query{Begin: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), BBox: []float64{1, 2, 3, 4}, Collections: []string{"c"}},
	}
	documents, failures := walked(t, s)
	if len(documents) != 4 || len(failures) != 0 {
		t.Fatalf("%d documents, %v", len(documents), failures)
	}
	for i, d := range documents {
		item := decodedItem(t, d)
		links, err := stac.Links(d.Content)
		if item.ID != fmt.Sprint(i+1) || stacHref(item, "B") != "https://api.example/v1/collections/c/B.tif" || err != nil || len(links) != 2 ||
			links[0].Href != "https://api.example/v1/collections/c/licence" || links[1].Rel != "via" {
			t.Errorf("%s: %v", d.Content, err)
		}
	}
}

// HRV-21: the collections of a STAC API are harvested too, before its items, where the configuration says so.
func TestCollectionsOfASTACAPI(t *testing.T) {
	collection := func(id string) string {
		return fmt.Sprintf(`{"type": "Collection", "stac_version": "1.0.0", "id": %q, "description": "d", "license": "CC0-1.0", "links": [{"rel": "items", "href": "x"}, {"rel": "license", "href": "../l"}],
			"extent": {"spatial": {"bbox": [[1, 2, 3, 4]]}, "temporal": {"interval": [[null, null]]}}}`, id)
	}
	web := &replies{texts: map[string]string{
		"https://x/":                               `{"conformsTo": [], "links": [{"rel": "search", "href": "search"}, {"rel": "data", "href": "collections"}]}`,
		"https://x/collections":                    `{"collections": [` + collection("a") + `, {"type": "Collection"}], "links": [{"rel": "next", "href": "collections?page=2"}]}`,
		"https://x/collections?page=2":             `{"collections": [` + collection("b") + `], "links": []}`,
		"https://x/search?collections=a&limit=200": `{"type": "FeatureCollection", "features": []}`,
	}}
	documents, failures := walked(t, &STACAPI{Web: web, URL: "https://x/", Service: Service{Collections: true}, Query: Query{Collections: []string{"a"}}})
	if len(documents) != 2 || documents[0].Left || !documents[1].Left || len(failures) != 1 {
		t.Fatalf("%+v, %v", documents, failures)
	}
	if links, err := stac.Links(documents[0].Content); err != nil || len(links) != 1 || links[0].Href != "https://x/l" {
		t.Errorf("%v: %s", err, documents[0].Content)
	}
}

// HRV-05: by GET, where POST is not offered or not wanted, and at a page itself.
func TestSTACAPIByGET(t *testing.T) {
	landing := strings.Replace(stacLanding, `, {"rel": "search", "href": "./search", "method": "POST"}`, "", 1)
	empty := `{"type": "FeatureCollection", "features": []}`
	for name, s := range map[string]*STACAPI{
		landing:     {},
		stacLanding: {Service: Service{Method: "GET"}},
	} {
		web := &replies{texts: map[string]string{"https://x/": name, "https://x/search": empty}}
		s.Web, s.URL, s.Query = web, "https://x/", Query{Collections: []string{"a", "b"}, Extra: map[string]string{"ids": "7"}}
		s.Service.SortBy = []string{"id"}
		if _, err := s.Visit(t.Context(), s.Root()); err != nil {
			t.Fatal(err)
		}
		found, _ := s.Visit(t.Context(), s.Root())
		if len(found.Next) != 1 {
			t.Fatalf("%+v", found)
		}
		at, err := url.Parse(found.Next[0])
		if err != nil || at.Path != "/search" || at.Query().Get("collections") != "a,b" || at.Query().Get("ids") != "7" || at.Query().Get("sortby") != "+id" {
			t.Errorf("%v: %v", found.Next, err)
		}
	}
	web := &replies{texts: map[string]string{"https://x/": real(t, "opensearch/earth_search_stacapi_search.json")}}
	found, err := (&STACAPI{Web: web, URL: "https://x/"}).Visit(t.Context(), "https://x/")
	if err != nil || len(found.Documents) != 1 || len(found.Next) != 1 || found.Documents[0].Record.ID != "S2B_27VWK_20240206_0_L1C" {
		t.Errorf("%+v: %v", found, err)
	}
	web.texts["https://x/"] = `{"type": "Catalog", "links": []}`
	if _, err := (&STACAPI{Web: web, URL: "https://x/"}).Visit(t.Context(), "https://x/"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a catalogue without search: %v", err)
	}
}

// HRV-07: records and features from the landing page on, of the collections that are asked for.
func TestOGCAPI(t *testing.T) {
	record := `{"type": "Feature", "id": "r1", "geometry": null, "conformsTo": ["http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core"],
		"time": {"date": "2020-01-01"}, "properties": {"type": "dataset", "title": "R"}, "links": []}`
	feature := `{"type": "Feature", "id": 7, "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"datetime": "2020-01-01T00:00:00Z", "cloudCover": 3}}`
	web := &replies{texts: map[string]string{
		"https://x/":                   `{"links": [{"rel": "data", "type": "text/html", "href": "no"}, {"rel": "data", "type": "application/json", "href": "/collections"}]}`,
		"https://x/collections":        `{"collections": [{"id": "a", "links": [{"rel": "items", "type": "application/geo+json", "href": "collections/a/items"}]}, {"id": "b", "links": [{"rel": "items", "href": "collections/b/items"}]}], "links": [{"rel": "next", "href": "collections?page=2"}]}`,
		"https://x/collections?page=2": `{"collections": []}`,
		"https://x/collections/a":      `{"id": "a", "links": [{"rel": "items", "href": "a/items"}]}`,
		"https://x/collections/a/items?bbox=1%2C2%2C3%2C4&limit=200": `{"type": "FeatureCollection", "features": [` + record + `], "links": [{"rel": "next", "href": "https://x/collections/a/items?offset=200"}]}`,
		"https://x/collections/a/items?offset=200":                   `{"type": "FeatureCollection", "features": [` + strings.Replace(record, "r1", "r2", 1) + `,{"type": "Feature", "id": "broken"}]}`,
		"https://x/collections/b/items?limit=200":                    `{"type": "FeatureCollection", "features": [` + feature + `]}`,
	}}
	box := Query{BBox: []float64{1, 2, 3, 4}, Collections: []string{"a"}}
	for _, from := range []string{"https://x/", "https://x/collections/a", "https://x/collections/a/items"} {
		web.texts["https://x/collections/a/items"] = `{"type": "FeatureCollection", "features": []}`
		documents, failures := walked(t, &OGCAPI{Web: web, URL: from, Query: box, Records: true})
		if len(documents) != 2 || documents[0].Kind != KindRecord || documents[1].Record.ID != "r2" || len(failures) != 1 || !strings.HasSuffix(failures[0].Href, "#broken") {
			t.Errorf("%s: %d documents, %v", from, len(documents), failures)
		}
	}
	documents, failures := walked(t, &OGCAPI{Web: web, URL: "https://x/", Query: Query{Collections: []string{"b"}}})
	if len(documents) != 1 || len(failures) != 0 {
		t.Fatalf("%d documents, %v", len(documents), failures)
	}
	if item := decodedItem(t, documents[0]); item.ID != "7" || item.Properties["eo:cloud_cover"] != 3.0 {
		t.Errorf("%s", documents[0].Content)
	}
}

// HRV-07: a catalogue service is asked from one position to the next; its records stand alone.
func TestCSW(t *testing.T) {
	answer := func(next, id string) string {
		return `<csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/" xmlns:ows="http://www.opengis.net/ows">
			<csw:SearchStatus timestamp="2020-01-01T00:00:00Z"/>
			<csw:SearchResults numberOfRecordsMatched="2" numberOfRecordsReturned="1" nextRecord="` + next + `" elementSet="full">
			<csw:Record><dc:identifier>` + id + `</dc:identifier><dc:title>A &amp; B</dc:title><dct:references scheme="OGC:WMS">http://x/?a=1&amp;b=2</dct:references>
			<ows:BoundingBox crs="urn:x-ogc:def:crs:EPSG:6.11:4326"><ows:LowerCorner>1 2</ows:LowerCorner><ows:UpperCorner>3 4</ows:UpperCorner></ows:BoundingBox></csw:Record>
			</csw:SearchResults></csw:GetRecordsResponse>`
	}
	web := answering(func(q Question) string {
		at, _ := url.Parse(q.URL)
		if at.Query().Get("constraint") != "BBOX(ows:BoundingBox,1,2,3,4)" || at.Query().Get("version") != "2.0.2" || at.Query().Get("map") != "x" {
			return "<no/>"
		}
		return map[string]string{"1": answer("2", "first"), "2": answer("0", "second")}[at.Query().Get("startPosition")]
	})
	documents, failures := walked(t, &CSW{Web: web, URL: "https://x/csw?map=x", Query: Query{BBox: []float64{1, 2, 3, 4}}})
	if len(documents) != 2 || len(failures) != 0 || documents[1].Record.ID != "second" || documents[0].Kind != KindXML {
		t.Fatalf("%d documents, %v", len(documents), failures)
	}
	alone, err := decodeRecord(rawRecord{name: documents[0].recordName(t), text: documents[0].Content})
	if err != nil || alone.ID != "first" || alone.Title != "A & B" || alone.Links[0].Protocol != "OGC:WMS" || alone.Footprint == nil {
		t.Errorf("%+v: %v of %s", alone, err, documents[0].Content)
	}
	if text := string(documents[0].Content); !strings.HasPrefix(text, `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="`) || !strings.Contains(text, `<dc:title>A &amp; B</dc:title><dct:references scheme="OGC:WMS">`) {
		t.Errorf("%s", text)
	}
	for _, c := range []struct{ name, text, want string }{
		{"an exception", `<ExceptionReport xmlns="http://www.opengis.net/ows"><Exception exceptionCode="NoApplicableCode" locator="x"><ExceptionText>broken</ExceptionText></Exception></ExceptionReport>`, "NoApplicableCode x: broken"},
		{"a page", `<html/>`, "is no answer to GetRecords"},
		{"an entity", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`, "has a document type"},
		{"too deep", strings.Repeat("<a>", 50), "nested deeper"},
		{"cut off", answer("2", "x")[:700], "cannot be read"},
	} {
		if _, err := (&CSW{Web: answering(func(Question) string { return c.text }), URL: "https://x/csw"}).Visit(t.Context(), "https://x/csw"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// HRV-07, REG-17: a catalogue service that is asked for ISO's schema answers in it: the records are read, and kept as they came.
func TestCSWOfISO(t *testing.T) {
	const schema = "http://www.isotc211.org/2005/gmd"
	const inner = `<gmd:fileIdentifier><gco:CharacterString>urn:x:iso</gco:CharacterString></gmd:fileIdentifier><!-- as it came -->
		<gmd:identificationInfo><gmd:MD_DataIdentification><gmd:citation><gmd:CI_Citation><gmd:title><gco:CharacterString>Sea &amp; ice</gco:CharacterString></gmd:title></gmd:CI_Citation></gmd:citation>
		<gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicBoundingBox><gmd:westBoundLongitude><gco:Decimal>1</gco:Decimal></gmd:westBoundLongitude><gmd:eastBoundLongitude><gco:Decimal>3</gco:Decimal></gmd:eastBoundLongitude>
		<gmd:southBoundLatitude><gco:Decimal>2</gco:Decimal></gmd:southBoundLatitude><gmd:northBoundLatitude><gco:Decimal>4</gco:Decimal></gmd:northBoundLatitude></gmd:EX_GeographicBoundingBox></gmd:geographicElement></gmd:EX_Extent></gmd:extent>
		</gmd:MD_DataIdentification></gmd:identificationInfo></gmd:MD_Metadata>`
	web := answering(func(q Question) string {
		at, _ := url.Parse(q.URL)
		if at.Query().Get("outputSchema") != schema || at.Query().Get("elementSetName") != "full" {
			return "<no/>"
		}
		return `<csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:gmd="` + schema + `" xmlns:gco="http://www.isotc211.org/2005/gco">
			<csw:SearchResults numberOfRecordsMatched="2" numberOfRecordsReturned="2" nextRecord="0" recordSchema="` + schema + `">
			<gmd:MD_Metadata id="a">` + inner + `<gpx xmlns="http://www.topografix.com/GPX/1/1"/></csw:SearchResults></csw:GetRecordsResponse>`
	})
	documents, failures := walked(t, &CSW{Web: web, URL: "https://x/csw", Service: Service{Schema: schema}})
	if len(documents) != 1 || len(failures) != 1 || !strings.Contains(failures[0].Err.Error(), "{http://www.topografix.com/GPX/1/1}gpx are not harvested") || failures[0].Href != "https://x/csw#2" {
		t.Fatalf("%d documents, %v", len(documents), failures)
	}
	d := documents[0]
	if d.Kind != KindXML || d.Href != "https://x/csw#urn:x:iso" || d.Record.Title != "Sea & ice" || d.Record.Footprint == nil {
		t.Errorf("%+v", d)
	}
	if text := string(d.Content); !strings.HasPrefix(text, `<gmd:MD_Metadata xmlns:csw="`) || !strings.HasSuffix(text, ` id="a">`+inner) {
		t.Errorf("%s", text)
	}
	if alone, err := decodeRecord(rawRecord{name: d.recordName(t), text: d.Content}); err != nil || alone.ID != "urn:x:iso" {
		t.Errorf("it does not stand alone: %+v, %v", alone, err)
	}
}

type answering func(q Question) string

func (a answering) Ask(_ context.Context, q Question) (Reply, error) {
	return Reply{URL: q.URL, Body: []byte(a(q))}, nil
}

// HRV-20: a broken item is told with its name, and the page goes on; a broken page is an error.
func TestBrokenItemsAndPages(t *testing.T) {
	page := `{"type": "FeatureCollection", "features": [{"type": "Feature", "stac_version": "1.0.0", "id": "bad"},
		{"type": "Feature", "id": "x", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"startDate": "2020-01-01T00:00:00Z"}}, 7, {}]}`
	found, err := products(Reply{URL: "http://x/", Body: []byte(page)}, nil)
	if err != nil || len(found.Documents) != 1 || len(found.Failures) != 3 || found.Failures[0].Href != "http://x/#bad" || found.Failures[1].Href != "http://x/#3" {
		t.Errorf("%+v: %v", found, err)
	}
	for _, broken := range []string{"", "x", "{", `{"type": "Feature"}`, "<rss/>", "<feed", `{"type": "FeatureCollection", "features": 7}`, `{"value": 7}`,
		`{"type": "FeatureCollection", "features": [{}], "links": [{"rel": "next", "href": "ftp://x"}]}`} {
		if _, err := products(Reply{URL: "http://x/", Body: []byte(broken)}, nil); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", broken, err)
		}
	}
}

// No answer of a service makes reading it fail otherwise than by an error.
func FuzzProducts(f *testing.F) {
	f.Add([]byte(restoDescription))
	f.Add([]byte(`{"type": "FeatureCollection", "features": [{"id": 1, "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"startDate": "2020"}}]}`))
	f.Add([]byte(`{"value": [{"Name": "x", "ContentDate": {"Start": "2020"}}], "@odata.nextLink": "http://x/"}`))
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id><georss:polygon xmlns:georss="http://www.georss.org/georss">1 2 3 4 5 6 1 2</georss:polygon></entry></feed>`))
	f.Fuzz(func(t *testing.T, text []byte) {
		found, _ := products(Reply{URL: "http://x/", Body: text}, map[string]string{"a": "b"})
		for _, d := range found.Documents {
			if _, err := stac.DecodeItem(d.Content); err != nil {
				t.Errorf("%s: %v", d.Content, err)
			}
		}
		_, _ = readRecords(Reply{URL: "http://x/", Body: text})
		if d, err := readDescription(text); err == nil {
			for _, u := range d.URLs {
				_, _ = template{text: u.Template}.ask(Query{BBox: []float64{1, 2, 3, 4}}, 10)
			}
		}
	})
}

// recordName is the name of the root of a record that stands alone.
func (d Document) recordName(t *testing.T) xml.Name {
	t.Helper()
	var root struct{ XMLName xml.Name }
	if err := xml.Unmarshal(d.Content, &root); err != nil {
		t.Fatal(err)
	}
	return root.XMLName
}
