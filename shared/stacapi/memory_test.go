package stacapi

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// memory is a Store in memory. It answers for the workspaces that the scope may read, pages by position, and compares
// footprints by their bounds.
type memory struct {
	items       []record.Record
	collections []Collection
	writes      writes
}

func (m *memory) addItem(workspace, source string, raw []byte) error {
	item, err := stac.DecodeItem(raw)
	if err != nil {
		return err
	}
	rec := record.Record{
		Key:  record.Key{Workspace: workspace, Collection: cmp.Or(item.Collection, Uncollected), ID: item.ID},
		Type: record.TypeItem, Time: item.Time, Footprint: item.Geometry, Properties: item.Properties, Document: raw, MediaType: stac.MediaTypeItem, Source: source,
	}
	m.items = append(m.items, rec)
	slices.SortFunc(m.items, func(a, b record.Record) int {
		return cmp.Or(b.Time.Start.Compare(a.Time.Start), cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

func (m *memory) addCollection(workspace, source string, raw []byte) error {
	c, err := stac.DecodeCollection(raw)
	if err != nil {
		return err
	}
	m.collections = append(m.collections, Collection{Workspace: workspace, ID: c.ID, Title: c.Title, Document: raw, Source: source})
	return nil
}

func (m *memory) Search(_ context.Context, sc scope.Scope, q Query) (Page, error) {
	if err := sc.Valid(); err != nil {
		return Page{}, err
	}
	var found []record.Record
	for _, item := range m.items {
		if slices.Contains(sc.Readable(), item.Workspace) && q.fits(item) {
			found = append(found, item)
		}
	}
	slices.SortStableFunc(found, func(a, b record.Record) int { return q.compare(a, b) })
	from, to, next, prev, err := cut(len(found), q.Limit, q.After)
	if err != nil {
		return Page{}, err
	}
	return Page{Items: found[from:to], Next: next, Prev: prev}, nil
}

// compare orders by ids alone.
func (q Query) compare(a, b record.Record) int {
	for _, k := range q.Sort {
		switch c := cmp.Compare(a.ID, b.ID); {
		case k.Property != "id" || c == 0:
		case k.Desc:
			return -c
		default:
			return c
		}
	}
	return 0
}

func (q Query) fits(item record.Record) bool {
	if len(q.Collections) > 0 && !slices.Contains(q.Collections, item.Collection) || len(q.IDs) > 0 && !slices.Contains(q.IDs, item.ID) {
		return false
	}
	if q.Filter != nil && !filter.Holds(q.Filter, item) {
		return false
	}
	return q.Time.Overlaps(item.Time) && touches(q.Geometry, item.Footprint)
}

func touches(g, footprint orb.Geometry) bool {
	if g == nil {
		return true
	}
	if many, ok := g.(orb.MultiPolygon); ok {
		return slices.ContainsFunc(many, func(p orb.Polygon) bool { return touches(p, footprint) })
	}
	return g.Bound().Intersects(footprint.Bound())
}

// cut gives the part of n things that a token asks for.
func cut(n, limit int, after string) (from, to int, next, prev string, err error) {
	if after != "" {
		text, ok := strings.CutPrefix(after, "at ")
		if from, err = strconv.Atoi(text); err != nil || !ok || from > n {
			return 0, 0, "", "", fault.At(fault.Invalid, "token", "the token is not one of this question")
		}
	}
	to = min(from+limit, n)
	if to < n {
		next = fmt.Sprint("at ", to)
	}
	if from > 0 {
		prev = fmt.Sprint("at ", max(from-limit, 0))
	}
	return from, to, next, prev, nil
}

func (m *memory) ItemMonths(_ context.Context, sc scope.Scope, collections []string) ([]Month, error) {
	counts := map[Month]int64{}
	for _, item := range m.items {
		if slices.Contains(sc.Readable(), item.Workspace) && slices.Contains(collections, item.Collection) {
			counts[Month{Collection: item.Collection, Year: item.Time.Start.Year(), Month: item.Time.Start.Month()}]++
		}
	}
	var months []Month
	for month, n := range counts {
		month.Count = n
		months = append(months, month)
	}
	slices.SortFunc(months, func(a, b Month) int {
		return cmp.Or(cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month))
	})
	return months, nil
}

func (m *memory) Catalogs(_ context.Context, sc scope.Scope, limit int, after string) (CatalogPage, error) {
	var all []Catalog
	if len(sc.Includes) > 0 {
		for _, workspace := range sc.Readable() {
			all = append(all, Catalog{workspace})
		}
	}
	from, to, next, _, err := cut(len(all), limit, after)
	if err != nil {
		return CatalogPage{}, err
	}
	return CatalogPage{Catalogs: all[from:to], Next: next}, nil
}

func (m *memory) Catalog(_ context.Context, sc scope.Scope, workspace string) (Catalog, error) {
	if len(sc.Includes) == 0 || !slices.Contains(sc.Readable(), workspace) {
		return Catalog{}, fault.New(fault.NotFound, "there is no workspace %q", workspace)
	}
	return Catalog{workspace}, nil
}

// Aggregate counts by what an item's record says; of buckets by place it knows nothing.
func (m *memory) Aggregate(ctx context.Context, sc scope.Scope, q Query, wanted []Aggregation) ([]Aggregated, error) {
	q.Limit = 1000
	found, err := m.Search(ctx, sc, q)
	if err != nil {
		return nil, err
	}
	all := make([]Aggregated, len(wanted))
	for i, w := range wanted {
		all[i].Name = w.Name
		counts := map[string]int64{}
		for _, item := range found.Items {
			n, _ := item.Properties[w.Property].(float64)
			start := record.Instant(item.Time.Start)
			switch w.Kind {
			case AggregateMin:
				all[i].Value = start
			case AggregateMax:
				all[i].Value = cmp.Or(all[i].Value, start)
			case AggregateTerms:
				counts[item.Collection]++
			case AggregateNumbers:
				counts[strconv.FormatFloat(math.Floor(n/w.Width)*w.Width, 'g', -1, 64)]++
			case AggregateTime:
				counts[start[:map[string]int{"year": 4, "month": 7, "day": 10}[w.Unit]]+"-01-01T00:00:00Z"[map[string]int{"year": 0, "month": 3, "day": 6}[w.Unit]:]]++
			}
		}
		if w.Kind == AggregateCount {
			all[i].Value = strconv.Itoa(len(found.Items))
		}
		for _, key := range slices.Sorted(maps.Keys(counts)) {
			all[i].Buckets = append(all[i].Buckets, Bucket{key, counts[key]})
		}
	}
	return all, nil
}

func (m *memory) Queryables(context.Context, scope.Scope, []string) ([]Queryable, error) {
	return []Queryable{{Name: "eo:cloud_cover", Type: "number"}, {Name: "platform", Type: "string", Enum: []string{"sentinel-2a"}}, {Name: "id", Type: "number"},
		{Name: "instruments", Type: "array", Enum: []string{"msi"}}}, nil
}

func (m *memory) Item(_ context.Context, sc scope.Scope, collection, id string) (record.Record, error) {
	for _, item := range m.items {
		if item.Collection == collection && item.ID == id && slices.Contains(sc.Readable(), item.Workspace) {
			return item, nil
		}
	}
	return record.Record{}, fault.New(fault.NotFound, "there is no item %q in the collection %q", id, collection)
}

func (m *memory) Collection(ctx context.Context, sc scope.Scope, id string) (Collection, error) {
	page, err := m.Collections(ctx, sc, CollectionQuery{Limit: 1000})
	for _, c := range page.Collections {
		if c.ID == id {
			return c, nil
		}
	}
	return Collection{}, cmp.Or(err, fault.New(fault.NotFound, "there is no collection %q", id))
}

func (m *memory) Collections(_ context.Context, sc scope.Scope, q CollectionQuery) (CollectionPage, error) {
	if err := sc.Valid(); err != nil {
		return CollectionPage{}, err
	}
	var sorted []Collection
	for _, c := range m.allCollections(sc) {
		if rec := recordOf(c); touches(q.Geometry, rec.Footprint) && q.Time.Overlaps(rec.Time) && (q.Filter == nil || filter.Holds(q.Filter, rec)) {
			sorted = append(sorted, c)
		}
	}
	slices.SortFunc(sorted, func(a, b Collection) int {
		if len(q.Sort) > 0 && q.Sort[0].Desc {
			a, b = b, a
		}
		return cmp.Compare(a.ID, b.ID)
	})
	from, to, next, _, err := cut(len(sorted), q.Limit, q.After)
	if err != nil {
		return CollectionPage{}, err
	}
	n := len(sorted)
	return CollectionPage{Collections: sorted[from:to], Next: next, Matched: &n}, nil
}

func (m *memory) allCollections(sc scope.Scope) map[string]Collection {
	all := map[string]Collection{}
	for _, item := range m.items {
		if !slices.Contains(sc.Readable(), item.Workspace) {
			continue
		}
		where := orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
		if item.Footprint != nil {
			where = item.Footprint.Bound()
		}
		c, known := all[item.Collection]
		if !known {
			c = Collection{Workspace: item.Workspace, ID: item.Collection, Extent: record.Extent{Bounds: where}}
		}
		c.Extent.Bounds, c.Extent.Time, c.Extent.Count = c.Extent.Bounds.Union(where), c.Extent.Time.Union(item.Time), c.Extent.Count+1
		all[item.Collection] = c
	}
	for _, c := range m.collections {
		if slices.Contains(sc.Readable(), c.Workspace) {
			all[c.ID] = c
		}
	}
	return all
}

// recordOf is what filters know of a collection.
func recordOf(c Collection) record.Record {
	rec := record.Record{Key: record.Key{ID: c.ID}, Type: record.TypeCollection, Title: c.Title, Footprint: c.Extent.Bounds.ToPolygon(), Time: c.Extent.Time}
	if d, err := stac.DecodeCollection(c.Document); err == nil {
		rec.Abstract, rec.Keywords, rec.Footprint, rec.Time, rec.Properties = d.Description, d.Keywords, d.Footprint(), d.Time, map[string]any{"license": d.License}
	}
	return rec
}

// store is an object store that holds whatever lies in the bucket ingest.
type store struct{}

func (store) Sign(_ context.Context, workspace, href string) (string, error) {
	if !strings.HasPrefix(href, "s3://ingest/") {
		return "", fault.New(fault.Forbidden, "items of the workspace %q may not show %s", workspace, href)
	}
	return "http://objects.example/" + strings.TrimPrefix(href, "s3://") + "?signature=1", nil
}

// Public: everybody reads what lies in the bucket open.
func (store) Place(href string) string {
	if key, its := strings.CutPrefix(href, "https://objects.example/"); its {
		return "s3://" + key
	}
	return href
}

func (store) Public(href string) (string, bool) {
	key, ok := strings.CutPrefix(href, "s3://open/")
	return "https://open.example/" + key, ok
}

func (s store) Stat(ctx context.Context, workspace, href string) (File, error) {
	if _, err := s.Sign(ctx, workspace, href); err != nil {
		return File{}, err
	}
	return File{Size: 123, ContentType: "image/tiff", ETag: "abc", Modified: time.Date(2026, 4, 30, 12, 0, 0, 0, time.UTC)}, nil
}
