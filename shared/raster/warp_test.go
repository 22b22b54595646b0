package raster

import (
	"fmt"
	"math"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// warped is what gdalwarp makes of a file: bilinear, from the overview of its choice, one value per pixel.
func warped(t *testing.T, href string, crs geo.CRS, b orb.Bound, width, height int) []float32 {
	t.Helper()
	if err := godal.RegisterRaster(godal.Memory); err != nil {
		t.Fatal(err)
	}
	ds, err := godal.Open(href)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	out, err := godal.Warp("", []*godal.Dataset{ds}, []string{
		"-of", "MEM", "-ot", "Float32", "-r", "bilinear", "-t_srs", fmt.Sprintf("EPSG:%d", crs.EPSG()),
		"-te", fmt.Sprint(b.Min[0]), fmt.Sprint(b.Min[1]), fmt.Sprint(b.Max[0]), fmt.Sprint(b.Max[1]), "-ts", fmt.Sprint(width), fmt.Sprint(height),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	values := make([]float32, width*height)
	if err := out.Bands()[0].Read(0, 0, values, width, height); err != nil {
		t.Fatal(err)
	}
	return values
}

func coverage(t *testing.T, p record.Product, asset string) record.Coverage {
	t.Helper()
	for _, c := range p.Coverages {
		if c.Asset == asset {
			return c
		}
	}
	t.Fatalf("no coverage %s", asset)
	return record.Coverage{}
}

// compare gives the mean and the greatest difference of two pictures in grey levels of the range 0..4000, where both have
// data and no pixel around is without, and how many pixels only one of them has.
func compare(pic *Picture, want []float32) (mean, most float64, compared, alone int) {
	has := func(x, y int) bool {
		return x >= 0 && y >= 0 && x < pic.Width && y < pic.Height && want[y*pic.Width+x] != 0
	}
	for y := range pic.Height {
		for x := range pic.Width {
			px := pic.row(y)[4*x:]
			if (px[3] != 0) != has(x, y) {
				alone++
				continue
			}
			inner := true
			for _, d := range [][2]int{{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, 1}, {-1, 1}, {1, -1}} {
				inner = inner && has(x+d[0], y+d[1])
			}
			if !inner {
				continue
			}
			d := math.Abs(float64(px[0]) - math.Round(math.Min(float64(want[y*pic.Width+x])*255/4000, 255)))
			mean += d
			most = max(most, d)
			compared++
		}
	}
	return mean / float64(max(compared, 1)), most, compared, alone
}

func grey(band string) product.Browse {
	return product.Browse{Grey: &product.Channel{Expression: band, Range: []float64{0, 4000}}}
}

// RND-01: maps agree with what gdalwarp draws. The maps lie within the image, since gdalwarp takes the reduction of its
// filter from the part of the image that it shows.
func TestDrawAgreesWithGdalwarp(t *testing.T) {
	r, all := products(t)
	for _, p := range all[:1] { // a tile with a swath edge
		c := coverage(t, p, "B04")
		x, y := c.Grid.World(float64(c.Grid.Width)/2, float64(c.Grid.Height)/2)
		for _, crs := range []geo.CRS{geo.WebMercator, geo.WGS84, 32633, 32632, 3035} {
			middle, err := r.Transform(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x, y}}, 32633, crs)
			if err != nil {
				t.Fatal(err)
			}
			for _, metres := range []float64{4, 10, 17, 27, 70} {
				resolution := metres
				if crs.Geographic() {
					resolution = metres / 111320
				}
				n := min(int(7400/metres), 400)
				half := resolution * float64(n) / 2
				b := middle.Pad(half)
				pic := draw(t, r, Map{CRS: crs, Bounds: b, Width: n, Height: n, Scenes: scenesOf(grey("B04"), p), Transparent: true})
				mean, most, compared, alone := compare(pic, warped(t, c.Href, crs, b, n, n))
				t.Logf("%s %v %g m: mean %.3f, most %.0f of %d pixels, %d in one only", p.ID[38:44], crs, metres, mean, most, compared, alone)
				limit := 10.0
				if crs == 3035 { // for a turned map gdalwarp widens its filter, though the map is no coarser
					limit = 12
				}
				if compared < n*n/3 || mean > .5 || most > limit || alone > n/4 {
					t.Errorf("%v at %g m differs: mean %.3f, most %.0f of %d pixels, %d in one only", crs, metres, mean, most, compared, alone)
				}
			}
		}
	}
}
