package catalogue

import (
	"context"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// ResolveSource tells what the document at href was registered as. The key has no id when the document was gone before
// it was ever read.
func (s *Store) ResolveSource(ctx context.Context, sc scope.Scope, href string) (key record.Key, version string, deleted bool, err error) {
	if err := sc.Valid(); err != nil {
		return key, "", false, err
	}
	var found bool
	key.Workspace = sc.Workspace
	if checkTexts(href) == nil {
		err = s.ask(ctx, "look up a document", question{
			sql:  "select collection, id, version, deleted from perigee.source_ref where workspace = $1 and href = $2",
			args: []any{sc.Workspace, href},
			rows: one(&found, &key.Collection, &key.ID, &version, &deleted),
		})
	}
	if err == nil && !found {
		err = fault.At(fault.NotFound, "href", "%q was never registered", href)
	}
	return key, version, deleted, err
}

// SourcesOfAsset lists the documents that a change of the file at href concerns: those of records with a coverage there,
// those whose registration failed for want of it, and the file itself where a record was made from it.
func (s *Store) SourcesOfAsset(ctx context.Context, sc scope.Scope, href string) ([]string, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	if checkTexts(href) != nil {
		return nil, nil // no file is called like that
	}
	var hrefs []string
	err := s.ask(ctx, "find what refers to a file", question{
		sql: `select r.source_href from perigee.asset a join perigee.record r on r.pk = a.record
				where a.href = $2 and r.workspace = $1 and r.source_href <> ''
			union
			select g.href from perigee.registration g
				where g.workspace = $1 and g.status = 'failed' and g.missing @> array[$2::text] and g.href <> ''
			union
			select s.href from perigee.source_ref s where s.workspace = $1 and s.href = $2 and not s.deleted
			order by 1`,
		args: []any{sc.Workspace, href},
		rows: each(&hrefs, func(rows pgx.Rows) (href string, err error) { return href, rows.Scan(&href) }),
	})
	return hrefs, err
}

// SourcesWithin lists the documents that something is registered of and whose addresses begin with a text.
func (s *Store) SourcesWithin(ctx context.Context, sc scope.Scope, prefix string) ([]string, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	if checkTexts(prefix) != nil {
		return nil, nil // no document lies there
	}
	var hrefs []string
	err := s.ask(ctx, "find the parts of a document", question{
		sql: `select href from perigee.source_ref
			where workspace = $1 and href >= $2 and href < $2 || chr(1114111) and not deleted order by href`,
		args: []any{sc.Workspace, prefix},
		rows: each(&hrefs, func(rows pgx.Rows) (href string, err error) { return href, rows.Scan(&href) }),
	})
	return hrefs, err
}
