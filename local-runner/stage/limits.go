package stage

import (
	"time"

	"perigee/local-runner/manifest"
)

// limits are the numbers of a manifest that steer the instances.
type limits struct {
	soft, hard     int // requests at once of an instance: beyond soft another is wanted, beyond hard it takes none
	min, max       int
	window, retain time.Duration
}

// unlimited stands for what the manifest leaves open.
const unlimited = 1 << 30

// mostUnasked bounds the instances of a service whose manifest sets no maximum.
const mostUnasked = 8

func limitsOf(spec manifest.Service, idle time.Duration) limits {
	l := limits{hard: spec.Concurrency, min: spec.MinScale, max: spec.MaxScale, window: spec.Window, retain: spec.Retention}
	if l.hard == 0 {
		l.hard = unlimited
	}
	if l.max == 0 {
		l.max = max(mostUnasked, l.min)
	}
	l.soft = min(l.hard, max(spec.Target, 1))
	if idle > 0 {
		l.window, l.retain = idle, 0
	}
	return l
}
