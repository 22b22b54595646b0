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
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// atlas is Maps in memory: scenes of one colour, each with a place and a time.
type atlas struct {
	scenes   []scene
	nodes    []wms.Node
	drawn    *wms.Map // the last map
	legend   *wms.Legend
	sequence int64
	bare     bool // of what lies at a point nothing is known but its name and place
}

type scene struct {
	layer  string
	bounds orb.Bound // CRS84
	time   time.Time
	colour color.RGBA
	height float64     // in metres
	shape  orb.Polygon // within the bounds; nil: all of them
}

// holds tells whether a place lies in the scene.
func (s scene) holds(p orb.Point) bool {
	return s.bounds.Contains(p) && (s.shape == nil || planar.PolygonContains(s.shape, p))
}

func (a *atlas) Layers(_ context.Context, sc scope.Scope, cql string) (wms.Tree, error) {
	if err := sc.Valid(); err != nil {
		return wms.Tree{}, err
	}
	if cql == "" {
		return wms.Tree{Nodes: a.nodes, Sequence: a.sequence}, nil
	}
	id, ok := strings.CutPrefix(cql, "identifier=")
	if !ok {
		return wms.Tree{}, fault.At(fault.Invalid, "cql", "%q is not known; there is identifier", cql)
	}
	return wms.Tree{Nodes: slices.DeleteFunc(slices.Clone(a.nodes), func(n wms.Node) bool { return n.Name != strings.Trim(id, `"`) })}, nil
}

func (a *atlas) Layer(_ context.Context, _ scope.Scope, name string) (wms.Node, error) {
	if node, ok := find(a.nodes, name); ok {
		return node, nil
	}
	return wms.Node{}, fault.At(fault.NotFound, "layer", "there is no layer %q", name)
}

func find(nodes []wms.Node, name string) (wms.Node, bool) {
	for _, node := range nodes {
		if node.Name == name {
			return node, true
		}
		if found, ok := find(node.Children, name); ok {
			return found, true
		}
	}
	return wms.Node{}, false
}

// Info tells of the scenes at the pixel, the topmost first.
func (a *atlas) Info(_ context.Context, _ scope.Scope, m wms.Map, at image.Point, most int) ([]wms.Feature, error) {
	projection, _ := geo.Plain(m.CRS)
	lon, lat := projection.Inverse(
		m.Bounds.Min[0]+(float64(at.X)+.5)/float64(m.Width)*(m.Bounds.Max[0]-m.Bounds.Min[0]),
		m.Bounds.Max[1]-(float64(at.Y)+.5)/float64(m.Height)*(m.Bounds.Max[1]-m.Bounds.Min[1]))
	var features []wms.Feature
	for _, layer := range slices.Backward(m.Layers) {
		for _, s := range slices.Backward(a.scenes) {
			if s.layer == layer.Name && s.holds(orb.Point{lon, lat}) && len(features) < most {
				value := float64(s.colour.R)
				features = append(features, wms.Feature{
					Layer: layer.Name, Collection: "S2", ID: s.layer + "<" + s.time.Format(time.DateOnly), Time: record.Interval{Start: s.time, End: s.time},
					Footprint: s.bounds.ToPolygon(), Properties: map[string]any{"eo:cloud_cover": 12.5, "platform": "sentinel-2a & b", "list": []any{1.}},
					Href: "/stac/collections/S2/items/x", Place: orb.Point{lon, lat}, Colour: &color.NRGBA{s.colour.R, s.colour.G, s.colour.B, 255},
					Bands: []wms.Value{{Name: "B04", Says: "red", Number: &value}, {Name: "B08", Says: "nir"}}, Channels: []wms.Value{{Name: "grey", Says: "B04/2", Number: &value}},
				})
			}
		}
	}
	if a.bare {
		for i, f := range features {
			features[i] = wms.Feature{Layer: f.Layer, ID: f.ID, Footprint: f.Footprint, Place: f.Place}
		}
	}
	return features, nil
}

func (a *atlas) Legend(_ context.Context, _ scope.Scope, l wms.Legend) (wms.Image, error) {
	a.legend = &l
	width, height := cmp.Or(l.Width, 20), cmp.Or(l.Height, 30)
	var b bytes.Buffer
	var err error
	if l.Format == wms.JPEG {
		err = jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)), nil)
	} else {
		err = png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)))
	}
	return wms.Image{Type: l.Format, Body: b.Bytes()}, err
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
			atHeight := len(layer.Elevations) == 0 || slices.ContainsFunc(layer.Elevations, func(r wms.Range) bool { return r.Low <= s.height && s.height <= r.High })
			if s.layer == layer.Name && inTime && atHeight && s.holds(p) && (top == nil || s.time.After(top.time)) {
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

var msi = []wms.Band{{Name: "B02", Wavelength: .49}, {Name: "B03", Wavelength: .56}, {Name: "B04", Wavelength: .665}, {Name: "B08", Wavelength: .833}, {Name: "SCL"}}

// newAtlas has a collection with two days, the older one red in the west half, the newer one green in the south half,
// one way more to look at it, and an item by itself, without time.
func newAtlas() *atlas {
	first, second := date("2022-07-01T10:00:00Z"), date("2022-07-04T10:00:20.5Z")
	place := bound(14, 47, 16, 49)
	s2 := wms.Node{Name: "S2", Title: "Sentinel-2 & more", Abstract: "Two days", Bounds: place, Keywords: []string{"optical"}, Metadata: wms.Link{Path: "/stac/collections/S2", Type: "application/json"}, Bands: msi, Shown: []string{"B04", "B03", "B02"},
		Time: record.Interval{Start: first, End: second}, Dates: []time.Time{second.Truncate(24 * time.Hour), first.Truncate(24 * time.Hour)}}
	ndvi := s2
	ndvi.Name, ndvi.Title, ndvi.Shown, ndvi.Styles = "S2__NDVI", "NDVI", nil, []wms.Style{{Name: "greens", Title: "Greens", Legend: image.Pt(160, 40)}, {Name: "jet"}}
	described := func(name string) wms.Link {
		return wms.Link{Path: "/admin/" + name + "?f=json", Type: "application/json"}
	}
	heat := wms.Node{Name: "S2__heatmap", Title: "Heatmap", Bounds: place, Unqueryable: true, Metadata: s2.Metadata}
	s2.Children = []wms.Node{ndvi, heat}
	empty := wms.Node{Name: "S1", Title: "Nothing yet", Metadata: described("collections/S1")}
	item := wms.Node{Name: "LOOSE", Title: "LOOSE", Metadata: described("products/LOOSE"), Bounds: bound(-10, -5, -9, 5), Elevations: []wms.Range{{Low: 0, High: 500}, {Low: 1000, High: 1000}}}
	return &atlas{
		nodes: []wms.Node{s2, empty, item},
		scenes: []scene{
			{"S2", bound(14, 47, 15, 49), first, red, 0, nil},
			{"S2", bound(14, 47, 16, 48), second, green, 0, nil},
			{"S2__NDVI", place, second, yellow, 0, nil},
			{"S2__heatmap", place, second, yellow, 0, nil},
			{"LOOSE", bound(-10, -5, -9, 5), time.Time{}, blue, 250, nil},
			{"LOOSE", bound(-10, -5, -9.5, 0), first, yellow, 1000, nil},
			{"S1", bound(0, 0, 0, 0), first, blue, 0, nil},
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
