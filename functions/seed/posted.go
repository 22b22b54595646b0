package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ogcapi"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
	"perigee/shared/wmts"
)

// posted is the body of a request to seed. What is left out: every grid in which the layer is kept, as far as the layer
// reaches, without a time, the levels that the deployment seeds, mode seed.
type posted struct {
	Layer   string    `json:"layer"`
	Style   string    `json:"style"`
	Grid    string    `json:"grid"`
	Grids   []string  `json:"grids"`
	BBox    []float64 `json:"bbox"` // west, south, east, north; west > east crosses the date line
	Time    string    `json:"time"`
	MinZoom *int      `json:"minzoom"`
	MaxZoom *int      `json:"maxzoom"`
	Mode    string    `json:"mode"`
	Format  string    `json:"format"` // png or jpeg, or their media types
}

// maxGrids bounds the grids of a request: there are not as many.
const maxGrids = 10

func newID() string { return strings.ToLower(rand.Text()) }

// orderOf reads what exactly a request asks for; all that is wrong with it is told at once.
func (s *seeder) orderOf(ctx context.Context, sc scope.Scope, p posted) (layer string, o order, err error) {
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	o = order{Mode: cmp.Or(p.Mode, modeSeed), Block: s.config.Block, sets: s.sets}
	if !slices.Contains([]string{modeSeed, modeReseed, modeDelete}, o.Mode) {
		note(fault.At(fault.Invalid, "mode", "mode is %q, not %s, %s or %s", o.Mode, modeSeed, modeReseed, modeDelete))
	}
	if o.Mode == modeDelete {
		o.Block = maxSide
	}
	o.Format, err = formatOf(p.Format)
	note(err)
	when, err := wmts.ParseTime(p.Time)
	if err != nil {
		note(fault.At(fault.Invalid, "time", "%v", err))
	}
	node, err := s.layer(ctx, sc, p.Layer, o.Mode == modeDelete)
	if err != nil {
		return "", o, errors.Join(append(errs, err)...)
	}
	o.Subject = node.Base
	area, err := areaAsked(p.BBox, node.Bounds)
	note(err)
	o.Areas = [][]orb.Bound{area}
	if s.config.Overviews && o.Mode != modeDelete && when.IsZero() && node.ItemID == "" {
		o.Overviews = []int{0}
	}
	style, err := styleOf(node, p.Style)
	note(err)
	o.Parts, err = s.partsAsked(p, node, style, when)
	note(err)
	note(s.zooms(p, &o))
	if err := errors.Join(errs...); err != nil {
		return "", o, err
	}
	if n := o.tiles(); n > s.config.MaxTiles {
		return "", o, fault.At(fault.Invalid, "maxzoom", "these are %d tiles, one job has at most %d: ask for fewer levels, or a smaller bbox", n, s.config.MaxTiles)
	}
	return node.Name, o, nil
}

// layer finds the layer of a name. What is left of one that is no more can still be deleted.
func (s *seeder) layer(ctx context.Context, sc scope.Scope, name string, gone bool) (product.Node, error) {
	if name == "" {
		return product.Node{}, fault.At(fault.Invalid, "layer", "the request names no layer")
	}
	extents, products, err := s.look(ctx, sc)
	if err != nil {
		return product.Node{}, err
	}
	nodes := wmts.Flatten(products.LayerTree(extents))
	byName := func(name string) int {
		return slices.IndexFunc(nodes, func(n product.Node) bool { return n.Name == name })
	}
	if i := byName(name); i >= 0 {
		return nodes[i], nil
	}
	target, err := products.Resolve(name, extents)
	if i := byName(target.Base); err == nil && i >= 0 {
		node := nodes[i]
		node.Name, node.Browse = name, target.Browse
		return node, nil
	}
	if gone {
		return product.Node{Name: name, Base: name, Grids: product.DefaultGrids(), Styles: []string{wmts.DefaultStyle}}, nil
	}
	return product.Node{}, fault.At(fault.NotFound, "layer", "there is no layer %q", name)
}

func styleOf(node product.Node, asked string) (string, error) {
	switch {
	case asked == "" || asked == wmts.DefaultStyle:
		return node.Styles[0], nil
	case slices.Contains(node.Styles, asked):
		return asked, nil
	}
	return "", fault.At(fault.Invalid, "style", "the layer %q has no style %q", node.Name, asked)
}

func formatOf(asked string) (string, error) {
	switch asked {
	case "", "png", tilecache.PNG:
		return tilecache.PNG, nil
	case "jpg", "jpeg", tilecache.JPEG:
		return tilecache.JPEG, nil
	}
	return "", fault.At(fault.Invalid, "format", "format is %q, not png or jpeg", asked)
}

// areaAsked is the box that is asked for, cut in two at the date line; else as far as the layer reaches.
func areaAsked(bbox []float64, bounds orb.Bound) ([]orb.Bound, error) {
	if bbox == nil {
		if bounds == (orb.Bound{}) {
			bounds = grid.CellBounds(grid.Everywhere)
		}
		return []orb.Bound{bounds}, nil
	}
	box, err := ogcapi.BBox(bbox)
	if err != nil {
		return nil, err
	}
	if halves, ok := box.(orb.MultiPolygon); ok {
		return []orb.Bound{halves[0].Bound(), halves[1].Bound()}, nil
	}
	return []orb.Bound{box.Bound()}, nil
}

// partsAsked are the pyramids in the grids that are asked for, each as deep as the layer is kept there; what is to be
// deleted may be deeper, for it may be left from another configuration.
func (s *seeder) partsAsked(p posted, node product.Node, style string, when record.Interval) ([]part, error) {
	node.Styles = []string{style}
	text := ""
	if !when.IsZero() {
		text = when.String()
	}
	kept := s.partsOf(node, text, 0)
	names := p.Grids
	if p.Grid != "" {
		names = append([]string{p.Grid}, names...)
	}
	if len(names) > maxGrids {
		return nil, fault.At(fault.Invalid, "grids", "%d grids are named, at most %d are possible", len(names), maxGrids)
	}
	chosen, err := s.choose(kept, names, node.Name)
	if p.Mode == modeDelete {
		for i := range chosen {
			set, _ := s.setOf(chosen[i].Grid) // partsOf found it
			chosen[i].MaxZoom = set.Levels - 1
		}
	}
	return chosen, err
}

// choose picks the parts in the named grids, all when none is named.
func (s *seeder) choose(kept []part, names []string, layer string) ([]part, error) {
	if len(names) == 0 {
		return kept, nil
	}
	var chosen []part
	var errs []error
	for _, name := range names {
		set, err := s.setOf(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		i := slices.IndexFunc(kept, func(k part) bool { return k.Grid == set.ID })
		switch {
		case i < 0:
			errs = append(errs, fault.At(fault.Invalid, "grid", "the layer %q is not kept in the grid %s", layer, set.ID))
		case !slices.Contains(chosen, kept[i]):
			chosen = append(chosen, kept[i])
		}
	}
	return chosen, errors.Join(errs...)
}

// zooms reads the levels. Without a last one it is that of the deployment, or the deepest of the layer; a level that is
// asked for must be one that is kept in each grid.
func (s *seeder) zooms(p posted, o *order) error {
	deepest := 0
	for _, part := range o.Parts {
		deepest = max(deepest, part.MaxZoom)
	}
	o.MinZoom = min(max(s.config.MinZoom, 0), deepest)
	if p.MinZoom != nil {
		o.MinZoom = *p.MinZoom
	}
	o.MaxZoom = max(min(s.config.MaxZoom, deepest), o.MinZoom)
	if p.MaxZoom != nil {
		o.MaxZoom = *p.MaxZoom
	}
	if o.MinZoom < 0 || o.MinZoom > o.MaxZoom {
		return fault.At(fault.Invalid, "minzoom", "the levels are %d to %d", o.MinZoom, o.MaxZoom)
	}
	for _, part := range o.Parts {
		if o.MaxZoom > part.MaxZoom && p.MaxZoom != nil {
			return fault.At(fault.Invalid, "maxzoom", "in the grid %s the layer is kept down to level %d, not %d", part.Grid, part.MaxZoom, o.MaxZoom)
		}
	}
	return nil
}
