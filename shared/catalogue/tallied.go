package catalogue

import (
	"context"

	"github.com/jackc/pgx/v5"

	"perigee/shared/filter"
	"perigee/shared/scope"
)

// Tallied counts the records that a scope reads by the values of a property of which tallies know all, however many records there are: their
// types and their collections, in the order of the values. known is false of any other.
func (s *Store) Tallied(ctx context.Context, sc scope.Scope, property filter.Property) (values []Bucket, known bool, err error) {
	if err := sc.Valid(); err != nil {
		return nil, false, err
	}
	column := map[filter.Property]string{filter.PropertyType: "t.type", filter.PropertyCollection: "t.collection"}[property]
	if column == "" {
		return nil, false, nil
	}
	err = s.ask(ctx, "count what is tallied", question{
		sql: "select " + column + ", sum(t.n)::bigint from perigee.tally t where t.workspace = any($1::text[]) and t.place = -3 and t.month = -1 and " + column + " <> ''" +
			" group by 1 having sum(t.n) > 0 order by 1",
		args: []any{readable(sc)}, rows: each(&values, func(rows pgx.Rows) (b Bucket, err error) { return b, rows.Scan(&b.Key, &b.Count) }),
	})
	return values, true, err
}
