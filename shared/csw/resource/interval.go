package resource

import (
	"time"

	"perigee/shared/filter/literal"
	"perigee/shared/ows"
)

// The bounds of an interval. What is due is looked for from time to time only, so that sources are not asked all the time however short it
// is; and nobody waits for a century.
const (
	leastInterval = time.Second
	mostInterval  = 100 // years
)

// Next is when a resource is to be harvested again that was harvested at a time: after an interval (xs:duration, as HarvestInterval is).
func Next(at time.Time, interval string) (time.Time, error) {
	next, ok := literal.Later(at, interval)
	switch {
	case !ok:
		return next, ows.Invalid("harvestInterval", "%.60q is no duration of ISO 8601 such as P14D or PT12H", interval)
	case next.Sub(at) < leastInterval:
		return next, ows.Invalid("harvestInterval", "a resource is harvested every second at most, not every %s", next.Sub(at))
	case next.After(at.AddDate(mostInterval, 0, 0)):
		return next, ows.Invalid("harvestInterval", "a resource is harvested every %d years at least", mostInterval)
	}
	return next, nil
}
