package wms

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// dimension is what all versions say of a dimension of a layer (06-042 annex C.2).
type dimension struct {
	name, units, symbol string
	extent              string
	absence             string // the default value
	current             bool   // the word stands for the newest value
}

// dimensionsOf lists the dimensions of a layer. Each has a default value, so that none has to be sent.
func dimensionsOf(node Node) []dimension {
	all := defaultsOf(node)
	for i := range all {
		switch d := &all[i]; d.name {
		case "time":
			d.extent = extent(node)
		case "elevation":
			d.extent = elevationExtent(node.Elevations)
		case "bands":
			d.extent = strings.Join(bandNames(node.Bands), ",")
		case "wavelength":
			known := slices.DeleteFunc(slices.Clone(node.Bands), func(b Band) bool { return b.Wavelength == 0 })
			d.extent, _ = wavelengths(node, bandNames(known))
		}
	}
	return all
}

// defaultsOf lists the dimensions of a layer with their default values alone.
func defaultsOf(node Node) []dimension {
	var all []dimension
	if !node.Time.IsZero() {
		all = append(all, dimension{name: "time", units: "ISO8601", absence: defaultTime(node), current: true})
	}
	if len(node.Elevations) > 0 {
		all = append(all, dimension{name: "elevation", units: "CRS:88", symbol: "m", absence: rangesText(node.Elevations)})
	}
	if len(node.Shown) > 0 {
		all = append(all, dimension{name: "bands", absence: strings.Join(node.Shown, ",")})
		if shown, ok := wavelengths(node, node.Shown); ok {
			all = append(all, dimension{name: "wavelength", units: "um", symbol: "um", absence: shown})
		}
	}
	return all
}

// elevationExtent lists values, and intervals of any resolution (06-042 table C.2).
func elevationExtent(ranges []Range) string {
	list := make([]string, len(ranges))
	for i, r := range ranges {
		if list[i] = rangesText(ranges[i : i+1]); r.High != r.Low {
			list[i] += "/0"
		}
	}
	return strings.Join(list, ",")
}

// defaulted is the warning that goes with a default value (06-042 annex C.4.2).
func (d dimension) defaulted() string {
	return strings.TrimSpace("99 Default value used: " + d.name + "=" + d.absence + " " + cmp.Or(d.symbol, d.units))
}

// maxMoments bounds the list of times in a request.
const maxMoments = 50

// moment is one entry of TIME (06-042 annexes C.3 and D): an instant, a whole day, month or year, or an interval, whose
// end may be the newest day of a layer.
type moment struct {
	interval     record.Interval
	fromCurrent  bool
	untilCurrent bool
}

// readMoments reads TIME; none stands for the default.
func readMoments(p *ows.Params) []moment {
	entries := p.List("time")
	if len(entries) > maxMoments {
		p.Fail(InvalidDimensionValue.At(fault.Invalid, "time", "time has %d entries, more than %d", len(entries), maxMoments))
		return nil
	}
	var moments []moment
	for _, entry := range entries {
		m, err := parseMoment(entry)
		if err != nil {
			p.Fail(InvalidDimensionValue.At(fault.Invalid, "time", "%v", err))
			continue
		}
		moments = append(moments, m)
	}
	return moments
}

// parseMoment reads one entry. A third part, the period, says nothing about what lies in the interval.
func parseMoment(entry string) (m moment, err error) {
	parts := strings.Split(entry, "/")
	if len(parts) == 3 {
		parts = parts[:2]
	}
	m.fromCurrent = isCurrent(parts[0])
	m.untilCurrent = isCurrent(parts[len(parts)-1])
	for i := range parts {
		if isCurrent(parts[i]) {
			parts[i] = ".."
		}
	}
	if text := strings.Join(parts, "/"); text != ".." {
		m.interval, err = record.ParseInterval(text)
	}
	return m, err
}

func isCurrent(s string) bool { return strings.EqualFold(strings.TrimSpace(s), "current") }

// at is what the moment means at a layer.
func (m moment) at(node Node) record.Interval {
	i, newest := m.interval, newestDay(node)
	if m.fromCurrent {
		i.Start = newest.Start
	}
	if m.untilCurrent {
		i.End = newest.End
	}
	return i
}

// newestDay is the last day with data of a layer; open for a layer of which nothing is known.
func newestDay(node Node) record.Interval {
	newest := node.Time.End
	if len(node.Dates) > 0 {
		newest = node.Dates[0]
	}
	if newest.IsZero() {
		return record.Interval{}
	}
	start := newest.UTC().Truncate(24 * time.Hour)
	return record.Interval{Start: start, End: start.AddDate(0, 0, 1).Add(-time.Microsecond)}
}

const day = "2006-01-02"

// extent lists the values of the time dimension of a layer: its days with data, or its range when they are too many to
// be all known.
func extent(node Node) string {
	if node.Seconds {
		first := node.Time.Start
		if first.IsZero() {
			first = node.Time.End
		}
		return record.Instant(first) + "/" + lastSecond(node) + "/PT1S"
	}
	if allKnown(node) {
		days := make([]string, 0, len(node.Dates))
		for _, d := range slices.Backward(node.Dates) {
			days = append(days, d.UTC().Format(day))
		}
		return strings.Join(slices.Compact(days), ",")
	}
	return firstDay(node) + "/" + lastDay(node) + "/P1D"
}

func allKnown(node Node) bool {
	return len(node.Dates) > 0 && !node.Time.Start.IsZero() && node.Dates[len(node.Dates)-1].UTC().Format(day) <= node.Time.Start.UTC().Format(day)
}

func firstDay(node Node) string {
	start := node.Time.Start
	if start.IsZero() && len(node.Dates) > 0 {
		start = node.Dates[len(node.Dates)-1]
	}
	return cmp.Or(dayOf(start), lastDay(node))
}

func lastDay(node Node) string { return dayOf(newestDay(node).Start) }

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(day)
}

// lastSecond is the end of the time of a layer that is told in seconds.
func lastSecond(node Node) string {
	if node.Time.End.IsZero() {
		return record.Instant(node.Time.Start)
	}
	return record.Instant(node.Time.End)
}

// defaultTime is what a map without TIME shows: everything, the newest on top. EOxServer shows that too, and tells the end.
func defaultTime(node Node) string {
	if node.Seconds {
		return lastSecond(node)
	}
	first, last := firstDay(node), lastDay(node)
	if first == last {
		return first
	}
	return first + "/" + last
}
