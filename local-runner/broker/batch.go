package broker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/nats-io/nats.go"

	"perigee/shared/fault"
)

// Events that are sent together (CloudEvents 1.0, JSON batch format; HTTP binding, 3.3) are kept together: one message of
// the store holds those of a batch that share a subject, so that storing and settling them costs what one event costs.
// Each is filtered and delivered by itself. Whatever does not succeed at once leaves the batch and is kept as an event of
// its own from there on (parcel.go).

// The bounds of a batch.
const (
	MaxBatch     = 1000    // events of one request
	maxBatchBody = 2 << 20 // bytes of one request
	keptTogether = 256     // events of one kept message
	keptBytes    = 1 << 20 // bytes of one kept message, and a last event
)

// acceptPost tells senders what may be posted (Linked Data Platform 1.0, 7.1): that batches are among it is news to who
// knows Knative's broker, which takes none.
const acceptPost = "*/*, " + event.ApplicationCloudEventsJSON + ", " + event.ApplicationCloudEventsBatchJSON

// readBatch reads the events of a request. The first that cannot be kept is the reason to refuse them all.
func readBatch(w http.ResponseWriter, r *http.Request) ([]message, error) {
	var events []event.Event
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBatchBody)).Decode(&events); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the batch of events cannot be read")
	}
	if n := len(events); n > MaxBatch {
		return nil, fault.New(fault.Invalid, "the batch has %d events, at most %d are accepted at once", n, MaxBatch)
	}
	all := make([]message, len(events))
	for i, e := range events {
		m, err := newMessage(e)
		if err == nil && len(m.Data) > MaxEvent {
			err = fault.New(fault.Invalid, "its data is larger than %d bytes", MaxEvent)
		}
		if err != nil {
			return nil, fault.Classify(fault.KindOf(err), err, "event %d of the batch", i+1)
		}
		all[i] = m
	}
	return all, nil
}

// bundle is what is kept in one message of the store.
type bundle struct {
	subject string
	events  []message
	size    int
}

// alone is a message that is kept by itself.
func alone(subject string, m message) *bundle { return &bundle{subject: subject, events: []message{m}} }

// bundles sorts messages into as few as possible, each in the order in which they came.
func bundles(all []message) []*bundle {
	var made []*bundle
	open := map[string]*bundle{}
	for _, m := range all {
		subject := eventSubject(m.Broker, m.Attributes["type"])
		b := open[subject]
		if b == nil || len(b.events) == keptTogether || b.size > keptBytes {
			b = &bundle{subject: subject}
			open[subject], made = b, append(made, b)
		}
		b.events, b.size = append(b.events, m), b.size+m.size()
	}
	return made
}

// encode writes a bundle as one message: an event by itself with its attributes as a header, others one behind the other.
func (b *bundle) encode() (*nats.Msg, error) {
	if len(b.events) == 1 {
		header, data, err := b.events[0].encode()
		return &nats.Msg{Subject: b.subject, Header: nats.Header{headerMessage: {header}}, Data: data}, err
	}
	data := make([]byte, 0, b.size)
	for _, m := range b.events {
		header, content, err := m.encode()
		if err != nil {
			return nil, err
		}
		data = append(binary.AppendUvarint(data, uint64(len(header))), header...)
		data = append(binary.AppendUvarint(data, uint64(len(content))), content...)
	}
	return &nats.Msg{Subject: b.subject, Header: nats.Header{headerBatch: {strconv.Itoa(len(b.events))}}, Data: data}, nil
}

// unpack reads what encode wrote.
func unpack(header nats.Header, data []byte) ([]message, error) {
	if header.Get(headerBatch) == "" {
		m, err := decodeMessage(header.Get(headerMessage), data)
		return []message{m}, err
	}
	var all []message
	for len(data) > 0 {
		var line, content []byte
		var whole bool
		if line, data, whole = cut(data); whole {
			content, data, whole = cut(data)
		}
		if !whole {
			return nil, errTorn
		}
		m, err := decodeMessage(string(line), content)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	if header.Get(headerBatch) != strconv.Itoa(len(all)) {
		return nil, errTorn
	}
	return all, nil
}

var errTorn = errors.New("a kept batch of events is not whole")

// cut takes the first of the texts that follow each other, each behind its length.
func cut(data []byte) (first, rest []byte, whole bool) {
	length, n := binary.Uvarint(data)
	if n <= 0 || length > uint64(len(data)-n) {
		return nil, nil, false
	}
	end := n + int(length)
	return data[n:end:end], data[end:], true
}

// batchBody writes events in the batch format. Data that is JSON stays what it is, all other is written in base64.
func batchBody(events []message) ([]byte, error) {
	all := make([]map[string]any, len(events))
	for i, m := range events {
		all[i] = make(map[string]any, len(m.Attributes)+1)
		for name, value := range m.Attributes {
			all[i][name] = value
		}
		kind, _, _ := mime.ParseMediaType(m.Attributes["datacontenttype"])
		switch {
		case len(m.Data) == 0:
		case kind == event.ApplicationJSON && json.Valid(m.Data):
			all[i]["data"] = json.RawMessage(m.Data)
		default:
			all[i]["data_base64"] = m.Data
		}
	}
	return json.Marshal(all)
}

// number is that of an event in the history: it grows with the messages of the store, and with the events in one.
func number(sequence uint64, at int) uint64 { return sequence*keptTogether + uint64(at) }
