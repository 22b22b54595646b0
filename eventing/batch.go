package eventing

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// The bounds of the events that are sent in one request (CloudEvents HTTP binding, 3.3).
const (
	maxTogether = 200
	smallEvent  = 32 << 10  // bytes of data; a larger event travels alone
	batchData   = 256 << 10 // bytes of data of a batch, and of a last event
)

// takesBatches tells whether an answer says that batches may be posted, too (Accept-Post, Linked Data Platform 1.0, 7.1).
func takesBatches(answer http.Header) bool {
	return strings.Contains(answer.Get("Accept-Post"), event.ApplicationCloudEventsBatchJSON)
}

// fitting is how many of the first events travel in one request, at least one.
func (s *Sink) fitting(events []event.Event) int {
	n, size := 0, 0
	for s.batches.Load() && n < min(len(events), maxTogether) && size < batchData && len(events[n].Data()) <= smallEvent {
		size += len(events[n].Data())
		n++
	}
	return max(n, 1)
}

// together makes events the body of a request.
func together(request *http.Request, events []event.Event) error {
	text, err := json.Marshal(events)
	if err != nil {
		return fault.Classify(fault.Invalid, err, "events %s and following cannot be encoded", events[0].ID())
	}
	request.Header.Set("Content-Type", event.ApplicationCloudEventsBatchJSON)
	request.ContentLength, request.Body = int64(len(text)), io.NopCloser(bytes.NewReader(text))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	return nil
}

// Together are the events that a function handles many at a time.
type Together struct {
	Types  string // what their types begin with
	Handle func(ctx context.Context, events []event.Event) error
}

// The bounds of a batch that is received.
const (
	maxBatch     = 4 << 20 // bytes
	maxBatchSize = 1000    // events
)

// Several is Handler for a function that also takes batches of some events. It says so in its answers to such events, so
// that a broker that can send batches learns of it; the failure of one event is that of its batch.
func Several(one func(ctx context.Context, e event.Event) (*event.Event, error), many Together) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == event.ApplicationCloudEventsBatchJSON {
			handleBatch(w, r, many)
			return
		}
		e, err := Receive(w, r)
		if err != nil {
			answerFailure(w, r.Context(), nil, err)
			return
		}
		if strings.HasPrefix(e.Type(), many.Types) {
			w.Header().Set("Accept-Post", acceptPost)
		}
		handle(w, r.Context(), e, one)
	})
}

// acceptPost tells what may be posted (Linked Data Platform 1.0, 7.1): events in the binary, structured and batched mode.
const acceptPost = "*/*, " + event.ApplicationCloudEventsJSON + ", " + event.ApplicationCloudEventsBatchJSON

func handleBatch(w http.ResponseWriter, r *http.Request, many Together) {
	trace.Name(r.Context(), "events")
	events, err := receiveBatch(w, r, many.Types)
	if err == nil {
		err = many.Handle(r.Context(), events)
	}
	if err != nil {
		answerFailure(w, r.Context(), nil, err)
		return
	}
	w.Header().Set("Accept-Post", acceptPost)
	w.WriteHeader(http.StatusAccepted)
}

func receiveBatch(w http.ResponseWriter, r *http.Request, types string) ([]event.Event, error) {
	var events []event.Event
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBatch)).Decode(&events); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the batch of events cannot be read")
	}
	if len(events) > maxBatchSize {
		return nil, fault.New(fault.Invalid, "the batch has %d events, at most %d are taken at once", len(events), maxBatchSize)
	}
	for i, e := range events {
		if err := e.Validate(); err != nil {
			return nil, fault.Classify(fault.Invalid, err, "event %d of the batch is not valid", i+1)
		}
		if !strings.HasPrefix(e.Type(), types) {
			return nil, fault.At(fault.Invalid, "type", "event %d of the batch is of type %s: only %s… are taken in batches", i+1, e.Type(), types)
		}
	}
	return events, nil
}
