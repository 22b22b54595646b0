// Package grid holds the tile matrix sets that caches are cut by (OGC 17-083r4, Two Dimensional Tile Matrix Set).
package grid

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// Set is a tile matrix set of 256 x 256 pixel tiles counted from the upper left corner.
type Set struct {
	ID     string
	URI    string // of the well-known scale set, urn form; empty for a set of a deployment's own
	CRS    geo.CRS
	Extent orb.Bound // easting first, units of the CRS
	Levels int

	cols, rows  int       // tiles at level 0
	resolutions []float64 // by level, where they are not each half of the one above
	metres      float64   // of a unit of the CRS
}

// TileSize is the width and height of a tile in pixels.
const TileSize = 256

// metresPerDegree is the length of a degree at the equator, by which scales in degrees are told (OGC 07-057r7, 6.1).
const metresPerDegree = 111319.49079327358

// The sets that every deployment serves, by the names MapCache and EOEPCA give them.
var (
	WGS84 = Set{ID: "WGS84", URI: "urn:ogc:def:wkss:OGC:1.0:GoogleCRS84Quad", CRS: geo.CRS84,
		Extent: orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}, cols: 2, rows: 1, Levels: 22, metres: metresPerDegree}
	GoogleMapsCompatible = Set{ID: "GoogleMapsCompatible", URI: "urn:ogc:def:wkss:OGC:1.0:GoogleMapsCompatible", CRS: geo.WebMercator,
		Extent: orb.Bound{Min: orb.Point{-geo.MercatorExtent, -geo.MercatorExtent}, Max: orb.Point{geo.MercatorExtent, geo.MercatorExtent}},
		cols:   1, rows: 1, Levels: 23, metres: 1}
)

// List is the sets of a deployment, in the order they are advertised.
type List []Set

// Sets lists the sets that every deployment serves.
func Sets() List { return List{WGS84, GoogleMapsCompatible} }

// aliases are other names of the well-known sets: those of OGC 17-083r4, and MapCache's short one.
var aliases = map[string]string{
	"WorldCRS84Quad": WGS84.ID, "WebMercatorQuad": GoogleMapsCompatible.ID, "g": GoogleMapsCompatible.ID,
}

// Named finds a set by its identifier; the OGC names WorldCRS84Quad and WebMercatorQuad are accepted too.
func (l List) Named(id string) (Set, error) {
	if own, ok := aliases[id]; ok {
		id = own
	}
	for _, set := range l {
		if set.ID == id {
			return set, nil
		}
	}
	return Set{}, fault.New(fault.Invalid, "there is no tile matrix set %q", id)
}

// Named finds a well-known set, as List.Named does.
func Named(id string) (Set, error) { return Sets().Named(id) }

// Registered is the identifier under which OGC's register of tile matrix sets (17-083r4, annex D) has the set, and its
// URI there; empty for a set of a deployment's own.
func (s Set) Registered() (id, uri string) {
	for id, own := range aliases {
		if own == s.ID && len(id) > 1 {
			return id, "http://www.opengis.net/def/tilematrixset/OGC/1.0/" + id
		}
	}
	return "", ""
}

// Is tells whether a name is one of the set's.
func (s Set) Is(name string) bool { return name == s.ID || aliases[name] == s.ID }

// Tile is the address of a tile: level, column from the west, row from the north.
type Tile struct {
	Z, Col, Row int
}

// String is z/col/row.
func (t Tile) String() string { return fmt.Sprintf("%d/%d/%d", t.Z, t.Col, t.Row) }

// Size is the number of columns and rows at level z.
func (s Set) Size(z int) (cols, rows int) {
	if s.resolutions == nil {
		return s.cols << z, s.rows << z
	}
	return s.count(0, z), s.count(1, z)
}

// count is how many tiles of level z the extent takes along an axis. What reaches less than a hundredth of a pixel over
// a border, as rounded numbers do, takes no further one.
func (s Set) count(axis, z int) int {
	return max(int(math.Ceil((s.Extent.Max[axis]-s.Extent.Min[axis])/(s.resolutions[z]*TileSize)-0.01/TileSize)), 1)
}

// Resolution is the pixel size at level z in units of the CRS.
func (s Set) Resolution(z int) float64 {
	if s.resolutions != nil {
		return s.resolutions[z]
	}
	return (s.Extent.Max[0] - s.Extent.Min[0]) / float64(s.cols<<z) / TileSize
}

// worldScale is the scale denominator at which the equator takes one tile: the largest of the well-known scale sets
// GoogleMapsCompatible and GoogleCRS84Quad (OGC 07-057r7, annexes E.3 and E.4), of which all others are halves.
const worldScale = 559082264.0287178

// ScaleDenominator is the scale at level z for a pixel of 0.28 mm (OGC 17-083r4, 6.1).
func (s Set) ScaleDenominator(z int) float64 {
	if s.resolutions != nil {
		return s.resolutions[z] * s.metres / 0.00028
	}
	return worldScale / float64(s.cols<<z)
}

// FromSouth tells whether tiles may be counted from the south too, because all levels end at the same edge there, and
// each tile has four of the next level in its place.
func (s Set) FromSouth() bool { return s.resolutions == nil }

// MetresPerUnit is the length of a unit of the CRS; a degree counts as at the equator.
func (s Set) MetresPerUnit() float64 { return s.metres }

// LevelAt is the coarsest level whose pixels are not larger than resolution, but for a rounding; the finest where all are.
func (s Set) LevelAt(resolution float64) int {
	for z := range s.Levels {
		if s.Resolution(z) <= resolution*(1+1e-6) {
			return z
		}
	}
	return s.Levels - 1
}

// Has is an Invalid failure for a tile outside the set, located at the coordinate at fault.
func (s Set) Has(t Tile) error {
	if t.Z < 0 || t.Z >= s.Levels {
		return fault.At(fault.Invalid, "TileMatrix", "%s has the levels 0 to %d, not %d", s.ID, s.Levels-1, t.Z)
	}
	cols, rows := s.Size(t.Z)
	if t.Col < 0 || t.Col >= cols {
		return fault.At(fault.Invalid, "TileCol", "level %d of %s has the columns 0 to %d, not %d", t.Z, s.ID, cols-1, t.Col)
	}
	if t.Row < 0 || t.Row >= rows {
		return fault.At(fault.Invalid, "TileRow", "level %d of %s has the rows 0 to %d, not %d", t.Z, s.ID, rows-1, t.Row)
	}
	return nil
}

// Bounds is the extent of a tile, easting first.
func (s Set) Bounds(t Tile) orb.Bound { return s.BlockBounds(t, 1, 1) }

// BlockBounds is the extent of a block of cols x rows tiles whose upper left one is t.
func (s Set) BlockBounds(t Tile, cols, rows int) orb.Bound {
	side := s.Resolution(t.Z) * TileSize
	west, north := s.Extent.Min[0]+float64(t.Col)*side, s.Extent.Max[1]-float64(t.Row)*side
	return orb.Bound{Min: orb.Point{west, north - float64(rows)*side}, Max: orb.Point{west + float64(cols)*side, north}}
}

// Covering gives the tiles of level z that bounds (in the CRS of the set, easting first) touches: the upper left and the
// lower right one. Bounds outside the set give ok = false.
func (s Set) Covering(bounds orb.Bound, z int) (from, to Tile, ok bool) {
	if !bounds.Intersects(s.Extent) {
		return Tile{}, Tile{}, false
	}
	side := s.Resolution(z) * TileSize
	cols, rows := s.Size(z)
	at := func(v float64, n int) int { return min(max(int(math.Floor(v)), 0), n-1) }
	const edge = 1e-9 // an extent that ends on a tile's border does not touch the next tile
	from = Tile{z, at((bounds.Min[0]-s.Extent.Min[0])/side, cols), at((s.Extent.Max[1]-bounds.Max[1])/side, rows)}
	to = Tile{z, at((bounds.Max[0]-s.Extent.Min[0])/side-edge, cols), at((s.Extent.Max[1]-bounds.Min[1])/side-edge, rows)}
	return from, Tile{z, max(to.Col, from.Col), max(to.Row, from.Row)}, true
}
