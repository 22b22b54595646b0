package eventing

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/fault"
	"perigee/shared/trace"
)

const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func sample() event.Event {
	e := event.New()
	e.SetID("1")
	e.SetSource("/test")
	e.SetType(TypeRegisterRequested)
	e.SetSubject("S2A")
	e.SetExtension(ExtensionWorkspace, "ws-a")
	e.SetData("application/json", RegisterRequest{Documents: []Document{{Href: "s3://ingest/a.json"}}})
	return e
}

func TestAnswersFollowKnativesDeliveryRules(t *testing.T) {
	reply := sample()
	for name, c := range map[string]struct {
		reply  *event.Event
		err    error
		status int
		body   string
	}{
		"done":           {nil, nil, 202, ""},
		"reply":          {&reply, nil, 200, "s3://ingest/a.json"},
		"invalid":        {nil, fault.At(fault.Invalid, "geometry", "the item has no geometry"), 422, "the item has no geometry"},
		"not found":      {nil, fault.New(fault.NotFound, "no such object"), 422, "no such object"},
		"conflict":       {nil, fault.New(fault.Conflict, "it exists"), 422, "it exists"},
		"unavailable":    {nil, fault.New(fault.Unavailable, "the database is away"), 503, "the database is away"},
		"two lines":      {nil, errors.Join(fault.New(fault.Invalid, "one"), fault.New(fault.Invalid, "two")), 422, "one; two\n"},
		"endless":        {nil, fault.New(fault.Invalid, "%s", strings.Repeat("é", 5<<20)), 422, "éé …\n"},
		"not classified": {nil, errors.New("surprise"), 503, "surprise"},
		"invalid reply":  {&event.Event{}, nil, 503, ""},
	} {
		server := httptest.NewServer(Handler(func(context.Context, event.Event) (*event.Event, error) { return c.reply, c.err }))
		request, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(`{"specversion":"1.0","id":"1","source":"/t","type":"x"}`))
		request.Header.Set("Content-Type", "application/cloudevents+json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		response.Body.Close()
		server.Close()
		if response.StatusCode != c.status || !strings.Contains(string(body), c.body) || len(body) > maxWords+100 {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
		if c.reply == &reply && response.Header.Get("Ce-Id") != "1" {
			t.Errorf("%s: the reply is not an event in binary mode: %v", name, response.Header)
		}
	}
}

func TestWhatIsNotAnEventIsPermanent(t *testing.T) {
	called := false
	h := Handler(func(context.Context, event.Event) (*event.Event, error) { called = true; return nil, nil })
	for name, c := range map[string]struct{ contentType, body string }{
		"plain":      {"text/plain", "hello"},
		"broken":     {"application/cloudevents+json", "{"},
		"incomplete": {"application/cloudevents+json", `{"specversion":"1.0","id":"1"}`},
		"too large":  {"application/cloudevents+json", `{"specversion":"1.0","id":"1","source":"/t","type":"x","data":"` + strings.Repeat("x", maxEvent) + `"}`},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body))
		r.Header.Set("Content-Type", c.contentType)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code/100 != 4 || w.Code == 404 || w.Code == 408 || w.Code == 409 || w.Code == 429 {
			t.Errorf("%s: status %d would be retried", name, w.Code)
		}
	}
	if called {
		t.Error("the function was called")
	}
}

func TestSinkSendsAndHandsOnTheTrace(t *testing.T) {
	var got atomic.Pointer[event.Event]
	var parents atomic.Value
	server := httptest.NewServer(Handler(func(ctx context.Context, e event.Event) (*event.Event, error) {
		got.Store(&e)
		parents.Store(trace.FromContext(ctx))
		return nil, nil
	}))
	defer server.Close()
	sink, err := NewSink(server.URL, `{"extensions":{"harvester":"s2"}}`)
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Send(trace.NewContext(context.Background(), parent), sample()); err != nil {
		t.Fatal(err)
	}
	e := *got.Load()
	var request RegisterRequest
	if err := e.DataAs(&request); err != nil || request.Documents[0].Href != "s3://ingest/a.json" {
		t.Errorf("data %s: %v", e.Data(), err)
	}
	if e.Extensions()["harvester"] != "s2" || e.Extensions()[ExtensionWorkspace] != "ws-a" || e.Subject() != "S2A" {
		t.Errorf("attributes %v", e)
	}
	if p := parents.Load().(trace.Parent); p.ID() != trace.Parent(parent).ID() {
		t.Errorf("the receiver worked under trace %q", p)
	}
}

func TestSinkFailuresMayPass(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "full", http.StatusInsufficientStorage) }))
	defer refusing.Close()
	page := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer page.Close()
	moved := httptest.NewServer(http.RedirectHandler(page.URL, http.StatusMovedPermanently))
	defer moved.Close()
	for name, url := range map[string]string{"none": "", "dead": "http://127.0.0.1:1", "refusing": refusing.URL, "moved": moved.URL} {
		sink, _ := NewSink(url, "")
		if err := sink.Send(context.Background(), sample()); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewSink("http://x", "{"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("broken overrides: %v", err)
	}
}

// Whatever a text holds, as an attribute it reaches the receiver of an event in the binary mode, and different texts of
// the length of an object's key stay different.
func TestAttribute(t *testing.T) {
	for text, want := range map[string]string{
		"a/b c.json": "a/b c.json", "über/日本.json": "über/日本.json", "a\nb": "a%0Ab", "a\x00": "a%00", " a": "%20a", "a ": "a%20", "\u0085": "%C2%85", "\xff": "%FF", "": "",
		strings.Repeat("é", 4000): strings.Repeat("é", maxAttribute/2), strings.Repeat("\n", 1024): strings.Repeat("%0A", 1024),
	} {
		if got := Attribute(text); got != want {
			t.Errorf("%.20q: %.80q", text, got)
		}
	}
}

func FuzzAttribute(f *testing.F) {
	f.Add("a\r\nCe-Type: x")
	f.Add(strings.Repeat("\xff", maxAttribute))
	f.Fuzz(func(t *testing.T, text string) {
		got := Attribute(text)
		if !inHeader(got) || len(got) > maxAttribute || !utf8.ValidString(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
