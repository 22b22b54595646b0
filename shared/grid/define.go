package grid

import (
	"math"
	"regexp"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// Definition is a tile matrix set as a configuration describes it. Its tiles are counted from the upper left corner of
// the extent.
type Definition struct {
	Name        string    `yaml:"name"`
	CRS         string    `yaml:"crs"`         // any form that geo.ParseCRS reads
	Extent      []float64 `yaml:"extent"`      // west, south, east, north: easting first, whatever the order of the CRS
	Resolutions []float64 `yaml:"resolutions"` // of each level in units of the CRS, the coarsest first
	Metres      float64   `yaml:"metres"`      // of a unit of the CRS; default that of a degree, or 1
}

// The bounds of a set of a deployment's own.
const (
	maxLevels = 30
	maxSide   = 1 << 24 // tiles along a side of its finest level
)

var names = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// New makes the set of a definition. A failure is Invalid, located at the key at fault.
func New(d Definition) (Set, error) {
	crs, err := geo.ParseCRS(d.CRS)
	switch {
	case !names.MatchString(d.Name):
		return Set{}, fault.At(fault.Invalid, "name", "%q is no name of a tile matrix set: letters, digits, '_', '.' and '-', at most 64", d.Name)
	case isWellKnown(d.Name):
		return Set{}, fault.At(fault.Invalid, "name", "the tile matrix set %q is there already", d.Name)
	case err != nil:
		return Set{}, fault.At(fault.Invalid, "crs", "%v", err)
	case len(d.Extent) != 4 || !finite(boundOf(d.Extent)) || d.Extent[0] >= d.Extent[2] || d.Extent[1] >= d.Extent[3]:
		return Set{}, fault.At(fault.Invalid, "extent", "an extent is four numbers: west, south, east and north")
	case len(d.Resolutions) == 0 || len(d.Resolutions) > maxLevels:
		return Set{}, fault.At(fault.Invalid, "resolutions", "a tile matrix set has 1 to %d levels, not %d", maxLevels, len(d.Resolutions))
	case d.Metres < 0 || math.IsNaN(d.Metres) || math.IsInf(d.Metres, 0):
		return Set{}, fault.At(fault.Invalid, "metres", "the length of a unit is a number above 0")
	}
	s := Set{ID: d.Name, CRS: crs, Extent: boundOf(d.Extent), Levels: len(d.Resolutions), resolutions: d.Resolutions, metres: d.Metres}
	if s.metres == 0 {
		s.metres = unit(crs)
	}
	return s, s.resolutionsFit()
}

func (s Set) resolutionsFit() error {
	for z, r := range s.resolutions {
		if !(r > 0) || math.IsInf(r, 0) || z > 0 && r >= s.resolutions[z-1] {
			return fault.At(fault.Invalid, "resolutions", "resolutions are numbers above 0, each smaller than the one before; %v is not", r)
		}
	}
	finest := s.resolutions[s.Levels-1] * TileSize
	if max(s.Extent.Max[0]-s.Extent.Min[0], s.Extent.Max[1]-s.Extent.Min[1])/finest > maxSide {
		return fault.At(fault.Invalid, "resolutions", "the finest level has more than %d tiles along a side", maxSide)
	}
	return nil
}

func boundOf(v []float64) orb.Bound {
	return orb.Bound{Min: orb.Point{v[0], v[1]}, Max: orb.Point{v[2], v[3]}}
}

func unit(crs geo.CRS) float64 {
	if crs.Geographic() {
		return metresPerDegree
	}
	return 1
}

func isWellKnown(name string) bool {
	for _, set := range Sets() {
		if strings.EqualFold(set.ID, name) {
			return true
		}
	}
	_, alias := aliases[name]
	return alias
}
