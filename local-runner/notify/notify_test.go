package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/bucket"
	"perigee/shared/fault"
)

// store is an object store in memory.
type store struct {
	mu      sync.Mutex
	buckets map[string]map[string]bucket.Object
	failing map[string]error
	listed  func(bucket string) // called when a bucket's list was read
}

func (s *store) put(name, key, etag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] == nil {
		s.buckets[name] = map[string]bucket.Object{}
	}
	s.buckets[name][key] = bucket.Object{Bucket: name, Key: key, ETag: etag, Modified: time.Unix(1700000000, 0)}
}

// fail has no list of buckets told.
func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing[""] = err
}

func (s *store) drop(name, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.buckets[name], key)
}

func (s *store) names(context.Context) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.buckets)), s.failing[""]
}

// List fails in the middle where it is told to.
func (s *store) List(_ context.Context, name, _ string) iter.Seq2[bucket.Object, error] {
	s.mu.Lock()
	objects, ok, err := maps.Clone(s.buckets[name]), s.buckets[name] != nil, s.failing[name]
	s.mu.Unlock()
	if !ok && err == nil {
		err = fault.New(fault.NotFound, "no bucket %s", name)
	}
	return func(yield func(bucket.Object, error) bool) {
		for i, key := range slices.Sorted(maps.Keys(objects)) {
			if err != nil && i == 1 || !yield(objects[key], nil) {
				break
			}
		}
		if err != nil {
			yield(bucket.Object{}, err)
		}
		if s.listed != nil {
			s.listed(name)
		}
	}
}

// told collects what is published, as "type subject".
type sink struct {
	mu     sync.Mutex
	events []event.Event
	err    error
}

func (s *sink) publish(ctx context.Context, e event.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := e.Validate(); err != nil {
		return fault.Classify(fault.Invalid, err, "event")
	}
	if s.err != nil {
		return s.err
	}
	s.events = append(s.events, e)
	return nil
}

func (s *sink) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// take is what was published since the last take, in order.
func (s *sink) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, e := range s.events {
		source := strings.Split(e.Source(), ".")
		all = append(all, strings.TrimPrefix(e.Type(), "com.amazonaws.s3.Object")+" "+source[len(source)-1]+"/"+e.Subject())
	}
	s.events = nil
	return strings.Join(all, ", ")
}

func receiver(t *testing.T, path string, s *store, out *sink) *Receiver {
	t.Helper()
	r, err := Open(Config{
		Path: path, Publish: out.publish, Objects: s, Buckets: s.names, Exclude: []string{"cache"}, Grace: time.Nanosecond,
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func compare(t *testing.T, r *Receiver) {
	t.Helper()
	if _, err := r.Compare(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func newStore() *store {
	return &store{buckets: map[string]map[string]bucket.Object{}, failing: map[string]error{}}
}

func expect(t *testing.T, out *sink, when, want string) {
	t.Helper()
	if got := out.take(); got != want {
		t.Errorf("%s: got %q, want %q", when, got, want)
	}
}

const created = `{"Records":[{"eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-01-02T03:04:05Z","eventName":"ObjectCreated:Put","s3":{"configurationId":"webhook-global","bucket":{"name":"ingest"},"object":{"key":"%s","size":3,"eTag":"%s","versionId":null,"sequencer":"1"}}}]}`
const removed = `{"Records":[{"eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-01-02T03:04:06Z","eventName":"ObjectRemoved:Delete","s3":{"configurationId":"webhook-global","bucket":{"name":"ingest"},"object":{"key":"%s","eTag":null,"sequencer":"2"}}}]}`

func post(t *testing.T, r *Receiver, body string, status int) {
	t.Helper()
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/_notify", strings.NewReader(body)))
	if w.Code != status {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The comparison makes up for what was lost, once, across restarts; it leaves alone what was told.
func TestCompare(t *testing.T) {
	path, s, out := filepath.Join(t.TempDir(), "state", "told.jsonl"), newStore(), &sink{}
	r := receiver(t, path, s, out)
	s.put("ingest", "seen.json", "1")
	post(t, r, fmt.Sprintf(created, "seen.json", "1"), 204)
	s.put("ingest", "lost.json", "1")
	s.put("ws-one", "lost.tif", "1")
	s.put("cache", "tile.png", "1")
	expect(t, out, "notified", "Created:Put ingest/seen.json")
	compare(t, r)
	expect(t, out, "lost", "Created:Put ingest/lost.json, Created:Put ws-one/lost.tif")
	compare(t, r)
	expect(t, out, "nothing new", "")

	s.put("ingest", "seen.json", "2")
	s.drop("ingest", "lost.json")
	s.put("ingest", "more.json", "1")
	r.Close()
	r = receiver(t, path, s, out)
	compare(t, r)
	expect(t, out, "changed while nobody listened", "Created:Put ingest/more.json, Created:Put ingest/seen.json, Removed:Delete ingest/lost.json")
	compare(t, r)
	expect(t, out, "still nothing new", "")

	s.drop("ingest", "more.json")
	post(t, r, fmt.Sprintf(removed, "more.json"), 204)
	expect(t, out, "notified of the removal", "Removed:Delete ingest/more.json")
	compare(t, r)
	expect(t, out, "removal was told", "")
}

// A bucket that cannot be listed, wholly or half, is not an emptied bucket; the others are compared all the same.
func TestFailingBucket(t *testing.T) {
	s, out := newStore(), &sink{}
	r := receiver(t, filepath.Join(t.TempDir(), "told"), s, out)
	for _, key := range []string{"a", "b", "c"} {
		s.put("one", key, "1")
		s.put("two", key, "1")
	}
	compare(t, r)
	out.take()
	s.failing["one"] = fault.New(fault.Unavailable, "down")
	s.drop("two", "a")
	s.drop("one", "a")
	if _, err := r.Compare(t.Context()); err == nil || !strings.Contains(err.Error(), "one") {
		t.Error(err)
	}
	expect(t, out, "one fails", "Removed:Delete two/a")
	s.failing["one"] = fault.New(fault.NotFound, "no such bucket") // yet it is in the list of buckets
	if _, err := r.Compare(t.Context()); err == nil {
		t.Error("no failure")
	}
	expect(t, out, "one is said to be gone and to be there", "")
	delete(s.failing, "one")
	s.failing[""] = errors.New("no list of buckets")
	if _, err := r.Compare(t.Context()); err == nil {
		t.Error("no failure")
	}
	expect(t, out, "no list of buckets", "")
	delete(s.failing, "")
	compare(t, r)
	expect(t, out, "well again", "Removed:Delete one/a")
}

// A bucket that is gone takes its objects with it.
func TestBucketRemoved(t *testing.T) {
	s, out := newStore(), &sink{}
	r := receiver(t, filepath.Join(t.TempDir(), "told"), s, out)
	s.put("one", "a", "1")
	compare(t, r)
	out.take()
	delete(s.buckets, "one")
	s.failing["one"] = fault.New(fault.Unavailable, "down")
	if _, err := r.Compare(t.Context()); err == nil {
		t.Error("no failure")
	}
	expect(t, out, "not known to be gone", "")
	delete(s.failing, "one")
	compare(t, r)
	expect(t, out, "gone", "Removed:Delete one/a")
}

// A notification that comes while the bucket is being compared is not told twice.
func TestNotificationOnItsWay(t *testing.T) {
	s, out := newStore(), &sink{}
	r := receiver(t, filepath.Join(t.TempDir(), "told"), s, out)
	s.put("ingest", "old", "1")
	s.put("ingest", "changed", "1")
	compare(t, r)
	out.take()
	s.put("ingest", "new", "1")
	s.put("ingest", "changed", "2")
	s.drop("ingest", "old")
	s.listed = func(string) {
		post(t, r, fmt.Sprintf(created, "new", "1"), 204)
		post(t, r, fmt.Sprintf(created, "changed", "2"), 204)
		post(t, r, fmt.Sprintf(removed, "old"), 204)
		post(t, r, fmt.Sprintf(created, "after-the-listing", "1"), 204)
	}
	compare(t, r)
	expect(t, out, "during", "Created:Put ingest/new, Created:Put ingest/changed, Removed:Delete ingest/old, Created:Put ingest/after-the-listing")
	s.listed = nil
	s.put("ingest", "after-the-listing", "1")
	compare(t, r)
	expect(t, out, "after", "")
}

// What the broker does not take is not counted as told.
func TestBrokerRefuses(t *testing.T) {
	path, s, out := filepath.Join(t.TempDir(), "told"), newStore(), &sink{}
	r := receiver(t, path, s, out)
	s.put("ingest", "a", "1")
	out.err = fault.New(fault.Unavailable, "full")
	post(t, r, fmt.Sprintf(created, "a", "1"), 503)
	if _, err := r.Compare(t.Context()); err == nil {
		t.Error("no failure")
	}
	out.err = nil
	r.Close()
	r = receiver(t, path, s, out)
	compare(t, r)
	expect(t, out, "afterwards", "Created:Put ingest/a")
	out.err = fault.New(fault.Invalid, "a key that no event can name")
	s.put("ingest", "odd", "1")
	compare(t, r)
	out.err = nil
	compare(t, r)
	expect(t, out, "passed over", "")
}

// Ten thousand objects are compared, remembered, and their file does not grow without end.
func TestManyObjects(t *testing.T) {
	path, s, out := filepath.Join(t.TempDir(), "told"), newStore(), &sink{}
	r := receiver(t, path, s, out)
	const many = 10_000
	for round := range 4 {
		for i := range many {
			s.put("ingest", fmt.Sprintf("scene/%05d.json", i), fmt.Sprint(round))
		}
		report, err := r.Compare(t.Context())
		if err != nil || report.Created != many {
			t.Fatalf("%+v %v", report, err)
		}
	}
	r.Close()
	text, err := os.ReadFile(path)
	if err != nil || strings.Count(string(text), "\n") > 2*many+slack {
		t.Errorf("%d lines, %v", strings.Count(string(text), "\n"), err)
	}
	r = receiver(t, path, s, out)
	if report, err := r.Compare(t.Context()); err != nil || report != (Report{}) {
		t.Errorf("%+v %v", report, err)
	}
	for i := range many {
		s.drop("ingest", fmt.Sprintf("scene/%05d.json", i))
	}
	if report, err := r.Compare(t.Context()); err != nil || report.Removed != many {
		t.Errorf("%+v %v", report, err)
	}
}

// A last line that a crash has cut short is forgotten, the lines before are not.
func TestTornLine(t *testing.T) {
	path, s, out := filepath.Join(t.TempDir(), "told"), newStore(), &sink{}
	s.put("ingest", "a", "1")
	s.put("ingest", "b", "1")
	text := "{\"b\":\"ingest\",\"k\":\"a\",\"e\":\"1\"}\n{\"b\":\"ingest\",\"k\":\"b\",\"e"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r := receiver(t, path, s, out)
	compare(t, r)
	expect(t, out, "after a crash", "Created:Put ingest/b")
}

// Run compares at once, and goes when it is told to.
func TestRun(t *testing.T) {
	s, out := newStore(), &sink{}
	r := receiver(t, filepath.Join(t.TempDir(), "told"), s, out)
	s.put("ingest", "a", "1")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() { r.Run(ctx); close(done) }()
	for {
		out.mu.Lock()
		n := len(out.events)
		out.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-done
}

// What the broker does not take is found soon after it takes events again, before it is time to compare. A store that cannot be
// listed meanwhile is listed again.
func TestMissedNotifications(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, out := newStore(), &sink{}
		r := receiver(t, filepath.Join(t.TempDir(), "told"), s, out)
		r.cfg.Grace = time.Second
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan bool)
		go func() { r.Run(ctx); close(done) }()
		synctest.Wait()
		s.put("ingest", "a", "1")
		out.fail(fault.New(fault.Unavailable, "full"))
		post(t, r, fmt.Sprintf(created, "a", "1"), 503)
		time.Sleep(3 * time.Second)
		expect(t, out, "while the broker is full", "")
		out.fail(nil)
		s.fail(fault.New(fault.Unavailable, "down"))
		time.Sleep(10 * time.Second)
		s.fail(nil)
		time.Sleep(time.Minute)
		expect(t, out, "within a minute", "Created:Put ingest/a")
		cancel()
		<-done
	})
}

// A notification is stored though the one who told of it has gone.
func TestNobodyWaitsForTheAnswer(t *testing.T) {
	s, out := newStore(), &sink{}
	r := receiver(t, filepath.Join(t.TempDir(), "told"), s, out)
	gone, leave := context.WithCancel(t.Context())
	leave()
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, http.MethodPost, "/_notify", strings.NewReader(fmt.Sprintf(created, "a", "1"))))
	expect(t, out, "told", "Created:Put ingest/a")
}
