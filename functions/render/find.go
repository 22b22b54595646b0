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
	"perigee/shared/filter"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// store is the catalogue as it is asked here.
type store interface {
	ExtentsAndOverlay(ctx context.Context, sc scope.Scope, known int64) ([]record.Extent, catalogue.Overlay, error)
	Products(ctx context.Context, sc scope.Scope, q catalogue.ProductQuery) ([]record.Product, error)
	CountCoverages(ctx context.Context, sc scope.Scope, q catalogue.ProductQuery) (items, coverages int, err error)
	Record(ctx context.Context, sc scope.Scope, typ, collection, id string) (record.Record, error)
	Elevations(ctx context.Context, sc scope.Scope) ([]catalogue.Elevations, error)
	Sequence(ctx context.Context, sc scope.Scope) (int64, error)
	RevisionsAll(ctx context.Context, sc scope.Scope, since map[string]int64) ([]catalogue.Revision, map[string]int64, error)
}

// subject is what a layer's name stands for: a layer of the catalogue, or a single product, and how it is looked at.
type subject struct {
	layer  string
	single *record.Product
	look   product.Look
	asset  string // of a single product, whose bands are shown by themselves; empty: the look decides
}

// find resolves the name of a layer. A name that is no layer may be that of an item, alone or with a look (RND-03),
// or that of one of its coverages (REG-25), whether or not the item belongs to a collection.
func (p *painter) find(ctx context.Context, sc scope.Scope, known view, name string) (subject, error) {
	target, err := known.products.Resolve(name, known.extents)
	if err == nil && target.ItemID == "" {
		look, _ := product.ParseLook(target.Browse, known.products.Browses(target.Base), known.products.Masks(target.Base))
		return subject{layer: target.Base, look: look}, nil
	}
	base, _ := product.Split(name)
	if _, collection := known.products.Collections[base]; collection && err != nil {
		return subject{}, err
	}
	for _, candidate := range candidates(name) {
		found, err := p.store.Products(ctx, sc, catalogue.ProductQuery{ID: candidate.id, Limit: 1})
		if fault.KindOf(err) == fault.Invalid || err == nil && len(found) == 0 {
			continue // no id can look like this, or no item has it
		}
		if err != nil {
			return subject{}, err
		}
		if s, ok := candidate.subject(known.products.Config, &found[0]); ok {
			return s, nil
		}
	}
	return subject{}, fault.At(fault.NotFound, "layer", "there is no layer %q", name)
}

// candidate is a way to read the name of a layer as that of an item with a look, or of one of its coverages.
type candidate struct{ id, look, asset string }

// maxCandidates bounds how often the catalogue is asked about one name.
const maxCandidates = 6

// candidates are the ways to read a name: ids, and the names of assets, may hold the separators.
func candidates(name string) []candidate {
	if name == "" {
		return nil
	}
	all := []candidate{{id: name}}
	for at := strings.Index(name, product.Separator); at >= 0 && len(all) < maxCandidates; {
		if at > 0 {
			all = append(all, candidate{id: name[:at], look: name[at+len(product.Separator):]})
		}
		next := strings.Index(name[at+1:], product.Separator)
		if next < 0 {
			break
		}
		at += 1 + next
	}
	if at := strings.LastIndexByte(name, '_'); at > 0 && at < len(name)-1 && name[at-1] != '_' {
		all = append(all, candidate{id: name[:at], asset: name[at+1:]})
	}
	return all
}

func (c candidate) subject(products product.Config, one *record.Product) (subject, bool) {
	if c.asset != "" {
		_, ok := coverageOf(one, c.asset)
		return subject{single: one, asset: c.asset, look: product.Look{Kind: product.LookPicture}}, ok
	}
	kind := typeOf(products, *one)
	look, ok := product.ParseLook(c.look, kind.BrowseNames(), kind.MaskNames())
	if ok && c.look == "" && len(kind.Browses) == 0 {
		return subject{}, false // nothing of it can be drawn
	}
	return subject{single: one, look: look}, ok && look.Kind != product.LookHeatmap
}

func coverageOf(one *record.Product, asset string) (record.Coverage, bool) {
	i := slices.IndexFunc(one.Coverages, func(c record.Coverage) bool { return c.Asset == asset })
	if i < 0 {
		return record.Coverage{}, false
	}
	return one.Coverages[i], true
}

// question is what of a subject a map shows.
type question struct {
	area  orb.Geometry
	times []record.Interval // none: any
	where filter.Expr       // nil: no condition
	sort  []catalogue.Sort  // none: newest first
	limit int

	asked    string // names the condition and the order, as they were written
	revision int64  // of the workspace, which the asker knows of
}

// seen lists what of a subject is asked for, in the order in which it lies on top.
func (p *painter) seen(ctx context.Context, sc scope.Scope, s subject, q question) ([]record.Product, error) {
	if len(q.times) == 0 {
		q.times = []record.Interval{{}}
	}
	if s.single != nil {
		return p.seenAlone(ctx, sc, s, q)
	}
	var all []record.Product
	for _, interval := range q.times {
		found, err := p.finds.products(ctx, sc, s.layer, q, interval)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	if len(q.times) > 1 {
		all = merged(all, q.sort)
	}
	return all[:min(len(all), q.limit)], nil
}

// seenAlone is the single product of a subject, if it is asked for.
func (p *painter) seenAlone(ctx context.Context, sc scope.Scope, s subject, q question) ([]record.Product, error) {
	if !slices.ContainsFunc(q.times, func(i record.Interval) bool { return shares(s.single, i) }) {
		return nil, nil
	}
	if q.where == nil {
		return []record.Product{*s.single}, nil
	}
	return p.store.Products(ctx, sc, catalogue.ProductQuery{ID: s.single.ID, Filter: q.where, Limit: 1})
}

// shares tells whether a product shares an instant with an interval, as the catalogue decides on those of a layer: one
// without a time does with none.
func shares(one *record.Product, i record.Interval) bool {
	return i.IsZero() || filter.Holds(filter.During(i), record.Record{Time: one.Time})
}

// merged puts products that were found in several intervals together, each once. In an order that only the catalogue
// knows, those of the first interval lie on top.
func merged(all []record.Product, sort []catalogue.Sort) []record.Product {
	if len(sort) == 0 {
		return newestFirst(all)
	}
	seen := map[record.Key]bool{}
	return slices.DeleteFunc(all, func(p record.Product) bool {
		again := seen[p.Key]
		seen[p.Key] = true
		return again
	})
}

// newestFirst puts products that were found in several intervals in the order of the catalogue (RND-04), each once.
func newestFirst(all []record.Product) []record.Product {
	slices.SortStableFunc(all, func(a, b record.Product) int {
		return cmp.Or(b.Time.Start.Compare(a.Time.Start), b.Time.End.Compare(a.Time.End), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Workspace, b.Workspace), cmp.Compare(a.Collection, b.Collection))
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
