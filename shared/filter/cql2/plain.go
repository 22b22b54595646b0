package cql2

import (
	"perigee/shared/fault"
	"perigee/shared/filter"
)

// allTextName is how the property of all text is written.
const allTextName filter.Property = "AnyText"

// maxWritten bounds the depth of trees that are written; those that are read are less deep.
const maxWritten = 1000

func unwritable(format string, args ...any) error {
	return fault.New(fault.Unsupported, "the filter cannot be written in CQL2: "+format, args...)
}

// plain makes a tree of a tree that means the same and that has nothing in it but what CQL2 has words for. What CQL2
// can say in two ways becomes one of them.
func plain(e filter.Expr, depth int) (filter.Expr, error) {
	if depth > maxWritten {
		return nil, unwritable("it is nested deeper than %d", maxWritten)
	}
	switch e := e.(type) {
	case nil:
		return filter.Truth{Operand: filter.Boolean(true)}, nil
	case filter.And:
		parts, err := plainParts(e, true, depth)
		return joined(parts, err, func(all []filter.Expr) filter.Expr { return filter.And(all) })
	case filter.Or:
		parts, err := plainParts(e, false, depth)
		return joined(parts, err, func(all []filter.Expr) filter.Expr { return filter.Or(all) })
	case filter.Not:
		inner, err := plain(e.Expr, depth+1)
		return filter.Not{Expr: inner}, err
	case filter.AnyText:
		return plainAllText(e, depth)
	case filter.Distance:
		return plainDistance(e, depth)
	case filter.Spatial:
		o, err := plainOperands(spatial, depth, e.Left, e.Right)
		if err != nil {
			return nil, err
		}
		return guarded(filter.Spatial{Op: e.Op, Left: o[0], Right: o[1]}, e.MissingIsFalse, o), written(predicates, string(e.Op))
	case filter.Temporal:
		o, err := plainOperands(temporal, depth, e.Left, e.Right)
		if err != nil {
			return nil, err
		}
		return guarded(filter.Temporal{Op: e.Op, Left: o[0], Right: o[1]}, e.MissingIsFalse, o), written(predicates, string(e.Op))
	}
	return plainPredicate(e, depth)
}

// plainParts makes plain parts of a junction; one without parts has the one that it amounts to.
func plainParts(parts []filter.Expr, empty bool, depth int) ([]filter.Expr, error) {
	if len(parts) == 0 {
		return []filter.Expr{filter.Truth{Operand: filter.Boolean(empty)}}, nil
	}
	all := make([]filter.Expr, len(parts))
	for i, part := range parts {
		var err error
		if all[i], err = plain(part, depth+1); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func joined(parts []filter.Expr, err error, join func([]filter.Expr) filter.Expr) (filter.Expr, error) {
	switch {
	case err != nil:
		return nil, err
	case len(parts) == 1:
		return parts[0], nil
	}
	return join(parts), nil
}

func plainAllText(e filter.AnyText, depth int) (filter.Expr, error) {
	var parts filter.And
	if e.Words != "" || e.Pattern == "" {
		parts = append(parts, filter.Compare{Op: filter.Equal, Left: allTextName, Right: filter.Text(e.Words)})
	}
	if e.Pattern != "" {
		parts = append(parts, filter.Like{Operand: allTextName, Pattern: filter.Text(e.Pattern)})
	}
	return plain(parts, depth+1)
}

func plainDistance(e filter.Distance, depth int) (filter.Expr, error) {
	compared := filter.Compare{
		Op: filter.LessOrEqual, Right: filter.Number(e.Metres),
		Left: filter.Function{Name: "distance", Args: []filter.Operand{e.Left, e.Right}},
	}
	if e.Beyond {
		compared.Op = filter.Greater
	}
	return plain(append(filter.And{compared}, present(e.Left, e.Right)...), depth+1)
}

// present are the conditions that operands that may be missing are not.
func present(operands ...filter.Operand) []filter.Expr {
	var all []filter.Expr
	for _, o := range operands {
		interval, isInterval := o.(filter.Interval)
		literal := kindOf(o)&(aGeometry|anInstant) != 0 || isInterval && kindOf(interval.Start)&dynamic == 0 && kindOf(interval.End)&dynamic == 0
		if !literal {
			all = append(all, filter.Not{Expr: filter.IsNull{Operand: o}})
		}
	}
	return all
}

// guarded makes a predicate of operands false where one of them is missing, if missingIsFalse.
func guarded(e filter.Expr, missingIsFalse bool, operands []filter.Operand) filter.Expr {
	guards := present(operands...)
	if !missingIsFalse || len(guards) == 0 {
		return e
	}
	return append(filter.And{e}, guards...)
}

// written checks that there is such an operator.
func written[O ~string, T any](known map[O]T, op O) error {
	if _, ok := known[op]; !ok {
		return unwritable("there is no operator %q", op)
	}
	return nil
}

// plainPredicate makes a predicate plain that is written as it stands, but for its operands.
func plainPredicate(e filter.Expr, depth int) (filter.Expr, error) {
	switch e := e.(type) {
	case filter.Truth:
		return plainTruth(e, depth)
	case filter.Compare:
		o, err := plainOperands(scalar, depth, e.Left, e.Right)
		if err != nil {
			return nil, err
		}
		return filter.Compare{Op: e.Op, Left: o[0], Right: o[1]}, written(comparisons, string(e.Op))
	case filter.Like:
		o, err := plainOperands(character, depth, e.Operand, e.Pattern)
		if err != nil {
			return nil, err
		}
		if _, ok := literal(o[1]); !ok {
			return nil, unwritable("the pattern of LIKE is %v", kindOf(o[1]))
		}
		return filter.Like{Operand: o[0], Pattern: o[1]}, nil
	case filter.Between:
		o, err := plainOperands(scalar, depth, e.Operand, e.Low, e.High)
		if err != nil {
			return nil, err
		}
		return filter.Between{Operand: o[0], Low: o[1], High: o[2]}, nil
	case filter.In:
		o, err := plainOperands(scalar, depth, append([]filter.Operand{e.Operand}, e.Values...)...)
		if err != nil {
			return nil, err
		}
		if len(e.Values) == 0 {
			return filter.Truth{Operand: filter.Boolean(false)}, nil
		}
		return filter.In{Operand: o[0], Values: o[1:]}, nil
	case filter.IsNull:
		o, err := plainOperands(nullable, depth, e.Operand)
		if err != nil {
			return nil, err
		}
		return filter.IsNull{Operand: o[0]}, nil
	case filter.Array:
		o, err := plainOperands(array, depth, e.Left, e.Right)
		if err != nil {
			return nil, err
		}
		return filter.Array{Op: e.Op, Left: o[0], Right: o[1]}, written(predicates, string(e.Op))
	}
	return nil, unwritable("%T is no condition of it", e)
}

func plainTruth(e filter.Truth, depth int) (filter.Expr, error) {
	o, err := plainOperand(e.Operand, depth+1)
	if err != nil {
		return nil, err
	}
	switch o := o.(type) {
	case filter.Boolean, filter.Function:
		return filter.Truth{Operand: o}, nil
	case filter.Property:
		return filter.Compare{Op: filter.Equal, Left: o, Right: filter.Boolean(true)}, nil
	case filter.Condition:
		return o.Expr, nil
	}
	return nil, unwritable("%v stands for a condition", kindOf(o))
}
