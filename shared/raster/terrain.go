package raster

import (
	"fmt"
	"math"
	"strings"
)

// The bounds of functions that look around a pixel.
const (
	maxMargin = 8  // nested in each other
	maxAround = 16 // of an expression
)

// frame is a rectangle of pixels that is computed at once, and how far its pixels lie apart on the ground.
type frame struct {
	width, height int
	ground        func(row int) (dx, dy, degrees float64) // nil: one apart
	dx, dy        float64                                 // of the row that is being computed
	degrees       float64                                 // how many dy are, where it was computed from degrees
}

// frameFunc computes a frame from others. What lacks a neighbour is no data.
type frameFunc func(dst []float32, args [maxArgs][]float32, f frame)

// around is a pixel and its neighbours, row by row: 0 1 2 above, 3 4 5, 6 7 8 below.
type around9 [9]float64

// neighbours makes a frame function of a function of a pixel and its neighbours, all of which have to be data.
func neighbours(of func(w *around9, f *frame) float64) frameFunc {
	return func(dst []float32, args [maxArgs][]float32, f frame) {
		src := args[0]
		for y := range f.height {
			out := dst[y*f.width:][:f.width]
			if y == 0 || y == f.height-1 || f.width < 3 {
				for i := range out {
					out[i] = nan
				}
				continue
			}
			if f.dx, f.dy = 1, 1; f.ground != nil {
				f.dx, f.dy, f.degrees = f.ground(y)
			}
			above, here, below := src[(y-1)*f.width:][:f.width], src[y*f.width:][:f.width], src[(y+1)*f.width:][:f.width]
			out[0], out[f.width-1] = nan, nan
			var w around9
			for x := 1; x < f.width-1; x++ {
				w = around9{
					float64(above[x-1]), float64(above[x]), float64(above[x+1]), float64(here[x-1]), float64(here[x]), float64(here[x+1]),
					float64(below[x-1]), float64(below[x]), float64(below[x+1]),
				}
				if sum := w[0] + w[1] + w[2] + w[3] + w[4] + w[5] + w[6] + w[7] + w[8]; sum != sum {
					out[x] = nan
					continue
				}
				out[x] = float32(of(&w, &f))
			}
		}
	}
}

// slopes are how steeply the ground rises to the west and to the north, after Horn, or Zevenbergen and Thorne.
func slopes(w *around9, f *frame, zevenbergen bool) (west, north float64) {
	if zevenbergen {
		return (w[3] - w[5]) / (2 * f.dx), (w[1] - w[7]) / (2 * f.dy)
	}
	return (w[0] + 2*w[3] + w[6] - w[2] - 2*w[5] - w[8]) / (8 * f.dx), (w[0] + 2*w[1] + w[2] - w[6] - 2*w[7] - w[8]) / (8 * f.dy)
}

// terrainFunctions are the functions of elevation models, as gdaldem computes them, by EOxServer's names and arguments.
func terrainFunctions() map[string]function {
	return map[string]function{
		"hillshade":  {1, 6, hillshade, "5"},
		"slopeshade": {1, 3, slopeshade, "2"},
		"aspect":     {1, 4, aspect, "3"},
		"tri":        {1, 2, ruggedness, "1"},
		"tpi": {1, 1, apply(operation{name: "tpi", frame: neighbours(func(w *around9, _ *frame) float64 {
			return w[4] - (w[0]+w[1]+w[2]+w[3]+w[5]+w[6]+w[7]+w[8])/8
		})}), ""},
		"roughness": {1, 1, apply(operation{name: "roughness", frame: neighbours(func(w *around9, _ *frame) float64 {
			low, high := w[0], w[0]
			for _, v := range w[1:] {
				low, high = min(low, v), max(high, v)
			}
			return high - low
		})}), ""},
		"contours": {1, 5, contours, "4"},
		"unwrap":   {1, 1, apply(operation{name: "unwrap", frame: unwrap}), ""},
	}
}

// settings are the constant arguments of a function after the first.
type settings struct {
	p    *parser
	args []*node
	name strings.Builder
	err  error
}

func (s *settings) number(i int, otherwise float64) float64 {
	v := otherwise
	if i < len(s.args) && s.args[i].kind != nodeNone {
		if s.args[i].kind != nodeConstant {
			s.err = s.p.wrong("has value %d of a function that is not a number but computed", i+1)
		}
		v = float64(s.args[i].number)
	}
	fmt.Fprintf(&s.name, " %g", v)
	return v
}

// choice is one of several texts, in any case; the first when it is not given.
func (s *settings) choice(i int, texts ...string) string {
	v := texts[0]
	if i < len(s.args) && s.args[i].kind != nodeNone {
		if v = ""; s.args[i].kind == nodeText {
			for _, t := range texts {
				if strings.EqualFold(t, s.args[i].text) {
					v = t
				}
			}
		}
		if v == "" {
			s.err = s.p.wrong("has value %d of a function that is not one of %s", i+1, strings.Join(texts, ", "))
		}
	}
	fmt.Fprintf(&s.name, " %s", v)
	return v
}

const horn, zevenbergen = "Horn", "ZevenbergenThorne"

// hillshade is the light on the ground from 1 to 255: of data with a factor for heights, heights per unit of distance,
// and the place of the sun.
func hillshade(p *parser, args []*node) (*node, error) {
	s := settings{p: p, args: args}
	z, scale := s.number(1, 1), s.number(2, 1)
	azimuth, altitude := radians(s.number(3, 315)), radians(s.number(4, 45))
	zt := s.choice(5, horn, zevenbergen) == zevenbergen
	if s.err != nil {
		return nil, s.err
	}
	sin, toWest, toNorth := math.Sin(altitude), math.Sin(azimuth)*math.Cos(altitude), math.Cos(azimuth)*math.Cos(altitude)
	return p.operation(operation{name: "hillshade" + s.name.String(), frame: neighbours(func(w *around9, f *frame) float64 {
		west, north := slopes(w, f, zt)
		k := z / f.scaled(scale)
		west, north = west*k, north*k
		light := (sin - north*toNorth + west*toWest) / math.Sqrt(1+west*west+north*north)
		return 1 + 254*max(light, 0)
	})}, args[0])
}

// scaled is the number of heights per unit of distance. With degrees, 1 means heights in metres.
func (f *frame) scaled(scale float64) float64 {
	if f.degrees > 0 && scale != 1 {
		return scale * f.degrees / f.dy
	}
	return scale
}

// slopeshade is the slope in degrees.
func slopeshade(p *parser, args []*node) (*node, error) {
	s := settings{p: p, args: args}
	scale, zt := s.number(1, 1), s.choice(2, horn, zevenbergen) == zevenbergen
	if s.err != nil {
		return nil, s.err
	}
	return p.operation(operation{name: "slopeshade" + s.name.String(), frame: neighbours(func(w *around9, f *frame) float64 {
		west, north := slopes(w, f, zt)
		return degrees(math.Atan(math.Hypot(west, north) / f.scaled(scale)))
	})}, args[0])
}

// aspect is where the ground faces, in degrees from north clockwise or, trigonometric, from east counter-clockwise.
func aspect(p *parser, args []*node) (*node, error) {
	s := settings{p: p, args: args}
	trigonometric, zero, zt := s.number(1, 0) != 0, s.number(2, 0) != 0, s.choice(3, horn, zevenbergen) == zevenbergen
	if s.err != nil {
		return nil, s.err
	}
	flat := math.NaN()
	if zero {
		flat = 0
	}
	return p.operation(operation{name: "aspect" + s.name.String(), frame: neighbours(func(w *around9, f *frame) float64 {
		west, north := slopes(w, f, zt)
		if west == 0 && north == 0 {
			return flat
		}
		// As in gdaldem, pixels count as square.
		angle := degrees(math.Atan2(-north*f.dy, west*f.dx))
		if !trigonometric {
			angle = 90 - angle
		}
		return math.Mod(angle+360, 360)
	})}, args[0])
}

// ruggedness is Wilson's mean difference to the neighbours, or Riley's root of their squares.
func ruggedness(p *parser, args []*node) (*node, error) {
	s := settings{p: p, args: args}
	riley := s.choice(1, "Wilson", "Riley") == "Riley"
	if s.err != nil {
		return nil, s.err
	}
	return p.operation(operation{name: "tri" + s.name.String(), frame: neighbours(func(w *around9, _ *frame) float64 {
		var sum float64
		for _, v := range w {
			if d := v - w[4]; riley {
				sum += d * d
			} else {
				sum += math.Abs(d)
			}
		}
		if riley {
			return math.Sqrt(sum)
		}
		return sum / 8
	})}, args[0])
}

// contours is the height of the line where a line of equal height passes, and the value to fill with elsewhere.
func contours(p *parser, args []*node) (*node, error) {
	s := settings{p: p, args: args}
	offset, interval, fill := s.number(1, 0), s.number(2, 100), s.number(3, -9999)
	s.choice(4, "raster")
	if s.err == nil && !(interval > 0) {
		s.err = p.wrong("has contours with an interval that is not above 0")
	}
	if s.err != nil {
		return nil, s.err
	}
	step := func(v float64) float64 { return math.Floor((v - offset) / interval) }
	return p.operation(operation{name: "contours" + s.name.String(), frame: neighbours(func(w *around9, _ *frame) float64 {
		here := step(w[4])
		line := max(here, step(w[5]), step(w[7]))
		if line == min(here, step(w[5]), step(w[7])) {
			return fill
		}
		return line*interval + offset
	})}, args[0])
}

// unwrap takes out jumps of more than half a turn along each row of a frame. What a whole turn is added to depends on
// where a row begins; so does the result, by whole turns.
func unwrap(dst []float32, args [maxArgs][]float32, f frame) {
	for y := range f.height {
		row, out := args[0][y*f.width:][:f.width], dst[y*f.width:][:f.width]
		last, turns := math.NaN(), 0.0
		for i, v := range row {
			value := float64(v)
			if d := value - last; math.Abs(d) > math.Pi {
				turns -= math.Round(d / (2 * math.Pi))
			}
			if value == value {
				last = value
			}
			out[i] = float32(value + 2*math.Pi*turns)
		}
	}
}
