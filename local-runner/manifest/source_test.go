package manifest_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"perigee/local-runner/broker"
	"perigee/local-runner/manifest"
)

// source is a PingSource that says spec, in lines of their own from line 5 on, in a house with the broker b.
func source(spec ...string) string {
	return "apiVersion: sources.knative.dev/v1\nkind: PingSource\nmetadata: {name: s}\nspec:\n  " + strings.Join(spec, "\n  ") + "\n" + theBroker
}

const toBroker = "sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b}}"

// binding is a SinkBinding that says spec, beside the broker b and the services a and c, of which c is of the kitchen.
func binding(spec ...string) string {
	return "apiVersion: sources.knative.dev/v1\nkind: SinkBinding\nmetadata: {name: k}\nspec:\n  " + strings.Join(spec, "\n  ") + "\n" + theBroker +
		"---\n" + named("a") + "---\n" + strings.Replace(named("c"), "metadata:", "metadata:\n  labels: {team: kitchen, size: \"2\"}", 1)
}

const ofA = "subject: {apiVersion: serving.knative.dev/v1, kind: Service, name: a}"

func TestPingSources(t *testing.T) {
	b := broker.Name{Namespace: "default", Name: "b"}
	a := broker.Name{Namespace: "default", Name: "a"}
	for name, c := range map[string]struct {
		text string
		want manifest.PingSource
	}{
		"all": {
			source("schedule: 30 */5 * * * *", "timezone: Europe/Vienna", "contentType: application/json", `data: '{"x": 1}'`, `ceOverrides: {extensions: {sweep: "outbox"}}`, toBroker),
			manifest.PingSource{ContentType: "application/json", Data: []byte(`{"x": 1}`), Extensions: map[string]string{"sweep": "outbox"}, Sink: manifest.Sink{Broker: &b}},
		},
		"least":     {source(toBroker), manifest.PingSource{Sink: manifest.Sink{Broker: &b}}},
		"base64":    {source("dataBase64: aGVsbG8=", toBroker), manifest.PingSource{Data: []byte("hello"), Sink: manifest.Sink{Broker: &b}}},
		"to a path": {source("sink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: a}, uri: /x}") + "---\n" + named("a"), manifest.PingSource{Sink: manifest.Sink{Service: &a, Path: "/x"}}},
		"outside":   {source("sink: {uri: 'http://example.org/in'}"), manifest.PingSource{Sink: manifest.Sink{URL: "http://example.org/in"}}},
	} {
		set, err := manifest.Load(layer("", nil, "f.yaml", c.text))
		if err != nil || len(set.PingSources) != 1 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := set.PingSources[0]
		next := got.Schedule.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).UTC().Format("15:04:05")
		if want := map[bool]string{true: "00:00:30", false: "00:01:00"}[name == "all"]; next != want {
			t.Errorf("%s: the next tick is at %s, not %s", name, next, want)
		}
		c.want.Name, c.want.Schedule = broker.Name{Namespace: "default", Name: "s"}, got.Schedule
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

func TestBadPingSources(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"schedule":        {source("schedule: 61 * * * *", toBroker), []string{`f.yaml:5: spec.schedule: "61 * * * *" is not a schedule such as */5 * * * *, with seconds 0 */5 * * * *, or @hourly: end of range (61) above maximum (59): 61`}},
		"every":           {source(`schedule: "@every 5m"`, toBroker), []string{`f.yaml:5: spec.schedule: "@every 5m": Knative does not take @every`}},
		"empty schedule":  {source(`schedule: ""`, toBroker), []string{"f.yaml:5: spec.schedule: must not be empty"}},
		"zone":            {source("schedule: '@daily'", "timezone: Europe/Perigee", toBroker), []string{`f.yaml:6: spec.timezone: "Europe/Perigee" is not a time zone such as Europe/Vienna: unknown time zone Europe/Perigee`}},
		"data not JSON":   {source("contentType: application/json", "data: 'hello'", toBroker), []string{"f.yaml:6: spec.data: is not the JSON object that contentType says: invalid character 'h' looking for beginning of value"}},
		"base64 not JSON": {source("contentType: application/json", "dataBase64: aGVsbG8=", toBroker), []string{"f.yaml:6: spec.dataBase64: is not the JSON object that contentType says: invalid character 'h' looking for beginning of value"}},
		"not base64":      {source("dataBase64: '?'", toBroker), []string{"f.yaml:5: spec.dataBase64: is not base64; plain text belongs to data"}},
		"both":            {source("data: x", "dataBase64: eA==", toBroker), []string{"f.yaml:4: spec: has both data and dataBase64"}},
		"huge":            {source("data: "+strings.Repeat("x", 512<<10+1), toBroker), []string{"f.yaml:5: spec.data: has 524289 bytes, of which an event carries at most 524288"}},
		"no sink":         {source("schedule: '@daily'"), []string{"f.yaml:4: spec: sink is missing"}},
		"nobody's broker": {source(strings.Replace(toBroker, "name: b", "name: x", 1)), []string{`f.yaml:5: spec.sink: there is no Broker "x" in the namespace default`}},
		"broker's path":   {source("sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: b}, uri: /x}"), []string{"f.yaml:5: spec.sink: a Broker has no path below it"}},
		"wrong version":   {source(strings.Replace(toBroker, "eventing.", "serving.", 1)), []string{`f.yaml:5: spec.sink.ref.apiVersion: must be eventing.knative.dev/v1, but is "serving.knative.dev/v1"`}},
		"extension":       {source("ceOverrides: {extensions: {Sweep: x}}", toBroker), []string{"f.yaml:5: spec.ceOverrides.extensions.Sweep: is not the name of an extension attribute: lower case letters and digits, at most 20"}},
		"an attribute":    {source("ceOverrides: {extensions: {type: x}}", toBroker), []string{"f.yaml:5: spec.ceOverrides.extensions.type: is not the name of an extension attribute: lower case letters and digits, at most 20"}},
		"unknown key":     {source("interval: 5m", toBroker), []string{"f.yaml:5: spec.interval: unknown key"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := manifest.Load(layer("", nil, "f.yaml", c.text))
			compare(t, err, c.want)
		})
	}
}

func TestSinkBindings(t *testing.T) {
	const broker = "http://broker-ingress.knative-eventing.svc.cluster.local/default/b"
	for name, c := range map[string]struct {
		text string
		want map[string]string // services with their K_SINK and K_CE_OVERRIDES
	}{
		"by name":       {binding(ofA, toBroker), map[string]string{"a": broker + " ", "c": ""}},
		"overrides":     {binding(ofA, toBroker, "ceOverrides: {extensions: {b: x, a: y}}"), map[string]string{"a": broker + ` {"extensions":{"a":"y","b":"x"}}`, "c": ""}},
		"to a service":  {binding(ofA, "sink: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: c}, uri: /in}"), map[string]string{"a": "http://c.default.svc.cluster.local/in ", "c": ""}},
		"to an address": {binding(ofA, "sink: {uri: 'http://example.org/in'}"), map[string]string{"a": "http://example.org/in ", "c": ""}},
		"by label":      {binding("subject: {apiVersion: serving.knative.dev/v1, kind: Service, selector: {matchLabels: {team: kitchen}}}", toBroker), map[string]string{"a": "", "c": broker + " "}},
		"by expression": {binding("subject: {apiVersion: serving.knative.dev/v1, kind: Service, selector: {matchExpressions: [{key: team, operator: Exists}, {key: size, operator: NotIn, values: ['3']}]}}", toBroker), map[string]string{"a": "", "c": broker + " "}},
		"by absence":    {binding("subject: {apiVersion: serving.knative.dev/v1, kind: Service, selector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}", toBroker), map[string]string{"a": broker + " ", "c": ""}},
		"over settings": {
			strings.Replace(binding(ofA, toBroker), "image: perigee/a", "image: perigee/a\n          envFrom: [{configMapRef: {name: s}}]", 1) + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\ndata: {K_SINK: elsewhere}\n",
			map[string]string{"a": broker + " ", "c": ""},
		},
	} {
		set, err := manifest.Load(layer("", nil, "f.yaml", c.text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, s := range set.Services {
			got := ""
			for _, v := range s.Env {
				switch v.Name {
				case "K_SINK":
					got = v.Value + " " + got
				case "K_CE_OVERRIDES":
					got += v.Value
				}
			}
			if got != c.want[s.Name.Name] {
				t.Errorf("%s: %s is given %q, not %q", name, s.Name.Name, got, c.want[s.Name.Name])
			}
		}
	}
}

func TestBadSinkBindings(t *testing.T) {
	explicit := "image: perigee/a\n          env: [{name: K_SINK, value: 'http://x'}]"
	second := "---\napiVersion: sources.knative.dev/v1\nkind: SinkBinding\nmetadata: {name: l}\nspec:\n  " + ofA + "\n  " + toBroker + "\n"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"conflict":      {strings.Replace(binding(ofA, toBroker), "image: perigee/a", explicit, 1), []string{"f.yaml:5: spec.subject: the Service a sets K_SINK itself (f.yaml:21)"}},
		"bound twice":   {binding(ofA, toBroker) + second, []string{"f.yaml:39: spec.subject: the Service a is already bound in f.yaml:5"}},
		"nobody":        {binding(strings.Replace(ofA, "name: a", "name: x", 1), toBroker), []string{"f.yaml:5: spec.subject: no Service in the namespace default is meant"}},
		"nobody either": {binding("subject: {apiVersion: serving.knative.dev/v1, kind: Service, selector: {matchLabels: {team: garden}}}", toBroker), []string{"f.yaml:5: spec.subject: no Service in the namespace default is meant"}},
		"both":          {binding("subject: {apiVersion: serving.knative.dev/v1, kind: Service, name: a, selector: {}}", toBroker), []string{"f.yaml:5: spec.subject: needs exactly one of name and selector"}},
		"another kind":  {binding(strings.Replace(ofA, "kind: Service", "kind: Deployment", 1), toBroker), []string{`f.yaml:5: spec.subject.kind: must be Service, but is "Deployment"`}},
		"elsewhere":     {binding(strings.Replace(ofA, "name: a", "name: a, namespace: x", 1), toBroker), []string{"f.yaml:5: spec.subject: the subject of a SinkBinding is in its own namespace, default, not in x"}},
		"operator":      {binding("subject: {apiVersion: serving.knative.dev/v1, kind: Service, selector: {matchExpressions: [{key: a, operator: In}]}}", toBroker), []string{"f.yaml:5: spec.subject.selector.matchExpressions[0]: In and NotIn need values, Exists and DoesNotExist have none", "f.yaml:5: spec.subject: no Service in the namespace default is meant"}},
		"nothing":       {binding("{}"), []string{"f.yaml:4: spec: subject is missing", "f.yaml:4: spec: sink is missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := manifest.Load(layer("", nil, "f.yaml", c.text))
			compare(t, err, c.want)
		})
	}
}
