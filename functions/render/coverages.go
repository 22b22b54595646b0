package main

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"perigee/shared/catalogue"
	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/raster"
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

// Set finds what belongs to identifiers: series, then coverages, newest first.
func (c coverages) Set(ctx context.Context, sc scope.Scope, q wcs.SetQuery) (wcs.Set, error) {
	known, err := c.views.of(ctx, sc)
	if err != nil {
		return wcs.Set{}, err
	}
	named, err := c.named(ctx, sc, q.IDs)
	if err != nil {
		return wcs.Set{}, err
	}
	s := set{coverages: c, q: q, where: conditionsOf(q), seen: map[string]bool{}}
	for _, id := range q.IDs {
		if extent, ok := extentNamed(known.extents, id); ok {
			err = s.collection(ctx, sc, extent)
		} else if !s.product(id, named) && !s.coverage(id, named) {
			s.unknown = append(s.unknown, id)
		}
		if err != nil {
			return wcs.Set{}, err
		}
	}
	return s.page(), nil
}

func extentNamed(extents []record.Extent, id string) (record.Extent, bool) {
	for _, e := range extents {
		if e.Collection != "" && (e.Collection == id || wcs.Identifier(e.Collection) == id) {
			return e, true
		}
	}
	return record.Extent{}, false
}

// conditionsOf is where and when what is asked for lies; nil: anywhere, at any time.
func conditionsOf(q wcs.SetQuery) filter.Expr {
	var all filter.And
	switch {
	case q.Area != nil && q.Contained:
		all = append(all, filter.Spatial{Op: filter.SWithin, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: q.Area}, MissingIsFalse: true})
	case q.Area != nil:
		all = append(all, filter.Intersects(q.Area))
	}
	if !q.Time.IsZero() {
		all = append(all, filter.During(q.Time))
	}
	if q.Contained && !q.Time.Start.IsZero() {
		all = append(all, filter.Compare{Op: filter.GreaterOrEqual, Left: filter.PropertyStart, Right: filter.Timestamp{Time: q.Time.Start}})
	}
	if q.Contained && !q.Time.End.IsZero() {
		all = append(all, filter.Compare{Op: filter.LessOrEqual, Left: filter.PropertyEnd, Right: filter.Timestamp{Time: q.Time.End}})
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// set gathers what belongs to identifiers.
type set struct {
	coverages
	q       wcs.SetQuery
	where   filter.Expr
	seen    map[string]bool
	series  []wcs.Series
	found   []wcs.Coverage
	beyond  int // coverages that are known to fit and were not read
	unknown []string
}

// maxCounted bounds the items whose coverages are counted where not all are shown.
const maxCounted = 10_000

// collection adds a collection and the coverages of its items.
func (s *set) collection(ctx context.Context, sc scope.Scope, e record.Extent) error {
	if s.where == nil || filter.Holds(s.where, recordOf(e)) {
		s.addSeries(seriesOf(e))
	}
	if !s.q.Coverages {
		return nil
	}
	limit := s.q.Start + s.q.Count
	query := catalogue.ProductQuery{Layer: e.Collection, Filter: s.where, Limit: max(limit, 1)}
	products, err := s.store.Products(ctx, sc, query)
	if err != nil {
		return err
	}
	read := 0
	for _, product := range products {
		read += len(product.Coverages)
	}
	s.add(s.all(products))
	if len(products) < query.Limit {
		return nil
	}
	query.Limit = maxCounted
	items, all, err := s.store.CountCoverages(ctx, sc, query)
	if items == maxCounted && s.where == nil { // of the rest, only the items are counted
		all = all / items * e.Count
	}
	s.beyond += max(all-read, 0)
	return err
}

// product adds an item as a series, and its coverages; false when there is none of that identifier.
func (s *set) product(id string, named []record.Product) bool {
	there := false
	for _, product := range named {
		if product.ID != id && wcs.Identifier(product.ID) != id {
			continue
		}
		if there = true; s.fits(product) {
			s.addSeries(wcs.Series{ID: wcs.Identifier(product.ID), Bounds: boundsOf(product), Time: product.Time})
			s.add(s.all([]record.Product{product}))
		}
	}
	return there
}

// coverage adds a single coverage; false when there is none of that identifier.
func (s *set) coverage(id string, named []record.Product) bool {
	one, ok := s.coverageNamed(id, named)
	if ok && s.fits(one.Source.(covered).product) {
		s.add([]wcs.Coverage{one})
	}
	return ok
}

func (s *set) fits(product record.Product) bool {
	return s.where == nil || filter.Holds(s.where, record.Record{Key: product.Key, Time: product.Time, Footprint: footprintOf(product)})
}

func (s *set) addSeries(one wcs.Series) {
	if s.q.Series && !s.seen[one.ID] {
		s.seen[one.ID] = true
		s.series = append(s.series, one)
	}
}

func (s *set) add(all []wcs.Coverage) {
	for _, one := range all {
		if s.q.Coverages && !s.seen[one.ID] {
			s.seen[one.ID] = true
			s.found = append(s.found, one)
		}
	}
}

// page takes out what is asked for of the series and, behind them, the coverages.
func (s *set) page() wcs.Set {
	answer := wcs.Set{Matched: len(s.series) + len(s.found) + s.beyond, Unknown: s.unknown}
	start, count := s.q.Start, s.q.Count
	from := min(start, len(s.series))
	answer.Series = s.series[from:min(from+count, len(s.series))]
	count -= len(answer.Series)
	from = min(max(start-len(s.series), 0), len(s.found))
	answer.Coverages = s.found[from:min(from+count, len(s.found))]
	return answer
}

// Cut plans to take a part out of a coverage.
func (c coverages) Cut(ctx context.Context, _ scope.Scope, cut wcs.Cut) (wcs.Piece, error) {
	source := cut.Coverage.Source.(covered)
	planned, err := c.raster.Cut(ctx, raster.Cut{
		Coverage: source.coverage, Bands: cut.Fields, Box: raster.Box{CRS: cut.SubsettingCRS, Min: cut.Min, Max: cut.Max}, CRS: cut.OutputCRS,
		Scale: [2]raster.Scale{raster.Scale(cut.Scale[0]), raster.Scale(cut.Scale[1])}, Resampling: interpolations[cut.Interpolation],
		Encoding: raster.Encoding{
			Type: cut.Format, Compression: strings.ToUpper(cut.GeoTIFF.Compression), Quality: cut.GeoTIFF.Quality, Predictor: cut.GeoTIFF.Predictor,
			ByBand: cut.GeoTIFF.ByBand, Tile: cut.GeoTIFF.Tile,
		},
	})
	if err != nil {
		return nil, late(ctx, err)
	}
	return piece{c.painter, planned}, nil
}

// interpolations are the ways of resampling by the names of the protocol.
var interpolations = map[string]raster.Resampling{
	"": raster.Nearest, "nearest-neighbor": raster.Nearest, "bilinear": raster.Bilinear, "cubic": raster.Cubic, "cubic-spline": "cubicspline",
	"lanczos": "lanczos", "average": "average", "mode": "mode",
}

// piece is a planned part of a coverage (wcs.Piece).
type piece struct {
	painter *painter
	planned *raster.Piece
}

// Place is the grid of the part.
func (p piece) Place() geo.Grid { return p.planned.Grid }

// EntityTag is the same for the same file.
func (p piece) EntityTag() string { return p.planned.Tag }

// Open makes the file. What has to be computed takes a turn, as maps do; what is sent as it is read does not.
func (p piece) Open(ctx context.Context, patience time.Duration) (wcs.Content, error) {
	if !p.planned.Streamed() {
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		leave, err := p.painter.turn(waiting, foreground)
		if err != nil {
			return nil, late(waiting, err)
		}
		defer leave()
	}
	content, err := p.planned.Open(ctx, patience)
	if err != nil {
		return nil, err
	}
	return content, nil
}
