package main

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
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

// RND-03: layers are collections, items of collections, and items that stand alone, each with its browses.
func TestFind(t *testing.T) {
	p := testPainter(t, testMemory())
	tests := []struct{ name, layer, item, browse string }{
		{"S2L2A", "S2L2A", "", ""},
		{"S2L2A__NDVI", "S2L2A", "", "NDVI"},
		{"EMPTY", "EMPTY", "", ""},
		{"LOOSE", "", "LOOSE", ""},
		{"LOOSE__OTHER", "", "LOOSE", "OTHER"},
		{"NEW", "", "NEW", ""},
		{"NEW__NDVI", "", "NEW", "NDVI"},
		{"OLD__1", "", "OLD__1", ""},
		{"OLD__1__TRUE_COLOR", "", "OLD__1", "TRUE_COLOR"},
	}
	for _, test := range tests {
		got, err := p.find(t.Context(), system, known(t, p, system), test.name)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if item := got.single; got.layer != test.layer || got.look != (product.Look{Kind: product.LookPicture, Browse: test.browse}) || (item != nil) != (test.item != "") || item != nil && item.ID != test.item {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
	for _, name := range []string{"", "nowhere", "S2L2A__SEPIA", "LOOSE__SEPIA", "NEW__SEPIA", "__", "EMPTY__NDVI", "NEW_B99", "NEW_", "_B04", "NEW__heatmap", "S2L2A__masked_rain"} {
		if _, err := p.find(t.Context(), system, known(t, p, system), name); fault.KindOf(err) != fault.NotFound || fault.LocatorOf(err) != "layer" {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// RND-04: the newest product is on top, and so is the last layer of a request.
func TestScenes(t *testing.T) {
	store := testMemory()
	p := testPainter(t, store)
	m := wms.Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}, Width: 10, Height: 10, Layers: []wms.Layer{{Name: "LOOSE"}, {Name: "S2L2A__NDVI"}}}
	hrefs := func() (list []string) {
		t.Helper()
		shown, _, err := p.shown(t.Context(), system, known(t, p, system), m)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range shown {
			list = append(list, s.Coverages[0].Href)
		}
		return list
	}
	if got := strings.Join(hrefs(), " "); got != "s3://ingest/new.tif s3://ingest/old.tif s3://ingest/loose.tif" {
		t.Errorf("scenes: %s", got)
	}
	m.Layers[1].Times = []record.Interval{{Start: at("2022-07-01T00:00:00Z"), End: at("2022-07-01T23:00:00Z")}, {Start: at("2022-06-01T00:00:00Z")}}
	m.Layers[0].Times = m.Layers[1].Times[:1]
	if got := strings.Join(hrefs(), " "); got != "s3://ingest/new.tif s3://ingest/old.tif" {
		t.Errorf("scenes of two times: %s", got)
	}
	store.products[0].Coverages[0].Href = "s3://other/new.tif"
	if got := strings.Join(hrefs(), " "); got != "s3://ingest/old.tif" {
		t.Errorf("a coverage elsewhere is drawn: %s", got)
	}
	m.Bounds = orb.Bound{Min: orb.Point{500, 500}, Max: orb.Point{600, 600}}
	if got := hrefs(); len(got) != 0 {
		t.Errorf("nowhere on Earth there is %s", got)
	}
}

func TestNewestFirst(t *testing.T) {
	a, b, c := testProduct("S", "a", "2022-07-01", ""), testProduct("S", "b", "2022-07-03", ""), testProduct("S", "c", "2022-07-03", "")
	var ids []string
	for _, p := range newestFirst([]record.Product{a, c, b, a, c}) {
		ids = append(ids, p.ID)
	}
	if strings.Join(ids, "") != "bca" {
		t.Errorf("order: %v", ids)
	}
}

// Nobody makes this function read what lies elsewhere: another workspace's bucket, the cache, a file, another server.
func TestAccess(t *testing.T) {
	a := access{ingest: "ingest", cache: "cache", read: []string{"eodata"}}
	for _, allowed := range [][2]string{{"", "s3://ingest/a/b.tif"}, {"ws", "s3://ws/a.tif"}, {"", "s3://eodata/a.tif"}} {
		if err := a.allow(allowed[0], allowed[1]); err != nil {
			t.Errorf("%v: %v", allowed, err)
		}
	}
	if a.web = true; a.allow("ws", "https://example.org/a.tif") != nil {
		t.Error("the web is refused though it is allowed")
	}
	if a.folder = true; a.allow("", "file:///data/a.tif") != nil || a.allow("", "/data/a.tif") != nil || a.allow("ws", "file:///data/a.tif") == nil || a.allow("", "file://host/data/a.tif") == nil {
		t.Error("files of the folder are for the system, and for it alone")
	}
	a.web, a.folder = false, false
	refused := [][2]string{{"", "https://example.org/a.tif"}, {"ws", "http://example.org/a.tif"},
		{"", "s3://ws/a.tif"}, {"", "s3://cache/a.tif"}, {"", "s3:///a.tif"}, {"ws", "s3://ingest/a.tif"}, {"ws", "s3://other/a.tif"}, {"cache", "s3://cache/a"},
		{"ingest", "s3://ingest/a"}, {"", "/etc/passwd"}, {"", "file:///etc/passwd"}, {"", "http://169.254.169.254/"}, {"", "/vsicurl/http://x/"}, {"", ""}, {"ws", "S3://ws/x"}, {"eodata", "s3://eodata/a"},
	}
	for _, refusal := range refused {
		if err := a.allow(refusal[0], refusal[1]); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%v: %v", refusal, err)
		}
	}
}

// However many ask, the catalogue is asked once, and again a second later at the earliest.
func TestViewsAskOnce(t *testing.T) { synctest.Test(t, viewsAskOnce) }

func viewsAskOnce(t *testing.T) {
	store := testMemory()
	store.slow = make(chan struct{})
	v := &views{store: store, products: product.NewWorkspaces(product.Config{})}
	var waiting sync.WaitGroup
	for range 20 {
		waiting.Go(func() {
			if _, err := v.of(t.Context(), system); err != nil {
				t.Error(err)
			}
		})
	}
	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := v.of(gaveUp, system); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("who does not wait: %v", err)
	}
	close(store.slow)
	waiting.Wait()
	if _, err := v.of(t.Context(), system); err != nil || store.reads.Load() > 2 {
		t.Errorf("%d questions (%v)", store.reads.Load(), err)
	}
	before := store.reads.Load()
	if _, err := v.of(t.Context(), scope.New("ws", "")); err != nil || store.reads.Load() != before+1 {
		t.Error("a workspace has a view of its own")
	}
	v.known = map[string]view{}
	store.err = errors.New("no")
	if _, err := v.of(t.Context(), system); err == nil {
		t.Error("a failure is remembered as a view")
	}
}

func TestArea(t *testing.T) {
	look := func(crs geo.CRS, west, south, east, north float64) orb.Geometry {
		area, err := areaOf(wms.Map{CRS: crs, Bounds: orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, Width: 100, Height: 100}, testPainter(t, testMemory()).raster.LonLat)
		if err != nil {
			t.Error(err)
		}
		return area
	}
	box := func(west, south, east, north float64) orb.Polygon {
		return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
	}
	mercator, _ := geo.Plain(geo.WebMercator)
	x, y := mercator.Forward(14, 47)
	area := look(geo.WebMercator, x, y, x+1000, y+1000).Bound()
	if !area.Contains(orb.Point{14.004, 47.003}) || area.Max[0]-area.Min[0] > .1 {
		t.Errorf("%v", area)
	}
	for _, c := range []struct {
		bounds [4]float64
		want   orb.Geometry
	}{
		{[4]float64{10, 20, 30, 40}, box(10, 20, 30, 40)},
		{[4]float64{170, -95, 190, 10}, orb.MultiPolygon{box(170, -90, 180, 10), box(-180, -90, -170, 10)}},
		{[4]float64{-185, 0, -175, 5}, orb.MultiPolygon{box(175, 0, 180, 5), box(-180, 0, -175, 5)}},
		{[4]float64{181, 0, 182, 1}, box(-179, 0, -178, 1)},
		{[4]float64{-200, -90, 200, 90}, box(-180, -90, 180, 90)},
		{[4]float64{0, 91, 1, 92}, nil},
	} {
		if got := look(geo.CRS84, c.bounds[0], c.bounds[1], c.bounds[2], c.bounds[3]); !orb.Equal(got, c.want) {
			t.Errorf("%v looks at %v, want %v", c.bounds, got, c.want)
		}
	}
	if area := look(32601, 100_000, 7e6, 500_000, 7.4e6); len(area.(orb.MultiPolygon)) != 2 {
		t.Errorf("beyond the edge of the first zone lies %v", area)
	}
	for _, crs := range []geo.CRS{geo.CRS84, geo.WebMercator, 3035, 32633} {
		if area := look(crs, -1e12, -1e12, 1e12, 1e12); area != nil {
			t.Errorf("%s: from that far away %v is seen", crs, area)
		}
	}
	if area := look(3995, -1e6, -1e6, 1e6, 1e6).Bound(); area.Min[1] < 60 || area.Max[1] != 90 || area.Min[0] != -180 || area.Max[0] != 180 {
		t.Errorf("around the pole lies %v", area)
	}
	if area := look(3035, 4.32e6, 3.2e6, 4.33e6, 3.21e6).Bound(); !area.Contains(orb.Point{10.1, 51.95}) || area.Max[0]-area.Min[0] > 1 {
		t.Errorf("in Europe lies %v", area)
	}
	if _, err := areaOf(wms.Map{CRS: 999999, Bounds: orb.Bound{Max: orb.Point{1, 1}}, Width: 1, Height: 1}, testPainter(t, testMemory()).raster.LonLat); fault.LocatorOf(err) != "crs" {
		t.Errorf("an unknown system: %v", err)
	}
	for _, crs := range []geo.CRS{geo.WebMercator, 3035, 32633} {
		if area := look(crs, -2e7, -2e7, 2e7, 2e7); area == nil || !area.Bound().Contains(orb.Point{16, 48}) {
			t.Errorf("%s: %v", crs, area)
		}
	}
}

// RC-23, RND-01: the layers of an item, to which its record links, all have the item's id in their names.
func TestSelectedLayers(t *testing.T) {
	p := testPainter(t, testMemory())
	for id, want := range map[string]int{"NEW": 5, "LOOSE": 5} {
		tree, err := p.Layers(t.Context(), system, `identifier="`+id+`"`)
		if err != nil || len(tree.Nodes) != 1 || len(tree.Nodes[0].Children) != want || tree.Nodes[0].Bounds.IsEmpty() {
			t.Fatalf("%s: %+v %v", id, tree, err)
		}
		for _, n := range tree.Nodes[0].Children {
			if _, err := p.Layer(t.Context(), system, n.Name); err != nil || !strings.HasPrefix(n.Name, id+"_") {
				t.Errorf("%s: %+v %v", id, n, err)
			}
		}
	}
	if tree, err := p.Layers(t.Context(), system, "identifier = 'nowhere'"); err != nil || len(tree.Nodes) != 0 {
		t.Errorf("%v %v", tree, err)
	}
	if tree, err := p.Layers(t.Context(), system, ""); err != nil || len(tree.Nodes) != 2 || tree.Sequence != 7 {
		t.Errorf("%v %v", tree, err)
	}
}

// A single product is at a time exactly when the catalogue finds it there among those of a layer.
func TestSharesATime(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2024, 5, 1, hour, 0, 0, 0, time.UTC) }
	morning := record.Interval{Start: at(6), End: at(12)}
	for _, c := range []struct {
		name      string
		of, asked record.Interval
		shares    bool
	}{
		{"any time", morning, record.Interval{}, true},
		{"an instant within", morning, record.Interval{Start: at(7), End: at(7)}, true},
		{"its end", morning, record.Interval{Start: at(12), End: at(18)}, true},
		{"later", morning, record.Interval{Start: at(13)}, false},
		{"a product without a time", record.Interval{}, morning, false},
		{"a product without a time, at any", record.Interval{}, record.Interval{}, true},
		{"a product without an end", record.Interval{Start: at(6)}, record.Interval{Start: at(18)}, true},
	} {
		if got := shares(&record.Product{Time: c.of}, c.asked); got != c.shares {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// CSC-06: what is seeded leaves turns to maps: however many ask for blocks, half of the turns at most are taken by them, and maps
// and tiles that somebody waits for get the others at once. Only where there is one turn in all it is shared.
func TestSeedingLeavesTurnsToMaps(t *testing.T) {
	for draws := 1; draws <= 9; draws++ {
		synctest.Test(t, func(t *testing.T) { seedingLeavesTurns(t, draws) })
	}
}

func seedingLeavesTurns(t *testing.T, draws int) {
	c := testConfig()
	c.Draws = draws
	p, err := newPainter(c, testMemory(), nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(t.Context())
	var mu sync.Mutex
	var leaves []func()
	var waiting sync.WaitGroup
	ask := func(of ground, n int) int {
		before := len(leaves)
		for range n {
			waiting.Go(func() {
				if leave, err := p.turn(ctx, of); err == nil {
					mu.Lock()
					leaves = append(leaves, leave)
					mu.Unlock()
				}
			})
		}
		synctest.Wait() // until all have a turn or wait for one
		return len(leaves) - before
	}
	most := max(draws/2, 1)
	if got := ask(background, 3*draws); got != most {
		t.Errorf("seeding took %d of %d turns", got, draws)
	}
	if got := ask(foreground, draws); got != draws-most {
		t.Errorf("maps got %d of %d turns while seeding", got, draws)
	}
	for range draws { // whoever is done makes room: for maps first come those that wait, and seeding never gets more
		mu.Lock()
		leave := leaves[0]
		leaves = leaves[1:]
		mu.Unlock()
		leave()
		synctest.Wait()
		if len(p.behind) > most || len(p.draws) > draws {
			t.Errorf("%d turns of seeding, %d of all", len(p.behind), len(p.draws))
		}
	}
	giveUp()
	waiting.Wait()
	for _, leave := range leaves {
		leave()
	}
	if len(p.behind) != 0 || len(p.draws) != 0 {
		t.Errorf("%d and %d turns are lost", len(p.behind), len(p.draws))
	}
}
