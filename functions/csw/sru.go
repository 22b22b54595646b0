package main

import (
	"context"

	"perigee/shared/csw"
	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/metadata"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/sru"
)

// retrieved is the catalogue as clients of SRU ask it.
type retrieved struct{ records }

// Find gives a page of records and the exact number of all matches.
func (r retrieved) Find(ctx context.Context, sc scope.Scope, f filter.Expr, offset, limit int) ([]record.Record, int, error) {
	return r.records.Find(ctx, sc, csw.Query{Filter: csw.Certain(f), Offset: offset, Limit: limit})
}

// retrievedSchemas are the formats of metadata, as clients of SRU name them.
func retrievedSchemas() []sru.Schema {
	var all []sru.Schema
	for _, f := range metadata.Formats() {
		all = append(all, sru.Schema{Name: f.Prefix, URI: f.Namespace, Title: f.Type, Encode: func(r record.Record) ([]byte, error) {
			return f.Append(nil, &r, dublincore.Full), nil
		}})
	}
	return all
}

// indexes are those that the description of SRU lists; every property of the records is one beside them.
var indexes = []sru.Index{
	{Set: "cql", Name: "anywhere", Title: "All text"}, {Set: "dc", Name: "identifier", Title: "Identifier"}, {Set: "dc", Name: "title", Title: "Title"},
	{Set: "dc", Name: "subject", Title: "Keywords"}, {Set: "dc", Name: "description", Title: "Abstract"}, {Set: "dc", Name: "date", Title: "Begin of the time"},
	{Set: "dc", Name: "type", Title: "Type"}, {Set: "dc", Name: "relation", Title: "Collection"}, {Set: "dct", Name: "modified", Title: "Time of the last change"},
}
