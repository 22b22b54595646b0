package filter

import (
	"strconv"
	"strings"
)

// Columns says where a database keeps what filters speak of: expressions of SQL, each over one row. Texts compare by
// code points (collation "C"). The zero Columns serve to check a filter only.
type Columns struct {
	ID, Collection, Type         string // text, never null
	Title, Abstract, ProductType string // text, empty when there is none
	Keywords                     string // text[], never null
	Datetime, Start              string // timestamptz, null when unknown
	End, Created, Modified       string //
	DatetimeIndexed              string // Datetime, but -infinity when unknown: for conditions that an index may serve
	StartIndexed                 string // the same of Start
	Properties                   string // jsonb, an object
	Footprint                    string // geometry in EPSG:4326, longitude first, null when there is none
	Period                       string // tstzrange, null when there is none
	Words                        string // tsvector of the Words of the TextOf a record
	Text                         string // the TextOf a record in lower case
	Functions                    string // schema of the functions of the migrations, and of the collation fold

	// Types are the properties that are declared or learnt. Their names are written into the SQL as literals, so that
	// indexes over the same expressions serve them; all other names are arguments.
	Types Types
}

// Compiler writes SQL from filters. It gathers the arguments of one statement, in the order of their placeholders: no
// value, and no name of a property but of those in Columns.Types, is ever part of the text. Geometries come out as
// orb.Geometry.
type Compiler struct {
	columns Columns
	args    []any
	names   map[Property]string // placeholders of the names of properties
}

// NewCompiler begins a statement.
func NewCompiler(columns Columns) *Compiler {
	return &Compiler{columns: columns, names: map[Property]string{}}
}

// Type is the type of a property that the columns tell of.
func (c *Compiler) Type(p Property) (Type, bool) {
	if c.columns.Types == nil {
		return "", false
	}
	return c.columns.Types.Type(p)
}

// Arg adds an argument to the statement and gives its placeholder.
func (c *Compiler) Arg(v any) string {
	c.args = append(c.args, v)
	return "$" + strconv.Itoa(len(c.args))
}

// Args are the arguments so far.
func (c *Compiler) Args() []any { return c.args }

// Compile writes a condition that is true, false or null for a row exactly as package filter's evaluator decides.
func (c *Compiler) Compile(e Expr) (string, error) {
	condition, err := resolve(e, c.columns.Types)
	if err != nil {
		return "", err
	}
	return condition.sql(c, place{}), nil
}

// Check is Check by the types of the Columns.
func (c *Compiler) Check(e Expr) error { return Check(e, c.columns.Types) }

// core is the expression of a core property.
func (c *Compiler) core(p Property) string {
	switch p {
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
	case PropertyCreated:
		return c.columns.Created
	case PropertyTime:
		return c.columns.Period
	case PropertyGeometry:
		return c.columns.Footprint
	}
	return c.columns.Modified
}

// text is a property that is a text, null when it is not.
func (c *Compiler) text(p Property) string {
	switch coreKind(p) {
	case coreText:
		return c.core(p)
	case coreName:
		return "nullif(" + c.core(p) + ", '')"
	}
	return c.string(c.json(p))
}

// string is the text of a JSON value that is one, else null.
func (c *Compiler) string(j string) string {
	return "(" + c.columns.Functions + ".string(" + j + `) collate "C")`
}

// json is the JSON value of a property that is no core property.
func (c *Compiler) json(p Property) string {
	name, known := c.names[p]
	if !known {
		name = c.name(p)
		c.names[p] = name
	}
	return "(" + c.columns.Properties + " -> " + name + ")"
}

func (c *Compiler) name(p Property) string {
	if c.columns.Types != nil && quotable(string(p)) {
		if _, declared := c.columns.Types.Type(p); declared {
			return "'" + strings.ReplaceAll(string(p), "'", "''") + "'"
		}
	}
	return c.Arg(string(p)) + "::text"
}

// quotable tells whether a name can be written as a literal whatever the settings of the server are.
func quotable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f || r == '\ufffd' })
}

// Indexed is the expression over Columns.Properties by which the conditions on a declared property of a type are
// written, for an index over it; ok is false for a type that no index serves. That of an array is for an index of what its
// elements are.
func (c Columns) Indexed(p Property, t Type) (expression string, ok bool) {
	of, j, ok := c.literally(p, t)
	switch t.class() {
	case TypeText:
		return of.string(j), ok
	case TypeNumber:
		return c.Functions + ".number(" + j + ")", ok
	case TypeTimestamp:
		return c.Functions + ".instant(" + j + ")", ok
	case TypeArray:
		return c.Functions + ".elements(" + j + ")", ok
	}
	return "", false
}

// IndexedFolded is the expression by which a declared text is written where case does not count, for an index of its
// trigrams: that serves LIKE too.
func (c Columns) IndexedFolded(p Property) (expression string, ok bool) {
	of, j, ok := c.literally(p, TypeText)
	return folds{caseless: true}.write(of, of.string(j)), ok
}

// literally writes a property with its name in the text.
func (c Columns) literally(p Property, t Type) (of *Compiler, json string, ok bool) {
	c.Types = TypeMap{p: t}
	of = NewCompiler(c)
	json = of.json(p)
	return of, json, len(of.args) == 0
}
