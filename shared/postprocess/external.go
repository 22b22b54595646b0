package postprocess

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
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
	return func(ctx context.Context, item []byte, reach Reach) ([]byte, error) {
		answer, err := ask(ctx, reach.Services, Call{
			URL: address, Item: item, Limit: int64(limit), Timeout: time.Duration(seconds) * time.Second, Tries: retries + 1,
		})
		if err == nil || !keeps || ctx.Err() != nil {
			return answer, err
		}
		slog.WarnContext(ctx, "an item stays as it is, for its postprocessor fails", "url", redacted(address), "error", err)
		return item, nil
	}, k.err()
}

// ask gives the item that a service answers; an answer that is none is the service's failure.
func ask(ctx context.Context, services Services, call Call) ([]byte, error) {
	if services == nil {
		return nil, fault.New(fault.Unsupported, "external services cannot be asked here")
	}
	answer, err := services.Ask(ctx, call)
	if err != nil {
		return nil, fault.Classify(fault.KindOf(err), err, "the postprocessor %s", redacted(call.URL))
	}
	if _, err := stac.DecodeItem(answer); err != nil {
		return nil, fault.New(fault.Invalid, "the postprocessor %s answers what is no item: %w", redacted(call.URL), first(err))
	}
	return answer, nil
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
