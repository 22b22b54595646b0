package filter

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// named are columns that are easy to read.
func named() Columns {
	return Columns{
		ID: "id", Collection: "collection", Type: "type", Title: "title", Abstract: "abstract", ProductType: "product", Keywords: "keywords",
		Datetime: "known", DatetimeIndexed: "datetime", Start: "start", End: "finish", Modified: "modified", Properties: "p", Footprint: "g",
		Period: "period", Words: "words", Text: "text", Functions: "f",
	}
}

var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func TestCompile(t *testing.T) {
	day := "2024-05-01 00:00:00 +0000 UTC"
	night := "2024-05-01 23:59:59.999999 +0000 UTC"
	at := "2024-05-01 12:00:00 +0000 UTC"
	for _, c := range []struct {
		expr Expr
		sql  string
		args string
	}{
		{nil, "true", ""},
		{And{}, "true", ""},
		{Or{}, "false", ""},
		{And{IsNull{"title"}, Not{Or{IsNull{"end_datetime"}, IsNull{"keywords"}}}}, "(title = '' and not ((finish is null or cardinality(keywords) = 0)))", ""},
		{IsNull{"id"}, "false", ""},
		{IsNull{"eo:x"}, "coalesce(jsonb_typeof((p -> $1::text)), 'null') = 'null'", "eo:x"},
		{Compare{Op: Equal, Property: "id", Value: "a"}, "id = $1::text", "a"},
		{Compare{Op: Less, Property: "title", Value: "a"}, "nullif(title, '') < $1::text", "a"},
		{Compare{Op: Equal, Property: "abstract", Value: "Aß", FoldCase: true}, `(lower(nullif(abstract, '') collate f.fold) collate "C") = $1::text`, "aß"},
		{Compare{Op: Equal, Property: "title", Value: 5}, "null::boolean", ""},
		{Compare{Op: GreaterOrEqual, Property: "datetime", Value: noon}, "datetime >= $1::timestamptz", at},
		{Not{Compare{Op: GreaterOrEqual, Property: "datetime", Value: noon}}, "not (known >= $1::timestamptz)", at},
		{Compare{Op: Less, Property: "datetime", Value: noon}, "known < $1::timestamptz", at},
		{Compare{Op: Equal, Property: "modified", Value: "2024-05-01"}, "(modified >= $1::timestamptz and modified <= $2::timestamptz)", day + " | " + night},
		{Compare{Op: NotEqual, Property: "start_datetime", Value: "2024-05-01"}, "(start < $1::timestamptz or start > $2::timestamptz)", day + " | " + night},
		{Compare{Op: Less, Property: "end_datetime", Value: "tomorrow"}, "null::boolean", ""},
		{Compare{Op: Less, Property: "end_datetime", Value: true}, "null::boolean", ""},
		{Compare{Op: Equal, Property: "keywords", Value: "a"}, "case when cardinality(keywords) > 0 then exists (select from unnest(keywords) word where word = $1::text) end", "a"},
		{Compare{Op: NotEqual, Property: "keywords", Value: "a"}, "case when cardinality(keywords) > 0 then not exists (select from unnest(keywords) word where word = $1::text) end", "a"},
		{Compare{Op: Equal, Property: "keywords", Value: []any{"a", "b"}}, "case when cardinality(keywords) > 0 then to_jsonb(keywords) = $1::text::jsonb end", `["a","b"]`},
		{Compare{Op: Equal, Property: "x", Value: "a"}, `(f.string((p -> $1::text)) collate "C") = $2::text`, "x | a"},
		{Compare{Op: LessOrEqual, Property: "x", Value: 20}, "f.number((p -> $1::text)) <= $2::float8", "x | 20"},
		{Compare{Op: LessOrEqual, Property: "x", Value: "20"},
			`case jsonb_typeof((p -> $1::text)) when 'string' then (f.string((p -> $1::text)) collate "C") <= $2::text when 'number' then f.number((p -> $1::text)) <= $3::float8 end`, "x | 20 | 20"},
		{Compare{Op: Equal, Property: "x", Value: "true"},
			`case jsonb_typeof((p -> $1::text)) when 'string' then (f.string((p -> $1::text)) collate "C") = $2::text when 'boolean' then (p -> $1::text)::boolean = $3::boolean end`, "x | true | true"},
		{Compare{Op: Equal, Property: "x", Value: false}, "case when jsonb_typeof((p -> $1::text)) = 'boolean' then (p -> $1::text)::boolean = $2::boolean end", "x | false"},
		{Compare{Op: Less, Property: "x", Value: false}, "null::boolean", ""},
		{Compare{Op: Greater, Property: "x", Value: noon}, "f.instant((p -> $1::text)) > $2::timestamptz", "x | " + at},
		{Compare{Op: Equal, Property: "x", Value: []any{"VV", "VH", 1.5}}, "case when jsonb_typeof((p -> $1::text)) = 'array' then (p -> $1::text) = $2::text::jsonb end", `x | ["VV","VH",1.5]`},
		{Compare{Op: Equal, Property: "x') or true --", Value: "'; drop table"}, `(f.string((p -> $1::text)) collate "C") = $2::text`, "x') or true -- | '; drop table"},
		{Like{Property: "title", Pattern: `S2%\`}, "nullif(title, '') like $1::text", `S2%\\`},
		{Like{Property: "x", Pattern: "A%", FoldCase: true}, `(lower((f.string((p -> $1::text)) collate "C") collate f.fold) collate "C") like $2::text`, "x | a%"},
		{Like{Property: "keywords", Pattern: "a%"}, "case when cardinality(keywords) > 0 then exists (select from unnest(keywords) word where word like $1::text) end", "a%"},
		{Like{Property: "datetime", Pattern: "2024-05-01t%"}, `rtrim(rtrim(to_char(known at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z' like $1::text`, "2024-05-01T%"},
		{Between{Property: "x", Low: 1, High: 2.5}, "(f.number((p -> $1::text)) >= $2::float8 and f.number((p -> $3::text)) <= $4::float8)", "x | 1 | x | 2.5"},
		{In{Property: "collection", Values: []any{"a", "1"}}, "collection = any($1::text[])", "[a 1]"},
		{In{Property: "x", Values: []any{"a", "b"}}, `(f.string((p -> $1::text)) collate "C") = any($2::text[])`, "x | [a b]"},
		{In{Property: "x", Values: []any{"a", 1}}, `((f.string((p -> $1::text)) collate "C") = $2::text or f.number((p -> $3::text)) = $4::float8)`, "x | a | x | 1"},
		{In{Property: "x"}, "false", ""},
		{Intersects{orb.Point{1, 2}}, "(g is not null and ST_Intersects(g, $1::geometry))", "[1 2]"},
		{During{record.Interval{Start: noon, End: noon}},
			"(period is not null and period && tstzrange($2::timestamptz, $1::timestamptz, '[]') and datetime <= $1::timestamptz)", at + " | " + at},
		{During{record.Interval{Start: noon}}, "(period is not null and period && tstzrange($2::timestamptz, $1::timestamptz, '[]'))", "<nil> | " + at},
		{AnyText{Words: "Sea-Ice sea"}, "(words @@ $1::text::tsquery)", "'ice' & 'sea'"},
		{AnyText{Pattern: "Ice%"}, "(text like $1::text)", "%ice%%"},
		{AnyText{Words: "a", Pattern: "b"}, "(words @@ $1::text::tsquery and text like $2::text)", "'a' | %b%"},
		{AnyText{Words: "--"}, "false", ""},
		{AnyText{}, "true", ""},
	} {
		compiler := NewCompiler(named())
		sql, err := compiler.Compile(c.expr)
		if err != nil || sql != c.sql || spelled(compiler.Args()) != c.args {
			t.Errorf("%#v\ngot  %s\nwant %s\nargs %s\nwant %s\n%v", c.expr, sql, c.sql, spelled(compiler.Args()), c.args, err)
		}
	}
}

func spelled(args []any) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = fmt.Sprint(arg)
	}
	return strings.Join(texts, " | ")
}

func TestWhatIsNotCompiled(t *testing.T) {
	deep := Expr(And{})
	for range 200 {
		deep = Not{deep}
	}
	for name, e := range map[string]Expr{
		"no comparison":         Compare{Op: "~", Property: "x", Value: 1},
		"not a number":          Compare{Op: Equal, Property: "x", Value: math.NaN()},
		"infinite":              Compare{Op: Equal, Property: "x", Value: math.Inf(1)},
		"no value":              Compare{Op: Equal, Property: "x"},
		"an object":             Compare{Op: Equal, Property: "x", Value: map[string]any{}},
		"an array of arrays":    Compare{Op: Equal, Property: "x", Value: []any{[]any{1}}},
		"an array of objects":   Compare{Op: Equal, Property: "x", Value: []any{map[string]any{}}},
		"a zero character":      Compare{Op: Equal, Property: "x", Value: "a\x00"},
		"a zero in a name":      Compare{Op: Equal, Property: "x\x00", Value: "a"},
		"a zero in a null":      IsNull{"x\x00"},
		"a zero in a pattern":   Like{Property: "x", Pattern: "\x00"},
		"a zero in a list":      In{Property: "x", Values: []any{"\x00"}},
		"a zero in a text":      AnyText{Words: "\x00"},
		"a long text":           Compare{Op: Equal, Property: "x", Value: strings.Repeat("x", 20_000)},
		"a long name":           IsNull{strings.Repeat("x", 20_000)},
		"not UTF-8":             Compare{Op: Equal, Property: "x", Value: "\xff"},
		"a far year":            Compare{Op: Equal, Property: "x", Value: noon.AddDate(10000, 0, 0)},
		"a backward interval":   During{record.Interval{Start: noon, End: noon.Add(-time.Second)}},
		"a point in space":      Intersects{orb.Point{200, 0}},
		"no geometry":           Intersects{},
		"too deep":              deep,
		"too many":              Or(make([]Expr, maxParts)),
		"deep within a between": And{Between{Property: "x", Low: 1, High: "\x00"}},
	} {
		_, err := NewCompiler(named()).Compile(e)
		if fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if Holds(e, record.Record{}) {
			t.Errorf("%s holds", name)
		}
	}
}

// A statement may have conditions of several filters, and arguments of its own.
func TestArgumentsOfOneStatement(t *testing.T) {
	c := NewCompiler(named())
	first := c.Arg("mine")
	a, _ := c.Compile(Compare{Op: Equal, Property: "id", Value: "a"})
	b, _ := c.Compile(Compare{Op: Equal, Property: "id", Value: "b"})
	if first != "$1" || a != "id = $2::text" || b != "id = $3::text" || spelled(c.Args()) != "mine | a | b" {
		t.Errorf("%s, %s, %s of %s", first, a, b, spelled(c.Args()))
	}
}
