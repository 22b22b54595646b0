package cql2

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// TestWhatOtherLanguagesSay: trees that hold what CQL2 has no words for are written by what means the same.
func TestWhatOtherLanguagesSay(t *testing.T) {
	point := filter.Geometry{Geometry: orb.Point{1, 2}}
	span := filter.Interval{Start: a, End: b}
	for text, e := range map[string]filter.Expr{
		"TRUE":                 nil,
		"TRUE AND FALSE":       filter.And{filter.And{}, filter.Or{}},
		"a = 1":                filter.And{filter.Or{filter.And{aIs1}}},
		"a = TRUE":             filter.Truth{Operand: a},
		"NOT f()":              filter.Not{Expr: filter.Truth{Operand: filter.Condition{Expr: filter.Truth{Operand: call("f")}}}},
		"a = 'it''s'":          equal(a, filter.Untyped{Text: "it's"}),
		"a <> CASEI('x')":      filter.Compare{Op: filter.NotEqual, Left: a, Right: filter.Untyped{Text: "x", FoldCase: true}},
		"a LIKE CASEI('x%')":   filter.Like{Operand: a, Pattern: filter.Untyped{Text: "x%", FoldCase: true}},
		"AnyText = 'sea ice'":  filter.AnyText{Words: "sea ice"},
		"AnyText LIKE '%ice%'": filter.AnyText{Pattern: "%ice%"},
		"AnyText = 'sea' AND AnyText LIKE '%ice%'": filter.AnyText{Words: "sea", Pattern: "%ice%"},
		"AnyText = ''":   filter.AnyText{},
		"FALSE OR a = 1": filter.Or{filter.In{Operand: a}, aIs1},
		"distance(a, POINT(1 2)) <= 1000 AND a IS NOT NULL":                                filter.Distance{Left: a, Right: point, Metres: 1000},
		"NOT (distance(a, b) > 0.5 AND a IS NOT NULL AND b IS NOT NULL)":                   filter.Not{Expr: filter.Distance{Left: a, Right: b, Metres: .5, Beyond: true}},
		"S_WITHIN(a, POINT(1 2)) AND a IS NOT NULL OR a = 1":                               filter.Or{filter.Spatial{Op: filter.SWithin, Left: a, Right: point, MissingIsFalse: true}, aIs1},
		"NOT (T_MEETS(INTERVAL(a, b), DATE('2020-02-29')) AND INTERVAL(a, b) IS NOT NULL)": filter.Not{Expr: filter.Temporal{Op: filter.TMeets, Left: span, Right: day, MissingIsFalse: true}},
		"T_MEETS(INTERVAL('..', '2020-02-29'), DATE('2020-02-29'))":                        filter.Temporal{Op: filter.TMeets, Left: filter.Interval{End: day}, Right: day, MissingIsFalse: true},
		"S_INTERSECTS(a, POLYGON((0 0,1 0,1 1,0 1,0 0)))":                                  place(orb.Bound{Max: orb.Point{1, 1}}),
		"S_INTERSECTS(a, POLYGON((0 0,1 0,1 1,0 0)))":                                      place(square[0]),
		"S_INTERSECTS(a, GEOMETRYCOLLECTION(POLYGON((0 0,1 0,1 1,0 1,0 0)),POINT(1 2)))":   place(orb.Collection{orb.Bound{Max: orb.Point{1, 1}}, orb.Point{1, 2}}),
		"a = TIMESTAMP('2020-02-29T11:00:00Z')":                                            equal(a, filter.Timestamp{Time: time.Date(2020, 2, 29, 12, 0, 0, 0, time.FixedZone("", 3600))}),
	} {
		got, err := Text(e)
		if err != nil || got != text {
			t.Errorf("%#v is written\n%s, %v, not\n%s", e, got, err, text)
			continue
		}
		document, err := JSON(e)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		same, err := ParseJSON(document, names{})
		if err != nil {
			t.Errorf("%s: %v", document, err)
			continue
		}
		if again, err := Text(same); err != nil || again != text {
			t.Errorf("%s\nis written %s, %v, not %s", document, again, err, text)
		}
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	type strange struct{ filter.Expr }
	type stranger struct{ filter.Operand }
	for want, e := range map[string]filter.Expr{
		"+Inf is not a number":                 equal(a, filter.Number(math.Inf(1))),
		"holds a NUL":                          equal(a, filter.Text("\x00")),
		"is not text in UTF-8":                 equal(a, filter.Untyped{Text: "\xff"}),
		"the name of a property is empty":      equal(filter.Property(""), one),
		`"\x00"`:                               filter.IsNull{Operand: filter.Property("\x00")},
		`no function can have the name "a b"`:  filter.Truth{Operand: call("a b")},
		`no function can have the name "date"`: filter.Truth{Operand: call("date")},
		"the year 10000":                       equal(a, filter.Date{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}),
		"the year -1":                          equal(a, filter.Timestamp{Time: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)}),
		`there is no operator "=="`:            filter.Compare{Op: "==", Left: a, Right: one},
		`there is no operator "S_NEAR"`:        filter.Spatial{Op: "S_NEAR", Left: a, Right: b},
		`there is no operator "T_NEAR"`:        filter.Temporal{Op: "T_NEAR", Left: a, Right: b},
		`there is no operator "A_NEAR"`:        filter.Array{Op: "A_NEAR", Left: a, Right: b},
		`there is no operator "&"`:             equal(filter.Arithmetic{Op: "&", Left: a, Right: b}, one),
		"an array stands where a scalar value": equal(filter.List{}, one),
		"the pattern of LIKE is a property":    filter.Like{Operand: a, Pattern: b},
		"a number stands for a condition":      filter.Truth{Operand: one},
		"<nil> is no value":                    equal(a, nil),
		"stranger is no value":                 equal(a, stranger{}),
		"strange is no condition":              filter.And{aIs1, strange{}},
		"not on the globe":                     place(orb.Point{200, 0}),
		"<nil> is not a geometry":              place(nil),
		"an interval stands where a date":      meets(filter.Interval{Start: filter.Interval{}}, a),
		"a text stands where a geometry":       filter.Spatial{Op: filter.SWithin, Left: a, Right: filter.Text("x")},
	} {
		for encoding, write := range map[string]func(filter.Expr) error{
			"text": func(e filter.Expr) error { _, err := Text(e); return err },
			"JSON": func(e filter.Expr) error { _, err := JSON(e); return err },
		} {
			if err := write(filter.Not{Expr: e}); err == nil || !strings.Contains(err.Error(), want) || fault.KindOf(err) != fault.Unsupported {
				t.Errorf("as %s %#v fails with %v, not %s", encoding, e, err, want)
			}
		}
	}
}
