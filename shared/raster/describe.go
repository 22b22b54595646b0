package raster

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
)

// Description is what a raster file tells about itself.
type Description struct {
	Grid      geo.Grid      // its CRS is 0 when the file does not say where it lies
	Bands     []record.Band // b1, b2, …; Minimum and Maximum are those of a sample without the extreme two in a hundred
	Footprint orb.Geometry  // the outline of the grid in longitude and latitude; nil when that is not known
	ETag      string        // of the state that was looked at, without quotes
}

// wireDescription is a Description in JSON.
type wireDescription struct {
	Grid      geo.Grid          `json:"grid"`
	Bands     []record.Band     `json:"bands"`
	Footprint *geojson.Geometry `json:"footprint,omitempty"`
	ETag      string            `json:"etag,omitempty"`
}

// MarshalJSON writes the footprint as GeoJSON.
func (d Description) MarshalJSON() ([]byte, error) {
	w := wireDescription{Grid: d.Grid, Bands: d.Bands, ETag: d.ETag}
	if d.Footprint != nil {
		w.Footprint = geojson.NewGeometry(d.Footprint)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (d *Description) UnmarshalJSON(b []byte) error {
	var w wireDescription
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	*d = Description{Grid: w.Grid, Bands: w.Bands, ETag: w.ETag}
	if w.Footprint != nil {
		d.Footprint = w.Footprint.Geometry()
	}
	return nil
}

// Describe opens a file and describes the state it has now. A file that is broken, cut off or no raster is
// fault.Invalid.
func (r *Renderer) Describe(ctx context.Context, href string) (_ Description, err error) {
	defer recovered(&err)
	f, err := r.store.present(ctx, href)
	if err != nil {
		return Description{}, err
	}
	facts, err := f.facts(ctx)
	if err != nil {
		return Description{}, err
	}
	if err := f.whole(ctx); err != nil {
		return Description{}, err
	}
	d := Description{Grid: facts.grid(), ETag: f.etag}
	for i, nodata := range facts.nodata {
		b := record.Band{Name: "b" + strconv.Itoa(i+1), Index: i + 1, NoData: nodata, Scale: facts.scale[i], Offset: facts.offset[i]}
		if err := r.statistics(ctx, f, d.Grid, &b); err != nil {
			return Description{}, err
		}
		d.Bands = append(d.Bands, b)
	}
	d.Footprint = r.outline(d.Grid)
	return d, nil
}

func (f *facts) grid() geo.Grid {
	return geo.Grid{
		CRS: f.crs, WKT: f.wkt, Transform: f.transform, Bend: f.bend, Width: f.width, Height: f.height, Overviews: f.overviews,
		BlockWidth: f.blockWidth, BlockHeight: f.blockHeight, DataType: f.dataType, Bands: f.bands, NoData: f.nodata[0],
	}
}

// whole makes sure that the blocks of a TIFF lie within the file: the last one of each level is where it would be cut.
func (f *file) whole(ctx context.Context) error {
	h, err := f.take(ctx)
	if err != nil {
		return err
	}
	defer f.give(h)
	if targetOf(f.href).within != "" {
		return nil // its offsets are not those of the archive
	}
	for level := 0; level <= len(f.seen.Load().overviews); level++ {
		b, err := h.level(len(h.bands), level)
		if err != nil {
			return err
		}
		s := b.Structure()
		last := fmt.Sprintf("%d_%d", (s.SizeX-1)/s.BlockSizeX, (s.SizeY-1)/s.BlockSizeY)
		for _, at := range []string{"0_0", last} {
			offset, _ := strconv.ParseInt(b.Metadata("BLOCK_OFFSET_"+at, godal.Domain("TIFF")), 10, 64)
			size, _ := strconv.ParseInt(b.Metadata("BLOCK_SIZE_"+at, godal.Domain("TIFF")), 10, 64)
			if offset > 0 && size > 0 && offset+size > h.stream.size {
				return fault.New(fault.Invalid, "%s ends after %d bytes, but has pixels until %d: it is cut off", f.href, h.stream.size, offset+size)
			}
		}
	}
	return nil
}

// maxSampled is how many bands of a file get statistics.
const maxSampled = 16

// statistics looks at a sample of a band: the coarsest level of the file, or some of its blocks if that is large.
func (r *Renderer) statistics(ctx context.Context, f *file, g geo.Grid, b *record.Band) error {
	if b.Index > maxSampled || strings.HasPrefix(g.DataType, "C") {
		return nil
	}
	values, err := r.sampled(ctx, &input{file: f, band: b.Index, nodata: b.NoData, levels: levelsOf(g)}, len(g.Overviews))
	if err != nil || len(values) == 0 {
		return err
	}
	slices.Sort(values)
	cut := len(values) / 50
	low, high := float64(values[cut]), float64(values[len(values)-1-cut])
	b.Minimum, b.Maximum = &low, &high
	return nil
}

// sampled gives the values of a sample of a band that are data.
func (r *Renderer) sampled(ctx context.Context, in *input, level int) ([]float32, error) {
	l := in.levels[min(level, len(in.levels)-1)]
	var values []float32
	for _, at := range sampleUnits(l) {
		var p plane
		if err := r.gather(ctx, in, l, l.unit(at[0], at[1]), false, &p); err != nil {
			return nil, err
		}
		for _, v := range p.samples {
			if v-v == 0 {
				values = append(values, v)
			}
		}
	}
	return values, nil
}

// summaryKey names a band whose values are summed up.
type summaryKey struct {
	band   int
	nodata float64
}

// summary sums up a sample of a band, once for each version of a file.
func (r *Renderer) summary(ctx context.Context, f *file, g geo.Grid, band int, nodata *float64) (*summary, error) {
	key := summaryKey{band, math.Inf(1)}
	if nodata != nil && *nodata == *nodata {
		key.nodata = *nodata
	}
	if known, ok := f.summaries.Load(key); ok {
		return known.(*summary), nil
	}
	values, err := r.sampled(ctx, &input{file: f, band: band, nodata: nodata, levels: levelsOf(g)}, len(g.Overviews))
	if err != nil {
		return nil, err
	}
	s := summarise(values)
	f.summaries.Store(key, s)
	return s, nil
}

// sampleUnits picks at most nine units of reading, spread over the level.
func sampleUnits(l level) [][2]int {
	pick := func(n int) []int {
		if n <= 3 {
			return []int{0, 1, 2}[:n]
		}
		return []int{0, n / 2, n - 1}
	}
	var all [][2]int
	for _, row := range pick(l.rows()) {
		for _, col := range pick(l.columns()) {
			all = append(all, [2]int{col, row})
		}
	}
	return all
}

// outline is the border of a grid in longitude and latitude, with points between the corners.
func (r *Renderer) outline(g geo.Grid) orb.Geometry {
	if !g.Valid() {
		return nil
	}
	m, err := r.transforms.take(systemOf(g), coded(geo.CRS84))
	if err != nil {
		return nil
	}
	defer r.transforms.give(m)
	const n = 8
	w, h := float64(g.Width), float64(g.Height)
	var xs, ys []float64
	for _, corner := range [][4]float64{{0, 0, 0, h}, {0, h, w, h}, {w, h, w, 0}, {w, 0, 0, 0}} {
		for i := range n {
			t := float64(i) / n
			x, y := g.World(corner[0]+(corner[2]-corner[0])*t, corner[1]+(corner[3]-corner[1])*t)
			xs, ys = append(xs, x), append(ys, y)
		}
	}
	m.project(xs, ys)
	var ring orb.Ring
	for i := range xs {
		if math.IsNaN(xs[i]) || math.IsNaN(ys[i]) {
			return nil
		}
		ring = append(ring, orb.Point{xs[i], ys[i]})
	}
	if ring = append(ring, ring[0]); ring.Orientation() == orb.CW {
		slices.Reverse(ring)
	}
	return orb.Polygon{ring}
}
