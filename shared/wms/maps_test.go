package wms_test

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// atlas is Maps in memory: scenes of one colour, each with a place and a time.
type atlas struct {
	scenes []scene
	nodes  []product.Node
	drawn  *wms.Map // the last map
}

type scene struct {
	layer  string
	bounds orb.Bound // CRS84
	time   time.Time
	colour color.RGBA
}

func (a *atlas) Layers(_ context.Context, sc scope.Scope, item string) ([]product.Node, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	if item == "" {
		return a.nodes, nil
	}
	return slices.DeleteFunc(slices.Clone(a.nodes), func(n product.Node) bool { return n.ItemID != item }), nil
}

func (a *atlas) Draw(_ context.Context, _ scope.Scope, m wms.Map) (wms.Image, error) {
	a.drawn = &m
	projection, ok := geo.Plain(m.CRS)
	if !ok {
		return wms.Image{}, fault.At(fault.Invalid, "crs", "%s cannot be drawn", m.CRS)
	}
	canvas := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for y := range m.Height {
		for x := range m.Width {
			lon, lat := projection.Inverse(
				m.Bounds.Min[0]+(float64(x)+.5)/float64(m.Width)*(m.Bounds.Max[0]-m.Bounds.Min[0]),
				m.Bounds.Max[1]-(float64(y)+.5)/float64(m.Height)*(m.Bounds.Max[1]-m.Bounds.Min[1]))
			canvas.Set(x, y, a.at(m, orb.Point{lon, lat}))
		}
	}
	for _, layer := range m.Layers {
		if !slices.ContainsFunc(a.scenes, func(s scene) bool { return s.layer == layer.Name }) {
			return wms.Image{}, fault.At(fault.NotFound, "layer", "there is no layer %q", layer.Name)
		}
	}
	var b bytes.Buffer
	if m.Format == wms.JPEG {
		err := jpeg.Encode(&b, canvas, &jpeg.Options{Quality: 100})
		return wms.Image{Type: m.Format, Body: b.Bytes()}, err
	}
	err := png.Encode(&b, canvas)
	return wms.Image{Type: m.Format, Body: b.Bytes()}, err
}

// at is the colour of a place: the topmost layer's newest scene that is there.
func (a *atlas) at(m wms.Map, p orb.Point) color.RGBA {
	for _, layer := range slices.Backward(m.Layers) {
		var top *scene
		for _, s := range a.scenes {
			inTime := len(layer.Times) == 0 || slices.ContainsFunc(layer.Times, func(i record.Interval) bool {
				return i.Overlaps(record.Interval{Start: s.time, End: s.time})
			})
			if s.layer == layer.Name && inTime && s.bounds.Contains(p) && (top == nil || s.time.After(top.time)) {
				top = &s
			}
		}
		if top != nil {
			return top.colour
		}
	}
	if m.Transparent {
		return color.RGBA{}
	}
	return m.Background
}

var (
	red    = color.RGBA{255, 0, 0, 255}
	green  = color.RGBA{0, 255, 0, 255}
	blue   = color.RGBA{0, 0, 255, 255}
	yellow = color.RGBA{255, 255, 0, 255}
	white  = color.RGBA{255, 255, 255, 255}
)

func bound(west, south, east, north float64) orb.Bound {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
}

func date(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// newAtlas has a collection with two days, the older one red in the west half, the newer one green in the south half,
// one way more to look at it, and an item by itself, without time.
func newAtlas() *atlas {
	first, second := date("2022-07-01T10:00:00Z"), date("2022-07-04T10:00:20.5Z")
	place := bound(14, 47, 16, 49)
	s2 := product.Node{Name: "S2", Title: "Sentinel-2 & more", Abstract: "Two days", Bounds: place, Base: "S2", Styles: []string{"default"},
		Time: record.Interval{Start: first, End: second}, Dates: []time.Time{second.Truncate(24 * time.Hour), first.Truncate(24 * time.Hour)}}
	ndvi := s2
	ndvi.Name, ndvi.Title, ndvi.Browse, ndvi.Styles = "S2__NDVI", "NDVI", "NDVI", []string{"default", "greens"}
	s2.Children = []product.Node{ndvi}
	empty := product.Node{Name: "S1", Title: "Nothing yet", Base: "S1", Styles: []string{"default"}}
	item := product.Node{Name: "LOOSE", Title: "LOOSE", Bounds: bound(-10, -5, -9, 5), Base: "LOOSE", ItemID: "LOOSE"}
	return &atlas{
		nodes: []product.Node{s2, empty, item},
		scenes: []scene{
			{"S2", bound(14, 47, 15, 49), first, red},
			{"S2", bound(14, 47, 16, 48), second, green},
			{"S2__NDVI", place, second, yellow},
			{"LOOSE", bound(-10, -5, -9, 5), time.Time{}, blue},
			{"S1", bound(0, 0, 0, 0), first, blue},
		},
	}
}

var testService = ows.Service{
	Title: "Perigee", Abstract: "Maps of <everything>", Keywords: []string{"earth observation", "maps"},
	Provider: ows.Provider{Name: "A provider", Contact: ows.Contact{Person: "N. N.", City: "Vienna", Country: "Austria", Email: "n@example.org"}},
}

// ask sends a query to a service over the atlas.
func ask(t *testing.T, maps wms.Maps, method, query string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/ows", nil)
	r.URL.RawQuery = query
	asked := scope.Asked{Scope: scope.New("ws", ""), Base: "https://example.org/workspaces/ws"}
	w := httptest.NewRecorder()
	handler := wms.Handler(maps, wms.Config{Service: testService, MaxWidth: 1024, MaxHeight: 800, LayerLimit: 4})
	handler.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	return w
}

// picture is the decoded answer to a GetMap request.
func picture(t *testing.T, maps wms.Maps, query string) image.Image {
	t.Helper()
	w := ask(t, maps, http.MethodGet, query)
	if w.Code != http.StatusOK {
		t.Fatalf("%s: status %d: %s", query, w.Code, w.Body)
	}
	img, _, err := image.Decode(w.Body)
	if err != nil {
		t.Fatalf("%s: %v (%s)", query, err, w.Header().Get("Content-Type"))
	}
	return img
}

// wantPixel compares a pixel, with some tolerance for JPEG.
func wantPixel(t *testing.T, img image.Image, x, y int, want color.RGBA) {
	t.Helper()
	got := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
	for _, pair := range [][2]uint8{{got.R, want.R}, {got.G, want.G}, {got.B, want.B}, {got.A, want.A}} {
		if cmp.Compare(max(pair[0], pair[1])-min(pair[0], pair[1]), 8) > 0 {
			t.Errorf("pixel %d,%d is %v, want %v", x, y, got, want)
			return
		}
	}
}
