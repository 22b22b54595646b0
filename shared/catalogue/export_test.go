package catalogue

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"

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
