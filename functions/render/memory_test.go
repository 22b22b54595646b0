package main

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// memory is a catalogue in memory. Layers are collections.
type memory struct {
	extents  []record.Extent
	products []record.Product
	records  map[string]record.Record     // by id
	overlays map[string]catalogue.Overlay // by workspace
	asked    []catalogue.ProductQuery
	revised  []catalogue.Revision
	heights  []catalogue.Elevations
	err      error
	slow     chan struct{}
	reads    atomic.Int32
}

func (m *memory) RevisionsAll(_ context.Context, _ scope.Scope, since map[string]int64) ([]catalogue.Revision, map[string]int64, error) {
	latest := map[string]int64{}
	var changed []catalogue.Revision
	for _, r := range m.revised {
		latest[r.Workspace] = max(latest[r.Workspace], r.Revision)
		if r.Revision > since[r.Workspace] {
			changed = append(changed, r)
		}
	}
	return changed, latest, m.err
}

func (m *memory) ExtentsAndOverlay(_ context.Context, sc scope.Scope, known int64) ([]record.Extent, catalogue.Overlay, error) {
	m.reads.Add(1)
	if m.slow != nil {
		<-m.slow
	}
	o := m.overlays[sc.Workspace]
	if o.Revision == known {
		o.Text = nil
	}
	return m.extents, o, m.err
}

func (m *memory) Record(_ context.Context, _ scope.Scope, _, collection, id string) (record.Record, error) {
	if rec, ok := m.records[id]; ok {
		return rec, nil
	}
	return record.Record{}, fault.At(fault.NotFound, "id", "there is no item %q", id)
}

func (m *memory) Elevations(context.Context, scope.Scope) ([]catalogue.Elevations, error) {
	return m.heights, nil
}

func (m *memory) Sequence(context.Context, scope.Scope) (int64, error) { return 7, m.err }

func (m *memory) Products(_ context.Context, _ scope.Scope, q catalogue.ProductQuery) ([]record.Product, error) {
	m.asked = append(m.asked, q)
	var found []record.Product
	for _, p := range m.products {
		fits := q.Filter == nil || filter.Holds(q.Filter, record.Record{Key: p.Key, Time: p.Time, Properties: m.records[p.ID].Properties})
		if (q.ID == p.ID || q.ID == "" && (q.Layer == p.Collection || q.Layer == "")) && q.Time.Overlaps(p.Time) && fits {
			found = append(found, p)
		}
	}
	return found[:min(len(found), q.Limit)], m.err
}

func (m *memory) CountCoverages(ctx context.Context, sc scope.Scope, q catalogue.ProductQuery) (items, coverages int, err error) {
	found, err := m.Products(ctx, sc, q)
	for _, p := range found {
		coverages += len(p.Coverages)
	}
	return len(found), coverages, err
}

const productsYAML = `
collections:
  S2L2A: {product_types: [S2MSI2A]}
  EMPTY: {}
productTypes:
  - name: S2MSI2A
    filter: {}
    collections: [S2L2A]
    coverages: {S2L2A_B04: {assets: [B04]}, S2L2A_B03: {assets: [B03]}, S2L2A_B02: {assets: [B02]}, S2L2A_B08: {assets: [B08]}}
    defaultBrowse: TRUE_COLOR
    browses:
      TRUE_COLOR:
        red: {expression: B04, range: [0, 3000], nodata: 0}
        green: {expression: B03, range: [0, 3000], nodata: 0}
        blue: {expression: B02, range: [0, 3000], nodata: 0}
      NDVI:
        grey: {expression: (B08-B04)/(B08+B04), range: [-1, 1]}
`

func testConfig() config {
	return config{IngestBucket: "ingest", CacheBucket: "cache", Products: productsYAML, Timeout: 20 * time.Second, Draws: 2, MaxSize: 2048, MaxScenes: 10, Title: "Maps"}
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

func testProduct(collection, id, day, href string) record.Product {
	instant := at(day + "T10:00:00Z")
	footprint := ewkb.MustMarshal(orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}.ToPolygon(), 4326)
	p := record.Product{
		Key: record.Key{Collection: collection, ID: id}, Time: record.Interval{Start: instant, End: instant}, Footprint: footprint,
		Coverages: []record.Coverage{{Asset: "B04", Href: href}},
	}
	if collection != "" {
		p.Type = "S2MSI2A"
	} else {
		p.Browses = []byte(`{"name":"auto","default_browse":"VISUAL","browses":{"VISUAL":{"asset":"visual"},"OTHER":{"asset":"b"}}}`)
	}
	return p
}

func testMemory() *memory {
	return &memory{
		products: []record.Product{
			testProduct("S2L2A", "NEW", "2022-07-04", "s3://ingest/new.tif"),
			testProduct("S2L2A", "OLD__1", "2022-07-01", "s3://ingest/old.tif"),
			testProduct("", "LOOSE", "2022-07-02", "s3://ingest/loose.tif"),
		},
		extents: []record.Extent{
			{Collection: "S2L2A", Bounds: orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}, Time: record.Interval{Start: at("2022-07-01T10:00:00Z"), End: at("2022-07-04T10:00:00Z")}},
			{ID: "LOOSE", Bounds: orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}},
		},
	}
}

func testPainter(t testing.TB, store store) *painter {
	t.Helper()
	p, err := newPainter(testConfig(), store, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var system = scope.New(scope.System, "")

// known is what the painter knows of a scope.
func known(t *testing.T, p *painter, sc scope.Scope) view {
	t.Helper()
	v, err := p.views.of(t.Context(), sc)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
