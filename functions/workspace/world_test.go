package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
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
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tenancy"
)

// world is the function with a real catalogue and object store, and a server that stands for the broker.
type world struct {
	t     *testing.T
	store *catalogue.Store
	root  *bucket.Client
	k     *keeper
	url   string

	mutex  sync.Mutex
	sent   []event.Event
	broker int // the status that the broker answers
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: cataloguetest.Open(t), broker: http.StatusAccepted}
	s3 := buckettest.Config(t)
	w.root = bucket.Open(s3)
	k, err := newKeeper(config{
		Endpoint: s3.Endpoint, Region: s3.Region, AccessKey: s3.AccessKey, SecretKey: s3.SecretKey, IngestBucket: "ingest", CacheBucket: "cache",
		Products: systemYAML, Prefix: "t" + strings.ToLower(rand.Text()[:8]), Accounts: "versitygw", Key: tenancy.NewKey(), Sink: w.serve(http.HandlerFunc(w.take)),
	}, w.store)
	if err != nil {
		t.Fatal(err)
	}
	w.k = k
	w.url = w.serve(k.handler(edge))
	return w
}

func (w *world) serve(h http.Handler) string {
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	return s.URL
}

func (w *world) take(rw http.ResponseWriter, r *http.Request) {
	e, err := eventing.Receive(rw, r)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if err == nil && w.broker/100 == 2 {
		w.sent = append(w.sent, *e)
	}
	rw.WriteHeader(w.broker)
}

// edge stands for identity: the header says who asks and with which roles.
func edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		who, roles, _ := strings.Cut(r.Header.Get("Who"), " ")
		var held []scope.Role
		for role := range strings.FieldsSeq(roles) {
			held = append(held, scope.Role(role))
		}
		workspace := scope.System
		if name, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/workspaces/"), "/products"); ok {
			workspace, r.URL.Path = strings.TrimPrefix(name, "/"), "/products"
		}
		asked := scope.Asked{Scope: scope.New(workspace, who, held...), Base: "https://perigee.example"}
		next.ServeHTTP(rw, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

// Who asks.
const (
	nobody = ""
	eric   = "eric writer"
	bob    = "bob writer"
	reader = "rita"
	admin  = "root writer admin"
)

// ask gives the status, the header and the body of an answer.
func (w *world) ask(who, method, path, body string) (int, http.Header, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Who", who)
	return w.answered(r)
}

// answered gives the status, the header and the body of the answer to a request.
func (w *world) answered(r *http.Request) (int, http.Header, string) {
	w.t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// want asks and compares the status.
func (w *world) want(status int, who, method, path, body string) string {
	w.t.Helper()
	got, _, text := w.ask(who, method, path, body)
	if got != status {
		w.t.Errorf("%s %s of %q was answered %d, not %d: %s", method, path, who, got, status, text)
	}
	return text
}

// shown is what the workspace shows to who asks.
func (w *world) shown(who, name string) document {
	w.t.Helper()
	var d document
	if err := json.Unmarshal([]byte(w.want(http.StatusOK, who, "GET", "/workspaces/"+name, "")), &d); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// client is one with the credentials that a workspace shows.
func (w *world) client(d document) *bucket.Client {
	w.t.Helper()
	if d.Status != "ready" || d.Storage == nil {
		w.t.Fatalf("%+v", d)
	}
	c := d.Storage.Credentials
	return bucket.Open(bucket.Config{Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.Access, SecretKey: c.Secret})
}

// usable uploads and reads with the credentials of a workspace.
func (w *world) usable(d document) {
	w.t.Helper()
	c, name := w.client(d), d.Storage.Credentials.Bucket
	if _, err := c.Put(w.t.Context(), name, "x.txt", []byte("x"), bucket.PutOptions{}); err != nil {
		w.t.Error(err)
	}
	if _, _, err := c.ReadAll(w.t.Context(), name, "x.txt", 10); err != nil {
		w.t.Error(err)
	}
}

// deliver hands an event over as a broker does; reply is the body of the answer.
func (w *world) deliver(e event.Event) (status int, header http.Header, reply string) {
	w.t.Helper()
	body, err := json.Marshal(e)
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := http.Post(w.url+"/", event.ApplicationCloudEventsJSON, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

// told takes the events that were sent since, by their ids, each once.
func (w *world) told() map[string]event.Event {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	all := map[string]event.Event{}
	for _, e := range w.sent {
		all[e.ID()] = e
	}
	w.sent = nil
	return all
}

// crash ends a worker at one of its calls, before it or behind it. Every call after that fails too, as if the process
// were gone.
type crash struct {
	mutex  sync.Mutex
	at     int
	behind bool
	calls  int
	dead   bool
}

var errDead = fault.New(fault.Unavailable, "the worker is gone")

func (c *crash) call(do func() error) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.calls++
	if c.dead || c.calls == c.at && !c.behind {
		c.dead = true
		return errDead
	}
	err := do()
	if c.calls == c.at {
		c.dead = true
		return errDead
	}
	return err
}

// doomed is the same function whose worker crashes; what it has taken is free at once, as if its lease had ended.
func (w *world) doomed(c *crash) *world {
	k := *w.k
	k.store, k.objects, k.accounts, k.lease = dyingStore{k.store, c}, dyingObjects{k.objects, c}, dyingAccounts{k.accounts, c}, 0
	send := k.send
	k.send = func(ctx context.Context, events ...event.Event) error {
		return c.call(func() error { return send(ctx, events...) })
	}
	other := &world{t: w.t, store: w.store, root: w.root, k: &k}
	other.url = w.serve(k.handler(edge))
	return other
}

type dyingStore struct {
	store
	c *crash
}

func (d dyingStore) ClaimWorkspace(ctx context.Context, sc scope.Scope, wanted catalogue.Workspace, lease time.Duration) (w catalogue.Workspace, fresh bool, err error) {
	err = d.c.call(func() error { w, fresh, err = d.store.ClaimWorkspace(ctx, sc, wanted, lease); return err })
	return w, fresh, err
}

func (d dyingStore) DeleteWorkspace(ctx context.Context, sc scope.Scope, name string, purge bool, lease time.Duration) (w catalogue.Workspace, err error) {
	err = d.c.call(func() error { w, err = d.store.DeleteWorkspace(ctx, sc, name, purge, lease); return err })
	return w, err
}

func (d dyingStore) AdvanceWorkspace(ctx context.Context, w *catalogue.Workspace, lease time.Duration) error {
	return d.c.call(func() error { return d.store.AdvanceWorkspace(ctx, w, lease) })
}

func (d dyingStore) ClearWorkspace(ctx context.Context, sc scope.Scope, name string) (more bool, err error) {
	err = d.c.call(func() error { more, err = d.store.ClearWorkspace(ctx, sc, name); return err })
	return more, err
}

func (d dyingStore) Outbox(ctx context.Context, sc scope.Scope, limit int) (found []catalogue.Event, err error) {
	err = d.c.call(func() error { found, err = d.store.Outbox(ctx, sc, limit); return err })
	return found, err
}

func (d dyingStore) Sent(ctx context.Context, sc scope.Scope, ids []string) error {
	return d.c.call(func() error { return d.store.Sent(ctx, sc, ids) })
}

func (d dyingStore) PutOverlay(ctx context.Context, sc scope.Scope, text []byte, agrees func(catalogue.Overlay) error) (o catalogue.Overlay, items int, err error) {
	err = d.c.call(func() error { o, items, err = d.store.PutOverlay(ctx, sc, text, agrees); return err })
	return o, items, err
}

func (d dyingStore) ItemSources(ctx context.Context, sc scope.Scope, after string, limit int) (found []record.Source, revision int64, err error) {
	err = d.c.call(func() error { found, revision, err = d.store.ItemSources(ctx, sc, after, limit); return err })
	return found, revision, err
}

type dyingObjects struct {
	objects
	c *crash
}

func (d dyingObjects) CreateBucket(ctx context.Context, name string) error {
	return d.c.call(func() error { return d.objects.CreateBucket(ctx, name) })
}

func (d dyingObjects) DeleteAll(ctx context.Context, name string, keys []string) error {
	return d.c.call(func() error { return d.objects.DeleteAll(ctx, name, keys) })
}

func (d dyingObjects) List(ctx context.Context, name, prefix string) iter.Seq2[bucket.Object, error] {
	if err := d.c.call(func() error { return nil }); err != nil {
		return func(yield func(bucket.Object, error) bool) { yield(bucket.Object{}, err) }
	}
	return d.objects.List(ctx, name, prefix)
}

type dyingAccounts struct {
	tenancy.Accounts
	c *crash
}

func (d dyingAccounts) Ensure(ctx context.Context, c tenancy.Credentials) error {
	return d.c.call(func() error { return d.Accounts.Ensure(ctx, c) })
}

func (d dyingAccounts) Give(ctx context.Context, name, key string) error {
	return d.c.call(func() error { return d.Accounts.Give(ctx, name, key) })
}

func (d dyingAccounts) Withdraw(ctx context.Context, name, key string) error {
	return d.c.call(func() error { return d.Accounts.Withdraw(ctx, name, key) })
}
