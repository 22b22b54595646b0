package catalogue

import (
	"context"

	"github.com/jackc/pgx/v5"

	"perigee/shared/scope"
)

// Elevations are those at which a layer has something.
type Elevations struct {
	Layer  string
	Values []float64 // each once, in ascending order; none: there are too many
	Low    float64
	High   float64
}

// maxElevations is how many values of a layer are told one by one.
const maxElevations = 50

// Elevations lists the elevations of the layers whose items tell theirs, by their property of that name. Where no item is
// known to have one, nothing is looked through.
func (s *Store) Elevations(ctx context.Context, sc scope.Scope) ([]Elevations, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	var all []Elevations
	err := s.ask(ctx, "list elevations", question{
		sql: `select i.layer, min(i.e), max(i.e), (array_agg(distinct i.e order by i.e))[1:$2] from (
				select unnest(r.layers) as layer, (r.properties->>'elevation')::float8 as e from perigee.record r
				where r.workspace = any($1::text[]) and r.drawable and jsonb_typeof(r.properties->'elevation') = 'number'
					and exists (select from perigee.queryable q where q.workspace = any($1::text[]) and q.name = 'elevation')) i
			group by i.layer order by i.layer`,
		args: []any{sc.Readable(), maxElevations + 1},
		rows: each(&all, scanElevations),
	})
	return all, err
}

func scanElevations(rows pgx.Rows) (e Elevations, err error) {
	err = rows.Scan(&e.Layer, &e.Low, &e.High, &e.Values)
	if len(e.Values) > maxElevations {
		e.Values = nil
	}
	return e, err
}
