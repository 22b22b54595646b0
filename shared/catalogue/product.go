package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
)

const defaultProducts = 100

// Products lists the items with coverages that fit, newest first unless they are asked for in another order.
func (s *Store) Products(ctx context.Context, sc scope.Scope, q ProductQuery) ([]record.Product, error) {
	if err := sc.Valid(); err != nil {
		return nil, err
	}
	sql, args, err := productSQL(sc, q)
	if err != nil {
		return nil, err
	}
	var products []record.Product
	err = s.ask(ctx, "find products", question{sql, args, each(&products, scanProduct)})
	return products, err
}

func productSQL(sc scope.Scope, q ProductQuery) (string, []any, error) {
	c := filter.NewCompiler(columns())
	condition, err := productCondition(c, q)
	if err != nil {
		return "", nil, err
	}
	order, err := productOrderOf(c, q.Sort)
	if err != nil {
		return "", nil, err
	}
	limit := bounded(q.Limit, defaultProducts)
	found := condition.each(c, sc, "r.pk, "+order.columns, order.in("r."), limit)
	sql := "select r.workspace, r.collection, r.id, r.product_type, r.start_time, r.end_time, r.footprint, v.coverages, v.browses" +
		" from (select * from (" + found + ") found" + order.in("found.") + " limit " + c.Arg(limit) + "::bigint) page" +
		" join perigee.record r on r.pk = page.pk join perigee.coverage v on v.record = page.pk" + order.in("page.")
	args, err := arguments(c.Args())
	return sql, args, err
}

// CountCoverages counts the items with coverages that fit, the newest and at most as many as the limit says, and their coverages.
func (s *Store) CountCoverages(ctx context.Context, sc scope.Scope, q ProductQuery) (items, coverages int, err error) {
	if err := sc.Valid(); err != nil {
		return 0, 0, err
	}
	c := filter.NewCompiler(columns())
	condition, err := productCondition(c, q)
	if err != nil {
		return 0, 0, err
	}
	limit := bounded(q.Limit, defaultProducts)
	found := condition.each(c, sc, "r.pk", newest("r."), limit)
	sql := "select count(*), coalesce(sum(jsonb_array_length(v.coverages)), 0) from (select * from (" + found + ") found limit " + c.Arg(limit) + "::bigint) page" +
		" join perigee.coverage v on v.record = page.pk"
	args, err := arguments(c.Args())
	if err != nil {
		return 0, 0, err
	}
	err = s.ask(ctx, "count coverages", question{sql, args, func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(&items, &coverages); err != nil {
				return err
			}
		}
		return rows.Err()
	}})
	return items, coverages, err
}

// productOrder is the order of products: the columns by which they are ordered, of a record called r, and the clause,
// over a relation with these columns.
type productOrder struct {
	columns string
	in      func(of string) string
}

func productOrderOf(c *filter.Compiler, sort []Sort) (productOrder, error) {
	if len(sort) == 0 {
		return productOrder{"r.workspace, r.collection, r.id, r.datetime, r.end_time", newest}, nil
	}
	keys, err := orderOf(c, sort, nil, nil)
	if err != nil {
		return productOrder{}, err
	}
	columns := make([]string, len(keys))
	for i, k := range keys {
		columns[i] = k.expression + " " + k.column(i)
	}
	return productOrder{strings.Join(columns, ", "), func(of string) string {
		return orderBy(keys, false, func(i int) string {
			if of == "r." { // where the columns are made
				return keys[i].expression
			}
			return of + keys[i].column(i)
		})
	}}, nil
}

// newest is the order of products: the latest start first, then the latest end, then by id.
func newest(of string) string {
	return " order by " + of + "datetime desc, " + of + "end_time desc, " + of + "id, " + of + "workspace, " + of + "collection"
}

func productCondition(c *filter.Compiler, q ProductQuery) (condition, error) {
	var all filter.And
	shown := "r.drawable and "
	switch {
	case q.ID != "":
		all = append(all, filter.OneOf(filter.PropertyID, q.ID))
	case q.Layer != "":
		if err := checkTexts(q.Layer); err != nil {
			return condition{}, fault.At(fault.NotFound, "layer", "there is no layer %q", q.Layer)
		}
		shown += "r.layers @> array[" + c.Arg(q.Layer) + "::text] and "
	case q.Filter == nil:
		return condition{}, fault.At(fault.Invalid, "layer", "neither a layer nor an item was named")
	}
	if q.Filter != nil {
		all = append(all, q.Filter)
	}
	if q.Geometry != nil {
		all = append(all, filter.Intersects(q.Geometry))
	}
	if !q.Time.IsZero() {
		all = append(all, filter.During(q.Time))
	}
	result, err := compile(c, all)
	result.cheap = shown + result.cheap
	return result, err
}

func scanProduct(rows pgx.Rows) (record.Product, error) {
	var p record.Product
	var start, end *time.Time
	var coverages, browses []byte
	err := rows.Scan(&p.Workspace, &p.Collection, &p.ID, &p.Type, &start, &end, &p.Footprint, &coverages, &browses)
	if err != nil {
		return p, err
	}
	p.Time, p.Browses = interval(start, end), browses
	if err := json.Unmarshal(coverages, &p.Coverages); err != nil {
		return p, fmt.Errorf("read the coverages of %s: %w", p.ID, err)
	}
	return p, nil
}
