package broker

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"perigee/shared/fault"
)

// ParsePolicy reads delivery.backoffPolicy.
func ParsePolicy(s string) (Policy, error) {
	switch p := Policy(s); p {
	case Linear, Exponential:
		return p, nil
	}
	return "", fault.New(fault.Invalid, "%q is not a backoff policy: linear or exponential", s)
}

// effective is the Delivery of a Trigger: its own as a whole, or the Broker's, or the default; a dead letter sink may
// come from the Broker in any case.
func effective(broker, trigger *Delivery) Delivery {
	d := DefaultDelivery()
	if broker != nil {
		d = *broker
	}
	sink := d.DeadLetter
	if trigger != nil {
		d = *trigger
	}
	if d.DeadLetter == nil {
		d.DeadLetter = sink
	}
	if d.Timeout <= 0 {
		d.Timeout = MaxTimeout
	}
	return d
}

func (d Delivery) validate() error {
	if d.Retry < 0 || d.Delay < 0 || d.Timeout < 0 || d.RetryAfterMax < 0 {
		return fault.New(fault.Invalid, "retry, backoffDelay, timeout and retryAfterMax must not be negative")
	}
	if d.Policy != "" {
		if _, err := ParsePolicy(string(d.Policy)); err != nil {
			return err
		}
	}
	return nil
}

// longestDelay bounds what doubling can come to.
const longestDelay = 24 * time.Hour

// Wait is the delay before the retry with the number n, which is 0 for the first. asked is what a Retry-After header of
// the answer says: it counts for 429 and 503, where the manifest says up to how much (RetryAfterMax), and never shortens.
func (d Delivery) Wait(n, status int, asked time.Duration) time.Duration {
	factor := 0.0
	switch d.Policy {
	case Exponential:
		factor = math.Exp2(float64(n))
	case Linear:
		factor = float64(n)
	}
	wait := time.Duration(min(float64(d.Delay)*factor, float64(longestDelay)))
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		wait = max(wait, min(asked, d.RetryAfterMax))
	}
	return wait
}

// retryAfter reads the header of that name (RFC 9110, 10.2.3): seconds, or a date; 0 where there is none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(text, 10, 32); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return at.Sub(now)
	}
	return 0
}

// Retryable tells whether Knative would try again after this status; 0 is no answer.
func Retryable(status int) bool {
	switch status {
	case 0, http.StatusNotFound, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}
