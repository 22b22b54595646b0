package filter

import (
	"encoding/xml"
	"reflect"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
)

// plain are the names of a protocol that has none of its own but AnyText.
type plain struct{}

func (plain) Property(name string) (Property, bool, error) {
	_, local, found := strings.Cut(name, ":")
	if !found {
		local = name
	}
	if local == "nonsense" {
		return "", false, fault.At(fault.Invalid, local, "there is no queryable %s", local)
	}
	if local == "BoundingBox" || local == "geom" || local == "place" {
		return PropertyGeometry, false, nil
	}
	return Property(local), strings.EqualFold(local, "AnyText"), nil
}

func (plain) Value(_ Property, value string) string { return value }

var box1 = Intersects(Box(13.9, 37, 15.1, 37.9))

// Every box is a valid geometry, however little of it there is.
func TestBox(t *testing.T) {
	for _, c := range []struct {
		box  [4]float64
		want orb.Geometry
	}{
		{[4]float64{1, 2, 3, 4}, orb.Polygon{{{1, 2}, {3, 2}, {3, 4}, {1, 4}, {1, 2}}}},
		{[4]float64{1, 2, 1, 2}, orb.Point{1, 2}},
		{[4]float64{1, 2, 1, 4}, orb.LineString{{1, 2}, {1, 4}}},
		{[4]float64{1, 2, 3, 2}, orb.LineString{{1, 2}, {3, 2}}},
		{[4]float64{179, 0, -179, 1}, orb.MultiPolygon{{{{179, 0}, {180, 0}, {180, 1}, {179, 1}, {179, 0}}}, {{{-180, 0}, {-179, 0}, {-179, 1}, {-180, 1}, {-180, 0}}}}},
		{[4]float64{179, 0, -179, 0}, orb.MultiLineString{{{179, 0}, {180, 0}}, {{-180, 0}, {-179, 0}}}},
		{[4]float64{180, 0, -179, 1}, orb.Polygon{{{-180, 0}, {-179, 0}, {-179, 1}, {-180, 1}, {-180, 0}}}},
		{[4]float64{179, 0, -180, 1}, orb.Polygon{{{179, 0}, {180, 0}, {180, 1}, {179, 1}, {179, 0}}}},
		{[4]float64{180, 0, -180, 1}, orb.LineString{{-180, 0}, {-180, 1}}}, // the date line itself
	} {
		if got := Box(c.box[0], c.box[1], c.box[2], c.box[3]); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v is %#v, want %#v", c.box, got, c.want)
		}
	}
}

func TestCQL(t *testing.T) {
	for in, want := range map[string]Expr{
		`title = 'a'`:                                                    Compare{Equal, Property("title"), Untyped{Text: "a"}},
		`"dc:title"<>'it''s'`:                                            Compare{NotEqual, Property("title"), Untyped{Text: "it's"}},
		`apiso:CloudCover <= 20.5`:                                       Compare{LessOrEqual, Property("CloudCover"), Number(20.5)},
		`csw:AnyText LIKE '%sea%'`:                                       AnyText{Pattern: "%sea%"},
		`AnyText = 'sea ice'`:                                            AnyText{Words: "sea ice"},
		`title not like 'S2%'`:                                           Not{Like{Property("title"), Text("S2%")}},
		`title ILIKE 'S2%'`:                                              Like{Property("title"), CaseI{Text("S2%")}},
		`a between 1 and 2 AND b IS NOT NULL`:                            And{Between{Property("a"), Number(1), Number(2)}, Not{IsNull{Property("b")}}},
		`a IN ('x', 'y') or not (b = 1 and c=-2)`:                        Or{In{Property("a"), []Operand{Untyped{Text: "x"}, Untyped{Text: "y"}}}, Not{And{Compare{Equal, Property("b"), Number(1.0)}, Compare{Equal, Property("c"), Number(-2.0)}}}},
		`BBOX(ows:BoundingBox, 13.9, 37, 15.1, 37.9)`:                    box1,
		`not csw:AnyText like '%sea%'`:                                   Not{AnyText{Pattern: "%sea%"}},
		`csw:AnyText NOT LIKE '%sea%'`:                                   Not{AnyText{Pattern: "%sea%"}},
		`csw:AnyText <> 'sea ice'`:                                       Not{AnyText{Words: "sea ice"}},
		`BBOX(geom, 37, 13.9, 37.9, 15.1, 'urn:ogc:def:crs:EPSG::4326')`: box1,
		`BBOX("geom", 13.9, 37, 15.1, 37.9, 'CRS:84')`:                   box1,
		`INTERSECTS(ows:BoundingBox, ENVELOPE(13.9,15.1,37.9,37))`:       box1,
		`INTERSECTS(ows:BoundingBox, envelope(13.9,15.1,37,37.9))`:       box1,
		`INTERSECTS(ows:BoundingBox, POINT(1 2))`:                        Intersects(orb.Point{1, 2}),
	} {
		got, err := CQL(in, plain{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n became %#v, %v\n want   %#v", in, got, err, want)
		}
	}
}

func TestCQLFailuresSayWhere(t *testing.T) {
	for in, want := range map[string]string{
		`title =`:                        "at character 8: found the end where a value",
		`title = 'a`:                     "at character 9: the quote does not end",
		`title 'a'`:                      `at character 7: found "a" where a comparison`,
		`(title = 'a'`:                   "where ) was expected",
		`title = 'a' bid`:                `at character 13: found "bid"`,
		`nonsense = 1`:                   "there is no queryable",
		`BBOX(geom, 1, 2, 3)`:            "at character 19: found \")\" where , was expected",
		`BBOX(geom 1, 2, 3, 4)`:          "where , was expected",
		`BBOX(geom, 1, 2, 3, 4`:          "where ) was expected",
		`BBOX(1, 2, 3, 4)`:               "where a property was expected",
		`BBOX(title,1,2,3,4)`:            "is not a place",
		`BBOX(geom, 1, 4, 3, 2)`:         "north of the upper",
		`BBOX(geom,1,2,3,4,5)`:           "where a reference system in quotes",
		`BBOX(geom,1,2,3,4,'x')`:         "not a coordinate reference system",
		`BBOX(geom,1,2,3,4,'EPSG:2154')`: "are not read",
		`INTERSECTS(geom,CIRCLE(1 2))`:   "the geometry CIRCLE is not read",
		`INTERSECTS(geom, POINT(1,2))`:   "where a number was expected",
		`WITHIN(a,POINT(1 2))`:           "WITHIN is not offered",
		`a = 1-2`:                        `at character 5: found "1-2" where a number`,
		"a = \u07c0":                     "has no meaning here", // a digit of another script
		`a = 1e999`:                      "where a number",
		`a IN (1, .)`:                    "where a number",
		`AnyText IS NULL`:                "by which all text is searched",
		`AnyText > 'a'`:                  "by which all text is searched",
		`AnyText IN ('a')`:               "by which all text is searched",
		`AnyText = 5`:                    "where words in quotes",
		`title = 'a' ; drop`:             `";" has no meaning here`,
		``:                               "where a property was expected",
		strings.Repeat("(", 99):          "nested deeper",
	} {
		_, err := CQL(in, plain{})
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n failed with %v\n want %s", in, err, want)
		}
	}
}

func FuzzCQL(f *testing.F) {
	f.Add(`a between 1 and 2 AND (b IS NOT NULL or BBOX(geom,1,2,3,4)) and d ILIKE '%x''%'`)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := CQL(text, plain{})
		checkParsed(t, e, err)
	})
}

// checkParsed tells a refusal that says why from a condition that can be decided; there is nothing else.
func checkParsed(t *testing.T, e Expr, err error) {
	if err == nil {
		_, err = NewCompiler(named()).Compile(e)
	}
	if err != nil && (fault.KindOf(err) != fault.Invalid || err.Error() == "") {
		t.Errorf("refused by %v, which is %s", err, fault.KindOf(err))
	}
	if Holds(e, sample()) && Holds(Not{e}, sample()) {
		t.Errorf("%#v holds, and so does its contrary", e)
	}
}

func parseFES(text string) (Expr, error) {
	var e Element
	if err := xml.Unmarshal([]byte(text), &e); err != nil {
		return nil, err
	}
	return FES(&e, plain{})
}

func wrap(inner string) string {
	return `<f:Filter xmlns:f="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml">` + inner + `</f:Filter>`
}

func TestFES(t *testing.T) {
	for in, want := range map[string]Expr{
		``: nil,
		`<f:PropertyIsEqualTo><f:PropertyName>dc:title</f:PropertyName><f:Literal> a </f:Literal></f:PropertyIsEqualTo>`:                                                                                      Compare{Equal, Property("title"), Untyped{Text: "a"}},
		`<f:PropertyIsEqualTo matchCase="false"><f:PropertyName>title</f:PropertyName><f:Literal>A</f:Literal></f:PropertyIsEqualTo>`:                                                                         Compare{Equal, Property("title"), Untyped{"A", true}},
		`<f:PropertyIsLike wildCard="*" singleChar="?" escapeChar="!"><f:PropertyName>csw:AnyText</f:PropertyName><f:Literal>*100%!*?_</f:Literal></f:PropertyIsLike>`:                                        AnyText{Pattern: `%100\%*_\_`},
		`<f:PropertyIsNull><f:PropertyName>a</f:PropertyName></f:PropertyIsNull>`:                                                                                                                             IsNull{Property("a")},
		`<f:PropertyIsBetween><f:PropertyName>a</f:PropertyName><f:LowerBoundary><f:Literal>1</f:Literal></f:LowerBoundary><f:UpperBoundary><f:Literal>2</f:Literal></f:UpperBoundary></f:PropertyIsBetween>`: Between{Property("a"), Untyped{Text: "1"}, Untyped{Text: "2"}},
		`<f:BBOX><f:PropertyName>ows:BoundingBox</f:PropertyName><gml:Envelope><gml:lowerCorner>37 13.9</gml:lowerCorner><gml:upperCorner>37.9 15.1</gml:upperCorner></gml:Envelope></f:BBOX>`:                box1,
		`<f:BBOX><gml:Envelope srsName="urn:ogc:def:crs:EPSG::4326"><gml:lowerCorner>37 13.9</gml:lowerCorner><gml:upperCorner>37.9 15.1</gml:upperCorner></gml:Envelope></f:BBOX>`:                           box1,
		`<f:BBOX><gml:Envelope srsName="urn:ogc:def:crs:OGC:1.3:CRS84"><gml:lowerCorner>13.9 37</gml:lowerCorner><gml:upperCorner>15.1 37.9</gml:upperCorner></gml:Envelope></f:BBOX>`:                        box1,
		`<f:BBOX><gml:Box srsName="CRS:84"><gml:coordinates>13.9,37 15.1,37.9</gml:coordinates></gml:Box></f:BBOX>`:                                                                                           box1,
		`<f:Intersects><f:PropertyName>geom</f:PropertyName><gml:Point><gml:pos>2 1</gml:pos></gml:Point></f:Intersects>`:                                                                                     Intersects(orb.Point{1, 2}),
		`<f:Intersects><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0 0 0 1 1 1 0 0</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></f:Intersects>`:                                    Intersects(orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}),
		`<f:And><f:PropertyIsNull><f:PropertyName>a</f:PropertyName></f:PropertyIsNull><f:Not><f:PropertyIsNull><f:PropertyName>b</f:PropertyName></f:PropertyIsNull></f:Not></f:And>`:                        And{IsNull{Property("a")}, Not{IsNull{Property("b")}}},
		`<f:PropertyIsNotEqualTo><f:PropertyName>csw:AnyText</f:PropertyName><f:Literal>sea</f:Literal></f:PropertyIsNotEqualTo>`:                                                                             Not{AnyText{Words: "sea"}},
		`<f:FeatureId fid="x"/><f:FeatureId fid="y"/>`: In{PropertyID, []Operand{Text("x"), Text("y")}},
	} {
		got, err := parseFES(wrap(in))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n became %#v, %v\n want   %#v", in, got, err, want)
		}
	}
}

func TestFESFailures(t *testing.T) {
	for in, want := range map[string]string{
		`<f:DWithin/>`:           "DWithin is not offered",
		`<f:PropertyIsEqualTo/>`: "names no property",
		`<f:And/>`:               "holds no condition",
		`<f:FeatureId fid="x"/><f:PropertyIsNull/>`:                                                                                                                    "not PropertyIsNull beside identifiers",
		`<f:PropertyIsNull/><f:FeatureId fid="x"/>`:                                                                                                                    "holds one condition",
		`<f:PropertyIsNull><f:PropertyName>AnyText</f:PropertyName></f:PropertyIsNull>`:                                                                                "says nothing of all text",
		`<f:PropertyIsLessThan><f:PropertyName>AnyText</f:PropertyName><f:Literal>a</f:Literal></f:PropertyIsLessThan>`:                                                "says nothing of all text",
		`<f:PropertyIsBetween><f:PropertyName>AnyText</f:PropertyName></f:PropertyIsBetween>`:                                                                          "says nothing of all text",
		`<f:BBOX><f:PropertyName>title</f:PropertyName><gml:Box><gml:coordinates>1,2 3,4</gml:coordinates></gml:Box></f:BBOX>`:                                         "is not a place",
		`<f:BBOX><gml:Envelope srsName="EPSG:99"><gml:lowerCorner>1 2</gml:lowerCorner></gml:Envelope></f:BBOX>`:                                                       "are not read",
		`<f:BBOX><gml:Envelope><gml:lowerCorner>38 2</gml:lowerCorner><gml:upperCorner>37 3</gml:upperCorner></gml:Envelope></f:BBOX>`:                                 "north of the upper",
		`<f:BBOX><gml:Envelope><gml:lowerCorner>x 2</gml:lowerCorner><gml:upperCorner>37 3</gml:upperCorner></gml:Envelope></f:BBOX>`:                                  `"x" is not a coordinate`,
		`<f:Intersects><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0 0 0 1 1 1</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></f:Intersects>`: "at least four positions",
		strings.Repeat("<f:Not>", 99) + strings.Repeat("</f:Not>", 99):                                                                                                 "nested deeper",
	} {
		_, err := parseFES(wrap(in))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n failed with %v\n want %s", in, err, want)
		}
	}
}

func FuzzFES(f *testing.F) {
	f.Add(wrap(`<f:And><f:PropertyIsNull><f:PropertyName>a</f:PropertyName></f:PropertyIsNull><f:BBOX><gml:Box><gml:coordinates>1,2 3,4</gml:coordinates></gml:Box></f:BBOX></f:And>`))
	f.Fuzz(func(t *testing.T, text string) {
		var e Element
		if err := xml.Unmarshal([]byte(text), &e); err != nil {
			return
		}
		condition, err := FES(&e, plain{})
		checkParsed(t, condition, err)
	})
}
