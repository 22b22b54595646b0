package broker

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// An event arrives in binary mode with its attributes, its extensions, its data and its trace.
func TestDelivery(t *testing.T) {
	s := subscribe(t, status(202))
	b := open(t, "", oneTrigger(s.target(), quick(0)))
	e := newEvent("ä b")
	e.SetExtension("collection", "S2")
	e.SetExtension("count", 7)
	e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	publish(t, b, e)
	stats := settled(t, b)
	got := s.all()
	if len(got) != 1 {
		t.Fatalf("%d requests", len(got))
	}
	for name, want := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": "ä b", "Ce-Type": "test.made", "Ce-Source": "/test", "Ce-Subject": "thing-ä b",
		"Ce-Collection": "S2", "Ce-Count": "7", "Content-Type": "application/json", "Prefer": "reply",
		"Ce-Traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "Ce-Knativebrokerttl": "",
	} {
		same(t, name, got[0].header.Get(name), want)
	}
	same(t, "trace", got[0].header.Get("Traceparent")[:35], "00-0af7651916cd43dd8448eb211c80319c")
	same(t, "data", got[0].body, `{"id":"ä b"}`)
	if _, err := time.Parse(time.RFC3339, got[0].header.Get("Ce-Knativearrivaltime")); err != nil {
		t.Error(err)
	}
	same(t, "delivered", stats[0].Delivered, 1)
}

// Attempts are retry + 1 for what Knative retries, one for all else, none more for a success.
func TestAttemptsByStatus(t *testing.T) {
	const retry = 3
	for code, want := range map[int]int{
		200: 1, 202: 1, 204: 1, 302: 1, 307: 1, 400: 1, 401: 1, 403: 1, 405: 1, 410: 1, 422: 1,
		404: retry + 1, 408: retry + 1, 409: retry + 1, 429: retry + 1, 500: retry + 1, 502: retry + 1, 503: retry + 1, 504: retry + 1,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s := subscribe(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Retry-After", "3600") // ignored, as by default in Knative
				w.WriteHeader(code)
			})
			sink := subscribe(t, status(202))
			d := quick(retry)
			d.DeadLetter = sink.target()
			b := open(t, "", oneTrigger(s.target(), d))
			publish(t, b, newEvent("1"))
			stats := settled(t, b)
			same(t, "attempts", len(s.all()), want)
			same(t, "retried", stats[0].Retried, want-1)
			dead := 1
			if code < 300 {
				dead = 0
			}
			same(t, "dead letters", len(sink.all()), dead)
			same(t, "dead", stats[0].Dead, dead)
		})
	}
}

// A subscriber that does not answer, or not in time, is tried again; it may succeed then.
func TestNoAnswer(t *testing.T) {
	s := subscribe(t, func(n int, w http.ResponseWriter, r *http.Request) {
		switch n {
		case 1:
			panic(http.ErrAbortHandler)
		case 2:
			<-r.Context().Done()
		}
	})
	d := quick(5)
	d.Timeout = 50 * time.Millisecond
	b := open(t, "", oneTrigger(s.target(), d))
	publish(t, b, newEvent("1"))
	stats := settled(t, b)
	same(t, "attempts", len(s.all()), 3)
	same(t, "delivered", stats[0].Delivered, 1)
	same(t, "last error", stats[0].LastError, "no answer within 50ms")
}

// Nobody listens: code 500 and the cause, as Knative says it.
func TestUnreachable(t *testing.T) {
	sink := subscribe(t, status(200))
	d := quick(1)
	d.DeadLetter = sink.target()
	b := open(t, "", oneTrigger(URL("http://127.0.0.1:1/"), d))
	publish(t, b, newEvent("1"))
	settled(t, b)
	h := sink.all()[0].header
	same(t, "code", h.Get("Ce-Knativeerrorcode"), "500")
	words, _ := base64.StdEncoding.DecodeString(h.Get("Ce-Knativeerrordata"))
	if !strings.HasPrefix(string(words), "dispatch error: no answer") {
		t.Errorf("%s", words)
	}
}

// A reply goes back into the broker and reaches whoever takes it; its trace is its cause's.
func TestReply(t *testing.T) {
	s := subscribe(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Ce-Specversion", "1.0")
		w.Header().Set("Ce-Id", "reply")
		w.Header().Set("Ce-Type", "test.replied")
		w.Header().Set("Ce-Source", "/s")
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, "hello")
	})
	listener := subscribe(t, status(202))
	cfg := oneTrigger(s.target(), quick(0), Filter{Exact: map[string]string{"type": "test.made"}})
	cfg.Triggers = append(cfg.Triggers, Trigger{Name: Name{"perigee", "replies"}, Broker: "default", Subscriber: listener.target(),
		Filters: []Filter{{Exact: map[string]string{"type": "test.replied"}}}})
	b := open(t, "", cfg)
	publish(t, b, newEvent("1"))
	eventually(t, "the reply arrives", func() bool { return len(listener.all()) == 1 })
	settled(t, b)
	got, cause := listener.all()[0], s.all()[0]
	same(t, "id", got.id(), "reply")
	same(t, "data", got.body, "hello")
	same(t, "trace", got.header.Get("Traceparent")[:35], cause.header.Get("Traceparent")[:35])
	same(t, "requests", len(s.all()), 1)
}

// A structured reply counts, a 2xx with anything else in its body is a failure that is tried again (Knative: 502).
func TestReplyForms(t *testing.T) {
	for name, c := range map[string]struct {
		contentType, body   string
		attempts, delivered int
	}{
		"structured":       {"application/cloudevents+json", `{"specversion":"1.0","id":"r","type":"test.replied","source":"/s","data":{}}`, 1, 1},
		"not an event":     {"application/json", `{"ok":true}`, 3, 0},
		"broken event":     {"application/cloudevents+json", `{"specversion":"1.0","id":"r"}`, 3, 0},
		"batch":            {"application/cloudevents-batch+json", `[]`, 3, 0},
		"too large":        {"text/plain", strings.Repeat("x", MaxEvent+1), 3, 0},
		"empty, of a type": {"application/json", "", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := subscribe(t, func(_ int, w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				fmt.Fprint(w, c.body)
			})
			b := open(t, "", oneTrigger(s.target(), quick(2), Filter{Exact: map[string]string{"type": "test.made"}}))
			publish(t, b, newEvent("1"))
			stats := settled(t, b)
			same(t, "attempts", len(s.all()), c.attempts)
			same(t, "delivered", stats[0].Delivered, c.delivered)
			if c.delivered == 0 {
				letters, err := b.DeadLetters(t.Context(), 10)
				if err != nil || len(letters) != 1 || letters[0].Code != 502 {
					t.Errorf("%v %+v", err, letters)
				}
			}
		})
	}
}

// An event that replies to itself ends after as many rounds as Knative allows.
func TestReplyLoop(t *testing.T) {
	s := subscribe(t, func(n int, w http.ResponseWriter, r *http.Request) {
		for name, values := range r.Header {
			if strings.HasPrefix(name, "Ce-") {
				w.Header()[name] = values
			}
		}
		w.Header().Set("Ce-Id", fmt.Sprint(n))
	})
	b := open(t, "", oneTrigger(s.target(), quick(0)))
	publish(t, b, newEvent("0"))
	stats := settled(t, b)
	same(t, "requests", len(s.all()), maxHops)
	same(t, "dead", stats[0].Dead, 1)
}

// Events of several triggers do not disturb each other: one fails, one filters, one takes all.
func TestTriggersAreIndependent(t *testing.T) {
	good, bad, picky := subscribe(t, status(200)), subscribe(t, status(400)), subscribe(t, status(200))
	cfg := oneTrigger(good.target(), quick(0))
	cfg.Triggers = append(cfg.Triggers,
		Trigger{Name: Name{"perigee", "bad"}, Broker: "default", Subscriber: bad.target()},
		Trigger{Name: Name{"perigee", "picky"}, Broker: "default", Subscriber: picky.target(), Filters: []Filter{{Suffix: map[string]string{"subject": "-3"}}}})
	b := open(t, "", cfg)
	for i := range 10 {
		publish(t, b, newEvent(fmt.Sprint(i)))
	}
	stats := settled(t, b)
	same(t, "good", stats[0].Delivered, 10)
	same(t, "bad", stats[1].Dead, 10)
	same(t, "picky", stats[2].Delivered, 1)
	ids := map[string]bool{}
	for _, r := range good.all() {
		ids[r.id()] = true
	}
	same(t, "different events", len(ids), 10)
	same(t, "picked", picky.all()[0].id(), "3")
}

// The waits between attempts follow the policy.
func TestWaits(t *testing.T) {
	second := time.Second
	for name, c := range map[string]struct {
		d    Delivery
		want []time.Duration
	}{
		"exponential": {Delivery{Policy: Exponential, Delay: second}, []time.Duration{second, 2 * second, 4 * second, 8 * second}},
		"linear":      {Delivery{Policy: Linear, Delay: second}, []time.Duration{0, second, 2 * second, 3 * second}},
		"no policy":   {Delivery{Delay: second}, []time.Duration{0, 0, 0, 0}},
	} {
		var got []time.Duration
		for n := range 4 {
			got = append(got, c.d.Wait(n, 500, time.Hour))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	same(t, "bounded", Delivery{Policy: Exponential, Delay: time.Hour}.Wait(2000, 500, 0), longestDelay)
}

// What a subscriber asks for with Retry-After counts up to retryAfterMax, for 429 and 503, and never shortens a wait.
func TestRetryAfter(t *testing.T) {
	second, now := time.Second, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	d := Delivery{Policy: Exponential, Delay: second, RetryAfterMax: 10 * second}
	for _, c := range []struct {
		d      Delivery
		status int
		header string
		want   time.Duration
	}{
		{d, 503, "5", 5 * second}, {d, 429, "5", 5 * second}, {d, 500, "5", second}, {d, 503, "3600", 10 * second}, {d, 503, "0", second},
		{d, 503, "-5", second}, {d, 503, "soon", second}, {d, 503, "", second}, {d, 503, "Thu, 01 Jan 2026 00:00:07 GMT", 7 * second},
		{Delivery{Policy: Exponential, Delay: second}, 503, "5", second},
	} {
		asked := retryAfter(http.Header{"Retry-After": {c.header}}, now)
		if got := c.d.Wait(0, c.status, asked); got != c.want {
			t.Errorf("%d with %q: %v, want %v", c.status, c.header, got, c.want)
		}
	}
}

// A Trigger's delivery replaces the Broker's, but for a missing dead letter sink; with none at all Knative's default holds.
func TestEffectiveDelivery(t *testing.T) {
	sink, other := URL("http://sink"), URL("http://other")
	broker := &Delivery{Retry: 5, Policy: Linear, Delay: time.Second, DeadLetter: sink}
	got := effective(broker, &Delivery{Retry: 2})
	same(t, "retry", got.Retry, 2)
	same(t, "policy", got.Policy, "")
	same(t, "sink", got.DeadLetter, sink)
	same(t, "own sink", effective(broker, &Delivery{DeadLetter: other}).DeadLetter, other)
	same(t, "broker's", effective(broker, nil).Retry, 5)
	got = effective(nil, nil)
	same(t, "default retry", got.Retry, 10)
	same(t, "default wait", got.Wait(1, 500, 0), 400*time.Millisecond)
	same(t, "timeout", got.Timeout, MaxTimeout)
}
