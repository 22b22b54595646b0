// Package broker plays Knative's Broker and Triggers on one machine: events are stored durably in an embedded NATS
// JetStream before they are acknowledged, matched by the Triggers' filters, and delivered over HTTP with Knative's
// retries, replies and dead letters. It is the one door to NATS.
//
//	b, err := broker.Open(ctx, broker.Config{Dir: state, Brokers: brokers, Triggers: triggers})
//	mux.Handle("/_broker/", http.StripPrefix("/_broker", b))   // ingress: POST /_broker/<namespace>/<name>
//	err = b.Start()                                            // from here on events are delivered
//	err = b.Close(ctx)                                         // finishes what is in flight, keeps the rest
//
// Events are accepted (ServeHTTP, Publish) from Open on; they are delivered from Start on. Unlike Knative's broker it also
// takes batches (CloudEvents HTTP binding, 3.3), keeps their events together, and delivers them so to subscribers whose
// answers say that they take batches; it says so itself, with Accept-Post.
package broker

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// Name names a Broker or a Trigger as Kubernetes does.
type Name struct {
	Namespace string
	Name      string
}

// String is namespace/name.
func (n Name) String() string { return n.Namespace + "/" + n.Name }

// MarshalText is namespace/name.
func (n Name) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads namespace/name.
func (n *Name) UnmarshalText(text []byte) error {
	n.Namespace, n.Name, _ = strings.Cut(string(text), "/")
	return nil
}

// Config is what a Broker is opened with. Manifests are read once: what is not in Triggers any more is forgotten at
// Open together with the events that waited for it, what is new receives the events from now on.
type Config struct {
	Dir       string // everything durable lies below; made when missing
	Brokers   []Definition
	Triggers  []Trigger
	MaxBytes  int64             // of events that wait; beyond it the ingress answers 503; default 1 GiB
	History   int               // how many events Events remembers; default 5000
	Transport http.RoundTripper // to the targets; default: a transport of its own that keeps connections
	Log       *slog.Logger      // default slog.Default()
}

// Definition is one Broker object.
type Definition struct {
	Name
	Delivery *Delivery // spec.delivery; nil: Knative's default (DefaultDelivery)
}

// Trigger is one Trigger object.
type Trigger struct {
	Name
	Broker     string    // in the same namespace
	Filters    []Filter  // spec.filters, all must hold; for the old spec.filter.attributes use Attributes(map)
	Subscriber Target    // spec.subscriber
	Delivery   *Delivery // spec.delivery; nil: the Broker's
}

// Target is where events go: a function that may have to be started, or an address (URL).
type Target interface {
	// Acquire waits until the target may be sent one more request, starting it where it is scaled to zero, and leases
	// the slot. It is called for a matching event only, just before the request, and no further event is fetched for
	// the Trigger while it waits, so it may take its time; ctx ends when the broker closes. An error counts as a
	// failed attempt without an answer (Knative's activator would answer 5xx).
	Acquire(ctx context.Context) (Lease, error)
	// Address names the target in dead letters (knativeerrordest) and on pages, e.g. http://register.perigee.svc.cluster.local.
	Address() string
}

// Lease is the right to send one request.
type Lease struct {
	URL       string            // absolute http(s) URL to POST to
	Transport http.RoundTripper // by which it is sent; nil: the broker's
	Release   func()            // gives the slot back; called exactly once, after the answer's body was read; may be nil
}

// Policy says how the delay before a retry grows.
type Policy string

// The policies of Knative: with d the delay and n counted from 0 for the first retry, linear waits d*n, exponential d*2^n.
const (
	Linear      Policy = "linear"
	Exponential Policy = "exponential"
)

// Delivery is Knative's DeliverySpec. As there, a Trigger's Delivery replaces the Broker's as a whole, except that a
// missing DeadLetter falls back to the Broker's; a missing Retry means none; without both Policy and Delay retries
// follow at once. Strings of the manifest are read with ParseDuration and ParsePolicy.
type Delivery struct {
	Retry      int
	Policy     Policy
	Delay      time.Duration
	Timeout    time.Duration // of one request; 0: MaxTimeout
	DeadLetter Target        // nil: dead letters are kept by the broker itself (DeadLetters)

	// RetryAfterMax bounds what a Retry-After header of a 429 or 503 may ask for; 0: the header is not looked at. A
	// cluster takes the field only where the feature delivery-retryafter is enabled.
	RetryAfterMax time.Duration
}

// MaxTimeout bounds a request for which the manifest sets no timeout: the longest that Knative Serving allows.
const MaxTimeout = 10 * time.Minute

// MaxEvent is the size in bytes of the largest event that the ingress takes.
const MaxEvent = 1 << 20

// DefaultDelivery is what Knative's config-br-defaults gives a Broker that says nothing.
func DefaultDelivery() Delivery {
	return Delivery{Retry: 10, Policy: Exponential, Delay: 200 * time.Millisecond}
}

// Stats are the figures of one Trigger since Open.
type Stats struct {
	Trigger    Name      `json:"trigger,omitzero"`
	Broker     string    `json:"broker,omitempty"`
	Subscriber string    `json:"subscriber,omitempty"` // Target.Address
	Delivered  int       `json:"delivered"`            // events whose subscriber answered 2xx
	Retried    int       `json:"retried"`              // further attempts that were needed
	Dead       int       `json:"dead"`                 // events given up: sent to the dead letter sink, or kept
	Pending    int       `json:"pending"`              // events that wait or are in flight (those that will not pass the filter included), those of a batch as one
	LastError  string    `json:"lastError,omitempty"`  // of the last failed attempt, in words, with its time
	LastFailed time.Time `json:"lastFailed,omitzero"`
}

// Event is an event's way through the broker.
type Event struct {
	Sequence   uint64            `json:"sequence"` // grows with every event
	Broker     Name              `json:"broker,omitzero"`
	ID         string            `json:"id,omitempty"`
	Type       string            `json:"type,omitempty"`
	Source     string            `json:"source,omitempty"`
	Subject    string            `json:"subject,omitempty"`
	Extensions map[string]string `json:"extensions,omitempty"`
	Time       time.Time         `json:"time"`               // when it arrived
	Size       int               `json:"size,omitempty"`     // of its data
	Trace      string            `json:"trace,omitempty"`    // W3C trace id, shared by the events that caused one another
	Attempts   []Attempt         `json:"attempts,omitempty"` // in order of time; empty while no Trigger took it
}

// Outcome says how an attempt ended.
type Outcome string

// The outcomes of an attempt.
const (
	Delivered Outcome = "delivered"               // 2xx
	Replied   Outcome = "replied"                 // 2xx with an event that went back into the broker
	Retrying  Outcome = "retrying"                // failed, will be tried again
	GivenUp   Outcome = "given up"                // failed for good: it becomes a dead letter
	Sunk      Outcome = "dead"                    // the dead letter sink (or the broker's own stream) has taken it
	SinkFails Outcome = "dead letter sink failed" // will be tried again
)

// Attempt is one try to deliver an event to the subscriber of a Trigger, or to its dead letter sink.
type Attempt struct {
	Trigger  Name          `json:"trigger,omitzero"`
	Number   int           `json:"number"` // 1 is the first
	Outcome  Outcome       `json:"outcome,omitempty"`
	Status   int           `json:"status,omitempty"` // HTTP; 0 where there was no answer
	Error    string        `json:"error,omitempty"`
	Time     time.Time     `json:"time"` // when it began
	Duration time.Duration `json:"duration,omitempty"`
}

// Happening is one piece of news for Watch: an event that arrived (Attempt nil) or was attempted.
type Happening struct {
	Event   Event // without its Attempts
	Attempt *Attempt
}

// Query selects events of the history; empty fields do not restrict.
type Query struct {
	// Subject selects the events about a thing: those whose subject is this, or a path with an element of this name
	// (with or without its extension), and all events of the same traces.
	Subject string
	ID      string
	Type    string // exact, or a prefix when it ends with *
	Trigger Name   // attempted for this Trigger
	Limit   int    // default 100
}

// DeadLetter is an event that the broker itself keeps because no sink was configured.
type DeadLetter struct {
	Sequence uint64    `json:"sequence"` // its name for Replay and Forget
	Broker   Name      `json:"broker,omitzero"`
	Trigger  Name      `json:"trigger,omitzero"`
	ID       string    `json:"id,omitempty"`
	Type     string    `json:"type,omitempty"`
	Source   string    `json:"source,omitempty"`
	Subject  string    `json:"subject,omitempty"`
	Code     int       `json:"code,omitempty"`
	Error    string    `json:"error,omitempty"`
	Time     time.Time `json:"time"`
}
