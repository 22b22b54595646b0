package filter

import (
	"strconv"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// Type is what kind of value an operand has.
type Type string

// The types of values.
const (
	TypeText      Type = "text"
	TypeNumber    Type = "number"
	TypeBoolean   Type = "truth value"
	TypeDate      Type = "date"
	TypeTimestamp Type = "timestamp"
	TypeInterval  Type = "interval"
	TypeArray     Type = "array"
	TypeGeometry  Type = "geometry"
)

// Types tells the types of properties that are not core properties. A property that it does not know is read as whatever
// it is compared with.
type Types interface {
	Type(Property) (Type, bool)
}

// TypeMap is Types from a map.
type TypeMap map[Property]Type

// Type is the type of a property, and whether the map has it.
func (m TypeMap) Type(p Property) (Type, bool) {
	t, ok := m[p]
	return t, ok
}

// Check tells, before anything runs, what is wrong with a condition: types that cannot be compared, values that nothing
// can be equal to, functions that there are not, more parts than a condition may have. types may be nil.
func Check(e Expr, types Types) error {
	_, err := resolve(e, types)
	return err
}

// class is what counts when two types meet: dates and timestamps can be compared.
func (t Type) class() Type {
	if t == TypeDate {
		return TypeTimestamp
	}
	return t
}

// typeOf is the type of an operand, if it has one of its own: an Untyped and a property that nobody declared have not.
func (r *resolver) typeOf(o Operand) (Type, bool) {
	switch o := o.(type) {
	case Text, CaseI, AccentI:
		return TypeText, true
	case Number, Arithmetic:
		return TypeNumber, true
	case Boolean, Condition:
		return TypeBoolean, true
	case Date:
		return TypeDate, true
	case Timestamp:
		return TypeTimestamp, true
	case Interval:
		return TypeInterval, true
	case List:
		return TypeArray, true
	case Geometry:
		return TypeGeometry, true
	case Function:
		f, ok := functionNamed(o.Name)
		return f.Result, ok
	case Property:
		return r.typeOfProperty(o)
	}
	return "", false
}

func (r *resolver) typeOfProperty(p Property) (Type, bool) {
	if k := coreKind(p); k != coreNone {
		return coreTypes[k], true
	}
	if r.types == nil {
		return "", false
	}
	return r.types.Type(p)
}

// expect refuses an operand whose type is another one than that of what it stands beside.
func (r *resolver) expect(o Operand, t Type) error {
	if own, known := r.typeOf(o); known && own.class() != t.class() {
		return invalid("%s is %s, where %s is expected", r.describe(o), own.article(), t.article())
	}
	return nil
}

// mixed is the failure of comparing two operands of different types.
func (r *resolver) mixed(a, b Operand) error {
	s, _ := r.typeOf(a)
	t, _ := r.typeOf(b)
	return invalid("%s is %s, %s is %s: they cannot be compared", r.describe(a), s.article(), r.describe(b), t.article())
}

func (t Type) article() string {
	if t == TypeInterval || t == TypeArray {
		return "an " + string(t)
	}
	return "a " + string(t)
}

func invalid(format string, args ...any) error {
	return fault.At(fault.Invalid, "filter", format, args...)
}

const maxDescription = 60

// describe names an operand in a message.
func (r *resolver) describe(o Operand) string {
	switch o := o.(type) {
	case Property:
		return "the property " + cut(string(o), maxDescription)
	case Text:
		return strconv.Quote(cut(string(o), maxDescription))
	case Untyped:
		return strconv.Quote(cut(o.Text, maxDescription))
	case Number:
		return strconv.FormatFloat(float64(o), 'g', -1, 64)
	case Boolean:
		return strconv.FormatBool(bool(o))
	case Date:
		return o.Time.Format("2006-01-02")
	case Timestamp:
		return record.Instant(o.Time)
	case Function:
		return "the function " + cut(o.Name, maxDescription)
	case Arithmetic:
		return "the result of " + string(o.Op)
	case CaseI, AccentI:
		inner, _ := unwrap(o)
		return r.describe(inner)
	case Condition:
		return "a condition"
	case Geometry:
		return "a geometry"
	case Interval:
		return "the interval"
	case List:
		return "the list"
	}
	return "nothing"
}
