package main

import (
	"cmp"
	"context"
	"fmt"
	"image/color"
	"log/slog"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// sight is a scene of a map and what it shows.
type sight struct {
	raster.Scene
	layer   string // by which it was asked for
	product record.Product
	look    product.Look
}

// sights are what a map shows, the topmost first.
type sights []sight

// drawing is the map for the renderer.
func (s sights) drawing(m wms.Map) raster.Map {
	drawing := raster.Map{CRS: m.CRS, Bounds: m.Bounds, Width: m.Width, Height: m.Height, Transparent: m.Transparent}
	if !m.Transparent {
		drawing.Background = &m.Background
	}
	for _, one := range s {
		drawing.Scenes = append(drawing.Scenes, one.Scene)
	}
	return drawing
}

// shown lists what a map shows: the layers from the last to the first, in each the newest product first (RND-04) unless
// it is asked for in another order. Where the overview mosaic of a layer has all that is asked for, that stands for the
// products.
func (p *painter) shown(ctx context.Context, sc scope.Scope, known view, m wms.Map) (sights, reading, error) {
	return p.shownAt(ctx, sc, known, m, asking{zoom: zoomOf(m)})
}

// asking is how a map is looked at.
type asking struct {
	zoom  int  // of the map that it is, or is a part of
	exact bool // products are wanted, and nothing that stands for them
}

func (p *painter) shownAt(ctx context.Context, sc scope.Scope, known view, m wms.Map, how asking) (sights, reading, error) {
	var all sights
	var read reading
	order, err := orderOf(m.SortBy)
	if err != nil {
		return nil, read, err
	}
	area, err := areaOf(m, p.raster.LonLat)
	if err != nil {
		return nil, read, err
	}
	for i := len(m.Layers) - 1; i >= 0; i-- {
		layer := m.Layers[i]
		found, err := p.subjectOf(ctx, sc, known, layer)
		if err != nil {
			return nil, read, err
		}
		where, err := conditionOf(m.CQL, layer.Elevations)
		if err != nil {
			return nil, read, err
		}
		if area == nil {
			continue // nowhere on Earth, or from too far away
		}
		l := look{p: p, sc: sc, known: known, layer: layer, subject: found, variables: m.Variables, zoom: how.zoom}
		q := question{
			area: area, times: layer.Times, where: where, sort: order, limit: p.mostOf(found), asked: fmt.Sprint(m.CQL, layer.Elevations, m.SortBy), revision: known.revision,
		}
		drawn, err := l.drawn(ctx, m, q, how, &read)
		if err != nil {
			return nil, read, err
		}
		all = append(all, drawn...)
	}
	if most := p.maxShown(); len(all) > most {
		all, read.cut = all[:most], true
	}
	return all, read, nil
}

// drawn are the scenes of a layer: of its overview mosaic, or of the products that a question finds.
func (l look) drawn(ctx context.Context, m wms.Map, q question, how asking, read *reading) (sights, error) {
	var over *overlooked
	if !how.exact {
		over = l.p.overlook(ctx, l, m, q.area)
	}
	if over != nil && !over.stale {
		read.overview = true
		return over.scenes, nil
	}
	most := q.limit
	q.limit++ // one more tells whether there are more
	products, err := l.p.seen(ctx, l.sc, l.subject, q)
	if err != nil {
		return nil, err
	}
	if over != nil && len(products) > few {
		read.overview, read.stale = true, true
		return over.scenes, nil
	}
	if len(products) > most {
		if l.p.config.Limit.Mode == limitException {
			return nil, fault.At(fault.Invalid, "layers", "more than %d products of the layer %q lie in the map: ask for a smaller one, or for some of them by time or cql", most, l.layer.Name)
		}
		products, read.cut = products[:most], true
	}
	return l.sights(ctx, products)
}

// subjectOf is what a layer shows, as it was found before or by its name.
func (p *painter) subjectOf(ctx context.Context, sc scope.Scope, known view, layer wms.Layer) (subject, error) {
	if found, ok := layer.Source.(subject); ok {
		return found, nil
	}
	return p.find(ctx, sc, known, layer.Name)
}

// mostOf is how many products of a subject are looked for: with the others hidden, no more than there are pictures.
func (p *painter) mostOf(s subject) int {
	if limit := p.config.Limit; limit.Products > 0 && limit.Mode != limitOutlines && isPicture(s.look) {
		return min(limit.Products, p.maxScenes)
	}
	return p.maxShown()
}

// maxShown is how many scenes a map has at most, those that are outlines among them.
func (p *painter) maxShown() int {
	const outlined = 4
	if p.config.Limit.Mode == limitOutlines {
		return outlined * p.maxScenes
	}
	return p.maxScenes
}

func isPicture(l product.Look) bool {
	return l.Kind == product.LookPicture || l.Kind == product.LookOutlined
}

// zoomOf is the zoom level of a map by the size of its pixels: at level 0, 256 of them are the whole Earth.
func zoomOf(m wms.Map) int {
	perPixel := max((m.Bounds.Max[0]-m.Bounds.Min[0])/float64(m.Width), (m.Bounds.Max[1]-m.Bounds.Min[1])/float64(m.Height))
	whole := 2 * geo.MercatorExtent
	if m.CRS.Geographic() {
		whole = 360
	}
	return int(math.Floor(math.Log2(whole/256/perPixel) + 1e-9))
}

// look is a layer being made into scenes.
type look struct {
	p         *painter
	sc        scope.Scope
	known     view
	layer     wms.Layer
	subject   subject
	variables map[string]any
	zoom      int
}

// sights makes the scenes of the products that a layer shows.
func (l look) sights(ctx context.Context, products []record.Product) (sights, error) {
	if l.subject.look.Kind == product.LookHeatmap {
		return l.heat(products), nil
	}
	var all sights
	limit := l.p.config.Limit
	for i, one := range products {
		s := sight{layer: l.layer.Name, product: one, look: l.subject.look}
		s.Footprint = one.Footprint
		ok, err := false, error(nil)
		switch {
		case isPicture(s.look) && l.subject.single == nil && (limit.Zoom > 0 && l.zoom < limit.Zoom || limit.Products > 0 && i >= limit.Products || i >= l.p.maxScenes):
			ok = l.limited(&s)
		default:
			ok, err = l.scene(ctx, &s)
		}
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, s)
		}
	}
	return all, nil
}

// limited shows where a product is, in place of its picture.
func (l look) limited(s *sight) bool {
	limit := l.p.config.Limit
	colour, _ := raster.ColourNamed(cmp.Or(limit.Colour, "grey")) // checked at the start
	s.Outline = &raster.Outline{Colour: colour}
	if limit.Opacity > 0 {
		s.Area = &raster.Area{Geometry: footprintOf(s.product), Colour: color.NRGBA{colour.R, colour.G, colour.B, uint8(limit.Opacity*255 + .5)}}
	}
	return true
}

// scene makes the scene of a product; it is not ok when the product has nothing to show in this way.
func (l look) scene(ctx context.Context, s *sight) (ok bool, err error) {
	mask, err := l.mask(ctx, s.product)
	if err != nil {
		return false, err
	}
	switch s.look.Kind {
	case product.LookOutlines:
		return l.outline(s, mask)
	case product.LookMask:
		return l.area(s, mask), nil
	case product.LookOutlined:
		s.Outline = &raster.Outline{Colour: l.colour()}
		l.picture(s)
		return true, nil
	}
	if !l.picture(s) || mask.hidesAll() {
		return false, nil
	}
	if mask.there() {
		s.Masks = []raster.Mask{mask.Mask}
	}
	return true, nil
}

// colour is the colour that the style names, red without one.
func (l look) colour() color.NRGBA {
	if colour, ok := raster.ColourNamed(l.layer.Style); ok {
		return colour
	}
	colour, _ := raster.ColourNamed("red")
	return colour
}

// outline is the line around a product, or around what a mask leaves of it.
func (l look) outline(s *sight, mask mask) (bool, error) {
	s.Outline = &raster.Outline{Colour: l.colour()}
	if mask.hidesAll() {
		return false, nil
	}
	if s.look.Mask == "" || mask.Geometry == nil {
		return true, nil
	}
	left, err := raster.Clip(footprintOf(s.product), mask.onGlobe(), mask.Validity)
	if err != nil {
		slog.Warn("an outline is drawn without its mask", "id", s.product.ID, "error", err)
		return true, nil
	}
	s.Outline.Geometry = left
	return left != nil, nil
}

// area fills a mask of a product.
func (l look) area(s *sight, mask mask) bool {
	if !mask.there() {
		return false
	}
	s.Area = &raster.Area{Colour: l.colour()}
	mask.Validity = true // what the mask marks shows, whatever that means
	s.Masks = []raster.Mask{mask.Mask}
	return true
}

// picture adds the picture of a product. A coverage that does not lie where its workspace may read is left out: one wrong
// item shall not take its whole layer from everybody.
func (l look) picture(s *sight) bool {
	browse, ok := l.browse(s.product)
	if !ok {
		return false
	}
	s.Browse, s.Variables = browse, l.variables
	if style, ok := styleNamed(browse, l.layer.Style); ok && oneChannel(browse) && style.Check() == nil {
		s.Style = &style
	}
	for _, coverage := range s.product.Coverages {
		if l.subject.asset != "" && coverage.Asset != l.subject.asset {
			continue
		}
		if l.p.readable(s.product, coverage) {
			s.Coverages = append(s.Coverages, coverage)
		}
	}
	return len(s.Coverages) > 0
}

func (p *painter) readable(one record.Product, coverage record.Coverage) bool {
	err := p.access.allow(one.Workspace, coverage.Href)
	if err != nil {
		slog.Warn("a coverage is not drawn", "workspace", one.Workspace, "collection", one.Collection, "id", one.ID, "error", err)
	}
	return err == nil
}

// browse is how the picture of a product is made: its browse, or the bands that are asked for, over the ranges that are.
func (l look) browse(one record.Product) (product.Browse, bool) {
	var browse product.Browse
	ok := true
	if l.subject.asset != "" {
		coverage, _ := coverageOf(&one, l.subject.asset)
		browse = coverageBrowse(coverage)
	} else {
		browse, ok = l.known.products.BrowseOf(one, l.subject.look.Browse)
	}
	if len(l.layer.Bands) > 0 {
		browse, ok = bandBrowse(l.layer.Bands, typeOf(l.known.products.Config, one), one), true
	}
	return ranged(browse, l.layer.Ranges), ok
}

// coverageBrowse shows a file as it is: its red, green and blue, or the first three bands, or the first one.
func coverageBrowse(c record.Coverage) product.Browse {
	channel := func(b record.Band) *product.Channel { return bandChannel(c, b) }
	named := func(common string) int {
		return slices.IndexFunc(c.Bands, func(b record.Band) bool { return b.CommonName == common })
	}
	red, green, blue := named("red"), named("green"), named("blue")
	switch {
	case len(c.Bands) == 0:
		return product.Browse{Asset: c.Asset}
	case red >= 0 && green >= 0 && blue >= 0:
		return product.Browse{Red: channel(c.Bands[red]), Green: channel(c.Bands[green]), Blue: channel(c.Bands[blue])}
	case len(c.Bands) >= 3:
		return product.Browse{Red: channel(c.Bands[0]), Green: channel(c.Bands[1]), Blue: channel(c.Bands[2])}
	}
	return product.Browse{Grey: channel(c.Bands[0])}
}

// bandChannel shows a band over the range of its values.
func bandChannel(c record.Coverage, b record.Band) *product.Channel {
	return &product.Channel{Expression: b.Name, Range: product.RangeOf(c.Grid.DataType, b), NoData: b.NoData}
}

// bandBrowse shows bands of a product as they are, each over the range that a browse of the product type gives it, or
// else that of its values.
func bandBrowse(bands []string, t product.Type, one record.Product) product.Browse {
	channels := make([]*product.Channel, 4)
	for i, name := range bands {
		channels[i] = &product.Channel{Expression: name}
		for _, c := range one.Coverages {
			if at := slices.IndexFunc(c.Bands, func(b record.Band) bool { return b.Name == name }); at >= 0 {
				channels[i] = bandChannel(c, c.Bands[at])
				break
			}
		}
		if known := channelOf(t, name); known != nil {
			channels[i] = known
		}
	}
	if len(bands) == 1 {
		return product.Browse{Grey: channels[0]}
	}
	return product.Browse{Red: channels[0], Green: channels[1], Blue: channels[2], Alpha: channels[3]}
}

// channelOf finds a channel of a product type's browses that shows a band as it is.
func channelOf(t product.Type, band string) *product.Channel {
	for _, name := range t.BrowseNames() {
		b := t.Browses[name]
		for _, c := range []*product.Channel{b.Red, b.Green, b.Blue, b.Grey} {
			if c != nil && c.Expression == band {
				return c
			}
		}
	}
	return nil
}

// ranged is a browse over other ranges: one for all colours, or one for each.
func ranged(b product.Browse, ranges []wms.Range) product.Browse {
	if len(ranges) == 0 {
		return b
	}
	at := 0
	over := func(c *product.Channel) *product.Channel {
		if c == nil {
			return nil
		}
		r := ranges[min(at, len(ranges)-1)]
		if len(ranges) > 1 && at >= len(ranges) {
			return c // the last ones keep their own
		}
		at++
		other := *c
		other.Range = []float64{r.Low, r.High}
		return &other
	}
	b.Grey, b.Red, b.Green, b.Blue = over(b.Grey), over(b.Red), over(b.Green), over(b.Blue)
	if len(ranges) == 4 {
		b.Alpha = over(b.Alpha)
	}
	return b
}

// heatRange is the numbers of footprints that a heatmap tells apart when it is not told others.
var heatRange = [2]float64{0, 10}

// heat counts the footprints of products.
func (l look) heat(products []record.Product) sights {
	s := sight{layer: l.layer.Name, look: l.subject.look}
	var footprints []orb.Geometry
	for _, one := range products {
		if footprint := footprintOf(one); footprint != nil {
			footprints = append(footprints, footprint)
		}
	}
	if len(footprints) == 0 {
		return nil
	}
	s.Heat = footprints
	if style, ok := raster.StyleNamed(l.layer.Style); ok {
		s.Style = &style
	}
	s.HeatRange = heatRange // the same for every map, so that tiles fit together
	if len(l.layer.Ranges) > 0 {
		s.HeatRange = [2]float64{l.layer.Ranges[0].Low, l.layer.Ranges[0].High}
	}
	return sights{s}
}
