package cql2

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"

	"perigee/shared/fault"
	"perigee/shared/filter"
	coordinates "perigee/shared/filter/literal"
	"perigee/shared/geo"
)

// The bounds of a filter.
const (
	maxLength    = 64 << 10 // bytes
	maxDepth     = 100      // conditions and operands within each other
	maxNodes     = 5000     // conditions and operands
	maxPositions = 10_000   // of all its geometries
)

// locator names what is at fault: the parameter, or the member of a body, that holds the filter.
const locator = "filter"

// misfit is the failure of an operand, by its place among others, or of their operator where it is negative.
type misfit struct {
	operand int
	message string
}

func (m *misfit) Error() string { return m.message }

func misfitting(operand int, format string, args ...any) error {
	return &misfit{operand, fmt.Sprintf(format, args...)}
}

// allText is the property that stands for all text of a record; it lives only while a filter is read.
type allText struct{ filter.Property }

// tally counts what a filter is made of.
type tally struct{ nodes int }

// count counts one more condition or operand, depth deep within others.
func (t *tally) count(depth int) error {
	if t.nodes++; t.nodes > maxNodes {
		return misfitting(-1, "there are more than %d conditions and values", maxNodes)
	}
	if depth > maxDepth {
		return misfitting(-1, "conditions and values are nested deeper than %d", maxDepth)
	}
	return nil
}

// tooLong is the failure of a filter that is longer than allowed.
func tooLong(length int) error {
	if length > maxLength {
		return fault.At(fault.Invalid, locator, "the filter has %d bytes, more than %d", length, maxLength)
	}
	return nil
}

// property resolves the name of a property.
func property(names filter.Names, name string) (filter.Operand, error) {
	p, text, err := names.Property(name)
	switch {
	case err != nil:
		return nil, err
	case text:
		return allText{p}, nil
	}
	return p, nil
}

// places is how the places of a filter are read: by the reference system of their coordinates.
type places struct{ crs geo.CRS }

// box makes the geometry of a bounding box: west, south, east, north, or with the heights, which are dropped.
func (in places) box(v []float64) (filter.Operand, error) {
	if len(v) == 6 {
		v = []float64{v[0], v[1], v[3], v[4]}
	}
	if len(v) != 4 {
		return nil, misfitting(-1, "a bounding box has 4 or 6 numbers, not %d", len(v))
	}
	if in.crs != geo.CRS84 {
		g, err := coordinates.Box(in.crs, [2]float64{v[0], v[1]}, [2]float64{v[2], v[3]})
		if err != nil {
			return nil, misfitting(-1, "%v", err)
		}
		return filter.Geometry{Geometry: g}, nil
	}
	if v[1] > v[3] {
		return nil, misfitting(-1, "the south of the bounding box, %g, is north of its north, %g", v[1], v[3])
	}
	for _, corner := range []orb.Point{{v[0], v[1]}, {v[2], v[3]}} {
		if err := geo.Check(corner); err != nil {
			return nil, misfitting(-1, "%v", err)
		}
	}
	return filter.Geometry{Geometry: filter.Box(v[0], v[1], v[2], v[3])}, nil
}

// shape makes an operand of a geometry that lies on the globe and has no empty parts. What it is given, it may change.
func (in places) shape(g orb.Geometry) (filter.Operand, error) {
	if in.crs != geo.CRS84 {
		g = project.Geometry(g, func(p orb.Point) orb.Point { return coordinates.Point(in.crs, p[0], p[1]) })
	}
	return shape(g)
}

// shape makes an operand of a geometry in longitude and latitude.
func shape(g orb.Geometry) (filter.Operand, error) {
	if err := geo.Check(g); err != nil {
		return nil, misfitting(-1, "%v", err)
	}
	if hollow(g) {
		return nil, misfitting(-1, "a part of the geometry is empty")
	}
	return filter.Geometry{Geometry: g}, nil
}

// hollow tells whether a geometry, or one in it, is made of none.
func hollow(g orb.Geometry) bool {
	switch g := g.(type) {
	case orb.MultiLineString:
		return len(g) == 0
	case orb.MultiPolygon:
		return len(g) == 0
	case orb.Collection:
		return len(g) == 0 || slices.ContainsFunc(g, hollow)
	}
	return false
}

// shorten makes what was found fit into a message.
func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
