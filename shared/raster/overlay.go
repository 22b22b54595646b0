package raster

import (
	"context"
	"image/color"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// Outline is a line around a scene.
type Outline struct {
	Geometry orb.Geometry // in longitude and latitude; the scene's footprint when nil
	Colour   color.NRGBA
	Width    float64 // pixels; 1.5 when 0
}

// Area is a part of a map in one colour.
type Area struct {
	Geometry orb.Geometry // polygons in longitude and latitude; the whole map when nil, so that masks give the shape
	Colour   color.NRGBA  // with its opacity
}

// Mask lets a part of a scene show.
type Mask struct {
	Validity   bool              // only what lies in the mask shows; otherwise it is what lies in the mask that does not
	Geometry   orb.Geometry      // polygons
	CRS        geo.CRS           // of the geometry, easting or longitude first; longitude and latitude when 0
	Coverages  []record.Coverage // or a raster, marked where the expression is neither 0 nor no data
	Expression string            // over the bands of the coverages; their first band when empty
}

// The bounds of what is laid over a map.
const (
	defaultLine = 1.5 // pixels
	maxLine     = 100
	maxMasks    = 16 // of a scene
)

// overlay is what a scene has besides its picture.
type overlay struct {
	line      *shape
	width     float64
	ink       color.NRGBA
	area      *shape // nil: none, or the whole map
	everyArea bool
	tint      color.NRGBA
	heat      []*shape
	heating   *colouring
	warmest   float64 // the range of heat
	coldest   float64
	masks     []veil
}

// veil is a mask made ready.
type veil struct {
	validity bool
	shape    *shape
	look     *look
}

// overlay makes ready what a scene has besides its picture.
func (d *drawing) overlay(ctx context.Context, s Scene) (*overlay, error) {
	o := &overlay{}
	for _, make := range []func(*overlay, Scene) error{d.outline, d.area, d.heat} {
		if err := make(o, s); err != nil {
			return nil, err
		}
	}
	if len(s.Masks) > maxMasks {
		return nil, fault.New(fault.Invalid, "a scene has at most %d masks, not %d", maxMasks, len(s.Masks))
	}
	for _, m := range s.Masks {
		v, err := d.veil(ctx, m, s.Variables)
		if err != nil {
			return nil, err
		}
		o.masks = append(o.masks, v)
	}
	return o, nil
}

func (d *drawing) outline(o *overlay, s Scene) (err error) {
	if s.Outline == nil {
		return nil
	}
	g := s.Outline.Geometry
	if g == nil && len(s.Footprint) > 0 {
		if g, _, err = ewkb.Unmarshal(s.Footprint); err != nil {
			return fault.Classify(fault.Invalid, err, "the footprint of a scene")
		}
	}
	if o.ink, o.width = s.Outline.Colour, s.Outline.Width; o.width == 0 {
		o.width = defaultLine
	}
	if !(o.width > 0 && o.width <= maxLine) {
		return fault.New(fault.Invalid, "a line is wider than 0 pixels and not wider than %d, not %g", maxLine, o.width)
	}
	if g != nil {
		o.line, err = d.shape(g, geo.CRS84)
	}
	return err
}

func (d *drawing) area(o *overlay, s Scene) (err error) {
	if s.Area == nil {
		return nil
	}
	o.tint = s.Area.Colour
	if s.Area.Geometry == nil {
		o.everyArea = true
		return nil
	}
	o.area, err = d.shape(s.Area.Geometry, geo.CRS84)
	return err
}

func (d *drawing) heat(o *overlay, s Scene) error {
	if len(s.Heat) == 0 {
		return nil
	}
	for _, g := range s.Heat {
		shape, err := d.shape(g, geo.CRS84)
		if err != nil {
			return err
		}
		o.heat = append(o.heat, shape)
	}
	style := builtin()[ramps[0].name]
	if s.Style != nil {
		style = *s.Style
	}
	if err := style.Check(); err != nil {
		return err
	}
	o.heating = colouringOf(style)
	if o.coldest, o.warmest = s.HeatRange[0], s.HeatRange[1]; len(style.Range) == 2 {
		o.coldest, o.warmest = style.Range[0], style.Range[1]
	}
	if o.coldest == o.warmest {
		o.coldest, o.warmest = 0, d.greatest(o.heat)
	}
	return nil
}

// greatest is the largest number of shapes over a pixel of the map.
func (d *drawing) greatest(shapes []*shape) float64 {
	most := uint16(1)
	counts := make([]uint16, chunkSide*chunkSide)
	for _, c := range d.lattice.chunks() {
		clear(counts)
		for _, n := range count(shapes, c, counts) {
			most = max(most, n)
		}
	}
	return float64(most)
}

// count adds up the shapes over the pixels of a chunk.
func count(shapes []*shape, c chunk, counts []uint16) []uint16 {
	for _, s := range shapes {
		s.rows(c, func(row, lo, hi int) {
			for i := row*chunkSide + lo; i < row*chunkSide+hi; i++ {
				if counts[i] < 1<<16-1 {
					counts[i]++
				}
			}
		})
	}
	return counts
}

func (d *drawing) veil(ctx context.Context, m Mask, variables map[string]any) (v veil, err error) {
	v.validity = m.Validity
	if len(m.Coverages) == 0 {
		v.shape = &shape{bound: nothing}
		if m.Geometry != nil {
			v.shape, err = d.shape(m.Geometry, m.CRS)
		}
		return v, err
	}
	expression := m.Expression
	if expression == "" {
		c := m.Coverages[0]
		if expression = `"` + c.Asset + `"[0]`; len(c.Bands) > 0 {
			expression = `"` + c.Bands[0].Name + `"`
		}
	}
	none := []float64{0, 1}
	v.look, err = d.r.prepare(ctx, Scene{Coverages: m.Coverages, Variables: variables, Browse: product.Browse{Grey: &product.Channel{Expression: expression, Range: none}}}, Nearest)
	return v, err
}

// has tells whether there is anything to draw.
func (o *overlay) has() bool { return o.line != nil || o.area != nil || o.everyArea || len(o.heat) > 0 }

// marks fills p.veil: 0 where a mask hides the scene. False: there are no masks.
func (p *painter) marks(ctx context.Context, o *overlay) error {
	if p.veiled = len(o.masks) > 0; !p.veiled {
		return nil
	}
	if p.veil == nil {
		p.veil, p.marked = make([]uint8, chunkSide*chunkSide), make([]uint8, chunkSide*chunkSide)
	}
	for i := range p.veil {
		p.veil[i] = 1
	}
	for _, v := range o.masks {
		clear(p.marked)
		if v.shape != nil {
			v.shape.rows(p.c, func(row, lo, hi int) {
				for i := row*chunkSide + lo; i < row*chunkSide+hi; i++ {
					p.marked[i] = 1
				}
			})
		} else if err := p.markRaster(ctx, v.look); err != nil {
			return err
		}
		for i, m := range p.marked {
			if (m != 0) != v.validity {
				p.veil[i] = 0
			}
		}
	}
	return nil
}

// markRaster marks the pixels in which the expression of a raster mask holds.
func (p *painter) markRaster(ctx context.Context, l *look) error {
	other := painters.Get().(*painter)
	defer painters.Put(other)
	other.begin(p.d, p.c)
	if l.margin > 0 {
		return fault.New(fault.Invalid, "a mask is computed pixel by pixel, without those around")
	}
	if seen, err := other.ready(ctx, l); err != nil || !seen {
		return err
	}
	samplers, evaluator, c := other.groups, other.evaluators(l, chunkSide)[0], &l.channels[0]
	for row := p.c.clip.Min.Y; row < p.c.clip.Max.Y; row++ {
		lo, hi := p.c.clip.Min.X, p.c.clip.Max.X
		for i := range samplers {
			samplers[i].row(row, lo, hi)
		}
		for i, v := range evaluator.row(other.bands(c, lo, hi), hi-lo) {
			if v-v == 0 && v != 0 {
				p.marked[row*chunkSide+lo+i] = 1
			}
		}
	}
	return nil
}

// above draws the lines of a scene.
func (p *painter) above(o *overlay) {
	if o.line == nil {
		return
	}
	if p.cover == nil {
		p.cover = make([]uint8, chunkSide*chunkSide)
	}
	clear(p.cover)
	if !o.line.line(p.c, o.width, p.cover) {
		return
	}
	for row := p.c.clip.Min.Y; row < p.c.clip.Max.Y; row++ {
		lo, hi := p.open.lo[row], p.open.hi[row]
		if lo >= hi {
			continue
		}
		for i := range hi - lo {
			p.bytes[0][i], p.bytes[1][i], p.bytes[2][i] = o.ink.R, o.ink.G, o.ink.B
			p.bytes[3][i] = uint8((uint32(p.cover[row*chunkSide+lo+i])*uint32(o.ink.A) + 127) / 255)
		}
		p.lay(row, lo, hi)
	}
}

// below draws the area and the heat of a scene.
func (p *painter) below(o *overlay) {
	switch {
	case o.everyArea:
		for row := p.c.clip.Min.Y; row < p.c.clip.Max.Y; row++ {
			p.tint(row, p.c.clip.Min.X, p.c.clip.Max.X, o.tint)
		}
	case o.area != nil:
		o.area.rows(p.c, func(row, lo, hi int) { p.tint(row, lo, hi, o.tint) })
	}
	if len(o.heat) > 0 {
		p.warm(o)
	}
}

// tint lays a colour under the open pixels of a row from lo to before hi.
func (p *painter) tint(row, lo, hi int, c color.NRGBA) {
	first, last := p.open.lo[row], p.open.hi[row]
	lo, hi = max(lo, first), min(hi, last)
	if lo >= hi {
		return
	}
	for i := range hi - lo {
		p.bytes[0][i], p.bytes[1][i], p.bytes[2][i], p.bytes[3][i] = c.R, c.G, c.B, c.A
	}
	p.hide(row, lo, hi)
	p.lay(row, lo, hi)
	p.reopen(row, first, last, lo, hi)
}

// hide makes transparent what the masks hide.
func (p *painter) hide(row, lo, hi int) {
	if !p.veiled {
		return
	}
	veil := p.veil[row*chunkSide+lo:][:hi-lo]
	for i, v := range veil {
		if v == 0 {
			p.bytes[3][i] = 0
		}
	}
}

// reopen notes that of a row which was open from first to before last only the pixels lo to before hi were drawn.
func (p *painter) reopen(row, first, last, lo, hi int) {
	if lo > first {
		p.open.lo[row], p.open.hi[row] = first, max(p.open.hi[row], lo)
	}
	if hi < last {
		p.open.lo[row], p.open.hi[row] = min(p.open.lo[row], hi), last
	}
}

// warm draws how many shapes lie over each pixel.
func (p *painter) warm(o *overlay) {
	if p.counts == nil {
		p.counts = make([]uint16, chunkSide*chunkSide)
	}
	clear(p.counts)
	count(o.heat, p.c, p.counts)
	for row := p.c.clip.Min.Y; row < p.c.clip.Max.Y; row++ {
		lo, hi := p.open.lo[row], p.open.hi[row]
		if lo >= hi {
			continue
		}
		for i := range hi - lo {
			px := [4]uint8{}
			if n := p.counts[row*chunkSide+lo+i]; n > 0 {
				px = o.heating.within(float64(n), o.coldest, o.warmest)
			}
			p.bytes[0][i], p.bytes[1][i], p.bytes[2][i], p.bytes[3][i] = px[0], px[1], px[2], px[3]
		}
		p.hide(row, lo, hi)
		p.lay(row, lo, hi)
	}
}

// within is the colour of a value in a range.
func (c *colouring) within(v, low, high float64) [4]uint8 {
	if c.kind == Ramp {
		return c.table[uint8(min(max((v-low)/(high-low)*255, 0), 255)+.5)]
	}
	return c.of(float32(v))
}
