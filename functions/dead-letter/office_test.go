package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/identity"
	"perigee/shared/scope"
)

// world is the function with a real catalogue and a server that stands for the broker.
type world struct {
	t      *testing.T
	store  *catalogue.Store
	office *office
	url    string
	broker func(e event.Event) int // the status that the broker answers
	sent   []event.Event
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: cataloguetest.Open(t), broker: func(event.Event) int { return http.StatusAccepted }}
	o, err := newOffice(config{Config: identity.Config{Auth: "none"}, Sink: w.serve(http.HandlerFunc(w.take))}, w.store)
	if err != nil {
		t.Fatal(err)
	}
	o.edge, w.office = edge, o
	w.url = w.serve(o.handler())
	return w
}

func (w *world) serve(h http.Handler) string {
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	return s.URL
}

func (w *world) take(rw http.ResponseWriter, r *http.Request) {
	e, err := eventing.Receive(rw, r)
	if err != nil {
		w.t.Error(err)
		return
	}
	status := w.broker(*e)
	if status == http.StatusAccepted {
		w.sent = append(w.sent, *e)
	}
	rw.WriteHeader(status)
}

// edge stands for identity: the header says who asks in which workspace.
func edge(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(r.Header.Get("Workspace"), ""), Base: "http://perigee.example"}
		if who := r.Header.Get("Writer"); who != "" {
			asked.Scope = scope.New(r.Header.Get("Workspace"), who, scope.Writer)
		}
		next.ServeHTTP(rw, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

// ask asks as a writer of a workspace; "-" asks as nobody.
func (w *world) ask(method, path, workspace string, header ...string) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.url+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if workspace != "-" {
		r.Header.Set("Writer", "someone")
		r.Header.Set("Workspace", workspace)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return response, string(body)
}

// dead sends an event as the broker sends dead letters.
func (w *world) dead(id, dest, code, words, body string, extensions ...string) {
	w.t.Helper()
	r, err := http.NewRequest("POST", w.url+"/", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Ce-Specversion": "1.0", "Ce-Id": id, "Ce-Source": "/source", "Ce-Type": "perigee.register.requested", "Ce-Subject": "S2A", "Content-Type": "application/json",
		"Ce-Knativeerrordest": dest, "Ce-Knativeerrorcode": code, "Ce-Knativeerrordata": base64.StdEncoding.EncodeToString([]byte(words)),
		"Ce-Knativearrivaltime": "2026-01-02T03:04:05Z", "Ce-Knativebrokerttl": "254",
	} {
		r.Header.Set(name, value)
	}
	for i := 0; i < len(extensions); i += 2 {
		r.Header.Set(extensions[i], extensions[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		words, _ := io.ReadAll(response.Body)
		w.t.Fatalf("%s %s", response.Status, words)
	}
}

func (w *world) letters(workspace string) []catalogue.DeadLetter {
	w.t.Helper()
	response, body := w.ask("GET", "/dead-letters", workspace)
	var list letters
	if err := json.Unmarshal([]byte(body), &list); err != nil || response.StatusCode != 200 {
		w.t.Fatalf("%s %s %v", response.Status, body, err)
	}
	return list.DeadLetters
}

// A dead letter is kept once however often it comes, with its reason in words, and goes out again as the event it was.
func TestKeepAndReplay(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		w.dead("1", "http://register", "422", "the item has no geometry", `{"documents":[]}`, "Ce-Route", "items", "Ce-Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	}
	kept := w.letters("")
	if len(kept) != 1 {
		t.Fatalf("%+v", kept)
	}
	l := kept[0]
	if l.Reason != "http://register answered 422: the item has no geometry" || l.Type != "perigee.register.requested" || l.Subject != "S2A" || !l.Replayed.IsZero() {
		t.Errorf("%+v", l)
	}
	response, body := w.ask("GET", "/dead-letters/"+l.ID, "")
	if response.StatusCode != 200 || !strings.Contains(body, `"knativeerrorcode":"422"`) {
		t.Errorf("%s %s", response.Status, body)
	}
	response, body = w.ask("POST", "/dead-letters/"+l.ID+"/replay", "")
	if response.StatusCode != 200 || body != `{"replayed":["`+l.ID+`"]}` || len(w.sent) != 1 {
		t.Fatalf("%s %s %d", response.Status, body, len(w.sent))
	}
	e := w.sent[0]
	if e.ID() != "1" || e.Source() != "/source" || string(e.Data()) != `{"documents":[]}` || e.DataContentType() != "application/json" || e.Subject() != "S2A" {
		t.Errorf("%s", e)
	}
	if got := fmt.Sprint(e.Extensions()); got != "map[route:items traceparent:00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01]" {
		t.Error(got)
	}
	if kept = w.letters(""); len(kept) != 1 || kept[0].Replayed.IsZero() {
		t.Errorf("%+v", kept)
	}
}

// One event that failed at two subscribers is two dead letters; an id is an event's within its source only.
func TestIdentity(t *testing.T) {
	w := newWorld(t)
	w.dead("1", "http://register", "422", "no", "{}")
	w.dead("1", "http://seed", "500", "no", "{}")
	w.dead("1", "http://seed", "500", "no", "{}", "Ce-Source", "/other")
	if kept := w.letters(""); len(kept) != 3 {
		t.Errorf("%+v", kept)
	}
}

// Replaying all sends the oldest first and each once; one that fails again at once is a dead letter that was not replayed.
func TestReplayAll(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.dead(fmt.Sprint(i), "http://register", "503", "down", "{}")
	}
	w.broker = func(e event.Event) int {
		if e.ID() == "3" {
			w.dead("3", "http://register", "422", "still wrong", "{}")
		}
		return http.StatusAccepted
	}
	response, body := w.ask("POST", "/dead-letters/replay", "")
	if response.StatusCode != 200 || len(w.sent) != 5 || w.sent[0].ID() != "0" || w.sent[4].ID() != "4" {
		t.Fatalf("%s %s %v", response.Status, body, w.sent)
	}
	w.sent, w.broker = nil, func(event.Event) int { return http.StatusAccepted }
	if response, body = w.ask("POST", "/dead-letters/replay", ""); len(w.sent) != 1 || w.sent[0].ID() != "3" {
		t.Errorf("%s %s %v", response.Status, body, w.sent)
	}
	if _, body = w.ask("POST", "/dead-letters/replay", ""); body != `{"replayed":[]}` {
		t.Error(body)
	}
}

// A replay that ends before it was told of is done again: a letter is marked when the broker has its event, not before.
func TestReplayThatEnds(t *testing.T) {
	w := newWorld(t)
	w.dead("1", "http://register", "503", "down", "{}")
	w.broker = func(event.Event) int {
		if l := w.letters("")[0]; !l.Replayed.IsZero() {
			t.Error("it is marked before it is sent")
		}
		return http.StatusAccepted
	}
	if response, body := w.ask("POST", "/dead-letters/replay", ""); response.StatusCode != 200 || len(w.sent) != 1 {
		t.Errorf("%s %s", response.Status, body)
	}
}

// More than fit into memory at once, all of which fail again: each is sent once.
func TestReplayMany(t *testing.T) {
	w := newWorld(t)
	for i := range 25 {
		w.dead(fmt.Sprint(i), "http://register", "503", "down", "{}")
	}
	w.broker = func(e event.Event) int {
		w.dead(e.ID(), "http://register", "422", "still wrong", "{}")
		return http.StatusAccepted
	}
	if response, body := w.ask("POST", "/dead-letters/replay", ""); response.StatusCode != 200 || len(w.sent) != 25 {
		t.Errorf("%s %s", response.Status, body)
	}
}

// What the broker does not take stays a dead letter.
func TestBrokerRefuses(t *testing.T) {
	w := newWorld(t)
	w.dead("1", "http://register", "503", "down", "{}")
	w.broker = func(event.Event) int { return http.StatusServiceUnavailable }
	for _, path := range []string{"/dead-letters/replay", "/dead-letters/" + w.letters("")[0].ID + "/replay"} {
		if response, body := w.ask("POST", path, ""); response.StatusCode != 503 {
			t.Errorf("%s %s", response.Status, body)
		}
	}
	if kept := w.letters(""); len(kept) != 1 || !kept[0].Replayed.IsZero() {
		t.Errorf("%+v", kept)
	}
}

// A workspace sees its own dead letters only, nobody without the role sees or does anything.
func TestScope(t *testing.T) {
	w := newWorld(t)
	w.dead("1", "http://register", "422", "no", "{}", "Ce-Workspace", "ws-one")
	w.dead("2", "http://register", "422", "no", "{}", "Ce-Workspace", "../Not A Workspace")
	own, system := w.letters("ws-one"), w.letters("")
	if len(own) != 1 || len(system) != 1 || own[0].Workspace != "ws-one" || system[0].Workspace != "" {
		t.Fatalf("%+v %+v", own, system)
	}
	for _, c := range []struct {
		method, path, workspace string
		status                  int
	}{
		{"GET", "/dead-letters", "-", 401}, {"GET", "/dead-letters/" + own[0].ID, "-", 401}, {"POST", "/dead-letters/replay", "-", 401},
		{"POST", "/dead-letters/" + system[0].ID + "/replay", "-", 401},
		{"GET", "/dead-letters/" + own[0].ID, "", 404}, {"POST", "/dead-letters/" + own[0].ID + "/replay", "ws-two", 404},
		{"GET", "/dead-letters/nothing", "", 404}, {"PUT", "/dead-letters", "", 405}, {"GET", "/dead-letters?limit=0", "", 400}, {"GET", "/dead-letters?x=1", "", 400},
	} {
		if response, body := w.ask(c.method, c.path, c.workspace); response.StatusCode != c.status {
			t.Errorf("%s %s: %s %s", c.method, c.path, response.Status, body)
		}
	}
	if len(w.sent) != 0 {
		t.Errorf("%v", w.sent)
	}
}

// The list goes page by page, newest first; browsers get a page on which nothing of an event is markup.
func TestList(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.dead(fmt.Sprint(i), "http://register", "422", "<script>alert(1)</script>", `{"x":"</pre><script>"}`)
	}
	var ids []string
	for next := "/dead-letters?limit=2"; next != ""; {
		_, body := w.ask("GET", next, "")
		var list letters
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			t.Fatal(err)
		}
		for _, l := range list.DeadLetters {
			var e event.Event
			if err := json.Unmarshal(l.Event, &e); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, e.ID())
		}
		next = ""
		if len(list.Links) > 0 {
			next = strings.TrimPrefix(list.Links[0].Href, "http://perigee.example")
		}
	}
	if got := strings.Join(ids, ""); got != "43210" {
		t.Error(got)
	}
	response, body := w.ask("GET", "/dead-letters", "", "Accept", "text/html,*/*;q=0.8")
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") || strings.Contains(body, "<script>") || !strings.Contains(body, "register answered 422") {
		t.Errorf("%s", body)
	}
	response, _ = w.ask("POST", "/dead-letters/replay", "", "Accept", "text/html")
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "http://perigee.example/dead-letters" || len(w.sent) != 5 {
		t.Errorf("%s %v", response.Status, response.Header)
	}
	if _, body = w.ask("GET", "/dead-letters/"+w.letters("")[0].ID, "", "Accept", "text/html"); !strings.Contains(body, "perigee.register.requested") {
		t.Error(body)
	}
}

// Data comes out as it went in, whatever it is and whatever it says it is.
func TestData(t *testing.T) {
	w := newWorld(t)
	for name, data := range map[string]struct{ contentType, body string }{
		"broken json": {"application/json", `{"a":`}, "binary": {"image/tiff", "II*\x00\xff\xfe"}, "not utf-8": {"application/json", "\"\xff\""},
		"text": {"text/plain", "grüß"}, "geojson": {"application/geo+json", `{"type": "Feature"}`}, "nul": {"application/json", `"\u0000"`}, "none": {"application/json", ""},
		"large": {"application/octet-stream", strings.Repeat("\xff", 1<<20-1)}, "xml": {"application/xml", "<a/>"},
	} {
		t.Run(name, func(t *testing.T) {
			w.sent = nil
			w.dead(name, "http://register", "422", "no", data.body, "Content-Type", data.contentType)
			if response, body := w.ask("POST", "/dead-letters/replay", ""); response.StatusCode != 200 || len(w.sent) != 1 {
				t.Fatalf("%s %s", response.Status, body)
			}
			if got := w.sent[0]; string(got.Data()) != data.body || got.DataContentType() != data.contentType {
				t.Errorf("%s %q", got.DataContentType(), got.Data()[:min(len(got.Data()), 100)])
			}
		})
	}
}

func TestReason(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct{ dest, code, data, want string }{
		{"http://a", "422", encode("bad\n"), "http://a answered 422: bad"},
		{"http://a", "422", "told to fail", "http://a answered 422: told to fail"},
		{"http://a", "500", "", "http://a answered 500"},
		{"http://a", "422", encode("grü")[:4], "http://a answered 422: gr"},
		{"http://a", "422", encode("\xff\xfe\xfd\xfc\xfb\xfa"), "http://a answered 422: //79/Pv6"},
		{"", "", "", ""},
	} {
		if got := reason(c.dest, c.code, c.data); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// What was kept long enough is forgotten, replayed or not, in every workspace; a setting of none keeps everything.
func TestRetention(t *testing.T) {
	w := newWorld(t)
	for workspace, age := range map[string]time.Duration{"": 31 * 24 * time.Hour, "alice": 31 * 24 * time.Hour, "bob": 29 * 24 * time.Hour} {
		letter := catalogue.DeadLetter{ID: "old", Event: []byte("{}"), Time: time.Now().Add(-age)}
		if err := w.store.KeepDeadLetter(t.Context(), scope.New(workspace, "test", scope.Writer), letter); err != nil {
			t.Fatal(err)
		}
	}
	w.office.tidy(t.Context())
	if got := w.letters("alice"); len(got) != 1 {
		t.Errorf("%d letters are left of one", len(got))
	}
	w.office.retention = 30 * 24 * time.Hour
	w.dead("new", "http://register", "422", "no", "{}")
	for workspace, want := range map[string]string{"": "new", "alice": "", "bob": "old"} {
		got := w.letters(workspace)
		if want == "" && len(got) != 0 || want != "" && (len(got) != 1 || got[0].ID == "old" != (want == "old")) {
			t.Errorf("%q has %+v", workspace, got)
		}
	}
	if _, err := newOffice(config{Config: identity.Config{Auth: "none"}, Sink: "http://broker.example", Retention: -1}, w.store); err == nil {
		t.Error("letters are kept for less than no time")
	}
}
