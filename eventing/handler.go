package eventing

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// maxEvent bounds the size of an event in bytes; larger data goes by reference.
const maxEvent = 1 << 20

// Handler makes an event function an http.Handler that receives events in the binary and the structured mode of the
// CloudEvents HTTP binding. The answer follows Knative's delivery rules: 200 with the reply, or 202 without one; 422
// for a failure that will not pass, which goes to the dead letters with its message; 503 for one that may.
func Handler(fn func(ctx context.Context, e event.Event) (*event.Event, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := Receive(w, r)
		if err != nil {
			answerFailure(w, r.Context(), nil, err)
			return
		}
		handle(w, r.Context(), e, fn)
	})
}

// handle has a function handle an event and answers.
func handle(w http.ResponseWriter, ctx context.Context, e *event.Event, fn func(ctx context.Context, e event.Event) (*event.Event, error)) {
	if parent, ok := e.Extensions()[trace.Header].(string); ok {
		ctx = trace.NewContext(ctx, trace.Parse(parent))
	}
	trace.Name(ctx, "event")
	reply, err := fn(ctx, *e)
	switch {
	case err != nil:
		answerFailure(w, ctx, e, err)
	case reply == nil:
		w.WriteHeader(http.StatusAccepted)
	default:
		answer(w, ctx, *reply)
	}
}

// Receive reads the one event of a request; a request that holds none is Invalid.
func Receive(w http.ResponseWriter, r *http.Request) (*event.Event, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxEvent)
	message := cehttp.NewMessageFromHttpRequest(r)
	defer message.Finish(nil)
	if message.ReadEncoding() == binding.EncodingUnknown {
		return nil, fault.New(fault.Invalid, "the request is not a CloudEvent: it has neither ce- headers nor the content type application/cloudevents+json")
	}
	e, err := binding.ToEvent(r.Context(), message)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the event cannot be read")
	}
	if err := e.Validate(); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the event is not valid")
	}
	return e, nil
}

// Traced carries the trace of what is being done into an event.
func Traced(ctx context.Context, e *event.Event) {
	if parent := trace.FromContext(ctx); parent != "" && e.Extensions()[trace.Header] == nil {
		e.SetExtension(trace.Header, string(parent.Child()))
	}
}

func answer(w http.ResponseWriter, ctx context.Context, reply event.Event) {
	Traced(ctx, &reply)
	if err := reply.Validate(); err != nil {
		answerFailure(w, ctx, nil, fault.Classify(fault.Internal, err, "the reply is not a valid event"))
		return
	}
	if err := cehttp.WriteResponseWriter(ctx, binding.ToMessage(&reply), http.StatusOK, w); err != nil {
		slog.Error("the reply could not be sent", "event", reply.ID(), "error", err)
	}
}

func answerFailure(w http.ResponseWriter, ctx context.Context, e *event.Event, err error) {
	status := http.StatusUnprocessableEntity
	if !fault.KindOf(err).Permanent() {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "1")
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		status = http.StatusRequestEntityTooLarge
	}
	words := Words(err)
	attributes := []any{"error", words, "status", status, "trace", trace.FromContext(ctx).ID()}
	if e != nil {
		attributes = append(attributes, "event", e.ID(), "type", e.Type(), "subject", e.Subject())
	}
	slog.Error("an event was not handled", attributes...)
	http.Error(w, words, status)
}

const maxWords = 4096 // bytes of a failure in words

// Words is what a failure says, on one line and bounded: it may quote what a stranger sent, and travels in the headers
// of dead letters.
func Words(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	if len(text) <= maxWords {
		return text
	}
	return strings.ToValidUTF8(text[:maxWords], "") + " …"
}
