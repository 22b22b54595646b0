package fes

import (
	"math"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/geo"
)

// within puts a geometry into a filter; ns is the namespace of its GML.
func within(ns, geometry string) string {
	return `<f:Filter xmlns:f="http://www.opengis.net/ogc" xmlns="` + ns + `"><f:Intersects>` + geometry + `</f:Intersects></f:Filter>`
}

func TestGeometries(t *testing.T) {
	const ring = `<LinearRing><posList>0 0 0 1 1 1 0 0</posList></LinearRing>`
	square := orb.Polygon{{{0, 0}, {1, 0}, {1, 1}, {0, 0}}}
	line := orb.LineString{{2, 1}, {4, 3}}
	box := filter.Box(13.9, 37, 15.1, 37.9)
	cases := map[string]filter.Expr{}
	for geometry, want := range map[string]orb.Geometry{
		// GML 2
		`<Point><coordinates>1,2</coordinates></Point>`:                                                                                       orb.Point{1, 2},
		`<Point><coord><X>1</X><Y>2</Y><Z>3</Z></coord></Point>`:                                                                              orb.Point{1, 2},
		`<LineString><coordinates>2,1 4,3</coordinates></LineString>`:                                                                         line,
		`<LineString><coordinates> 2 , 1,9` + "\n\t" + `4, 3,9 </coordinates></LineString>`:                                                   line,
		`<LineString><coordinates decimal="," cs=";" ts="|">2,0;1|4;3</coordinates></LineString>`:                                             line,
		`<LineString><coordinates cs=" " ts=",">2 1,4 3</coordinates></LineString>`:                                                           line,
		`<LineString><coord><X>2</X><Y>1</Y></coord><coord><X>4</X><Y>3</Y></coord></LineString>`:                                             line,
		`<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 1,0 1,1 0,0</coordinates></LinearRing></outerBoundaryIs></Polygon>`:           square,
		`<Box><coordinates>13.9,37 15.1,37.9</coordinates></Box>`:                                                                             box,
		`<Box><coord><X>13.9</X><Y>37</Y></coord><coord><X>15.1</X><Y>37.9</Y></coord></Box>`:                                                 box,
		`<MultiLineString><lineStringMember><LineString><coordinates>2,1 4,3</coordinates></LineString></lineStringMember></MultiLineString>`: orb.MultiLineString{line},
		`<MultiPolygon><polygonMember><Polygon><exterior>` + ring + `</exterior></Polygon></polygonMember></MultiPolygon>`:                    orb.MultiPolygon{square},
		// GML 3
		`<Point><name>x</name><pos>2 1 100</pos></Point>`:                                                                                                                                                                                                       orb.Point{1, 2},
		`<LineString><posList>1 2 3 4</posList></LineString>`:                                                                                                                                                                                                   line,
		`<LineString srsDimension="3"><posList>1 2 9 3 4 9</posList></LineString>`:                                                                                                                                                                              line,
		`<LineString><posList dimension="3">1 2 9 3 4 9</posList></LineString>`:                                                                                                                                                                                 line,
		`<LineString><pos>1 2</pos><pointProperty><Point><pos>3 4</pos></Point></pointProperty></LineString>`:                                                                                                                                                   line,
		`<Curve><segments><LineStringSegment><posList>1 2 3 4</posList></LineStringSegment><LineStringSegment><posList>3 4 5 6</posList></LineStringSegment></segments></Curve>`:                                                                                orb.LineString{{2, 1}, {4, 3}, {6, 5}},
		`<CompositeCurve><curveMember><LineString><posList>1 2 3 4</posList></LineString></curveMember><curveMember><LineString><posList>3 4 5 6</posList></LineString></curveMember></CompositeCurve>`:                                                         orb.LineString{{2, 1}, {4, 3}, {6, 5}},
		`<Polygon><exterior>` + ring + `</exterior><interior>` + ring + `</interior></Polygon>`:                                                                                                                                                                 orb.Polygon{square[0], square[0]},
		`<Polygon><exterior><Ring><curveMember><LineString><posList>0 0 0 1 1 1</posList></LineString></curveMember><curveMember><LineString><posList>1 1 0 0</posList></LineString></curveMember></Ring></exterior></Polygon>`:                                 square,
		`<Surface><patches><PolygonPatch><exterior>` + ring + `</exterior></PolygonPatch></patches></Surface>`:                                                                                                                                                  orb.MultiPolygon{square},
		`<MultiPoint><pointMember><Point><pos>2 1</pos></Point></pointMember><pointMembers><Point><pos>4 3</pos></Point></pointMembers></MultiPoint>`:                                                                                                           orb.MultiPoint{{1, 2}, {3, 4}},
		`<MultiCurve><curveMembers><LineString><posList>1 2 3 4</posList></LineString></curveMembers></MultiCurve>`:                                                                                                                                             orb.MultiLineString{line},
		`<MultiSurface><surfaceMember><Surface><patches><PolygonPatch><exterior>` + ring + `</exterior></PolygonPatch></patches></Surface></surfaceMember><surfaceMembers><Polygon><exterior>` + ring + `</exterior></Polygon></surfaceMembers></MultiSurface>`: orb.MultiPolygon{square, square},
		`<MultiGeometry><geometryMember><Point><pos>2 1</pos></Point></geometryMember><geometryMembers><LineString><posList>1 2 3 4</posList></LineString></geometryMembers></MultiGeometry>`:                                                                   orb.Collection{orb.Point{1, 2}, line},
		`<Envelope><lowerCorner>37 13.9</lowerCorner><upperCorner>37.9 15.1</upperCorner></Envelope>`:                                                                                                                                                           box,
		`<Envelope><pos>37 13.9</pos><pos>37.9 15.1</pos></Envelope>`:                                                                                                                                                                                           box,
		`<Envelope><lowerCorner>37 179</lowerCorner><upperCorner>38 -179</upperCorner></Envelope>`:                                                                                                                                                              filter.Box(179, 37, -179, 38),
	} {
		cases[within(nsGML, geometry)] = spatialOf(filter.SIntersects, want)
		cases[within(nsGML32, geometry)] = spatialOf(filter.SIntersects, want)
	}
	check(t, cases)
}

// The order of coordinates is that of the name of their reference system, and of GML where the name does not say.
func TestAxes(t *testing.T) {
	cases := map[string]filter.Expr{}
	for srsName, latitudeFirst := range map[string][2]bool{ // in GML 2, in GML 3
		``: {false, true}, `EPSG:4326`: {false, true}, `urn:ogc:def:crs:EPSG::4326`: {true, true}, `urn:x-ogc:def:crs:EPSG:6.11:4326`: {true, true},
		`http://www.opengis.net/def/crs/EPSG/0/4326`: {true, true}, `http://www.opengis.net/gml/srs/epsg.xml#4326`: {false, false},
		`urn:ogc:def:crs:OGC:1.3:CRS84`: {false, false}, `CRS:84`: {false, false}, `http://www.opengis.net/def/crs/OGC/1.3/CRS84`: {false, false},
	} {
		attribute := ` srsName="` + srsName + `"`
		if srsName == "" {
			attribute = ""
		}
		for i, position := range []string{`<coordinates>1,2</coordinates>`, `<pos>1 2</pos>`} {
			want := orb.Point{1, 2}
			if latitudeFirst[i] {
				want = orb.Point{2, 1}
			}
			cases[within(nsGML, `<Point`+attribute+`>`+position+`</Point>`)] = spatialOf(filter.SIntersects, want)
			cases[within(nsGML, `<MultiPoint`+attribute+`><pointMember><Point>`+position+`</Point></pointMember></MultiPoint>`)] = spatialOf(filter.SIntersects, orb.MultiPoint{want})
		}
	}
	cases[within(nsGML, `<Point srsName="EPSG:3857"><pos srsName="CRS:84">1 2</pos></Point>`)] = spatialOf(filter.SIntersects, orb.Point{1, 2})
	check(t, cases)
}

func TestReprojection(t *testing.T) {
	utm, _ := geo.Plain(32633)
	for geometry, want := range map[string]orb.Bound{
		`<Point srsName="urn:ogc:def:crs:EPSG::3857"><pos>1669792.3618991 6106854.8348850</pos></Point>`:                                    {Min: orb.Point{15, 48}, Max: orb.Point{15, 48}},
		`<Point srsName="EPSG:32633"><pos>500000 5316300.2244514</pos></Point>`:                                                             {Min: orb.Point{15, 48}, Max: orb.Point{15, 48}},
		`<Envelope srsName="EPSG:3857"><lowerCorner>0 0</lowerCorner><upperCorner>1669792.3618991 6106854.8348850</upperCorner></Envelope>`: {Max: orb.Point{15, 48}},
	} {
		e, err := parse(within(nsGML32, geometry))
		if err != nil {
			t.Errorf("%s: %v", geometry, err)
			continue
		}
		got := e.(filter.Spatial).Right.(filter.Geometry).Geometry.Bound()
		if math.Abs(got.Min[0]-want.Min[0])+math.Abs(got.Min[1]-want.Min[1])+math.Abs(got.Max[0]-want.Max[0])+math.Abs(got.Max[1]-want.Max[1]) > 1e-8 {
			t.Errorf("%s became %v, want %v", geometry, got, want)
		}
	}
	e, err := parse(within(nsGML32, `<Envelope srsName="EPSG:32633"><lowerCorner>600000 5300000</lowerCorner><upperCorner>700000 5400000</upperCorner></Envelope>`))
	if err != nil {
		t.Fatal(err)
	}
	lon, lat := utm.Inverse(700000, 5300000)
	if got := e.(filter.Spatial).Right.(filter.Geometry).Geometry.Bound(); math.Abs(got.Max[0]-lon) > 0.1 || got.Min[1] > lat {
		t.Errorf("the box of a UTM zone became %v", got)
	}
}

func TestGeometryFailures(t *testing.T) {
	const ring = `<LinearRing><posList>0 0 0 1 1 1 0 0</posList></LinearRing>`
	cases := map[string]string{}
	for geometry, want := range map[string]string{
		`<Arc/>`:   "the geometry Arc is not read",
		`<Point/>`: "a Point has one position, not 0",
		`<Point><pos>1 2</pos><pos>1 2</pos></Point>`:                                   "a Point has one position, not 2",
		`<Point><pos>1</pos></Point>`:                                                   "Filter/Intersects/Point/pos: a position has two or three coordinates, not 1",
		`<Point><pos>1 2 3 4</pos></Point>`:                                             "a position has two or three coordinates",
		`<Point><pos>x 2</pos></Point>`:                                                 `"x" is not a coordinate`,
		`<Point><pos>NaN 2</pos></Point>`:                                               `"NaN" is not a coordinate`,
		`<Point><pos>0x1 2</pos></Point>`:                                               `"0x1" is not a coordinate`,
		`<Point><pos>1e999 2</pos></Point>`:                                             `"1e999" is not a coordinate`,
		`<Point><pos>91 2</pos></Point>`:                                                "Filter/Intersects/Point: the position 2 91 is not on the globe",
		`<Point srsName="EPSG:3857"><pos>3e8 2</pos></Point>`:                           "is not on the globe",
		`<Point srsName="EPSG:2154"><pos>1 2</pos></Point>`:                             "Filter/Intersects/Point/pos: coordinates in EPSG:2154 are not read",
		`<Point srsName="nonsense"><pos>1 2</pos></Point>`:                              `"nonsense" is not a coordinate reference system`,
		`<Point><frob/></Point>`:                                                        "frob is not read within Point",
		`<Point><f:pos>1 2</f:pos></Point>`:                                             "pos is not an element of GML",
		`<LineString><posList>1 2</posList></LineString>`:                               "a line has two positions at least, not 1",
		`<LineString><posList>1 2 3</posList></LineString>`:                             "ends within a position of 2",
		`<LineString><posList srsDimension="4">1 2 3 4</posList></LineString>`:          `positions of "4" coordinates`,
		`<LineString><pointProperty/></LineString>`:                                     "pointProperty holds a Point",
		`<LineString><coordinates>1,2 3</coordinates></LineString>`:                     "not 1",
		`<LineString><coordinates cs="." >1,2 3</coordinates></LineString>`:             "signs that part coordinates are the same",
		`<Curve><segments><Arc><posList>1 2 3 4 5 6</posList></Arc></segments></Curve>`: "Arc is not read here, where there is LineStringSegment",
		`<Curve><segments><LineStringSegment><posList>1 2 3 4</posList></LineStringSegment><LineStringSegment><posList>3 5 5 6</posList></LineStringSegment></segments></Curve>`: "LineStringSegment[2]: the line does not begin where",
		`<Curve/>`:   "Curve is empty",
		`<Polygon/>`: "Polygon has no exterior",
		`<Polygon><interior>` + ring + `</interior></Polygon>`:                                                "one exterior and then interiors",
		`<Polygon><exterior>` + ring + ring + `</exterior></Polygon>`:                                         "of one ring each",
		`<Polygon><exterior><LinearRing><posList>0 0 0 1 1 1</posList></LinearRing></exterior></Polygon>`:     "a ring has four positions at least",
		`<Polygon><exterior><LinearRing><posList>0 0 0 1 1 1 1 0</posList></LinearRing></exterior></Polygon>`: "the last of which is the first",
		`<Polygon><exterior><Point/></exterior></Polygon>`:                                                    "Point is not read here, where there is LinearRing or Ring",
		`<Surface><patches><Cone/></patches></Surface>`:                                                       "Cone is not read here, where there is PolygonPatch, Triangle or Rectangle",
		`<MultiPoint/>`: "MultiPoint is empty",
		`<MultiPoint><pointMember/></MultiPoint>`:                                                                                                       "references elsewhere are not followed",
		`<MultiPoint><pointMember><LineString/></pointMember></MultiPoint>`:                                                                             "LineString is not read here, where there is Point",
		`<MultiGeometry><geometryMember><Sphere/></geometryMember></MultiGeometry>`:                                                                     "the geometry Sphere is not read",
		`<Envelope><lowerCorner>1 2</lowerCorner></Envelope>`:                                                                                           "Envelope has two corners, not 1",
		`<Envelope><lowerCorner>38 2</lowerCorner><upperCorner>37 3</upperCorner></Envelope>`:                                                           "north of the upper",
		strings.Repeat(`<MultiGeometry><geometryMember>`, 5) + `<Point><pos>2 1</pos></Point>` + strings.Repeat(`</geometryMember></MultiGeometry>`, 5): "nested more than 4 deep",
	} {
		cases[within(nsGML, geometry)] = want
	}
	checkFailures(t, cases)
}
