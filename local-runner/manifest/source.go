package manifest

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	"perigee/local-runner/broker"
	"perigee/local-runner/ping"
)

// pingSource is a PingSource as it is written.
type pingSource struct {
	PingSource
	at       value
	schedule string
	timezone value
	zone     string
	data     value // data or dataBase64, where there is one
	sink     sink
}

// defaultSchedule is that of a PingSource which sets none.
const defaultSchedule = "* * * * *"

func decodePingSource(o *object, honoured map[string]func(value)) rest {
	p := &pingSource{schedule: defaultSchedule}
	o.spec = p
	honoured["spec"] = func(v value) {
		p.at = v
		seen := v.fields(map[string]func(value){
			"schedule":    func(v value) { p.at, p.schedule = v, v.said() },
			"timezone":    func(v value) { p.timezone, p.zone = v, v.said() },
			"contentType": func(v value) { p.ContentType = v.said() },
			"data":        func(v value) { p.data, p.Data = v, []byte(v.said()) },
			"dataBase64":  func(v value) { p.data, p.Data = v, v.base64() },
			"ceOverrides": func(v value) { p.Extensions = decodeOverrides(v) },
			"sink":        func(v value) { p.sink = decodeSource(v) },
		}, rest{})
		v.needs(seen, "sink")
		if seen["data"] && seen["dataBase64"] {
			v.fail("has both data and dataBase64")
		}
		p.check()
	}
	return rest{}
}

// check reads the schedule, and holds data that calls itself JSON to it: Knative takes an object only.
func (p *pingSource) check() {
	schedule, err := ping.ParseSchedule(p.schedule, p.zone)
	if _, plain := ping.ParseSchedule(p.schedule, ""); err != nil && plain == nil {
		p.timezone.note(err)
	} else if p.schedule != "" {
		p.at.note(err)
	}
	p.Schedule = schedule
	var whole map[string]any
	if p.ContentType == "application/json" && len(p.Data) > 0 {
		if err := json.Unmarshal(p.Data, &whole); err != nil {
			p.data.fail("is not the JSON object that contentType says: %v", err)
		}
	}
	if len(p.Data) > maxData {
		p.data.fail("has %d bytes, of which an event carries at most %d", len(p.Data), maxData)
	}
}

// maxData bounds the data of a tick, in bytes: brokers refuse what is larger.
const maxData = 512 << 10

func (v value) base64() []byte {
	decoded, err := base64.StdEncoding.DecodeString(v.said())
	if err != nil {
		v.fail("is not base64; plain text belongs to data")
	}
	return decoded
}

// extensionName is what an extension attribute may be called (CloudEvents 1.0, 3.1).
var extensionName = regexp.MustCompile(`^[a-z0-9]{1,20}$`)

// attributes of CloudEvents itself, which are no extensions.
var contextAttributes = []string{"specversion", "id", "type", "source", "subject", "time", "datacontenttype", "dataschema", "data"}

func decodeOverrides(v value) map[string]string {
	all := map[string]string{}
	v.fields(map[string]func(value){"extensions": func(v value) {
		for _, entry := range v.entries() {
			if !extensionName.MatchString(entry.key) || slices.Contains(contextAttributes, entry.key) {
				entry.fail("is not the name of an extension attribute: lower case letters and digits, at most 20")
			}
			all[entry.key] = entry.text()
		}
	}}, rest{})
	return all
}

// decodeSource reads the sink of a source, which may be a Broker too.
func decodeSource(v value) sink {
	s := decodeSinkOf(v, map[string]string{"Service": servingVersion, "Broker": eventingVersion})
	if s.kind == "Broker" && s.uri != "" {
		s.at.fail("a Broker has no path below it")
	}
	return s
}

func (a *assembly) pingSource(o *object) PingSource {
	p := o.spec.(*pingSource)
	p.Name = o.name
	p.Sink = a.sink(o, p.sink)
	return p.PingSource
}

// binding is a SinkBinding as it is written.
type binding struct {
	at         value
	subject    broker.Name
	selector   *selector
	sink       sink
	extensions map[string]string
}

func decodeBinding(o *object, honoured map[string]func(value)) rest {
	b := &binding{}
	o.spec = b
	honoured["spec"] = func(v value) {
		b.at = v
		v.needs(v.fields(map[string]func(value){
			"subject":     b.decodeSubject,
			"sink":        func(v value) { b.sink = decodeSource(v) },
			"ceOverrides": func(v value) { b.extensions = decodeOverrides(v) },
		}, rest{}), "subject", "sink")
	}
	return rest{}
}

func (b *binding) decodeSubject(v value) {
	b.at = v
	seen := v.fields(map[string]func(value){
		"apiVersion": func(v value) { v.oneOf(servingVersion) },
		"kind":       func(v value) { v.oneOf("Service") },
		"namespace":  func(v value) { b.subject.Namespace = v.name() },
		"name":       func(v value) { b.subject.Name = v.name() },
		"selector":   func(v value) { b.selector = decodeSelector(v) },
	}, rest{})
	v.needs(seen, "apiVersion", "kind")
	if seen["name"] == seen["selector"] {
		v.fail("needs exactly one of name and selector")
	}
}

// bind gives the subjects of a SinkBinding what it says: K_SINK, and the extension attributes that events must carry.
func (a *assembly) bind(o *object, services []Service) {
	b := o.spec.(*binding)
	if b.subject.Namespace != "" && b.subject.Namespace != o.name.Namespace {
		b.at.fail("the subject of a SinkBinding is in its own namespace, %s, not in %s", o.name.Namespace, b.subject.Namespace)
		return
	}
	b.subject.Namespace = o.name.Namespace
	if b.sink.at.in == nil || b.subject.Name == "" && b.selector == nil {
		return // told already
	}
	address, overrides, found := a.sink(o, b.sink).address(), b.overrides(), false
	for i := range services {
		if b.selects(a.byName["Service "+services[i].Name.String()]) {
			found = true
			a.bindOne(b, &services[i], address, overrides)
		}
	}
	if !found {
		b.at.fail("no Service in the namespace %s is meant", o.name.Namespace)
	}
}

func (b *binding) selects(o *object) bool {
	if o == nil || o.name.Namespace != b.subject.Namespace {
		return false
	}
	if b.selector != nil {
		return b.selector.matches(o.meta.labels)
	}
	return o.name.Name == b.subject.Name
}

// bindOne refuses a subject with a sink of its own: in a cluster the binding would take it away without a word. What
// comes from a ConfigMap gives way, as env goes before envFrom there.
func (a *assembly) bindOne(b *binding, s *Service, address, overrides string) {
	for _, e := range a.byName["Service "+s.Name.String()].spec.(*service).container.env {
		if e.name == "K_SINK" || e.name == "K_CE_OVERRIDES" {
			b.at.fail("the Service %s sets %s itself (%s:%d)", s.Name.Name, e.name, e.at.in.file, e.at.line)
			return
		}
	}
	if first, ok := a.bound[s.Name]; ok {
		b.at.fail("the Service %s is already bound in %s:%d", s.Name.Name, first.in.file, first.line)
		return
	}
	a.bound[s.Name] = b.at
	env := &environment{values: map[string]string{}}
	for _, v := range append(s.Env, Variable{"K_SINK", address}, Variable{"K_CE_OVERRIDES", overrides}) {
		env.set(v.Name, v.Value)
	}
	s.Env = env.list()
}

// overrides is the value of K_CE_OVERRIDES, empty where nothing is overridden, as Knative sets it.
func (b *binding) overrides() string {
	if b.extensions == nil {
		return ""
	}
	text, err := json.Marshal(map[string]map[string]string{"extensions": b.extensions})
	if err != nil { // a map of strings
		return ""
	}
	return string(text)
}

// address is where a sink is in a cluster.
func (s Sink) address() string {
	switch {
	case s.Broker != nil:
		return "http://broker-ingress.knative-eventing.svc.cluster.local/" + s.Broker.String()
	case s.Service != nil:
		return "http://" + s.Service.Name + "." + s.Service.Namespace + ".svc.cluster.local" + s.Path
	}
	return s.URL
}

// selector is a LabelSelector: every requirement must hold.
type selector struct{ all []requirement }

type requirement struct {
	key, operator string
	values        []string
}

func decodeSelector(v value) *selector {
	s := &selector{}
	v.fields(map[string]func(value){
		"matchLabels": func(v value) {
			labels := v.texts()
			for _, key := range slices.Sorted(maps.Keys(labels)) {
				s.all = append(s.all, requirement{key, "In", []string{labels[key]}})
			}
		},
		"matchExpressions": func(v value) {
			for _, item := range v.items() {
				s.all = append(s.all, decodeRequirement(item))
			}
		},
	}, rest{})
	return s
}

func decodeRequirement(v value) requirement {
	var r requirement
	v.needs(v.fields(map[string]func(value){
		"key":      func(v value) { r.key = v.said() },
		"operator": func(v value) { r.operator = v.oneOf("In", "NotIn", "Exists", "DoesNotExist") },
		"values":   func(v value) { r.values = v.list() },
	}, rest{}), "key", "operator")
	if ofSet := r.operator == "In" || r.operator == "NotIn"; r.operator != "" && ofSet != (len(r.values) > 0) {
		v.fail("In and NotIn need values, Exists and DoesNotExist have none")
	}
	return r
}

func (s *selector) matches(labels map[string]value) bool {
	return !slices.ContainsFunc(s.all, func(r requirement) bool { return !r.holds(labels) })
}

func (r requirement) holds(labels map[string]value) bool {
	label, there := labels[r.key]
	among := there && slices.Contains(r.values, label.text())
	switch r.operator {
	case "In":
		return among
	case "NotIn":
		return !among
	case "Exists":
		return there
	}
	return !there
}
