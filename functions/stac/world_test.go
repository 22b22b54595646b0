package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/shared/stacapi"
)

// service is the function as it runs, on a catalogue and a bucket of its own.
type service struct {
	*httptest.Server
	store   *catalogue.Store
	objects *bucket.Client
	bucket  string
}

func start(t *testing.T) service {
	t.Helper()
	s := service{store: cataloguetest.Open(t)}
	s.objects, s.bucket = buckettest.Open(t)
	at := buckettest.Config(t)
	c := config{Title: "Test", Abstract: "A test.", ObjectStore: ObjectStore{
		Endpoint: at.Endpoint, Region: at.Region, AccessKey: at.AccessKey, SecretKey: at.SecretKey, IngestBucket: s.bucket, CacheBucket: "cache", SignedFor: time.Hour, PublicFiles: []string{"s3://open/data/=https://open.example/"}}}
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		t.Fatal(err)
	}
	writer := httptest.NewServer(edge.Wrap(standIn{s.store}))
	t.Cleanup(writer.Close)
	c.Register = writer.URL
	api, err := newAPI(c, s.store)
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(edge.Wrap(api))
	t.Cleanup(s.Close)
	return s
}

// register does what registering does, as far as this API sees it.
func (s service) register(t *testing.T, workspace, source string, raw []byte) {
	t.Helper()
	rec := record.Record{Document: raw, Version: fmt.Sprintf("%x", len(raw)), Source: source}
	switch kind, err := stac.Type(raw); kind {
	case stac.TypeItem:
		item, err := stac.DecodeItem(raw)
		if err != nil {
			t.Fatal(err)
		}
		collection := item.Collection
		if collection == "" {
			collection = stacapi.Uncollected
		}
		rec.Key, rec.Type, rec.MediaType = record.Key{Workspace: workspace, Collection: collection, ID: item.ID}, record.TypeItem, stac.MediaTypeItem
		known := item.Record()
		rec.Time, rec.Footprint, rec.Properties, rec.Title, rec.Abstract, rec.Keywords = item.Time, item.Geometry, item.Properties, known.Title, known.Abstract, known.Keywords
	case stac.TypeCollection:
		c, err := stac.DecodeCollection(raw)
		if err != nil {
			t.Fatal(err)
		}
		known := c.Record()
		known.Workspace, known.MediaType, known.Document, known.Version, known.Source = workspace, stac.MediaTypeCollection, raw, rec.Version, source
		rec = known
	default:
		t.Fatal(kind, err)
	}
	change := record.Change{Record: rec, Replace: true, Source: record.Source{Href: source, Version: rec.Version, Time: time.Now()}}
	applied, err := s.store.Apply(context.Background(), scope.New(workspace, "test", scope.Writer), []record.Change{change})
	if err != nil || applied[0].Err != nil {
		t.Fatal(err, applied)
	}
}

// item is a document with an asset beside it; index sets its place and time.
func item(collection, id string, index int) []byte {
	in := ""
	if collection != "" {
		in = fmt.Sprintf(`"collection":%q,`, collection)
	}
	return fmt.Appendf(nil, `{"type":"Feature","stac_version":"1.0.0","id":%q,%s "bbox":[%d,40,%d,41],"geometry":{"type":"Polygon","coordinates":[[[%[3]d,40],[%[4]d,40],[%[4]d,41],[%[3]d,41],[%[3]d,40]]]},`+
		`"properties":{"datetime":"2026-01-%02[5]dT00:00:00Z","gsd":10.0},"links":[{"rel":"root","href":"./catalog.json"}],"assets":{"data":{"href":"./%[1]s.tif","roles":["data"]}}}`, id, in, index, index+1, index+1)
}

// get reads an address and decodes what comes as JSON.
func (s service) get(t *testing.T, href string, into any) *http.Response {
	t.Helper()
	r, err := http.Get(href)
	if err != nil {
		t.Fatal(err)
	}
	return s.read(t, r, into)
}

func (s service) read(t *testing.T, r *http.Response, into any) *http.Response {
	t.Helper()
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode == 200 && into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			t.Fatalf("%s: %v: %s", r.Request.URL, err, body)
		}
	}
	return r
}

// document is what a client reads of any answer.
type document struct {
	Type        string                     `json:"type"`
	Version     string                     `json:"stac_version"`
	ID          string                     `json:"id"`
	Collection  string                     `json:"collection"`
	Description string                     `json:"description"`
	License     string                     `json:"license"`
	Extent      map[string]json.RawMessage `json:"extent"`
	ConformsTo  []string                   `json:"conformsTo"`
	Geometry    json.RawMessage            `json:"geometry"`
	Properties  map[string]any             `json:"properties"`
	Assets      map[string]map[string]any  `json:"assets"`
	Links       []stac.Link                `json:"links"`
	Collections []document                 `json:"collections"`
	Features    []document                 `json:"features"`
}

func (d document) link(rel string) stac.Link {
	for _, l := range d.Links {
		if l.Rel == rel && (l.Method == "" || l.Method == http.MethodGet) {
			return l
		}
	}
	return stac.Link{}
}

func ids(all []document) []string {
	var ids []string
	for _, d := range all {
		ids = append(ids, d.ID)
	}
	return ids
}

// filled gives a catalogue of a described collection, one that items only name, and items without one.
func filled(t *testing.T) service {
	s := start(t)
	s.register(t, scope.System, "s3://"+s.bucket+"/A/collection.json", []byte(`{"type":"Collection","stac_version":"1.0.0","id":"A","title":"Described","description":"D","license":"proprietary",`+
		`"extent":{"spatial":{"bbox":[[0,40,10,41]]},"temporal":{"interval":[["2026-01-01T00:00:00Z",null]]}},"links":[]}`))
	for i := range 12 {
		collection := []string{"A", "named only", ""}[i%3]
		id := fmt.Sprintf("item%02d", i)
		s.register(t, scope.System, "s3://"+s.bucket+"/A/"+id+".json", item(collection, id, i))
	}
	return s
}
