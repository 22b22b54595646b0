package catalogue

import (
	"context"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Record finds one record, with its document. An empty typ or collection stands for any; of several records that fit,
// the one of the asked workspace counts, then the one that was changed last.
func (s *Store) Record(ctx context.Context, sc scope.Scope, typ, collection, id string) (record.Record, error) {
	if err := sc.Valid(); err != nil {
		return record.Record{}, err
	}
	if err := checkTexts(typ, collection, id); err != nil {
		return record.Record{}, notFound(typ, collection, id) // no record is called like that
	}
	var found []record.Record
	err := s.lookUp(ctx, "find a record", recordQuestion(sc, typ, collection, id, &found))
	if err != nil {
		return record.Record{}, err
	}
	if len(found) == 0 {
		return record.Record{}, notFound(typ, collection, id)
	}
	return found[0], nil
}

func recordQuestion(sc scope.Scope, typ, collection, id string, into *[]record.Record) question {
	return question{
		sql: `select ` + recordColumns + documentColumns + ` from perigee.record r` + documentJoin + `
			where r.workspace = any($1::text[]) and r.id = $2 and ($3 = '' or r.type = $3) and ($4 = '' or r.collection = $4)
			order by r.workspace = $5 desc, r.modified desc, r.workspace, r.collection limit 1`,
		args: []any{sc.Readable(), id, typ, collection, sc.Workspace},
		rows: each(into, scanRecord),
	}
}

func notFound(typ, collection, id string) error {
	what := typ
	if what == "" {
		what = "record"
	}
	if collection != "" {
		return fault.At(fault.NotFound, "id", "there is no %s %q in the collection %q", what, id, collection)
	}
	return fault.At(fault.NotFound, "id", "there is no %s %q", what, id)
}

// Collections lists the collections by id, with their documents.
func (s *Store) Collections(ctx context.Context, sc scope.Scope, limit int, after string) (Page, error) {
	return s.Search(ctx, sc, Query{
		Types: []string{record.TypeCollection}, Sort: []Sort{{Property: "id"}}, Limit: limit, After: after, Documents: true,
	})
}

// NamedCollections lists by name, behind one, the collections that records name and nobody registered. An index leads
// from each name to the next, so that the number of records does not matter.
func (s *Store) NamedCollections(ctx context.Context, sc scope.Scope, after string, limit int) ([]string, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	if err := checkTexts(after); err != nil {
		return nil, err
	}
	var found []string
	err := s.ask(ctx, "list the collections of records", question{
		sql: `with recursive named(collection) as (
				select $2::text collate "C"
				union all
				select (select min(next.collection) from unnest($1::text[]) w(workspace) cross join lateral (
					select r.collection from perigee.record r
					where r.workspace = w.workspace and r.collection > named.collection
					order by r.collection limit 1) next)
				from named where named.collection is not null
			)
			select collection from named where collection > $2 and not exists (
				select from perigee.record c where c.workspace = any($1) and c.type = 'collection' and c.id = named.collection)
			limit $3`,
		args: []any{sc.Readable(), after, min(limit, MaxLimit)},
		rows: each(&found, func(rows pgx.Rows) (string, error) { return pgx.RowTo[string](rows) }),
	})
	return found, err
}

// Parents lists by name, behind one, what records of any type name as their collection. An index leads from each name to
// the next.
func (s *Store) Parents(ctx context.Context, sc scope.Scope, after string, limit int) ([]string, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	if err := checkTexts(after); err != nil {
		return nil, err
	}
	var found []string
	err := s.ask(ctx, "list the parents of records", question{
		sql: `with recursive named(collection) as (
				select $2::text collate "C"
				union all
				select (select min(next.collection) from unnest($1::text[]) w(workspace) cross join lateral (
					select r.collection from perigee.record r
					where r.workspace = w.workspace and r.collection > named.collection order by r.collection limit 1) next)
				from named where named.collection is not null
			)
			select collection from named where collection > $2 limit $3`,
		args: []any{sc.Readable(), after, min(limit, MaxLimit)},
		rows: each(&found, func(rows pgx.Rows) (string, error) { return pgx.RowTo[string](rows) }),
	})
	return found, err
}
