package catalogue

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

	"perigee/shared/record"
	"perigee/shared/scope"
)

// SearchSQL is the statement of a page.
func (s *Store) SearchSQL(ctx context.Context, sc scope.Scope, q Query) (string, []any, error) {
	h, err := s.hintsFor(ctx, q)
	if err != nil {
		return "", nil, err
	}
	p, err := planSearch(sc, q, h)
	if err != nil {
		return "", nil, err
	}
	return p.sql, p.args, nil
}

// Statement is a statement with its arguments.
type Statement struct {
	SQL  string
	Args []any
}

// Statements are those by which a query is answered: of the page, unless its limit is less than zero, of the count, of
// aggregations and of facets, where there are any.
func (s *Store) Statements(ctx context.Context, sc scope.Scope, q Query, aggregations []Aggregation, facets []Facet) (all []Statement, err error) {
	h, err := s.hintsFor(ctx, q)
	if err != nil {
		return nil, err
	}
	p, err := planSearch(sc, q, h)
	if err != nil {
		return nil, err
	}
	if q.Limit >= 0 {
		all = append(all, Statement{p.sql, p.args})
	}
	if q.Count {
		all = append(all, Statement{p.countSQL, p.countArgs})
	}
	if len(aggregations) > 0 {
		a, err := planAggregate(sc, q, h, aggregations)
		if err != nil {
			return nil, err
		}
		all = append(all, Statement{a.sql, a.args})
	}
	if len(facets) > 0 {
		f, err := planFacets(sc, q, h, facets)
		if err != nil {
			return nil, err
		}
		all = append(all, Statement{f.sql, f.args})
	}
	return all, nil
}

// RecordStatement is the one by which a record is found by its id.
func RecordStatement(sc scope.Scope, typ, collection, id string) Statement {
	q := recordQuestion(sc, typ, collection, id, nil)
	return Statement{q.sql, q.args}
}

// ElevationStatement is the one by which the elevations of layers are found.
func ElevationStatement(sc scope.Scope) Statement {
	q := elevationQuestion(sc, nil)
	return Statement{q.sql, q.args}
}

// ExplainStatement carries a statement out and tells how, within functions too.
func (s *Store) ExplainStatement(ctx context.Context, of Statement) ([]string, error) {
	return s.explain(ctx, &searchPlan{sql: of.SQL, args: of.Args})
}

// ProductSQL is the statement of a map.
func ProductSQL(sc scope.Scope, q ProductQuery) (string, []any, error) { return productSQL(sc, q) }

// Connect makes a connection like those of a store.
func Connect(ctx context.Context, url string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	configure(cfg)
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	_, err = (&Store{timeout: defaultTimeout}).greet(ctx, conn)
	return conn, err
}

// HarvestVersion is the schema that harvests need.
const HarvestVersion = harvestVersion

// TenantsTables are the tables whose rows go with a workspace.
func TenantsTables() []string {
	return column(tenantsRows, func(r rowsOf) string { return r.table })
}

// How the values that pages begin at are written.
var (
	TimestampText = timestampText
	FloatText     = floatText
)

// Setting is a setting of a session of the store.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	return value, s.pool.QueryRow(ctx, "select current_setting($1)", name).Scan(&value)
}

// PlacesOf are where footprints are filed that may touch a box.
func PlacesOf(b orb.Bound) []int { return placesOf([]orb.Bound{b}) }

// GatherAtMost changes up to how many records are found for a page and its number together.
func (s *Store) GatherAtMost(n int) { s.together = n }

// FormerLock is the number by which the release before this one locks a record.
func FormerLock(workspace string, k record.Key) int64 {
	return lockNumber("record", workspace, k.Collection+"\x00"+k.ID)
}

// NearestSQL is the statement that finds the ends of a time.
func NearestSQL(column string) string { return nearestSQL(column) }

// LastSQL is the statement that finds when the last of records end.
const LastSQL = lastSQL
