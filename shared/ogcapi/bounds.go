package ogcapi

import (
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// BBox makes a geometry of the 4 or, with heights, 6 numbers of a bounding box in longitude and latitude (17-069r4,
// 7.15.3). West beyond east is a box across the date line; a box larger than the world is cut to it.
func BBox(v []float64) (orb.Geometry, error) {
	if len(v) != 4 && len(v) != 6 {
		return nil, fault.At(fault.Invalid, "bbox", "bbox has %d numbers, not 4 or 6", len(v))
	}
	for _, n := range v {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return nil, fault.At(fault.Invalid, "bbox", "bbox has a number that is not finite")
		}
	}
	half := len(v) / 2
	west, south, east, north := v[0], v[1], v[half], v[half+1]
	switch {
	case south > north:
		return nil, fault.At(fault.Invalid, "bbox", "bbox has its south, %v, above its north, %v", south, north)
	case south > 90 || north < -90:
		return nil, fault.At(fault.Invalid, "bbox", "bbox lies outside the world: the order is west, south, east, north")
	case len(v) == 6 && v[2] > v[5]:
		return nil, fault.At(fault.Invalid, "bbox", "bbox has its lower height, %v, above its upper, %v", v[2], v[5])
	case math.Abs(west) > 540 || math.Abs(east) > 540:
		return nil, fault.At(fault.Invalid, "bbox", "bbox has a longitude that is not within -180 and 180")
	}
	south, north = max(south, -90), min(north, 90)
	if east-west >= 360 {
		west, east = -180, 180
	}
	return filter.Box(wrap(west), south, wrap(east), north), nil
}

// wrap brings a longitude between -180 and 180.
func wrap(lon float64) float64 {
	if lon >= -180 && lon <= 180 {
		return lon
	}
	return math.Remainder(lon, 360)
}

// dateTime is the form of RFC 3339, 5.6.
var dateTime = regexp.MustCompile(`^(?i)(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}):(\d{2})((?:\.\d+)?(?:Z|[+-]\d{2}:\d{2}))$`)

// Datetime reads an instant, or an interval that is open at one end at most, ".." or nothing standing for the open end
// (17-069r4, 7.15.4).
func Datetime(text string) (record.Interval, error) {
	from, to, interval := strings.Cut(text, "/")
	if !interval {
		at, err := instant(text)
		return record.Interval{Start: at, End: at}, err
	}
	if open(from) && open(to) {
		return record.Interval{}, fault.At(fault.Invalid, "datetime", "datetime is %q, an interval without ends", text)
	}
	var i record.Interval
	var err error
	if !open(from) {
		if i.Start, err = instant(from); err != nil {
			return i, err
		}
	}
	if !open(to) {
		if i.End, err = instant(to); err != nil {
			return i, err
		}
	}
	if !open(from) && !open(to) && i.End.Before(i.Start) {
		return i, fault.At(fault.Invalid, "datetime", "datetime is %q, an interval that ends before it starts", text)
	}
	return i, nil
}

func open(end string) bool { return end == "" || end == ".." }

func instant(text string) (time.Time, error) {
	parts := dateTime.FindStringSubmatch(text)
	if parts == nil {
		return time.Time{}, notInstant(text)
	}
	seconds, leap := parts[2], time.Duration(0)
	if seconds == "60" { // a leap second
		seconds, leap = "59", time.Second
	}
	at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(parts[1]+":"+seconds+parts[3]))
	if err != nil {
		return time.Time{}, notInstant(text)
	}
	return at.UTC().Add(leap), nil
}

func notInstant(text string) error {
	return fault.At(fault.Invalid, "datetime", "datetime has %q where a date-time such as 2026-04-30T10:00:31Z belongs", text)
}
