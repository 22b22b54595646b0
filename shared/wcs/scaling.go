package wcs

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"perigee/shared/ows"
)

// scale is what a request says of the pixels along an axis, or along both when it names none.
type scale struct {
	axis string
	Scale
}

var axisForm = regexp.MustCompile(`^\s*([^(),]+?)\s*\(\s*([^(),]*?)\s*\)\s*$`)

// The ways to say how a coverage is scaled (12-039 clause 7), of which a request has one.
var scalings = []string{"scaleFactor", "scaleAxes", "scaleSize", "scaleExtent"}

// readScales reads the scaling of a request.
func (c *call) readScales() []scale {
	var named []string
	for _, name := range scalings {
		if c.params.Get(name) != "" {
			named = append(named, name)
		}
	}
	switch {
	case len(named) == 0:
		return nil
	case len(named) > 1:
		c.params.Fail(ows.Invalid(named[1], "a request has one of %s, not several", strings.Join(named, ", ")))
		return nil
	case named[0] == "scaleFactor":
		factor, err := factorOf(c.params.Get("scaleFactor"))
		c.params.Fail(err)
		return []scale{{"", Scale{Factor: factor}}}
	}
	var all []scale
	for _, entry := range c.params.List(named[0]) {
		found := axisForm.FindStringSubmatch(entry)
		if found == nil {
			c.params.Fail(failing(InvalidExtent, named[0], "%q is not of the form axis(value)", entry))
			continue
		}
		one, err := scaleOf(named[0], found[2])
		c.params.Fail(err)
		all = append(all, scale{found[1], one})
	}
	return all
}

func factorOf(text string) (float64, error) {
	factor, err := strconv.ParseFloat(text, 64)
	if err != nil || !(factor > 0) || math.IsInf(factor, 0) {
		return 0, failing(InvalidScaleFactor, text, "%q is no factor, which is a number above 0", text)
	}
	return factor, nil
}

// scaleOf reads what is said of one axis.
func scaleOf(way, text string) (Scale, error) {
	if way == "scaleAxes" {
		factor, err := factorOf(text)
		return Scale{Factor: factor}, err
	}
	if way == "scaleSize" {
		size, err := strconv.Atoi(text)
		if err != nil || size < 1 {
			return Scale{}, failing(InvalidExtent, text, "%q is no number of pixels, which is whole and above 0", text)
		}
		return Scale{Size: size}, nil
	}
	from, to, _ := strings.Cut(text, ":")
	low, err1 := strconv.Atoi(strings.TrimSpace(from))
	high, err2 := strconv.Atoi(strings.TrimSpace(to))
	if err1 != nil || err2 != nil || high < low || high-low < 0 || high-low == math.MaxInt {
		return Scale{}, failing(InvalidExtent, text, "%q is no extent, which is low:high", text)
	}
	return Scale{Size: high - low + 1}, nil
}

// layScales gives the scaling of each axis.
func (r *request) layScales(p *ows.Params) {
	seen := map[axis]bool{}
	for _, s := range r.scales {
		if s.axis == "" {
			r.cut.Scale = [2]Scale{s.Scale, s.Scale}
			return
		}
		at, _, known := axisOf(s.axis)
		if !known || seen[at] {
			p.Fail(failing(ScaleAxisUndefined, s.axis, "the coverage has no axis %q to scale, or it is named twice", s.axis))
			continue
		}
		seen[at] = true
		r.cut.Scale[at] = s.Scale
	}
}
