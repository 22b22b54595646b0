package raster

import (
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"perigee/shared/fault"
)

// Style colours the values of one channel.
type Style struct {
	Name, Title string
	Kind        StyleKind
	Stops       []Stop    // in ascending order
	Range       []float64 // of a ramp: the values at 0 and 100 percent, in place of the range of the channel
}

// StyleKind tells how values become colours.
type StyleKind string

// The kinds of styles.
const (
	Ramp      StyleKind = "ramp"      // colours go over into each other
	Values    StyleKind = "values"    // each value has a colour, others none
	Intervals StyleKind = "intervals" // all values of an interval have the same
)

// Stop is a colour of a style and where it is.
type Stop struct {
	At     float64 // of a ramp: percent of the range; of values: the value; of intervals: the lower end, which is in it
	Until  float64 // of intervals: the upper end, which is not in it
	Colour color.NRGBA
	Label  string
}

// maxStops is how many colours a style may have.
const maxStops = 1000

// Check tells what is wrong with a style from a configuration.
func (s Style) Check() error {
	wrong := func(format string, args ...any) error {
		return fault.At(fault.Invalid, "style", "the style "+strconv.Quote(s.Name)+" "+format, args...)
	}
	if n := len(s.Stops); n == 0 || n > maxStops || s.Kind == Ramp && n < 2 {
		return wrong("has %d colours; a ramp has at least 2, and no style more than %d", n, maxStops)
	}
	if len(s.Range) != 0 && (s.Kind != Ramp || len(s.Range) != 2 || s.Range[0] == s.Range[1] || !finite(s.Range...)) {
		return wrong("has the range %v; it is two different numbers, of a ramp", s.Range)
	}
	for i, stop := range s.Stops {
		switch {
		case !finite(stop.At) || s.Kind == Intervals && (math.IsNaN(stop.Until) || !(stop.At < stop.Until)):
			return wrong("has a colour at no place, %g to %g", stop.At, stop.Until)
		case s.Kind == Ramp && (stop.At < 0 || stop.At > 100):
			return wrong("has a colour at %g percent", stop.At)
		case i > 0 && (stop.At < s.Stops[i-1].At || s.Kind != Ramp && stop.At == s.Stops[i-1].At):
			return wrong("has its colours not in ascending order: %g after %g", stop.At, s.Stops[i-1].At)
		case i > 0 && s.Kind == Intervals && stop.At < s.Stops[i-1].Until:
			return wrong("has intervals that overlap at %g", stop.At)
		}
	}
	if !slices.Contains([]StyleKind{Ramp, Values, Intervals}, s.Kind) {
		return wrong("is of the kind %q; there are ramp, values and intervals", s.Kind)
	}
	return nil
}

func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return v-v != 0 })
}

// builtin are the styles of ramps.
var builtin = sync.OnceValue(func() map[string]Style {
	all := map[string]Style{}
	for _, r := range ramps {
		s := Style{Name: r.name, Title: r.name, Kind: Ramp}
		colours := strings.Fields(r.colours)
		for i, c := range colours {
			at := 100 * float64(i) / float64(len(colours)-1)
			if place, colour, ok := strings.Cut(c, ":"); ok {
				c = colour
				at, _ = strconv.ParseFloat(place, 64)
			}
			colour, _ := hex(c)
			s.Stops = append(s.Stops, Stop{At: at, Colour: colour})
		}
		all[r.name] = s
	}
	return all
})

// StyleNamed finds a built-in ramp, in whatever case it is written.
func StyleNamed(name string) (Style, bool) {
	s, ok := builtin()[strings.ToLower(name)]
	return s, ok
}

// StyleNames lists the built-in ramps; the first is the default.
func StyleNames() []string {
	var all []string
	for _, r := range ramps {
		all = append(all, r.name)
	}
	return all
}

// ColourNamed reads a colour of lines and areas: one of ColourNames, or its hexadecimal digits after # or 0x, with or
// without opacity.
func ColourNamed(name string) (color.NRGBA, bool) {
	name = strings.ToLower(name)
	for _, n := range named {
		if n.name == name {
			return hex(n.colour)
		}
	}
	for _, prefix := range []string{"#", "0x"} {
		if digits, ok := strings.CutPrefix(name, prefix); ok {
			return hex(digits)
		}
	}
	return color.NRGBA{}, false
}

// ColourNames lists the colours that have names.
func ColourNames() []string {
	var all []string
	for _, n := range named {
		all = append(all, n.name)
	}
	return all
}

// hex reads rrggbb or rrggbbaa.
func hex(digits string) (color.NRGBA, bool) {
	v, err := strconv.ParseUint(digits, 16, 32)
	switch {
	case err == nil && len(digits) == 6:
		return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}, true
	case err == nil && len(digits) == 8:
		return color.NRGBA{uint8(v >> 24), uint8(v >> 16), uint8(v >> 8), uint8(v)}, true
	}
	return color.NRGBA{}, false
}

// at is the colour of a ramp at a share of its range, from 0 to 1.
func (s Style) at(share float64) color.NRGBA {
	percent := share * 100
	i := slices.IndexFunc(s.Stops, func(stop Stop) bool { return stop.At > percent })
	switch i {
	case -1:
		return s.Stops[len(s.Stops)-1].Colour
	case 0:
		return s.Stops[0].Colour
	}
	a, b := s.Stops[i-1], s.Stops[i]
	t := (percent - a.At) / (b.At - a.At)
	mix := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*t)) }
	return color.NRGBA{mix(a.Colour.R, b.Colour.R), mix(a.Colour.G, b.Colour.G), mix(a.Colour.B, b.Colour.B), mix(a.Colour.A, b.Colour.A)}
}

// colouring is a style made ready for the values of a channel.
type colouring struct {
	kind  StyleKind
	table [256][4]uint8 // of a ramp: by share of the range; of values: by value, where all are whole numbers up to 255
	small bool          // values are in the table
	stops []Stop
}

func colouringOf(s Style) *colouring {
	c := &colouring{kind: s.Kind, stops: s.Stops, small: s.Kind == Values}
	if s.Kind == Ramp {
		for i := range c.table {
			c.table[i] = bytesOf(s.at(float64(i) / 255))
		}
		return c
	}
	for _, stop := range s.Stops {
		c.small = c.small && stop.At == math.Trunc(stop.At) && stop.At >= 0 && stop.At < 256
	}
	if c.small {
		for _, stop := range s.Stops {
			c.table[int(stop.At)] = bytesOf(stop.Colour)
		}
	}
	return c
}

func bytesOf(c color.NRGBA) [4]uint8 { return [4]uint8{c.R, c.G, c.B, c.A} }

// of is the colour of a value that is not part of a ramp; one that has none is transparent.
func (c *colouring) of(v float32) [4]uint8 {
	if c.small {
		if v >= 0 && v < 256 && v == float32(uint8(v)) {
			return c.table[uint8(v)]
		}
		return [4]uint8{}
	}
	i, found := slices.BinarySearchFunc(c.stops, v, func(s Stop, v float32) int {
		switch at := float32(s.At); {
		case at < v:
			return -1
		case at > v:
			return 1
		}
		return 0
	})
	if !found {
		i--
	}
	switch {
	case i < 0, c.kind == Values && !found, c.kind == Intervals && float64(v) >= c.stops[i].Until:
		return [4]uint8{}
	}
	return bytesOf(c.stops[i].Colour)
}
