package manifest

import (
	"net/url"
	"strings"
	"time"

	"perigee/local-runner/broker"
)

// trigger is a Trigger as it is written.
type trigger struct {
	Trigger
	at         value // spec.broker
	subscriber sink
	delivery   *delivery
}

// delivery is a DeliverySpec as it is written.
type delivery struct {
	Delivery
	deadLetter *sink
}

// sink is a Destination (ref, uri) as it is written.
type sink struct {
	at        value
	kind      string
	namespace string
	name      string
	uri       string
}

// brokerSpec is a Broker as it is written.
type brokerSpec struct{ delivery *delivery }

func decodeBroker(o *object, honoured map[string]func(value)) rest {
	b := &brokerSpec{}
	o.spec = b
	honoured["spec"] = func(v value) {
		v.fields(map[string]func(value){"delivery": func(v value) { b.delivery = decodeDelivery(v) }}, rest{pointless: []string{"config"}})
	}
	return rest{}
}

func decodeTrigger(o *object, honoured map[string]func(value)) rest {
	t := &trigger{}
	o.spec = t
	honoured["spec"] = func(v value) {
		seen := v.fields(map[string]func(value){
			"broker":     func(v value) { t.at, t.Broker = v, v.name() },
			"filter":     func(v value) { t.Filters = append(t.Filters, decodeOldFilter(v)...) },
			"filters":    func(v value) { t.Filters = decodeFilters(v) },
			"subscriber": func(v value) { t.subscriber = decodeSink(v) },
			"delivery":   func(v value) { t.delivery = decodeDelivery(v) },
		}, rest{refused: []string{"brokerRef"}})
		v.needs(seen, "broker", "subscriber")
		if seen["filter"] && seen["filters"] {
			v.fail("has both filter and filters, of which Knative takes only the second")
		}
	}
	return rest{}
}

// decodeEventType reads an EventType, which tells people what a broker carries and changes nothing.
func decodeEventType(o *object, honoured map[string]func(value)) rest {
	honoured["spec"] = func(v value) {
		v.needs(v.fields(map[string]func(value){
			"attributes": func(v value) { v.items() },
		}, rest{pointless: []string{"reference", "description"}}), "attributes")
	}
	return rest{}
}

func decodeOldFilter(v value) []broker.Filter {
	var all []broker.Filter
	v.fields(map[string]func(value){"attributes": func(v value) { all = broker.Attributes(v.texts()) }}, rest{})
	return all
}

func decodeFilters(v value) []broker.Filter {
	var all []broker.Filter
	for _, item := range v.items() {
		f := decodeFilter(item)
		if err := f.Validate(); err != nil {
			item.fail("%v", err)
		}
		all = append(all, f)
	}
	return all
}

// decodeFilter reads one filter; those inside it are valid when it is.
func decodeFilter(v value) broker.Filter {
	var f broker.Filter
	inner := func(into *[]broker.Filter) func(value) {
		return func(v value) {
			*into = []broker.Filter{}
			for _, item := range v.items() {
				*into = append(*into, decodeFilter(item))
			}
		}
	}
	v.fields(map[string]func(value){
		"exact":  func(v value) { f.Exact = v.texts() },
		"prefix": func(v value) { f.Prefix = v.texts() },
		"suffix": func(v value) { f.Suffix = v.texts() },
		"all":    inner(&f.All),
		"any":    inner(&f.Any),
		"not": func(v value) {
			not := decodeFilter(v)
			f.Not = &not
		},
		"cesql": func(v value) { f.CESQL = v.said() },
	}, rest{})
	return f
}

// mostRetries bounds delivery.retry: with an exponential delay more would never come.
const mostRetries = 100

func decodeDelivery(v value) *delivery {
	d := &delivery{}
	v.fields(map[string]func(value){
		"retry": func(v value) { d.Retry = v.integer(0, mostRetries) },
		"backoffPolicy": func(v value) {
			policy, err := broker.ParsePolicy(v.text())
			v.note(err)
			d.Policy = policy
		},
		"backoffDelay":   func(v value) { d.Delay = v.parsed(broker.ParseDuration) },
		"timeout":        func(v value) { d.Timeout = v.parsed(broker.ParseTimeout) },
		"retryAfterMax":  func(v value) { d.RetryAfterMax = v.parsed(broker.ParseDuration) },
		"deadLetterSink": func(v value) { s := decodeSink(v); d.deadLetter = &s },
	}, rest{refused: []string{"format"}})
	return d
}

func (v value) note(err error) {
	if err != nil {
		v.fail("%v", err)
	}
}

func (v value) parsed(parse func(string) (time.Duration, error)) time.Duration {
	d, err := parse(v.text())
	v.note(err)
	return d
}

// The versions of Knative's objects.
const (
	servingVersion  = "serving.knative.dev/v1"
	eventingVersion = "eventing.knative.dev/v1"
)

func decodeSink(v value) sink {
	return decodeSinkOf(v, map[string]string{"Service": servingVersion})
}

// decodeSinkOf reads a Destination that may be of the kinds given, with their versions.
func decodeSinkOf(v value, versions map[string]string) sink {
	s := sink{at: v}
	var version value
	seen := v.fields(map[string]func(value){
		"ref": func(v value) {
			v.needs(v.fields(map[string]func(value){
				"apiVersion": func(v value) { version = v; v.oneOf(sortedValues(versions)...) },
				"kind":       func(v value) { s.kind = v.oneOf(sortedKeys(versions)...) },
				"name":       func(v value) { s.name = v.name() },
				"namespace":  func(v value) { s.namespace = v.name() },
			}, rest{refused: []string{"group", "address"}}), "apiVersion", "kind", "name")
			if want := versions[s.kind]; want != "" && version.in != nil && len(versions) > 1 {
				version.oneOf(want)
			}
		},
		"uri": func(v value) { s.uri = v.said() },
	}, rest{refused: []string{"CACerts", "audience"}})
	if !seen["ref"] && !seen["uri"] {
		v.fail("ref or uri is missing")
	}
	return s
}

// sink finishes a Destination: with a ref, the uri is relative to it; alone it is an address.
func (a *assembly) sink(o *object, s sink) Sink {
	if s.name == "" {
		if u, err := url.Parse(s.uri); s.uri != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			s.at.fail("without ref, uri must be an absolute address, but is %q", s.uri)
		}
		return Sink{URL: s.uri}
	}
	if s.uri != "" && !strings.HasPrefix(s.uri, "/") {
		s.at.fail("beside ref, uri must be a path that starts with /, but is %q", s.uri)
	}
	name := broker.Name{Namespace: s.namespace, Name: s.name}
	if name.Namespace == "" {
		name.Namespace = o.name.Namespace
	}
	if s.kind == "Broker" {
		a.mustHave(s.at, "Broker", name)
		return Sink{Broker: &name}
	}
	a.mustHave(s.at, "Service", name)
	return Sink{Service: &name, Path: s.uri}
}

func (a *assembly) delivery(o *object, d *delivery) *Delivery {
	if d == nil {
		return nil
	}
	if d.deadLetter != nil {
		to := a.sink(o, *d.deadLetter)
		d.DeadLetter = &to
	}
	return &d.Delivery
}

// asyncHandler is the annotation by which Knative's in-memory channel answers an event when it has it, and not when all
// subscribers have handled it. This is how the runner's broker answers, and the only way it does.
const asyncHandler = "messaging.knative.dev/async-handler"

func (a *assembly) broker(o *object) Broker {
	if v, ok := o.meta.annotations[asyncHandler]; ok {
		v.oneOf("true")
	}
	return Broker{Name: o.name, Delivery: a.delivery(o, o.spec.(*brokerSpec).delivery)}
}

func (a *assembly) trigger(o *object) Trigger {
	t := o.spec.(*trigger)
	t.Name = o.name
	if t.Broker != "" {
		a.mustHave(t.at, "Broker", broker.Name{Namespace: o.name.Namespace, Name: t.Broker})
	}
	if t.subscriber.at.in != nil {
		t.Subscriber = a.sink(o, t.subscriber)
	}
	t.Delivery = a.delivery(o, t.delivery)
	return t.Trigger
}
