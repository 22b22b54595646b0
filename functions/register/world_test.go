package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/scope"
)

// world is register with a real catalogue and object store, and with servers that stand for the broker and for render.
type world struct {
	t       *testing.T
	store   *catalogue.Store
	objects *bucket.Client
	bucket  string // the system's
	r       *registrar
	url     string

	mutex     sync.Mutex
	sent      []event.Event
	broker    int               // status that the broker answers
	refused   string            // subject of events that it answers 400
	broken    map[string]string // what render says of a file: status and words
	inside    map[string]string // files within archives, and the keys of those
	described map[string]int    // how often render was asked for a file
}

const products = `
collections: {S2L2A: {product_types: [S2MSI2A]}}
productTypes:
  - name: S2MSI2A
    filter: {"s2:product_type": S2MSI2A}
    collections: [S2L2A]
    coverages: {S2L2A_B02: {assets: [B02]}, S2L2A_B03: {assets: [B03]}, S2L2A_B04: {assets: [B04]}}
    browses: {RED: {grey: {expression: B04, range: [0, 4000]}}}
`

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: cataloguetest.Open(t), broker: http.StatusAccepted, broken: map[string]string{}, described: map[string]int{}}
	w.objects, w.bucket = buckettest.Open(t)
	config, err := product.Load("products", []byte(products))
	if err != nil {
		t.Fatal(err)
	}
	sink, err := eventing.NewSink(w.serve(http.HandlerFunc(w.receive)), "")
	if err != nil {
		t.Fatal(err)
	}
	endpoint, err := url.Parse(buckettest.Config(t).Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	web, err := newWeb([]string{"127.0.0.1", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	w.r = &registrar{
		routes: routes.Default(), web: web, handlers: newHandlers(), products: product.NewWorkspaces(config), store: w.store, objects: stores{own: w.objects, buckets: []string{w.bucket, "cache"}}, grids: newDescriber(w.serve(http.HandlerFunc(w.render))), sink: sink, replace: true, young: within, reading: make(chan struct{}, readAtOnce),
		places: places{ingest: w.bucket, cache: "cache", endpoint: endpoint},
	}
	w.r.behind.send = w.r.flush
	t.Cleanup(w.r.behind.finish)
	w.url = w.serve(w.r.handler(edge))
	return w
}

func (w *world) serve(h http.Handler) string {
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	return s.URL
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

func scopeOf(workspace string) scope.Scope { return scope.New(workspace, "test", scope.Writer) }

func (w *world) receive(rw http.ResponseWriter, q *http.Request) {
	e, err := eventing.Receive(rw, q)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	switch {
	case err == nil && e.Subject() == w.refused && w.refused != "":
		rw.WriteHeader(http.StatusBadRequest)
		return
	case err == nil && w.broker/100 == 2:
		w.sent = append(w.sent, *e)
	}
	rw.WriteHeader(w.broker)
}

// render describes every file that is there as a grid of 100 x 100 pixels, except those said to be broken. It knows where those
// of the folder outlined lie.
func (w *world) render(rw http.ResponseWriter, q *http.Request) {
	href := q.URL.Query().Get("href")
	w.mutex.Lock()
	w.described[href]++
	words, broken := w.broken[href]
	w.mutex.Unlock()
	name, key, _ := bucket.ParseHref(href)
	if archive, ok := w.inside[href]; ok {
		key = archive
	}
	switch object, err := w.objects.Head(q.Context(), name, key); {
	case q.URL.Path != "/internal/describe":
		http.NotFound(rw, q)
	case broken && words == "down":
		rw.WriteHeader(http.StatusServiceUnavailable)
	case broken:
		rw.Header().Set("Content-Type", "application/problem+json")
		rw.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprintf(rw, `{"detail": %q}`, words)
	case err != nil:
		http.NotFound(rw, q)
	default:
		outline := ""
		if strings.HasPrefix(key, "outlined/") {
			outline = `"footprint": {"type": "Polygon", "coordinates": [[[15, 48], [16, 48], [16, 49], [15, 49], [15, 48]]]}, `
		}
		fmt.Fprintf(rw, `{`+outline+`"etag": %q, "grid": {"crs": 32633, "transform": [400000, 10, 0, 5400000, 0, -10], "width": 100, "height": 100, "data_type": "UInt16", "block_width": 512},
			"bands": [{"name": "b1", "index": 1, "minimum": 1, "maximum": 4000}]}`, object.ETag)
	}
}

// put writes an object and is the notification of it.
func (w *world) put(key, body string) event.Event {
	w.t.Helper()
	return w.putIn(w.bucket, key, body)
}

func (w *world) putIn(name, key, body string) event.Event {
	w.t.Helper()
	if _, err := w.objects.Put(w.t.Context(), name, key, []byte(body), bucket.PutOptions{}); err != nil {
		w.t.Fatal(err)
	}
	return w.notification(name, key, eventing.ModeReplace)
}

func (w *world) delete(key string) event.Event {
	w.t.Helper()
	if err := w.objects.Delete(w.t.Context(), w.bucket, key); err != nil {
		w.t.Fatal(err)
	}
	return w.notification(w.bucket, key, eventing.ModeDeregister)
}

// files writes the rasters that an item refers to.
func (w *world) files(folder string, names ...string) {
	for _, name := range names {
		w.put(folder+name, "pixels of "+folder+name)
	}
}

var counter struct {
	sync.Mutex
	n int
}

// notification is what intake makes of one: times in whole seconds, as stores tell them.
func (w *world) notification(name, key string, mode eventing.Mode) event.Event {
	counter.Lock()
	counter.n++
	id := fmt.Sprintf("register/%s/%s@%d", name, key, counter.n)
	counter.Unlock()
	route := eventing.RouteItems
	if !strings.HasSuffix(key, ".json") {
		route = eventing.RouteAssets
	}
	e := w.request(route, mode, eventing.Document{Href: bucket.Href(name, key), Time: time.Now().UTC().Truncate(time.Second)})
	e.SetID(id)
	if name != w.bucket {
		e.SetExtension("workspace", name)
	}
	return e
}

func (w *world) request(route eventing.Route, mode eventing.Mode, documents ...eventing.Document) event.Event {
	w.t.Helper()
	e := event.New()
	e.SetID("request")
	e.SetSource("/perigee/intake")
	e.SetType(eventing.TypeRegisterRequested)
	e.SetExtension("route", string(route))
	e.SetExtension("mode", string(mode))
	if err := e.SetData(event.ApplicationJSON, eventing.RegisterRequest{Documents: documents}); err != nil {
		w.t.Fatal(err)
	}
	return e
}

// deliver posts an event as a broker does, and gives the status and the words of the answer; 0 stands for none.
func (w *world) deliver(e event.Event) (int, string) {
	body, err := json.Marshal(e)
	if err != nil {
		return 0, err.Error()
	}
	response, err := http.Post(w.url+"/", event.ApplicationCloudEventsJSON, bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	words, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(words)
}

// handled delivers events that must be handled.
func (w *world) handled(events ...event.Event) {
	w.t.Helper()
	for _, e := range events {
		if status, words := w.deliver(e); status != http.StatusAccepted {
			w.t.Fatalf("%s was answered %d %s", e.ID(), status, words)
		}
	}
}

// news takes the events that were sent since: their type's last word and their subject.
func (w *world) news() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var all []string
	for _, e := range w.sent {
		words := strings.Split(e.Type(), ".")
		all = append(all, words[len(words)-1]+" "+fmt.Sprint(e.Extensions()["collection"])+"/"+e.Subject())
	}
	w.sent = nil
	return strings.Join(all, ", ")
}

func (w *world) wantNews(want string) {
	w.t.Helper()
	if got := w.news(); got != want {
		w.t.Errorf("sent %q, want %q", got, want)
	}
}

// record finds what is registered; nothing is a zero record.
func (w *world) record(collection, id string) record.Record {
	w.t.Helper()
	found, err := w.store.Record(context.Background(), scopeOf(""), "", collection, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		w.t.Fatal(err)
	}
	return found
}

// status is the status of the document at a key of the system's bucket.
func (w *world) status(key string) record.Registration {
	w.t.Helper()
	found, _, err := w.store.Registrations(context.Background(), scopeOf(""), catalogue.RegistrationQuery{Href: bucket.Href(w.bucket, key)})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(found) == 0 {
		return record.Registration{}
	}
	return found[0]
}

func (w *world) product(id string) record.Product {
	w.t.Helper()
	found, err := w.store.Products(context.Background(), scopeOf(""), catalogue.ProductQuery{ID: id})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(found) == 0 {
		return record.Product{}
	}
	return found[0]
}

// item is the text of a STAC item with the assets of the given names beside it.
func item(collection, id, title string, assets ...string) string {
	var list []string
	for _, a := range assets {
		list = append(list, fmt.Sprintf(`%q: {"href": "./%s.tif", "type": "image/tiff; application=geotiff", "roles": ["data"]}`, a, a))
	}
	named := ""
	if collection != "" {
		named = fmt.Sprintf(`"collection": %q, `, collection)
	}
	return fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": %q, %s"geometry": {"type": "Point", "coordinates": [14, 48]},
		"properties": {"datetime": "2024-06-01T10:00:31Z", "title": %q, "s2:product_type": "S2MSI2A"}, "links": [], "assets": {%s}}`,
		id, named, title, strings.Join(list, ", "))
}

func untyped(text string) string { return strings.Replace(text, `"s2:product_type"`, `"other"`, 1) }
