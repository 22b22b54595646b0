package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/trace"
)

// memory is an object store of texts by bucket/key.
type memory struct {
	objects map[string]string
	whole   atomic.Int32 // documents that were read whole

	entered chan struct{} // when not nil: told of each that is read whole, which then waits for leave
	leave   chan struct{}
}

func (m *memory) ReadRange(_ context.Context, name, key, _ string, off, n int64) ([]byte, error) {
	text, ok := m.objects[name+"/"+key]
	switch {
	case text == "down":
		return nil, fault.New(fault.Unavailable, "the store is down")
	case text == "closed":
		return nil, fault.New(fault.Forbidden, "the store refused")
	case !ok:
		return nil, fault.New(fault.NotFound, "no such object")
	}
	return []byte(text)[off:min(off+n, int64(len(text)))], nil
}

func (m *memory) ReadAll(_ context.Context, name, key string, limit int64) ([]byte, bucket.Object, error) {
	text := m.objects[name+"/"+key]
	if int64(len(text)) > limit {
		return nil, bucket.Object{}, fault.New(fault.Invalid, "too large")
	}
	m.whole.Add(1)
	if m.entered != nil {
		m.entered <- struct{}{}
		<-m.leave
	}
	return []byte(text), bucket.Object{}, nil
}

func objectEvent(t testing.TB, name, bucketName, key string) event.Event {
	t.Helper()
	n := notice{bucket: bucketName, key: key, name: name, source: "aws:s3.eu-west-1." + bucketName, version: "01"}
	e, err := n.event()
	if err != nil {
		t.Fatal(err)
	}
	return *e
}

const (
	anItem       = `{"type":"Feature","stac_version":"1.0.0","id":"S2A_1","properties":{}}`
	aCollection  = `{"id":"S2","type":"Collection"}`
	created      = "ObjectCreated:Put"
	removed      = "ObjectRemoved:Delete"
	beyondHead   = 70 << 10
	beyondLimits = 17 << 20
)

// REG-01, REG-08: what is asked for goes by what the object is; the bucket names the workspace.
func TestDecide(t *testing.T) {
	padding := func(n int) string { return `{"pad":"` + strings.Repeat("x", n) + `",` }
	store := map[string]string{
		"ingest/item.json": anItem, "ws/item.json": anItem, "ingest/item.GEOJSON": anItem, "ingest/collection.json": aCollection,
		"ingest/catalog.json": `{"type":"Catalog","id":"c","links":[]}`, "ingest/tileInfo.json": `{"path":"tiles/33"}`,
		"ingest/package.json": `{"type":"module"}`, "ingest/broken.json": `{"type":`, "ingest/untyped.json": `{"stac_version":"1.0.0","id":"u"}`,
		"ingest/features.json": `{"type":"FeatureCollection","features":[]}`, "ingest/empty.json": "", "ingest/list.json": "[]",
		"ingest/long.json":  anItem[:len(anItem)-1] + `,"pad":"` + strings.Repeat("x", beyondHead) + `"}`,
		"ingest/late.json":  padding(beyondHead) + aCollection[1:],
		"ingest/huge.json":  padding(beyondLimits) + aCollection[1:],
		"ingest/zeros.json": strings.Repeat("\x00", beyondLimits),
		"ingest/last.json":  padding(beyondHead) + `"type":"FeatureCollection"}`, "ingest/long-package.json": padding(beyondHead) + `"type":"module","stac_version":null}`,
	}
	for _, c := range []struct{ name, bucket, key, want string }{
		{created, "ingest", "item.json", "items replace  S2A_1"},
		{created, "ws", "item.json", "items replace ws S2A_1"},
		{created, "ingest", "item.GEOJSON", "items replace  S2A_1"},
		{created, "ingest", "collection.json", "collections replace  S2"},
		{created, "ingest", "long.json", "items replace  S2A_1"},
		{created, "ingest", "late.json", "collections replace  S2"},
		{created, "ingest", "huge.json", "items replace  huge.json"},
		{created, "ingest", "zeros.json", "items replace  zeros.json"},
		{created, "ingest", "gone.json", "items replace  gone.json"},
		{created, "ingest", "broken.json", "items replace  broken.json"},
		{created, "ingest", "empty.json", "items replace  empty.json"},
		{created, "ingest", "untyped.json", "items replace  u"},
		{created, "ingest", "features.json", "items replace  features.json"},
		{created, "ingest", "last.json", "items replace  last.json"},
		{created, "ingest", "long-package.json", "assets replace  long-package.json"},
		{created, "ingest", "catalog.json", "assets replace  c"},
		{created, "ingest", "tileInfo.json", "assets replace  tileInfo.json"},
		{created, "ingest", "package.json", "assets replace  package.json"},
		{created, "ingest", "list.json", "assets replace  list.json"},
		{created, "ingest", "folder/", "nothing"},
		{created, "cache", "item.json", "nothing"},
		{removed, "cache", "a.png", "nothing"},
		{created, "ingest", "B04.tif", "assets replace  B04.tif"},
		{created, "ws", "x/B04.jp2", "assets replace ws x/B04.jp2"},
		{created, "ingest", "x/S2A_1.SAFE/manifest.safe", "path replace  S2A_1.SAFE"},
		{created, "ws", "S3A_1.SEN3/xfdumanifest.xml", "path replace ws S3A_1.SEN3"},
		{created, "ingest", "x/manifest.safe", "assets replace  x/manifest.safe"},
		{created, "ingest", "S2A_1.SAFE/x/manifest.safe", "assets replace  S2A_1.SAFE/x/manifest.safe"},
		{removed, "ws", "S2A_1.SAFE/manifest.safe", "path deregister ws S2A_1.SAFE"},
		{removed, "ingest", "item.json", "items deregister  item.json"},
		{removed, "ws", "B04.tif", "assets deregister ws B04.tif"},
	} {
		t.Run(c.name+" "+c.bucket+"/"+c.key, func(t *testing.T) {
			in := newIntake(&memory{objects: store}, nil, "ingest", "cache")
			reply, err := in.event(t.Context(), objectEvent(t, c.name, c.bucket, c.key))
			if err != nil {
				t.Fatal(err)
			}
			if got := replyOutline(reply); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if reply != nil {
				href := "s3://" + c.bucket + "/" + c.key
				if strings.HasPrefix(c.want, "path ") {
					href = href[:strings.LastIndexByte(href, '/')]
				}
				checkRequest(t, *reply, href)
			}
		})
	}
}

func replyOutline(e *event.Event) string {
	if e == nil {
		return "nothing"
	}
	x := e.Extensions()
	workspace, _ := x["workspace"].(string)
	return strings.Join([]string{x["route"].(string), x["mode"].(string), workspace, e.Subject()}, " ")
}

func checkRequest(t *testing.T, e event.Event, href string) {
	t.Helper()
	var request eventing.RegisterRequest
	if err := json.Unmarshal(e.Data(), &request); err != nil || len(request.Documents) != 1 || request.Documents[0].Href != href {
		t.Errorf("request %s: %v", e.Data(), err)
	}
	if e.Validate() != nil || e.Type() != "perigee.register.requested" {
		t.Errorf("event %v: %v", e, e.Validate())
	}
}

// Failures of the store that may pass are the event's; of others register is to leave the status. Documents that say early
// what they are, are not read whole.
func TestDecideFailures(t *testing.T) {
	store := &memory{objects: map[string]string{"ingest/down.json": "down", "ingest/closed.json": "closed", "ingest/item.json": anItem}}
	in := newIntake(store, nil, "ingest", "cache")
	if _, err := in.event(t.Context(), objectEvent(t, created, "ingest", "down.json")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("down: %v", err)
	}
	if reply, err := in.event(t.Context(), objectEvent(t, created, "ingest", "closed.json")); err != nil || replyOutline(reply) != "items replace  closed.json" {
		t.Errorf("closed: %v %v", reply, err)
	}
	if _, err := in.event(t.Context(), objectEvent(t, created, "ingest", "item.json")); err != nil || store.whole.Load() != 0 {
		t.Errorf("read whole: %d, %v", store.whole.Load(), err)
	}
}

// Of many large documents that come at once, few are in memory at the same time; a request that ends does not wait.
func TestFewAreReadWholeAtOnce(t *testing.T) {
	text := `{"pad":"` + strings.Repeat("x", beyondHead) + `",` + aCollection[1:]
	store := &memory{objects: map[string]string{"ingest/late.json": text}, entered: make(chan struct{}), leave: make(chan struct{})}
	in := newIntake(store, nil, "ingest", "cache")
	const many = 3 * readers
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			if reply, err := in.event(t.Context(), objectEvent(t, created, "ingest", "late.json")); err != nil || replyOutline(reply) != "collections replace  S2" {
				t.Errorf("%v %v", reply, err)
			}
		})
	}
	for range readers {
		<-store.entered
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := in.event(ended, objectEvent(t, created, "ingest", "late.json")); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("a request that ended: %v", err)
	}
	if n := store.whole.Load(); n != readers {
		t.Errorf("%d documents are read at once, %d may be", n, readers)
	}
	for range many - readers {
		store.leave <- struct{}{}
		<-store.entered
	}
	for range readers {
		store.leave <- struct{}{}
	}
	all.Wait()
}

// server is intake with a sink that keeps what it gets, or answers with a status.
func server(t *testing.T, status int, objects map[string]string) (url string, sent *[]event.Event) {
	t.Helper()
	sent = &[]event.Event{}
	var mutex sync.Mutex
	broker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := eventing.Receive(w, r)
		mutex.Lock()
		defer mutex.Unlock()
		if err == nil {
			*sent = append(*sent, *e)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(broker.Close)
	sink, err := eventing.NewSink(broker.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	in := newIntake(&memory{objects: objects}, sink.Send, "ingest", "cache")
	s := httptest.NewServer(in.handler())
	t.Cleanup(s.Close)
	return s.URL, sent
}

func post(t *testing.T, url, contentType string, body []byte) *http.Response {
	t.Helper()
	response, err := http.Post(url, contentType, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// A CloudEvent is answered with the request as the reply, in binary and structured mode, and the trace goes on.
func TestReply(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	url, sent := server(t, http.StatusAccepted, map[string]string{"ingest/item.json": anItem})
	e := objectEvent(t, created, "ingest", "item.json")
	e.SetExtension(trace.Header, parent)
	structured, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	binary, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := cehttp.WriteRequest(t.Context(), binding.ToMessage(&e), binary); err != nil {
		t.Fatal(err)
	}
	first, err := http.DefaultClient.Do(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Body.Close()
	var ids []string
	for _, response := range []*http.Response{first, post(t, url, event.ApplicationCloudEventsJSON, structured)} {
		reply, err := binding.ToEvent(t.Context(), cehttp.NewMessageFromHttpResponse(response))
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v", response.Status, err)
		}
		if got, _ := reply.Extensions()[trace.Header].(string); trace.Parent(got).ID() != trace.Parent(parent).ID() {
			t.Errorf("trace %q does not go on from %q", got, parent)
		}
		ids = append(ids, reply.ID())
	}
	if ids[0] != ids[1] || len(*sent) != 0 {
		t.Errorf("ids %q, sent %d", ids, len(*sent))
	}
}

// Raw notifications are taken apart into CloudEvents, which are in the broker before the notification is acknowledged.
func TestRaw(t *testing.T) {
	url, sent := server(t, http.StatusAccepted, nil)
	for _, c := range []struct {
		file   string
		status int
		events int
	}{{"aws.json", 202, 2}, {"minio.json", 202, 1}, {"sns.json", 202, 1}, {"versitygw.json", 202, 1}, {"test-event.json", 202, 0}, {"tagging.json", 202, 0}} {
		*sent = nil
		if response := post(t, url, "application/json", read(t, c.file)); response.StatusCode != c.status || len(*sent) != c.events {
			t.Errorf("%s: %s and %d events", c.file, response.Status, len(*sent))
		}
	}
	for body, status := range map[string]int{"{": 422, strings.Repeat("x", 2<<20): 413, `{"Records":[]}`: 202,
		`{"Records":[{"eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"cache"},"object":{"key":"a"}}}]}`: 202} {
		*sent = nil
		if response := post(t, url, "application/json", []byte(body)); response.StatusCode != status || len(*sent) != 0 {
			t.Errorf("%.80s: %s and %d events", body, response.Status, len(*sent))
		}
	}
	response, err := http.Get(url)
	if err != nil || response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %v %v", response, err)
	}
}

func TestRawWhileTheBrokerIsDown(t *testing.T) {
	url, _ := server(t, http.StatusServiceUnavailable, nil)
	if response := post(t, url, "application/json", read(t, "aws.json")); response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answered %s", response.Status)
	}
}

// A queue's message that holds several notifications has no single reply: they go to the broker one by one.
func TestManyInOneEvent(t *testing.T) {
	url, sent := server(t, http.StatusAccepted, nil)
	structured, err := json.Marshal(cloudEvent(t, "dev.knative.eventing.aws-sqs", string(read(t, "aws.json"))))
	if err != nil {
		t.Fatal(err)
	}
	if response := post(t, url, event.ApplicationCloudEventsJSON, structured); response.StatusCode != http.StatusAccepted || len(*sent) != 2 {
		t.Errorf("%s and %d events", response.Status, len(*sent))
	}
}
