package literal

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/geo"
)

func at(text string) filter.Timestamp {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return filter.Timestamp{}
	}
	return filter.Timestamp{Time: t.UTC()}
}

func on(year int, month time.Month, day int) filter.Date {
	return filter.Date{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

func TestTime(t *testing.T) {
	for text, want := range map[string]filter.Operand{
		"2020-02-29":                   on(2020, 2, 29),
		"2020-02-29Z":                  on(2020, 2, 29),
		" 2020-02-29T12:00:00Z ":       at("2020-02-29T12:00:00Z"),
		"2020-02-29t12:00:00.123456z":  at("2020-02-29T12:00:00.123456Z"),
		"2020-02-29T12:00:00+02:00":    at("2020-02-29T10:00:00Z"),
		"2020-02-29T12:00:00":          at("2020-02-29T12:00:00Z"),
		"2020-02-29T12:00Z":            at("2020-02-29T12:00:00Z"),
		"2020-02":                      filter.Interval{Start: on(2020, 2, 1), End: on(2020, 2, 29)},
		"2019":                         filter.Interval{Start: on(2019, 1, 1), End: on(2019, 12, 31)},
		"2020-02-01/2020-02-01":        filter.Interval{Start: on(2020, 2, 1), End: on(2020, 2, 1)},
		"2020-02/2021":                 filter.Interval{Start: on(2020, 2, 1), End: on(2021, 12, 31)},
		"2020-02-01/..":                filter.Interval{Start: on(2020, 2, 1)},
		"/2020-02-01T00:00:00Z":        filter.Interval{End: at("2020-02-01T00:00:00Z")},
		"2020-02-01/2020-02-01T10:00Z": filter.Interval{Start: on(2020, 2, 1), End: at("2020-02-01T10:00:00Z")},
		"2020-02-28/P1Y2M3DT4H5M6.5S":  filter.Interval{Start: at("2020-02-28T00:00:00Z"), End: at("2021-05-01T04:05:06.5Z")},
		"p2w/2020-02-28T01:00:00Z":     filter.Interval{Start: at("2020-02-14T01:00:00Z"), End: at("2020-02-28T01:00:00Z")},
		"2006-11-30T01:30:00Z/PT36H":   filter.Interval{Start: at("2006-11-30T01:30:00Z"), End: at("2006-12-01T13:30:00Z")},
		"2020-02-01T10:00Z/2020-02-01": filter.Interval{Start: at("2020-02-01T10:00:00Z"), End: on(2020, 2, 1)},
		"2020-02-01 / 2020-03-01 ":     filter.Interval{Start: on(2020, 2, 1), End: on(2020, 3, 1)},
	} {
		if got, err := Time(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s became %#v, %v\n want %#v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"": "not a date", "today": "not a date", "2020-02-30": "not a date", "2020-2-3": "not a date", "20200203": "not a date", "0000-01-01": "not a date",
		"2020-02-01T25:00:00Z": "not a date", "2020-02-01Tx": "not a date", "/": "open at both ends", "../..": "open at both ends",
		"2020-02-02/2020-02-01": "ends before it begins", "2020-02-03T00:00:01Z/2020-02-02": "ends before it begins",
		"2020-02-02/2020-03-01/2020-04-01": "not a date", "2020/P": "no duration", "2020/PT": "no duration", "2020/P1DT": "no duration",
		"2020/P1S": "no duration", "2020/P9999Y": "no duration", "P1D/P1D": "not a date", "P1D/": "not a date", "P1D": "not a date",
		"2020/P99999999D": "no duration",
	} {
		if got, err := Time(text); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s became %#v, %v; want %s", text, got, err, want)
		}
	}
}

func TestRelation(t *testing.T) {
	span := filter.Interval{Start: on(2020, 1, 1), End: on(2020, 2, 1)}
	instant := at("2020-01-01T00:00:00Z")
	for _, c := range []struct {
		op                  filter.TemporalOp
		left, right         filter.Operand
		wantLeft, wantRight filter.Operand
	}{
		{filter.TDuring, filter.PropertyTime, span, filter.PropertyTime, span},
		{filter.TDuring, filter.PropertyModified, span, filter.Interval{Start: filter.PropertyModified, End: filter.PropertyModified}, span},
		{filter.TContains, filter.PropertyTime, instant, filter.PropertyTime, filter.Interval{Start: instant, End: instant}},
		{filter.TEquals, filter.PropertyModified, instant, filter.PropertyModified, instant},
		{filter.TMeets, filter.Function{Name: "f"}, span, filter.Function{Name: "f"}, span},
	} {
		want := filter.Temporal{Op: c.op, Left: c.wantLeft, Right: c.wantRight, MissingIsFalse: true}
		if got := Relation(c.op, c.left, c.right); !reflect.DeepEqual(got, want) {
			t.Errorf("%s became %#v\n want %#v", c.op, got, want)
		}
	}
}

func TestMetres(t *testing.T) {
	for unit, want := range map[string]float64{
		"m": 2, "Kilometers": 2000, "statute miles": 3218.688, "StatuteMile": 3218.688, "nautical miles": 3704, "NauticalMile": 3704, "feet": 0.6096,
		"urn:ogc:def:uom:EPSG::9001": 2, "http://www.opengis.net/def/uom/UCUM/0/km": 2000, "http://www.uomdict.com/uom.html#meters": 2, "[ft_i]": 0.6096,
	} {
		if got, err := Metres(2, unit); err != nil || math.Abs(got-want) > 1e-9 {
			t.Errorf("2 %s are %v m, %v", unit, got, err)
		}
	}
	if got, err := Metres(1e300, "km"); err != nil || got != maxMetres {
		t.Errorf("beyond the globe: %v, %v", got, err)
	}
	for _, c := range []struct {
		value      float64
		unit, want string
	}{{1, "", "has no unit"}, {1, "degree", `"degree" is not a unit`}, {-1, "m", "-1 is not a length"}, {math.NaN(), "m", "not a length"}, {math.Inf(1), "m", "not a length"}} {
		if got, err := Metres(c.value, c.unit); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v %s: %v, %v; want %s", c.value, c.unit, got, err, c.want)
		}
	}
}

// The form of a name decides on the order of coordinates.
func TestCRS(t *testing.T) {
	for _, c := range []struct {
		name   string
		xFirst bool
		want   geo.CRS
	}{
		{"EPSG:4326", true, geo.CRS84}, {"EPSG:4326", false, geo.WGS84}, {" epsg:4326 ", true, geo.CRS84},
		{"urn:ogc:def:crs:EPSG::4326", true, geo.WGS84}, {"urn:x-ogc:def:crs:EPSG:6.11:4326", true, geo.WGS84},
		{"http://www.opengis.net/def/crs/EPSG/0/4326", true, geo.WGS84}, {"http://www.opengis.net/gml/srs/epsg.xml#4326", false, geo.CRS84},
		{"urn:ogc:def:crs:OGC:1.3:CRS84", false, geo.CRS84}, {"EPSG:3857", true, geo.WebMercator}, {"EPSG:32633", true, 32633},
	} {
		if got, err := CRS(c.name, c.xFirst); err != nil || got != c.want {
			t.Errorf("%s is %v, %v; want %v", c.name, got, err, c.want)
		}
	}
	for _, name := range []string{"", "x", "EPSG:2154", "EPSG:0"} {
		if got, err := CRS(name, true); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q is %v, %v", name, got, err)
		}
	}
}

func TestBox(t *testing.T) {
	for _, c := range []struct {
		crs          geo.CRS
		lower, upper [2]float64
		want         orb.Geometry
	}{
		{geo.CRS84, [2]float64{1, 2}, [2]float64{3, 4}, filter.Box(1, 2, 3, 4)},
		{geo.WGS84, [2]float64{2, 1}, [2]float64{4, 3}, filter.Box(1, 2, 3, 4)},
		{geo.CRS84, [2]float64{179, 2}, [2]float64{-179, 4}, filter.Box(179, 2, -179, 4)},
		{geo.WebMercator, [2]float64{0, 0}, [2]float64{0, 0}, orb.Point{0, 0}},
	} {
		if got, err := Box(c.crs, c.lower, c.upper); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %v, %v", c, got, err)
		}
	}
	for _, c := range []struct {
		crs          geo.CRS
		lower, upper [2]float64
		want         string
	}{
		{geo.CRS84, [2]float64{1, 4}, [2]float64{3, 2}, "north of the upper"},
		{geo.CRS84, [2]float64{1, 4}, [2]float64{181, 5}, "not on the globe"},
		{2154, [2]float64{1, 2}, [2]float64{3, 4}, "coordinates in EPSG:2154 are not read"},
		{32633, [2]float64{500000, 0}, [2]float64{400000, 1}, "beyond the upper"},
		{32633, [2]float64{-1e9, 0}, [2]float64{1e9, 1e9}, "not on the globe"},
	} {
		if got, err := Box(c.crs, c.lower, c.upper); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, %v", c, got, err)
		}
	}
}

// A rectangle of a UTM zone keeps its bent sides: its corners and the middles of its sides lie on the outline.
func TestBoxOfUTM(t *testing.T) {
	g, err := Box(32633, [2]float64{600000, 5300000}, [2]float64{700000, 5400000})
	if err != nil {
		t.Fatal(err)
	}
	ring := g.(orb.Polygon)[0]
	for _, xy := range [][2]float64{{600000, 5300000}, {650000, 5300000}, {700000, 5400000}, {600000, 5350000}} {
		want, found := Point(32633, xy[0], xy[1]), false
		for _, p := range ring {
			found = found || math.Hypot(p[0]-want[0], p[1]-want[1]) < 1e-9
		}
		if !found {
			t.Errorf("%v is not on the outline", xy)
		}
	}
	if len(ring) != 4*sidePoints+1 || ring[0] != ring[len(ring)-1] {
		t.Errorf("the outline has %d positions", len(ring))
	}
}

func TestGeometry(t *testing.T) {
	p, _ := geo.Plain(32633)
	x, y := p.Forward(16, 48)
	got := Geometry(32633, orb.LineString{{x, y}, {x, y}}).(orb.LineString)
	if math.Hypot(got[1][0]-16, got[1][1]-48) > 1e-9 {
		t.Errorf("%v", got)
	}
	if got := Geometry(geo.WGS84, orb.Point{16, 48}); got != (orb.Point{16, 48}) {
		t.Errorf("%v", got)
	}
}
