package cql2

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
)

// plainOperands makes operands plain, which must be of some kinds.
func plainOperands(allowed kind, depth int, operands ...filter.Operand) ([]filter.Operand, error) {
	all := make([]filter.Operand, len(operands))
	for i, o := range operands {
		var err error
		if all[i], err = plainOperand(o, depth+1); err != nil {
			return nil, err
		}
		if kindOf(all[i])&allowed == 0 {
			return nil, unwritable("%v stands where %v was expected", kindOf(all[i]), allowed)
		}
	}
	return all, nil
}

func plainOperand(o filter.Operand, depth int) (filter.Operand, error) {
	if depth > maxWritten {
		return nil, unwritable("it is nested deeper than %d", maxWritten)
	}
	switch o := o.(type) {
	case filter.Untyped:
		return plainUntyped(o)
	case filter.Text:
		return o, writableText(string(o))
	case filter.Property:
		if o == "" {
			return nil, unwritable("the name of a property is empty")
		}
		return o, writableText(string(o))
	case filter.Number:
		if math.IsNaN(float64(o)) || math.IsInf(float64(o), 0) {
			return nil, unwritable("%v is not a number of it", float64(o))
		}
		return o, nil
	case filter.Date:
		return o, writableTime(o.Time)
	case filter.Timestamp:
		return o, writableTime(o.Time)
	case filter.Geometry:
		return plainGeometry(o)
	case filter.Boolean:
		return o, nil
	}
	return plainCompound(o, depth)
}

// plainCompound makes an operand plain that is made of others.
func plainCompound(o filter.Operand, depth int) (filter.Operand, error) {
	switch o := o.(type) {
	case filter.CaseI:
		inner, err := plainOperands(character, depth, o.Operand)
		if err != nil {
			return nil, err
		}
		return filter.CaseI{Operand: inner[0]}, nil
	case filter.AccentI:
		inner, err := plainOperands(character, depth, o.Operand)
		if err != nil {
			return nil, err
		}
		return filter.AccentI{Operand: inner[0]}, nil
	case filter.Arithmetic:
		both, err := plainOperands(numeric, depth, o.Left, o.Right)
		if err != nil {
			return nil, err
		}
		return filter.Arithmetic{Op: o.Op, Left: both[0], Right: both[1]}, written(operators, o.Op)
	case filter.List:
		all, err := plainOperands(anything, depth, o...)
		return filter.List(all), err
	case filter.Function:
		if !isBare(o.Name) {
			return nil, unwritable("no function can have the name %q", o.Name)
		}
		args, err := plainOperands(anything, depth, o.Args...)
		return filter.Function{Name: o.Name, Args: args}, err
	case filter.Interval:
		return plainInterval(o, depth)
	case filter.Condition:
		e, err := plain(o.Expr, depth+1)
		if t, ok := e.(filter.Truth); ok {
			return t.Operand, err
		}
		return filter.Condition{Expr: e}, err
	}
	return nil, unwritable("%T is no value of it", o)
}

// operators are the arithmetic operators with how tightly they bind.
var operators = map[filter.ArithmeticOp]int{
	filter.Add: level.sum, filter.Subtract: level.sum, filter.Multiply: level.product, filter.Divide: level.product,
	filter.Modulo: level.product, filter.Div: level.product, filter.Power: level.power,
}

func plainUntyped(o filter.Untyped) (filter.Operand, error) {
	if o.FoldCase {
		return filter.CaseI{Operand: filter.Text(o.Text)}, writableText(o.Text)
	}
	return filter.Text(o.Text), writableText(o.Text)
}

func plainInterval(o filter.Interval, depth int) (filter.Operand, error) {
	ends := []filter.Operand{o.Start, o.End}
	for i, end := range ends {
		if end == nil {
			continue
		}
		plain, err := plainOperands(dynamic|anInstant, depth, end)
		if err != nil {
			return nil, err
		}
		ends[i] = plain[0]
	}
	return filter.Interval{Start: ends[0], End: ends[1]}, nil
}

func plainGeometry(o filter.Geometry) (filter.Operand, error) {
	if ring, ok := o.Geometry.(orb.Ring); ok {
		o.Geometry = orb.Polygon{ring}
	}
	if _, err := shape(o.Geometry); err != nil {
		return nil, unwritable("%w", err)
	}
	return o, nil
}

func writableText(text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return unwritable("%q is not text in UTF-8, or holds a NUL", shorten(text))
	}
	return nil
}

func writableTime(t time.Time) error {
	if year := t.UTC().Year(); year < 0 || year > 9999 {
		return unwritable("the year %d has more than four digits", year)
	}
	return nil
}
