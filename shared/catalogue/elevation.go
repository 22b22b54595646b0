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

// The bounds of what is looked up: how many values of a layer are told one by one, and how many combinations of layers there
// may be.
const (
	maxElevations   = 50
	maxCombinations = 1000
)

// Elevations lists the elevations of the layers whose items tell theirs, by their property of that name. An index leads from
// each combination of layers to the next, and within one from value to value, up to where they are too many to be told one by
// one: how many items there are does not matter. Where no item is known to have an elevation, nothing is looked up.
func (s *Store) Elevations(ctx context.Context, sc scope.Scope) ([]Elevations, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	var all []Elevations
	err := s.ask(ctx, "list elevations", elevationQuestion(sc, &all))
	return all, err
}

func elevationQuestion(sc scope.Scope, into *[]Elevations) question {
	return question{
		sql: `with recursive combination(workspace, layers, n) as (
				select w.workspace, (` + firstCombination + ` order by r.layers limit 1), 1
				from unnest($1::text[]) w(workspace)
				where exists (select from perigee.queryable q where q.workspace = w.workspace and q.name = 'elevation')
				union all
				select w.workspace, (` + firstCombination + ` and r.layers > w.layers order by r.layers limit 1), n + 1
				from combination w where w.layers is not null and n < $3
			), value(layers, e) as (
				select c.layers, v.e from combination c cross join lateral (
					with recursive step(e, n) as (
						select (` + elevationOf + ` order by ` + elevation + ` limit 1), 1
						union all
						select (` + elevationOf + ` and ` + elevation + ` > step.e order by ` + elevation + ` limit 1), n + 1
						from step where step.e is not null and n < $2
					)
					select step.e from step
					union all
					select (` + elevationOf + ` order by ` + elevation + ` desc limit 1)
				) v where c.layers is not null and v.e is not null
			)
			select i.layer, min(i.e), max(i.e), (array_agg(distinct i.e order by i.e))[1:$2]
			from (select unnest(value.layers) as layer, value.e from value) i group by i.layer order by i.layer`,
		args: []any{sc.Readable(), maxElevations + 1, maxCombinations},
		rows: each(into, scanElevations),
	}
}

// The parts of the question, as the index record_elevation has them.
const (
	elevation        = `(r.properties->>'elevation')::float8`
	elevated         = `r.drawable and jsonb_typeof(r.properties->'elevation') = 'number'`
	firstCombination = `select r.layers from perigee.record r where r.workspace = w.workspace and ` + elevated
	elevationOf      = `select ` + elevation + ` from perigee.record r where r.workspace = c.workspace and r.layers = c.layers and ` + elevated
)

func scanElevations(rows pgx.Rows) (e Elevations, err error) {
	err = rows.Scan(&e.Layer, &e.Low, &e.High, &e.Values)
	if len(e.Values) > maxElevations {
		e.Values = nil
	}
	return e, err
}
