package broker

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

// Every type that a filter takes lies under one of the subjects of its Trigger.
func TestSubjectsHoldWhatFiltersTake(t *testing.T) {
	long := strings.Repeat("a.", 20) + strings.Repeat("b", 500)
	types := []string{
		"a", "a.b", "a.b.c", "a.bc", "ab", "com.amazonaws.s3.ObjectCreated:Put", "com.amazonaws.Object", "a..b", ".", "a.", ".a", "a b*>.c", "é.ü", long, long + "c",
		"org.ogc.api.collection.item.create", "1.2.3.4.5.6.7.8", "1.2.3.4.5.6.7.8.9", "1.2.3.4.5.6.7",
	}
	var filters [][]Filter
	for _, typ := range types {
		exact, prefix := map[string]string{"type": typ}, map[string]string{"type": typ[:max(1, len(typ)-2)]}
		filters = append(filters, []Filter{{Exact: exact}}, []Filter{{Prefix: exact}}, []Filter{{Prefix: prefix}}, Attributes(exact),
			[]Filter{{Any: []Filter{{Exact: exact}, {Prefix: prefix}, {Prefix: exact}}}}, []Filter{{Not: &Filter{Exact: exact}}},
			[]Filter{{Exact: map[string]string{"source": "s"}}, {Any: []Filter{{Exact: exact}, {Suffix: exact}}}},
			[]Filter{{All: []Filter{{Exact: map[string]string{"source": "s"}}, {Exact: exact}}}})
	}
	filters = append(filters, nil, Attributes(map[string]string{"type": "", "source": "s"}))
	n := Name{"ns", "default.one"}
	for _, all := range filters {
		matcher, err := Compile(all)
		if err != nil {
			t.Fatal(err)
		}
		subjects := subjectsOf(n, all)
		for i, s := range subjects {
			if !server.IsValidSubject(s) || slices.ContainsFunc(subjects[i+1:], func(other string) bool { return server.SubjectsCollide(s, other) }) {
				t.Errorf("%v has the subjects %q, which the store does not take", all, subjects)
			}
		}
		for _, typ := range types {
			subject := eventSubject(n, typ)
			if !server.IsValidLiteralSubject(subject) || len(subject) > 2000 {
				t.Fatalf("%q is kept under %q", typ, subject)
			}
			holds := slices.ContainsFunc(subjects, func(s string) bool { return server.SubjectsCollide(s, subject) })
			if matcher.match(map[string]string{"type": typ, "source": "s"}) && !holds {
				t.Errorf("%v takes %q, kept under %q, but has the subjects %q", all, typ, subject, subjects)
			}
		}
	}
}

// A Trigger is not handed the events of types that it does not take.
func TestSubjectsOfTriggers(t *testing.T) {
	prefix := func(typ string) Filter { return Filter{Prefix: map[string]string{"type": typ}} }
	any := []Filter{{Any: []Filter{prefix("com.amazonaws.s3.Object"), prefix("com.amazonaws.s3.Lifecycle"), prefix("com.amazonaws.Object")}}}
	for want, got := range map[string][]string{
		"event.n.b event.n.b.perigee.register.requested": subjectsOf(Name{"n", "b"}, []Filter{{Exact: map[string]string{"type": "perigee.register.requested"}}}),
		"event.n.b event.n.b.com.amazonaws.>":            subjectsOf(Name{"n", "b"}, any),
		"event.n.b event.n.b.>":                          subjectsOf(Name{"n", "b"}, nil),
	} {
		if strings.Join(got, " ") != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// What a version before kept under the broker alone is delivered, also by a consumer that it made.
func TestSubjectsOfVersionsBefore(t *testing.T) {
	came := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { came <- r.Header.Get("Ce-Id") }))
	defer server.Close()
	cfg := oneTrigger(URL(server.URL), quick(0), exact("type", newEvent("").Type()))
	cfg.Dir, cfg.Log = t.TempDir(), slog.Default()
	before, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	config := before.dispatchers[0].consumer.CachedInfo().Config
	config.FilterSubjects, config.FilterSubject = nil, brokerSubject(testBroker)
	if _, err := before.events.UpdateConsumer(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	m, err := newMessage(newEvent("kept"))
	if err != nil {
		t.Fatal(err)
	}
	m.Broker = testBroker
	if _, err := before.put(t.Context(), alone(brokerSubject(testBroker), m), ""); err != nil {
		t.Fatal(err)
	}
	if err := before.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	now, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer now.Close(t.Context())
	if err := now.Start(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"kept", "new"} {
		if got := <-came; got != id {
			t.Errorf("%q came, not %q", got, id)
		}
		if id == "kept" {
			if err := now.Publish(t.Context(), testBroker, newEvent("new")); err != nil {
				t.Fatal(err)
			}
		}
	}
}
