package wms

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
)

// maxNumbers bounds the lists of numbers in a request.
const maxNumbers = 50

// choice is what a request asks of the bands and elevations of its layers, before it is known which the layers have.
type choice struct {
	bands       []string
	wavelengths []float64
	ranges      []Range
	elevations  []Range
}

func (c *call) choice() choice {
	return choice{
		bands: c.params.List("dim_bands"), wavelengths: readWavelengths(c.params), ranges: readRanges(c.params),
		elevations: readElevations(c.params),
	}
}

// either is the parameter that is there, of two that mean the same.
func either(p *ows.Params, names ...string) string {
	for _, name := range names {
		if p.Has(name) {
			return name
		}
	}
	return names[0]
}

// readWavelengths reads DIM_WAVELENGTHS, or DIM_WAVELENGTH as a request for one dimension would call it: in micrometres,
// or in nanometres where the numbers are those of nanometres.
func readWavelengths(p *ows.Params) []float64 {
	name := either(p, "dim_wavelengths", "dim_wavelength")
	var all []float64
	for _, entry := range p.List(name) {
		v, err := parseNumber(entry)
		if err != nil || v <= 0 {
			p.Fail(InvalidDimensionValue.At(fault.Invalid, name, "%q in %s is not a wavelength", entry, name))
			return nil
		}
		if v > 100 {
			v /= 1000
		}
		all = append(all, v)
	}
	return all
}

// readRanges reads DIM_RANGE, or DIM_RANGES: a pair of numbers for each band, or one for all.
func readRanges(p *ows.Params) []Range {
	name := either(p, "dim_range", "dim_ranges")
	var all []Range
	for _, entry := range p.List(name) {
		pair := strings.FieldsFunc(entry, func(r rune) bool { return r == ' ' || r == '/' })
		if len(pair) != 2 {
			p.Fail(InvalidDimensionValue.At(fault.Invalid, name, "%q in %s is not a pair of numbers: lowest highest", entry, name))
			return nil
		}
		low, err1 := parseNumber(pair[0])
		high, err2 := parseNumber(pair[1])
		if err1 != nil || err2 != nil || low == high {
			p.Fail(InvalidDimensionValue.At(fault.Invalid, name, "%q in %s is not a pair of two different numbers", entry, name))
			return nil
		}
		all = append(all, Range{low, high})
	}
	if len(all) > 4 {
		p.Fail(InvalidDimensionValue.At(fault.Invalid, name, "%s has %d ranges; a picture has at most four bands", name, len(all)))
		return nil
	}
	return all
}

// readElevations reads ELEVATION: numbers and intervals of them.
func readElevations(p *ows.Params) []Range {
	var all []Range
	list := p.List("elevation")
	if len(list) > maxNumbers {
		p.Fail(InvalidDimensionValue.At(fault.Invalid, "elevation", "elevation has %d entries, more than %d", len(list), maxNumbers))
		return nil
	}
	for _, entry := range list {
		parts := strings.Split(entry, "/")
		low, err1 := parseNumber(parts[0])
		high, err2 := low, error(nil)
		if len(parts) > 1 {
			high, err2 = parseNumber(parts[1])
		}
		if err1 != nil || err2 != nil || len(parts) > 3 || low > high {
			p.Fail(InvalidDimensionValue.At(fault.Invalid, "elevation", "%q is neither an elevation in metres nor an interval of them", entry))
			return nil
		}
		all = append(all, Range{low, high})
	}
	return all
}

func parseNumber(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = strconv.ErrRange
	}
	return v, err
}

// choose gives a layer what of the choice concerns it. A layer without bands does not mind them, and one that does not
// say at which elevations it has something may have it at any.
func (c *call) choose(layer *Layer, node Node, wanted choice) {
	layer.Ranges, layer.Elevations = wanted.ranges, wanted.elevations
	if len(node.Bands) > 0 {
		layer.Bands = c.bandsOf(node, wanted)
	}
	if len(node.Elevations) == 0 {
		return
	}
	for _, e := range wanted.elevations {
		within := func(there Range) bool { return there.Low <= e.High && e.Low <= there.High }
		if !slices.ContainsFunc(node.Elevations, within) {
			c.params.Fail(InvalidDimensionValue.At(fault.Invalid, "elevation", "the layer %q has nothing at %s m, only at %s", node.Name, rangesText([]Range{e}), rangesText(node.Elevations)))
		}
	}
}

// bandsOf finds the bands that are asked for by name, by number or by wavelength.
func (c *call) bandsOf(node Node, wanted choice) []string {
	var names []string
	for _, asked := range wanted.bands {
		band, ok := bandNamed(node.Bands, asked)
		if !ok {
			c.params.Fail(InvalidDimensionValue.At(fault.Invalid, "dim_bands", "the layer %q has no band %q, only %s", node.Name, asked, strings.Join(bandNames(node.Bands), ", ")))
			return nil
		}
		names = append(names, band.Name)
	}
	if len(names) == 0 {
		for _, w := range wanted.wavelengths {
			band, ok := bandAt(node.Bands, w)
			if !ok {
				c.params.Fail(InvalidDimensionValue.At(fault.Invalid, "dim_wavelengths", "the layer %q has no band at %g micrometres", node.Name, w))
				return nil
			}
			names = append(names, band.Name)
		}
	}
	if n := len(names); n == 2 || n > 4 {
		c.params.Fail(InvalidDimensionValue.At(fault.Invalid, "dim_bands", "%d bands make no picture: it takes one, or three with or without one for the opacity", n))
		return nil
	}
	return names
}

// bandNamed finds a band by its name, or else by its number, counted from 1.
func bandNamed(bands []Band, asked string) (Band, bool) {
	if i := slices.IndexFunc(bands, func(b Band) bool { return b.Name == asked }); i >= 0 {
		return bands[i], true
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n < 1 || n > len(bands) {
		return Band{}, false
	}
	return bands[n-1], true
}

// bandAt finds the band whose wavelength is nearest, and at most a tenth away.
func bandAt(bands []Band, wavelength float64) (best Band, ok bool) {
	away := wavelength / 10
	for _, b := range bands {
		if d := math.Abs(b.Wavelength - wavelength); b.Wavelength > 0 && d <= away {
			best, away, ok = b, d, true
		}
	}
	return best, ok
}

func bandNames(bands []Band) []string {
	names := make([]string, len(bands))
	for i, b := range bands {
		names[i] = b.Name
	}
	return names
}

// wavelengths lists those of the bands named, when all are known.
func wavelengths(node Node, names []string) (string, bool) {
	var list []string
	for _, name := range names {
		band, ok := bandNamed(node.Bands, name)
		if !ok || band.Wavelength == 0 {
			return "", false
		}
		list = append(list, number(band.Wavelength))
	}
	return strings.Join(list, ","), len(list) > 0
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func rangesText(ranges []Range) string {
	list := make([]string, len(ranges))
	for i, r := range ranges {
		if list[i] = number(r.Low); r.High != r.Low {
			list[i] += "/" + number(r.High)
		}
	}
	return strings.Join(list, ",")
}
