package raster

import (
	"context"
	"errors"
	"image"
	"image/color"
	"math"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
)

// Sample is what lies under a pixel of a map in one scene.
type Sample struct {
	Scene    int     // its place in Map.Scenes
	Lon, Lat float64 // of the pixel's middle; NaN where the system has no such place
	Bands    []BandValue
	Channels []ChannelValue
	Colour   color.NRGBA // as the scene alone is drawn there
}

// BandValue is the value of a band in the nearest pixel of the full resolution.
type BandValue struct {
	Asset, Name, CommonName string
	Value                   float64
	Valid                   bool    // otherwise there is no data
	Physical                float64 // by the band's scale and offset; the value itself where it has none
}

// ChannelValue is the value of a channel of the browse, before it becomes a colour.
type ChannelValue struct {
	Name, Expression string
	Value            float64
	Valid            bool
}

// maxBandsSampled is how many bands of a scene are told.
const maxBandsSampled = 64

// Sample tells what lies under a pixel of a map: the topmost scene first, at most so many of those that have something
// there. Scenes that cannot be drawn as they are registered have nothing.
func (r *Renderer) Sample(ctx context.Context, m Map, col, row, most int) (_ []Sample, err error) {
	defer recovered(&err)
	if err := r.check(m); err != nil {
		return nil, err
	}
	if col < 0 || row < 0 || col >= m.Width || row >= m.Height {
		return nil, fault.At(fault.Invalid, "i", "column %d, row %d lies not in the map", col, row)
	}
	d := newDrawing(r, m, 1, 1)
	x, y := d.lattice.col+col, d.lattice.row+row
	c := chunk{col: floorTo(x, chunkSide), row: floorTo(y, chunkSide)}
	c.clip = image.Rect(x-c.col, y-c.row, x-c.col+1, y-c.row+1)
	var all []Sample
	for i := 0; i < len(m.Scenes) && len(all) < most; i++ {
		s, err := d.sample(ctx, c, i)
		switch {
		case err == nil && s != nil:
			all = append(all, *s)
		case err != nil && !fault.KindOf(err).Permanent() && !errors.Is(err, errReplaced):
			return nil, err
		}
	}
	return all, nil
}

// sample tells what a scene has in the only pixel of a chunk; nil: nothing.
func (d *drawing) sample(ctx context.Context, c chunk, i int) (*Sample, error) {
	scene := d.m.Scenes[i]
	s := &Sample{Scene: i, Lon: math.NaN(), Lat: math.NaN()}
	p := painters.Get().(*painter)
	defer painters.Put(p)
	p.begin(d, c)
	if !p.near(d.places[i]) {
		return nil, nil
	}
	l, err := d.look(ctx, i, scene)
	if err != nil {
		return nil, err
	}
	clear(d.pic.Pix)
	p.probe = make([]float32, len(l.all()))
	defer func() { p.probe = nil }()
	for i := range p.probe {
		p.probe[i] = nan
	}
	if err := p.layers(ctx, l); err != nil {
		return nil, err
	}
	px := d.pic.Pix
	s.Colour = color.NRGBA{px[0], px[1], px[2], px[3]}
	s.Channels = channelsOf(l, p.probe)
	any := s.Colour.A != 0
	if s.Bands, err = d.bandsAt(ctx, scene.Coverages, c); err != nil {
		return nil, err
	}
	for _, b := range s.Bands {
		any = any || b.Valid
	}
	if lon, lat, err := d.place(c, coded(geo.CRS84)); err == nil {
		s.Lon, s.Lat = lon, lat
	}
	if !any {
		return nil, nil
	}
	return s, nil
}

func channelsOf(l *look, values []float32) []ChannelValue {
	names := []string{"red", "green", "blue"}
	if len(l.channels) == 1 {
		names = []string{"grey"}
	}
	var all []ChannelValue
	for i, c := range l.all() {
		v := ChannelValue{Name: "alpha", Expression: c.expression.String(), Value: float64(values[i]), Valid: values[i]-values[i] == 0}
		if i < len(l.channels) {
			v.Name = names[i]
		}
		all = append(all, v)
	}
	return all
}

// place is where the only pixel of a chunk has its middle in a system.
func (d *drawing) place(c chunk, in system) (x, y float64, err error) {
	m, err := d.r.transforms.take(coded(d.m.CRS), in)
	if err != nil {
		return 0, 0, err
	}
	defer d.r.transforms.give(m)
	xs, ys := []float64{d.lattice.x(float64(c.col+c.clip.Min.X) + .5)}, []float64{d.lattice.y(float64(c.row+c.clip.Min.Y) + .5)}
	m.project(xs, ys)
	return xs[0], ys[0], nil
}

// bandsAt reads the bands of coverages in the only pixel of a chunk.
func (d *drawing) bandsAt(ctx context.Context, coverages []record.Coverage, c chunk) ([]BandValue, error) {
	var all []BandValue
	for _, cov := range coverages {
		values, err := d.coverageAt(ctx, cov, c, maxBandsSampled-len(all))
		if err != nil && (fault.KindOf(err).Permanent() || errors.Is(err, errReplaced)) {
			continue // one file of the scene is broken
		}
		if err != nil {
			return nil, err
		}
		all = append(all, values...)
	}
	return all, nil
}

func (d *drawing) coverageAt(ctx context.Context, c record.Coverage, at chunk, most int) ([]BandValue, error) {
	p := preparation{r: d.r, ctx: ctx, look: &look{}}
	c, err := p.complete(c)
	if err != nil {
		return nil, err
	}
	x, y, err := d.place(at, systemOf(c.Grid))
	if err != nil {
		return nil, err
	}
	u, v := c.Grid.Pixel(x, y)
	if wrap := around(c.Grid); wrap > 0 {
		u -= math.Round((u-float64(c.Grid.Width)/2)/wrap) * wrap
	}
	if !(u >= 0 && v >= 0 && u < float64(c.Grid.Width) && v < float64(c.Grid.Height)) {
		return nil, nil
	}
	f, err := d.r.store.file(ctx, c.Href, c.ETag)
	if err != nil {
		return nil, err
	}
	levels := levelsOf(c.Grid)
	bands := c.Bands[:min(len(c.Bands), max(most, 0))]
	values := make([]BandValue, len(bands))
	g, ctx := newGroup(ctx, readers)
	for i, b := range bands {
		g.run(func() error {
			in := &input{file: f, band: max(b.Index, 1), nodata: noDataOf(c, b), levels: levels, nearest: true}
			var one plane
			if err := d.r.gather(ctx, in, levels[0], window{int(u), int(v), 1, 1}, false, &one); err != nil {
				return err
			}
			value := float64(one.samples[0])
			values[i] = BandValue{Asset: c.Asset, Name: b.Name, CommonName: b.CommonName, Value: value, Valid: value-value == 0, Physical: value}
			if b.Scale != 0 {
				values[i].Physical = value*b.Scale + b.Offset
			}
			return nil
		})
	}
	return values, g.Wait()
}
