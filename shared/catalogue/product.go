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

// Products lists the items with coverages that fit, newest first.
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

// productSQL looks in every readable workspace for itself, so that an index may give the order within it.
func productSQL(sc scope.Scope, q ProductQuery) (string, []any, error) {
	c := filter.NewCompiler(columns())
	condition, err := productCondition(c, q)
	if err != nil {
		return "", nil, err
	}
	limit := c.Arg(bounded(q.Limit, defaultProducts)) + "::bigint"
	const order = " order by r.datetime desc, r.id, r.workspace, r.collection limit "
	const found = " order by f.datetime desc, f.id, f.workspace, f.collection"
	var parts []string
	for _, workspace := range sc.Readable() {
		parts = append(parts, "(select r.pk, r.workspace, r.collection, r.id, r.product_type, r.start_time, r.end_time, r.datetime, r.footprint"+
			" from perigee.record r where r.workspace = "+c.Arg(workspace)+"::text and r.drawable and "+condition+order+limit+")")
	}
	args, err := arguments(c.Args())
	return "select f.workspace, f.collection, f.id, f.product_type, f.start_time, f.end_time, f.footprint, v.coverages, v.browses from (select * from (" +
		strings.Join(parts, " union all ") + ") f" + found + " limit " + limit +
		") f join perigee.coverage v on v.record = f.pk" + found, args, err
}

func productCondition(c *filter.Compiler, q ProductQuery) (string, error) {
	var all filter.And
	layer := "true"
	switch {
	case q.ID != "":
		all = append(all, filter.Compare{Op: filter.Equal, Property: filter.PropertyID, Value: q.ID})
	case q.Layer != "":
		if err := checkTexts(q.Layer); err != nil {
			return "", fault.At(fault.NotFound, "layer", "there is no layer %q", q.Layer)
		}
		layer = "r.layers @> array[" + c.Arg(q.Layer) + "::text]"
	default:
		return "", fault.At(fault.Invalid, "layer", "neither a layer nor an item was named")
	}
	if q.Geometry != nil {
		all = append(all, filter.Intersects{Geometry: q.Geometry})
	}
	if !q.Time.IsZero() {
		all = append(all, filter.During{Interval: q.Time})
	}
	condition, err := c.Compile(all)
	return layer + " and " + condition, err
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
