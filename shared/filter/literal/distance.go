package literal

import (
	"math"
	"strings"

	"perigee/shared/fault"
)

// units are the units of length by the names that filters use, in metres: words, symbols of UCUM and ISO 80000, codes of
// EPSG.
var units = map[string]float64{
	"m": 1, "metre": 1, "metres": 1, "meter": 1, "meters": 1, "9001": 1,
	"km": 1000, "kilometre": 1000, "kilometres": 1000, "kilometer": 1000, "kilometers": 1000, "9036": 1000,
	"cm": 0.01, "mm": 0.001,
	"ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "[fti]": 0.3048, "9002": 0.3048,
	"mi": 1609.344, "mile": 1609.344, "miles": 1609.344, "statutemile": 1609.344, "statutemiles": 1609.344, "[mii]": 1609.344, "9093": 1609.344,
	"nm": 1852, "nmi": 1852, "nauticalmile": 1852, "nauticalmiles": 1852, "[nmii]": 1852, "9030": 1852,
}

// maxMetres is half the length of the equator: nothing on the globe lies farther away.
const maxMetres = 20_037_509

// Metres gives a distance in metres. The unit is a word (kilometers, statute miles, NauticalMile), a symbol (m, km, ft,
// [mi_i]) or the last part of a URN or URI that names one (urn:ogc:def:uom:EPSG::9001).
func Metres(value float64, unit string) (float64, error) {
	factor, known := units[unitName(unit)]
	switch {
	case unit == "":
		return 0, fault.New(fault.Invalid, "the distance has no unit: m, km, NauticalMile, StatuteMile or feet")
	case !known:
		return 0, fault.New(fault.Invalid, "%.60q is not a unit that distances on the ground are measured in: m, km, NauticalMile, StatuteMile or feet", unit)
	case !(value >= 0) || math.IsInf(value, 0):
		return 0, fault.New(fault.Invalid, "the distance %v is not a length", value)
	}
	return min(value*factor, maxMetres), nil
}

// unitName is the name that a unit is known by: small letters in one word, without what a URN or URI has before it.
func unitName(unit string) string {
	if i := strings.LastIndexAny(unit, ":/#"); i >= 0 {
		unit = unit[i+1:]
	}
	return strings.ToLower(strings.NewReplacer(" ", "", "_", "").Replace(unit))
}
