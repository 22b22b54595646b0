package page

import (
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func drawn(t *testing.T, n Node) string {
	t.Helper()
	var b strings.Builder
	if err := n.Render(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func box(west, south, east, north float64) orb.Polygon {
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
}

// The land is read whole: continents are where they are, and no ring leaps over the world.
func TestLand(t *testing.T) {
	e := readEarth()
	if len(e.land) < 1000 || len(e.borders) < 200 {
		t.Fatalf("%d rings of land, %d borders", len(e.land), len(e.borders))
	}
	for _, o := range e.land {
		if o.points[0] != o.points[len(o.points)-1] || len(o.points) < 4 {
			t.Errorf("a ring at %v is not closed", o.points[0])
		}
		for i := 1; i < len(o.points); i++ {
			if math.Abs(o.points[i][0]-o.points[i-1][0]) > 20 && o.points[i][1] > -90 {
				t.Errorf("a ring leaps from %v to %v", o.points[i-1], o.points[i])
			}
		}
	}
	for _, place := range []struct {
		lon, lat float64
		land     bool
	}{{16.4, 48.2, true}, {-60, -10, true}, {175, 67, true}, {-175, 67, true}, {0, -85, true}, {-30, 30, false}, {180, 0, false}, {135, -25, true}} {
		at := orb.Bound{Min: orb.Point{place.lon - .1, place.lat - .1}, Max: orb.Point{place.lon + .1, place.lat + .1}}
		if got := len(within(e.land, at, 0.01, true)) > 0; got != place.land {
			t.Errorf("%v, %v is land: %v", place.lon, place.lat, got)
		}
	}
}

// A map shows the smallest part of the world that has all shapes, and fits it to its form.
func TestViews(t *testing.T) {
	cases := []struct {
		name   string
		shapes []orb.Geometry
		want   orb.Bound // what around gives
	}{
		{"nothing", nil, orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}},
		{"one", []orb.Geometry{box(15, 48, 17, 49)}, orb.Bound{Min: orb.Point{15, 48}, Max: orb.Point{17, 49}}},
		{"far from each other", []orb.Geometry{box(-100, 10, -90, 20), box(20, -30, 30, -20)}, orb.Bound{Min: orb.Point{-100, -30}, Max: orb.Point{30, 20}}},
		{"across the date line", []orb.Geometry{orb.MultiPolygon{box(170, -10, 180, 10), box(-180, -10, -170, 10)}}, orb.Bound{Min: orb.Point{170, -10}, Max: orb.Point{190, 10}}},
		{"both sides of it", []orb.Geometry{box(170, 0, 175, 5), box(-175, 0, -170, 5), box(160, 0, 165, 5)}, orb.Bound{Min: orb.Point{160, 0}, Max: orb.Point{190, 5}}},
		{"a collection", []orb.Geometry{orb.Collection{orb.Point{5, 6}, orb.LineString{{7, 8}, {9, 10}}}}, orb.Bound{Min: orb.Point{5, 6}, Max: orb.Point{9, 10}}},
		{"what is no place", []orb.Geometry{nil, orb.Polygon{}, orb.Point{1e300, 0}, orb.Point{math.NaN(), 0}, orb.Point{5, 6}}, orb.Bound{Min: orb.Point{5, 6}, Max: orb.Point{5, 6}}},
	}
	for _, c := range cases {
		var shapes []Shape
		for _, g := range c.shapes {
			shapes = append(shapes, Shape{Geometry: g})
		}
		if got := around(shapes); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for _, small := range []bool{false, true} {
			v := Map{Shapes: shapes, Small: small}.canvas().view
			if v.Min[0] > c.want.Min[0] || v.Max[0] < c.want.Max[0] || v.Min[1] > c.want.Min[1] || v.Max[1] < c.want.Max[1] || v.Min[1] < -90 || v.Max[1] > 90 || v.Max[0]-v.Min[0] > 360 {
				t.Errorf("%s: the map shows %v, not all of %v", c.name, v, c.want)
			}
		}
	}
}

// Whatever is asked for, a map is drawn: with finite numbers, within bounds, and never long.
func TestMapsAreDrawn(t *testing.T) {
	number := regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?`)
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		west, south := random.Float64()*360-180, random.Float64()*180-90
		size := math.Pow(10, random.Float64()*5-3)
		m := Map{Label: "m", Shapes: []Shape{
			{Geometry: box(west, south, west+size, min(south+size, 90)), Name: "a", Href: "https://a.example/"},
			{Geometry: orb.Point{west, south}, Name: "b"}, {Geometry: orb.LineString{{west, south}, {-west, -south}}, Name: "c"},
		}}
		if random.IntN(2) == 0 {
			m.Shapes = m.Shapes[:1]
			m.View = orb.Bound{Min: orb.Point{-west - size/2, max(-90, -south-size)}, Max: orb.Point{-west, max(-90, -south)}}
		}
		got := drawn(t, m.Node())
		if strings.Contains(got, "NaN") || strings.Contains(got, "Inf") || len(got) > 150_000 {
			t.Fatalf("%v: %d bytes: %.300s", m.Shapes[0], len(got), got)
		}
		for _, d := range regexp.MustCompile(` d="([^"]*)"`).FindAllStringSubmatch(got, -1) {
			for _, text := range number.FindAllString(d[1], -1) {
				if v, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(v) > 3000 {
					t.Fatalf("%v: %s is not near the map", m.Shapes[0], text)
				}
			}
		}
	}
}

// Shapes have names and lead to their pages, by the map for those who point, by the list for those who go by keys.
func TestShapes(t *testing.T) {
	got := drawn(t, Map{Label: `Where "it" is`, Shapes: []Shape{
		{box(15, 48, 17, 49), `<b>"A"`, "https://a.example/?x=1&y=2"}, {box(15.5, 48.5, 15.501, 48.501), "tiny", "javascript:alert(1)"},
		{orb.LineString{{15, 48}, {17, 49}}, "track", ""},
	}}.Node())
	for _, want := range []string{
		`role="img" aria-label="Where &#34;it&#34; is"`, `<a class="shape" href="https://a.example/?x=1&amp;y=2" tabindex="-1"><title>&lt;b&gt;&#34;A&#34;</title><path class="area`,
		`<g class="shape"><title>tiny</title><circle `, `<title>track</title><path class="line" d="M`, `16°E</text>`, `<g class="locator"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
}

// The ways beside a map lead to other parts of the world, as boxes that the API takes.
func TestWays(t *testing.T) {
	at := func(v orb.Bound) string { return "https://a.example/?bbox=" + BBox(v) }
	cases := []struct {
		view orb.Bound
		want []string
		none []string
	}{
		{orb.Bound{Min: orb.Point{170, -10}, Max: orb.Point{190, 10}}, []string{`title="East">→`, `title="Closer">+`}, nil},
		{orb.Bound{}, []string{"Closer"}, []string{"Wider", "West", "East", "North", "South"}},
		{orb.Bound{Min: orb.Point{16, 48}, Max: orb.Point{16.1, 48.1}}, []string{"Wider", "North"}, []string{"Closer"}},
	}
	for _, c := range cases {
		got := drawn(t, Map{View: c.view, At: at}.Node())
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%v: no way %s", c.view, want)
			}
		}
		for _, not := range c.none {
			if strings.Contains(got, `"`+not+`"`) {
				t.Errorf("%v: a way %s", c.view, not)
			}
		}
		for _, href := range regexp.MustCompile(`bbox=([^"]*)"`).FindAllStringSubmatch(got, -1) {
			for i, text := range strings.Split(href[1], ",") {
				if v, err := strconv.ParseFloat(text, 64); err != nil || math.Abs(v) > []float64{180, 90}[i%2] {
					t.Errorf("%v leads to %s", c.view, href[1])
				}
			}
		}
	}
}
