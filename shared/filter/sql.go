package filter

import (
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// Columns says where a database keeps what filters speak of: expressions of SQL, each over one row. Texts compare by
// code points (collation "C"). The zero Columns serve to check a filter only.
type Columns struct {
	ID, Collection, Type         string // text, never null
	Title, Abstract, ProductType string // text, empty when there is none
	Keywords                     string // text[], never null
	Datetime, Start              string // timestamptz, null when unknown
	End, Modified                string //
	DatetimeIndexed              string // Datetime, but -infinity when unknown: for conditions that an index may serve
	Properties                   string // jsonb, an object
	Footprint                    string // geometry in EPSG:4326, longitude first, null when there is none
	Period                       string // tstzrange, null when there is none
	Words                        string // tsvector of the Words of the Text
	Text                         string // the Text in lower case
	Functions                    string // schema of number(jsonb), instant(jsonb), string(jsonb) and the collation fold
}

// The bounds of a filter: whoever asks may be a stranger.
const (
	maxNesting = 100
	maxParts   = 5000
)

// Compiler writes SQL from filters. It gathers the arguments of one statement, in the order of their placeholders: no
// value and no name of a property is ever part of the text. Geometries come out as orb.Geometry.
type Compiler struct {
	columns Columns
	args    []any
	nodes   int
}

// NewCompiler begins a statement.
func NewCompiler(columns Columns) *Compiler { return &Compiler{columns: columns} }

// Arg adds an argument to the statement and gives its placeholder.
func (c *Compiler) Arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

// Args are the arguments so far.
func (c *Compiler) Args() []any { return c.args }

// Compile writes a condition that is true, false or null for a row exactly as package filter's evaluator decides.
func (c *Compiler) Compile(e Expr) (string, error) {
	return c.expr(e, place{})
}

// place is where in a filter an expression stands. Where no Not is above it, false and null are the same.
type place struct {
	depth   int
	negated bool
}

func (p place) below(negating bool) place {
	return place{depth: p.depth + 1, negated: p.negated || negating}
}

func (c *Compiler) expr(e Expr, at place) (string, error) {
	if c.nodes++; at.depth > maxNesting || c.nodes > maxParts {
		return "", fault.At(fault.Invalid, "filter", "the filter is too large: it may be %d deep and have %d parts", maxNesting, maxParts)
	}
	switch e := e.(type) {
	case nil:
		return "true", nil
	case And:
		return c.join(e, " and ", "true", at)
	case Or:
		return c.join(e, " or ", "false", at)
	case Not:
		text, err := c.expr(e.Expr, at.below(true))
		return "not (" + text + ")", err
	case Compare:
		return c.compare(e, at)
	case Like:
		return c.like(e)
	case Between:
		return c.join(e.parts(), " and ", "true", at)
	case In:
		return c.in(e, at)
	case IsNull:
		return c.isNull(e)
	case Intersects:
		return c.intersects(e)
	case During:
		return c.during(e)
	case AnyText:
		return c.anyText(e)
	}
	return "", fault.New(fault.Internal, "a filter of type %T cannot be compiled", e)
}

func (c *Compiler) join(parts []Expr, operator, empty string, at place) (string, error) {
	if len(parts) == 0 {
		return empty, nil
	}
	texts := make([]string, len(parts))
	for i, part := range parts {
		text, err := c.expr(part, at.below(false))
		if err != nil {
			return "", err
		}
		texts[i] = text
	}
	return "(" + strings.Join(texts, operator) + ")", nil
}

func (c *Compiler) isNull(e IsNull) (string, error) {
	if err := textual(e.Property, e.Property); err != nil {
		return "", err
	}
	switch coreKind(e.Property) {
	case coreText:
		return "false", nil
	case coreName:
		return c.core(e.Property) + " = ''", nil
	case coreInstant:
		return c.core(e.Property) + " is null", nil
	case coreTexts:
		return "cardinality(" + c.columns.Keywords + ") = 0", nil
	}
	return "coalesce(jsonb_typeof(" + c.json(e.Property) + "), 'null') = 'null'", nil
}

func (c *Compiler) intersects(e Intersects) (string, error) {
	if err := geo.Check(e.Geometry); err != nil {
		return "", err
	}
	f := c.columns.Footprint
	return "(" + f + " is not null and ST_Intersects(" + f + ", " + c.Arg(e.Geometry) + "::geometry))", nil
}

func (c *Compiler) during(e During) (string, error) {
	i := exactly(e.Interval)
	if !i.Start.IsZero() && !i.End.IsZero() && i.End.Before(i.Start) {
		return "", fault.At(fault.Invalid, PropertyDatetime, "the interval %s ends before it starts", i)
	}
	p, end := c.columns.Period, c.Arg(orNone(i.End))+"::timestamptz"
	condition := p + " is not null and " + p + " && tstzrange(" + c.Arg(orNone(i.Start)) + "::timestamptz, " + end + ", '[]')"
	if !i.End.IsZero() {
		condition += " and " + c.columns.DatetimeIndexed + " <= " + end // which follows, and tells where to begin to look
	}
	return "(" + condition + ")", nil
}

func (c *Compiler) anyText(e AnyText) (string, error) {
	if err := textual("text", e.Words+e.Pattern); err != nil {
		return "", err
	}
	var conditions []string
	if e.Words != "" {
		words := Words(e.Words)
		if len(words) == 0 {
			return "false", nil
		}
		conditions = append(conditions, c.columns.Words+" @@ "+c.Arg("'"+strings.Join(words, "' & '")+"'")+"::text::tsquery")
	}
	if e.Pattern != "" {
		conditions = append(conditions, c.columns.Text+" like "+c.Arg(anywhere(e.Pattern))+"::text")
	}
	if len(conditions) == 0 {
		return "true", nil
	}
	return "(" + strings.Join(conditions, " and ") + ")", nil
}

// core is the expression of a core property.
func (c *Compiler) core(property string) string {
	switch property {
	case PropertyID:
		return c.columns.ID
	case PropertyCollection:
		return c.columns.Collection
	case PropertyType:
		return c.columns.Type
	case PropertyTitle:
		return c.columns.Title
	case PropertyAbstract:
		return c.columns.Abstract
	case PropertyProductType:
		return c.columns.ProductType
	case PropertyKeywords:
		return c.columns.Keywords
	case PropertyDatetime:
		return c.columns.Datetime
	case PropertyStart:
		return c.columns.Start
	case PropertyEnd:
		return c.columns.End
	}
	return c.columns.Modified
}

// json is the JSON value of any other property.
func (c *Compiler) json(property string) string {
	return "(" + c.columns.Properties + " -> " + c.Arg(property) + "::text)"
}
