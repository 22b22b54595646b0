package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
	"perigee/local-runner/ping"
)

// openSources makes the PingSources of the manifests tick, until the house stops.
func (h *house) openSources(context.Context) (string, error) {
	var all []ping.Source
	for _, p := range h.set.PingSources {
		send, err := h.sender(p)
		if err != nil {
			return "", fmt.Errorf("the sink of the PingSource %s: %w", p.Name, err)
		}
		all = append(all, ping.Source{
			Name: p.Name, Schedule: p.Schedule, ContentType: p.ContentType, Data: p.Data, Extensions: p.Extensions,
			Sink: inWords(p.Sink), Send: send,
		})
	}
	h.sources = ping.Open(all, h.log)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.sources.Run(ctx)
	}()
	h.onStop(func(context.Context) error {
		cancel()
		<-done
		return nil
	})
	return "", nil
}

// sender brings events to the sink of a source.
func (h *house) sender(p manifest.PingSource) (func(context.Context, event.Event) error, error) {
	if to := p.Sink.Broker; to != nil {
		return func(ctx context.Context, e event.Event) error { return h.broker.Publish(ctx, *to, e) }, nil
	}
	address, err := h.stage.Localise(p.Namespace, p.Sink.URL)
	if to := p.Sink.Service; to != nil {
		address = h.stage.Service(*to).Local() + p.Sink.Path
	}
	if err != nil {
		return nil, err
	}
	sink, err := eventing.NewSink(address, "")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, e event.Event) error { return sink.Send(ctx, e) }, nil
}

// inWords names a sink on pages.
func inWords(s manifest.Sink) string {
	named := func(kind string, n broker.Name) string {
		return kind + " " + strings.TrimPrefix(n.String(), "default/")
	}
	switch {
	case s.Broker != nil:
		return named("broker", *s.Broker)
	case s.Service != nil:
		return named("function", *s.Service) + s.Path
	}
	return s.URL
}
