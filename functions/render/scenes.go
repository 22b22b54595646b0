package main

import (
	"context"
	"fmt"
	"math"

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
