package records

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// memory is a Store in memory. It answers for the workspaces that the scope may read, and pages by position.
type memory struct {
	all    []record.Record
	writes writes
}

var registered = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// add registers a record as the catalogue does.
func (m *memory) add(rec record.Record) {
	rec.Created, rec.Modified = registered, registered.Add(time.Hour)
	m.all = append(m.all, rec)
	slices.SortFunc(m.all, func(a, b record.Record) int {
		return cmp.Or(b.Time.Start.Compare(a.Time.Start), cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.ID, b.ID))
	})
}

// addDocument registers a STAC document.
func (m *memory) addDocument(workspace, source string, raw []byte) error {
	kind, err := stac.Type(raw)
	if err != nil {
		return err
	}
	if kind == stac.TypeCollection {
		c, err := stac.DecodeCollection(raw)
		if err != nil {
			return err
		}
		m.add(record.Record{
			Key: record.Key{Workspace: workspace, ID: c.ID}, Type: record.TypeCollection, Title: cmp.Or(c.Title, c.ID), Abstract: c.Description, Keywords: c.Keywords, Time: c.Time,
			Footprint: c.Footprint(), Properties: map[string]any{"license": c.License}, Document: raw, MediaType: stac.MediaTypeCollection, Source: source,
			Links: []record.Link{{Rel: "alternate", Type: stac.MediaTypeCollection, Title: "STAC collection", Href: "/stac/collections/" + c.ID}},
		})
		return nil
	}
	item, err := stac.DecodeItem(raw)
	if err != nil {
		return err
	}
	m.add(record.Record{
		Key: record.Key{Workspace: workspace, Collection: cmp.Or(item.Collection, record.Uncollected), ID: item.ID}, Type: record.TypeItem, Title: cmp.Or(text(item.Properties["title"]), item.ID),
		Time: item.Time, Footprint: item.Geometry, Properties: item.Properties, Document: raw, MediaType: stac.MediaTypeItem, Source: source, Shown: true,
	})
	return nil
}

func (m *memory) readable(sc scope.Scope) []record.Record {
	return slices.DeleteFunc(slices.Clone(m.all), func(rec record.Record) bool { return !slices.Contains(sc.Readable(), rec.Workspace) })
}

func (m *memory) Search(_ context.Context, sc scope.Scope, q Query) (Page, error) {
	if err := sc.Valid(); err != nil {
		return Page{}, err
	}
	var found []record.Record
	for _, rec := range m.readable(sc) {
		holds, err := q.holds(rec)
		if err != nil {
			return Page{}, err
		}
		if holds && (len(q.Collections) == 0 || slices.Contains(q.Collections, rec.Collection)) {
			found = append(found, rec)
		}
	}
	n := len(found)
	from, to, next, prev, err := cut(n, q.Limit, q.Offset, q.After)
	if err != nil {
		return Page{}, err
	}
	page := Page{Records: found[from:to], Next: next, Prev: prev}
	if q.Count {
		page.Matched = &n
	}
	return page, nil
}

// cut gives the part of n things that a token or an offset asks for.
func cut(n, limit, offset int, after string) (from, to int, next, prev string, err error) {
	from = min(offset, n)
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

func (m *memory) Record(_ context.Context, sc scope.Scope, collection, id string) (record.Record, error) {
	for _, rec := range m.readable(sc) {
		if rec.ID == id && (collection == "" || rec.Collection == collection) {
			return rec, nil
		}
	}
	return record.Record{}, fault.New(fault.NotFound, "there is no record %q in the collection %q", id, collection)
}

func (m *memory) Collections(_ context.Context, sc scope.Scope, q Query) (CollectionPage, error) {
	all := map[string]Collection{}
	records := m.readable(sc)
	for _, rec := range records {
		if rec.Collection != "" && all[rec.Collection].ID == "" {
			all[rec.Collection] = Collection{ID: rec.Collection}
		}
	}
	for _, rec := range records {
		if rec.Type == record.TypeCollection || all[rec.ID].ID != "" {
			all[rec.ID] = Collection{ID: rec.ID, Record: &rec}
		}
	}
	var sorted []Collection
	for _, c := range all {
		holds := q.Free()
		if c.Record != nil && !holds {
			var err error
			if holds, err = q.holds(*c.Record); err != nil {
				return CollectionPage{}, err
			}
		}
		if holds {
			sorted = append(sorted, c)
		}
	}
	slices.SortFunc(sorted, func(a, b Collection) int { return cmp.Compare(a.ID, b.ID) })
	n := len(sorted)
	from, to, next, _, err := cut(n, q.Limit, q.Offset, q.After)
	if err != nil {
		return CollectionPage{}, err
	}
	page := CollectionPage{Collections: sorted[from:to], Next: next}
	if q.Count && !q.Free() {
		page.Matched = &n
	}
	return page, nil
}

func (m *memory) Collection(ctx context.Context, sc scope.Scope, id string) (Collection, error) {
	page, err := m.Collections(ctx, sc, Query{Limit: 1000})
	for _, c := range page.Collections {
		if c.ID == id {
			return c, nil
		}
	}
	return Collection{}, cmp.Or(err, fault.New(fault.NotFound, "there is no collection %q", id))
}

func (m *memory) Extent(_ context.Context, sc scope.Scope, collection string) (record.Extent, error) {
	e := record.Extent{Bounds: everywhere}
	for _, rec := range m.readable(sc) {
		if rec.Collection == collection {
			e.Time = e.Time.Union(rec.Time)
			if rec.Footprint != nil {
				e.Bounds = rec.Footprint.Bound()
			}
		}
	}
	return e, nil
}

func (m *memory) Queryables(context.Context, scope.Scope, []string) ([]Queryable, error) {
	return []Queryable{
		{Name: "eo:cloud_cover", Type: "number"}, {Name: "platform", Type: "string", Enum: []string{"sentinel-2a"}}, {Name: "title", Type: "number"},
		{Name: "instruments", Type: "array", Enum: []string{"msi"}}, {Name: "mixed"}, {Name: "thing", Type: "object"}, {Name: "contacts", Type: "array"},
	}, nil
}

// Facets gives each facet one bucket, of all that a query finds.
func (m *memory) Facets(ctx context.Context, sc scope.Scope, q Query, wanted []Facet) ([]FacetBuckets, bool, error) {
	q.Limit = 1000
	page, err := m.Search(ctx, sc, q)
	n := int64(len(page.Records))
	var all []FacetBuckets
	for _, f := range wanted {
		b := FacetBucket{Value: "item", Count: n, Filter: filter.Compare{Op: filter.Equal, Left: f.Property, Right: filter.Text("item")}}
		switch f.Kind {
		case FacetFilters:
			b.Value = f.Filters[0].Name
		case FacetNumbers, FacetTimes:
			b.Value, b.Min, b.Max = nil, 0.5, registered
			b.Filter = filter.And{filter.Compare{Op: filter.GreaterOrEqual, Left: f.Property, Right: filter.Number(0.5)}, filter.Compare{Op: filter.Less, Left: f.Property, Right: filter.Timestamp{Time: registered}}}
		}
		all = append(all, FacetBuckets{Buckets: []FacetBucket{b}, More: f.Limit == 3})
	}
	return all, false, err
}
