package main

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wcs"
)

// coverages are the rasters of the catalogue: the files of its items as coverages, its collections and items as dataset series
// (wcs.Store). A coverage is called after its item and its asset, as the layer that shows it is (REG-25).
type coverages struct{ *painter }

// covered is a raster of an item.
type covered struct {
	product  record.Product
	coverage record.Coverage
}

// Contents lists the collections as series, and the items that are layers by themselves by their coverages; with conditions, the
// coverages of all items that they select.
func (c coverages) Contents(ctx context.Context, sc scope.Scope, conditions wcs.Conditions) (wcs.Contents, error) {
	where, err := conditionOf(conditions.Products, nil)
	if err != nil {
		return wcs.Contents{}, err
	}
	series, err := conditionOf(conditions.Series, nil)
	if err != nil {
		return wcs.Contents{}, err
	}
	known, err := c.views.of(ctx, sc)
	if err != nil {
		return wcs.Contents{}, err
	}
	contents := wcs.Contents{Series: collectionsAs(known.extents, series)}
	if where == nil {
		where = alone(known.extents)
	}
	if where != nil {
		products, err := c.store.Products(ctx, sc, catalogue.ProductQuery{Filter: where, Limit: maxSelected})
		if err != nil {
			return wcs.Contents{}, err
		}
		contents.Coverages = c.all(products)
	}
	if conditions == (wcs.Conditions{}) {
		contents.Sequence, err = c.store.Sequence(ctx, sc)
	}
	return contents, err
}

// collectionsAs are the collections that fit a condition as series.
func collectionsAs(extents []record.Extent, where filter.Expr) []wcs.Series {
	var all []wcs.Series
	for _, e := range extents {
		if e.Collection != "" && (where == nil || filter.Holds(where, recordOf(e))) {
			all = append(all, seriesOf(e))
		}
	}
	return all
}

func seriesOf(e record.Extent) wcs.Series {
	return wcs.Series{ID: wcs.Identifier(e.Collection), Title: e.Title, Bounds: e.Bounds, Time: e.Time}
}

// recordOf is what conditions see of a collection.
func recordOf(e record.Extent) record.Record {
	return record.Record{Key: record.Key{ID: e.Collection}, Title: e.Title, Time: e.Time, Footprint: e.Bounds.ToPolygon()}
}

// alone is the condition on items that are layers by themselves; nil for none.
func alone(extents []record.Extent) filter.Expr {
	var ids []string
	for _, e := range extents {
		if e.ID != "" && len(ids) < maxSelected {
			ids = append(ids, e.ID)
		}
	}
	return filter.OneOf(filter.PropertyID, ids...)
}

// all are the coverages of products that can be read.
func (c coverages) all(products []record.Product) []wcs.Coverage {
	var all []wcs.Coverage
	for _, product := range products {
		for _, coverage := range product.Coverages {
			if one, ok := c.described(product, coverage); ok {
				all = append(all, one)
			}
		}
	}
	return all
}

// described is a raster as a coverage; one whose place is not known, or that must not be read, is none.
func (c coverages) described(product record.Product, coverage record.Coverage) (wcs.Coverage, bool) {
	if !coverage.Grid.Valid() || !c.readable(product, coverage) {
		return wcs.Coverage{}, false
	}
	one := wcs.Coverage{
		ID: wcs.Identifier(product.ID + "_" + coverage.Asset), Product: product.ID, Parent: product.Collection, Time: product.Time, Footprint: footprintOf(product),
		Grid: coverage.Grid, Source: covered{product, coverage},
	}
	for _, b := range coverage.Bands {
		f := wcs.Field{Name: b.Name, Description: b.CommonName, NoData: b.NoData}
		if f.NoData == nil {
			f.NoData = coverage.Grid.NoData
		}
		one.Fields = append(one.Fields, f)
	}
	return one, true
}

// Coverages finds coverages by their identifiers.
func (c coverages) Coverages(ctx context.Context, sc scope.Scope, ids []string) ([]wcs.Coverage, error) {
	products, err := c.named(ctx, sc, ids)
	if err != nil {
		return nil, err
	}
	var all []wcs.Coverage
	for _, id := range ids {
		if one, ok := c.coverageNamed(id, products); ok {
			all = append(all, one)
		}
	}
	return all, nil
}

// maxNamed bounds the products that are looked at for some identifiers: several may have an id, in as many collections.
const maxNamed = 1000

// named finds the products that identifiers may be of, or of whose coverages.
func (c coverages) named(ctx context.Context, sc scope.Scope, ids []string) ([]record.Product, error) {
	var wanted []string
	for _, id := range ids {
		for _, one := range productsOf(id) {
			if !slices.Contains(wanted, one) && utf8.ValidString(one) && !strings.ContainsRune(one, 0) {
				wanted = append(wanted, one)
			}
		}
	}
	where := filter.OneOf(filter.PropertyID, wanted...)
	if where == nil {
		return nil, nil
	}
	return c.store.Products(ctx, sc, catalogue.ProductQuery{Filter: where, Limit: maxNamed})
}

// maxSplits bounds the ways to read the identifier of a coverage as those of a product and an asset.
const maxSplits = 8

// productsOf are the ids of products that an identifier may stand for: it itself, and what stands before an underscore.
func productsOf(id string) []string {
	all := []string{id}
	if text := wcs.Text(id); text != id {
		all = append(all, text)
	}
	for _, form := range all {
		for n, at := 0, strings.LastIndexByte(form, '_'); at > 0 && n < maxSplits; n, at = n+1, strings.LastIndexByte(form[:at], '_') {
			all = append(all, form[:at])
		}
	}
	return all
}

// coverageNamed finds the coverage of an identifier.
func (c coverages) coverageNamed(id string, products []record.Product) (wcs.Coverage, bool) {
	for _, product := range products {
		for _, coverage := range product.Coverages {
			if name := product.ID + "_" + coverage.Asset; name != id && wcs.Identifier(name) != id {
				continue
			}
			if one, ok := c.described(product, coverage); ok {
				return one, true
			}
		}
	}
	return wcs.Coverage{}, false
}
