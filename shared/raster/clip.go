package raster

import (
	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"

	"perigee/shared/fault"
)

// maxClipped is how many points geometries may have of which one is cut out of the other.
const maxClipped = 200_000

// Clip cuts a geometry by a mask: what of it lies inside, or outside. It is nil when nothing is left.
func Clip(g, mask orb.Geometry, inside bool) (_ orb.Geometry, err error) {
	defer recovered(&err)
	if err := prepareGDAL(); err != nil {
		return nil, err
	}
	if g == nil || mask == nil {
		if inside || g == nil {
			return nil, nil
		}
		return g, nil
	}
	if points(g)+points(mask) > maxClipped {
		return nil, fault.New(fault.Invalid, "geometries of more than %d points are not cut", maxClipped)
	}
	a, err := ogr(g)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	b, err := ogr(mask)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	quiet := godal.ErrLogger(new(messages).handle)
	var cut *godal.Geometry
	if inside {
		cut, err = a.Intersection(b, quiet)
	} else {
		cut, err = a.Difference(b, quiet)
	}
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "cutting a geometry by a mask")
	}
	defer cut.Close()
	if cut.Empty() {
		return nil, nil
	}
	bytes, err := cut.WKB()
	if err != nil {
		return nil, fault.Classify(fault.Internal, err, "cutting a geometry by a mask")
	}
	return wkb.Unmarshal(bytes)
}

// ogr is a geometry for GDAL; one that crosses itself is mended.
func ogr(g orb.Geometry) (*godal.Geometry, error) {
	if b, ok := g.(orb.Bound); ok {
		g = b.ToPolygon()
	}
	bytes, err := wkb.Marshal(g)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "a geometry that is to be cut")
	}
	quiet := godal.ErrLogger(new(messages).handle)
	out, err := godal.NewGeometryFromWKB(bytes, nil, quiet)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "a geometry that is to be cut")
	}
	if out.Valid() {
		return out, nil
	}
	defer out.Close()
	mended, err := out.Buffer(0, 8, quiet)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "a geometry that crosses itself")
	}
	return mended, nil
}

// points is how many points a geometry has.
func points(g orb.Geometry) int {
	n := 0
	switch g := g.(type) {
	case orb.Point, orb.Bound:
		return 5
	case orb.MultiPoint:
		return len(g)
	case orb.LineString:
		return len(g)
	case orb.Ring:
		return len(g)
	case orb.MultiLineString:
		for _, l := range g {
			n += len(l)
		}
	case orb.Polygon:
		for _, r := range g {
			n += len(r)
		}
	case orb.MultiPolygon:
		for _, p := range g {
			n += points(p)
		}
	case orb.Collection:
		for _, o := range g {
			n += points(o)
		}
	}
	return n
}
