package raster

import (
	"errors"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// specimen is a file of the corpus, made by GDAL, and how it is looked at.
type specimen struct {
	name    string
	make    func(t *testing.T, path string)
	low     float64
	high    float64
	systems []geo.CRS // of the maps; besides that of the file
	sizes   []float64 // of a map's pixel in those of the file
	classes bool      // values that are not mixed
	alpha   bool      // the last band is the opacity
	beyond  bool      // the map reaches beyond the file
}

const specimenSide = 300

// terrain is smooth enough for two computations of one map to be compared, and has some detail.
func terrain(x, y float64) float64 {
	return 1200 + 700*math.Sin(x/37)*math.Cos(y/29) + 60*math.Sin(x/3.1+y/4.7)
}

// grown makes a file of one band of terrain.
func grown(m made) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		if m.width == 0 {
			m.width, m.height = specimenSide, specimenSide
		}
		m.bands = max(m.bands, 1)
		if m.value == nil {
			m.value = func(x, y, _ int) float64 { return terrain(float64(x), float64(y)) }
		}
		if m.transform == [6]float64{} {
			m.transform = utm10m
		}
		if m.epsg == 0 {
			m.epsg = 32633
		}
		m.create(t, path)
	}
}

// holes leaves no data in a disc and beyond a slanted edge.
func holes(nodata float64) func(x, y, band int) float64 {
	return func(x, y, _ int) float64 {
		if math.Hypot(float64(x-150), float64(y-120)) < 40 || x+y < 130 {
			return nodata
		}
		return terrain(float64(x), float64(y))
	}
}

func noData(v float64) func(*godal.Dataset) error {
	return func(ds *godal.Dataset) error { return ds.SetNoData(v) }
}

// masked gives all bands a mask: nothing in the left third.
func masked(ds *godal.Dataset, options ...godal.DatasetCreateMaskOption) error {
	m, err := ds.CreateMaskBand(maskPerDataset, options...)
	if err != nil {
		return err
	}
	mask := make([]byte, specimenSide*specimenSide)
	for i := range mask {
		if i%specimenSide+i/specimenSide/4 > 100 {
			mask[i] = 255
		}
	}
	return m.Write(0, 0, mask, specimenSide, specimenSide)
}

// pinned ties a file to the ground by points instead of a transform: a turned and slightly bent frame.
func pinned(ds *godal.Dataset) error {
	sr, err := godal.NewSpatialRefFromEPSG(4326)
	if err != nil {
		return err
	}
	defer sr.Close()
	var points []godal.GCP
	for j := range 4 {
		for i := range 4 {
			c, r := float64(i)*100, float64(j)*100
			points = append(points, godal.GCP{PszId: fmt.Sprint(len(points) + 1), DfGCPPixel: c, DfGCPLine: r,
				DfGCPX: 15 + c*1.3e-4 + r*2e-5 + c*r*1e-8, DfGCPY: 48 - r*9e-5 + c*1.5e-5 + c*c*8e-9})
		}
	}
	return ds.SetGCPs(points, godal.GCPSpatialRef(sr))
}

// sinusoidal gives a file the system of MODIS, which has no code of EPSG.
func sinusoidal(ds *godal.Dataset) error {
	sr, err := godal.NewSpatialRefFromProj4("+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs")
	if err != nil {
		return err
	}
	defer sr.Close()
	return errors.Join(ds.SetSpatialRef(sr), ds.SetGeoTransform([6]float64{1100000, 463, 0, 5300000, 0, -463}))
}

// translated makes a file and translates it.
func translated(m made, switches ...string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		first := strings.TrimSuffix(path, ".tif") + "-first.tif"
		grown(m)(t, first)
		ds, err := godal.Open(first, godal.SiblingFiles())
		if err != nil {
			t.Fatal(err)
		}
		defer ds.Close()
		out, err := ds.Translate(path, switches)
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func corpus() []specimen {
	tiled := []string{"TILED=YES", "BLOCKXSIZE=128", "BLOCKYSIZE=128", "COMPRESS=DEFLATE"}
	return []specimen{
		{name: "utm", make: grown(made{kind: godal.UInt16, options: tiled}), systems: []geo.CRS{3857, 4326, 3035, 32632}, sizes: []float64{.4, 1, 1.7, 3.1}},
		{name: "utm south", make: grown(made{kind: godal.UInt16, epsg: 32719, transform: [6]float64{300000, 10, 0, 8000000, 0, -10}}), systems: []geo.CRS{3857, 4326}},
		{name: "polar north", make: grown(made{kind: godal.Int16, epsg: 3413, transform: [6]float64{-3000, 20, 0, 3000, 0, -20}}), systems: []geo.CRS{3995, 3575}},
		{name: "polar north in degrees", make: grown(made{kind: godal.Int16, epsg: 3413, transform: [6]float64{600000, 500, 0, -700000, 0, -500}}), systems: []geo.CRS{4326, 3857}, sizes: []float64{.6, 1}},
		{name: "polar south", make: grown(made{kind: godal.Int16, epsg: 3031, transform: [6]float64{1000000, 100, 0, 900000, 0, -100}}), systems: []geo.CRS{3976, 3857}},
		{name: "across the antimeridian", make: grown(made{kind: godal.UInt16, epsg: 32660, transform: [6]float64{830000, 30, 0, 5000000, 0, -30}}), systems: []geo.CRS{4326, 3857, 3832}},
		{name: "across the antimeridian in degrees", make: grown(made{kind: godal.UInt16, epsg: 4326, transform: [6]float64{179.99, .0001, 0, -16, 0, -.0001}}), systems: []geo.CRS{3832, 32760, 3857}},
		{name: "rotated", make: grown(made{kind: godal.UInt16, transform: [6]float64{600000, 8, 5, 5400000, 4, -9}}), systems: []geo.CRS{3857, 4326}},
		{name: "ground control points", make: grown(made{kind: godal.UInt16, epsg: -1, finish: pinned}), systems: []geo.CRS{4326, 3857, 32633}},
		{name: "a system without a code", make: grown(made{kind: godal.Int16, epsg: -1, finish: sinusoidal}), systems: []geo.CRS{3857, 4326, 32633}},
		{name: "upside down", make: grown(made{kind: godal.UInt16, transform: [6]float64{600000, 10, 0, 5400000, 0, 10}}), systems: []geo.CRS{3857, 4326}},
		{name: "no data", make: grown(made{kind: godal.UInt16, value: holes(0), finish: noData(0)}), systems: []geo.CRS{3857}, beyond: true},
		{name: "negative no data", make: grown(made{kind: godal.Int16, value: holes(-9999), finish: noData(-9999)}), systems: []geo.CRS{3857}},
		{name: "float", make: grown(made{kind: godal.Float32, options: append(tiled, "PREDICTOR=3")}), systems: []geo.CRS{3857}},
		{name: "float without numbers", make: grown(made{kind: godal.Float32, value: holes(math.NaN()), finish: noData(math.NaN())}), systems: []geo.CRS{3857}},
		{name: "double", make: grown(made{kind: godal.Float64, value: holes(-1e30), finish: noData(-1e30)}), systems: []geo.CRS{3857}},
		{name: "internal mask", make: grown(made{kind: godal.UInt16, finish: func(ds *godal.Dataset) error { return masked(ds, godal.ConfigOption("GDAL_TIFF_INTERNAL_MASK=YES")) }}), systems: []geo.CRS{3857}},
		{name: "mask beside", make: grown(made{kind: godal.UInt16, finish: func(ds *godal.Dataset) error { return masked(ds, godal.ConfigOption("GDAL_TIFF_INTERNAL_MASK=NO")) }}), systems: []geo.CRS{3857}},
		{name: "overviews beside", make: func(t *testing.T, path string) {
			grown(made{kind: godal.UInt16, width: 1100, height: 1100, options: tiled})(t, path)
			ds, err := godal.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := ds.BuildOverviews(godal.Levels(2, 4, 8), godal.Resampling(godal.Average)); err != nil {
				t.Fatal(err)
			}
			if err := ds.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(path + ".ovr"); err != nil {
				t.Fatal(err)
			}
		}, systems: []geo.CRS{3857}, sizes: []float64{1, 2.1, 4.3}},
		{name: "opacity", make: grown(made{kind: godal.Byte, bands: 2, options: []string{"ALPHA=YES"}, value: func(x, y, band int) float64 {
			if band == 1 {
				return map[bool]float64{true: 255}[x > 90]
			}
			return terrain(float64(x), float64(y)) / 10
		}}), low: 0, high: 255, alpha: true, systems: []geo.CRS{3857}},
		{name: "palette", make: grown(made{kind: godal.Byte, value: func(x, y, _ int) float64 { return float64((x/20 + y/30) % 5) }, finish: func(ds *godal.Dataset) error {
			return ds.Bands()[0].SetColorTable(godal.ColorTable{PaletteInterp: godal.RGBPalette, Entries: [][4]int16{{0, 0, 0, 255}, {255, 0, 0, 255}, {0, 200, 0, 255}, {9, 9, 200, 255}, {99, 99, 2, 255}}})
		}}), low: 0, high: 5, classes: true, systems: []geo.CRS{3857, 4326}},
		{name: "scaled", make: grown(made{kind: godal.Int16, finish: func(ds *godal.Dataset) error { return ds.SetScaleOffset(.5, -100) }}), systems: []geo.CRS{3857}},
		{name: "one bit", make: grown(made{kind: godal.Byte, options: []string{"NBITS=1", "COMPRESS=CCITTFAX4"}, value: func(x, y, _ int) float64 { return float64((x/50 + y/40) % 2) }}), low: 0, high: 1, classes: true, systems: []geo.CRS{3857}},
		{name: "sparse", make: func(t *testing.T, path string) {
			sparse(t, path, append(tiled, "SPARSE_OK=TRUE"))
		}, systems: []geo.CRS{3857}},
		{name: "lossy", make: grown(made{kind: godal.Byte, options: []string{"TILED=YES", "COMPRESS=JPEG"}, value: func(x, y, _ int) float64 { return terrain(float64(x), float64(y)) / 10 }}), high: 255, systems: []geo.CRS{3857}},
		{name: "cog", make: translated(made{kind: godal.UInt16, width: 1400, height: 1400}, "-of", "COG", "-co", "BLOCKSIZE=256", "-co", "COMPRESS=DEFLATE", "-co", "PREDICTOR=YES", "-co", "OVERVIEWS=IGNORE_EXISTING"), systems: []geo.CRS{3857, 4326}, sizes: []float64{1, 2, 3.3, 4}},
		{name: "bands of planes", make: grown(made{kind: godal.UInt16, bands: 3, options: append(tiled, "INTERLEAVE=BAND")}), systems: []geo.CRS{3857}},
		{name: "strips", make: grown(made{kind: godal.UInt16, options: []string{"COMPRESS=LZW", "BLOCKYSIZE=7"}}), systems: []geo.CRS{3857}},
		{name: "big-endian", make: grown(made{kind: godal.UInt16, options: []string{"ENDIANNESS=BIG", "BIGTIFF=YES"}}), systems: []geo.CRS{3857}},
	}
}

// sparse makes a file in which most blocks are missing.
func sparse(t *testing.T, path string, options []string) {
	t.Helper()
	ds, err := godal.Create(godal.GTiff, path, 1, godal.UInt16, specimenSide, specimenSide, godal.CreationOption(options...))
	if err != nil {
		t.Fatal(err)
	}
	sr, err := godal.NewSpatialRefFromEPSG(32633)
	if err != nil {
		t.Fatal(err)
	}
	defer sr.Close()
	values := make([]uint16, 128*128)
	for i := range values {
		values[i] = uint16(terrain(float64(i%128+128), float64(i/128+128)))
	}
	for _, err := range []error{ds.SetSpatialRef(sr), ds.SetGeoTransform(utm10m), ds.SetNoData(0), ds.Bands()[0].Write(128, 128, values, 128, 128), ds.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// reference is what gdalwarp makes of a file: the values of its first band, and which pixels have one.
type reference struct {
	values []float32
	valid  []uint8
}

func gdalwarp(t *testing.T, href string, m Map, alpha bool, switches ...string) reference {
	t.Helper()
	if err := godal.RegisterRaster(godal.Memory); err != nil {
		t.Fatal(err)
	}
	quiet := godal.ErrLogger(new(messages).handle)
	ds, err := godal.Open(href, godal.SiblingFiles(), quiet, godal.ConfigOption("GDAL_DISABLE_READDIR_ON_OPEN=FALSE"))
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	b := m.Bounds
	// Bounds of a map in degrees may be written beyond 180 degrees, which PROJ would fold back.
	args := append([]string{"-of", "MEM", "-ot", "Float32", "-r", string(m.Resampling), "-t_srs", fmt.Sprintf("EPSG:%d", m.CRS.EPSG()),
		"-te", fmt.Sprint(b.Min[0]), fmt.Sprint(b.Min[1]), fmt.Sprint(b.Max[0]), fmt.Sprint(b.Max[1]), "-ts", fmt.Sprint(m.Width), fmt.Sprint(m.Height), "-et", "0"}, switches...)
	if !alpha {
		args = append(args, "-dstalpha")
	}
	out, err := godal.Warp("", []*godal.Dataset{ds}, args, quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	n := m.Width * m.Height
	r := reference{make([]float32, n), make([]uint8, n)}
	bands := out.Bands()
	for band, dst := range map[int]any{0: r.values, len(bands) - 1: r.valid} {
		if err := bands[band].Read(0, 0, dst, m.Width, m.Height); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// differing is how a picture differs from a reference.
type differing struct {
	mean, most float64 // of grey levels, where both have data and the reference has all around
	compared   int
	alone      int // pixels that only one has, though around it all have or none
	edge       int // pixels that only one has elsewhere
}

func (r reference) differs(pic *Picture, low, high float64) differing {
	var d differing
	for y := range pic.Height {
		for x := range pic.Width {
			at := y*pic.Width + x
			ours, theirs := pic.row(y)[4*x+3] != 0, r.valid[at] >= 128 && r.values[at] == r.values[at]
			uniform := r.uniform(x, y, pic.Width, pic.Height)
			if ours != theirs {
				if uniform {
					d.alone++
				} else {
					d.edge++
				}
				continue
			}
			if !ours || !uniform {
				continue
			}
			want := math.Round(min(max((float64(r.values[at])-low)*255/(high-low), 0), 255))
			e := math.Abs(float64(pic.row(y)[4*x]) - want)
			d.mean += e
			d.most = max(d.most, e)
			d.compared++
		}
	}
	d.mean /= float64(max(d.compared, 1))
	return d
}

// uniform tells whether all pixels around have data, or none.
func (r reference) uniform(x, y, width, height int) bool {
	n := 0
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			if p := image.Pt(x+dx, y+dy); p.In(image.Rect(0, 0, width, height)) && r.valid[p.Y*width+p.X] == 255 {
				n++
			}
		}
	}
	return n == 0 || n == 9
}

// shown is a map of a coverage of n x n pixels about its middle.
func shown(t *testing.T, r *Renderer, c record.Coverage, crs geo.CRS, size float64, n int) Map {
	t.Helper()
	g := c.Grid
	place := func(col, row float64) orb.Point {
		x, y := g.World(col, row)
		m, err := r.transforms.take(systemOf(g), coded(crs))
		if err != nil {
			t.Fatal(err)
		}
		defer r.transforms.give(m)
		xs, ys := []float64{x}, []float64{y}
		m.project(xs, ys)
		return orb.Point{xs[0], ys[0]}
	}
	u, v := float64(g.Width)/2+.37, float64(g.Height)/2+.23
	a, b, d := place(u, v), place(u+1, v), place(u, v+1)
	if crs.Geographic() || crs == geo.WebMercator { // a step may lie across the antimeridian
		for _, p := range []*orb.Point{&b, &d} {
			for turn := map[bool]float64{true: 360, false: 2 * geo.MercatorExtent}[crs.Geographic()]; math.Abs(p[0]-a[0]) > turn/2; {
				p[0] -= math.Copysign(turn, p[0]-a[0])
			}
		}
	}
	resolution := size * math.Sqrt(math.Abs((b[0]-a[0])*(d[1]-a[1])-(b[1]-a[1])*(d[0]-a[0])))
	half := resolution * float64(n) / 2
	return Map{CRS: crs, Bounds: orb.Bound{Min: a, Max: a}.Pad(half), Width: n, Height: n, Transparent: true}
}

// RND-01: pixels against gdalwarp: a mean absolute difference of 0.5 and a greatest of 10 of 255 for bilinear,
// equal for nearest.
func TestCorpusAgreesWithGdalwarp(t *testing.T) {
	for _, s := range corpus() {
		t.Run(s.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "A.tif")
			if err := errors.Join(prepareGDAL(), godal.RegisterRaster("COG")); err != nil {
				t.Fatal(err)
			}
			s.make(t, path)
			c := described1(t, path, "A")
			c.Bands = c.Bands[:1]
			c.Bands[0].Name = "A"
			r := renderer(t, dir)
			if s.high == 0 {
				s.high = 4000
			}
			if c.Grid.CRS != geo.Unnamed {
				s.systems = append([]geo.CRS{c.Grid.CRS}, s.systems...)
			}
			for _, crs := range s.systems {
				for _, size := range append(s.sizes, map[bool][]float64{true: {.4, 1, 1.7}}[s.sizes == nil]...) {
					s.compare(t, r, c, crs, size)
				}
			}
		})
	}
}

func (s specimen) compare(t *testing.T, r *Renderer, c record.Coverage, crs geo.CRS, size float64) {
	n := min(int(.55*float64(c.Grid.Width)/size), 200)
	if s.beyond {
		n = 250
	}
	m := shown(t, r, c, crs, size, n)
	look := product.Browse{Grey: &product.Channel{Expression: "A", Range: []float64{s.low, s.high}}}
	m.Scenes = []Scene{{Coverages: []record.Coverage{c}, Browse: look}}
	for _, resampling := range []Resampling{Nearest, Bilinear, Cubic} {
		if s.classes && resampling != Nearest {
			continue
		}
		m.Resampling = resampling
		pic := draw(t, r, m)
		d := gdalwarp(t, c.Href, m, s.alpha).differs(pic, s.low, s.high)
		told := fmt.Sprintf("%v %g %s: mean %.3f, most %.0f of %d pixels; %d in one only, %d at an edge", crs, size, resampling, d.mean, d.most, d.compared, d.alone, d.edge)
		t.Log(told)
		limit, mean, edge := 10.0, .5, 2*n
		if resampling == Nearest {
			limit, mean, edge = 0, 0, 0
		}
		if d.compared < n*n/8 || d.mean > mean || d.most > limit || d.alone > 0 || d.edge > edge {
			t.Errorf("differs from gdalwarp: %s", told)
		}
	}
}
