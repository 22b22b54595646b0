package filter

import (
	"math"

	"perigee/shared/record"
)

// The numbers that can be compared and calculated with: float64 with room at both ends, so that nothing that is done
// with them leaves what a float64 can hold.
const (
	maxNumber = 1e300
	minNumber = 1e-300
)

// inRange tells whether a number is zero or of a size that is kept.
func inRange(n float64) bool {
	size := math.Abs(n)
	return size == 0 || size > minNumber && size < maxNumber
}

// finite refuses literals that no number equals.
func finite(n float64) (float64, error) {
	if !inRange(n) {
		return 0, invalid("the number %g is out of range: it may be as large as %g and as small as %g", n, maxNumber, minNumber)
	}
	return n, nil
}

// number reads an operand as a number.
func (r *resolver) number(o Operand, depth int) (value[float64], error) {
	if err := r.enter(depth); err != nil {
		return value[float64]{}, err
	}
	if err := r.expect(o, TypeNumber); err != nil {
		return value[float64]{}, err
	}
	switch o := o.(type) {
	case Number:
		return numberLiteral(float64(o))
	case Untyped:
		n, ok := numeric(o.Text)
		if !ok {
			return value[float64]{}, invalid("%s is not a number", r.describe(o))
		}
		return numberLiteral(n)
	case Property:
		return numberProperty(o)
	case Arithmetic:
		return r.arithmetic(o, depth+1)
	case Function:
		return call(r, o, depth, func(b called) value[float64] { return b.number })
	}
	return value[float64]{}, invalid("%s is no number", r.describe(o))
}

func numberLiteral(n float64) (value[float64], error) {
	_, err := finite(n)
	return value[float64]{
		sql:  func(c *Compiler) string { return c.Arg(n) + "::float8" },
		eval: func(*record.Record) (float64, bool) { return n, true },
	}, err
}

func numberProperty(p Property) (value[float64], error) {
	return value[float64]{
		sql:  func(c *Compiler) string { return c.columns.Functions + ".number(" + c.json(p) + ")" },
		eval: func(rec *record.Record) (float64, bool) { return numeric(propertyValue(p, rec)) },
	}, textual(string(p))
}

// operations are the arithmetic operators: the database's function, and what it does. Both are null for what leaves the
// range of numbers and for what has no result. Each step is rounded by itself, as the database does.
var operations = map[ArithmeticOp]struct {
	function string
	result   func(a, b float64) (float64, bool)
}{
	Add:      {"add", func(a, b float64) (float64, bool) { return kept(a + b) }},
	Subtract: {"subtract", func(a, b float64) (float64, bool) { return kept(a - b) }},
	Multiply: {"multiply", multiply},
	Divide:   {"divide", divide},
	Div:      {"div", quotient},
	Modulo:   {"modulo", modulo},
	Power:    {"power", power},
}

func kept(n float64) (float64, bool) { return n, inRange(n) }

func multiply(a, b float64) (float64, bool) {
	n := a * b
	return n, inRange(n) && (n != 0 || a == 0 || b == 0) // too small is not zero
}

func divide(a, b float64) (float64, bool) {
	if b == 0 {
		return 0, false
	}
	n := a / b
	return n, inRange(n) && (n != 0 || a == 0)
}

// quotient is the integer part of a division. Beyond 2^53 numbers have no fraction, and no integer is exact.
func quotient(a, b float64) (float64, bool) {
	q, ok := divide(a, b)
	return math.Trunc(q), ok && math.Abs(q) < 1<<53
}

// modulo is what the integer division leaves: it has the sign of the dividend.
func modulo(a, b float64) (float64, bool) {
	q, ok := quotient(a, b)
	if !ok {
		return 0, false
	}
	product := float64(q * b)
	return kept(a - product)
}

func power(a, b float64) (float64, bool) {
	switch {
	case a == 0 && b < 0, a < 0 && b != math.Trunc(b):
		return 0, false
	case a == 0 || b == 0:
		return math.Pow(a, b), true
	case math.Abs(b*math.Log(math.Abs(a))) >= 690:
		return 0, false
	}
	return math.Pow(a, b), true
}

func (r *resolver) arithmetic(o Arithmetic, depth int) (value[float64], error) {
	operation, ok := operations[o.Op]
	if !ok {
		return value[float64]{}, invalid("%q is no arithmetic operator", string(o.Op))
	}
	left, err := r.number(o.Left, depth)
	if err != nil {
		return left, err
	}
	right, err := r.number(o.Right, depth)
	return ofTwo(operation.function, left, right, operation.result), err
}

// ofTwo is the result of a function of the schema of two values, where it has one.
func ofTwo[A, B, R any](function string, left value[A], right value[B], result func(A, B) (R, bool)) value[R] {
	return value[R]{
		sql: func(c *Compiler) string {
			return c.columns.Functions + "." + function + "(" + left.sql(c) + ", " + right.sql(c) + ")"
		},
		eval: func(rec *record.Record) (R, bool) {
			var none R
			a, ok := left.eval(rec)
			if !ok {
				return none, false
			}
			b, ok := right.eval(rec)
			if !ok {
				return none, false
			}
			return result(a, b)
		},
	}
}
