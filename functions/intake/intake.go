package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

// objects is what intake needs of the object store.
type objects interface {
	ReadRange(ctx context.Context, bucket, key, etag string, off, n int64) ([]byte, error)
	ReadAll(ctx context.Context, bucket, key string, limit int64) ([]byte, bucket.Object, error)
}

type intake struct {
	objects objects
	send    func(context.Context, ...event.Event) error
	ingest  string // the bucket of the system
	cache   string // the bucket of the tile cache
	reading chan struct{}
}

func newIntake(store objects, send func(context.Context, ...event.Event) error, ingest, cache string) *intake {
	return &intake{objects: store, send: send, ingest: ingest, cache: cache, reading: make(chan struct{}, readers)}
}

// handler serves both forms at one address: CloudEvents are answered with the request to register as the reply, raw
// notifications become CloudEvents of the broker, stored before they are acknowledged.
func (in *intake) handler() http.Handler {
	events := eventing.Handler(in.event)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != http.MethodPost:
			w.Header().Set("Allow", http.MethodPost)
			http.Error(w, "notifications of buckets are posted here", http.StatusMethodNotAllowed)
		case r.Header.Get("ce-specversion") != "" || strings.HasPrefix(r.Header.Get("Content-Type"), "application/cloudevents"):
			events.ServeHTTP(w, r)
		default:
			in.raw(w, r)
		}
	})
}

// event handles a notification that came as a CloudEvent. One that holds several (a queue's message) is taken apart
// into events of their own.
func (in *intake) event(ctx context.Context, e event.Event) (*event.Event, error) {
	notices, err := fromEvent(e)
	switch {
	case err != nil:
		return nil, err
	case len(notices) == 1:
		return in.request(ctx, notices[0])
	}
	return nil, in.forward(ctx, notices)
}

// request decides what a notification asks for; there is no reply when that is nothing.
func (in *intake) request(ctx context.Context, n notice) (*event.Event, error) {
	decided, err := in.decide(ctx, n)
	if err != nil {
		return nil, err
	}
	log := slog.With("subject", decided.subject, "bucket", n.bucket, "key", n.key, "notification", n.name)
	if decided.ignored != "" {
		log.Info("ignored", "why", decided.ignored)
		return nil, nil
	}
	reply, err := requested(n, decided)
	if err != nil {
		return nil, err
	}
	log.Info("requested", "route", decided.route, "mode", decided.mode, "workspace", decided.workspace, "event", reply.ID())
	return reply, nil
}

const maxNotification = 1 << 20 // bytes

func (in *intake) raw(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxNotification))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	notices, err := parse(body)
	if err == nil {
		err = in.forward(r.Context(), notices)
	}
	if err != nil {
		words := eventing.Words(err)
		slog.Error("a notification was not handled", "error", words)
		status := http.StatusUnprocessableEntity
		if !fault.KindOf(err).Permanent() {
			status = http.StatusServiceUnavailable
		}
		http.Error(w, words, status)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// forward sends notifications as CloudEvents, except those nobody waits for.
func (in *intake) forward(ctx context.Context, notices []notice) error {
	var events []event.Event
	for _, n := range notices {
		if n.bucket == in.cache {
			continue
		}
		e, err := n.event()
		if err != nil {
			return err
		}
		events = append(events, *e)
	}
	if len(events) == 0 {
		return nil
	}
	if err := in.send(ctx, events...); err != nil {
		return err
	}
	for _, e := range events {
		slog.Info("forwarded", "subject", e.Subject(), "source", e.Source(), "type", e.Type(), "event", e.ID())
	}
	return nil
}

// workspace is whose bucket it is.
func (in *intake) workspace(bucketName string) string {
	if bucketName == in.ingest {
		return scope.System
	}
	return bucketName
}
