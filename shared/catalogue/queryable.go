package catalogue

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/scope"
)

// Queryable is a property that records can be asked for.
type Queryable struct {
	Name     string
	Title    string
	Type     string   // of JSON Schema: string, number, integer, boolean, array, object; empty when records differ
	Format   string   // of a string: date, date-time, or empty
	Enum     []string // the texts that it has, or its elements have; empty when there are more than a few
	Seen     int64    // about how many records have it
	Declared bool     // a collection says that it is to be asked for
	Indexed  bool     // comparing it, and sorting by it, is quick
	Modified time.Time
}

// The types of JSON Schema that properties have; string, number and array, and the last one, are also those of indexes.
const (
	typeString  = "string"
	typeNumber  = "number"
	typeInteger = "integer"
	typeBoolean = "boolean"
	typeArray   = "array"
	typeObject  = "object"
	typeInstant = "instant"
)

// The formats of strings.
const (
	formatDate     = "date"
	formatDateTime = "date-time"
)

const (
	maxOptions    = 50  // texts of a property that are kept
	maxOption     = 100 // bytes of one
	maxQueryables = 500 // of a collection
)

// Queryables lists the properties of records of collections, by name; of all that the scope may read, when none are named.
func (s *Store) Queryables(ctx context.Context, sc scope.Scope, collections []string) ([]Queryable, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	if err := checkTexts(collections...); err != nil {
		return nil, nil // no collection is called like that
	}
	var rows []described
	err := s.ask(ctx, "list queryables", question{
		sql: `select q.name, q.type, q.format, q.options, q.many, q.seen, q.declared, q.title, q.modified, coalesce(i.ready, false)
			from perigee.queryable q left join perigee.queryable_index i on i.name = q.name
			where q.workspace = any($1::text[]) and (cardinality($2::text[]) = 0 or q.collection = any($2::text[]))
			order by q.name, q.workspace, q.collection limit $3`,
		args: []any{sc.Readable(), append([]string{}, collections...), maxList},
		rows: each(&rows, scanDescribed),
	})
	return merged(rows), err
}

// described is a queryable of one collection.
type described struct {
	Queryable
	many bool
}

func scanDescribed(rows pgx.Rows) (d described, err error) {
	err = rows.Scan(&d.Name, &d.Type, &d.Format, &d.Enum, &d.many, &d.Seen, &d.Declared, &d.Title, &d.Modified, &d.Indexed)
	d.Modified = d.Modified.UTC()
	return d, err
}

// merged takes queryables of the same name, which follow each other, together.
func merged(rows []described) []Queryable {
	var all []Queryable
	for len(rows) > 0 {
		one, n := rows[0], 1
		for n < len(rows) && rows[n].Name == one.Name {
			one = one.and(rows[n])
			n++
		}
		if one.many || len(one.Enum) > maxOptions {
			one.Enum = nil
		}
		all, rows = append(all, one.Queryable), rows[n:]
	}
	return all
}

func (d described) and(o described) described {
	d.Type = commonType(d.Type, o.Type)
	if d.Format != o.Format {
		d.Format = ""
	}
	d.Enum = slices.Compact(slices.Sorted(slices.Values(slices.Concat(d.Enum, o.Enum))))
	d.many, d.Seen, d.Declared, d.Title = d.many || o.many, d.Seen+o.Seen, d.Declared || o.Declared, cmp.Or(d.Title, o.Title)
	if o.Modified.After(d.Modified) {
		d.Modified = o.Modified
	}
	return d
}

// commonType is the type of values of two types; empty, when they have none in common.
func commonType(a, b string) string {
	switch {
	case a == b:
		return a
	case a == typeInteger && b == typeNumber || a == typeNumber && b == typeInteger:
		return typeNumber
	}
	return ""
}

// queryableKey is the identity of a queryable.
type queryableKey struct{ workspace, collection, name string }

func (k queryableKey) compare(o queryableKey) int {
	return cmp.Or(cmp.Compare(k.workspace, o.workspace), cmp.Compare(k.collection, o.collection), cmp.Compare(k.name, o.name))
}

// putQueryables writes what is new of queryables.
func putQueryables(news map[queryableKey]*facts, now time.Time) question {
	keys := slices.SortedFunc(maps.Keys(news), queryableKey.compare)
	return question{
		sql: `insert into perigee.queryable as q (workspace, collection, name, type, format, options, many, seen, declared, title, modified)
			select i.workspace, i.collection, i.name, i.type, i.format, array(select jsonb_array_elements_text(i.options::jsonb)), i.many, i.seen,
				i.declared, i.title, $1
			from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::bigint[], $10::boolean[], $11::text[])
				as i(workspace, collection, name, type, format, options, many, seen, declared, title)
			where (select count(*) from perigee.queryable c where c.workspace = i.workspace and c.collection = i.collection) < $12
				or exists (select from perigee.queryable c where c.workspace = i.workspace and c.collection = i.collection and c.name = i.name)
			on conflict (workspace, collection, name) do update set
				type = case when q.type = excluded.type or excluded.seen = 0 and excluded.type = '' then q.type
					when q.seen = 0 and q.type = '' then excluded.type
					when q.type in ('integer', 'number') and excluded.type in ('integer', 'number') then 'number' else '' end,
				format = case when q.seen = 0 and q.type = '' then excluded.format when q.format = excluded.format then q.format else '' end,
				(options, many) = (select case when o.many then '{}' else o.options end, o.many from (
					select coalesce(array_agg(distinct o order by o), '{}') as options, q.many or excluded.many or count(distinct o) > $13 as many
					from unnest(q.options || excluded.options) o) o),
				seen = q.seen + excluded.seen, declared = q.declared or excluded.declared,
				title = case when excluded.title <> '' then excluded.title else q.title end, modified = excluded.modified`,
		args: []any{
			now,
			column(keys, func(k queryableKey) string { return k.workspace }),
			column(keys, func(k queryableKey) string { return k.collection }),
			column(keys, func(k queryableKey) string { return k.name }),
			column(keys, func(k queryableKey) string { return news[k].typ }),
			column(keys, func(k queryableKey) string { return news[k].format }),
			column(keys, func(k queryableKey) string { return jsonList(slices.Sorted(maps.Keys(news[k].options))) }),
			column(keys, func(k queryableKey) bool { return news[k].many }),
			column(keys, func(k queryableKey) int64 { return news[k].seen }),
			column(keys, func(k queryableKey) bool { return news[k].declared }),
			column(keys, func(k queryableKey) string { return news[k].title }),
			maxQueryables, maxOptions,
		},
	}
}

// undeclare takes back what collections declared before.
func undeclare(workspace string, collections []string) question {
	return question{
		sql:  "update perigee.queryable set declared = false where workspace = $1 and collection = any($2::text[]) and declared",
		args: []any{workspace, collections},
	}
}
