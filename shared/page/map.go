package page

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"
)

// Shape is something on a map: where it is in longitude and latitude, its name, and the address of its page.
type Shape struct {
	Geometry   orb.Geometry
	Name, Href string
}

// Map shows where things are, over land, borders and a graticule: a picture in the page itself, which loads nothing. Its
// projection is plate carrée, true to scale in its middle.
type Map struct {
	Label  string // what the map shows, for who does not see it
	Shapes []Shape
	View   orb.Bound              // the part of the world that is shown at least; zero: that of the shapes
	At     func(orb.Bound) string // address of the page for another part of the world; nil: there is none
	Small  bool                   // it stands beside something
}

// The sizes of a map, in units of which a wide page shows one as a pixel.
var (
	large = orb.Point{960, 420}
	small = orb.Point{480, 330}
)

const (
	minSpan  = 4.0 // degrees of longitude at the equator that a map shows at least: land has no finer shapes
	smallest = 5.0 // units below which a shape is marked, because nobody would see it
	closeBy  = 4   // tenths of a unit within which points are one
)

// Node draws the map.
func (m Map) Node() Node {
	c := m.canvas()
	class := "map"
	if m.Small {
		class += " small"
	}
	return html.Figure(html.Class(class),
		g.El("svg", g.Attr("viewBox", "0 0 "+unit(c.size[0])+" "+unit(c.size[1])), g.Attr("role", "img"), html.Aria("label", m.Label),
			c.ground(), c.graticule(), g.Map(m.Shapes, c.shape), c.locator()),
		m.ways(c),
	)
}

// canvas says where places are on a map.
type canvas struct {
	size  orb.Point // in units
	view  orb.Bound // in degrees; west may be below -180 and east above 180, but not both
	scale orb.Point // units per degree
}

// canvas fits a part of the world into the map: with a margin around shapes, and room where it is too flat or too
// narrow.
func (m Map) canvas() canvas {
	view := m.View
	if view == (orb.Bound{}) {
		view = around(m.Shapes)
		view = view.Pad(max(view.Max[0]-view.Min[0], view.Max[1]-view.Min[1]) * 0.1)
	}
	if m.Small {
		return fit(view, small)
	}
	return fit(view, large)
}

func fit(view orb.Bound, size orb.Point) canvas {
	ratio := size[0] / size[1]
	middle := view.Center()
	narrow := math.Cos(middle[1] * math.Pi / 180)
	if view.Max[1]-view.Min[1] > 60 { // true to scale somewhere is of no use to a world
		narrow = 1
	}
	narrow = max(narrow, 0.2)
	high := max(view.Max[1]-view.Min[1], (view.Max[0]-view.Min[0])*narrow/ratio, minSpan/ratio)
	high = min(high, 180)
	wide := max(high/narrow*ratio, view.Max[0]-view.Min[0]) // a world is squeezed where there is no room for it
	if wide > 360 {
		wide = 360
	}
	south := min(max(middle[1]-high/2, -90), 90-high)
	west := middle[0] - wide/2
	if wide == 360 {
		west = max(-180, min(west, 0))
	}
	return canvas{
		size:  size,
		view:  orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + wide, south + high}},
		scale: orb.Point{size[0] / wide, size[1] / high},
	}
}

// Around is the smallest part of the world that has a geometry. East of one across 180 degrees is beyond that.
func Around(geometry orb.Geometry) orb.Bound { return around([]Shape{{Geometry: geometry}}) }

// around is the smallest part of the world that has all shapes: their bounds, across 180 degrees where the gap between
// them is elsewhere. Without shapes it is the world.
func around(shapes []Shape) orb.Bound {
	type span struct{ west, east float64 }
	var spans []span
	south, north := 90.0, -90.0
	for _, s := range shapes {
		for _, part := range parts(s.Geometry) {
			b := part.Bound()
			spans = append(spans, span{b.Min[0], b.Max[0]})
			south, north = min(south, b.Min[1]), max(north, b.Max[1])
		}
	}
	if len(spans) == 0 {
		return orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	}
	slices.SortFunc(spans, func(a, b span) int { return int(math.Copysign(1, a.west-b.west)) })
	west, east, reach := spans[0].west, spans[0].east, spans[0].east
	for _, s := range spans {
		east = max(east, s.east)
	}
	gap := west + 360 - east
	for _, s := range spans[1:] {
		if s.west-reach > gap {
			gap, west, east = s.west-reach, s.west, reach+360
		}
		reach = max(reach, s.east)
	}
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
}

// parts are the simple geometries of a geometry. What has no place has none.
func parts(of orb.Geometry) []orb.Geometry {
	var all []orb.Geometry
	switch v := of.(type) {
	case nil:
	case orb.Collection:
		for _, one := range v {
			all = append(all, parts(one)...)
		}
	case orb.MultiPolygon:
		for _, one := range v {
			all = append(all, parts(one)...)
		}
	case orb.MultiLineString:
		for _, one := range v {
			all = append(all, parts(one)...)
		}
	case orb.MultiPoint:
		for _, one := range v {
			all = append(all, parts(one)...)
		}
	default:
		if b := v.Bound(); !b.IsEmpty() && finite(b) {
			all = append(all, v)
		}
	}
	return all
}

func finite(b orb.Bound) bool {
	return b.Min[0] >= -540 && b.Max[0] <= 540 && b.Min[1] >= -90 && b.Max[1] <= 90
}

// at is where a place is on the map, in units.
func (c canvas) at(p orb.Point) orb.Point {
	return orb.Point{(p[0] - c.view.Min[0]) * c.scale[0], (c.view.Max[1] - p[1]) * c.scale[1]}
}

// tolerance is half a unit in degrees.
func (c canvas) tolerance() float64 { return 0.5 / max(c.scale[0], c.scale[1]) }

func (c canvas) ground() Node {
	e := readEarth()
	edge := c.view.Pad(4 * c.tolerance()) // outlines that are cut show no line at the border
	return g.Group{
		path("land", c.trace(within(e.land, edge, c.tolerance(), true), true)),
		path("border", c.trace(within(e.borders, edge, c.tolerance(), false), false)),
	}
}

func path(class, d string) Node {
	if d == "" {
		return nil
	}
	return g.El("path", html.Class(class), g.Attr("d", d))
}

// trace writes lines as the data of a path: units and tenths, each point relative to the one before.
func (c canvas) trace(lines []orb.LineString, closed bool) string {
	var b strings.Builder
	for _, line := range lines {
		last := [2]int{}
		for i, p := range line {
			u := c.at(p)
			at := [2]int{int(math.Round(u[0] * 10)), int(math.Round(u[1] * 10))}
			switch {
			case i == 0:
				b.WriteByte('M')
			case abs(at[0]-last[0]) <= closeBy && abs(at[1]-last[1]) <= closeBy && i < len(line)-1, at == last:
				continue
			default:
				b.WriteByte('l')
			}
			writeTenths(&b, at[0]-last[0])
			b.WriteByte(' ')
			writeTenths(&b, at[1]-last[1])
			last = at
		}
		if closed {
			b.WriteByte('z')
		}
	}
	return b.String()
}

func abs(n int) int { return max(n, -n) }

func writeTenths(b *strings.Builder, n int) {
	b.WriteString(strconv.FormatFloat(float64(n)/10, 'f', -1, 64))
}

func unit(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }

// steps are the widths that a graticule may have, in degrees.
var steps = []float64{0.5, 1, 2, 5, 10, 15, 30}

func (c canvas) graticule() Node {
	step := steps[len(steps)-1]
	for _, s := range slices.Backward(steps) {
		if s*min(c.scale[0], c.scale[1]) >= 60 {
			step = s
		}
	}
	var lines strings.Builder
	var labels g.Group
	for lon := math.Ceil(c.view.Min[0]/step) * step; lon <= c.view.Max[0]; lon += step {
		x := c.at(orb.Point{lon, 0})[0]
		lines.WriteString("M" + unit(x) + " 0V" + unit(c.size[1]))
		if x > 30 && x < c.size[0]-60 {
			labels = append(labels, words("degree", orb.Point{x + 3, c.size[1] - 5}, degrees(math.Remainder(lon, 360), "E", "W")))
		}
	}
	for lat := math.Ceil(c.view.Min[1]/step) * step; lat <= c.view.Max[1]; lat += step {
		y := c.at(orb.Point{0, lat})[1]
		lines.WriteString("M0 " + unit(y) + "H" + unit(c.size[0]))
		if y > 14 && y < c.size[1]-24 {
			labels = append(labels, words("degree", orb.Point{4, y - 3}, degrees(lat, "N", "S")))
		}
	}
	return g.Group{path("grid", lines.String()), labels}
}

func words(class string, at orb.Point, text string) Node {
	return g.El("text", html.Class(class), g.Attr("x", unit(at[0])), g.Attr("y", unit(at[1])), g.Text(text))
}

func degrees(v float64, positive, negative string) string {
	text := strconv.FormatFloat(math.Abs(v), 'f', -1, 64) + "°"
	switch {
	case v == 0 || math.Abs(v) == 180:
		return text
	case v < 0:
		return text + negative
	}
	return text + positive
}

// shape draws a shape wherever the view shows it, with its name, and leads to its page. Its page is led to in words
// elsewhere, so that nobody who goes by keys has to pass every shape.
func (c canvas) shape(s Shape) Node {
	drawn := g.Group{g.El("title", g.Text(s.Name))}
	n := len(drawn)
	for _, turn := range []float64{-360, 0, 360} {
		for _, part := range parts(s.Geometry) {
			drawn = append(drawn, c.part(part, turn))
		}
	}
	if !slices.ContainsFunc(drawn[n:], func(n Node) bool { return n != nil }) {
		return nil
	}
	if Web(s.Href) == "" {
		return g.El("g", html.Class("shape"), drawn)
	}
	return g.El("a", html.Class("shape"), address("href", s.Href), html.TabIndex("-1"), drawn)
}

// part draws a simple geometry, moved east by whole turns of the world; nil where the view does not show it.
func (c canvas) part(of orb.Geometry, turn float64) Node {
	b := of.Bound()
	low, high := c.at(orb.Point{b.Min[0] + turn, b.Max[1]}), c.at(orb.Point{b.Max[0] + turn, b.Min[1]})
	if high[0] < 0 || low[0] > c.size[0] || high[1] < 0 || low[1] > c.size[1] {
		return nil
	}
	if high[0]-low[0] < smallest && high[1]-low[1] < smallest {
		middle := c.at(orb.Point{b.Center()[0] + turn, b.Center()[1]})
		return g.El("circle", g.Attr("cx", unit(middle[0])), g.Attr("cy", unit(middle[1])), g.Attr("r", "4"))
	}
	lines, closed := outlines(of)
	edge := c.view.Pad(20 / c.scale[0])
	edge.Min[0], edge.Max[0] = edge.Min[0]-turn, edge.Max[0]-turn
	var seen []orb.LineString
	for _, line := range lines {
		for _, part := range clipped(edge, line, closed) {
			for i := range part {
				part[i][0] += turn
			}
			seen = append(seen, part)
		}
	}
	class := "line"
	switch {
	case closed && (high[0]-low[0])*(high[1]-low[1]) > c.size[0]*c.size[1]/3:
		class = "area wide" // of many that lie over each other, nothing would be seen
	case closed:
		class = "area"
	}
	return path(class, c.trace(seen, closed))
}

// outlines are the lines of a simple geometry, and whether they surround an area.
func outlines(of orb.Geometry) (lines []orb.LineString, closed bool) {
	switch v := of.(type) {
	case orb.LineString:
		return []orb.LineString{v}, false
	case orb.Ring:
		return []orb.LineString{orb.LineString(v)}, true
	case orb.Polygon:
		for _, ring := range v {
			lines = append(lines, orb.LineString(ring))
		}
		return lines, true
	case orb.Bound:
		return []orb.LineString{orb.LineString(v.ToRing())}, true
	}
	return nil, false
}

// The size of the small world in the corner.
const (
	locatorWidth  = 144.0
	locatorHeight = 72.0
)

// locator is a small world in the corner that says where a map of a part of it is.
func (c canvas) locator() Node {
	if c.view.Max[0]-c.view.Min[0] > 120 {
		return nil
	}
	world := canvas{size: orb.Point{locatorWidth, locatorHeight}, view: orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}, scale: orb.Point{locatorWidth / 360, locatorHeight / 180}}
	size := func(width, height float64) Node {
		return g.Group{g.Attr("width", unit(width)), g.Attr("height", unit(height))}
	}
	var marks g.Group
	for _, turn := range []float64{-360, 0, 360} {
		west, east := max(c.view.Min[0]+turn, -180), min(c.view.Max[0]+turn, 180)
		if west >= east {
			continue
		}
		from, to := world.at(orb.Point{west, c.view.Max[1]}), world.at(orb.Point{east, c.view.Min[1]})
		wide, high := max(to[0]-from[0], 3), max(to[1]-from[1], 3)
		marks = append(marks, g.El("rect", html.Class("here"), g.Attr("x", unit(from[0])), g.Attr("y", unit(from[1])), size(wide, high)))
	}
	return g.El("g", html.Class("locator"), g.Attr("transform", "translate("+unit(c.size[0]-locatorWidth-8)+" 8)"),
		g.El("rect", html.Class("sea"), size(locatorWidth, locatorHeight)),
		path("land", world.trace(within(readEarth().land, world.view, 1.2, true), true)), marks)
}

// ways lead to the same page for other parts of the world.
func (m Map) ways(c canvas) Node {
	if m.At == nil {
		return nil
	}
	wide, high := c.view.Max[0]-c.view.Min[0], c.view.Max[1]-c.view.Min[1]
	move := func(east, north, grow float64) orb.Bound {
		middle := c.view.Center()
		middle[0], middle[1] = math.Remainder(middle[0]+east*wide, 360), middle[1]+north*high
		half := orb.Point{min(wide*grow/2, 180), min(high*grow/2, 90)}
		return orb.Bound{
			Min: orb.Point{middle[0] - half[0], max(middle[1]-half[1], -90)},
			Max: orb.Point{middle[0] + half[0], min(middle[1]+half[1], 90)},
		}
	}
	var all g.Group
	for _, way := range []struct {
		sign, words string
		to          orb.Bound
		there       bool
	}{
		{"+", "Closer", move(0, 0, 0.5), wide > minSpan*2},
		{"−", "Wider", move(0, 0, 2), high < 179 || wide < 359},
		{"←", "West", move(-0.5, 0, 1), wide < 359}, {"→", "East", move(0.5, 0, 1), wide < 359},
		{"↑", "North", move(0, 0.5, 1), c.view.Max[1] < 89.9}, {"↓", "South", move(0, -0.5, 1), c.view.Min[1] > -89.9},
	} {
		href := Web(m.At(way.to))
		if href == "" || !way.there {
			continue
		}
		all = append(all, html.A(address("href", href), html.Aria("label", way.words), html.Title(way.words), g.Text(way.sign)))
	}
	return html.Nav(html.Class("ways"), html.Aria("label", "Other parts of the world"), all)
}

// BBox is a part of the world as the parameter bbox asks for it: between -180 and 180, west beyond east across the date
// line.
func BBox(view orb.Bound) string {
	turn := func(lon float64) float64 {
		for lon < -180 {
			lon += 360
		}
		for lon > 180 {
			lon -= 360
		}
		return lon
	}
	west, east := view.Min[0], view.Max[0]
	if east-west >= 360 {
		west, east = -180, 180
	}
	var all []string
	for _, v := range []float64{turn(west), view.Min[1], turn(east), view.Max[1]} {
		all = append(all, strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64))
	}
	return strings.Join(all, ",")
}
