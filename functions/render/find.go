package main

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// store is the catalogue as it is asked here.
type store interface {
	ExtentsAndOverlay(ctx context.Context, sc scope.Scope, known int64) ([]record.Extent, catalogue.Overlay, error)
	Products(ctx context.Context, sc scope.Scope, q catalogue.ProductQuery) ([]record.Product, error)
}

// subject is what a layer's name stands for: a layer of the catalogue, or a single product.
type subject struct {
	layer  string
	single *record.Product
	browse string // empty for the default one
}

// find resolves the name of a layer. A name that is no layer may be that of an item, alone or with the name of one of
// its browses (RND-03), whether or not the item belongs to a collection.
func (p *painter) find(ctx context.Context, sc scope.Scope, known view, name string) (subject, error) {
	target, err := known.products.Resolve(name, known.extents)
	if err == nil && target.ItemID == "" {
		return subject{layer: target.Base, browse: target.Browse}, nil
	}
	base, _ := product.Split(name)
	if _, collection := known.products.Collections[base]; collection && err != nil {
		return subject{}, err
	}
	for _, candidate := range candidates(name) {
		found, err := p.store.Products(ctx, sc, catalogue.ProductQuery{ID: candidate.layer, Limit: 1})
		if fault.KindOf(err) == fault.Invalid || err == nil && len(found) == 0 {
			continue // no id can look like this, or no item has it
		}
		if err != nil {
			return subject{}, err
		}
		if _, ok := known.products.BrowseOf(found[0], candidate.browse); ok {
			return subject{single: &found[0], browse: candidate.browse}, nil
		}
	}
	return subject{}, fault.At(fault.NotFound, "layer", "there is no layer %q", name)
}

// candidates are the ways to read the name of a layer as an item with or without a browse: ids may hold the separator.
func candidates(name string) []subject {
	var all []subject
	if name != "" {
		all = append(all, subject{layer: name})
	}
	for _, at := range []int{strings.Index(name, product.Separator), strings.LastIndex(name, product.Separator)} {
		if at > 0 {
			all = append(all, subject{layer: name[:at], browse: name[at+len(product.Separator):]})
		}
	}
	return slices.Compact(all)
}

// seen lists what of a subject lies in an area and in one of the times (none: any), newest first.
func (p *painter) seen(ctx context.Context, sc scope.Scope, s subject, area orb.Geometry, times []record.Interval) ([]record.Product, error) {
	if len(times) == 0 {
		times = []record.Interval{{}}
	}
	if s.single != nil {
		if !slices.ContainsFunc(times, s.single.Time.Overlaps) {
			return nil, nil
		}
		return []record.Product{*s.single}, nil
	}
	var all []record.Product
	for _, interval := range times {
		found, err := p.store.Products(ctx, sc, catalogue.ProductQuery{Layer: s.layer, Geometry: area, Time: interval, Limit: p.maxScenes})
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	if len(times) > 1 {
		all = newestFirst(all)
	}
	return all[:min(len(all), p.maxScenes)], nil
}

// newestFirst puts products that were found in several intervals in the order of the catalogue (RND-04), each once.
func newestFirst(all []record.Product) []record.Product {
	slices.SortStableFunc(all, func(a, b record.Product) int {
		return cmp.Or(b.Time.End.Compare(a.Time.End), b.Time.Start.Compare(a.Time.Start), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Workspace, b.Workspace), cmp.Compare(a.Collection, b.Collection))
	})
	return slices.CompactFunc(all, func(a, b record.Product) bool { return a.Key == b.Key })
}

// typeOf is how a product can be looked at: by its product type, or by the rendering that was made for it.
func typeOf(products product.Config, one record.Product) product.Type {
	if t, ok := products.TypeNamed(one.Type); ok && one.Type != "" {
		return t
	}
	var t product.Type
	if json.Unmarshal(one.Browses, &t) != nil {
		return product.Type{}
	}
	return t
}
