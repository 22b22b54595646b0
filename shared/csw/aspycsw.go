package csw

import (
	"maps"
	"strconv"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// asPycsw turns comparisons for inequality that take no regard to case into those for equality (Config.AsPycsw).
func asPycsw(e filter.Expr) filter.Expr {
	return filter.Rewrite(e, func(e filter.Expr) filter.Expr {
		compared, _ := e.(filter.Compare)
		if word, is := compared.Right.(filter.Untyped); is && word.FoldCase && compared.Op == filter.NotEqual {
			compared.Op = filter.Equal
			return compared
		}
		return e
	})
}

// shownAsPycsw is a record as pycsw writes it in the schema of the protocol: with its box in hundredths of a degree, and a summary without
// the names of its places.
func shownAsPycsw(r record.Record, set string) record.Record {
	if _, placed := r.Properties[dublincore.PropertySpatial]; placed && set == dublincore.Summary {
		r.Properties = maps.Clone(r.Properties)
		delete(r.Properties, dublincore.PropertySpatial)
	}
	if r.Footprint == nil {
		return r
	}
	b := r.Footprint.Bound()
	for _, corner := range []*orb.Point{&b.Min, &b.Max} {
		for i := range corner {
			corner[i], _ = strconv.ParseFloat(strconv.FormatFloat(corner[i], 'f', 2, 64), 64) // what was a number is one
		}
	}
	r.Footprint = b.ToPolygon()
	return r
}
