package cql2

import (
	"reflect"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// documents are filters and their trees: what the schema has that the examples do not, and older spellings.
var documents = map[string]filter.Expr{
	`true`:                   filter.Truth{Operand: filter.Boolean(true)},
	` {"args":[],"op":"f"} `: filter.Truth{Operand: call("f")},
	`{"op":"and","args":[{"op":"=","args":[{"property":"a"},1]},{"op":"or","args":[{"op":"=","args":[{"property":"b"},2]},false]}]}`: filter.And{aIs1,
		filter.Or{bIs2, filter.Truth{Operand: filter.Boolean(false)}}},
	`{"op":"f","args":[{"op":"and","args":[true]}]}`:                  filter.Truth{Operand: call("f", filter.Boolean(true))},
	`{"op":"and","args":[{"op":"=","args":[{"property":"a"},1]}]}`:    aIs1,
	`{"op":"not","args":[{"op":"=","args":[{"property":"a"},1]}]}`:    filter.Not{Expr: aIs1},
	`{"op":"<>","args":["x",{"op":"+","args":[{"property":"a"},1]}]}`: filter.Compare{Op: filter.NotEqual, Left: filter.Text("x"), Right: add(a, one)},
	`{"op":"=","args":[{"op":"div","args":[1,-2.5e-1]},{"op":"^","args":[{"property":"a"},2]}]}`: equal(filter.Arithmetic{Op: filter.Div, Left: one, Right: filter.Number(-.25)},
		filter.Arithmetic{Op: filter.Power, Left: a, Right: two}),
	`{"op":"=","args":[{"property":"a"},"2020-02-29"]}`:                                  equal(a, filter.Text("2020-02-29")),
	`{"op":"=","args":[{"property":"a"},{"date":"2020-02-29"}]}`:                         equal(a, day),
	`{"op":"=","args":[{"property":"a"},{"timestamp":"2020-02-29T13:30:00.500+01:00"}]}`: equal(a, moment),
	`{"op":"=","args":[{"property":"type"},"dataset"]}`:                                  equal(property1("type"), filter.Text("item")),
	`{"op":"isNull","args":[{"op":"=","args":[{"property":"a"},1]}]}`:                    filter.IsNull{Operand: is(aIs1)},
	`{"op":"isNull","args":[{"interval":["..",".."]}]}`:                                  filter.IsNull{Operand: filter.Interval{}},
	`{"op":"like","args":[{"op":"casei","args":[{"op":"accenti","args":[{"property":"a"}]}]},{"op":"casei","args":["x%"]}]}`: filter.Like{
		Operand: filter.CaseI{Operand: filter.AccentI{Operand: a}}, Pattern: filter.CaseI{Operand: filter.Text("x%")}},
	`{"op":"s_intersects","args":[{"property":"a"},{"bbox":[170,-10,-170,10]}]}`:                                          place(filter.Box(170, -10, -170, 10)),
	`{"op":"s_intersects","args":[{"property":"a"},{"bbox":[0,0,-5,1,1,5]}]}`:                                             place(filter.Box(0, 0, 1, 1)),
	`{"op":"s_intersects","args":[{"property":"a"},{"type":"Point","coordinates":[1,2,3],"bbox":[1,2,1,2]}]}`:             place(orb.Point{1, 2}),
	`{"op":"s_intersects","args":[{"property":"a"},{"type":"LineString","coordinates":[[1,2],[3,4]]}]}`:                   place(orb.LineString{{1, 2}, {3, 4}}),
	`{"op":"s_intersects","args":[{"property":"a"},{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}]}`:                   place(orb.MultiPoint{{1, 2}, {3, 4}}),
	`{"op":"s_intersects","args":[{"property":"a"},{"type":"MultiLineString","coordinates":[[[1,2],[3,4]]]}]}`:            place(orb.MultiLineString{{{1, 2}, {3, 4}}}),
	`{"op":"s_intersects","args":[{"property":"a"},{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}]}`:        place(square),
	`{"op":"s_intersects","args":[{"property":"a"},{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}]}`: place(orb.MultiPolygon{square}),
	`{"op":"s_intersects","args":[{"property":"a"},{"geometries":[{"type":"Point","coordinates":[1,2]},{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}]}],"type":"GeometryCollection"}]}`: place(
		orb.Collection{orb.Point{1, 2}, orb.Collection{orb.Point{1, 2}}}),
	`{"op":"t_meets","args":[{"interval":["2020-02-29",{"property":"a"}]},{"interval":["..",{"op":"f","args":[]}]}]}`: meets(filter.Interval{Start: day, End: a}, filter.Interval{End: call("f")}),
	`{"op":"a_contains","args":[{"property":"a"},[1,"x",[],[[2]],{"property":"b"},{"op":"=","args":[{"property":"a"},1]},{"date":"2020-02-29"},true]]}`: contains(a,
		filter.List{one, filter.Text("x"), filter.List{}, filter.List{filter.List{two}}, b, is(aIs1), day, filter.Boolean(true)}),
	`{"op":"like","args":[{"property":"AnyText"},"%x%"]}`: filter.AnyText{Pattern: "%x%"},

	// Older spellings, and what STAC's clients send.
	`{"op":"AND","args":[{"op":"T_meets","args":[{"property":"a"},{"property":"b"}]},true]}`:                                 filter.And{meets(a, b), filter.Truth{Operand: filter.Boolean(true)}},
	`{"op":"isnull","args":{"property":"a"}}`:                                                                                filter.IsNull{Operand: a},
	`{"op":"not","args":{"op":"=","args":[{"property":"a"},1]}}`:                                                             filter.Not{Expr: aIs1},
	`{"op":"==","args":[{"property":"a"},1]}`:                                                                                aIs1,
	`{"op":"!=","args":[{"property":"a"},1]}`:                                                                                filter.Compare{Op: filter.NotEqual, Left: a, Right: one},
	`{"op":"between","args":[{"property":"a"},[1,2]]}`:                                                                       filter.Between{Operand: a, Low: one, High: two},
	`{"op":"=","args":[{"casei":{"property":"a"}},{"casei":{"accenti":"x"}}]}`:                                               equal(filter.CaseI{Operand: a}, filter.CaseI{Operand: filter.AccentI{Operand: filter.Text("x")}}),
	`{"op":"=","args":[{"function":{"name":"f","args":[{"property":"a"}]}},1]}`:                                              equal(call("f", a), one),
	`{"function":"f","args":[1]}`:                                                                                            filter.Truth{Operand: call("f", one)},
	`{"function":{"name":"f"}}`:                                                                                              filter.Truth{Operand: call("f")},
	`{"op":"anyinteracts","args":[{"property":"a"},{"interval":["2020-02-29",".."]}]}`:                                       filter.Temporal{Op: filter.TIntersects, Left: a, Right: filter.Interval{Start: day}},
	`{"op":"anyinteracts","args":[{"property":"a"},"2020-02-29/.."]}`:                                                        filter.Temporal{Op: filter.TIntersects, Left: a, Right: filter.Interval{Start: day}},
	`{"op":"t_meets","args":["2020-02-29",["..","2020-02-29T12:30:00.5Z"]]}`:                                                 meets(day, filter.Interval{End: moment}),
	`{"op":"t_meets","args":[{"interval":[{"date":"2020-02-29"},{"timestamp":"2020-02-29T12:30:00.5Z"}]},{"property":"a"}]}`: meets(filter.Interval{Start: day, End: moment}, a),
}

func TestParseJSON(t *testing.T) {
	for document, want := range documents {
		got, err := ParseJSON([]byte(document), names{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nbecame %#v, %v\n   not %#v", document, got, err, want)
			continue
		}
		if !strings.Contains(document, "type\"},") {
			both(t, want, schema{})
		}
	}
}

func TestFailuresOfJSONSayWhere(t *testing.T) {
	for document, want := range map[string]string{
		``:                                 "at the top: the JSON is broken: unexpected EOF",
		`{`:                                "at the top: the JSON is broken",
		`{"op"`:                            "at /op: the JSON is broken",
		`{"op":"=",}`:                      "the JSON is broken",
		`{"op":"=" "x"}`:                   "the JSON is broken",
		`true true`:                        "something follows the filter, which ends at byte",
		`true,`:                            "something follows the filter",
		`null`:                             "at the top: null is no value",
		`1`:                                "at the top: a number stands where a condition was expected",
		`"a = 1"`:                          "at the top: a text stands where a condition",
		`[]`:                               "at the top: an array stands where a condition",
		`{}`:                               "at the top: the object is none of CQL2",
		`{"a":1}`:                          "at the top: the object is none of CQL2",
		`{"property":"a"}`:                 "at the top: a property alone is no condition",
		`{"op":"=","op":"=","args":[1,1]}`: "at /op: the member is there twice",
		`{"op":"=","args":[1,1],"x":1}`:    "at /x: an object with op has no such member",
		`{"op":"=","args":[1,{"property":"a","a/~b":1}]}`:   "at /args/1/a~1~0b: an object with property has no such member",
		`{"op":"=","args":[1,1],"%d%s":1}`:                  "at /%d%s: an object with op has no such member",
		`{"` + strings.Repeat("x", 1000) + `":null,"op":1}`: "at /" + strings.Repeat("x", 40) + "…: an object with op",
		`{"op":"="}`:                                                                                "at the top: = has no args",
		`{"op":1,"args":[]}`:                                                                        "at /op: the number 1 stands where the name of an operator was expected",
		`{"op":"=","args":{"property":"a"}}`:                                                        "at /args: args is not an array",
		`{"op":"=","args":[1]}`:                                                                     "at /args: there are 1 operands, it takes 2",
		`{"op":"between","args":[1,2]}`:                                                             "at /args: there are 2 operands, it takes 3",
		`{"op":"not","args":[true,true]}`:                                                           "at /args: there are 2 operands, it takes 1",
		`{"op":"not","args":[1]}`:                                                                   "at /args/0: a number stands where a condition",
		`{"op":"and","args":[]}`:                                                                    "at /args: there are no operands",
		`{"op":"and","args":[true,{"op":"=","args":[1,null]}]}`:                                     "at /args/1/args/1: null is no value",
		`{"op":"=","args":[1,1e999]}`:                                                               "at /args/1: the number 1e999 is too large",
		`{"op":"=","args":[1,"\u0000"]}`:                                                            "a text holds a NUL",
		"{\"op\":\"=\",\"args\":[1,\"\xff\"]}":                                                      "not text in UTF-8",
		`{"op":"=","args":[{"property":"a"},[1]]}`:                                                  "at /args/1: an array stands where a scalar value",
		`{"op":"=","args":[{"property":""},1]}`:                                                     "at /args/0/property: the name is empty",
		`{"op":"=","args":[{"property":1},1]}`:                                                      "at /args/0/property: the number 1 stands where the name of a property",
		`{"op":"=","args":[{"property":"unknown"},1]}`:                                              `at /args/0/property: there is no queryable "unknown"`,
		`{"op":"like","args":[{"property":"a"},1]}`:                                                 "at /args/1: a number stands where a pattern",
		`{"op":"in","args":[{"property":"a"},1]}`:                                                   "at /args/1: the values are not an array",
		`{"op":"in","args":[{"property":"a"},[]]}`:                                                  "at /args/1: the values are not an array",
		`{"op":"in","args":[{"property":"a"},[1,[2]]]}`:                                             "at /args/1/1: an array stands where a scalar",
		`{"op":"in","args":[{"property":"a"}]}`:                                                     "at /args: there are 1 operands, it takes 2",
		`{"op":"=","args":[{"op":"+","args":["x",1]},1]}`:                                           "at /args/0/args/0: a text stands where a number",
		`{"op":"=","args":[{"op":"casei","args":[1]},1]}`:                                           "at /args/0/args/0: a number stands where a text",
		`{"op":"=","args":[{"casei":1},1]}`:                                                         "at /args/0/casei: a number stands where a text",
		`{"op":"a b","args":[]}`:                                                                    `at /op: "a b" is no operator of CQL2`,
		`{"op":"===","args":[1,1]}`:                                                                 `at /op: "===" is no operator of CQL2`,
		`{"op":"date","args":["2020-01-01"]}`:                                                       `at /op: "date" is no operator of CQL2`,
		`{"op":"f","args":[null]}`:                                                                  "at /args/0: null is no value",
		`{"op":"f","args":[{"property":"AnyText"}]}`:                                                "at /args/0: all text is searched by",
		`{"op":"t_after","args":[{"property":"a"}]}`:                                                "at the top: t_after takes 2 operands, not 1",
		`{"op":"t_after","args":[{"property":"a"},"x"]}`:                                            `at /args/1: "x" is not a date`,
		`{"op":"t_after","args":[{"property":"a"},"2020-01-01/x"]}`:                                 `at /args/1: "x" is not a date`,
		`{"op":"t_after","args":[{"property":"a"},["..",1]]}`:                                       "at /args/1/1: a number stands where",
		`{"op":"t_after","args":[{"property":"a"},[1]]}`:                                            "at /args/1: an array stands where a date or timestamp",
		`{"op":"t_after","args":[{"property":"a"},{"date":"2020-02-30"}]}`:                          `at /args/1/date: "2020-02-30" is not a date`,
		`{"op":"t_after","args":[{"property":"a"},{"date":1}]}`:                                     "at /args/1/date: the number 1 stands where a text",
		`{"op":"t_after","args":[{"property":"a"},{"timestamp":"2020-02-03"}]}`:                     "at /args/1/timestamp",
		`{"op":"t_after","args":[{"property":"a"},{"interval":["2020-02-03"]}]}`:                    "at /args/1/interval: an interval is an array of its two ends",
		`{"op":"t_after","args":[{"property":"a"},{"interval":["x",".."]}]}`:                        `at /args/1/interval/0: "x" is not a date`,
		`{"op":"t_after","args":[{"property":"a"},{"interval":[1,".."]}]}`:                          "at /args/1/interval/0: a number stands where",
		`{"op":"s_within","args":[{"property":"a"},"POINT(1 2)"]}`:                                  "at /args/1: a text stands where a geometry",
		`{"op":"s_within","args":[{"property":"a"},{"type":"Circle","coordinates":[1,2]}]}`:         `at /args/1/type: "Circle" is not a geometry of GeoJSON`,
		`{"op":"s_within","args":[{"property":"a"},{"type":"Point"}]}`:                              "at /args/1: the Point holds nothing",
		`{"op":"s_within","args":[{"property":"a"},{"type":"Point","coordinates":[1,2],"crs":{}}]}`: "at /args/1/crs: an object with type has no such member",
		`{"op":"s_within","args":[{"property":"a"},{"type":"Point","coordinates":[1]}]}`:            "at /args/1/coordinates: a position has two numbers",
		`{"op":"s_within","args":[{"property":"a"},{"type":"Point","coordinates":[1,"2"]}]}`:        `at /args/1/coordinates/1: "2" stands where a number`,
		`{"op":"s_within","args":[{"property":"a"},{"type":"Point","coordinates":[]}]}`:             "a position has two numbers",
		`{"op":"s_within","args":[{"property":"a"},{"type":"MultiPoint","coordinates":[]}]}`:        "at /args/1: a set of points has 0 positions",
		`{"op":"s_within","args":[{"property":"a"},{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[0,0]},{"type":"GeometryCollection","geometries":[]}]}]}`: "at /args/1: a part of the geometry is empty",
		`{"op":"s_within","args":[{"property":"a"},{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[0,0]},{"type":"MultiPolygon","coordinates":[]}]}]}`:      "at /args/1: a part of the geometry is empty",
		`{"op":"s_within","args":[{"property":"a"},{"type":"LineString","coordinates":[1,2]}]}`:                                                                                       "at /args/1/coordinates/0: the number 1 stands where a position",
		`{"op":"s_within","args":[{"property":"a"},{"type":"LineString","coordinates":[[1,2]]}]}`:                                                                                     "at /args/1: a line has 1 positions",
		`{"op":"s_within","args":[{"property":"a"},{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}]}`:                                                                    "at /args/1: a ring is not closed",
		`{"op":"s_within","args":[{"property":"a"},{"type":"Point","coordinates":[90,180]}]}`:                                                                                         "at /args/1: the position 90 180 is not on the globe",
		`{"op":"s_within","args":[{"property":"a"},{"type":"GeometryCollection","geometries":[1]}]}`:                                                                                  "at /args/1/geometries/0: the number 1 stands where a geometry",
		`{"op":"s_within","args":[{"property":"a"},{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2],"x":1}]}]}`:                                         "at /args/1/geometries/0/x: a geometry has no such member",
		`{"op":"s_within","args":[{"property":"a"},{"bbox":[1,2,3]}]}`:                                                                                                                "at /args/1/bbox: a bounding box has 4 or 6 numbers",
		`{"op":"s_within","args":[{"property":"a"},{"bbox":1}]}`:                                                                                                                      "at /args/1/bbox: the number 1 stands where the numbers of a bounding box",
		`{"function":{"args":[]}}`:           "at /function: the function has no name",
		`{"function":{"name":"f","x":1}}`:    "at /function/x: a function has no such member",
		`{"function":{"name":"f","args":1}}`: "at /function/args: args is not an array",
	} {
		_, err := ParseJSON([]byte(document), names{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nfails with %v\n      not %s", document, err, want)
		}
		if err != nil && (fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "filter") {
			t.Errorf("%s fails with %v at %q", document, fault.KindOf(err), fault.LocatorOf(err))
		}
	}
}
