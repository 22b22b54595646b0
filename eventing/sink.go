package eventing

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
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

// Send sends the events, each confirmed; a failure is Unavailable and says nothing about the others.
func (s *Sink) Send(ctx context.Context, events ...event.Event) error {
	if s.url == "" && len(events) > 0 {
		return fault.New(fault.Unavailable, "there is no sink (K_SINK) to send events to")
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sending)
	for _, e := range events {
		group.Go(func() error { return s.send(ctx, e) })
	}
	return group.Wait()
}

func (s *Sink) send(ctx context.Context, e event.Event) error {
	for name, value := range s.extensions {
		e.SetExtension(name, value)
	}
	Traced(ctx, &e)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, nil)
	if err != nil {
		return fault.Classify(fault.Invalid, err, "K_SINK is not a URL")
	}
	if err := cehttp.WriteRequest(ctx, binding.ToMessage(&e), request); err != nil {
		return fault.Classify(fault.Internal, err, "event %s cannot be encoded", e.ID())
	}
	response, err := s.client.Do(request)
	if err != nil {
		return fault.Classify(fault.Unavailable, err, "sending event %s", e.ID())
	}
	defer response.Body.Close()
	words, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if response.StatusCode/100 != 2 {
		return fault.New(fault.Unavailable, "the sink answered event %s with %s: %s", e.ID(), response.Status, words)
	}
	return nil
}
