package fes

import (
	"encoding/xml"
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
	name = strings.TrimPrefix(name, "/")
	_, local, found := strings.Cut(name, ":")
	if !found {
		local = name
	}
	switch local {
	case "nonsense":
		return "", false, fault.At(fault.NotFound, "PropertyName", "there is no queryable %s", local)
	case "BoundingBox":
		return filter.PropertyGeometry, false, nil
	case "TempExtent":
		return filter.PropertyTime, false, nil
	}
	return filter.Property(local), strings.EqualFold(local, "AnyText"), nil
}

func (catalogue) Value(property filter.Property, value string) string {
	if property == filter.PropertyType {
		return strings.TrimPrefix(value, "http://purl.org/dc/dcmitype/")
	}
	return value
}

func parse(text string) (filter.Expr, error) {
	var e Element
	if err := xml.Unmarshal([]byte(text), &e); err != nil {
		return nil, err
	}
	return Parse(&e, catalogue{})
}

// v1 and v2 put conditions into a filter of 1.1 with GML 3.1.1, and of 2.0 with GML 3.2.1.
func v1(inner string) string {
	return `<f:Filter xmlns:f="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml">` + inner + `</f:Filter>`
}

func v2(inner string) string {
	return `<f:Filter xmlns:f="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2">` + inner + `</f:Filter>`
}

func untypedOf(text string) filter.Untyped { return filter.Untyped{Text: text} }

func compareOf(op filter.Op, property filter.Property, text string) filter.Compare {
	return filter.Compare{Op: op, Left: property, Right: untypedOf(text)}
}

func matchOf(action filter.MatchAction, op filter.Op) filter.Match {
	return filter.Match{Action: action, Compare: compareOf(op, "title", "sea")}
}

func spatialOf(op filter.SpatialOp, g orb.Geometry) filter.Spatial {
	return filter.Spatial{Op: op, Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: g}, MissingIsFalse: true}
}

func day(text string) filter.Date {
	t, _ := time.Parse("2006-01-02", text)
	return filter.Date{Time: t}
}

func instant(text string) filter.Timestamp {
	t, _ := time.Parse(time.RFC3339, text)
	return filter.Timestamp{Time: t.UTC()}
}

// check reads filters and compares the trees that they become.
func check(t *testing.T, cases map[string]filter.Expr) {
	t.Helper()
	for text, want := range cases {
		got, err := parse(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n became %#v, %v\n want   %#v", text, got, err, want)
		}
	}
}

// checkFailures reads filters that are wrong and compares what is said of them.
func checkFailures(t *testing.T, cases map[string]string) {
	t.Helper()
	for text, want := range cases {
		got, err := parse(text)
		if err == nil || !fault.KindOf(err).Permanent() || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n became %#v, %v\n want %s", text, got, err, want)
		}
	}
}

const title, sea = `<f:PropertyName>dc:title</f:PropertyName>`, `<f:Literal>sea</f:Literal>`

func TestComparisons(t *testing.T) {
	a := compareOf(filter.Equal, "title", "sea")
	check(t, map[string]filter.Expr{
		v1(``): nil,
		v2(``): nil,
		`<Filter><PropertyIsEqualTo><PropertyName>title</PropertyName><Literal>sea</Literal></PropertyIsEqualTo></Filter>`: a,
		v1(`<f:PropertyIsEqualTo>` + title + `<f:Literal> s<!-- -->ea </f:Literal></f:PropertyIsEqualTo>`):                 a,
		v2(`<f:PropertyIsEqualTo><f:ValueReference>/dc:title</f:ValueReference>` + sea + `</f:PropertyIsEqualTo>`):         a,
		v1(`<f:PropertyIsNotEqualTo>` + sea + title + `</f:PropertyIsNotEqualTo>`): filter.Compare{
			Op: filter.NotEqual, Left: untypedOf("sea"), Right: filter.PropertyTitle},
		v1(`<f:PropertyIsEqualTo matchCase="false"><f:PropertyName>dc:type</f:PropertyName><f:Literal>http://purl.org/dc/dcmitype/Dataset</f:Literal></f:PropertyIsEqualTo>`): filter.Compare{
			Op: filter.Equal, Left: filter.PropertyType, Right: filter.Untyped{Text: "Dataset", FoldCase: true}},
		v1(`<f:PropertyIsLessThan>` + title + sea + `</f:PropertyIsLessThan>`):                         compareOf(filter.Less, "title", "sea"),
		v1(`<f:PropertyIsGreaterThan>` + title + sea + `</f:PropertyIsGreaterThan>`):                   compareOf(filter.Greater, "title", "sea"),
		v1(`<f:PropertyIsLessThanOrEqualTo>` + title + sea + `</f:PropertyIsLessThanOrEqualTo>`):       compareOf(filter.LessOrEqual, "title", "sea"),
		v1(`<f:PropertyIsGreaterThanOrEqualTo>` + title + sea + `</f:PropertyIsGreaterThanOrEqualTo>`): compareOf(filter.GreaterOrEqual, "title", "sea"),
		v1(`<f:PropertyIsEqualTo matchCase="0"><f:PropertyName>a</f:PropertyName><f:PropertyName>b</f:PropertyName></f:PropertyIsEqualTo>`): filter.Compare{
			Op: filter.Equal, Left: filter.CaseI{Operand: filter.Property("a")}, Right: filter.CaseI{Operand: filter.Property("b")}},
		v1(`<f:PropertyIsLessThan><f:Add><f:PropertyName>a</f:PropertyName><f:Mul><f:Literal>2</f:Literal><f:PropertyName>b</f:PropertyName></f:Mul></f:Add><f:Div><f:Sub><f:Literal>3</f:Literal><f:Literal>1</f:Literal></f:Sub><f:Literal>4</f:Literal></f:Div></f:PropertyIsLessThan>`): filter.Compare{
			Op: filter.Less,
			Left: filter.Arithmetic{Op: filter.Add, Left: filter.Property("a"),
				Right: filter.Arithmetic{Op: filter.Multiply, Left: untypedOf("2"), Right: filter.Property("b")}},
			Right: filter.Arithmetic{Op: filter.Divide, Left: filter.Arithmetic{Op: filter.Subtract, Left: untypedOf("3"), Right: untypedOf("1")}, Right: untypedOf("4")}},
		v2(`<f:PropertyIsEqualTo><f:Function name="lower"><f:ValueReference>dc:title</f:ValueReference></f:Function>` + sea + `</f:PropertyIsEqualTo>`): filter.Compare{
			Op: filter.Equal, Left: filter.Function{Name: "lower", Args: []filter.Operand{filter.PropertyTitle}}, Right: untypedOf("sea")},
		v2(`<f:PropertyIsEqualTo matchAction="Any">` + title + sea + `</f:PropertyIsEqualTo>`):       a,
		v2(`<f:PropertyIsEqualTo matchAction="All">` + title + sea + `</f:PropertyIsEqualTo>`):       matchOf(filter.MatchAll, filter.Equal),
		v2(`<f:PropertyIsLessThan matchAction="One">` + title + sea + `</f:PropertyIsLessThan>`):     matchOf(filter.MatchOne, filter.Less),
		v2(`<f:PropertyIsNotEqualTo>` + title + sea + `</f:PropertyIsNotEqualTo>`):                   matchOf(filter.MatchAny, filter.NotEqual),
		v2(`<f:PropertyIsNotEqualTo matchAction="Any">` + title + sea + `</f:PropertyIsNotEqualTo>`): matchOf(filter.MatchAny, filter.NotEqual),
		v1(`<f:PropertyIsNotEqualTo>` + title + sea + `</f:PropertyIsNotEqualTo>`):                   compareOf(filter.NotEqual, "title", "sea"),
		v1(`<f:PropertyIsNull>` + title + `</f:PropertyIsNull>`):                                     filter.IsNull{Operand: filter.PropertyTitle},
		v2(`<f:PropertyIsNil>` + title + `</f:PropertyIsNil>`):                                       filter.IsNull{Operand: filter.PropertyTitle},
		v1(`<f:PropertyIsBetween><f:PropertyName>a</f:PropertyName><f:LowerBoundary><f:Literal>1</f:Literal></f:LowerBoundary><f:UpperBoundary><f:PropertyName>b</f:PropertyName></f:UpperBoundary></f:PropertyIsBetween>`): filter.Between{
			Operand: filter.Property("a"), Low: untypedOf("1"), High: filter.Property("b")},
	})
}

func TestAllText(t *testing.T) {
	const anyText = `<f:PropertyName>csw:AnyText</f:PropertyName>`
	check(t, map[string]filter.Expr{
		v1(`<f:PropertyIsEqualTo>` + anyText + sea + `</f:PropertyIsEqualTo>`):       filter.AnyText{Words: "sea"},
		v1(`<f:PropertyIsEqualTo>` + sea + anyText + `</f:PropertyIsEqualTo>`):       filter.AnyText{Words: "sea"},
		v1(`<f:PropertyIsNotEqualTo>` + anyText + sea + `</f:PropertyIsNotEqualTo>`): filter.Not{Expr: filter.AnyText{Words: "sea"}},
		v1(`<f:PropertyIsLike wildCard="*" singleChar="?" escapeChar="!">` + anyText + `<f:Literal>*100%!*?_</f:Literal></f:PropertyIsLike>`): filter.AnyText{
			Pattern: `%100\%*_\_`},
	})
	checkFailures(t, map[string]string{
		v1(`<f:PropertyIsNull>` + anyText + `</f:PropertyIsNull>`):                                                                                                   "PropertyIsNull says nothing of all text",
		v1(`<f:PropertyIsLessThan>` + anyText + sea + `</f:PropertyIsLessThan>`):                                                                                     "PropertyIsLessThan says nothing of all text",
		v1(`<f:PropertyIsEqualTo>` + anyText + title + `</f:PropertyIsEqualTo>`):                                                                                     "PropertyIsEqualTo says nothing of all text",
		v1(`<f:PropertyIsBetween>` + anyText + `<f:LowerBoundary>` + sea + `</f:LowerBoundary><f:UpperBoundary>` + sea + `</f:UpperBoundary></f:PropertyIsBetween>`): "says nothing of all text",
		v1(`<f:PropertyIsEqualTo><f:Function name="f">` + anyText + `</f:Function>` + sea + `</f:PropertyIsEqualTo>`):                                                "all text is no value",
	})
}

func TestPatterns(t *testing.T) {
	for _, c := range []struct{ wild, single, escape, pattern, want string }{
		{"*", "?", `\`, `a*b?c`, `a%b_c`},
		{"*", "?", `\`, `a\*b\?c\\d`, `a*b?c\\d`},
		{"%", "_", "!", `50!% of_%`, `50\% of_%`},
		{"", "", "", `a*%_\`, `a*\%\_\\`},
		{"*", "?", "", `\*`, `\\%`},
		{"**", "*", "!!", `a**b*c!!**d!!*e!!x`, `a%b_c**d*ex`},
		{"*", "?", `\`, `end\`, `end\\`},
		{"*", "*", "*", `**a*`, `*a*`},
		{"é", "è", "ê", `aébèêéx`, `a%b_éx`},
	} {
		if got := (wildcards{c.wild, c.single, c.escape}).translate(c.pattern); got != c.want {
			t.Errorf("%+v became %s", c, got)
		}
	}
	check(t, map[string]filter.Expr{
		v1(`<f:PropertyIsLike wildCard="*" singleChar="." escapeChar="\" matchCase="false">` + title + `<f:Literal>*lorem*</f:Literal></f:PropertyIsLike>`): filter.Like{
			Operand: filter.CaseI{Operand: filter.PropertyTitle}, Pattern: filter.CaseI{Operand: filter.Text("%lorem%")}},
		v1(`<f:PropertyIsLike wildCard="*" singleChar="." escape="!">` + title + `<f:Literal>!*.</f:Literal></f:PropertyIsLike>`): filter.Like{
			Operand: filter.PropertyTitle, Pattern: filter.Text("*_")},
	})
}

func TestLogicAndIdentifiers(t *testing.T) {
	isNull := func(name string) string {
		return `<f:PropertyIsNull><f:PropertyName>` + name + `</f:PropertyName></f:PropertyIsNull>`
	}
	in := func(ids ...string) filter.Expr {
		in := filter.In{Operand: filter.PropertyID}
		for _, id := range ids {
			in.Values = append(in.Values, untypedOf(id))
		}
		return in
	}
	a, b := filter.IsNull{Operand: filter.Property("a")}, filter.IsNull{Operand: filter.Property("b")}
	check(t, map[string]filter.Expr{
		v1(`<f:And>` + isNull("a") + `<f:Not>` + isNull("b") + `</f:Not></f:And>`):             filter.And{a, filter.Not{Expr: b}},
		v1(`<f:Or>` + isNull("a") + isNull("b") + `</f:Or>`):                                   filter.Or{a, b},
		v1(`<f:Not><f:Function name="f"/></f:Not>`):                                            filter.Not{Expr: filter.Truth{Operand: filter.Function{Name: "f"}}},
		v1(`<f:FeatureId fid="x"/><f:FeatureId fid="y"/>`):                                     in("x", "y"),
		v1(`<f:GmlObjectId gml:id="x"/>`):                                                      in("x"),
		v2(`<f:ResourceId rid="x"/><f:ResourceId rid="y"/>`):                                   in("x", "y"),
		v2(`<f:And><f:ResourceId rid="x"/><f:ResourceId rid="y"/>` + isNull("a") + `</f:And>`): filter.And{in("x", "y"), a},
		v2(`<f:Not><f:ResourceId rid="x"/></f:Not>`):                                           filter.Not{Expr: in("x")},
	})
}

func TestSpatialOperators(t *testing.T) {
	const place, point = `<f:PropertyName>ows:BoundingBox</f:PropertyName>`, `<gml:Point><gml:pos>2 1</gml:pos></gml:Point>`
	box := spatialOf(filter.SIntersects, filter.Box(13.9, 37, 15.1, 37.9))
	cases := map[string]filter.Expr{
		v1(`<f:BBOX>` + place + `<gml:Envelope><gml:lowerCorner>37 13.9</gml:lowerCorner><gml:upperCorner>37.9 15.1</gml:upperCorner></gml:Envelope></f:BBOX>`): box,
		v1(`<f:BBOX><gml:Box><gml:coordinates>13.9,37 15.1,37.9</gml:coordinates></gml:Box></f:BBOX>`):                                                          box,
		v1(`<f:Intersects>` + point + `</f:Intersects>`):                                                                                                        spatialOf(filter.SIntersects, orb.Point{1, 2}),
		v1(`<f:Within>` + point + place + `</f:Within>`): filter.Spatial{
			Op: filter.SWithin, Left: filter.Geometry{Geometry: orb.Point{1, 2}}, Right: filter.PropertyGeometry, MissingIsFalse: true},
		v1(`<f:Intersects>` + place + `<f:Literal>` + point + `</f:Literal></f:Intersects>`): spatialOf(filter.SIntersects, orb.Point{1, 2}),
		v2(`<f:Intersects>` + place + `<f:Function name="buffer">` + place + `<f:Literal>1</f:Literal></f:Function></f:Intersects>`): filter.Spatial{
			Op: filter.SIntersects, Left: filter.PropertyGeometry, MissingIsFalse: true,
			Right: filter.Function{Name: "buffer", Args: []filter.Operand{filter.PropertyGeometry, untypedOf("1")}}},
		v1(`<f:DWithin>` + place + point + `<f:Distance units="km">2.5</f:Distance></f:DWithin>`): filter.Distance{
			Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: orb.Point{1, 2}}, Metres: 2500},
		v2(`<f:Beyond>` + place + point + `<f:Distance uom="NauticalMile">1</f:Distance></f:Beyond>`): filter.Distance{
			Left: filter.PropertyGeometry, Right: filter.Geometry{Geometry: orb.Point{1, 2}}, Metres: 1852, Beyond: true},
	}
	for name, op := range map[string]filter.SpatialOp{
		"Equals": filter.SEquals, "Disjoint": filter.SDisjoint, "Touches": filter.STouches, "Within": filter.SWithin, "Overlaps": filter.SOverlaps,
		"Crosses": filter.SCrosses, "Intersects": filter.SIntersects, "Contains": filter.SContains,
	} {
		for _, version := range []func(string) string{v1, v2} {
			cases[version(`<f:`+name+`>`+place+point+`</f:`+name+`>`)] = spatialOf(op, orb.Point{1, 2})
		}
	}
	check(t, cases)
}

func TestTemporalOperators(t *testing.T) {
	const extent, modified = `<f:ValueReference>TempExtent</f:ValueReference>`, `<f:ValueReference>dct:modified</f:ValueReference>`
	const at = `<gml:TimeInstant gml:id="t"><gml:timePosition>2020-01-01T00:00:00Z</gml:timePosition></gml:TimeInstant>`
	const span = `<gml:TimePeriod><gml:beginPosition>2020-01-01</gml:beginPosition><gml:endPosition>2020-02</gml:endPosition></gml:TimePeriod>`
	period := filter.Interval{Start: day("2020-01-01"), End: day("2020-02-29")}
	moment := instant("2020-01-01T00:00:00Z")
	temporal := func(op filter.TemporalOp, left, right filter.Operand) filter.Expr {
		return filter.Temporal{Op: op, Left: left, Right: right, MissingIsFalse: true}
	}
	cases := map[string]filter.Expr{
		v2(`<f:After>` + modified + at + `</f:After>`):                               temporal(filter.TAfter, filter.PropertyModified, moment),
		v2(`<f:After>` + modified + `<f:Literal>2020-01-01</f:Literal></f:After>`):   temporal(filter.TAfter, filter.PropertyModified, day("2020-01-01")),
		v2(`<f:After>` + at + modified + `</f:After>`):                               temporal(filter.TAfter, moment, filter.PropertyModified),
		v2(`<f:AnyInteracts>` + span + `</f:AnyInteracts>`):                          temporal(filter.TIntersects, filter.PropertyTime, period),
		v2(`<f:During>` + extent + `<f:Literal>` + span + `</f:Literal></f:During>`): temporal(filter.TDuring, filter.PropertyTime, period),
		v2(`<f:TContains>` + extent + at + `</f:TContains>`):                         temporal(filter.TContains, filter.PropertyTime, filter.Interval{Start: moment, End: moment}),
		v2(`<f:During>` + modified + span + `</f:During>`): temporal(filter.TDuring,
			filter.Interval{Start: filter.PropertyModified, End: filter.PropertyModified}, period),
		v2(`<f:Before>` + extent + `<gml:TimePeriod><gml:begin><gml:TimeInstant><gml:timePosition>2020-01-01</gml:timePosition></gml:TimeInstant></gml:begin><gml:endPosition indeterminatePosition="unknown"/></gml:TimePeriod></f:Before>`): temporal(
			filter.TBefore, filter.PropertyTime, filter.Interval{Start: day("2020-01-01")}),
		v2(`<f:Before>` + extent + `<gml:TimePeriod><gml:beginPosition indeterminatePosition="before"/><gml:endPosition>2020-01-01</gml:endPosition><gml:duration>P1D</gml:duration></gml:TimePeriod></f:Before>`): temporal(
			filter.TBefore, filter.PropertyTime, filter.Interval{End: day("2020-01-01")}),
	}
	for name, op := range temporals {
		cases[v2(`<f:`+name+`>`+extent+span+`</f:`+name+`>`)] = temporal(op, filter.PropertyTime, period)
	}
	check(t, cases)
	if len(temporals) != 14 {
		t.Errorf("there are %d temporal operators", len(temporals))
	}
}

func TestFailuresSayWhere(t *testing.T) {
	const place, point = `<f:PropertyName>ows:BoundingBox</f:PropertyName>`, `<gml:Point><gml:pos>2 1</gml:pos></gml:Point>`
	checkFailures(t, map[string]string{
		`<Constraint/>`: "Constraint is not a Filter",
		`<f:Filter xmlns:f="http://www.opengis.net/foo"/>`: "is not a Filter of the namespace",
		v1(`<f:Frob/>`):              "Filter/Frob: the operator Frob is not offered",
		v1(`<gml:Not/>`):             `the namespace "http://www.opengis.net/gml" is not that of the filter`,
		v1(`<f:And/>`):               "Filter/And: And holds no condition",
		v1(`<f:Not><f:Or/></f:Not>`): "Filter/Not/Or: Or holds no condition",
		v1(`<f:Not><f:Function name="f"/><f:Function name="g"/></f:Not>`):              "Not holds one condition, not 2",
		v1(`<f:Function name="f"/><f:Function name="g"/>`):                             "Filter: a filter holds one condition",
		v1(`<f:FeatureId fid="x"/><f:PropertyIsNull>` + title + `</f:PropertyIsNull>`): "a filter holds one condition or a list of identifiers",
		v1(`<f:FeatureId/>`):                                                                               "the attribute fid is missing",
		v1(`<f:ResourceId rid="x"/>`):                                                                      "ResourceId is of Filter Encoding 2.0",
		v1(`<f:After/>`):                                                                                   "After is of Filter Encoding 2.0",
		v2(`<f:FeatureId fid="x"/>`):                                                                       "FeatureId is of Filter Encoding 1.1",
		v2(`<f:ResourceId rid="x" version="LAST"/>`):                                                       "no versions of records",
		v1(`<f:PropertyIsEqualTo/>`):                                                                       "PropertyIsEqualTo holds 2 expressions, not 0",
		v1(`<f:PropertyIsEqualTo>` + title + `</f:PropertyIsEqualTo>`):                                     "PropertyIsEqualTo holds 2 expressions, not 1",
		v1(`<f:PropertyIsEqualTo>` + title + point + `</f:PropertyIsEqualTo>`):                             "Filter/PropertyIsEqualTo/Point: the namespace",
		v1(`<f:PropertyIsEqualTo>` + title + `<f:Frob/></f:PropertyIsEqualTo>`):                            "Frob is not an expression",
		v1(`<f:PropertyIsEqualTo>` + title + `<f:Function/></f:PropertyIsEqualTo>`):                        "the function has no name",
		v1(`<f:PropertyIsEqualTo>` + title + `<f:Add>` + sea + `</f:Add></f:PropertyIsEqualTo>`):           "Add holds 2 expressions, not 1",
		v1(`<f:PropertyIsEqualTo>` + title + `<f:Literal>a<gml:Point/></f:Literal></f:PropertyIsEqualTo>`): "a Literal holds a text or one element of GML",
		v2(`<f:PropertyIsEqualTo matchAction="Some">` + title + sea + `</f:PropertyIsEqualTo>`):            `matchAction "Some" is not`,
		v2(`<f:PropertyIsNil nilReason="unknown">` + title + `</f:PropertyIsNil>`):                         "the reason why",
		v1(`<f:PropertyIsBetween>` + title + `</f:PropertyIsBetween>`):                                     "a LowerBoundary and an UpperBoundary",
		v1(`<f:PropertyIsLike>` + title + title + `</f:PropertyIsLike>`):                                   "the pattern of PropertyIsLike is a Literal",
		v1(`<f:And><f:PropertyIsNull><f:PropertyName>a</f:PropertyName></f:PropertyIsNull><f:PropertyIsNull><f:PropertyName>nonsense</f:PropertyName></f:PropertyIsNull></f:And>`): "Filter/And/PropertyIsNull[2]/PropertyName: there is no queryable nonsense",
		v1(`<f:BBOX/>`): "BBOX holds a property and a geometry",
		v1(`<f:BBOX>` + place + point + `</f:BBOX>`):     "BBOX holds an Envelope or a Box",
		v1(`<f:BBOX>` + place + `</f:BBOX>`):             "BBOX has no geometry",
		v1(`<f:Within>` + title + point + `</f:Within>`): "Filter/Within/PropertyName: dc:title is not a place",
		v1(`<f:Within>` + place + sea + `</f:Within>`):   "Literal holds no geometry",
		v2(`<f:Within>` + place + `<gml:TimeInstant><gml:timePosition>2020-01-01</gml:timePosition></gml:TimeInstant></f:Within>`): "TimeInstant is not a geometry",
		v1(`<f:DWithin>` + place + point + `</f:DWithin>`):                                                                         "DWithin ends with a Distance",
		v1(`<f:DWithin/>`): "DWithin ends with a Distance",
		v1(`<f:DWithin>` + place + point + `<f:Distance>1</f:Distance></f:DWithin>`):                                                 "the distance has no unit",
		v1(`<f:DWithin>` + place + point + `<f:Distance units="degree">1</f:Distance></f:DWithin>`):                                  `"degree" is not a unit`,
		v1(`<f:DWithin>` + place + point + `<f:Distance units="m">far</f:Distance></f:DWithin>`):                                     `"far" is not a number`,
		v1(`<f:DWithin>` + place + point + `<f:Distance units="m">Inf</f:Distance></f:DWithin>`):                                     `"Inf" is not a number`,
		v1(`<f:DWithin>` + place + point + `<f:Distance units="m">-1</f:Distance></f:DWithin>`):                                      "-1 is not a length",
		v2(`<f:After>` + title + `</f:After>`):                                                                                       "After has no time beside dc:title",
		v2(`<f:After/>`):                                                                                                             "After holds a property and a time",
		v2(`<f:After>` + title + point + `</f:After>`):                                                                               "Point is not a time",
		v2(`<f:After>` + title + sea + `</f:After>`):                                                                                 `"sea" is not a date`,
		v2(`<f:After>` + title + `<gml:TimeEdge/></f:After>`):                                                                        "the time TimeEdge is not read",
		v2(`<f:After>` + title + `<gml:TimeInstant/></f:After>`):                                                                     "a TimeInstant holds a timePosition",
		v2(`<f:After>` + title + `<gml:TimeInstant><gml:timePosition indeterminatePosition="now"/></gml:TimeInstant></f:After>`):     `indeterminatePosition "now" is not read`,
		v2(`<f:After>` + title + `<gml:TimeInstant><gml:timePosition indeterminatePosition="unknown"/></gml:TimeInstant></f:After>`): "the instant is not known",
		v2(`<f:After>` + title + `<gml:TimeInstant><gml:timePosition>2020/2021</gml:timePosition></gml:TimeInstant></f:After>`):      "is a period, not a time",
		v2(`<f:After>` + title + `<gml:TimePeriod/></f:After>`):                                                                      "a TimePeriod holds a begin and an end",
		v2(`<f:After>` + title + `<gml:TimePeriod><gml:beginPosition>2020-02-01</gml:beginPosition><gml:endPosition>2020-01-01</gml:endPosition></gml:TimePeriod></f:After>`): "ends before it begins",
		v2(`<f:After>` + title + `<gml:TimePeriod><gml:begin><gml:TimeNode/></gml:begin><gml:endPosition>2020-01-01</gml:endPosition></gml:TimePeriod></f:After>`):            "begin holds a TimeInstant",
	})
}

// A failure says what is at fault: the filter, or what the protocol's names say.
func TestLocators(t *testing.T) {
	for text, want := range map[string]string{
		`<x/>`:       "Constraint",
		v1(`<f:x/>`): "Filter",
		v1(`<f:PropertyIsNull><f:PropertyName>nonsense</f:PropertyName></f:PropertyIsNull>`): "PropertyName",
		v1(`<f:BBOX><gml:Envelope srsName="EPSG:1"/></f:BBOX>`):                              "Filter",
		v1(`<f:Intersects><gml:Point><gml:pos>91 1</gml:pos></gml:Point></f:Intersects>`):    "Filter",
	} {
		if _, err := parse(text); fault.LocatorOf(err) != want {
			t.Errorf("%s: %v lies in %q", text, err, fault.LocatorOf(err))
		}
	}
}

func TestBounds(t *testing.T) {
	many := func(n int, text string) string { return strings.Repeat(text, n) }
	checkFailures(t, map[string]string{
		v1(many(100, "<f:Not>") + many(100, "</f:Not>")):                  "a filter nested deeper than 100",
		v1(many(20_000, "<f:x/>")):                                        "a filter of more than 20000 elements",
		v1("<f:" + many(101, "x") + "/>"):                                 "a filter with names longer than 100 bytes",
		v1("<f:x>" + many(600<<10, "x") + "</f:x>"):                       "a filter longer than 524288 bytes",
		v1(`<f:x a="` + many(600<<10, "x") + `"/>`):                       "a filter longer than 524288 bytes",
		v1("<f:And>" + many(5001, `<f:Function name="f"/>`) + "</f:And>"): "a filter of more than 5000 parts",
		v1(`<f:Intersects><gml:LineString><gml:posList>` + many(10_001, "1 2 ") + `</gml:posList></gml:LineString></f:Intersects>`):         "10000 positions at most",
		v1(`<f:Intersects><gml:LineString>` + many(10_001, "<gml:pos>1 2</gml:pos>") + `</gml:LineString></f:Intersects>`):                  "10000 positions at most",
		v1(`<f:Intersects><gml:LineString><gml:coordinates>` + many(10_001, "1,2 ") + `</gml:coordinates></gml:LineString></f:Intersects>`): "10000 positions at most",
	})
	if _, err := parse(v1(`<f:Intersects><gml:LineString><gml:posList>` + many(10_000, "1 2 ") + `</gml:posList></gml:LineString></f:Intersects>`)); err != nil {
		t.Error(err)
	}
	for _, document := range []string{`<f:Filter xmlns:f="http://www.opengis.net/ogc"><f:x>&lol;</f:x></f:Filter>`, `<f:Filter xmlns:f="http://www.opengis.net/ogc"><!ENTITY a "b"></f:Filter>`, `<f:Filter>`, `<Filter><a></b></Filter>`} {
		if got, err := parse(document); err == nil {
			t.Errorf("%s became %#v", document, got)
		}
	}
}

// A filter within a larger document has the prefixes that are declared around it.
func TestElementWithinARequest(t *testing.T) {
	var request struct {
		Filter *Element `xml:"Constraint>Filter"`
		After  string   `xml:"After"`
	}
	document := `<r xmlns:f="http://www.opengis.net/ogc"><Constraint><f:Filter><f:PropertyIsNull>` + title + `</f:PropertyIsNull></f:Filter></Constraint><After>x</After></r>`
	if err := xml.Unmarshal([]byte(document), &request); err != nil {
		t.Fatal(err)
	}
	got, err := Parse(request.Filter, catalogue{})
	if want := (filter.IsNull{Operand: filter.PropertyTitle}); err != nil || !reflect.DeepEqual(got, want) || request.After != "x" {
		t.Errorf("%#v, %v, %q", got, err, request.After)
	}
}

// A failure quotes no more of a filter than tells what is meant.
func TestFailuresAreShort(t *testing.T) {
	long := strings.Repeat("9x", 50_000)
	for _, text := range []string{
		v1(`<f:PropertyIsEqualTo matchAction="` + long + `">` + title + sea + `</f:PropertyIsEqualTo>`),
		v1(`<f:Within><f:PropertyName>` + long + `</f:PropertyName><gml:Point><gml:pos>1 2</gml:pos></gml:Point></f:Within>`),
		v1(`<f:Within><gml:Point><gml:pos>` + long + ` 2</gml:pos></gml:Point></f:Within>`),
		v1(`<f:Within><gml:Point srsName="` + long + `"><gml:pos>1 2</gml:pos></gml:Point></f:Within>`),
		v1(`<x xmlns="` + long + `"/>`),
		v2(`<f:After><f:Literal>` + long + `</f:Literal></f:After>`),
		v1(strings.Repeat(`<f:Not>`, 98) + `<f:x/>` + strings.Repeat(`</f:Not>`, 98)),
	} {
		if _, err := parse(text); err == nil || len(err.Error()) > 600 {
			t.Errorf("%.100s failed with %.200v", text, err)
		}
	}
}
