package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tenancy"
)

// body is a request for a workspace.
func body(name, owner string) string {
	return fmt.Sprintf(`{"preferred_name": %q, "default_owner": %q}`, name, owner)
}

// WS-01: a workspace is made, shown to its owner and to nobody else, asked for again, deleted, and made again.
func TestLife(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	w := newWorld(t)
	name := w.k.prefix + "-eric"
	status, header, text := w.ask(eric, "POST", "/workspaces", body("eric", ""))
	if status != http.StatusCreated || text != `{"name":"`+name+`"}` || header.Get("Location") != "https://perigee.example/workspaces/"+name {
		t.Fatalf("%d %v %s", status, header, text)
	}
	first := w.shown(eric, name)
	w.usable(first)
	secret := first.Storage.Credentials.Secret
	if len(first.Endpoints) != 4 || first.Endpoints[0].URL != "perigee.example/workspaces/"+name+"/stac" || first.Storage.Credentials.Bucket != name || len(secret) < 32 {
		t.Errorf("%+v", first)
	}
	if _, header, text := w.ask(eric, "GET", "/workspaces/"+name, ""); header.Get("Cache-Control") != "no-store" || header.Get("ETag") != "" || !strings.Contains(text, `"container_registry":null`) {
		t.Errorf("%v %s", header, text)
	}
	if again := w.want(http.StatusOK, eric, "POST", "/workspaces", body("eric", "eric")); again != text {
		t.Errorf("asked again: %s", again)
	}
	if again := w.shown(admin, name); again.Storage.Credentials != first.Storage.Credentials {
		t.Errorf("the credentials changed: %+v", again)
	}
	w.closed(name)
	w.want(http.StatusNoContent, eric, "DELETE", "/workspaces/"+name, "")
	w.want(http.StatusNotFound, eric, "GET", "/workspaces/"+name, "")
	w.want(http.StatusNotFound, eric, "DELETE", "/workspaces/"+name, "")
	if _, err := w.client(first).Head(t.Context(), name, "x.txt"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("after the deletion: %v", err)
	}
	if _, err := w.root.Head(t.Context(), name, "x.txt"); err != nil {
		t.Errorf("the data: %v", err)
	}
	w.want(http.StatusConflict, bob, "POST", "/workspaces", body("eric", "bob"))
	w.want(http.StatusCreated, eric, "POST", "/workspaces", body("eric", "eric"))
	second := w.shown(eric, name)
	if second.Storage.Credentials.Secret == secret || second.Storage.Credentials.Access == first.Storage.Credentials.Access {
		t.Error("the credentials came back")
	}
	w.usable(second)
	w.want(http.StatusForbidden, eric, "DELETE", "/workspaces/"+name+"?purge=true", "")
	w.want(http.StatusNoContent, admin, "DELETE", "/workspaces/"+name+"?purge=true", "")
	if _, err := w.root.Head(t.Context(), name, "x.txt"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("purged: %v", err)
	}
	w.want(http.StatusCreated, bob, "POST", "/workspaces", body("eric", "bob"))
	for _, hidden := range []string{secret, second.Storage.Credentials.Secret} {
		if strings.Contains(log.String(), hidden) {
			t.Error("a secret is in the log")
		}
	}
	for id, e := range w.told() {
		if strings.Contains(string(e.Data()), secret) || e.Subject() != name || fmt.Sprint(e.Extensions()["workspace"]) != name {
			t.Errorf("%s: %s", id, e)
		}
	}
}

// closed tries who may not.
func (w *world) closed(name string) {
	w.t.Helper()
	for who, status := range map[string]int{nobody: http.StatusUnauthorized, bob: http.StatusForbidden, reader: http.StatusForbidden} {
		w.want(status, who, "GET", "/workspaces/"+name, "")
		w.want(status, who, "DELETE", "/workspaces/"+name, "")
		w.want(status, who, "DELETE", "/workspaces/"+name+"?purge=true", "")
	}
	w.want(http.StatusConflict, bob, "POST", "/workspaces", body("eric", "bob"))
	w.want(http.StatusConflict, admin, "POST", "/workspaces", body("eric", ""))
	w.want(http.StatusForbidden, bob, "POST", "/workspaces", body("eric", "eric"))
	w.want(http.StatusForbidden, bob, "POST", "/workspaces", body("other", "eric"))
	w.want(http.StatusForbidden, reader, "POST", "/workspaces", body("other", "rita"))
	w.want(http.StatusUnauthorized, nobody, "POST", "/workspaces", body("other", ""))
	w.want(http.StatusOK, admin, "POST", "/workspaces", body("eric", "eric"))
}

func TestList(t *testing.T) {
	w := newWorld(t)
	for _, owner := range []string{"eric", "bob"} {
		for _, name := range []string{"one", "two"} {
			w.want(http.StatusCreated, admin, "POST", "/workspaces", body(owner+" "+name, owner))
		}
	}
	for who, want := range map[string]int{eric: 2, admin: 4, reader: 0} {
		names, path := 0, "/workspaces?limit=1"
		for path != "" {
			var page struct {
				Workspaces []listed
				Links      []link
			}
			if err := json.Unmarshal([]byte(w.want(http.StatusOK, who, "GET", path, "")), &page); err != nil {
				t.Fatal(err)
			}
			for _, one := range page.Workspaces {
				if names++; one.Status != "ready" || who != admin && !strings.HasPrefix(who, one.Owner) {
					t.Errorf("%q sees %+v", who, one)
				}
			}
			if path = ""; len(page.Links) > 0 {
				path = strings.TrimPrefix(page.Links[0].Href, "https://perigee.example")
			}
		}
		if names != want {
			t.Errorf("%q sees %d", who, names)
		}
	}
	w.want(http.StatusUnauthorized, nobody, "GET", "/workspaces", "")
}

// WS-18: the original's names.
func TestNames(t *testing.T) {
	k := &keeper{prefix: "ws", buckets: scope.Buckets{Ingest: "ingest", Cache: "cache", Shared: []string{"ws-eodata"}}}
	uuid := `ws-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	for preferred, want := range map[string]string{
		"eric": "ws-eric", "-as-df^&*-": "ws-as-df", "'": uuid, "": uuid, "ÅSA Björk & Straße": "ws-asa-bjork-strasse", "日本": uuid,
		strings.Repeat("a", 100): "ws-" + strings.Repeat("a", 32), strings.Repeat("a", 31) + " b": "ws-" + strings.Repeat("a", 31),
		"../../etc": "ws-etc", "a\x00b": "ws-a-b",
	} {
		if got := k.nameOf(preferred); !regexp.MustCompile("^(?:" + want + ")$").MatchString(got) {
			t.Errorf("%q became %q, want %s", preferred, got, want)
		}
	}
	if err := k.free("ws-eodata"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a bucket of the system: %v", err)
	}
	if err := k.free("ws-eric"); err != nil {
		t.Error(err)
	}
}

// Whatever is preferred, the name is one that a bucket, a path and a scope can have.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{"eric", "", "-", "İstanbul", "ﬀ", "\xff\x00", strings.Repeat("ß", 40), "a/../b", "xn--x"} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^ws-[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$`)
	k := &keeper{prefix: "ws"}
	f.Fuzz(func(t *testing.T, preferred string) {
		if name := k.nameOf(preferred); !form.MatchString(name) {
			t.Errorf("%q became %q", preferred, name)
		}
	})
}

// Of many who ask for the same at once one makes it; the others find it made, or are told to ask again.
func TestManyAskAtOnce(t *testing.T) {
	w := newWorld(t)
	const many = 8
	statuses := make([]int, many)
	var asking sync.WaitGroup
	for i := range many {
		asking.Go(func() { statuses[i], _, _ = w.ask(eric, "POST", "/workspaces", body("eric", "eric")) })
	}
	asking.Wait()
	count := map[int]int{}
	for _, status := range statuses {
		count[status]++
	}
	if count[http.StatusCreated] != 1 || count[http.StatusCreated]+count[http.StatusOK]+count[http.StatusServiceUnavailable] != many {
		t.Errorf("answered %v", count)
	}
	w.want(http.StatusOK, eric, "POST", "/workspaces", body("eric", "eric"))
	w.usable(w.shown(eric, w.k.prefix+"-eric"))
	if told := w.told(); len(told) != 1 {
		t.Errorf("told %v", told)
	}
}

// A bucket that was never a workspace's is given away by admins only.
func TestForeignBuckets(t *testing.T) {
	w := newWorld(t)
	name := w.k.prefix + "-backup"
	if err := w.root.CreateBucket(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if text := w.want(http.StatusConflict, eric, "POST", "/workspaces", body("backup", "")); !strings.Contains(text, "was never a workspace's") {
		t.Error(text)
	}
	w.want(http.StatusCreated, admin, "POST", "/workspaces", body("backup", "eric"))
	w.want(http.StatusOK, eric, "POST", "/workspaces", body("backup", ""))
	w.k.buckets.Shared = []string{w.k.prefix + "-eodata"}
	w.want(http.StatusConflict, admin, "POST", "/workspaces", body("eodata", ""))
}

func TestHostileRequests(t *testing.T) {
	w := newWorld(t)
	for text, locator := range map[string]string{
		"{": "", `[]`: "", `{"preferred_name": 7}`: "preferred_name", `{"default_owner": {}}`: "default_owner",
		`{"preferred_name": "` + strings.Repeat("x", maxWish) + `"}`: "", `"x"`: "", `{"default_owner": "` + strings.Repeat("x", 900) + `"}`: "default_owner",
		`{"default_owner": "a\u0000b"}`: "",
	} {
		if answer := w.want(http.StatusBadRequest, admin, "POST", "/workspaces", text); locator != "" && !strings.Contains(answer, `"locator":"`+locator+`"`) {
			t.Errorf("%.50s: %s", text, answer)
		}
	}
	w.want(http.StatusBadRequest, admin, "DELETE", "/workspaces/x?purge=perhaps", "")
	w.want(http.StatusBadRequest, admin, "DELETE", "/workspaces/x?prune=true", "")
	w.want(http.StatusBadRequest, admin, "GET", "/workspaces?limit=0", "")
	w.want(http.StatusBadRequest, admin, "GET", "/workspaces?token=x", "")
	w.want(http.StatusBadRequest, admin, "GET", "/workspaces/a%00b", "")
	for _, path := range []string{"/workspaces/UPPER", "/workspaces/..", "/workspaces/a%2Fb", "/workspaces/" + strings.Repeat("x", 3000)} {
		w.want(http.StatusNotFound, admin, "GET", path, "")
	}
	w.want(http.StatusMethodNotAllowed, admin, "PUT", "/workspaces", "")
	w.want(http.StatusCreated, eric, "POST", "/workspaces", "")
	e := event.New()
	e.SetID("1")
	e.SetSource("/x")
	for kind, data := range map[string]string{"perigee.workspace.moved": "{}", eventing.TypeWorkspaceCreated: "[]"} {
		e.SetType(kind)
		if err := e.SetData(event.ApplicationJSON, json.RawMessage(data)); err != nil {
			t.Fatal(err)
		}
		if status, _, words := w.deliver(e); status != http.StatusUnprocessableEntity {
			t.Errorf("%s %s: %d %s", kind, data, status, words)
		}
	}
	e.SetType(eventing.TypeWorkspaceDeleted)
	if err := e.SetData(event.ApplicationJSON, eventing.Workspace{Name: "nowhere"}); err != nil {
		t.Fatal(err)
	}
	if status, _, words := w.deliver(e); status != http.StatusAccepted {
		t.Errorf("of what is not there: %d %s", status, words)
	}
}

// Without accounts there is a bucket, and the status says why there are no credentials.
func TestWithoutAccounts(t *testing.T) {
	w := newWorld(t)
	var err error
	if w.k.accounts, err = tenancy.Open(tenancy.Config{Kind: "none"}); err != nil {
		t.Fatal(err)
	}
	w.want(http.StatusCreated, eric, "POST", "/workspaces", body("eric", ""))
	d := w.shown(eric, w.k.prefix+"-eric")
	if c := d.Storage.Credentials; d.Status != "ready" || c.Access != "" || c.Secret != "" || c.Bucket == "" || !strings.Contains(d.Message, "no credentials") {
		t.Errorf("%+v", d)
	}
	w.want(http.StatusNoContent, eric, "DELETE", "/workspaces/"+w.k.prefix+"-eric", "")
}

func item(name, id string) record.Change {
	return record.Change{
		Record: record.Record{Key: record.Key{Collection: "S2", ID: id}, Type: record.TypeItem, Document: []byte("{}"), MediaType: "application/json"},
		Source: record.Source{Href: bucket.Href(name, id), Version: "1", Time: time.Now()}, Replace: true,
	}
}

func (w *world) register(name string, ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		applied, err := w.store.Apply(w.t.Context(), scope.New(name, "x", scope.Writer), []record.Change{item(name, id)})
		if err != nil || applied[0].Err != nil {
			w.t.Fatal(err, applied)
		}
	}
}

func (w *world) records(name string) int {
	w.t.Helper()
	page, err := w.store.Search(w.t.Context(), scope.New(name, ""), catalogue.Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(page.Records)
}

// A removal that takes longer than one invocation goes on by its own events.
func TestALongRemovalGoesOn(t *testing.T) {
	w := newWorld(t)
	name := w.k.prefix + "-eric"
	w.want(http.StatusCreated, eric, "POST", "/workspaces", body("eric", ""))
	w.register(name, "a", "b")
	w.k.budget = 0
	w.want(http.StatusNoContent, eric, "DELETE", "/workspaces/"+name, "")
	w.want(http.StatusNotFound, eric, "GET", "/workspaces/"+name, "")
	w.want(http.StatusServiceUnavailable, eric, "POST", "/workspaces", body("eric", ""))
	sent := w.told()
	e, ok := sent["workspace/"+name+"/1/deleted"]
	if !ok || len(sent) < 3 {
		t.Fatalf("%v", sent)
	}
	ids := map[string]bool{}
	for range 20 {
		status, header, reply := w.deliver(e)
		if status == http.StatusAccepted {
			break
		}
		next := header.Get("Ce-Id")
		if status != http.StatusOK || next == "" || ids[next] || header.Get("Ce-Type") != eventing.TypeWorkspaceDeleted {
			t.Fatalf("%d %v %s", status, header, reply)
		}
		ids[next] = true
	}
	if w.records(name) != 0 {
		t.Error("records are left")
	}
	w.want(http.StatusCreated, eric, "POST", "/workspaces", body("eric", ""))
}
