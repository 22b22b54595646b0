package cql2

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

func equal(left, right filter.Operand) filter.Expr {
	return filter.Compare{Op: filter.Equal, Left: left, Right: right}
}

func add(left, right filter.Operand) filter.Operand {
	return filter.Arithmetic{Op: filter.Add, Left: left, Right: right}
}

func property1(name string) filter.Operand { return filter.Property(name) }

var (
	a, b, c = property1("a"), property1("b"), property1("c")
	one     = filter.Number(1)
	two     = filter.Number(2)
	aIs1    = equal(a, one)
	bIs2    = equal(b, two)
	day     = filter.Date{Time: time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC)}
	moment  = filter.Timestamp{Time: time.Date(2020, 2, 29, 12, 30, 0, 500_000_000, time.UTC)}
	square  = orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}
)

func is(e filter.Expr) filter.Operand { return filter.Condition{Expr: e} }

func call(name string, args ...filter.Operand) filter.Operand {
	return filter.Function{Name: name, Args: args}
}

func place(g orb.Geometry) filter.Expr {
	return filter.Spatial{Op: filter.SIntersects, Left: a, Right: filter.Geometry{Geometry: g}}
}

func meets(left, right filter.Operand) filter.Expr {
	return filter.Temporal{Op: filter.TMeets, Left: left, Right: right}
}

func contains(left, right filter.Operand) filter.Expr {
	return filter.Array{Op: filter.AContains, Left: left, Right: right}
}

// texts are filters and their trees.
var texts = map[string]filter.Expr{
	// Junctions: NOT before AND before OR, as the parentheses have it.
	"a = 1 OR b = 2 AND a=1":         filter.Or{aIs1, filter.And{bIs2, aIs1}},
	"(a = 1 OR b = 2) AND a = 1":     filter.And{filter.Or{aIs1, bIs2}, aIs1},
	"(a = 1 AND b = 2) AND a = 1":    filter.And{filter.And{aIs1, bIs2}, aIs1},
	"a=1 and b=2 And NOT a=1":        filter.And{aIs1, bIs2, filter.Not{Expr: aIs1}},
	"NOT a=1 OR b=2":                 filter.Or{filter.Not{Expr: aIs1}, bIs2},
	"NOT (a=1 OR b=2)":               filter.Not{Expr: filter.Or{aIs1, bIs2}},
	"NOT NOT ((a=1))":                filter.Not{Expr: filter.Not{Expr: aIs1}},
	"TRUE":                           filter.Truth{Operand: filter.Boolean(true)},
	"(false) OR f()":                 filter.Or{filter.Truth{Operand: filter.Boolean(false)}, filter.Truth{Operand: call("f")}},
	"not f(1)":                       filter.Not{Expr: filter.Truth{Operand: call("f", one)}},
	"NOT S_INTERSECTS(a,POINT(1 2))": filter.Not{Expr: place(orb.Point{1, 2})},

	// Comparisons: anything scalar on either side.
	"1=a":                    equal(one, a),
	"a<>b":                   filter.Compare{Op: filter.NotEqual, Left: a, Right: b},
	"a<=1":                   filter.Compare{Op: filter.LessOrEqual, Left: a, Right: one},
	"a>=1":                   filter.Compare{Op: filter.GreaterOrEqual, Left: a, Right: one},
	"a<1":                    filter.Compare{Op: filter.Less, Left: a, Right: one},
	"'x' > f(a)":             filter.Compare{Op: filter.Greater, Left: filter.Text("x"), Right: call("f", a)},
	"(a) = (1)":              aIs1,
	"(a = 1) = TRUE":         equal(is(aIs1), filter.Boolean(true)),
	"TRUE = a":               equal(filter.Boolean(true), a),
	"a = DATE('2020-02-29')": equal(a, day),
	"a = timestamp ( '2020-02-29T14:30:00.5+02:00' )": equal(a, moment),
	"type = 'dataset'": equal(property1("type"), filter.Text("item")),
	"CASEI(type) IN (casei('dataset'), 'x')": filter.In{Operand: filter.CaseI{Operand: property1("type")},
		Values: []filter.Operand{filter.CaseI{Operand: filter.Text("item")}, filter.Text("x")}},

	// Numbers.
	"a = 1.":                     equal(a, one),
	"a = .5":                     equal(a, filter.Number(.5)),
	"a = 1E5":                    equal(a, filter.Number(1e5)),
	"a = 1.5e-2":                 equal(a, filter.Number(.015)),
	"a = +1":                     aIs1,
	"a = -1":                     equal(a, filter.Number(-1)),
	"a = - - 1":                  aIs1,
	"a = - 1":                    equal(a, filter.Number(-1)),
	"a = 1 - -1":                 equal(a, filter.Arithmetic{Op: filter.Subtract, Left: one, Right: filter.Number(-1)}),
	"a=-b":                       equal(a, filter.Arithmetic{Op: filter.Multiply, Left: filter.Number(-1), Right: b}),
	"a=-(b+1)":                   equal(a, filter.Arithmetic{Op: filter.Multiply, Left: filter.Number(-1), Right: add(b, one)}),
	"a = 1000000000000000000000": equal(a, filter.Number(1e21)),

	// Arithmetic: ^ before * / % div before + -, from left to right.
	"a+1=b":       equal(add(a, one), b),
	"a-1-2=b":     equal(filter.Arithmetic{Op: filter.Subtract, Left: filter.Arithmetic{Op: filter.Subtract, Left: a, Right: one}, Right: two}, b),
	"a-(1-2)=b":   equal(filter.Arithmetic{Op: filter.Subtract, Left: a, Right: filter.Arithmetic{Op: filter.Subtract, Left: one, Right: two}}, b),
	"a+1*2^b = c": equal(add(a, filter.Arithmetic{Op: filter.Multiply, Left: one, Right: filter.Arithmetic{Op: filter.Power, Left: two, Right: b}}), c),
	"(a+1)*2 = c": equal(filter.Arithmetic{Op: filter.Multiply, Left: add(a, one), Right: two}, c),
	"-2^2 = a":    equal(filter.Arithmetic{Op: filter.Power, Left: filter.Number(-2), Right: two}, a),
	"(2^2)^a = c": equal(filter.Arithmetic{Op: filter.Power, Left: filter.Arithmetic{Op: filter.Power, Left: two, Right: two}, Right: a}, c),
	"a div 2 % 2 / 1 = c": equal(filter.Arithmetic{Op: filter.Divide, Right: one, Left: filter.Arithmetic{Op: filter.Modulo, Right: two,
		Left: filter.Arithmetic{Op: filter.Div, Left: a, Right: two}}}, c),
	"((a)) + ((1)) = b":   equal(add(a, one), b),
	"f(a) + g(1)*2 > (1)": filter.Compare{Op: filter.Greater, Right: one, Left: add(call("f", a), filter.Arithmetic{Op: filter.Multiply, Left: call("g", one), Right: two})},

	// LIKE, BETWEEN, IN, IS NULL.
	"a LIKE 'x%'":                  filter.Like{Operand: a, Pattern: filter.Text("x%")},
	"a not like ''":                filter.Not{Expr: filter.Like{Operand: a, Pattern: filter.Text("")}},
	`a LIKE '\%' AND a LIKE '\\%'`: filter.And{filter.Like{Operand: a, Pattern: filter.Text(`\%`)}, filter.Like{Operand: a, Pattern: filter.Text(`\%`)}},
	"'x' LIKE 'x'":                 filter.Like{Operand: filter.Text("x"), Pattern: filter.Text("x")},
	"CASEI(ACCENTI(a)) LIKE ACCENTI(casei('É'))": filter.Like{Operand: filter.CaseI{Operand: filter.AccentI{Operand: a}},
		Pattern: filter.AccentI{Operand: filter.CaseI{Operand: filter.Text("É")}}},
	"a BETWEEN 1 AND 2 AND b=2": filter.And{filter.Between{Operand: a, Low: one, High: two}, bIs2},
	"a+1 NOT BETWEEN b-1 AND (c) OR a=1": filter.Or{filter.Not{Expr: filter.Between{Operand: add(a, one),
		Low: filter.Arithmetic{Op: filter.Subtract, Left: b, Right: one}, High: c}}, aIs1},
	"a BETWEEN DATE('2020-02-29') AND TIMESTAMP('2020-02-29T12:30:00.5Z')": filter.Between{Operand: a, Low: day, High: moment},
	"a IN (1)":                    filter.In{Operand: a, Values: []filter.Operand{one}},
	"a NOT IN (1, 'x', b, (2))":   filter.Not{Expr: filter.In{Operand: a, Values: []filter.Operand{one, filter.Text("x"), b, two}}},
	"f(a) IS NULL":                filter.IsNull{Operand: call("f", a)},
	"a+1 is not null":             filter.Not{Expr: filter.IsNull{Operand: add(a, one)}},
	"(a=1 OR b=2) IS NULL":        filter.IsNull{Operand: is(filter.Or{aIs1, bIs2})},
	"a = 1 IS NULL":               filter.IsNull{Operand: is(aIs1)},
	"a IS NULL IS NOT NULL":       filter.Not{Expr: filter.IsNull{Operand: is(filter.IsNull{Operand: a})}},
	"'x' IS NULL":                 filter.IsNull{Operand: filter.Text("x")},
	"POINT(1 2) IS NULL":          filter.IsNull{Operand: filter.Geometry{Geometry: orb.Point{1, 2}}},
	"INTERVAL('..','..') IS NULL": filter.IsNull{Operand: filter.Interval{}},
	"DATE('2020-02-29') IS NULL":  filter.IsNull{Operand: day},
	"TRUE IS NULL":                filter.IsNull{Operand: filter.Boolean(true)},

	// Names.
	`"a" = "and"`:                   equal(a, property1("and")),
	`"a""b c" = 1`:                  equal(property1(`a"b c`), one),
	`eo:cloud_cover.x = :_1`:        equal(property1("eo:cloud_cover.x"), property1(":_1")),
	`größe = 1 AND 数 = 1 AND õ‿x=1`: filter.And{equal(property1("größe"), one), equal(property1("数"), one), equal(property1("õ‿x"), one)},
	`date = DATE('2020-02-29') AND point < interval`: filter.And{equal(property1("date"), day),
		filter.Compare{Op: filter.Less, Left: property1("point"), Right: property1("interval")}},
	`"landsat:wrs-path" = wrs-path`:      equal(property1("landsat:wrs-path"), filter.Arithmetic{Op: filter.Subtract, Left: property1("wrs"), Right: property1("path")}),
	`ıs = 1 AND ſ_within = 1 AND ın < 1`: filter.And{equal(property1("ıs"), one), equal(property1("ſ_within"), one), filter.Compare{Op: filter.Less, Left: property1("ın"), Right: one}},
	`empty = notable`:                    equal(property1("empty"), property1("notable")),

	// Literals of texts.
	`a = 'it''s' `:                   equal(a, filter.Text("it's")),
	`a = 'it\'s\a\b\t\n\v\f\r\\t\x'`: equal(a, filter.Text("it's\a\b\t\n\v\f\r\\t\\x")),
	"a = 'two\nlines' ":              equal(a, filter.Text("two\nlines")),
	`a = ''''`:                       equal(a, filter.Text("'")),
	`a = ''`:                         equal(a, filter.Text("")),
	`a = 'C:\\'`:                     equal(a, filter.Text(`C:\`)),
	`a = '--"()'`:                    equal(a, filter.Text(`--"()`)),

	// Whitespace of the grammar.
	"\u00a0a\u2003=\u3000 1\u1680OR\u0085b\v=\f2\r\n\t":  filter.Or{aIs1, bIs2},
	"S_INTERSECTS(a,POINT\u2003(\u00a01\u30002 )\u00a0)": place(orb.Point{1, 2}),

	// All text of a record.
	"AnyText = 'sea ice'":             filter.AnyText{Words: "sea ice"},
	"'sea ice' <> AnyText":            filter.Not{Expr: filter.AnyText{Words: "sea ice"}},
	"AnyText NOT LIKE casei('%sea%')": filter.Not{Expr: filter.AnyText{Pattern: "%sea%"}},

	// Geometries.
	"s_intersects(a,BBOX(0,0,1,1))":                                      place(filter.Box(0, 0, 1, 1)),
	"S_INTERSECTS(a,bbox ( -1.5 , -.5 , -10, 1E0 , +1 , 10 ))":           place(filter.Box(-1.5, -.5, 1, 1)),
	"S_INTERSECTS(a,BBOX(170,-10,-170,10))":                              place(filter.Box(170, -10, -170, 10)),
	"S_INTERSECTS(a,POINT Z(1 2 3))":                                     place(orb.Point{1, 2}),
	"S_INTERSECTS(a,POINTZM(1 2 3 4))":                                   place(orb.Point{1, 2}),
	"S_INTERSECTS(a,LINESTRING(1 2,3 4))":                                place(orb.LineString{{1, 2}, {3, 4}}),
	"S_INTERSECTS(a,POLYGON((0 0,1 0,1 1,0 0)))":                         place(square),
	"S_INTERSECTS(a,MULTIPOINT((1 2),(3 4)))":                            place(orb.MultiPoint{{1, 2}, {3, 4}}),
	"S_INTERSECTS(a,MULTIPOINT(1 2,3 4))":                                place(orb.MultiPoint{{1, 2}, {3, 4}}),
	"S_INTERSECTS(a,MULTILINESTRING((1 2,3 4)))":                         place(orb.MultiLineString{{{1, 2}, {3, 4}}}),
	"S_INTERSECTS(a,MULTIPOLYGON(((0 0,1 0,1 1,0 0))))":                  place(orb.MultiPolygon{square}),
	"S_INTERSECTS(a,GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4)))": place(orb.Collection{orb.Point{1, 2}, orb.LineString{{1, 2}, {3, 4}}}),
	"S_WITHIN(f(a,'m'),b)":                                               filter.Spatial{Op: filter.SWithin, Left: call("f", a, filter.Text("m")), Right: b},

	// Times.
	"T_MEETS(DATE('2020-02-29'),TIMESTAMP('2020-02-29T12:30:00.5Z'))":   meets(day, moment),
	"T_MEETS(INTERVAL('2020-02-29','..'),b)":                            meets(filter.Interval{Start: day}, b),
	"T_MEETS(INTERVAL(a,f(b)),INTERVAL('..','2020-02-29T12:30:00.5Z'))": meets(filter.Interval{Start: a, End: call("f", b)}, filter.Interval{End: moment}),

	// Arrays: a parenthesis by itself is one.
	"A_CONTAINS(a,('x','y'))":       contains(a, filter.List{filter.Text("x"), filter.Text("y")}),
	"A_CONTAINS(a,('x'))":           contains(a, filter.List{filter.Text("x")}),
	"A_CONTAINS(a,())":              contains(a, filter.List{}),
	"A_CONTAINS((a),((1)))":         contains(filter.List{a}, filter.List{filter.List{one}}),
	"A_CONTAINS((1,(2)),((1)+2,b))": contains(filter.List{one, filter.List{two}}, filter.List{add(one, two), b}),
	"A_CONTAINS(((1),2),b)":         contains(filter.List{filter.List{one}, two}, b),
	"A_CONTAINS((a=1, NOT b=2, DATE('2020-02-29'), POINT(1 2), INTERVAL('..','..'), CASEI('x'), TRUE, f()),b)": contains(filter.List{is(aIs1), is(filter.Not{Expr: bIs2}),
		day, filter.Geometry{Geometry: orb.Point{1, 2}}, filter.Interval{}, filter.CaseI{Operand: filter.Text("x")}, filter.Boolean(true), call("f")}, b),

	// Functions take anything.
	"f(a=1 AND b=2, (a=1) OR b=2, (1), (1)*2, g((a)), BBOX(0,0,1,1))": filter.Truth{Operand: call("f", is(filter.And{aIs1, bIs2}), is(filter.Or{aIs1, bIs2}),
		filter.List{one}, filter.Arithmetic{Op: filter.Multiply, Left: one, Right: two}, call("g", filter.List{a}), filter.Geometry{Geometry: filter.Box(0, 0, 1, 1)})},
	"Buffer(a)=1": equal(call("Buffer", a), one),
}

func TestParseText(t *testing.T) {
	for text, want := range texts {
		got, err := ParseText(text, names{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nbecame %#v, %v\n   not %#v", text, got, err, want)
			continue
		}
		if !strings.Contains(text, "type") {
			both(t, want, schema{})
		}
	}
}

func TestFailuresOfTextSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "at character 1: found the end where a value or a condition was expected",
		"  ":                                   "at character 3: found the end where",
		"a":                                    "at character 1: a property alone is no condition; compare it: = TRUE",
		"a = ":                                 "at character 5: found the end where a value",
		"a = 1 AND":                            "at character 10: found the end where",
		"a = 1 b = 2":                          "at character 7: found b where AND, OR or the end was expected",
		"a = 1)":                               "at character 6: found ) where AND, OR or the end",
		"(a = 1":                               "at character 7: found the end where AND, OR, a comma or ) was expected",
		"a == 1":                               "at character 4: found = where a value",
		"a != 1":                               "at character 3: != has no meaning here; write <>",
		"a = 1 = 2":                            "at character 7: found = where AND, OR or the end",
		"a ; b":                                `at character 3: ';' has no meaning here`,
		"größe = 'x":                           "at character 9: the single quote does not end",
		`"größe = 1`:                           "at character 1: the double quote does not end",
		`"" = 1`:                               "at character 1: the name is empty",
		"a = 1x":                               `at character 5: "1x" is not a number`,
		"a = 1.2.3":                            `at character 5: "1.2.3" is not a number`,
		"a = .":                                `at character 5: "." is not a number`,
		"a = 1e999":                            "at character 5: the number 1e999 is too large",
		"a = $":                                "at character 5: '$' has no meaning here",
		"AND = 1":                              "at character 1: found AND where a value",
		"NULL IS NULL":                         "at character 1: found NULL where a value",
		"a = NULL":                             "at character 5: found NULL where a value",
		"a NOT = 1":                            "at character 7: found = where LIKE, BETWEEN or IN was expected",
		"a IS 1":                               "at character 6: found 1 where NULL was expected",
		"a LIKE b":                             "at character 8: a property stands where a pattern was expected, a text",
		"a LIKE":                               "at character 7: found the end",
		"1 LIKE 'x'":                           "at character 1: a number stands where a text, a text of CASEI or ACCENTI, a property or a function was expected",
		"a-b LIKE 'x'":                         "at character 1: an arithmetic expression stands where",
		"wrs-path LIKE 'x'":                    "a name with a hyphen stands in double quotes",
		"unknown-path = 'x'":                   `at character 1: there is no queryable "unknown"; a name with a hyphen stands in double quotes`,
		"a = 1 AND unknown = 'x'":              `at character 11: there is no queryable "unknown"`,
		"a BETWEEN 1 OR 2":                     "at character 13: found OR where AND was expected",
		"a BETWEEN (1,2) AND 3":                "at character 11: an array stands where a scalar value was expected",
		"a IN ()":                              "at character 7: found ) where a value",
		"a IN 1":                               "at character 6: found 1 where ( was expected",
		"a IN (1 2)":                           "at character 9: found 2 where , or ) was expected",
		"a IN (1,(2,3))":                       "at character 9: an array stands where a scalar value",
		"a = (1,2)":                            "at character 5: an array stands where a scalar value",
		"a = POINT(1 2)":                       "at character 5: a geometry stands where a scalar value",
		"a = INTERVAL('..','..')":              "at character 5: an interval stands where a scalar value",
		"'x'":                                  "at character 1: a text stands where a condition was expected",
		"a = 1 AND 'x'":                        "at character 11: a text stands where a condition",
		"'x' OR a = 1":                         "at character 1: a text stands where a condition",
		"NOT 1":                                "at character 5: a number stands where a condition",
		"('x', a) OR a = 1":                    "at character 1: an array stands where a condition",
		"a + 'x' = 1":                          "at character 5: a text stands where a number, an arithmetic expression, a property or a function was expected",
		"TRUE * 2 = 1":                         "at character 1: true or false stands where",
		"-'x' = 1":                             "at character 2: a text stands where a number",
		"2^3^4 = a":                            "at character 4: found ^ where",
		"(a = 1) + 2 = 3":                      "at character 1: a condition stands where a number",
		"CASEI(1) = a":                         "at character 7: a number stands where a text",
		"CASEI('x' = a":                        "at character 11: found = where ) was expected",
		"DATE(a) = b":                          "at character 6: found a where a text in single quotes was expected",
		"a = DATE('2021-02-29')":               `at character 10: "2021-02-29" is not a date`,
		"a = DATE('2021-2-9')":                 "is not a date",
		"a = TIMESTAMP('2021-02-28T00:00:00')": `at character 15: "2021-02-28T00:00:00" is not a timestamp`,
		"a = TIMESTAMP('2021-02-28T1:00:00Z')": "is not a timestamp",
		"a = TIMESTAMP('2021-02-28T01:00:00,5Z')":    "is not a timestamp",
		"a = TIMESTAMP('0000-01-01T00:00:00+01:00')": "is not a timestamp",
		"T_AFTER(a,INTERVAL('x','..'))":              `at character 20: "x" is not a date`,
		"T_AFTER(a,INTERVAL(1,'..'))":                "at character 20: a number stands where a property or a function",
		"T_AFTER(a,INTERVAL('..'))":                  "at character 24: found ) where , was expected",
		"T_AFTER(a,'2020-01-01')":                    "at character 11: a text stands where a date or timestamp, an interval, a property or a function was expected; write DATE",
		"T_AFTER(a)":                                 "at character 1: T_AFTER takes 2 operands, not 1",
		"T_AFTER()":                                  "at character 9: found )",
		"T_AFTER(a,b,c)":                             "at character 1: T_AFTER takes 2 operands, not 3",
		"S_WITHIN(a,1)":                              "at character 12: a number stands where a geometry, a property or a function",
		"S_WITHIN(a,(POINT(1 2)))":                   "at character 12: an array stands where a geometry",
		"A_EQUALS(a,'x')":                            "at character 12: a text stands where an array, a property or a function",
		"S_WITHIN(a,POINT(90 180))":                  "at character 12: the position 90 180 is not on the globe",
		"S_WITHIN(a,MULTIPOINT(7 49, 90 180))":       "at character 12: the position 90 180 is not on the globe",
		"S_WITHIN(a,POINT(1))":                       `at character 19: found ")" where a number was expected`,
		"größe = 1 AND S_WITHIN(a,POINT(1))":         `at character 33: found ")" where a number`,
		"S_WITHIN(a,POINT EMPTY)":                    "at character 12: the POINT is empty",
		"S_WITHIN(a,POLYGON((0 0,1 0,1 1,0 1)))":     "a ring has four positions",
		"S_WITHIN(a,CIRCLE(1 2))":                    "at character 21: found 2 where , or )",
		"S_WITHIN(a,BBOX(1,2,3))":                    "at character 12: a bounding box has 4 or 6 numbers, not 3",
		"S_WITHIN(a,BBOX(1,2,3,4,5))":                "4 or 6 numbers, not 5",
		"S_WITHIN(a,BBOX(1,2,3,4,5,6,7))":            "at character 28: found , where ) was expected",
		"S_WITHIN(a,BBOX(1,2,a,4))":                  "at character 21: found a where a number was expected",
		"S_WITHIN(a,BBOX(1,4,3,2))":                  "at character 12: the south of the bounding box, 4, is north",
		"S_WITHIN(a,BBOX(1,2,190,3))":                "not on the globe",
		"S_WITHIN(a,BBOX(1,2,1e999,3))":              "at character 21: the number 1e999 is too large",
		"A_EQUALS(a,(1,,2))":                         "at character 15: found , where a value",
		"f(1":                                        "at character 4: found the end where , or )",
		"f(a,)":                                      "at character 5: found ) where a value",
		`"f"(1)`:                                     "at character 4: found ( where",
		"AnyText > 'x'":                              "at character 1: all text is searched by LIKE, = and <> with a text",
		"AnyText = 1":                                "at character 1: all text is searched by",
		"f(AnyText)":                                 "at character 3: all text is searched by",
		"AnyText IS NULL":                            "at character 1: all text is searched by",
		"a IN (AnyText)":                             "at character 7: all text is searched by",
		"(AnyText, 1) = a":                           "at character 2: all text is searched by",
		"AnyText LIKE 1":                             "at character 14: a number stands where a pattern",
		"a = '\x00'":                                 "holds a NUL",
		"a = '\xff'":                                 "not text in UTF-8",
		"a = '" + strings.Repeat("é", 100) + "":      "at character 5: the single quote does not end",
		strings.Repeat("x", 100) + " y":              "found y where",
		"a " + strings.Repeat("x", 100):              "found " + strings.Repeat("x", 40) + "… where",
	} {
		_, err := ParseText(text, names{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nfails with %v\n      not %s", text, err, want)
		}
		if err != nil && (fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "filter") {
			t.Errorf("%s fails with %v at %q", text, fault.KindOf(err), fault.LocatorOf(err))
		}
	}
}
