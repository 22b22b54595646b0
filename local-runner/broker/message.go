package broker

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/cloudevents/sdk-go/v2/types"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

// The extension attributes that Knative's broker sets.
const (
	extensionArrival = "knativearrivaltime"
	extensionTTL     = "knativebrokerttl"
	extensionDest    = "knativeerrordest"
	extensionCode    = "knativeerrorcode"
	extensionData    = "knativeerrordata"
)

// maxHops is how often an event can come back as the reply to its own reply: Knative's default TTL.
const maxHops = 255

// message is an event as the broker keeps it: all context attributes and extensions in the string form of the
// CloudEvents type system, which is also what filters compare and what the HTTP binding sends.
type message struct {
	Attributes map[string]string `json:"attributes"`
	Broker     Name              `json:"broker"`
	Trace      trace.Parent      `json:"trace"`
	Hops       int               `json:"hops"` // replies that it may still lead to
	Data       []byte            `json:"-"`

	Trigger Name   `json:"trigger,omitzero"` // of a kept dead letter: whose subscriber failed
	Failure string `json:"failure,omitempty"`

	Apart *separated `json:"apart,omitempty"` // of what left a batch
}

// separated is what an event has with it that left its batch, because it did not succeed there.
type separated struct {
	Number uint64 `json:"number"` // its own, by which the history knows it
	For    string `json:"for"`    // the consumer that it is still to be delivered to
	Record record `json:"record"` // how far its delivery had come
}

// size is about how many bytes a message takes.
func (m message) size() int {
	size := len(m.Data) + 200 // names and marks
	for name, value := range m.Attributes {
		size += len(name) + len(value) + 6
	}
	return size
}

// newMessage takes over an event; what could not be delivered over HTTP is Invalid.
func newMessage(e event.Event) (message, error) {
	if err := e.Validate(); err != nil {
		return message{}, fault.Classify(fault.Invalid, err, "the event is not valid")
	}
	if e.SpecVersion() != event.CloudEventsVersionV1 {
		return message{}, fault.At(fault.Invalid, "specversion", "specversion %q is not supported, only 1.0", e.SpecVersion())
	}
	m := message{Attributes: attributesOf(e), Hops: maxHops, Data: e.Data()}
	for name, value := range e.Extensions() {
		s, err := types.Format(value)
		if err != nil {
			return message{}, fault.At(fault.Invalid, name, "the extension attribute %s cannot be written: %w", name, err)
		}
		m.Attributes[name] = s
	}
	m.takeHops()
	return m, m.validate()
}

// maxAttributes bounds the attributes, in bytes: functions accept 64 KiB of header.
const maxAttributes = 32 << 10

func (m message) validate() error {
	size := 0
	for name, value := range m.Attributes {
		if size += len(name) + len(value); !sendable(value) {
			return fault.At(fault.Invalid, name, "the attribute %s holds control characters or is not UTF-8, which CloudEvents forbids", name)
		}
	}
	if size > maxAttributes {
		return fault.New(fault.Invalid, "the attributes of the event are larger than %d bytes: what is large belongs into its data", maxAttributes)
	}
	return nil
}

func attributesOf(e event.Event) map[string]string {
	all := map[string]string{
		"specversion": e.SpecVersion(), "id": e.ID(), "type": e.Type(), "source": e.Source(), "subject": e.Subject(),
		"datacontenttype": e.DataContentType(), "dataschema": e.DataSchema(),
	}
	if !e.Time().IsZero() {
		all["time"] = types.FormatTime(e.Time())
	}
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// sendable is false for strings that CloudEvents 1.0 (3.1) and HTTP headers cannot hold.
func sendable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 })
}

// takeHops turns the TTL that a Knative broker elsewhere may have left on the event into our own count.
func (m *message) takeHops() {
	if n, err := strconv.Atoi(m.Attributes[extensionTTL]); err == nil {
		m.Hops = min(n-1, maxHops)
	}
	delete(m.Attributes, extensionTTL)
}

// encode splits a message into a header line and its data.
func (m message) encode() (header string, data []byte, err error) {
	line, err := json.Marshal(m)
	return string(line), m.Data, err
}

func decodeMessage(header string, data []byte) (message, error) {
	m := message{Data: data}
	if err := json.Unmarshal([]byte(header), &m); err != nil {
		return m, fmt.Errorf("a kept event cannot be read: %w", err)
	}
	return m, nil
}

// header writes the message in the binary mode of the CloudEvents HTTP binding.
func (m message) header() http.Header {
	h := http.Header{}
	for name, value := range m.Attributes {
		if name == "datacontenttype" {
			h.Set("Content-Type", value)
			continue
		}
		h.Set("Ce-"+name, value)
	}
	h.Set(trace.Header, string(m.Trace.Child()))
	return h
}

// with is the message with further attributes; an empty value removes one.
func (m message) with(attributes map[string]string) message {
	m.Attributes = maps.Clone(m.Attributes)
	maps.Copy(m.Attributes, attributes)
	maps.DeleteFunc(m.Attributes, func(_, value string) bool { return value == "" })
	return m
}

func (m message) arrived() time.Time {
	at, _ := types.ParseTime(m.Attributes[extensionArrival])
	return at
}

// seen is the message as the history shows it.
func (m message) seen(number uint64) Event {
	e := Event{
		Sequence: number, Broker: m.Broker, ID: m.Attributes["id"], Type: m.Attributes["type"], Source: m.Attributes["source"],
		Subject: m.Attributes["subject"], Extensions: map[string]string{}, Time: m.arrived(), Size: len(m.Data), Trace: m.Trace.ID(),
	}
	for name, value := range m.Attributes {
		switch name {
		case "specversion", "id", "type", "source", "subject", "time", "datacontenttype", "dataschema", extensionArrival:
		default:
			e.Extensions[name] = value
		}
	}
	return e
}
