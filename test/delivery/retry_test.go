package delivery

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/hashicorp/go-retryablehttp"
	"github.com/rickb777/date/period"
	eventingduckv1 "knative.dev/eventing/pkg/apis/duck/v1"
	"knative.dev/eventing/pkg/eventingtls"
	"knative.dev/eventing/pkg/kncloudevents"
	"knative.dev/pkg/apis"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	"pgregory.net/rapid"

	"perigee/local-runner/broker"
)

// TestRetriedStatuses: the same answers are worth another attempt.
func TestRetriedStatuses(t *testing.T) {
	for status := 100; status < 1000; status++ {
		want, _ := kncloudevents.SelectiveRetry(context.Background(), &http.Response{StatusCode: status}, nil)
		if got := broker.Retryable(status); got != want {
			t.Errorf("%d is tried again: %v, by Knative: %v", status, got, want)
		}
	}
	if want, _ := kncloudevents.SelectiveRetry(context.Background(), nil, io.EOF); broker.Retryable(0) != want {
		t.Errorf("no answer is tried again: %v, by Knative: %v", !want, want)
	}
}

// backoff is how Knative comes to the wait before an attempt. It is not exported; there is no other way to ask it
// without waiting.
//
//go:linkname backoff knative.dev/eventing/pkg/kncloudevents.generateBackoffFn
func backoff(config *kncloudevents.RetryConfig) retryablehttp.Backoff

// TestWaits: attempts are as far apart, whatever the policy, the delay and Retry-After say.
func TestWaits(t *testing.T) {
	durations := rapid.SampledFrom([]string{"PT0S", "PT0.2S", "PT1S", "PT30S", "PT2M", "PT1H"})
	rapid.Check(t, func(t *rapid.T) {
		var spec eventingduckv1.DeliverySpec
		var ours broker.Delivery
		some := func(name string, set func(text string, d time.Duration)) {
			if !rapid.Bool().Draw(t, name) {
				return
			}
			text := durations.Draw(t, "duration")
			d, err := broker.ParseDuration(text)
			if err != nil {
				t.Fatal(err)
			}
			set(text, d)
		}
		some("backoffDelay", func(text string, d time.Duration) { spec.BackoffDelay, ours.Delay = &text, d })
		some("retryAfterMax", func(text string, d time.Duration) { spec.RetryAfterMax, ours.RetryAfterMax = &text, d })
		if rapid.Bool().Draw(t, "backoffPolicy") {
			ours.Policy = rapid.SampledFrom([]broker.Policy{broker.Linear, broker.Exponential}).Draw(t, "policy")
			policy := eventingduckv1.BackoffPolicyType(ours.Policy)
			spec.BackoffPolicy = &policy
		}
		config, err := kncloudevents.RetryConfigFromDeliverySpec(spec)
		if err != nil {
			t.Fatal(err)
		}
		n := rapid.IntRange(0, 12).Draw(t, "attempt")
		status := rapid.SampledFrom([]int{404, 429, 500, 503}).Draw(t, "status")
		asked := rapid.IntRange(-1, 8000).Draw(t, "Retry-After")
		answer := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {strconv.Itoa(asked)}}}
		want := min(backoff(&config)(0, 0, n, answer), 24*time.Hour)
		if got := ours.Wait(n, status, time.Duration(asked)*time.Second); got != want {
			t.Fatalf("%+v, attempt %d: %v, Knative %v", ours, n, got, want)
		}
	})
}

// TestDurations: the same texts are durations, of the same length, as far as Knative's have no years and months.
func TestDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`P([0-9]{1,2}W)?([0-9]{1,2}D)?T([0-9]{1,2}H)?([0-9]{1,3}M)?[0-9]{1,3}(\.[0-9])?S`).Draw(t, "text")
		want, err := period.Parse(text)
		length, _ := want.Duration()
		got, ourErr := broker.ParseDuration(text)
		if err != nil || ourErr != nil || got != length {
			t.Fatalf("%s is %v (%v), for Knative %v (%v)", text, got, ourErr, length, err)
		}
	})
}

// scripts answer each event by a script of its own, and count.
type scripts struct {
	mu      sync.Mutex
	of      map[string][]int // statuses by event id; the last one stays
	asked   map[string]int
	letters map[string]letter
}

// letter is what a dead letter says beside its event.
type letter struct{ Code, Data string }

func (s *scripts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get("Ce-Id")
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/dead" {
		s.letters[id] = letter{r.Header.Get("Ce-Knativeerrorcode"), r.Header.Get("Ce-Knativeerrordata")}
		w.WriteHeader(http.StatusAccepted)
		return
	}
	n := s.asked[id]
	s.asked[id]++
	status := s.of[id][min(n, len(s.of[id])-1)]
	w.WriteHeader(status)
	if status >= 300 {
		fmt.Fprintf(w, "told to say %d", status)
	}
}

const mostRetries = 4

// TestAttempts lets Knative's dispatcher and the laptop's broker deliver to subscribers that answer the same: both come
// to the same number of attempts, and to the same dead letter.
func TestAttempts(t *testing.T) {
	t.Setenv("SYSTEM_NAMESPACE", "knative-eventing")
	s := &scripts{of: map[string][]int{}, asked: map[string]int{}, letters: map[string]letter{}}
	server := httptest.NewServer(s)
	defer server.Close()
	ours := openBroker(t, server.URL)
	dispatcher := kncloudevents.NewDispatcher(eventingtls.ClientConfig{}, nil)
	count := 0
	rapid.Check(t, func(t *rapid.T) {
		script := rapid.SliceOfN(rapid.SampledFrom([]int{200, 202, 204, 302, 400, 404, 408, 409, 413, 422, 429, 500, 503}), 1, mostRetries+1).Draw(t, "script")
		retry := int32(mostRetries)
		count++
		ids := [2]string{fmt.Sprintf("ours-%d", count), fmt.Sprintf("theirs-%d", count)}
		s.mu.Lock()
		s.of[ids[0]], s.of[ids[1]] = script, script
		s.mu.Unlock()

		config, err := kncloudevents.RetryConfigFromDeliverySpec(eventingduckv1.DeliverySpec{Retry: &retry, BackoffDelay: ptr("PT0S"), BackoffPolicy: ptr(eventingduckv1.BackoffPolicyLinear)})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = dispatcher.SendEvent(context.Background(), numbered(ids[1]), at(t, server.URL+"/"), // what it comes to is seen by the servers
			kncloudevents.WithRetryConfig(&config), kncloudevents.WithDeadLetterSink(ptr(at(t, server.URL+"/dead"))))
		if err := ours.Publish(context.Background(), name, numbered(ids[0])); err != nil {
			t.Fatal(err)
		}
		settled(t, ours, count)
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.asked[ids[0]] != s.asked[ids[1]] || s.letters[ids[0]] != s.letters[ids[1]] {
			t.Fatalf("%v: %d attempts and the letter %+v, Knative %d and %+v", script, s.asked[ids[0]], s.letters[ids[0]], s.asked[ids[1]], s.letters[ids[1]])
		}
	})
}

var name = broker.Name{Namespace: "perigee", Name: "default"}

func openBroker(t *testing.T, url string) *broker.Broker {
	t.Helper()
	b, err := broker.Open(t.Context(), broker.Config{
		Dir: t.TempDir(), Brokers: []broker.Definition{{Name: name}}, Log: slog.New(slog.DiscardHandler),
		Triggers: []broker.Trigger{{
			Name: broker.Name{Namespace: "perigee", Name: "all"}, Broker: "default", Subscriber: broker.URL(url + "/"),
			Delivery: &broker.Delivery{Retry: mostRetries, Policy: broker.Linear, DeadLetter: broker.URL(url + "/dead")},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

// settled waits until so many events were delivered or given up, and then until nothing is left to do: what is pending is
// counted before the rest.
func settled(t *rapid.T, b *broker.Broker, events int) {
	for done := 0; done != events; {
		s := stats(t, b)
		done = s.Delivered + s.Dead
	}
	for stats(t, b).Pending > 0 {
		time.Sleep(time.Millisecond)
	}
}

func stats(t *rapid.T, b *broker.Broker) broker.Stats {
	all, err := b.Stats(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func numbered(id string) event.Event {
	e := event.New()
	e.SetID(id)
	e.SetType("test")
	e.SetSource("/test")
	return e
}

func at(t *rapid.T, address string) duckv1.Addressable {
	url, err := apis.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	return duckv1.Addressable{URL: url}
}

func ptr[T any](v T) *T { return &v }
