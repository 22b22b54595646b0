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
	"github.com/paulmach/orb"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache/tilecachetest"
	"perigee/test/draws"
)

const productsYAML = `
layers:
  - id: S2L2A
    grids:
      - name: WGS84
        zoom: 13
      - name: GoogleMapsCompatible
        zoom: 14
collections:
  S2L2A:
    product_types: [S2MSI2A]
productTypes:
  - name: S2MSI2A
    filter:
      s2:product_type: S2MSI2A
    collections: [S2L2A]
    coverages:
      S2L2A_B04:
        assets: [B04]
    defaultBrowse: TRUE_COLOR
    browses:
      TRUE_COLOR:
        asset: visual
      NDVI:
        grey:
          expression: B04
          range: [-1, 1]
`

// world is the function with a real catalogue, a real bucket, a renderer that draws words, and a broker that keeps what
// it is sent until the test delivers it.
type world struct {
	config  config
	store   *catalogue.Store
	objects *bucket.Client
	drawing *tilecachetest.Drawing
	broker  *broker
	seeder  *seeder
	server  *httptest.Server
}

// broker holds events in the order they came.
type broker struct {
	mu     sync.Mutex
	events []event.Event
	refuse bool
}

func (b *broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e, err := eventing.Receive(w, r)
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil || b.refuse {
		http.Error(w, fmt.Sprint(err), http.StatusServiceUnavailable)
		return
	}
	b.events = append(b.events, *e)
	w.WriteHeader(http.StatusAccepted)
}

// take gives the events that wait, and forgets them.
func (b *broker) take() []event.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	events := b.events
	b.events = nil
	return events
}

func newWorld(t *testing.T, change ...func(*config)) *world {
	t.Helper()
	t.Parallel()
	w := &world{store: cataloguetest.Open(t), drawing: &tilecachetest.Drawing{}, broker: &broker{}}
	// CSC-06: whatever is seeded, render is told that nobody waits for it, so that maps are not starved.
	render := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/internal/tiles") && r.URL.Query().Get("background") != "true" {
			t.Errorf("tiles are asked for as if somebody waited: %s", r.URL.RawQuery)
		}
		w.drawing.ServeHTTP(answer, r)
	}))
	sink := httptest.NewServer(w.broker)
	t.Cleanup(render.Close)
	t.Cleanup(sink.Close)
	w.config = config{
		Config: identity.Config{Auth: "none"}, Render: render.URL, Sink: sink.URL, Products: productsYAML,
		Drawing: 20 * time.Second, MaxZoom: 2, Days: 3, MaxTiles: 10_000, Block: 2,
	}
	w.objects, w.config.Bucket = buckettest.Open(t)
	for _, c := range change {
		c(&w.config)
	}
	w.restart(t)
	return w
}

// restart is a new process of the function.
func (w *world) restart(t *testing.T) {
	t.Helper()
	s, err := newSeeder(w.config, w.store, w.objects)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := identity.New(w.config.Config)
	if err != nil {
		t.Fatal(err)
	}
	w.seeder, w.server = s, httptest.NewServer(s.handler(edge.Wrap))
	t.Cleanup(w.server.Close)
}

// ask sends a request and reads the JSON of its answer.
func (w *world) ask(t *testing.T, method, path, body string, into any) (code int, header http.Header, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := w.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if into != nil && answer.StatusCode/100 == 2 {
		if err := json.Unmarshal(read, into); err != nil {
			t.Fatalf("%v in %s", err, read)
		}
	}
	return answer.StatusCode, answer.Header, string(read)
}

// post starts a job.
func (w *world) post(t *testing.T, body string) status {
	t.Helper()
	var job status
	code, header, text := w.ask(t, http.MethodPost, "/seed", body, &job)
	if code != http.StatusAccepted || header.Get("Location") != w.server.URL+"/seed/jobs/"+job.JobID {
		t.Fatalf("%s was answered %d %q %s", body, code, header.Get("Location"), text)
	}
	return job
}

// job asks how far a job is.
func (w *world) job(t *testing.T, id string) status {
	t.Helper()
	var job status
	if code, _, text := w.ask(t, http.MethodGet, "/seed/jobs/"+id, "", &job); code != http.StatusOK {
		t.Fatalf("job %q is %d %s", id, code, text)
	}
	return job
}

// deliver hands an event to the function.
func (w *world) deliver(t *testing.T, e event.Event) error {
	t.Helper()
	_, err := w.seeder.event(t.Context(), e)
	return err
}

// run delivers what the broker has until nothing is left: every event twice, shuffled, some of them in a later round.
func (w *world) run(t *testing.T) {
	t.Helper()
	var again []event.Event
	chance := draws.Random()
	for round := 0; ; round++ {
		events := append(w.broker.take(), again...)
		if len(events) == 0 {
			return
		}
		if round > 200 {
			t.Fatalf("%d events still come after %d rounds", len(events), round)
		}
		fresh := events[:len(events)-len(again)]
		again = nil
		chance.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		if round%2 == 0 {
			again = slices.Clone(fresh)
		}
		var all sync.WaitGroup
		errs := make(chan error, len(events))
		for part := range slices.Chunk(events, (len(events)+2)/3) {
			all.Go(func() {
				for _, e := range part {
					if _, err := w.seeder.event(context.WithoutCancel(t.Context()), e); err != nil {
						errs <- fmt.Errorf("%s: %w", e.ID(), err)
					}
				}
			})
		}
		all.Wait()
		close(errs)
		for err := range errs {
			t.Fatal(err)
		}
	}
}

// keys lists what is kept.
func (w *world) keys(t *testing.T) []string {
	t.Helper()
	var keys []string
	for object, err := range w.objects.List(t.Context(), w.config.Bucket, "") {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, object.Key)
	}
	slices.Sort(keys)
	return keys
}

// drawn is how many tiles were asked of the renderer.
func (w *world) drawn() int { return w.drawing.Rounds() }

func (w *world) apply(t *testing.T, workspace string, changes ...record.Change) {
	t.Helper()
	applied, err := w.store.Apply(t.Context(), scope.New(workspace, "test", scope.Writer), changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range applied {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
}

var spring = time.Date(2024, 5, 6, 10, 0, 0, 0, time.UTC)

// scene is a change that registers an item of the layer S2L2A in a box of a degree.
func scene(id, version string, west, south float64) record.Change {
	return record.Change{
		Record: record.Record{
			Key: record.Key{Collection: "sentinel-2", ID: id}, Type: record.TypeItem, Title: id, ProductType: "S2MSI2A",
			Time:       record.Interval{Start: spring, End: spring},
			Footprint:  orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + 1, south + 1}}.ToPolygon(),
			Properties: map[string]any{}, Document: fmt.Appendf(nil, `{"id":%q,"version":%q}`, id, version), MediaType: "application/geo+json", Version: version,
		},
		Coverages: []record.Coverage{{Asset: "visual", Href: "s3://ingest/" + id + ".tif", ETag: version}},
		Layers:    []string{"S2L2A"}, Replace: true,
		Source: record.Source{Href: "s3://ingest/" + id + ".json", Version: version, Time: spring},
	}
}

// itemEvent is what register tells of an item.
func itemEvent(kind, id string) event.Event {
	e := event.New()
	e.SetID(id + "/" + kind)
	e.SetSource("/perigee/catalogue")
	e.SetType(kind)
	e.SetSubject(id)
	e.SetExtension(eventing.ExtensionCollection, "sentinel-2")
	return e
}

// identityOf asks for tokens of an issuer.
func identityOf(issuer string) identity.Config {
	return identity.Config{Auth: "oidc", Issuer: issuer, Audience: "perigee", Claim: "roles", Prefix: "perigee-"}
}
