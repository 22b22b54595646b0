// Package manifest reads the very YAML that a cluster gets and says what of it the runner has to do. It is strict:
// whatever the runner would not honour is a problem with file, line and key, never silence. What means nothing on one
// machine (resources, security contexts, probes) is accepted by an explicit list.
package manifest

import (
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/ping"
)

// Set is everything that the manifests ask for.
type Set struct {
	Services    []Service
	Jobs        []Job
	Brokers     []Broker
	Triggers    []Trigger
	PingSources []PingSource
	Routes      []Route
}

// Program is a container: the binary that its image holds, and how it is called.
type Program struct {
	Binary string // its name in the folder of the functions' binaries
	Args   []string
	Env    []Variable
}

// Variable is one environment variable, with every reference resolved.
type Variable struct{ Name, Value string }

// Service is a Knative Service (https://knative.dev/docs/serving/).
type Service struct {
	broker.Name
	Program
	Concurrency  int           // requests that one instance serves at once; 0: any number
	Timeout      time.Duration // of one request
	MinScale     int
	MaxScale     int // 0: any number
	InitialScale int // instances at the start
	Target       int // requests at once beyond which another instance is wanted
	Window       time.Duration
	Retention    time.Duration // how much longer than Window the last instance stays
	ClusterLocal bool
}

// Job is a batch Job: a program that runs to its end before the services start.
type Job struct {
	broker.Name
	Program
	Retries  int           // further attempts after a failed one
	Deadline time.Duration // of all attempts; 0: none
}

// Broker is an eventing Broker.
type Broker struct {
	broker.Name
	Delivery *Delivery // nil: the default
}

// Trigger is an eventing Trigger.
type Trigger struct {
	broker.Name
	Broker     string // in the same namespace
	Filters    []broker.Filter
	Subscriber Sink
	Delivery   *Delivery // nil: the broker's
}

// PingSource is an event by the clock.
type PingSource struct {
	broker.Name
	Schedule    ping.Schedule
	ContentType string
	Data        []byte // nil: none
	Extensions  map[string]string
	Sink        Sink
}

// Delivery is a DeliverySpec.
type Delivery struct {
	Retry         int
	Policy        broker.Policy
	Delay         time.Duration
	Timeout       time.Duration
	RetryAfterMax time.Duration
	DeadLetter    *Sink
}

// Sink is where events go: a Service with a path below it, a Broker (from sources only), or any address.
type Sink struct {
	Service *broker.Name
	Broker  *broker.Name
	Path    string
	URL     string
}

// PathType is how a route compares paths.
type PathType string

// The path comparisons of Gateway API (HTTPPathMatch).
const (
	PathPrefix        PathType = "PathPrefix"
	PathExact         PathType = "Exact"
	RegularExpression PathType = "RegularExpression"
)

// Route leads the requests of some paths to a Service.
type Route struct {
	Type    PathType
	Path    string
	Service broker.Name
}

// Layer is a folder of manifests.
type Layer struct {
	// Name stands before the file names in messages.
	Name  string
	Files Files
	// Values fills the placeholders ${NAME} of this layer; nil leaves them as they are.
	Values map[string]string
}

// Load reads the layers; an object of a later layer replaces the one of the same kind and name. The error holds every
// problem that was found.
func Load(layers ...Layer) (*Set, error) {
	l := &loader{byName: map[string]*object{}}
	for _, layer := range layers {
		l.layer(layer)
	}
	set := l.assemble()
	if err := l.problems.err(); err != nil {
		return nil, err
	}
	return set, nil
}
