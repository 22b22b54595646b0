package wcs

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// The sections of the answer to DescribeEOCoverageSet (10-140r1 table 12).
var setSections = []string{"CoverageDescriptions", "DatasetSeriesDescriptions", "All"}

// describeSet answers DescribeEOCoverageSet (10-140r1 clause 9.3).
func (c *call) describeSet(ctx context.Context) ([]byte, error) {
	p := c.params
	p.Version(version201, version200)
	q := SetQuery{IDs: distinct(p.List("eoId")), Contained: p.Choice("containment", "overlaps", "overlaps", "contains") == "contains"}
	if len(q.IDs) == 0 {
		p.Fail(ows.Missing("eoId"))
	}
	if most := c.config.CountDefault; len(q.IDs) > most {
		p.Fail(ows.Invalid("eoId", "%d identifiers are more than %d", len(q.IDs), most))
	}
	q.Count = min(p.Int("count", c.config.CountDefault, 0, math.MaxInt32), c.config.CountDefault)
	const far = 1000
	q.Start = p.Int("startIndex", 0, 0, far)
	sections := c.sections(setSections)
	q.Coverages, q.Series = sections("CoverageDescriptions"), sections("DatasetSeriesDescriptions")
	c.within(&q)
	if err := p.Err(); err != nil {
		return nil, err
	}
	found, err := c.store.Set(ctx, c.asked.Scope, q)
	if err != nil {
		return nil, err
	}
	for _, id := range found.Unknown {
		p.Fail(failing(NoSuchDatasetSeriesOrCoverage, id, "%q is neither a coverage nor a dataset series", id))
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	return c.set(q, found), nil
}

// sections tells whether a section of an answer is wanted: named, or all, or none is named.
func (c *call) sections(known []string) func(...string) bool {
	wanted := c.params.List("sections")
	for _, name := range wanted {
		if !slices.ContainsFunc(known, func(one string) bool { return strings.EqualFold(one, name) }) {
			c.params.Fail(ows.Invalid("sections", "%q is no section; there are %s", name, strings.Join(known, ", ")))
		}
	}
	return func(names ...string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(wanted, func(name string) bool {
			return strings.EqualFold(name, "All") || slices.ContainsFunc(names, func(one string) bool { return strings.EqualFold(one, name) })
		})
	}
}

// times are the names of the axis of time.
var times = []string{"phenomenontime", "time", "t"}

// within reads the subsets of a set, which are trims in WGS 84 and in time (10-140r1 requirements 51 and 52).
func (c *call) within(q *SetQuery) {
	box, placed, seen := orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}, false, map[string]bool{}
	for _, s := range c.readSubsets() {
		at, _, known := axisOf(s.name)
		name := strconv.Itoa(int(at))
		if slices.Contains(times, strings.ToLower(s.name)) {
			name, known = "time", true
		}
		switch {
		case !known:
			c.params.Fail(failing(InvalidAxisLabel, s.name, "%q is no axis of a set; there are Lat, Long and phenomenonTime", s.name))
			continue
		case seen[name]:
			c.params.Fail(failing(InvalidAxisLabel, s.name, "there are two subsets along the axis %q", s.name))
			continue
		case s.crs != 0 && s.crs != geo.WGS84 && s.crs != geo.CRS84 && name != "time":
			c.params.Fail(failing(SubsettingCRSNotSupported, s.name, "sets are confined in WGS 84, not in %s", s.crs))
			continue
		}
		if seen[name] = true; name == "time" {
			c.params.Fail(s.during(&q.Time))
			continue
		}
		placed = true
		c.params.Fail(s.confine(&box, at))
	}
	if placed {
		q.Area = box.ToPolygon()
	}
}

// confine narrows a box along an axis.
func (s subset) confine(box *orb.Bound, at axis) error {
	low, high, err := s.edges()
	if err != nil {
		return err
	}
	if low != nil {
		box.Min[at] = max(*low, box.Min[at])
	}
	if high != nil {
		box.Max[at] = min(*high, box.Max[at])
	}
	if box.Min[at] > box.Max[at] {
		return failing(InvalidSubsetting, "subset", "the subset along %q from %s to %s is empty", s.name, s.low, s.high)
	}
	return nil
}

// during reads a trim or a slice in time.
func (s subset) during(into *record.Interval) error {
	text := func(t string) string {
		if t == "*" || t == "" {
			return ".."
		}
		return t
	}
	whole := text(s.low) + "/" + text(s.high)
	if s.slice {
		whole = s.low
	}
	if whole == "../.." {
		return nil
	}
	interval, err := record.ParseInterval(whole)
	if err != nil {
		return failing(InvalidSubsetting, "subset", "%v", err)
	}
	*into = interval
	return nil
}

// set writes wcseo:EOCoverageSetDescription.
func (c *call) set(q SetQuery, found Set) []byte {
	w := newDocument()
	returned := len(found.Coverages) + len(found.Series)
	w.Open("wcseo:EOCoverageSetDescription", append(slices.Clone(prefixes), "numberMatched", strconv.Itoa(found.Matched), "numberReturned", strconv.Itoa(returned))...)
	if q.Coverages {
		w.Open("wcs:CoverageDescriptions")
		for _, one := range found.Coverages {
			w.coverage(one, c.config.Formats[0])
		}
		w.Close("wcs:CoverageDescriptions")
	}
	if q.Series {
		w.Open("wcseo:DatasetSeriesDescriptions")
		for _, one := range found.Series {
			w.series(one)
		}
		w.Close("wcseo:DatasetSeriesDescriptions")
	}
	w.Close("wcseo:EOCoverageSetDescription")
	return w.Bytes
}

// series writes wcseo:DatasetSeriesDescription.
func (w *writer) series(s Series) {
	w.Open("wcseo:DatasetSeriesDescription", "gml:id", s.ID)
	w.envelope(systemOf(geo.WGS84), s.Bounds)
	w.Element("wcseo:DatasetSeriesId", s.ID)
	w.period("time_"+s.ID, s.Time)
	w.Close("wcseo:DatasetSeriesDescription")
}
