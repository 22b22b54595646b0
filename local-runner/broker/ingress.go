package broker

import (
	"errors"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// ServeHTTP is the ingress: POST /<namespace>/<name> with one event in the binary or the structured mode of the
// CloudEvents HTTP binding. It answers 202 once the event is durable, otherwise why not in words.
func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", "POST, OPTIONS")
	switch r.Method {
	case http.MethodPost:
	case http.MethodOptions: // CloudEvents HTTP webhooks, 4: anyone may send
		w.Header().Set("WebHook-Allowed-Origin", "*")
		w.Header().Set("WebHook-Allowed-Rate", "*")
		return
	default:
		http.Error(w, "events are sent with POST", http.StatusMethodNotAllowed)
		return
	}
	if err := b.accept(w, r); err != nil {
		refuse(w, err)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

func (b *Broker) accept(w http.ResponseWriter, r *http.Request) error {
	namespace, name, ok := strings.Cut(strings.Trim(r.URL.Path, "/"), "/")
	if to := (Name{namespace, name}); !ok || !b.brokers[to] {
		return fault.New(fault.NotFound, "there is no broker at %s: the path is /<namespace>/<name>", r.URL.Path)
	}
	r.Body = http.MaxBytesReader(w, r.Body, MaxEvent)
	e, err := readEvent(r.Header, r)
	if err != nil {
		return err
	}
	m, err := newMessage(*e)
	if err != nil {
		return err
	}
	return b.receive(r.Context(), Name{namespace, name}, m, trace.Parent(r.Header.Get(trace.Header)))
}

func readEvent(header http.Header, r *http.Request) (*event.Event, error) {
	m := cehttp.NewMessage(header, r.Body)
	defer m.Finish(nil)
	switch m.ReadEncoding() {
	case binding.EncodingBatch:
		return nil, fault.New(fault.Invalid, "batches of events are not accepted: send one event per request")
	case binding.EncodingUnknown:
		return nil, fault.New(fault.Invalid, "the request is not a CloudEvent: it has neither ce-specversion nor the content type application/cloudevents+json")
	}
	e, err := binding.ToEvent(r.Context(), m)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the event cannot be read")
	}
	return e, nil
}

func refuse(w http.ResponseWriter, err error) {
	status := fault.KindOf(err).Status()
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, err.Error(), status)
}
