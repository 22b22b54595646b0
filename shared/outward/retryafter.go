package outward

import (
	"net/http"
	"strconv"
	"time"
)

// RetryAfter is how long a server asks to be left alone, in seconds or until a time (RFC 9110, 10.2.3); 0 when it does not
// say.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	said := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(said, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second //nolint:gosec // of 31 bits
	}
	until, err := http.ParseTime(said)
	if err != nil || until.Before(now) {
		return 0
	}
	return until.Sub(now)
}
