package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stacapi"
)

// Collections are records of their own, or only named by items. The two are listed as one: those that items only name are
// compared in memory, by the rules by which the catalogue compares the others, and laid between them.

// mostNamed is how many collections that items only name are searched; in the order of ids all are listed.
const mostNamed = catalogue.MaxLimit

// Collection finds a collection that was registered, or that items name.
func (r records) Collection(ctx context.Context, sc scope.Scope, id string) (stacapi.Collection, error) {
	found, err := r.store.Record(ctx, sc, record.TypeCollection, "", id)
	if err == nil {
		return registered(found), nil
	}
	if fault.KindOf(err) != fault.NotFound {
		return stacapi.Collection{}, err
	}
	named, searched := r.withExtents(ctx, sc, []string{id})
	switch {
	case searched != nil:
		return stacapi.Collection{}, searched
	case len(named) == 0:
		return stacapi.Collection{}, err
	}
	return collectionOf(named[0]), nil
}

func registered(found record.Record) stacapi.Collection {
	return stacapi.Collection{Workspace: found.Workspace, ID: found.ID, Title: found.Title, Document: found.Document, Source: found.Source, Version: found.Version, Modified: found.Modified}
}

// collectionOf is a collection that items only name, as it was told apart by withExtents.
func collectionOf(named record.Record) stacapi.Collection {
	c := stacapi.Collection{Workspace: named.Workspace, ID: named.ID, Title: named.Title, Abstract: named.Abstract, Extent: record.Extent{Bounds: orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}}}
	if named.Footprint != nil {
		c.Extent = record.Extent{Collection: named.ID, Time: named.Time, Bounds: named.Footprint.Bound()}
	}
	return c
}

// Collections lists collections. Without an order they are listed by id.
func (r records) Collections(ctx context.Context, sc scope.Scope, q stacapi.CollectionQuery) (stacapi.CollectionPage, error) {
	at, err := parsePlace(q.After)
	if err != nil {
		return stacapi.CollectionPage{}, err
	}
	condition := collectionCondition(q)
	if len(q.Sort) == 0 {
		q.Sort = []stacapi.Sort{{Property: string(filter.PropertyID)}}
	}
	found, err := r.store.Search(ctx, sc, catalogue.Query{
		Types: []string{record.TypeCollection}, Filter: condition, Sort: order(q.Sort), Limit: at.Skip + q.Limit, After: at.Page, Documents: !q.Names, Count: true,
	})
	if err != nil {
		return stacapi.CollectionPage{}, err
	}
	named, whole, err := r.named(ctx, sc, q, condition, at)
	if err != nil {
		return stacapi.CollectionPage{}, err
	}
	m := merge{q: q, at: at, found: found, named: named}
	page := m.page()
	if !q.Names {
		err = r.describe(ctx, sc, page.Collections)
	}
	if whole {
		matched := *found.Matched + at.Named + len(named)
		page.Matched = &matched
	}
	return page, err
}

// collectionCondition is what a query asks of collections. Of one whose time is not known it is not said that it lies
// elsewhere: its temporal extent is open at both ends.
func collectionCondition(q stacapi.CollectionQuery) filter.Expr {
	all := filter.And{}
	if q.Geometry != nil {
		all = append(all, filter.Intersects(q.Geometry))
	}
	if !q.Time.IsZero() {
		all = append(all, filter.Or{filter.During(q.Time), filter.IsNull{Operand: filter.PropertyTime}})
	}
	if q.Filter != nil {
		all = append(all, q.Filter)
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// named lists the collections that items only name, behind the place of a page: all that fit the question, or, in the order
// of ids and without a condition, as many as the page may need. whole tells whether all were looked at.
func (r records) named(ctx context.Context, sc scope.Scope, q stacapi.CollectionQuery, condition filter.Expr, at place) (named []record.Record, whole bool, err error) {
	byID := q.Sort[0] == stacapi.Sort{Property: string(filter.PropertyID)}
	if condition == nil && byID {
		ids, err := r.names(ctx, sc, at.Last, q.Limit+1)
		return withoutExtents(sc, ids), err == nil && len(ids) <= q.Limit, err
	}
	ids, err := r.names(ctx, sc, "", mostNamed)
	if err != nil || len(ids) == 0 {
		return nil, true, err
	}
	all, err := r.withExtents(ctx, sc, ids)
	if err != nil {
		return nil, false, err
	}
	holds, err := filter.Prepare(condition, nil)
	if err != nil {
		return nil, false, err
	}
	all = slices.DeleteFunc(all, func(rec record.Record) bool { return !holds.Holds(rec) })
	slices.SortFunc(all, func(a, b record.Record) int { return compare(q.Sort, a, b) })
	return all[at.from(all):], true, nil
}

// names lists by id, behind one, the collections that nobody registered; that of metadata where there are any.
func (r records) names(ctx context.Context, sc scope.Scope, last string, limit int) ([]string, error) {
	ids, err := r.store.NamedCollections(ctx, sc, last, limit)
	if err != nil || stacapi.Metadata <= last {
		return ids, err
	}
	at, has := slices.BinarySearch(ids, stacapi.Metadata)
	found, err := r.store.Search(ctx, sc, catalogue.Query{Collections: []string{noCollection}, Filter: noCollectionItself, Limit: 1})
	if err != nil || has || len(found.Records) == 0 {
		return ids, err
	}
	if _, err := r.store.Record(ctx, sc, record.TypeCollection, "", stacapi.Metadata); fault.KindOf(err) != fault.NotFound {
		return ids, err // somebody registered one of that name
	}
	return slices.Insert(ids, at, stacapi.Metadata), nil
}

func withoutExtents(sc scope.Scope, ids []string) []record.Record {
	all := make([]record.Record, len(ids))
	for i, id := range ids {
		all[i] = record.Record{Key: record.Key{Workspace: sc.Workspace, ID: id}, Type: record.TypeCollection}
	}
	return all
}

// withExtents are collections of items as records, by id, with what the records of that id say of them; those that have no items
// are left out.
func (r records) withExtents(ctx context.Context, sc scope.Scope, ids []string) ([]record.Record, error) {
	extents, err := r.store.MemberExtents(ctx, sc, collectionsOf(ids))
	if err != nil {
		return nil, err
	}
	known, err := r.store.Search(ctx, sc, catalogue.Query{IDs: ids, Filter: noCollectionItself, Limit: catalogue.MaxLimit})
	all := make([]record.Record, len(extents))
	for i, e := range extents {
		all[i] = record.Record{Key: record.Key{Workspace: sc.Workspace, ID: collectionName(e.Collection)}, Type: record.TypeCollection, Time: e.Time, Footprint: e.Bounds.ToPolygon()}
		if at := slices.IndexFunc(known.Records, func(rec record.Record) bool { return rec.ID == all[i].ID }); at >= 0 {
			all[i].Title, all[i].Abstract, all[i].Keywords = known.Records[at].Title, known.Records[at].Abstract, known.Records[at].Keywords
		}
	}
	return together(all), err
}

// together sorts collections by id and makes one of those that have the same here.
func together(all []record.Record) []record.Record {
	slices.SortStableFunc(all, func(a, b record.Record) int { return cmp.Compare(a.ID, b.ID) })
	var each []record.Record
	for _, one := range all {
		if n := len(each); n > 0 && each[n-1].ID == one.ID {
			each[n-1].Time = each[n-1].Time.Union(one.Time)
			each[n-1].Footprint = each[n-1].Footprint.Bound().Union(one.Footprint.Bound()).ToPolygon()
			continue
		}
		each = append(each, one)
	}
	return each
}

// describe gives the collections of a page that items only name their extents, where they have none.
func (r records) describe(ctx context.Context, sc scope.Scope, page []stacapi.Collection) error {
	var ids []string
	for _, c := range page {
		if c.Document == nil && c.Extent.Collection == "" {
			ids = append(ids, c.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := r.withExtents(ctx, sc, ids)
	for _, one := range found {
		at := slices.IndexFunc(page, func(c stacapi.Collection) bool { return c.ID == one.ID && c.Document == nil })
		page[at] = collectionOf(one)
	}
	return err
}

// place is where a page of collections begins: in a page of the registered ones of which some were shown, and behind those
// that items only name.
type place struct {
	Page  string `json:"p,omitempty"` // a token of the catalogue
	Skip  int    `json:"s,omitempty"`
	Last  string `json:"l,omitempty"` // id of the last one that items only name
	Named int    `json:"n,omitempty"` // how many of them were shown
}

func (p place) String() string {
	text, _ := json.Marshal(p) // strings and numbers always encode
	return base64.RawURLEncoding.EncodeToString(text)
}

func parsePlace(token string) (p place, err error) {
	if token == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(text, &p) != nil || p.Skip < 0 || p.Skip > catalogue.MaxLimit/2 || p.Named < 0 {
		return p, fault.At(fault.Invalid, "token", "the paging token cannot be read")
	}
	return p, nil
}

// from is how many of the collections that items only name come before the page: up to the last that was shown or, when
// that is there no longer, as many as were.
func (p place) from(all []record.Record) int {
	if p.Named == 0 {
		return 0
	}
	if at := slices.IndexFunc(all, func(rec record.Record) bool { return rec.ID == p.Last }); at >= 0 {
		return at + 1
	}
	return min(p.Named, len(all))
}

// merge lays collections that items only name between those that were registered.
type merge struct {
	q     stacapi.CollectionQuery
	at    place
	found catalogue.Page
	named []record.Record
}

func (m merge) page() stacapi.CollectionPage {
	rest, named := m.found.Records[min(m.at.Skip, len(m.found.Records)):], m.named
	var page stacapi.CollectionPage
	for len(page.Collections) < m.q.Limit && len(rest)+len(named) > 0 {
		if len(named) == 0 || len(rest) > 0 && compare(m.q.Sort, rest[0], named[0]) <= 0 {
			page.Collections, rest = append(page.Collections, registered(rest[0])), rest[1:]
			m.at.Skip++
			continue
		}
		page.Collections = append(page.Collections, collectionOf(named[0]))
		m.at.Last, m.at.Named, named = named[0].ID, m.at.Named+1, named[1:]
	}
	if len(rest) == 0 && m.found.Next != "" {
		m.at.Page, m.at.Skip = m.found.Next, 0
	}
	if len(rest)+len(named) > 0 || m.found.Next != "" {
		page.Next = m.at.String()
	}
	return page
}

// compare orders a collection that items only name among others as the catalogue would: what it has no value for comes
// first, and what is the same by all keys is newest first, then by collection, id and workspace.
func compare(keys []stacapi.Sort, a, b record.Record) int {
	for _, k := range keys {
		c := comparedBy(filter.Property(k.Property), a, b)
		if k.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Or(b.Time.Start.Compare(a.Time.Start), cmp.Compare(a.Collection, b.Collection), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Workspace, b.Workspace))
}

const longestKey = 250 // characters of a text that count

func comparedBy(p filter.Property, a, b record.Record) int {
	if at, ok := timeOf(p, a); ok {
		also, _ := timeOf(p, b)
		return at.Compare(also)
	}
	if text, ok := textOf(p, a); ok {
		also, _ := textOf(p, b)
		return cmp.Compare(text, also)
	}
	there := func(rec record.Record) int { // of further properties those that items only name have none
		if rec.Properties[string(p)] == nil {
			return 0
		}
		return 1
	}
	return there(a) - there(b)
}

func timeOf(p filter.Property, rec record.Record) (time.Time, bool) {
	switch p {
	case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyTime:
		return rec.Time.Start, true
	case filter.PropertyEnd:
		return rec.Time.End, true
	case filter.PropertyModified:
		return rec.Modified, true
	}
	return time.Time{}, false
}

func textOf(p filter.Property, rec record.Record) (string, bool) {
	switch p {
	case filter.PropertyID:
		return rec.ID, true
	case filter.PropertyCollection:
		return rec.Collection, true
	case filter.PropertyType:
		return rec.Type, true
	case filter.PropertyProductType:
		return rec.ProductType, true
	case filter.PropertyTitle:
		return beginning(rec.Title), true
	case filter.PropertyAbstract:
		return beginning(rec.Abstract), true
	case filter.PropertyKeywords:
		return beginning(strings.Join(rec.Keywords, "\n")), true
	}
	return "", false
}

func beginning(text string) string {
	characters := []rune(text)
	return string(characters[:min(len(characters), longestKey)])
}
