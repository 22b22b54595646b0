package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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
