package eventing

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/fault"
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
