package geo

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/fault"
	_ "perigee/test/draws" // the same each time
)

func TestParseCRS(t *testing.T) {
	for in, want := range map[string]CRS{
		"EPSG:4326": WGS84, "epsg:32633": 32633, "urn:ogc:def:crs:EPSG::3857": WebMercator, "urn:ogc:def:crs:EPSG:6.9:4326": WGS84,
		"http://www.opengis.net/def/crs/EPSG/0/3035": 3035, "http://www.opengis.net/gml/srs/epsg.xml#4326": WGS84,
		"CRS:84": CRS84, "OGC:CRS84": CRS84, "urn:ogc:def:crs:OGC:1.3:CRS84": CRS84, "http://www.opengis.net/def/crs/OGC/1.3/CRS84": CRS84,
		"EPSG:900913": WebMercator, " EPSG:4326 ": WGS84,
	} {
		if got, err := ParseCRS(in); err != nil || got != want {
			t.Errorf("ParseCRS(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "EPSG:", "EPSG:x", "4326", "EPSG:0", "EPSG:1234567", "AUTO:42001,1,0,0", "EPSG:4326;DROP"} {
		if got, err := ParseCRS(in); fault.KindOf(err) != fault.Invalid {
			t.Errorf("ParseCRS(%q) = %v, %v; want a failure", in, got, err)
		}
	}
}

func FuzzParseCRS(f *testing.F) {
	for _, s := range []string{"EPSG:4326", "CRS:84", "urn:ogc:def:crs:EPSG::3857", "http://www.opengis.net/def/crs/EPSG/0/3035"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCRS(s)
		if err != nil {
			return
		}
		for _, form := range []string{c.String(), c.URN(), c.URI()} {
			if again, err := ParseCRS(form); err != nil || again != c {
				t.Errorf("%q became %v, whose form %q became %v, %v", s, c, form, again, err)
			}
		}
	})
}

func TestAxisOrder(t *testing.T) {
	for c, want := range map[CRS]bool{WGS84: true, CRS84: false, WebMercator: false, 32633: false, 3035: true, 31468: true, 4258: true} {
		if c.LatLon() != want {
			t.Errorf("%v.LatLon() = %v", c, !want)
		}
	}
}

// The northings are the length of the meridian by numerical integration, times 0.9996.
func TestPlainProjections(t *testing.T) {
	for _, c := range []struct {
		crs      CRS
		lon, lat float64
		x, y     float64
	}{
		{WebMercator, 15, 48, 1669792.3618991, 6106854.8348850},
		{32633, 15, 48, 500000, 5316300.2244514},
		{32733, 15, -33, 500000, 6348713.0560301},
		{CRS84, 15, 48, 15, 48},
	} {
		p, ok := Plain(c.crs)
		if !ok {
			t.Fatalf("%v is not plain", c.crs)
		}
		x, y := p.Forward(c.lon, c.lat)
		if math.Abs(x-c.x) > 1e-3 || math.Abs(y-c.y) > 1e-3 {
			t.Errorf("%v.Forward(%v, %v) = %.4f, %.4f; want %.4f, %.4f", c.crs, c.lon, c.lat, x, y, c.x, c.y)
		}
	}
	if _, ok := Plain(3035); ok {
		t.Error("EPSG:3035 is left to PROJ")
	}
}

func TestInverseUndoesForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.IntRange(1, 60).Draw(t, "zone")
		c := rapid.SampledFrom([]CRS{WebMercator, CRS84, CRS(32600 + zone), CRS(32700 + zone)}).Draw(t, "crs")
		lon := float64(zone*6-183) + rapid.Float64Range(-4, 4).Draw(t, "lon")
		lat := rapid.Float64Range(-84, 84).Draw(t, "lat")
		p, _ := Plain(c)
		gotLon, gotLat := p.Inverse(p.Forward(lon, lat))
		if math.Abs(math.Remainder(gotLon-lon, 360)) > 1e-9 || math.Abs(gotLat-lat) > 1e-9 {
			t.Fatalf("%v: %v, %v came back as %v, %v", c, lon, lat, gotLon, gotLat)
		}
	})
}

func TestGridPixelAndWorldAgree(t *testing.T) {
	g := Grid{CRS: 32633, Transform: [6]float64{600000, 10, 0, 5400000, 0, -10}, Width: 1098, Height: 549}
	if !g.Valid() || g.Resolution() != 10 {
		t.Fatalf("valid %v, resolution %v", g.Valid(), g.Resolution())
	}
	if want := (orb.Bound{Min: orb.Point{600000, 5394510}, Max: orb.Point{610980, 5400000}}); g.Bounds() != want {
		t.Errorf("bounds %v", g.Bounds())
	}
	rapid.Check(t, func(t *rapid.T) {
		col, row := rapid.Float64Range(-10, 2000).Draw(t, "col"), rapid.Float64Range(-10, 2000).Draw(t, "row")
		rotated := Grid{CRS: 32633, Transform: [6]float64{600000, 8, 3, 5400000, 2, -9}, Width: 10, Height: 10}
		for _, g := range []Grid{g, rotated} {
			gotCol, gotRow := g.Pixel(g.World(col, row))
			if math.Abs(gotCol-col) > 1e-6 || math.Abs(gotRow-row) > 1e-6 {
				t.Fatalf("%v, %v came back as %v, %v", col, row, gotCol, gotRow)
			}
		}
	})
	if (Grid{CRS: 32633, Width: 1, Height: 1}).Valid() {
		t.Error("a grid without a transform is not valid")
	}
}
