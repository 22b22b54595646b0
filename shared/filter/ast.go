package filter

// Expr is a condition on a record: true, false or unknown. Its implementations are the types of this file; nil stands
// for no condition.
type Expr interface{ expr() }

// Operand is a value within a condition. Its implementations are the types of operand.go.
type Operand interface{ operand() }

// And holds when all its parts do; an empty And is true.
type And []Expr

// Or holds when any of its parts does; an empty Or is false.
type Or []Expr

// Not turns its part around; what is unknown stays unknown.
type Not struct{ Expr Expr }

// Certain holds when its part does, and is false where that is unknown: the rule of Filter Encoding, in which what is not
// there fulfils no comparison, and so fulfils the contrary of each.
type Certain struct{ Expr Expr }

// Truth is a condition that is a value: a Boolean, a property that is true or false, a function that answers so.
type Truth struct{ Operand Operand }

// Op is a comparison operator.
type Op string

// The comparison operators.
const (
	Equal          Op = "="
	NotEqual       Op = "<>"
	Less           Op = "<"
	LessOrEqual    Op = "<="
	Greater        Op = ">"
	GreaterOrEqual Op = ">="
)

// Compare holds when Left stands in the relation to Right.
type Compare struct {
	Op          Op
	Left, Right Operand
}

// MatchAction says how many of the values of a property a comparison has to hold for (OGC 09-026r2, 7.7.3.3).
type MatchAction string

// The match actions.
const (
	MatchAny MatchAction = "Any" // one at least
	MatchAll MatchAction = "All"
	MatchOne MatchAction = "One" // exactly one
)

// Match is a comparison of the values of a property with an Untyped literal, each by itself: the elements of an array, or
// the one value that it has. An array without elements has no value for which any action holds. A comparison of other
// operands has one value on each side, and all actions are the same.
type Match struct {
	Action  MatchAction
	Compare Compare
}

// Like holds when the text matches the pattern: % stands for any run of characters, _ for one, a backslash takes the
// next character literally. Pattern is a Text, or a CaseI or AccentI of one.
type Like struct {
	Operand Operand
	Pattern Operand
}

// Between holds when Low <= Operand <= High.
type Between struct{ Operand, Low, High Operand }

// In holds when Operand equals one of the values.
type In struct {
	Operand Operand
	Values  []Operand
}

// IsNull holds when there is no such value.
type IsNull struct{ Operand Operand }

// SpatialOp is a relation of two geometries (OGC 06-103r4, 6.1.15), in the plane of longitude and latitude.
type SpatialOp string

// The spatial operators, by the names of CQL2 (OGC 21-065r2, 7.8).
const (
	SIntersects SpatialOp = "S_INTERSECTS"
	SEquals     SpatialOp = "S_EQUALS"
	SDisjoint   SpatialOp = "S_DISJOINT"
	STouches    SpatialOp = "S_TOUCHES"
	SWithin     SpatialOp = "S_WITHIN"
	SOverlaps   SpatialOp = "S_OVERLAPS"
	SCrosses    SpatialOp = "S_CROSSES"
	SContains   SpatialOp = "S_CONTAINS"
)

// Spatial holds when Left stands in the relation to Right.
type Spatial struct {
	Op          SpatialOp
	Left, Right Operand
	// MissingIsFalse makes the condition false, not unknown, where a geometry is missing: the rule of Filter Encoding
	// and CQL 1, where NOT BBOX finds records without a footprint too. CQL2 follows SQL: unknown.
	MissingIsFalse bool
}

// Distance holds when the two geometries come as near as Metres, or, with Beyond, when they do not (DWithin and Beyond
// of OGC 09-026r2, 7.8.3.3), measured on the WGS 84 ellipsoid. Where a geometry is missing it is false.
type Distance struct {
	Left, Right Operand
	Metres      float64
	Beyond      bool
}

// TemporalOp is a relation of two times (OGC 21-065r2, 7.9, after Allen's interval algebra).
type TemporalOp string

// The temporal operators, by the names of CQL2.
const (
	TAfter        TemporalOp = "T_AFTER"
	TBefore       TemporalOp = "T_BEFORE"
	TContains     TemporalOp = "T_CONTAINS"
	TDisjoint     TemporalOp = "T_DISJOINT"
	TDuring       TemporalOp = "T_DURING"
	TEquals       TemporalOp = "T_EQUALS"
	TFinishedBy   TemporalOp = "T_FINISHEDBY"
	TFinishes     TemporalOp = "T_FINISHES"
	TIntersects   TemporalOp = "T_INTERSECTS"
	TMeets        TemporalOp = "T_MEETS"
	TMetBy        TemporalOp = "T_METBY"
	TOverlappedBy TemporalOp = "T_OVERLAPPEDBY"
	TOverlaps     TemporalOp = "T_OVERLAPS"
	TStartedBy    TemporalOp = "T_STARTEDBY"
	TStarts       TemporalOp = "T_STARTS"
)

// Temporal holds when Left stands in the relation to Right: instants, dates, intervals.
type Temporal struct {
	Op          TemporalOp
	Left, Right Operand
	// MissingIsFalse makes the condition false, not unknown, where a time is missing.
	MissingIsFalse bool
}

// ArrayOp is a relation of two arrays taken as sets (OGC 21-065r2, 7.10): neither the order nor the number of equal
// elements counts.
type ArrayOp string

// The array operators, by the names of CQL2.
const (
	AEquals      ArrayOp = "A_EQUALS"
	AContains    ArrayOp = "A_CONTAINS"
	AContainedBy ArrayOp = "A_CONTAINEDBY"
	AOverlaps    ArrayOp = "A_OVERLAPS"
)

// Array holds when Left stands in the relation to Right.
type Array struct {
	Op          ArrayOp
	Left, Right Operand
}

// AnyText holds when the record's text has the words (Words) or the pattern of Like (without regard to case) in it.
type AnyText struct {
	Words   string
	Pattern string
}

func (And) expr()      {}
func (Or) expr()       {}
func (Not) expr()      {}
func (Certain) expr()  {}
func (Truth) expr()    {}
func (Compare) expr()  {}
func (Match) expr()    {}
func (Like) expr()     {}
func (Between) expr()  {}
func (In) expr()       {}
func (IsNull) expr()   {}
func (Spatial) expr()  {}
func (Distance) expr() {}
func (Temporal) expr() {}
func (Array) expr()    {}
func (AnyText) expr()  {}
