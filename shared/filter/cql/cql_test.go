package cql

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// catalogue are the names of a protocol, as CSW has them.
type catalogue struct{}

func (catalogue) Property(name string) (filter.Property, bool, error) {
	local := name
	for _, prefix := range []string{"csw:Record/", "dc:", "csw:", "ows:", "apiso:"} {
		local = strings.TrimPrefix(local, prefix)
	}
	switch local {
	case "nonsense":
		return "", false, fault.At(fault.NotFound, "PropertyName", "there is no queryable %s", local)
	case "BoundingBox", "geom":
		return filter.PropertyGeometry, false, nil
	case "TempExtent":
		return filter.PropertyTime, false, nil
	}
	return filter.Property(local), strings.EqualFold(local, "AnyText"), nil
}

func (catalogue) Value(property filter.Property, value string) string {
	if property == filter.PropertyType {
		return strings.ToLower(value)
	}
	return value
}

func check(t *testing.T, cases map[string]filter.Expr) {
	t.Helper()
	for source, want := range cases {
		got, err := Parse(source, catalogue{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n became %#v, %v\n want   %#v", source, got, err, want)
		}
	}
}

func compareOf(op filter.Op, left, right filter.Operand) filter.Compare {
	return filter.Compare{Op: op, Left: left, Right: right}
}

func untyped(text string) filter.Untyped { return filter.Untyped{Text: text} }

func instant(text string) filter.Timestamp {
	t, _ := time.Parse(time.RFC3339, text)
	return filter.Timestamp{Time: t.UTC()}
}

func day(text string) filter.Date {
	t, _ := time.Parse("2006-01-02", text)
	return filter.Date{Time: t}
}

var a, b, c = filter.Property("a"), filter.Property("b"), filter.Property("c")

func equals(o filter.Operand, text string) filter.Compare {
	return compareOf(filter.Equal, o, untyped(text))
}

func TestComparisons(t *testing.T) {
	check(t, map[string]filter.Expr{
		`title = 'a'`:                     equals(filter.PropertyTitle, "a"),
		`"dc:title"<>'it''s'`:             compareOf(filter.NotEqual, filter.PropertyTitle, untyped("it's")),
		`dc:type != 'Dataset'`:            compareOf(filter.NotEqual, filter.PropertyType, untyped("dataset")),
		`'Dataset' = csw:Record/dc:type`:  compareOf(filter.Equal, untyped("dataset"), filter.PropertyType),
		`apiso:CloudCover <= 20.5`:        compareOf(filter.LessOrEqual, filter.Property("CloudCover"), filter.Number(20.5)),
		`a >= -1.5e1`:                     compareOf(filter.GreaterOrEqual, a, filter.Number(-15)),
		`a<b`:                             compareOf(filter.Less, a, b),
		`5 > a`:                           compareOf(filter.Greater, filter.Number(5), a),
		`landsat:wrs-path = 12`:           compareOf(filter.Equal, filter.Property("landsat:wrs-path"), filter.Number(12)),
		`a.b:c_1 = TRUE`:                  compareOf(filter.Equal, filter.Property("a.b:c_1"), filter.Boolean(true)),
		`"a ""b"" c" = false`:             compareOf(filter.Equal, filter.Property(`a "b" c`), filter.Boolean(false)),
		`début = 'été'`:                   equals(filter.Property("début"), "été"),
		`a = 2020-01-01`:                  compareOf(filter.Equal, a, day("2020-01-01")),
		`a > 2020-01-01T00:00:00Z`:        compareOf(filter.Greater, a, instant("2020-01-01T00:00:00Z")),
		`a > 2020-01-01T00:00:00.5+02:00`: compareOf(filter.Greater, a, filter.Timestamp{Time: time.Date(2019, 12, 31, 22, 0, 0, 5e8, time.UTC)}),
		`a between 1 and 2`:               filter.Between{Operand: a, Low: filter.Number(1), High: filter.Number(2)},
		`a NOT BETWEEN 'x' AND b`:         filter.Not{Expr: filter.Between{Operand: a, Low: untyped("x"), High: b}},
		`a IN ('x', 2, b)`:                filter.In{Operand: a, Values: []filter.Operand{untyped("x"), filter.Number(2), b}},
		`dc:type not in ('X')`:            filter.Not{Expr: filter.In{Operand: filter.PropertyType, Values: []filter.Operand{untyped("x")}}},
		`IN ('x','y')`:                    filter.In{Operand: filter.PropertyID, Values: []filter.Operand{untyped("x"), untyped("y")}},
		`a IS NULL`:                       filter.IsNull{Operand: a},
		`a is not null`:                   filter.Not{Expr: filter.IsNull{Operand: a}},
		`a EXISTS`:                        filter.Not{Expr: filter.IsNull{Operand: a}},
		`a DOES-NOT-EXIST`:                filter.IsNull{Operand: a},
		`INCLUDE`:                         filter.And{},
		`exclude`:                         filter.Or{},
		`TRUE`:                            filter.Truth{Operand: filter.Boolean(true)},
	})
}

func TestPatterns(t *testing.T) {
	check(t, map[string]filter.Expr{
		`title LIKE 'S2%'`:     filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("S2%")},
		`title not like 'S2%'`: filter.Not{Expr: filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text("S2%")}},
		`title ILIKE 'S2%'`:    filter.Like{Operand: filter.CaseI{Operand: filter.PropertyTitle}, Pattern: filter.CaseI{Operand: filter.Text("S2%")}},
		`title LIKE 'a\'`:      filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text(`a\\`)},
		`title LIKE 'a\\'`:     filter.Like{Operand: filter.PropertyTitle, Pattern: filter.Text(`a\\`)},
		`lower(title) LIKE 'a'`: filter.Like{
			Operand: filter.Function{Name: "lower", Args: []filter.Operand{filter.PropertyTitle}}, Pattern: filter.Text("a")},
		`csw:AnyText LIKE '%sea%'`:     filter.AnyText{Pattern: "%sea%"},
		`csw:AnyText NOT LIKE '%sea%'`: filter.Not{Expr: filter.AnyText{Pattern: "%sea%"}},
		`not csw:AnyText ilike '%sea'`: filter.Not{Expr: filter.AnyText{Pattern: "%sea"}},
		`AnyText = 'sea ice'`:          filter.AnyText{Words: "sea ice"},
		`'sea ice' = (AnyText)`:        filter.AnyText{Words: "sea ice"},
		`csw:AnyText <> 'sea ice'`:     filter.Not{Expr: filter.AnyText{Words: "sea ice"}},
	})
}

func TestLogic(t *testing.T) {
	x, y, z := equals(a, "x"), equals(b, "y"), equals(c, "z")
	check(t, map[string]filter.Expr{
		`a='x' AND b='y' and c='z'`:     filter.And{x, y, z},
		`a='x' OR b='y' AND c='z'`:      filter.Or{x, filter.And{y, z}},
		`(a='x' OR b='y') AND c='z'`:    filter.And{filter.Or{x, y}, z},
		`[a='x' OR b='y'] AND c='z'`:    filter.And{filter.Or{x, y}, z},
		`NOT a='x' AND b='y'`:           filter.And{filter.Not{Expr: x}, y},
		`NOT NOT (a='x')`:               filter.Not{Expr: filter.Not{Expr: x}},
		`((((a))) = (('x')))`:           x,
		`f() AND a='x'`:                 filter.And{filter.Truth{Operand: filter.Function{Name: "f"}}, x},
		"\t a = 'x'\r\nAND\u00a0b='y' ": filter.And{x, y},
	})
}

func TestArithmetic(t *testing.T) {
	op := func(op filter.ArithmeticOp, left, right filter.Operand) filter.Operand {
		return filter.Arithmetic{Op: op, Left: left, Right: right}
	}
	one, two := filter.Number(1), filter.Number(2)
	for source, want := range map[string]filter.Operand{
		`a + 1`:              op(filter.Add, a, one),
		`a-1`:                op(filter.Subtract, a, one),
		`a - b`:              op(filter.Subtract, a, b),
		`a-b`:                filter.Property("a-b"),
		`1-2`:                op(filter.Subtract, one, two),
		`a + b * 2`:          op(filter.Add, a, op(filter.Multiply, b, two)),
		`(a + b) / 2`:        op(filter.Divide, op(filter.Add, a, b), two),
		`[a + b] * 2`:        op(filter.Multiply, op(filter.Add, a, b), two),
		`a - b - 2`:          op(filter.Subtract, op(filter.Subtract, a, b), two),
		`-a * +2`:            op(filter.Multiply, op(filter.Subtract, filter.Number(0), a), two),
		`- -1`:               one,
		`max(a, 1 + 2, f())`: filter.Function{Name: "max", Args: []filter.Operand{a, op(filter.Add, one, two), filter.Function{Name: "f"}}},
		`f('x')`:             filter.Function{Name: "f", Args: []filter.Operand{untyped("x")}},
	} {
		check(t, map[string]filter.Expr{
			want2(source, " = c"): compareOf(filter.Equal, want, c),
			"c <> " + source:      compareOf(filter.NotEqual, c, want),
		})
	}
}

func want2(source, rest string) string { return "(" + source + ")" + rest }

func TestSpatialPredicates(t *testing.T) {
	spatial := func(op filter.SpatialOp, g orb.Geometry) filter.Expr {
		return filter.Spatial{Op: op, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: g}, MissingIsFalse: true}
	}
	box := spatial(filter.SIntersects, filter.Box(13.9, 37, 15.1, 37.9))
	point := filter.Geometry{Geometry: orb.Point{1, 2}}
	distance := func(metres float64, beyond bool) filter.Expr {
		return filter.Distance{Left: filter.PropertyGeometry, Right: point, Metres: metres, Beyond: beyond}
	}
	cases := map[string]filter.Expr{
		`BBOX(ows:BoundingBox, 13.9, 37, 15.1, 37.9)`:                    box,
		`bbox("geom",13.9,37,15.1,37.9,'CRS:84')`:                        box,
		`BBOX(geom, 13.9, 37, 15.1, 37.9, 'EPSG:4326')`:                  box,
		`BBOX(geom, 13.9, 37, 15.1, 37.9, EPSG:4326)`:                    box,
		`BBOX(geom, 37, 13.9, 37.9, 15.1, 'urn:ogc:def:crs:EPSG::4326')`: box,
		`BBOX(geom, 179, -1, -179, 1)`:                                   spatial(filter.SIntersects, filter.Box(179, -1, -179, 1)),
		`INTERSECTS(ows:BoundingBox, ENVELOPE(13.9,15.1,37.9,37))`:       box,
		`INTERSECTS(ows:BoundingBox, envelope (13.9,15.1,37,37.9))`:      box,
		`WITHIN(POINT(1 2), geom)`:                                       filter.Spatial{Op: filter.SWithin, Left: point, Right: filter.PropertyGeometry, MissingIsFalse: true},
		`INTERSECTS(geom, buffer(geom, 1))`: filter.Spatial{Op: filter.SIntersects, Left: filter.PropertyGeometry, MissingIsFalse: true,
			Right: filter.Function{Name: "buffer", Args: []filter.Operand{filter.PropertyGeometry, filter.Number(1)}}},
		`INTERSECTS(geom, SRID=4326;POINT(1 2))`:        spatial(filter.SIntersects, orb.Point{1, 2}),
		`INTERSECTS(geom, SRID=3857;POINT(0 0))`:        spatial(filter.SIntersects, orb.Point{0, 0}),
		`DWITHIN(geom, POINT(1 2), 10, kilometers)`:     distance(10_000, false),
		`DWITHIN(geom, POINT(1 2), 10, 'm')`:            distance(10, false),
		`BEYOND(geom, POINT(1 2), 1, statute miles)`:    distance(1609.344, true),
		`beyond(geom, POINT(1 2), 1, nautical miles)`:   distance(1852, true),
		`point = 'x' AND INTERSECTS(geom, point (1 2))`: filter.And{equals(filter.Property("point"), "x"), spatial(filter.SIntersects, orb.Point{1, 2})},
		`NOT WITHIN(geom, POINT Z (1 2 3)) OR a='x'`:    filter.Or{filter.Not{Expr: spatial(filter.SWithin, orb.Point{1, 2})}, equals(a, "x")},
	}
	for word, op := range spatials {
		for text, g := range map[string]orb.Geometry{
			"POINT(1 2)": orb.Point{1, 2}, "LINESTRING(1 2,3 4)": orb.LineString{{1, 2}, {3, 4}},
			"POLYGON((0 0,1 0,1 1,0 0))":        orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}},
			"MULTIPOINT(1 2,3 4)":               orb.MultiPoint{{1, 2}, {3, 4}},
			"MULTILINESTRING((1 2,3 4))":        orb.MultiLineString{{{1, 2}, {3, 4}}},
			"MULTIPOLYGON(((0 0,1 0,1 1,0 0)))": orb.MultiPolygon{{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}},
			"GEOMETRYCOLLECTION(POINT(1 2))":    orb.Collection{orb.Point{1, 2}},
		} {
			cases[word+"(geom, "+text+" )"] = spatial(op, g)
		}
	}
	check(t, cases)
}

func TestTemporalPredicates(t *testing.T) {
	at := instant("2020-01-01T00:00:00Z")
	span := filter.Interval{Start: at, End: instant("2020-02-01T00:00:00Z")}
	modified := filter.Interval{Start: filter.PropertyModified, End: filter.PropertyModified}
	temporal := func(op filter.TemporalOp, left, right filter.Operand) filter.Expr {
		return filter.Temporal{Op: op, Left: left, Right: right, MissingIsFalse: true}
	}
	cases := map[string]filter.Expr{
		`modified BEFORE 2020-01-01T00:00:00Z`:                          temporal(filter.TBefore, filter.PropertyModified, at),
		`modified after '2020-01-01'`:                                   temporal(filter.TAfter, filter.PropertyModified, day("2020-01-01")),
		`(modified AFTER 2020-01-01T00:00:00Z)`:                         temporal(filter.TAfter, filter.PropertyModified, at),
		`modified TEQUALS 2020-01-01`:                                   temporal(filter.TEquals, filter.PropertyModified, day("2020-01-01")),
		`modified AFTER TempExtent`:                                     temporal(filter.TAfter, filter.PropertyModified, filter.PropertyTime),
		`'2020-01-01' AFTER modified`:                                   temporal(filter.TAfter, day("2020-01-01"), filter.PropertyModified),
		`TempExtent DURING 2020-01-01T00:00:00Z/2020-02-01T00:00:00Z`:   temporal(filter.TDuring, filter.PropertyTime, span),
		`TempExtent DURING 2020-01-01T00:00:00Z / 2020-02-01T00:00:00Z`: temporal(filter.TDuring, filter.PropertyTime, span),
		`TempExtent DURING 2020-01-01T00:00:00Z/P31D`:                   temporal(filter.TDuring, filter.PropertyTime, span),
		`TempExtent DURING P1M/2020-02-01T00:00:00Z`:                    temporal(filter.TDuring, filter.PropertyTime, span),
		`TempExtent DURING 2020-01-01/P31D AND a='x'`:                   filter.And{temporal(filter.TDuring, filter.PropertyTime, span), equals(a, "x")},
		`TempExtent DURING ../2020-01-01`:                               temporal(filter.TDuring, filter.PropertyTime, filter.Interval{End: day("2020-01-01")}),
		`modified DURING 2020-01-01/P31D`:                               temporal(filter.TDuring, modified, span),
		`TempExtent BEFORE OR DURING 2020-01-01/P31D`: filter.Or{
			temporal(filter.TBefore, filter.PropertyTime, span), temporal(filter.TIntersects, filter.PropertyTime, span)},
		`TempExtent during or after 2020-01-01/P31D`: filter.Or{
			temporal(filter.TAfter, filter.PropertyTime, span), temporal(filter.TIntersects, filter.PropertyTime, span)},
	}
	for word, op := range temporals {
		cases[`TempExtent `+word+` 2020-01-01/P31D`] = temporal(op, filter.PropertyTime, span)
	}
	check(t, cases)
}

func TestFailuresSayWhere(t *testing.T) {
	for source, want := range map[string]string{
		``:                                       "at character 1: found the end where a property or a value",
		`title =`:                                "at character 8: found the end where a property or a value",
		`title = 'a`:                             "at character 9: the quote does not end",
		`été = "`:                                "at character 7: the quote does not end",
		`title 'a'`:                              `at character 7: found "a" where a comparison`,
		`title`:                                  "at character 6: found the end where a comparison",
		`a AND b = 1`:                            `at character 3: found "AND" where a comparison`,
		`a = 1 AND b`:                            "at character 12: found the end where a comparison",
		`NOT a`:                                  "where a comparison",
		`1 + 2`:                                  "where a comparison",
		`(title = 'a'`:                           "found the end where ) was expected",
		`[title = 'a')`:                          `found ")" where ] was expected`,
		`title = 'a' bid`:                        `at character 13: found "bid" where the end or AND, OR`,
		`title = 'a' ; a = 1`:                    `at character 13: found ";" where the end`,
		`a = 1 = 2`:                              `found "=" where the end`,
		`a = (b = 1)`:                            "at character 6: found a condition where a value",
		`(a = 1) + 2 = 3`:                        "at character 2: found a condition where a value",
		`-(a = 1) = 3`:                           "found a condition where a value",
		`a = NULL`:                               `at character 5: found "NULL" where a property or a value`,
		`AND = 1`:                                `found "AND" where`,
		`a NOT = 1`:                              `found "=" where LIKE, ILIKE, BETWEEN or IN`,
		`a IS 1`:                                 `found "1" where NULL`,
		`a LIKE b`:                               `found "b" where a pattern in quotes`,
		`a BETWEEN 1 OR 2`:                       `found "OR" where AND`,
		`a IN 1`:                                 `found "1" where (`,
		`a IN ()`:                                `found ")" where a property or a value`,
		`a IN (1`:                                "where , or )",
		`nonsense = 1`:                           "at character 1: there is no queryable nonsense",
		`a = 1 AND nonsense = 1`:                 "at character 11: there is no queryable nonsense",
		`a ! 1`:                                  `at character 3: "!" has no meaning here`,
		"a = \u07c0":                             "has no meaning here", // a digit of another script
		`a = 1e999`:                              "at character 5: 1e999 is not a number that can be reckoned with",
		`a = .`:                                  `"." has no meaning here`,
		`a = 5x`:                                 `found "x" where the end`,
		`a = 2020-02-30`:                         `at character 5: "2020-02-30" is not a date`,
		`AnyText`:                                "by which all text is searched",
		`AnyText IS NULL`:                        "by which all text is searched",
		`AnyText > 'a'`:                          "by which all text is searched",
		`'a' > AnyText`:                          "all text is searched by LIKE, = and <>",
		`AnyText IN ('a')`:                       "by which all text is searched",
		`AnyText = 5`:                            "at character 11: all text is compared with words in quotes",
		`a = AnyText`:                            "all text is compared with words in quotes",
		`f(AnyText) = 1`:                         "at character 3: all text is no value",
		`a + AnyText = 1`:                        "all text is no value",
		`a IN (AnyText)`:                         "all text is no value",
		`f(a b) = 1`:                             `found "b" where , or )`,
		`f(a = 1) = 1`:                           `found "=" where , or )`,
		`BBOX(geom, 1, 2, 3)`:                    `at character 19: found ")" where , was expected`,
		`BBOX(geom 1, 2, 3, 4)`:                  "where , was expected",
		`BBOX(geom, 1, 2, 3, 4`:                  "where ) was expected",
		`BBOX geom`:                              "where a comparison",
		`BBOX(1, 2, 3, 4)`:                       `at character 6: found "1" where a property or a geometry`,
		`BBOX(title,1,2,3,4)`:                    "at character 6: title is not a place",
		`BBOX(geom, 1, 4, 3, 2)`:                 "at character 12: the lower corner of the box lies north",
		`BBOX(geom, 1, 4, 3, 92)`:                "is not on the globe",
		`BBOX(geom,1,2,3,4,5)`:                   "where a reference system in quotes",
		`BBOX(geom,1,2,3,4,'x')`:                 `at character 19: "x" is not a coordinate reference system`,
		`BBOX(geom,1,2,3,4,'EPSG:2154')`:         "coordinates in EPSG:2154 are not read",
		`INTERSECTS(geom)`:                       `found ")" where , was expected`,
		`INTERSECTS(geom, CIRCLE(1))`:            "", // a function
		`INTERSECTS(geom, CIRCLE(1 2))`:          `found "2" where , or )`,
		`INTERSECTS(geom, POINT(1,2))`:           `at character 25: found "," where a number`,
		`INTERSECTS(geom, POINT EMPTY)`:          "at character 18: the POINT is empty",
		`INTERSECTS(geom, POINT(181 2))`:         "at character 18: the position 181 2 is not on the globe",
		`INTERSECTS(geom, ENVELOPE(1,2,3))`:      "where , was expected",
		`INTERSECTS(geom, ENVELOPE(1,2,3,91))`:   "is not on the globe",
		`INTERSECTS(geom, 'x')`:                  "where a property or a geometry",
		`INTERSECTS(a = 1, geom)`:                "a is not a place",
		`INTERSECTS(geom, SRID=2154;POINT(1 2))`: "at character 23: coordinates in EPSG:2154 are not read",
		`INTERSECTS(geom, SRID=3857 POINT(1 2))`: "where ; was expected",
		`INTERSECTS(geom, SRID=3857;geom)`:       "where a geometry",
		`INTERSECTS(geom, SRID=x;POINT(1 2))`:    "where a number",
		`RELATE(geom, POINT(1 2), 'T********')`:  "RELATE is not offered",
		`DWITHIN(geom, POINT(1 2), 10)`:          "where , was expected",
		`DWITHIN(geom, POINT(1 2), 10, )`:        "where a unit",
		`DWITHIN(geom, POINT(1 2), 10, degrees)`: `"degrees" is not a unit`,
		`DWITHIN(geom, POINT(1 2), far, m)`:      "where a number",
		`POINT(1 2) = geom`:                      "", // left to the check of types
		`a DURING`:                               "where a property or a value",
		`a DURING 2020-02-01/2020-01-01`:         "at character 10: the period ends before it begins",
		`a DURING 2020-02-01/P1X`:                "has no duration",
		`a DURING 5`:                             "found a value that is no time",
		`a DURING OR BEFORE 2020/2021`:           `found "BEFORE" where AFTER`,
		`a BEFORE OR 2020/2021`:                  `found "2020" where DURING`,
		`a + 1 AFTER 2020-01-01`:                 "found a value that is no time",
		`a AFTER 'x'`:                            `at character 9: "x" is not a date`,
		"a = '\x00'":                             "no characters of UTF-8",
		"a = '\xff'":                             "no characters of UTF-8",
	} {
		got, err := Parse(source, catalogue{})
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", source, err)
			}
		} else if err == nil || !fault.KindOf(err).Permanent() || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n became %#v, %v\n want %s", source, got, err, want)
		}
	}
}

func TestLocators(t *testing.T) {
	for source, want := range map[string]string{
		`a =`: "Constraint", `nonsense = 1`: "PropertyName", `INTERSECTS(geom, POINT(181 2))`: "Constraint", `DWITHIN(geom,POINT(1 2),1,x)`: "Constraint",
	} {
		if _, err := Parse(source, catalogue{}); fault.LocatorOf(err) != want {
			t.Errorf("%s: %v lies in %q", source, err, fault.LocatorOf(err))
		}
	}
}

func TestBounds(t *testing.T) {
	many := strings.Repeat
	for source, want := range map[string]string{
		many("(", 200):                     "nested deeper than 100",
		many("[", 60_000):                  "nested deeper than 100",
		many("NOT ", 200):                  "nested deeper than 100",
		"a = " + many("- ", 200) + "1":     "nested deeper than 100",
		many("f(a,", 200):                  "nested deeper than 100",
		many("f(", 60_000/2):               "nested deeper than 100",
		"a IN (1" + many(",1", 5000) + ")": "more than 5000 parts",
		"a = 1" + many(" OR a = 1", 2500):  "more than 5000 parts",
		"a = 1" + many("+1", 5000):         "more than 5000 parts",
		many(" ", 70_000):                  "longer than 65536 bytes",
		"INTERSECTS(geom, LINESTRING(1 1" + many(",1 1", 10_000) + "))": "more than 10000 positions",
	} {
		if got, err := Parse(source, catalogue{}); fault.KindOf(err) != fault.Invalid || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s… became %#v, %v; want %s", source, got, err, want)
		}
	}
}

// A failure quotes no more of a condition than tells what is meant.
func TestFailuresAreShort(t *testing.T) {
	long := strings.Repeat("9", 50_000)
	for _, source := range []string{
		"a = " + long, "a b" + long, "a 'x" + long + "'", "BBOX(a" + long + ",1,2,3,4)", "BBOX(geom,1,2,3,4,'" + long + "')", "a AFTER '" + long + "'",
		"INTERSECTS(geom, POINT(" + long + " 2))", "DWITHIN(geom,POINT(1 2),1,'" + long + "')", "INTERSECTS(geom,SRID=" + long + ";POINT(1 2))",
	} {
		if _, err := Parse(source, catalogue{}); err == nil || len(err.Error()) > 400 {
			t.Errorf("%.60s failed with %.200v", source, err)
		}
	}
}

func FuzzCQL(f *testing.F) {
	for _, source := range []string{
		`a between 1 and 2 AND (b IS NOT NULL or BBOX(geom,1,2,3,4,'EPSG:4326')) and d ILIKE '%x''%'`,
		`NOT [a-1 * (b + 2) / -f(c, 'x') >= "d"] OR e NOT IN (1, 'x') OR IN ('id')`,
		`DWITHIN(geom, SRID=32633;MULTIPOINT((500000 0), (500001 1)), 10, statute miles) AND g DOES-NOT-EXIST`,
		`TempExtent BEFORE OR DURING 2020-01-01T00:00:00Z/P1DT2H AND modified AFTER 2020-01-01 OR h TEQUALS '2020'`,
		`csw:AnyText NOT LIKE '%sea%' AND AnyText = 'ice' OR INCLUDE AND NOT EXCLUDE`,
		`INTERSECTS(geom, ENVELOPE(1,2,3,4)) OR CONTAINS(geom, GEOMETRYCOLLECTION(POINT Z(1 2 3),POLYGON((0 0,1 0,1 1,0 0))))`,
		`landsat:wrs-path = 5 AND csw:Record/dc:title = 2020-01-01T00:00:00+01:00 AND x = TRUE`,
	} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		e, err := Parse(source, catalogue{})
		switch {
		case err == nil && e == nil:
			t.Error("neither a condition nor a failure")
		case err != nil && (!fault.KindOf(err).Permanent() || fault.LocatorOf(err) == ""):
			t.Errorf("refused by %v, which is %s, at %q", err, fault.KindOf(err), fault.LocatorOf(err))
		}
	})
}
