package eventing

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"golang.org/x/sync/errgroup"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// Sink sends events to the address that the platform gave the function (K_SINK), with the extension attributes that it
// asked for (K_CE_OVERRIDES, {"extensions":{…}}).
type Sink struct {
	url        string
	extensions map[string]string
	client     *http.Client
	batches    atomic.Bool // the address has said that it takes several events at once
}

// NewSink checks the two settings. Without a URL every Send fails, which a function that never sends does not notice.
func NewSink(url, overrides string) (*Sink, error) {
	var o struct {
		Extensions map[string]string `json:"extensions"`
	}
	if overrides != "" {
		if err := json.Unmarshal([]byte(overrides), &o); err != nil {
			return nil, fault.Classify(fault.Invalid, err, "K_CE_OVERRIDES is not {\"extensions\":{…}}")
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 4 * sending // several requests send at once, all to the one address
	client := &http.Client{Timeout: 30 * time.Second, Transport: trace.Transport(transport), CheckRedirect: asItIs}
	return &Sink{url: url, extensions: o.Extensions, client: client}, nil
}

// asItIs takes a redirection for the answer. Following one would ask for a page and take its 200 for the sink's.
func asItIs(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// sending is how many events are on their way at once.
const sending = 8

// Send sends the events, each confirmed. The error is one that may pass where there is one, otherwise one for good; it
// says nothing about the other events.
func (s *Sink) Send(ctx context.Context, events ...event.Event) error {
	var first error
	for _, err := range s.SendEach(ctx, events...) {
		if err != nil && (first == nil || !fault.KindOf(err).Permanent() && fault.KindOf(first).Permanent()) {
			first = err
		}
	}
	return first
}

// SendEach sends the events and says of each what came of it: nil when it is confirmed, Invalid when the sink refuses it
// for good, Unavailable when it may take it later. Where nobody answers, the rest is not tried. Several small events travel
// together where the sink has said that it takes batches, as the broker of a laptop does and Knative's does not.
func (s *Sink) SendEach(ctx context.Context, events ...event.Event) []error {
	outcomes := make([]error, len(events))
	if len(events) == 0 {
		return outcomes
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	try := func(first int, some []event.Event) {
		for i, err := range s.attempt(ctx, giveUp, some) {
			outcomes[first+i] = err
		}
	}
	first := 0
	if len(events) > 1 && !s.batches.Load() { // its answer tells
		try(0, events[:1])
		first = 1
	}
	var group errgroup.Group
	group.SetLimit(sending)
	for first < len(events) {
		from, n := first, s.fitting(events[first:])
		group.Go(func() error { try(from, events[from:from+n]); return nil })
		first += n
	}
	_ = group.Wait() // each has its own outcome
	return outcomes
}

// attempt sends events in one request, and one by one those of a batch that is refused; when nobody answers, it gives up.
func (s *Sink) attempt(ctx context.Context, giveUp context.CancelCauseFunc, some []event.Event) []error {
	outcomes := make([]error, len(some))
	answered, err := false, context.Cause(ctx)
	if err == nil {
		answered, err = s.send(ctx, some...)
	}
	if fault.KindOf(err) == fault.Invalid && len(some) > 1 {
		for i := range some {
			outcomes[i] = s.attempt(ctx, giveUp, some[i:i+1])[0]
		}
		return outcomes
	}
	if err != nil && !answered {
		err = fault.Classify(fault.Unavailable, err, "sending event %s", some[0].ID())
		giveUp(err)
	}
	for i := range outcomes {
		outcomes[i] = err
	}
	return outcomes
}

// refusals are the answers after which the same event need not be sent again: it is not one, or it is too large.
var refusals = []int{
	http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity,
	http.StatusRequestHeaderFieldsTooLarge,
}

// send sends events in one request; answered is false when nobody was there to say anything.
func (s *Sink) send(ctx context.Context, some ...event.Event) (answered bool, err error) {
	if s.url == "" {
		return false, errors.New("there is no sink (K_SINK) to send events to")
	}
	for i := range some {
		for name, value := range s.extensions {
			some[i].SetExtension(name, value)
		}
		Traced(ctx, &some[i])
	}
	request, err := s.request(ctx, some)
	if err != nil {
		return true, err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	s.batches.Store(takesBatches(response.Header))
	words, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10)) // what can be read of them
	switch {
	case response.StatusCode/100 == 2:
		return true, nil
	case slices.Contains(refusals, response.StatusCode):
		return true, fault.New(fault.Invalid, "the sink refuses event %s with %s: %s", some[0].ID(), response.Status, words)
	}
	return true, fault.New(fault.Unavailable, "the sink answered event %s with %s: %s", some[0].ID(), response.Status, words)
}

// request is an event in the binary mode, or in the structured one where a header could not carry an attribute as it is;
// several are in the batched one.
func (s *Sink) request(ctx context.Context, some []event.Event) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, nil)
	if err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "K_SINK is not a URL")
	}
	if len(some) > 1 {
		return request, together(request, some)
	}
	e := some[0]
	if !inHeaders(e) {
		ctx = binding.WithForceStructured(ctx)
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&e), request); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "event %s cannot be encoded", e.ID())
	}
	return request, nil
}
