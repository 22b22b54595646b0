package main

import (
	"cmp"
	"context"
	"image/color"
	"log/slog"

	"github.com/paulmach/orb"

	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

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
