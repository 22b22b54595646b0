package filter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/record"
)

func TestCompile(t *testing.T) {
	day := "2024-05-01 00:00:00 +0000 UTC"
	night := "2024-05-01 23:59:59.999999 +0000 UTC"
	at := "2024-05-01 12:00:00 +0000 UTC"
	x := Property("x")
	for _, c := range []struct {
		expr Expr
		sql  string
		args string
	}{
		{nil, "true", ""},
		{And{}, "true", ""},
		{Or{}, "false", ""},
		{In{x, nil}, "false", ""},
		{And{IsNull{PropertyTitle}, Not{Or{IsNull{PropertyEnd}, IsNull{PropertyKeywords}}}}, "(title = '' and not ((finish is null or cardinality(keywords) = 0)))", ""},
		{IsNull{PropertyID}, "false", ""},
		{IsNull{PropertyTime}, "period is null", ""},
		{IsNull{Property("eo:x")}, "coalesce(jsonb_typeof((p -> $1::text)), 'null') = 'null'", "eo:x"},
		{IsNull{Arithmetic{Add, x, Number(1)}}, "(f.add(f.number((p -> $1::text)), $2::float8)) is null", "x | 1"},
		{Compare{Equal, PropertyID, Text("a")}, `id = $1::text collate "C"`, "a"},
		{Compare{Less, Text("a"), PropertyTitle}, `$1::text collate "C" < nullif(title, '')`, "a"},
		{Compare{Equal, CaseI{PropertyAbstract}, Text("Aß")}, `(f.fold_case(nullif(abstract, '')) collate "C") = (f.fold_case($1::text collate "C") collate "C")`, "Aß"},
		{Compare{Equal, PropertyType, AccentI{Text("é")}}, `(f.without_accents(type) collate "C") = (f.without_accents($1::text collate "C") collate "C")`, "é"},
		{Compare{GreaterOrEqual, PropertyDatetime, Timestamp{noon}}, "(datetime >= $1::timestamptz)", at},
		{Compare{LessOrEqual, Timestamp{noon}, PropertyDatetime}, "(datetime >= $1::timestamptz)", at},
		{Not{Compare{GreaterOrEqual, PropertyDatetime, Timestamp{noon}}}, "not ((known >= $1::timestamptz))", at},
		{Compare{Equal, PropertyDatetime, Timestamp{noon}}, "datetime = $1::timestamptz", at},
		{Compare{Less, PropertyDatetime, Timestamp{noon}}, "(datetime < $1::timestamptz and datetime > '-infinity')", at},
		{Compare{Equal, PropertyCreated, Date{noon}}, "(created >= $1::timestamptz and created <= $2::timestamptz)", day + " | " + night},
		{Compare{Equal, PropertyModified, Date{noon}}, "(modified >= $1::timestamptz and modified <= $2::timestamptz)", day + " | " + night},
		{Compare{Less, PropertyModified, Untyped{Text: "2024-05-01 12:00"}}, "modified < $1::timestamptz", "2024-05-01 12:00:00 +0000 UTC"},
		{Compare{Equal, PropertyModified, Untyped{Text: "2024-05-01"}}, "(modified >= $1::timestamptz and modified <= $2::timestamptz)", day + " | " + night},
		{Compare{NotEqual, PropertyStart, Date{noon}}, "(start < $1::timestamptz or start > $2::timestamptz)", day + " | " + night},
		{Compare{Equal, PropertyKeywords, Untyped{Text: "a"}}, `(cardinality(keywords) > 0 and keywords @> $2::text[] and case when cardinality(keywords) > 0 then exists (select from unnest(keywords) word where word = $1::text collate "C") end)`, "a | [a]"},
		{Compare{NotEqual, PropertyKeywords, Untyped{Text: "a"}}, `case when cardinality(keywords) > 0 then not exists (select from unnest(keywords) word where word = $1::text collate "C") end`, "a"},
		{Compare{Equal, PropertyKeywords, List{Text("a"), Text("b")}}, "case when cardinality(keywords) > 0 then to_jsonb(keywords) end = $1::text::jsonb", `["a","b"]`},
		{Compare{Equal, x, Text("a")}, `(f.string((p -> $1::text)) collate "C") = $2::text collate "C"`, "x | a"},
		{Compare{LessOrEqual, x, Number(20)}, "f.number((p -> $1::text)) <= $2::float8", "x | 20"},
		{Compare{Less, Property("cloud"), Number(20)}, "f.number((p -> 'cloud')) < $1::float8", "20"},
		{Compare{Less, Property("it's"), Number(20)}, "f.number((p -> 'it''s')) < $1::float8", "20"},
		{Compare{Less, Property(`back\`), Number(20)}, "f.number((p -> $1::text)) < $2::float8", `back\ | 20`},
		{Compare{Equal, x, Property("y")}, `case when jsonb_typeof((p -> $1::text)) = jsonb_typeof((p -> $2::text)) then case jsonb_typeof((p -> $1::text)) ` +
			`when 'string' then (f.string((p -> $1::text)) collate "C") = (f.string((p -> $2::text)) collate "C") ` +
			`when 'number' then f.number((p -> $1::text)) = f.number((p -> $2::text)) ` +
			`when 'boolean' then ((p -> $1::text))::boolean = ((p -> $2::text))::boolean ` +
			`when 'array' then f.elements((p -> $1::text)) = f.elements((p -> $2::text)) end end`, "x | y"},
		{Compare{LessOrEqual, x, Untyped{Text: "20"}}, `case jsonb_typeof((p -> $1::text)) when 'string' then (f.string((p -> $1::text)) collate "C") <= $2::text collate "C" ` +
			`when 'number' then f.number((p -> $1::text)) <= $3::float8 when 'array' then exists (select from jsonb_array_elements((p -> $1::text)) e where ` +
			`case jsonb_typeof(e.value) when 'string' then (f.string(e.value) collate "C") <= $4::text collate "C" when 'number' then f.number(e.value) <= $5::float8 end) end`,
			"x | 20 | 20 | 20 | 20"},
		{Truth{x}, "(case when jsonb_typeof((p -> $1::text)) = 'boolean' then ((p -> $1::text))::boolean end)", "x"},
		{Compare{Equal, Condition{IsNull{x}}, Boolean(true)}, "(coalesce(jsonb_typeof((p -> $1::text)), 'null') = 'null') = true", "x"},
		{Compare{Less, x, Date{noon}}, "(f.instant((p -> $1::text)) < $2::timestamptz and f.instant_end((p -> $1::text)) < $3::timestamptz)", "x | " + day + " | " + day},
		{Compare{GreaterOrEqual, x, Timestamp{noon}}, "(f.instant((p -> $1::text)) >= $2::timestamptz and f.instant_end((p -> $1::text)) >= $3::timestamptz)", "x | " + day + " | " + at},
		{Compare{GreaterOrEqual, x, Date{noon}}, "(f.instant((p -> $1::text)) >= $2::timestamptz)", "x | " + day},
		{Compare{Equal, x, List{Text("VV"), Number(1.5), Boolean(true), Date{noon}}}, "f.elements((p -> $1::text)) = $2::text::jsonb", `x | ["VV",1.5,true,"2024-05-01"]`},
		{Array{AContains, x, List{Text("VV")}}, "(f.set_contains(f.elements((p -> $1::text)), $2::text::jsonb))", `x | ["VV"]`},
		{Array{AOverlaps, List{x, Number(1)}, PropertyKeywords}, "(f.set_overlaps(f.elements(jsonb_build_array((p -> $1::text), $2::float8)), case when cardinality(keywords) > 0 then to_jsonb(keywords) end))", "x | 1"},
		{Compare{Equal, Property("x') or true --"), Text("'; drop table")}, `(f.string((p -> $1::text)) collate "C") = $2::text collate "C"`, "x') or true -- | '; drop table"},
		{Like{PropertyTitle, Text(`S2%\`)}, `nullif(title, '') like $1::text collate "C"`, `S2%\\`},
		{Like{Property("level"), CaseI{Text("A%")}}, `(f.fold_case((f.string((p -> 'level')) collate "C")) collate "C") like (f.fold_case($1::text collate "C") collate "C")`, "A%"},
		{Like{PropertyDatetime, Text("2024%")}, `rtrim(rtrim(to_char(known at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z' like upper($1::text collate "C")`, "2024%"},
		{Between{x, Number(1), Number(2.5)}, "(f.number((p -> $1::text)) >= $2::float8 and f.number((p -> $1::text)) <= $3::float8)", "x | 1 | 2.5"},
		{In{PropertyCollection, []Operand{Text("a"), Text("1")}}, "collection = any($1::text[])", "[a 1]"},
		{In{CaseI{PropertyTitle}, []Operand{Text("a"), Text("B")}}, `(f.fold_case(nullif(title, '')) collate "C") = any(array(select (f.fold_case(word) collate "C") from unnest($1::text[]) word))`, "[a B]"},
		{In{x, []Operand{Number(1), Number(2)}}, "f.number((p -> $1::text)) = any($2::float8[])", "x | [1 2]"},
		{In{x, []Operand{Boolean(true)}}, "(case when jsonb_typeof((p -> $1::text)) = 'boolean' then ((p -> $1::text))::boolean end = true)", "x"},
		{Intersects(orb.Point{1, 2}), "((g && $2::geometry) and f.intersects(g, $1::geometry))", "[1 2] | {[1 2] [1 2]}"},
		{Certain{Truth{Boolean(true)}}, "(true)", ""}, {Not{Certain{Truth{Boolean(true)}}}, "not (coalesce((true), false))", ""},
		{Not{Intersects(orb.Point{1, 2})}, "not (coalesce(f.intersects(g, $1::geometry), false))", "[1 2]"},
		{Spatial{Op: SWithin, Left: Geometry{orb.Point{1, 2}}, Right: PropertyGeometry}, "((g && $2::geometry) and ST_Within(f.plain($1::geometry), f.plain(g)))", "[1 2] | {[1 2] [1 2]}"},
		{Spatial{Op: SDisjoint, Left: PropertyGeometry, Right: Geometry{orb.Point{1, 2}}}, "not (f.intersects(g, $1::geometry))", "[1 2]"},
		{During(record.Interval{Start: noon, End: noon}), "(period && tstzrange($2::timestamptz, $1::timestamptz, '[]') and datetime <= $1::timestamptz)", at + " | " + at},
		{During(record.Interval{Start: noon}), "period && tstzrange($1::timestamptz, null, '[]')", at},
		{Not{During(record.Interval{Start: noon})}, "not (coalesce(period && tstzrange($1::timestamptz, null, '[]'), false))", at},
		{Temporal{Op: TBefore, Left: PropertyDatetime, Right: Timestamp{noon}}, "((datetime < $1::timestamptz and datetime > '-infinity'))", at},
		{AnyText{Words: "Sea-Ice sea"}, "(words @@ $1::text::tsquery)", "'ice' & 'sea'"},
		{AnyText{Pattern: "Ice%"}, "(case when text like $1::text then true else false end)", "%ice%%"},
		{AnyText{Words: "a", Pattern: "b"}, "(words @@ $1::text::tsquery and case when text like $2::text then true else false end)", "'a' | %b%"},
		{AnyText{Words: "--"}, "(false)", ""},
		{AnyText{}, "true", ""},
		{Compare{Equal, Function{"LENGTH", []Operand{PropertyTitle}}, Number(3)}, "char_length(nullif(title, ''))::float8 = $1::float8", "3"},
	} {
		columns := named()
		columns.Types = TypeMap{"cloud": TypeNumber, "level": TypeText, "it's": TypeNumber, `back\`: TypeNumber}
		compiler := NewCompiler(columns)
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

// The expression of an index is the one that conditions are written by.
func TestIndexedExpressions(t *testing.T) {
	for _, c := range []struct {
		property Property
		is       Type
		with     Operand
	}{{"eo:cloud_cover", TypeNumber, Number(1)}, {"it's", TypeText, Text("a")}, {"day", TypeDate, Date{noon}}, {"made", TypeTimestamp, Timestamp{noon}}} {
		expression, ok := named().Indexed(c.property, c.is)
		columns := named()
		columns.Types = TypeMap{c.property: c.is}
		sql, err := NewCompiler(columns).Compile(Compare{GreaterOrEqual, c.property, c.with})
		if !ok || err != nil || !strings.Contains(sql, expression+" >= ") {
			t.Errorf("%s is indexed by %q, asked by %s: %v", c.property, expression, sql, err)
		}
	}
	columns := named()
	columns.Types = TypeMap{"it's": TypeText, "list": TypeArray}
	for e, expression := range map[Expr]func() (string, bool){
		Compare{Equal, CaseI{Property("it's")}, Text("A")}: func() (string, bool) { return named().IndexedFolded("it's") },
		Like{Property("it's"), Text("%a%")}:                func() (string, bool) { return named().IndexedFolded("it's") },
		Like{CaseI{Property("it's")}, Text("%a_%")}:        func() (string, bool) { return named().IndexedFolded("it's") },
	} {
		expression, ok := expression()
		sql, err := NewCompiler(columns).Compile(e)
		if !ok || err != nil || !strings.Contains(sql, expression+" = ") && !strings.Contains(sql, expression+" like ") {
			t.Errorf("%#v is asked by %s: %v", e, sql, err)
		}
	}
	for _, op := range []ArrayOp{AContains, AEquals, AOverlaps} {
		expression, ok := named().Indexed("list", TypeArray)
		sql, err := NewCompiler(columns).Compile(Array{op, Property("list"), List{Text("a"), Number(1)}})
		if !ok || err != nil || !strings.Contains(sql, expression+" @> ") {
			t.Errorf("%s is asked by %s: %v", op, sql, err)
		}
	}
	for property, is := range map[Property]Type{`back\`: TypeNumber, "": TypeText, "yes": TypeBoolean} {
		if expression, ok := named().Indexed(property, is); ok {
			t.Errorf("%q has an index over %s", property, expression)
		}
	}
}

// A statement may have conditions of several filters, and arguments of its own.
func TestArgumentsOfOneStatement(t *testing.T) {
	c := NewCompiler(named())
	first := c.Arg("mine")
	a, _ := c.Compile(OneOf(PropertyID, "a"))
	b, _ := c.Compile(OneOf(PropertyID, "b"))
	if first != "$1" || a != `id = $2::text collate "C"` || b != `id = $3::text collate "C"` || spelled(c.Args()) != "mine | a | b" {
		t.Errorf("%s, %s, %s of %s", first, a, b, spelled(c.Args()))
	}
}
