package broker

import (
	"errors"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// ServeHTTP is the ingress: POST /<namespace>/<name> with one event in the binary or the structured mode of the
// CloudEvents HTTP binding, or with several in its batched mode. It answers 202 once all are durable, otherwise why not
// in words.
func (b *Broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Allow", "POST, OPTIONS")
	w.Header().Set("Accept-Post", acceptPost)
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
	all, err := readEvents(w, r)
	if err != nil {
		return err
	}
	return b.receive(r.Context(), Name{namespace, name}, trace.Parent(r.Header.Get(trace.Header)), all...)
}

func readEvents(w http.ResponseWriter, r *http.Request) ([]message, error) {
	m := cehttp.NewMessage(r.Header, http.MaxBytesReader(w, r.Body, MaxEvent))
	switch m.ReadEncoding() {
	case binding.EncodingBatch:
		return readBatch(w, r)
	case binding.EncodingUnknown:
		return nil, fault.New(fault.Invalid, "the request is not a CloudEvent: it has neither ce-specversion nor the content type application/cloudevents+json")
	}
	defer m.Finish(nil)
	e, err := binding.ToEvent(r.Context(), m)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the event cannot be read")
	}
	one, err := newMessage(*e)
	return []message{one}, err
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
