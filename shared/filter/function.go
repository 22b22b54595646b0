package filter

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/record"
)

// Signature describes a function that filters may call. Its name is read without regard to case. Where an argument is
// null the result is null.
type Signature struct {
	Name        string
	Args        []Type
	Result      Type
	Description string
}

// Functions lists the functions that filters may call.
func Functions() []Signature {
	list := make([]Signature, len(functions))
	for i, f := range functions {
		list[i] = f.Signature
	}
	return list
}

// function is a Signature and what makes a value of the arguments.
type function struct {
	Signature
	call func(args []called) called
}

// called is a value of whichever type: one of the fields is set.
type called struct {
	text     value[string]
	number   value[float64]
	boolean  value[bool]
	moment   value[time.Time]
	geometry value[orb.Geometry]
	list     value[[]any]
}

var functions = []function{
	ofText("lower", "the text in lower case", func(c *Compiler, s string) string { return cased(c, "lower", s) }, lower),
	ofText("upper", "the text in upper case", func(c *Compiler, s string) string { return cased(c, "upper", s) }, upper),
	ofText("trim", "the text without spaces at its ends", func(_ *Compiler, s string) string { return "btrim(" + s + ")" },
		func(s string) string { return strings.Trim(s, " ") }),
	ofText("ltrim", "the text without spaces at its beginning", func(_ *Compiler, s string) string { return "ltrim(" + s + ")" },
		func(s string) string { return strings.TrimLeft(s, " ") }),
	ofText("rtrim", "the text without spaces at its end", func(_ *Compiler, s string) string { return "rtrim(" + s + ")" },
		func(s string) string { return strings.TrimRight(s, " ") }),
	concatFunction(),
	numberOf("length", TypeText, "the number of characters of the text", func(a called) value[string] { return a.text },
		"char_length(%)::float8", func(s string) float64 { return float64(utf8.RuneCountInString(s)) }),
	ofNumber("abs", "the number without its sign", "abs(%)", math.Abs),
	ofNumber("floor", "the largest integer that is not greater", "floor(%)", math.Floor),
	ofNumber("ceil", "the smallest integer that is not less", "ceil(%)", math.Ceil),
	ofNumber("round", "the nearest integer, of two the even one", "round(%)", math.RoundToEven),
	ofNumbers("min", "the lesser of two numbers", "lesser", math.Min),
	ofNumbers("max", "the greater of two numbers", "greater", math.Max),
	ofTime("year", "the year (UTC)", time.Time.Year),
	ofTime("month", "the month (UTC), 1 to 12", func(t time.Time) int { return int(t.Month()) }),
	ofTime("day", "the day of the month (UTC)", time.Time.Day),
	ofTime("hour", "the hour of the day (UTC)", time.Time.Hour),
	ofTime("minute", "the minute of the hour (UTC)", time.Time.Minute),
	numberOf("size", TypeArray, "the number of elements of the array", func(a called) value[[]any] { return a.list },
		"jsonb_array_length(%)::float8", func(l []any) float64 { return float64(len(l)) }),
	ofGeometry("west", "the least longitude of the geometry", "ST_XMin", func(b orb.Bound) float64 { return b.Min[0] }),
	ofGeometry("south", "the least latitude of the geometry", "ST_YMin", func(b orb.Bound) float64 { return b.Min[1] }),
	ofGeometry("east", "the greatest longitude of the geometry", "ST_XMax", func(b orb.Bound) float64 { return b.Max[0] }),
	ofGeometry("north", "the greatest latitude of the geometry", "ST_YMax", func(b orb.Bound) float64 { return b.Max[1] }),
	areaFunction(),
	placeOf("centroid", "the centre of gravity of the geometry, in the plane of longitude and latitude", "ST_Centroid",
		func(g orb.Geometry) orb.Geometry { return geo.Centroid(g) }),
	placeOf("envelope", "the least box around the geometry", "ST_Envelope", geo.Envelope),
	distanceFunction(),
}

func functionNamed(name string) (function, bool) {
	for _, f := range functions {
		if strings.EqualFold(f.Name, name) {
			return f, true
		}
	}
	return function{}, false
}

func unknownFunction(name string) error {
	names := make([]string, len(functions))
	for i, f := range functions {
		names[i] = f.Name
	}
	return invalid("there is no function %q; there are %s", cut(name, maxDescription), strings.Join(names, ", "))
}

// call is the result of a function, of the type that pick takes.
func call[T any](r *resolver, o Function, depth int, pick func(called) value[T]) (value[T], error) {
	f, ok := functionNamed(o.Name)
	if !ok {
		return value[T]{}, unknownFunction(o.Name)
	}
	if len(o.Args) != len(f.Args) {
		return value[T]{}, invalid("the function %s takes %d arguments, not %d", f.Name, len(f.Args), len(o.Args))
	}
	args := make([]called, len(o.Args))
	for i, arg := range o.Args {
		var err error
		if args[i], err = r.argument(arg, f.Args[i], depth+1); err != nil {
			return value[T]{}, err
		}
	}
	return pick(f.call(args)), nil
}

func (r *resolver) argument(o Operand, t Type, depth int) (called, error) {
	switch t {
	case TypeText:
		v, err := r.text(o, depth)
		return called{text: v.folded(v.folds)}, err
	case TypeNumber:
		v, err := r.number(o, depth)
		return called{number: v}, err
	case TypeGeometry:
		v, err := r.geometry(o, depth)
		return called{geometry: v.value}, err
	case TypeArray:
		v, err := r.list(o, depth)
		return called{list: v}, err
	}
	v, err := r.moment(o, depth)
	return called{moment: value[time.Time]{sql: v.lo, eval: func(rec *record.Record) (time.Time, bool) {
		s, ok := v.eval(rec)
		return s.lo, ok
	}}}, err
}

// mapped is what a function makes of one value.
func mapped[A, R any](of value[A], sql func(c *Compiler, a string) string, result func(A) R) value[R] {
	return value[R]{
		sql: func(c *Compiler) string { return sql(c, of.sql(c)) },
		eval: func(rec *record.Record) (R, bool) {
			a, ok := of.eval(rec)
			if !ok {
				var none R
				return none, false
			}
			return result(a), true
		},
	}
}

// cased changes case by the collation that knows all letters, whatever locale the database has.
func cased(c *Compiler, function, text string) string {
	return "(" + function + "(" + text + " collate " + c.columns.Functions + `.fold) collate "C")`
}

func ofText(name, description string, sql func(*Compiler, string) string, result func(string) string) function {
	return function{Signature{name, []Type{TypeText}, TypeText, description}, func(args []called) called {
		return called{text: mapped(args[0].text, sql, result)}
	}}
}

// numberOf is a function whose SQL has the argument where its pattern has %.
func numberOf[A any](name string, of Type, description string, pick func(called) value[A], sql string, result func(A) float64) function {
	write := func(_ *Compiler, a string) string { return strings.Replace(sql, "%", a, 1) }
	return function{Signature{name, []Type{of}, TypeNumber, description}, func(args []called) called {
		return called{number: mapped(pick(args[0]), write, result)}
	}}
}

func ofNumber(name, description, sql string, result func(float64) float64) function {
	return numberOf(name, TypeNumber, description, func(a called) value[float64] { return a.number }, sql, result)
}

func ofNumbers(name, description, sql string, result func(a, b float64) float64) function {
	return function{Signature{name, []Type{TypeNumber, TypeNumber}, TypeNumber, description}, func(args []called) called {
		return called{number: ofTwo(sql, args[0].number, args[1].number, func(a, b float64) (float64, bool) { return result(a, b), true })}
	}}
}

func ofTime(name, description string, part func(time.Time) int) function {
	sql := "extract(" + name + " from % at time zone 'UTC')::float8"
	return numberOf(name, TypeTimestamp, description, func(a called) value[time.Time] { return a.moment }, sql,
		func(t time.Time) float64 { return float64(part(t)) })
}

func ofGeometry(name, description, sql string, side func(orb.Bound) float64) function {
	return numberOf(name, TypeGeometry, description, func(a called) value[orb.Geometry] { return a.geometry }, sql+"(%)",
		func(g orb.Geometry) float64 { return side(g.Bound()) })
}

// placeOf is a function that makes a geometry of one.
func placeOf(name, description, sql string, result func(orb.Geometry) orb.Geometry) function {
	write := func(_ *Compiler, a string) string { return sql + "(" + a + ")" }
	return function{Signature{name, []Type{TypeGeometry}, TypeGeometry, description}, func(args []called) called {
		return called{geometry: mapped(args[0].geometry, write, result)}
	}}
}

func concatFunction() function {
	return function{Signature{"concat", []Type{TypeText, TypeText}, TypeText, "the second text behind the first"}, func(args []called) called {
		a, b := args[0].text, args[1].text
		return called{text: value[string]{
			sql: func(c *Compiler) string { return "((" + a.sql(c) + " || " + b.sql(c) + `) collate "C")` },
			eval: func(rec *record.Record) (string, bool) {
				s, ok := a.eval(rec)
				t, too := b.eval(rec)
				return s + t, ok && too
			},
		}}
	}}
}

func areaFunction() function {
	return function{
		Signature{"area", []Type{TypeGeometry}, TypeNumber, "how many square metres of the WGS 84 ellipsoid the geometry covers"},
		func(args []called) called {
			write := func(c *Compiler, a string) string { return c.columns.Functions + ".area(" + a + ")" }
			return called{number: mapped(args[0].geometry, write, geo.Area)}
		},
	}
}

func distanceFunction() function {
	return function{
		Signature{"distance", []Type{TypeGeometry, TypeGeometry}, TypeNumber, "how far two geometries are apart, in metres on the WGS 84 ellipsoid"},
		func(args []called) called {
			return called{number: ofTwo("distance", args[0].geometry, args[1].geometry,
				func(a, b orb.Geometry) (float64, bool) { return geo.Distance(a, b), true })}
		},
	}
}
