package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache/tilecachetest"
)

// house is the function with a real catalogue, a real bucket, and a renderer that draws words.
type house struct {
	config  config
	store   *catalogue.Store
	objects *bucket.Client
	drawing *tilecachetest.Drawing
}

func newHouse(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	h := &house{store: cataloguetest.Open(t), drawing: &tilecachetest.Drawing{}}
	h.config = config{Products: productsYAML, MaxAge: 5 * time.Second, Title: "Tiles"}
	h.config.Config = identity.Config{Auth: "none"}
	h.objects, h.config.Bucket = buckettest.Open(t)
	server := httptest.NewServer(h.drawing)
	t.Cleanup(server.Close)
	h.config.Render = server.URL
	return h
}

// instance is one more process of the function.
type instance struct {
	*tiles
	server *httptest.Server
}

func (h *house) instance(t *testing.T) instance {
	t.Helper()
	tiles, err := newTiles(h.config, h.store, h.objects)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := identity.New(h.config.Config)
	if err != nil {
		t.Fatal(err)
	}
	i := instance{tiles, httptest.NewServer(edge.Wrap(tiles.handler(h.config)))}
	t.Cleanup(func() { i.server.Close(); tiles.close() })
	return i
}

// get asks for a path; the answer says status, where the tile came from, and the body.
func (i instance) get(t *testing.T, path string, header ...string) (status int, from, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	answer, err := i.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("Perigee-Cache"), string(text)
}

// expect asks for a tile and compares; it waits for what is being stored.
func (i instance) expect(t *testing.T, path, from, body string) {
	t.Helper()
	status, gotFrom, gotBody := i.get(t, path)
	if status != 200 || gotFrom != from || gotBody != body {
		t.Fatalf("%s is %d %s %q, want %s %q", path, status, gotFrom, gotBody, from, body)
	}
	if err := i.cache.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until a path answers with a body that holds the text, and until it is stored.
func (i instance) eventually(t *testing.T, path, text string) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, _, body := i.get(t, path)
		if strings.Contains(body, text) {
			if err := i.cache.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s never says %q: %s", path, text, body)
		}
	}
}

func (h *house) apply(t *testing.T, workspace string, changes ...record.Change) {
	t.Helper()
	applied, err := h.store.Apply(t.Context(), scope.New(workspace, "test", scope.Writer), changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range applied {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
}

// scene is a change that registers an item of the layers at 14° E, 46° N.
func scene(workspace, id, version string, at time.Time, layers ...string) record.Change {
	productType := "S2MSI2A"
	if layers[0] == id {
		productType = "" // a layer by itself
	}
	return record.Change{
		Record: record.Record{
			Key: record.Key{Workspace: workspace, Collection: "sentinel-2", ID: id}, Type: record.TypeItem, Title: id, ProductType: productType,
			Time: record.Interval{Start: at, End: at}, Footprint: orb.Bound{Min: orb.Point{14, 46}, Max: orb.Point{15, 47}}.ToPolygon(),
			Properties: map[string]any{}, Document: []byte(fmt.Sprintf(`{"id":%q,"version":%q}`, id, version)), MediaType: "application/geo+json", Version: version,
		},
		Coverages: []record.Coverage{{Asset: "visual", Href: "s3://ingest/" + id + ".tif", ETag: version}},
		Layers:    layers, Replace: true,
		Source: record.Source{Href: "s3://ingest/" + id + ".json", Version: version, Time: at},
	}
}

var spring = time.Date(2024, 5, 6, 10, 0, 0, 0, time.UTC)

const (
	there  = "/cache/wmts/1.0.0/S2L2A/default/GoogleMapsCompatible/8/90/138.png" // 14.06 to 15.47° E, 46.07 to 47.04° N
	yonder = "/cache/wmts/1.0.0/S2L2A/default/GoogleMapsCompatible/8/90/20.png"
)

// CSC-01, CSC-02: a tile is drawn once, kept, served to every instance, and drawn again after a registration.
func TestTilesAreKeptUntilARegistration(t *testing.T) {
	h := newHouse(t)
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	one, two := h.instance(t), h.instance(t)
	one.expect(t, there, "miss", "S2L2A  8/138/90 #1")
	one.expect(t, there, "memory", "S2L2A  8/138/90 #1")
	two.expect(t, there, "hit", "S2L2A  8/138/90 #1")
	two.expect(t, "/cache/xyz/S2L2A/8/139/91.png", "hit", "S2L2A  8/139/91 #1")
	if status, from, _ := two.get(t, yonder); status != 200 || from != "empty" {
		t.Errorf("where nothing is, the tile is %d %s", status, from)
	}
	if n := h.drawing.Rounds(); n != 1 {
		t.Fatalf("%d blocks were drawn", n)
	}
	h.apply(t, "", scene("", "a", "2", spring.Add(time.Hour), "S2L2A"))
	for _, i := range []instance{one, two} {
		i.eventually(t, there, "#2")
	}
	for _, i := range []instance{one, two} {
		if _, from, _ := i.get(t, yonder); from != "empty" {
			t.Errorf("a change far away made the tile %s", from)
		}
	}
	h.apply(t, "", record.Change{Record: record.Record{Key: record.Key{Collection: "sentinel-2", ID: "a"}}, Delete: true, Source: record.Source{Time: spring.AddDate(0, 0, 1)}})
	one.eventually(t, there, "#3")
}

// CSC-01, CSC-02: the time dimension has tiles of its own, and the original's addresses.
func TestTimes(t *testing.T) {
	h := newHouse(t)
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	i := h.instance(t)
	const original = "/cache/ows/wmts/1.0.0/S2L2A/default/2024-05-01T00%3A00%3A00Z--2024-05-31T00%3A00%3A00Z/WGS84/8/61/276.png"
	i.expect(t, original, "miss", "S2L2A 2024-05-01T00:00:00Z/2024-05-31T00:00:00Z 8/276/61 #1")
	i.expect(t, strings.Replace(original, "/ows", "", 1), "memory", "S2L2A 2024-05-01T00:00:00Z/2024-05-31T00:00:00Z 8/276/61 #1")
	i.expect(t, "/cache/xyz/S2L2A/8/138/90.png?time=2024-05-06", "miss", "S2L2A 2024-05-06T00:00:00Z/2024-05-06T23:59:59.999999Z 8/138/90 #2")
	if _, _, document := i.get(t, "/cache/ows/wmts/1.0.0/WMTSCapabilities.xml"); !strings.Contains(document, "<Value>2024-05-06</Value>") || !strings.Contains(document, i.server.URL+"/cache/wmts/1.0.0/S2L2A__NDVI/{Style}/{time}/") {
		t.Errorf("the capabilities are %s", document)
	}
}

// CSC-03: beyond the zoom of the configuration tiles are drawn and not stored.
func TestZoomThatIsNotKept(t *testing.T) {
	h := newHouse(t)
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	i := h.instance(t)
	i.expect(t, "/cache/xyz/S2L2A/14/8880/5800.png", "miss", "S2L2A  14/8880/5800 #1")
	i.expect(t, "/cache/xyz/S2L2A/15/17760/11600.png", "miss", "S2L2A  15/17760/11600 #2")
	var keys []string
	for object, err := range h.objects.List(t.Context(), h.config.Bucket, "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, object.Key)
	}
	if len(keys) != 4 || slices.ContainsFunc(keys, func(k string) bool { return !strings.HasPrefix(k, "_/S2L2A/natural/GoogleMapsCompatible/default/14/") }) {
		t.Errorf("kept %q", keys)
	}
}

func TestWorkspacesAreApart(t *testing.T) {
	h := newHouse(t)
	h.apply(t, "w", scene("w", "mine", "1", spring, "mine"))
	i := h.instance(t)
	path := "/cache/xyz/mine/8/138/90.png"
	i.expect(t, "/workspaces/w"+path, "miss", "mine  8/138/90 #1")
	if status, _, body := i.get(t, path); status != 404 || !strings.Contains(body, "mine") {
		t.Errorf("the system has the workspace's layer: %d %s", status, body)
	}
	if status, _, body := i.get(t, "/cache/wmts/1.0.0/mine/default/WGS84/0/0/0.png"); status != 404 || !strings.Contains(body, "ExceptionReport") || !strings.Contains(body, "mine") {
		t.Errorf("an unknown layer gives %d %s", status, body)
	}
	if !strings.Contains(h.drawing.Asked[0], "workspace=w") {
		t.Errorf("the renderer was asked %s", h.drawing.Asked[0])
	}
}

// The catalogue is away: what is kept is served and says so, to an instance that never saw it too.
func TestCatalogueAway(t *testing.T) {
	h := newHouse(t)
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	h.instance(t).expect(t, there, "miss", "S2L2A  8/138/90 #1")
	away, err := catalogue.Open(t.Context(), catalogue.Config{URL: "postgres://nobody@127.0.0.1:1/nothing"})
	if err != nil {
		t.Fatal(err)
	}
	defer away.Close()
	h.store = away
	i := h.instance(t)
	i.expect(t, there, "stale", "S2L2A  8/138/90 #1")
	if status, _, _ := i.get(t, "/cache/wmts/1.0.0/WMTSCapabilities.xml"); status != 503 {
		t.Errorf("the capabilities give %d", status)
	}
}

func TestRendererFailures(t *testing.T) {
	h := newHouse(t)
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	i := h.instance(t)
	for status, want := range map[int]int{404: 404, 400: 400, 500: 503, 503: 503} {
		h.drawing.Fail = func(w http.ResponseWriter) { http.Error(w, `{"detail":"it did not work"}`, status) }
		if got, _, body := i.get(t, there); got != want || !strings.Contains(body, "it did not work") {
			t.Errorf("a renderer that answers %d gives %d %s", status, got, body)
		}
	}
	h.drawing.Fail = nil
	i.expect(t, there, "miss", "S2L2A  8/138/90 #5")
}

func TestListing(t *testing.T) {
	h := newHouse(t)
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"), scene("", "<b>", "1", spring, "<b>"))
	i := h.instance(t)
	_, _, text := i.get(t, "/workspaces/none/cache/layers.json")
	var none, all layerList
	if err := json.Unmarshal([]byte(text), &none); err != nil || none.Self != i.server.URL+"/workspaces/none/cache/layers.json" || none.Layers[0].Bounds != nil {
		t.Errorf("%v in %s", err, text)
	}
	_, _, text = i.get(t, "/cache/layers.json")
	if err := json.Unmarshal([]byte(text), &all); err != nil || len(all.Layers) != 2 {
		t.Fatalf("%v in %s", err, text)
	}
	first := all.Layers[0]
	if first.Name != "S2L2A" || *first.Bounds != [4]float64{14, 46, 15, 47} || !slices.Equal(first.Dates, []string{"2024-05-06"}) || first.Zoom != 14 || len(first.Layers) != 2 {
		t.Errorf("the first layer is %+v", first)
	}
	status, _, page := i.get(t, "/cache/")
	if status != 200 || strings.Contains(page, "<b>") || !strings.Contains(page, "&lt;b&gt;") || !strings.Contains(page, i.server.URL+"/cache/xyz/S2L2A__NDVI/{z}/{x}/{y}.png") {
		t.Errorf("the page is %d %s", status, page)
	}
	if status, _, text := i.get(t, "/cache?service=WMTS&request=GetCapabilities"); status != 200 || !strings.Contains(text, "<Capabilities") {
		t.Errorf("the protocol at the same address gives %d", status)
	}
	if status, _, text := i.get(t, "/cache/xyz/S2L2A/tilejson.json"); status != 200 || !strings.Contains(text, `"bounds":[14,46,15,47]`) {
		t.Errorf("TileJSON is %d %s", status, text)
	}
}
