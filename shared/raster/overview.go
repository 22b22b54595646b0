package raster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
	"perigee/shared/product"
)

// Overview is what many scenes show in the bounds of a map, as values and not as colours: of each band the topmost valid
// one.
type Overview struct {
	File   []byte  // a TIFF with the bands, in tiles of 256 pixels; nil where no scene has data
	Kind   string  // the data type of the bands, by GDAL's name: UInt16, Int16 or Float32
	NoData float64 // the value that is none; NaN with Float32
	Flaws  []Flaw  // scenes that are missing in it
}

// OverviewBand is a band of an overview.
type OverviewBand struct {
	Name   string
	NoData *float64 // the value that is none, where the scenes do not say
}

// maxOverviewBands is how many bands an overview may have.
const maxOverviewBands = 24

// Overview makes an overview of the scenes of a map, whose browses and styles do not count. Scenes that cannot be read as
// they are registered are left out.
func (r *Renderer) Overview(ctx context.Context, m Map, bands []OverviewBand) (_ *Overview, err error) {
	defer recovered(&err)
	if err := r.check(m); err != nil {
		return nil, err
	}
	if len(bands) == 0 || len(bands) > maxOverviewBands {
		return nil, fault.New(fault.Invalid, "an overview has 1 to %d bands, not %d", maxOverviewBands, len(bands))
	}
	o := &overviewing{drawing: newDrawing(r, m, 1, 1), bands: bands}
	for range bands {
		o.values = append(o.values, slices.Repeat([]float32{nan}, m.Width*m.Height))
	}
	g, ctx := newGroup(ctx, 4*workers())
	for _, c := range o.lattice.chunks() {
		g.run(func() error { return o.chunk(ctx, c) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := &Overview{Flaws: o.pic.Flaws}
	if o.empty() {
		return out, nil
	}
	out.Kind, out.NoData = o.numbers()
	out.File, err = o.write(out.Kind, out.NoData)
	return out, err
}

// overviewing is an overview being made.
type overviewing struct {
	*drawing
	bands  []OverviewBand
	values [][]float32 // by band
}

// valued is a scene made ready: its look, and which channel of it is which band.
type valued struct {
	look *look
	of   []int // by band; -1: the scene has none
}

// prepareValues makes a scene ready; nil when it has none of the bands.
func (o *overviewing) prepareValues(ctx context.Context, s Scene) (*valued, error) {
	p := preparation{r: o.r, ctx: ctx, scene: s, resampling: o.m.Resampling, look: &look{}}
	v := &valued{look: p.look}
	for _, b := range o.bands {
		c, err := p.channel(&product.Channel{Expression: b.Name, NoData: o.noData(s, b)})
		switch {
		case fault.KindOf(err) == fault.NotFound:
			v.of = append(v.of, -1)
			continue
		case err != nil:
			return nil, err
		}
		v.of = append(v.of, len(p.look.channels))
		p.look.channels = append(p.look.channels, c)
	}
	if p.look.pair(); len(p.look.channels) == 0 {
		return nil, nil
	}
	return v, nil
}

// noData is the value that is none in a band of a scene: the scene's own, else the one that is given.
func (o *overviewing) noData(s Scene, b OverviewBand) *float64 {
	if c, band, err := find(s.Coverages, b.Name); err == nil {
		if v := noDataOf(c, band); v != nil {
			return v
		}
	}
	return b.NoData
}

// chunk fills a chunk from the scenes, from the top, until every band has a value everywhere.
func (o *overviewing) chunk(ctx context.Context, c chunk) error {
	p := painters.Get().(*painter)
	defer painters.Put(p)
	p.begin(o.drawing, c)
	for i, s := range o.m.Scenes {
		if p.full() {
			return nil
		}
		if err := cancelled(ctx); err != nil {
			return err
		}
		if !p.near(o.places[i]) {
			continue
		}
		err := o.scene(ctx, p, s)
		switch {
		case err == nil:
		case fault.KindOf(err).Permanent(), errors.Is(err, errReplaced):
			o.flaw(i, err)
		default:
			return fmt.Errorf("scene %d of the overview: %w", i+1, err)
		}
	}
	return nil
}

func (o *overviewing) scene(ctx context.Context, p *painter, s Scene) error {
	v, err := o.prepareValues(ctx, s)
	if err != nil || v == nil {
		return err
	}
	if seen, err := p.ready(ctx, v.look); err != nil || !seen {
		return err
	}
	for row := p.c.clip.Min.Y; row < p.c.clip.Max.Y; row++ {
		lo, hi := p.span(v.look, row)
		if lo >= hi {
			continue
		}
		for i := range p.groups {
			p.groups[i].row(row, lo, hi)
		}
		for b, of := range v.of {
			if of >= 0 {
				below(o.row(p.c, b, row)[lo-p.c.clip.Min.X:], p.rows[v.look.channels[of].inputs[0]][lo:hi])
			}
		}
		o.close(p, row)
	}
	return nil
}

// row is what a chunk has of a row of a band.
func (o *overviewing) row(c chunk, band, row int) []float32 {
	return o.values[band][(row-c.clip.Min.Y+c.at.Y)*o.m.Width+c.at.X:][:c.clip.Dx()]
}

// below takes values where there are none yet.
func below(dst, values []float32) {
	for i, v := range values {
		if d := dst[i]; d != d && v-v == 0 {
			dst[i] = v
		}
	}
}

// close notes which pixels of a row have all bands, as far as they are at its ends.
func (o *overviewing) close(p *painter, row int) {
	whole := func(i int) bool {
		for b := range o.bands {
			if v := o.row(p.c, b, row)[i-p.c.clip.Min.X]; v != v {
				return false
			}
		}
		return true
	}
	lo, hi := &p.open.lo[row], &p.open.hi[row]
	for *lo < *hi && whole(*lo) {
		*lo++
	}
	for *lo < *hi && whole(*hi-1) {
		*hi--
	}
}

func (o *overviewing) empty() bool {
	for _, values := range o.values {
		if slices.ContainsFunc(values, func(v float32) bool { return v == v }) {
			return false
		}
	}
	return true
}

// The values that stand for no data in an overview of whole numbers.
const (
	noDataUnsigned = math.MaxUint16
	noDataSigned   = math.MinInt16
)

// numbers chooses the type of the values: they are whole where those of all scenes are.
func (o *overviewing) numbers() (kind string, nodata float64) {
	switch kinds := o.kinds(); {
	case subset(kinds, "Int16"):
		return "Int16", noDataSigned
	case subset(kinds, "Byte", "UInt16"):
		return "UInt16", noDataUnsigned
	}
	return "Float32", math.NaN()
}

// kinds are the data types of the bands of all scenes.
func (o *overviewing) kinds() map[string]bool {
	all := map[string]bool{}
	for _, s := range o.m.Scenes {
		for _, b := range o.bands {
			if c, _, err := find(s.Coverages, b.Name); err == nil {
				if all[c.Grid.DataType] = true; classes(c) {
					all["classes"] = true
				}
			}
		}
	}
	return all
}

func subset(some map[string]bool, of ...string) bool {
	for one := range some {
		if !slices.Contains(of, one) {
			return false
		}
	}
	return true
}

// write writes the bands as a TIFF, each by itself.
func (o *overviewing) write(kind string, nodata float64) (_ []byte, err error) {
	if err := errorsOf(prepareGDAL(), godal.RegisterRaster(godal.Memory)); err != nil {
		return nil, err
	}
	kinds := map[string]godal.DataType{"UInt16": godal.UInt16, "Int16": godal.Int16, "Float32": godal.Float32}
	var m messages
	quiet := godal.ErrLogger(m.handle)
	name := fmt.Sprintf("/vsimem/overview-%d.tif", written.Add(1))
	predictor := "PREDICTOR=2"
	if kind == "Float32" {
		predictor = "PREDICTOR=3"
	}
	ds, err := godal.Create(godal.GTiff, name, len(o.bands), kinds[kind], o.m.Width, o.m.Height, quiet,
		godal.CreationOption("TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE", "ZLEVEL=6", "INTERLEAVE=BAND", predictor))
	if err != nil {
		return nil, failed(&m, err)
	}
	defer godal.VSIUnlink(name, quiet)
	for i, b := range ds.Bands() {
		samples := samplesOf(o.values[i], kind, nodata)
		if err := errorsOf(b.Write(0, 0, samples, o.m.Width, o.m.Height, quiet), b.SetNoData(nodata, quiet)); err != nil {
			ds.Close(quiet)
			return nil, failed(&m, err)
		}
	}
	if err := ds.Close(quiet); err != nil {
		return nil, failed(&m, err)
	}
	file, err := godal.VSIOpen(name, quiet)
	if err != nil {
		return nil, failed(&m, err)
	}
	defer file.Close()
	return io.ReadAll(file)
}

// samplesOf rounds values to whole numbers that do not stand for no data.
func samplesOf(values []float32, kind string, nodata float64) any {
	switch kind {
	case "UInt16":
		return rounded(values, 0, noDataUnsigned-1, uint16(nodata))
	case "Int16":
		return rounded(values, noDataSigned+1, math.MaxInt16, int16(nodata))
	}
	return values
}

func rounded[T uint16 | int16](values []float32, least, most float64, none T) []T {
	out := make([]T, len(values))
	for i, v := range values {
		if out[i] = none; v == v {
			out[i] = T(min(max(math.RoundToEven(float64(v)), least), most))
		}
	}
	return out
}
