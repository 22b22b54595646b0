package main

import (
	"context"
	"fmt"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/metadata"
	"perigee/shared/oaipmh"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// changes is the catalogue as harvesters by OAI-PMH ask it.
type changes struct{ records }

// Changed gives a page of records in the order in which they were changed.
func (c changes) Changed(ctx context.Context, sc scope.Scope, q oaipmh.Query) (oaipmh.Page, error) {
	query := catalogue.Query{
		Types: q.Types, Sort: []catalogue.Sort{{Property: filter.PropertyModified}}, Limit: q.Limit, After: q.After, Count: q.After == "", Documents: !q.Headers,
	}
	if q.Collection != "" {
		query.Collections = []string{q.Collection}
	}
	var when filter.And
	if !q.From.IsZero() {
		when = append(when, filter.Compare{Op: filter.GreaterOrEqual, Left: filter.PropertyModified, Right: filter.Timestamp{Time: q.From}})
	}
	if !q.Before.IsZero() {
		when = append(when, filter.Compare{Op: filter.Less, Left: filter.PropertyModified, Right: filter.Timestamp{Time: q.Before}})
	}
	if len(when) > 0 {
		query.Filter = when
	}
	query.Filter = c.inside(query.Filter)
	page, err := c.store.Search(ctx, sc, query)
	if err != nil {
		return oaipmh.Page{}, err
	}
	found := oaipmh.Page{Records: page.Records, Next: page.Next}
	if page.Matched != nil {
		found.Matched = *page.Matched
	}
	return found, nil
}

// harvestedFormats are the formats of metadata, as harvesters name them.
func harvestedFormats() []oaipmh.Format {
	var all []oaipmh.Format
	for _, f := range metadata.Formats() {
		all = append(all, oaipmh.Format{Prefix: f.Prefix, Schema: f.Schema, Namespace: f.Namespace, Encode: func(r record.Record) ([]byte, error) {
			return f.Append(nil, &r, dublincore.Full), nil
		}})
	}
	return all
}

// Earliest is when the record that was not changed for the longest time was changed.
func (c changes) Earliest(ctx context.Context, sc scope.Scope) (time.Time, error) {
	page, err := c.store.Search(ctx, sc, catalogue.Query{Filter: c.shown, Sort: []catalogue.Sort{{Property: filter.PropertyModified}}, Limit: 1})
	if err != nil || len(page.Records) == 0 {
		return time.Time{}, err
	}
	return page.Records[0].Modified, nil
}

// Collections lists by name, behind one, the collections that records belong to, of the records that are shown.
func (c changes) Collections(ctx context.Context, sc scope.Scope, after string, limit int) ([]string, error) {
	if c.shown == nil {
		return c.store.Parents(ctx, sc, after, limit)
	}
	behind := filter.Compare{Op: filter.Greater, Left: filter.PropertyCollection, Right: filter.Text(after)}
	divided, err := c.store.Facets(ctx, sc, catalogue.Query{Filter: c.inside(behind)}, []catalogue.Facet{
		{Name: "collections", Kind: catalogue.FacetTerms, Property: filter.PropertyCollection, Limit: limit, Order: catalogue.FacetByValue},
	})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, b := range divided.Facets[0].Buckets {
		names = append(names, fmt.Sprint(b.Value))
	}
	return names, nil
}
