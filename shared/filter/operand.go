package filter

import (
	"time"

	"github.com/paulmach/orb"
)

// Property is a property of the record by its name: one of the Property… constants, or of record.Record.Properties.
type Property string

// Text is a text literal.
type Text string

// Untyped is a literal of a language that does not tell texts from numbers, dates and truth values (an XML literal, a
// quoted value of CQL 1, a parameter of a URL): it is read as whatever it is compared with, and where that is an array
// a comparison holds when it does for any element (matchAction Any of OGC 09-026r2, 7.7.3.3).
type Untyped struct {
	Text     string
	FoldCase bool // compare texts without regard to case
}

// Number is a numeric literal, finite.
type Number float64

// Boolean is true or false.
type Boolean bool

// Date is a day (UTC): the first moment of it.
type Date struct{ Time time.Time }

// Timestamp is an instant.
type Timestamp struct{ Time time.Time }

// Interval is a time interval, closed at both ends; a nil end is open. Its ends are dates, timestamps, properties or
// functions.
type Interval struct{ Start, End Operand }

// List is an array of values of any kind.
type List []Operand

// Geometry is a geometry in longitude and latitude (CRS84).
type Geometry struct{ Geometry orb.Geometry }

// Function is a call of one of Functions.
type Function struct {
	Name string
	Args []Operand
}

// ArithmeticOp is an arithmetic operator (OGC 21-065r2, 7.14).
type ArithmeticOp string

// The arithmetic operators; Div is the integer division, truncated towards zero.
const (
	Add      ArithmeticOp = "+"
	Subtract ArithmeticOp = "-"
	Multiply ArithmeticOp = "*"
	Divide   ArithmeticOp = "/"
	Modulo   ArithmeticOp = "%"
	Div      ArithmeticOp = "div"
	Power    ArithmeticOp = "^"
)

// Arithmetic is a number made of two; what has no result (a division by zero) is null.
type Arithmetic struct {
	Op          ArithmeticOp
	Left, Right Operand
}

// CaseI is a text without regard to case: both sides of a comparison are folded.
type CaseI struct{ Operand Operand }

// AccentI is a text without regard to accents: both sides of a comparison lose their diacritical marks.
type AccentI struct{ Operand Operand }

// Condition is a condition as a value, true or false: an argument of a function, an element of an array, a side of a
// comparison, the operand of IsNull.
type Condition struct{ Expr Expr }

func (Property) operand()   {}
func (Text) operand()       {}
func (Untyped) operand()    {}
func (Number) operand()     {}
func (Boolean) operand()    {}
func (Date) operand()       {}
func (Timestamp) operand()  {}
func (Interval) operand()   {}
func (List) operand()       {}
func (Geometry) operand()   {}
func (Function) operand()   {}
func (Arithmetic) operand() {}
func (CaseI) operand()      {}
func (AccentI) operand()    {}
func (Condition) operand()  {}
