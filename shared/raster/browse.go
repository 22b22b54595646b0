package raster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/record"
)

// look is a scene made ready: the bands that its browse needs and how they become colours.
type look struct {
	inputs   []*input
	grids    []sightGrid
	of       []int     // by input: its grid
	channels []channel // grey, or red, green and blue
	alpha    *channel
	palette  [][4]uint8
	style    *colouring // of the only channel
	margin   int        // how many pixels around one its expressions need
	over     *overlay
}

// sightGrid is a grid that inputs share, so that their positions are computed once.
type sightGrid struct {
	grid    geo.Grid
	levels  []level
	nearest bool
	cubic   bool
}

// channel is one colour: an expression over inputs, stretched from a range to 0..255.
type channel struct {
	expression *Expression
	inputs     []int // by name of the expression
	bound      []float32
	low, scale float32
	nodata     *float32
}

// expressions keeps compiled expressions by their source.
type expressions struct {
	mu    sync.Mutex
	known map[string]*Expression // by source, with the variables
}

const maxExpressions = 2000

func (c *expressions) get(src string, variables map[string]any) (*Expression, error) {
	key := src
	if len(variables) > 0 && strings.Contains(src, "var") {
		for _, name := range slices.Sorted(maps.Keys(variables)) {
			key += fmt.Sprintf("\x00%s=%T%v", name, variables[name], variables[name])
		}
	}
	c.mu.Lock()
	e, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return e, nil
	}
	e, err := compileExpression(src, variables)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= maxExpressions {
		c.known = map[string]*Expression{}
	}
	c.known[key] = e
	return e, nil
}

// prepare makes a scene ready. No file is opened unless the stored grid is incomplete or a picture's file has to be
// asked what its bands are.
func (r *Renderer) prepare(ctx context.Context, s Scene, resampling Resampling) (*look, error) {
	p := preparation{r: r, ctx: ctx, scene: s, resampling: resampling, look: &look{}}
	if i := slices.IndexFunc(s.Coverages, func(c record.Coverage) bool { return c.Asset == s.Browse.Asset }); s.Browse.Asset != "" && i >= 0 {
		err := p.picture(s.Coverages[i])
		p.look.pair()
		return p.look, err
	}
	channels, err := colours(s.Browse)
	if err != nil {
		return nil, err
	}
	if s.Style != nil && len(channels) == 1 {
		if err := p.styled(*s.Style); err != nil {
			return nil, err
		}
	}
	for _, c := range channels {
		made, err := p.channel(c)
		if err != nil {
			return nil, err
		}
		p.look.channels = append(p.look.channels, made)
	}
	if s.Browse.Alpha != nil {
		made, err := p.channel(s.Browse.Alpha)
		if err != nil {
			return nil, err
		}
		p.look.alpha = &made
	}
	p.look.pair()
	if len(p.look.inputs) == 0 {
		return nil, fault.New(fault.Invalid, "a browse needs at least one band in its expressions")
	}
	return p.look, nil
}

// pair tells inputs of one file of each other.
func (l *look) pair() {
	for i, in := range l.inputs {
		in.along = nil
		for k, other := range l.inputs {
			if k != i && other.file == in.file {
				in.along = append(in.along, other)
			}
		}
	}
}

// styled colours the only channel. The values of classes are not mixed.
func (p *preparation) styled(s Style) error {
	if err := s.Check(); err != nil {
		return err
	}
	p.look.style = colouringOf(s)
	if s.Kind == Values {
		p.resampling = Nearest
	}
	return nil
}

// colours are the channels of a browse: grey (or red alone), or red, green and blue.
func colours(b product.Browse) ([]*product.Channel, error) {
	switch {
	case b.Red != nil && b.Green != nil && b.Blue != nil:
		return []*product.Channel{b.Red, b.Green, b.Blue}, nil
	case b.Grey != nil:
		return []*product.Channel{b.Grey}, nil
	case b.Red != nil && b.Green == nil && b.Blue == nil:
		return []*product.Channel{b.Red}, nil
	case b.Asset != "":
		return nil, fault.New(fault.NotFound, "there is no picture %q, and the browse says no other way to draw", b.Asset)
	}
	return nil, fault.New(fault.Invalid, "a browse needs a picture, a grey channel, or red, green and blue")
}

// preparation is a look being made.
type preparation struct {
	r     *Renderer
	ctx   context.Context
	scene Scene
	look  *look

	resampling Resampling
}

func (p *preparation) channel(c *product.Channel) (channel, error) {
	e, err := p.r.expressions.get(c.Expression, p.scene.Variables)
	if err != nil {
		return channel{}, err
	}
	out := channel{expression: e}
	nodata := c.NoData
	if nodata != nil && !e.band() { // a value of the result, not of the band
		v := float32(*nodata)
		out.nodata, nodata = &v, nil
	}
	var bands []found
	for _, name := range e.names {
		f, err := p.find(name)
		if err != nil {
			return channel{}, err
		}
		if f.nodata = nodata; nodata == nil {
			f.nodata = noDataOf(f.coverage, f.band)
		}
		bands = append(bands, f)
		at, err := p.input(f.coverage, f.band.Index, f.nodata)
		if err != nil {
			return channel{}, err
		}
		out.inputs = append(out.inputs, at)
	}
	if out.bound, err = p.bind(e, bands); err != nil {
		return channel{}, err
	}
	p.look.margin = max(p.look.margin, e.margin)
	var only found
	if len(bands) > 0 {
		only = bands[len(bands)-1]
	}
	given := c.Range
	if s := p.scene.Style; s != nil && p.look.style != nil && len(s.Range) == 2 {
		given = s.Range
	}
	low, high, err := stretch(given, e.band(), only.band, only.coverage.Grid.DataType)
	out.low, out.scale = low, 255/(high-low)
	return out, err
}

// found is a band and where it is.
type found struct {
	coverage record.Coverage
	band     record.Band
	nodata   *float64
}

// find finds a band of the scene, with a complete grid.
func (p *preparation) find(name string) (found, error) {
	c, b, err := find(p.scene.Coverages, name)
	if err != nil {
		return found{}, err
	}
	c, err = p.complete(c)
	return found{coverage: c, band: b}, err
}

// find finds a band by its name; where no band has it, by the common name, or by the asset if that has one band.
func find(coverages []record.Coverage, name string) (record.Coverage, record.Band, error) {
	for _, matches := range []func(record.Coverage, record.Band) bool{
		func(_ record.Coverage, b record.Band) bool { return b.Name == name },
		func(_ record.Coverage, b record.Band) bool { return b.CommonName == name },
		func(c record.Coverage, _ record.Band) bool { return c.Asset == name && len(c.Bands) == 1 },
	} {
		for _, c := range coverages {
			for _, b := range c.Bands {
				if matches(c, b) {
					return c, b, nil
				}
			}
		}
	}
	if c, b, ok := findIndexed(coverages, name); ok {
		return c, b, nil
	}
	return record.Coverage{}, record.Band{}, fault.New(fault.NotFound, "there is no band %q", name)
}

// findIndexed finds a band by its asset and its number in it, counted from 0: asset[0].
func findIndexed(coverages []record.Coverage, name string) (record.Coverage, record.Band, bool) {
	asset, rest, ok := strings.Cut(name, "[")
	number, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
	if !ok || err != nil {
		return record.Coverage{}, record.Band{}, false
	}
	for _, c := range coverages {
		if c.Asset != asset {
			continue
		}
		for _, b := range c.Bands {
			if max(b.Index, 1) == number+1 {
				return c, b, true
			}
		}
		return c, record.Band{Name: name, Index: number + 1}, true
	}
	return record.Coverage{}, record.Band{}, false
}

func noDataOf(c record.Coverage, b record.Band) *float64 {
	if b.NoData != nil {
		return b.NoData
	}
	return c.Grid.NoData
}

// complete fills in what a stored grid lacks from the file.
func (p *preparation) complete(c record.Coverage) (record.Coverage, error) {
	if max(c.Grid.Width, c.Grid.Height) > maxSide {
		return c, fault.New(fault.Invalid, "%s is registered with %d x %d pixels; a side has at most %d here", c.Href, c.Grid.Width, c.Grid.Height, maxSide)
	}
	if c.Grid.Valid() && c.Grid.DataType != "" && c.Grid.BlockWidth > 0 {
		return c, nil
	}
	f, err := p.r.store.file(p.ctx, c.Href, c.ETag)
	if err != nil {
		return c, err
	}
	facts, err := f.facts(p.ctx)
	if err != nil {
		return c, err
	}
	g := facts.grid()
	if c.Grid.Valid() {
		g.CRS, g.WKT, g.Transform, g.Bend = c.Grid.CRS, c.Grid.WKT, c.Grid.Transform, c.Grid.Bend
		// The place may have been given for a grid of another size than the file's.
		sx, sy := float64(c.Grid.Width)/float64(g.Width), float64(c.Grid.Height)/float64(g.Height)
		g.Transform[1], g.Transform[4] = g.Transform[1]*sx, g.Transform[4]*sx
		g.Transform[2], g.Transform[5] = g.Transform[2]*sy, g.Transform[5]*sy
	}
	if c.Grid.NoData != nil {
		g.NoData = c.Grid.NoData
	}
	if !g.Valid() {
		return c, fault.New(fault.Invalid, "%s says nowhere where on earth it lies", c.Href)
	}
	c.Grid = g
	return c, nil
}

// input adds a band of a coverage to the look, once.
func (p *preparation) input(c record.Coverage, band int, nodata *float64) (int, error) {
	f, err := p.r.store.file(p.ctx, c.Href, c.ETag)
	if err != nil {
		return 0, err
	}
	band = max(band, 1)
	for i, in := range p.look.inputs {
		if in.file == f && in.band == band && equal(in.nodata, nodata) {
			return i, nil
		}
	}
	at := p.gridOf(c)
	g := p.look.grids[at]
	p.look.inputs = append(p.look.inputs, &input{file: f, band: band, nodata: nodata, nearest: g.nearest, levels: g.levels})
	p.look.of = append(p.look.of, at)
	return len(p.look.inputs) - 1, nil
}

func equal(a, b *float64) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// gridOf finds the grid of a coverage among those of the look, or adds it.
func (p *preparation) gridOf(c record.Coverage) int {
	nearest := classes(c) || p.look.palette != nil || p.resampling == Nearest
	for i, o := range p.look.grids {
		g := o.grid
		if o.nearest == nearest && systemOf(g) == systemOf(c.Grid) && g.Transform == c.Grid.Transform && bent(g.Bend, c.Grid.Bend) && g.Width == c.Grid.Width && g.Height == c.Grid.Height &&
			g.BlockWidth == c.Grid.BlockWidth && g.BlockHeight == c.Grid.BlockHeight && slices.Equal(g.Overviews, c.Grid.Overviews) {
			return i
		}
	}
	p.look.grids = append(p.look.grids, sightGrid{grid: c.Grid, levels: levelsOf(c.Grid), nearest: nearest, cubic: !nearest && p.resampling == Cubic})
	return len(p.look.grids) - 1
}

// bent tells whether two grids are bent alike.
func bent(a, b *geo.Bend) bool { return a == b || a != nil && b != nil && *a == *b }

// stretch is the range of values shown: the one given, else that of a band's statistics, else that of the data type.
func stretch(given []float64, alone bool, b record.Band, dataType string) (low, high float32, err error) {
	switch {
	case len(given) >= 2 && given[0] != given[1]:
		return float32(given[0]), float32(given[1]), nil
	case len(given) > 0:
		return 0, 1, fault.New(fault.Invalid, "the range of a channel is two different numbers, not %s", fmt.Sprint(given))
	case alone && dataType == "Byte":
		return 0, 255, nil
	case alone && b.Minimum != nil && b.Maximum != nil && *b.Minimum < *b.Maximum:
		return float32(*b.Minimum), float32(*b.Maximum), nil
	case alone && dataType == "UInt16":
		return 0, 65535, nil
	case alone && dataType == "Int16":
		return -32768, 32767, nil
	}
	return 0, 1, nil
}
