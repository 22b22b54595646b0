package postprocess

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/stac"
)

// The bounds of an external service, where its settings say nothing else.
const (
	externalTimeout = 10 // seconds of a try
	externalRetries = 2
	externalLimit   = 1 << 20 // bytes of the answer
)

// The policies for an item that a service fails with.
const (
	failureSkips = "skip" // the item is reported and not registered
	failureKeeps = "keep" // the item goes on as it is
)

// external leads items through a service that takes an item and answers one: at any address, of a Knative Service too.
//
// Its settings are url, timeout (seconds), retries, max_bytes, and on_failure: skip or keep.
func external(at string, kwargs map[string]any) (Postprocessor, error) {
	k := settings{at: at, values: kwargs}
	address := k.text("url", "")
	seconds, retries := k.whole("timeout", externalTimeout, 1, 60), k.whole("retries", externalRetries, 0, 5)
	limit := k.whole("max_bytes", externalLimit, 1, 8<<20)
	keeps := k.oneOf("on_failure", failureSkips, failureSkips, failureKeeps) == failureKeeps
	if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		k.fail("url", "is %.200q, which is no address: http or https and a host", redacted(address))
	}
	service := service{address: address, limit: int64(limit), timeout: time.Duration(seconds) * time.Second, tries: retries + 1}
	return func(ctx context.Context, item []byte, reach Reach) ([]byte, error) {
		answer, err := service.ask(ctx, reach.Services, item)
		if err == nil || !keeps || ctx.Err() != nil {
			return answer, err
		}
		slog.WarnContext(ctx, "an item stays as it is, for its postprocessor fails", "url", redacted(address), "error", err)
		return item, nil
	}, k.err()
}

// service is how a service is asked.
type service struct {
	address string
	limit   int64         // bytes of the answer
	timeout time.Duration // of one try
	tries   int
}

// ask gives the item that a service answers; an answer that is none is the service's failure.
func (s service) ask(ctx context.Context, services Services, item []byte) ([]byte, error) {
	if services == nil {
		return nil, fault.New(fault.Unsupported, "external services cannot be asked here")
	}
	answer, err := s.insist(ctx, services, item)
	if err != nil {
		return nil, fault.Classify(fault.KindOf(err), err, "the postprocessor %s", redacted(s.address))
	}
	if _, err := stac.DecodeItem(answer); err != nil {
		return nil, fault.New(fault.Invalid, "the postprocessor %s answers what is no item: %w", redacted(s.address), first(err))
	}
	return answer, nil
}

// The pauses between tries: the first, which doubles each time, and the longest, also where the service asks for a longer one.
const (
	firstPause   = 250 * time.Millisecond
	longestPause = 20 * time.Second
)

// insist asks again what is busy or out of order, after as long as the service asks for or twice as long as the time before.
func (s service) insist(ctx context.Context, services Services, item []byte) ([]byte, error) {
	for try := 0; ; try++ {
		answer, err := s.once(ctx, services, item)
		if err == nil {
			return answer.Body, nil
		}
		if fault.KindOf(err) != fault.Unavailable || try+1 >= s.tries {
			return nil, err
		}
		pause := firstPause << try
		if asked, ok := retryAfter(answer.RetryAfter, time.Now()); ok {
			pause = asked
		}
		select {
		case <-time.After(min(pause, longestPause)):
		case <-ctx.Done():
			return nil, fault.Classify(fault.Unavailable, context.Cause(ctx), "waiting to ask again")
		}
	}
}

// once asks once. What may pass when it is asked again is fault.Unavailable.
func (s service) once(ctx context.Context, services Services, item []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	answer, err := services.Post(ctx, s.address, item, s.limit)
	switch status := answer.Status; {
	case err != nil && ctx.Err() != nil:
		return answer, fault.Classify(fault.Unavailable, err, "it does not answer within %v", s.timeout)
	case err != nil:
		return answer, err
	case status == 408 || status == 425 || status == 429 || status >= 500 && status != 501:
		return answer, fault.New(fault.Unavailable, "it answers %d: %.200q", status, answer.Body)
	case status < 200 || status > 299:
		return answer, fault.New(fault.Invalid, "it answers %d: %.200q", status, answer.Body)
	}
	return answer, nil
}

// retryAfter reads how long a service asks to be left alone: seconds, or until a time (RFC 9110, 5.6.7 and 10.2.3).
func retryAfter(header string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true //nolint:gosec // of 31 bits
	}
	until, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", header)
	return max(0, until.Sub(now)), err == nil
}

func first(err error) error {
	if all := fault.All(err); len(all) > 1 {
		return errors.Join(all[0])
	}
	return err
}

// redacted is an address without what may be secret in it.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "(no URL)"
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.Redacted()
}

// isAddress tells whether a name is the URL of a service.
func isAddress(name string) bool {
	return strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://")
}
