package filter

import (
	"cmp"
	"slices"

	"perigee/shared/record"
)

func (op Op) known() bool {
	return slices.Contains([]Op{Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual}, op)
}

// turned is the operator with which the sides change places.
func (op Op) turned() Op {
	switch op {
	case Less:
		return Greater
	case LessOrEqual:
		return GreaterOrEqual
	case Greater:
		return Less
	case GreaterOrEqual:
		return LessOrEqual
	}
	return op
}

// holds tells what an operator says of the order of two values.
func (op Op) holds(order int) bool {
	switch op {
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterOrEqual:
		return order >= 0
	case NotEqual:
		return order != 0
	}
	return order == 0
}

// compare decides by which type two operands are compared: by the one that has a type, and when both have, it must be
// the same.
func (r *resolver) compare(e Compare, depth int) (condition, error) {
	if !e.Op.known() {
		return condition{}, invalid("%q is not a comparison", string(e.Op))
	}
	left, leftKnown := r.typeOf(e.Left)
	right, rightKnown := r.typeOf(e.Right)
	switch {
	case leftKnown && rightKnown && left.class() != right.class():
		return condition{}, r.mixed(e.Left, e.Right)
	case !leftKnown && !rightKnown:
		return r.compareUndecided(e, depth)
	case !leftKnown:
		left = right
	}
	switch left.class() {
	case TypeText:
		return r.compareTexts(e, depth)
	case TypeNumber:
		return comparison(e, depth, r.number, cmp.Compare[float64])
	case TypeBoolean:
		return comparison(e, depth, r.boolean, compareBooleans)
	case TypeTimestamp:
		return r.compareMoments(e, depth)
	case TypeArray:
		return r.compareArrays(e, depth)
	case TypeInterval:
		return condition{}, invalid("%s is an interval: it is compared by T_EQUALS, T_BEFORE and so on, not by %s", r.describe(first(e, r)), e.Op)
	}
	return condition{}, invalid("%s is a geometry: it is compared by S_EQUALS, S_INTERSECTS and so on, not by %s", r.describe(first(e, r)), e.Op)
}

// first is the side of a comparison that has a type.
func first(e Compare, r *resolver) Operand {
	if _, known := r.typeOf(e.Left); known {
		return e.Left
	}
	return e.Right
}

func compareBooleans(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// comparison compares two values of a type that has an order.
func comparison[T any](e Compare, depth int, read func(Operand, int) (value[T], error), order func(a, b T) int) (condition, error) {
	left, err := read(e.Left, depth)
	if err != nil {
		return condition{}, err
	}
	right, err := read(e.Right, depth)
	return ordered(e.Op, left, right, order), err
}

func ordered[T any](op Op, left, right value[T], order func(a, b T) int) condition {
	return condition{
		sql:  func(c *Compiler, _ place) string { return left.sql(c) + " " + string(op) + " " + right.sql(c) },
		eval: decided(left.eval, right.eval, func(a, b T) bool { return op.holds(order(a, b)) }),
	}
}

// decided decides a relation of two values; where one is missing it is unknown.
func decided[T any](left, right func(*record.Record) (T, bool), holds func(a, b T) bool) func(*record.Record) truth {
	return func(rec *record.Record) truth {
		a, ok := left(rec)
		if !ok {
			return unknown
		}
		b, ok := right(rec)
		if !ok {
			return unknown
		}
		return truthOf(holds(a, b))
	}
}

// compareUndecided compares operands neither of which has a type: properties that nobody declared, and literals of
// languages without types.
func (r *resolver) compareUndecided(e Compare, depth int) (condition, error) {
	for _, o := range []Operand{e.Left, e.Right} {
		if f, ok := o.(Function); ok {
			return condition{}, unknownFunction(f.Name)
		}
	}
	left, leftIs := e.Left.(Property)
	right, rightIs := e.Right.(Property)
	switch {
	case leftIs && rightIs:
		return r.compareProperties(e.Op, left, right)
	case leftIs:
		return r.compareUntyped(e.Op, left, e.Right)
	case rightIs:
		return r.compareUntyped(e.Op.turned(), right, e.Left)
	}
	return r.compareTexts(e, depth)
}

// between is the two comparisons that it stands for; its bounds must be of one type.
func (r *resolver) between(e Between, depth int) (condition, error) {
	low, lowKnown := r.typeOf(e.Low)
	high, highKnown := r.typeOf(e.High)
	if lowKnown && highKnown && low.class() != high.class() {
		return condition{}, r.mixed(e.Low, e.High)
	}
	from, err := r.compare(Compare{GreaterOrEqual, e.Operand, e.Low}, depth)
	if err != nil {
		return condition{}, err
	}
	to, err := r.compare(Compare{LessOrEqual, e.Operand, e.High}, depth)
	return both(from, to), err
}

// in is the comparisons that it stands for, as one with an array where all values are texts or all are numbers: an index
// serves it.
func (r *resolver) in(e In, depth int) (condition, error) {
	if err := r.oneType(e.Values); err != nil {
		return condition{}, err
	}
	if t, known := r.typeOf(e.Operand); len(e.Values) > 1 && (!known || t == TypeText || t == TypeNumber) {
		if list, ok := literals[Text](e.Values); ok {
			return r.inTexts(e.Operand, list, depth)
		}
		if list, ok := literals[Number](e.Values); ok {
			return r.inNumbers(e.Operand, list, depth)
		}
	}
	conditions := make([]condition, len(e.Values))
	for i, v := range e.Values {
		var err error
		if err = r.enter(depth); err == nil {
			conditions[i], err = r.compare(Compare{Equal, e.Operand, v}, depth)
		}
		if err != nil {
			return condition{}, err
		}
	}
	return either(conditions...), nil
}

// oneType refuses a list of values of several types.
func (r *resolver) oneType(values []Operand) error {
	var typed Operand
	for _, v := range values {
		t, known := r.typeOf(v)
		if !known {
			continue
		}
		if typed == nil {
			typed = v
		}
		if of, _ := r.typeOf(typed); of.class() != t.class() {
			return r.mixed(typed, v)
		}
	}
	return nil
}

// literals are operands that are all literals of a type.
func literals[T Operand](values []Operand) ([]T, bool) {
	list := make([]T, len(values))
	for i, v := range values {
		var ok bool
		if list[i], ok = v.(T); !ok {
			return nil, false
		}
	}
	return list, true
}

func (r *resolver) inTexts(o Operand, list []Text, depth int) (condition, error) {
	left, err := r.text(o, depth)
	if err != nil {
		return condition{}, err
	}
	words := make([]string, len(list))
	for i, text := range list {
		if err := textual(string(text)); err != nil {
			return condition{}, err
		}
		words[i] = string(text)
	}
	folded := make(map[string]bool, len(words))
	for _, w := range words {
		folded[left.apply(w)] = true
	}
	return listed(left.folded(left.folds), words, func(c *Compiler, array string) string { return left.foldArray(c, array) },
		func(s string) bool { return folded[s] })
}

func (r *resolver) inNumbers(o Operand, list []Number, depth int) (condition, error) {
	left, err := r.number(o, depth)
	if err != nil {
		return condition{}, err
	}
	numbers := make([]float64, len(list))
	for i, n := range list {
		if numbers[i], err = finite(float64(n)); err != nil {
			return condition{}, err
		}
	}
	return listed(left, numbers, func(_ *Compiler, array string) string { return array + "::float8[]" },
		func(n float64) bool { return slices.Contains(numbers, n) })
}

// listed is a comparison with the elements of a list.
func listed[T any](left value[T], list []T, array func(c *Compiler, placeholder string) string, has func(T) bool) (condition, error) {
	if len(list) > maxValues {
		return condition{}, invalid("a list has %d values, at most %d are possible", len(list), maxValues)
	}
	return condition{
		sql: func(c *Compiler, _ place) string { return left.sql(c) + " = any(" + array(c, c.Arg(list)) + ")" },
		eval: func(rec *record.Record) truth {
			v, ok := left.eval(rec)
			if !ok {
				return unknown
			}
			return truthOf(has(v))
		},
	}, nil
}
