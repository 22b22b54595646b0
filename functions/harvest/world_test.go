package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/source"
)

const harvesters = `
harvesters:
  all:
    resource: {type: STACCatalog, staccatalog: {root_path: catalog.json}}
  clear:
    resource: {type: STACCatalog, staccatalog: {root_path: catalog.json}}
    filter:
      op: "<"
      args: [{property: "eo:cloud_cover"}, 50]
  replacing:
    mode: replace
    resource: {type: STACCatalog, staccatalog: {root_path: catalog.json, collection_id: S2}}
`

// world is harvest with a real catalogue and object store, and a server that stands for the broker: it keeps what is sent,
// and gives back to harvest what is meant for it.
type world struct {
	t       *testing.T
	store   *catalogue.Store
	objects *bucket.Client
	bucket  string // the system's
	sink    string
	h       *harvest
	url     string

	mutex  sync.Mutex
	broker int // status that the broker answers
	sent   []event.Event
	queue  []event.Event // those of sent that harvest consumes
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: cataloguetest.Open(t), broker: http.StatusAccepted}
	w.objects, w.bucket = buckettest.Open(t)
	server := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(server.Close)
	w.sink = server.URL
	w.h = w.worker()
	functions := httptest.NewServer(w.h.handler(edge))
	t.Cleanup(functions.Close)
	w.url = functions.URL
	return w
}

// worker is one instance of the function.
func (w *world) worker() *harvest {
	w.t.Helper()
	b := buckettest.Config(w.t)
	h, err := newHarvest(config{
		Endpoint: b.Endpoint, Region: b.Region, AccessKey: b.AccessKey, SecretKey: b.SecretKey, IngestBucket: w.bucket, CacheBucket: "cache",
		Harvesters: harvesters, Budget: time.Minute, MaxNodes: 1_000_000, Sink: w.sink,
	}, w.store)
	if err != nil {
		w.t.Fatal(err)
	}
	h.asking = 10 * time.Millisecond
	return h
}

// edge stands for identity: the header says who asks in which workspace.
func edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, q *http.Request) {
		asked := scope.Asked{Scope: scope.New(q.Header.Get("Workspace"), ""), Base: "http://perigee.example"}
		if who := q.Header.Get("Writer"); who != "" {
			asked.Scope = scope.New(q.Header.Get("Workspace"), who, scope.Writer)
		}
		next.ServeHTTP(rw, q.WithContext(scope.NewContext(q.Context(), asked)))
	})
}

func (w *world) receive(rw http.ResponseWriter, q *http.Request) {
	e, err := eventing.Receive(rw, q)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if err == nil && w.broker/100 == 2 {
		w.sent = append(w.sent, *e)
		if e.Type() == eventing.TypeHarvestRequested {
			w.queue = append(w.queue, *e)
		}
	}
	rw.WriteHeader(w.broker)
}

func (w *world) answers(status int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.broker = status
}

// take is the next event for harvest.
func (w *world) take() (event.Event, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if len(w.queue) == 0 {
		return event.Event{}, false
	}
	e := w.queue[0]
	w.queue = w.queue[1:]
	return e, true
}

// drain delivers events to harvest until none is left.
func (w *world) drain() {
	w.t.Helper()
	for e, more := w.take(); more; e, more = w.take() {
		w.handled(e)
	}
}

func (w *world) deliver(e event.Event) (int, string) {
	body, err := json.Marshal(e)
	if err != nil {
		return 0, err.Error()
	}
	return w.ask(http.MethodPost, "/", string(body), "Content-Type", event.ApplicationCloudEventsJSON)
}

func (w *world) handled(e event.Event) {
	w.t.Helper()
	if status, words := w.deliver(e); status != http.StatusAccepted {
		w.t.Fatalf("%s was answered %d %s", e.ID(), status, words)
	}
}

// ask sends a request with headers; 0 stands for no answer.
func (w *world) ask(method, path, body string, headers ...string) (int, string) {
	q, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	for i := 0; i+1 < len(headers); i += 2 {
		q.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	words, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, "Location: " + response.Header.Get("Location") + "\n" + string(words)
}

// wanted is an event that asks for a harvest.
func wanted(id, harvester, workspace, values string) event.Event {
	e := event.New()
	e.SetID(id)
	e.SetSource("/test")
	e.SetType(eventing.TypeHarvestRequested)
	if workspace != "" {
		e.SetExtension(eventing.ExtensionWorkspace, workspace)
	}
	asked := eventing.HarvestRequest{Name: harvester}
	if values != "" {
		asked.Values = json.RawMessage(values)
	}
	if err := e.SetData(event.ApplicationJSON, asked); err != nil {
		panic(err) // cannot be: the request is plain
	}
	return e
}

// ping is what a schedule sends.
func ping(id string, extensions ...string) event.Event {
	e := event.New()
	e.SetID(id)
	e.SetSource("/apis/v1/namespaces/perigee/pingsources/test")
	e.SetType(eventing.TypePing)
	for i := 0; i+1 < len(extensions); i += 2 {
		e.SetExtension(extensions[i], extensions[i+1])
	}
	return e
}

func (w *world) put(bucketName string, objects map[string]string) {
	w.t.Helper()
	for key, text := range objects {
		if _, err := w.objects.Put(w.t.Context(), bucketName, key, []byte(text), bucket.PutOptions{}); err != nil {
			w.t.Fatal(err)
		}
	}
}

// latest is the newest run of a workspace, with its failures.
func (w *world) latest(workspace string) catalogue.HarvestRun {
	w.t.Helper()
	sc := scope.New(workspace, "test", scope.Writer)
	found, _, err := w.store.HarvestRuns(context.Background(), sc, catalogue.HarvestQuery{Limit: 1})
	if err != nil || len(found) == 0 {
		w.t.Fatalf("no runs: %v", err)
	}
	run, err := w.store.HarvestRun(context.Background(), sc, found[0].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return run
}

// registered are the documents whose registration was asked for since, sorted, each as often as it was: route, mode, address.
func (w *world) registered() []string {
	w.t.Helper()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var all []string
	for _, e := range w.sent {
		if e.Type() != eventing.TypeRegisterRequested {
			continue
		}
		var asked eventing.RegisterRequest
		if err := json.Unmarshal(e.Data(), &asked); err != nil {
			w.t.Fatal(err)
		}
		if len(asked.Documents) == 0 || len(asked.Documents) > eventing.MaxBatch || len(e.Data()) > eventing.MaxRequest {
			w.t.Errorf("%s has %d documents in %d bytes", e.ID(), len(asked.Documents), len(e.Data()))
		}
		for _, d := range asked.Documents {
			if d.Time.IsZero() {
				w.t.Errorf("%s has no time", d.Href)
			}
			all = append(all, fmt.Sprint(extension(e, "workspace"), " ", extension(e, "route"), " ", extension(e, "mode"), " ", strings.Replace(d.Href, w.bucket, "b", 1)))
		}
	}
	w.sent = nil
	slices.Sort(all)
	return all
}

func (w *world) wantRegistered(want ...string) {
	w.t.Helper()
	slices.Sort(want)
	if got := w.registered(); !slices.Equal(got, want) {
		w.t.Errorf("asked to register\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// memory is objects by their address, which counts how often each is read.
type memory struct {
	objects map[string]string
	mutex   sync.Mutex
	reads   map[string]int
	reading func() // before each
}

func (m *memory) Read(_ context.Context, href string, _ int64) ([]byte, error) {
	if m.reading != nil {
		m.reading()
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.reads[href]++
	text, ok := m.objects[href]
	if !ok {
		return nil, fault.New(fault.NotFound, "%s is not there", href)
	}
	return []byte(text), nil
}

var _ source.Reader = &memory{}

func itemText(id, collection string) string {
	return fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": %q, "collection": %q, "geometry": {"type": "Point", "coordinates": [14, 48]},
		"properties": {"datetime": "2024-06-01T10:00:31Z", "eo:cloud_cover": 7}, "links": [], "assets": {}}`, id, collection)
}

func nodeText(kind, id string, links ...string) string {
	var all []string
	for _, l := range links {
		rel, href, _ := strings.Cut(l, " ")
		all = append(all, fmt.Sprintf(`{"rel": %q, "href": %q}`, rel, href))
	}
	return fmt.Sprintf(`{"type": %q, "stac_version": "1.1.0", "id": %q, "description": "x", "links": [%s],
		"extent": {"spatial": {"bbox": [[14, 48, 15, 49]]}, "temporal": {"interval": [[null, null]]}}}`, kind, id, strings.Join(all, ", "))
}

// wide is a catalogue of a number of items in one collection, and the documents that are to be registered of it.
func wide(items int) (objects map[string]string, expected []string) {
	objects = map[string]string{"s3://b/catalog.json": nodeText("Catalog", "c", "child ./S2/collection.json", "child ./catalog.json")}
	links := []string{"child ../catalog.json"}
	for i := range items {
		name := fmt.Sprintf("%03d.json", i)
		links = append(links, "item "+name)
		objects["s3://b/S2/"+name] = itemText(fmt.Sprint(i), "S2")
		expected = append(expected, " items register s3://b/S2/"+name)
	}
	objects["s3://b/S2/collection.json"] = nodeText("Collection", "S2", links...)
	return objects, append([]string{" collections register s3://b/S2/collection.json"}, expected...)
}

// inMemory makes a worker read from memory, in a system's bucket called b.
func inMemory(h *harvest, m *memory) *harvest {
	h.means.buckets.Ingest = "b"
	h.means.own = m
	return h
}

func (w *world) through(h *harvest) *world {
	server := httptest.NewServer(h.handler(edge))
	w.t.Cleanup(server.Close)
	w.url = server.URL
	return w
}
