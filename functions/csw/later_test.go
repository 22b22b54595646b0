package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/csw"
	"perigee/shared/fault"
	"perigee/shared/outward"
	"perigee/shared/pycsw"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// open stands for the edge: everybody may write.
func open(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test", scope.Writer), Base: "http://eo.example"}
		if scope.FromContext(r.Context()).Scope.Valid() == nil {
			asked = scope.FromContext(r.Context())
		}
		next.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

// rounds is a broker that delivers when it is told to.
type rounds struct {
	t       *testing.T
	desk    desk
	mutex   sync.Mutex
	waiting []event.Event
	failed  []string // the words of what was not handled
	away    bool
}

// around is a broker from which events come back to who answers what is offered.
func around(t *testing.T, offered csw.Config, guard outward.Guard) (later, *rounds) {
	b := &rounds{t: t}
	b.desk = desk{csw.NewAnswerer(offered).Answer, newHandlers(guard), b.take, make(chan struct{}, atOnce)}
	return later{guard, b.take}, b
}

func (b *rounds) take(_ context.Context, events ...event.Event) error {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.away {
		return fault.New(fault.Invalid, "the broker does not like it")
	}
	b.waiting = append(b.waiting, events...)
	return nil
}

// deliver delivers so many times each event that waits, and those that come of them, and gives all that were delivered.
func (b *rounds) deliver(times int) (all []event.Event) {
	for len(b.waiting) > 0 {
		e := b.waiting[0]
		b.waiting = b.waiting[1:]
		all = append(all, e)
		for range times {
			if status, words := b.post(e); status != http.StatusAccepted {
				b.failed = append(b.failed, words)
			}
		}
	}
	return all
}

// post delivers an event as brokers do.
func (b *rounds) post(e event.Event) (int, string) {
	b.t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		b.t.Fatal(err)
	}
	r, w := httptest.NewRequest(http.MethodPost, eventsPath, strings.NewReader(string(text))), httptest.NewRecorder()
	r.Header.Set("Content-Type", event.ApplicationCloudEventsJSON)
	eventing.Handler(b.desk.event).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// client takes answers, or does not.
type client struct {
	*httptest.Server
	mutex  sync.Mutex
	status int
	got    []string
}

func newClient(t *testing.T) *client {
	c := &client{status: http.StatusNoContent}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.got = append(c.got, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(text))
		w.Header().Set("Location", "http://elsewhere.example/")
		w.WriteHeader(c.status)
	}))
	t.Cleanup(c.Close)
	return c
}

// asking is a GetRecords whose answer goes to handlers.
func asking(handlers ...string) string {
	all := ""
	for _, h := range handlers {
		all += "<csw:ResponseHandler>" + h + "</csw:ResponseHandler>"
	}
	return `<csw:GetRecords xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2" resultType="results">` + all + `<csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName></csw:Query></csw:GetRecords>`
}

// RC-01, RC-10: answers go to public addresses and those that are let through; what lies inside is refused before anything is taken over, be it
// told by its address or found out when it is dialled.
func TestAnswersStayOutside(t *testing.T) {
	c := newClient(t)
	offered := csw.Config{Store: records{store: cataloguetest.Open(t)}, Service: service(), Path: "/csw"}
	for reach, may := range map[string]bool{"": false, "127.0.0.0/8": true} {
		guard, err := outward.ParseGuard([]string{reach})
		if err != nil {
			t.Fatal(err)
		}
		l, broker := around(t, offered, guard)
		served := offered
		served.Later = l
		w := httptest.NewRecorder()
		open(csw.New(served)).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/csw", strings.NewReader(asking(c.URL+"/in"))))
		broker.deliver(1)
		switch {
		case may && (w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Acknowledgement") || len(c.got) != 1 || !strings.HasPrefix(c.got[0], "POST /in application/xml <?xml") || !strings.Contains(c.got[0], "<csw:GetRecordsResponse")):
			t.Errorf("%d %s, sent %q", w.Code, w.Body, c.got)
		case !may && (w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `locator="responseHandler"`) || len(c.got) != 0):
			t.Errorf("%d %s, sent %q", w.Code, w.Body, c.got)
		}
		c.got = nil
	}
	_, broker := around(t, offered, outward.Guard{})
	for _, address := range []string{c.URL, strings.Replace(c.URL, "127.0.0.1", "localhost", 1)} {
		events, err := answering("x", csw.Answered{Type: "application/xml", Document: []byte("<x/>"), Handlers: []string{address}})
		if err != nil {
			t.Fatal(err)
		}
		if status, words := broker.post(events[0]); status != http.StatusUnprocessableEntity || !strings.Contains(words, "lies inside") || len(c.got) != 0 {
			t.Errorf("%d %s, sent %q", status, words, c.got)
		}
	}
}

// RC-10: what was acknowledged is handled as often as it comes: each record is there once, and a handler that does not take its answer has
// nothing sent to another again. What is delivered once is answered once.
func TestAcknowledgedTwice(t *testing.T) {
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			_, _ = io.WriteString(w, `<a href="a.xml">a</a><a href="b.xml">b</a>`)
			return
		}
		_, _ = io.WriteString(w, strings.Replace(dublinCore(r.URL.Path, "In a folder"), "<csw:Record>", `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/">`, 1))
	}))
	t.Cleanup(source.Close)
	one, two := newClient(t), newClient(t)
	for times, status := range map[int]int{1: http.StatusNoContent, 2: http.StatusBadGateway} {
		s, broker := writtenLater(t)
		two.status = status
		harvest := `<csw:Harvest xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2"><csw:Source>` + source.URL + `/</csw:Source><csw:ResourceType>urn:geoss:waf</csw:ResourceType>` +
			`<csw:ResponseHandler>` + one.URL + `/1</csw:ResponseHandler><csw:ResponseHandler>` + two.URL + `/2</csw:ResponseHandler></csw:Harvest>`
		if status, text := posted(t, s, harvest); status != http.StatusOK || !strings.Contains(text, "Acknowledgement") {
			t.Fatalf("%d %s", status, text)
		}
		if ids := recordIDs(t, s, ""); ids != "" {
			t.Errorf("before it is delivered there are %s", ids)
		}
		seen := map[string]int{}
		for _, e := range broker.deliver(times) {
			seen[e.ID()]++
		}
		if ids := recordIDs(t, s, ""); ids != "/a.xml /b.xml" {
			t.Errorf("there are %s", ids)
		}
		if len(one.got) != len(two.got) || len(seen) != 3 || times == 1 && (len(one.got) != 1 || len(broker.failed) != 0) || times == 2 && len(broker.failed) != len(two.got) {
			t.Errorf("delivered %d times: %d and %d answers, events %v, failed %q", times, len(one.got), len(two.got), seen, broker.failed)
		}
		if !strings.HasPrefix(one.got[0], "POST /1 application/xml") || !strings.Contains(one.got[0], "<csw:totalInserted>2<") {
			t.Error(one.got[0])
		}
		one.got, two.got = nil, nil
	}
}

// writtenLater serves a catalogue to somebody who may write it, and whom it answers later by a broker.
func writtenLater(t *testing.T) (*httptest.Server, *rounds) {
	t.Helper()
	store := cataloguetest.Open(t)
	offered := csw.Config{Store: records{store: store}, Service: service(), Path: "/csw", Transactions: writing{store: store, kept: new([]transaction.Resource)}, Fetcher: web{outward.New(outward.Config{Guard: outward.Open()})}}
	l, broker := around(t, offered, outward.Open())
	offered.Later = l
	s := httptest.NewServer(open(csw.New(offered)))
	t.Cleanup(s.Close)
	return s, broker
}

// A handler that may take its answer another time has it sent again by the broker (503); one that never will is one for the dead letters,
// with the reason (422).
func TestHandlersThatDoNotTakeTheirAnswers(t *testing.T) {
	c := newClient(t)
	_, broker := around(t, csw.Config{}, outward.Open())
	nobody := httptest.NewServer(nil)
	nobody.Close()
	for _, one := range []struct {
		handler   string
		status    int
		want      int
		words     string
		delivered int
	}{
		{c.URL + "/in?word=1", http.StatusOK, http.StatusAccepted, "", 1},
		{c.URL, http.StatusInternalServerError, http.StatusServiceUnavailable, "answers 500", 1},
		{c.URL, http.StatusTooManyRequests, http.StatusServiceUnavailable, "answers 429", 1},
		{c.URL, http.StatusNotFound, http.StatusUnprocessableEntity, "answers 404", 1},
		{c.URL, http.StatusForbidden, http.StatusUnprocessableEntity, "answers 403", 1},
		{c.URL, http.StatusTemporaryRedirect, http.StatusUnprocessableEntity, "another host", 1},
		{nobody.URL, 0, http.StatusServiceUnavailable, "refused", 0},
		{"ftp://127.0.0.1/in", 0, http.StatusUnprocessableEntity, "http or https", 0},
		{"mailto:me@client.example", 0, http.StatusUnprocessableEntity, "http or https", 0},
	} {
		c.status, c.got = one.status, nil
		events, err := answering("x", csw.Answered{Type: "application/xml", Document: []byte("<x/>"), Handlers: []string{one.handler}})
		if err != nil {
			t.Fatal(err)
		}
		if status, words := broker.post(events[0]); status != one.want || !strings.Contains(words, one.words) || len(c.got) != one.delivered {
			t.Errorf("%s answers %d: %d %s, sent %q", one.handler, one.status, status, words, c.got)
		}
	}
}

// What may pass is tried again as long as that is worth it; then those who wait are told.
func TestPatienceHasAnEnd(t *testing.T) {
	for age, tells := range map[time.Duration]bool{0: false, patience / 2: false, patience + time.Minute: true, time.Hour: true} {
		b := &rounds{t: t}
		b.desk = desk{send: b.take, turns: make(chan struct{}, 1), answer: func(_ context.Context, a csw.Acknowledged) (csw.Answered, error) {
			return csw.Answered{Type: "application/xml", Document: []byte("<report/>"), Handlers: a.Handlers}, errors.New("away")
		}}
		e, err := acknowledging("x", time.Now().Add(-age), csw.Acknowledged{Pairs: "request=GetRecords", Handlers: []string{"http://a/"}})
		if err != nil {
			t.Fatal(err)
		}
		if status, words := b.post(e); tells != (status == http.StatusAccepted) || tells != (len(b.waiting) == 1) || !tells && status != http.StatusServiceUnavailable {
			t.Errorf("after %v: %d %s, %v", age, status, words, b.waiting)
		}
	}
}

// An answer that is too large for an event is sent by who makes it, and made anew for each handler, so that it is sent again only to who did
// not take it.
func TestAnswersTooLargeForEvents(t *testing.T) {
	one, two := newClient(t), newClient(t)
	two.status = http.StatusServiceUnavailable
	b := &rounds{t: t}
	b.desk = desk{handlers: newHandlers(outward.Open()), send: b.take, turns: make(chan struct{}, 1), answer: func(_ context.Context, a csw.Acknowledged) (csw.Answered, error) {
		return csw.Answered{Type: "application/xml", Document: make([]byte, csw.MaxLater+1), Handlers: a.Handlers}, nil
	}}
	e, err := acknowledging("x", time.Now(), csw.Acknowledged{Pairs: "request=GetRecords", Handlers: []string{one.URL, two.URL}})
	if err != nil {
		t.Fatal(err)
	}
	b.waiting = []event.Event{e}
	all := b.deliver(1)
	if len(all) != 3 || all[1].ID() != "x/handler/0" || all[1].Type() != eventing.TypeAcknowledged || len(one.got) != 1 || len(two.got) != 1 || len(b.failed) != 1 || !strings.Contains(b.failed[0], "503") {
		t.Errorf("%v, %d and %d answers, failed %q", all, len(one.got), len(two.got), b.failed)
	}
}

// An event holds the rights of who asked, and nothing by which they showed them; a request that no broker has taken is not acknowledged.
func TestEventOfAcknowledgedRequest(t *testing.T) {
	s, broker := writtenLater(t)
	ask := func() int {
		r, err := http.NewRequest(http.MethodPost, s.URL+"/csw?token=secret", strings.NewReader(asking("http://client.example/in")))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer secret")
		r.Header.Set("Cookie", "secret")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	if status := ask(); status != http.StatusOK || len(broker.waiting) != 1 {
		t.Fatalf("%d, %v", status, broker.waiting)
	}
	e := broker.waiting[0]
	asked, err := acknowledgedBy(e)
	if err != nil || asked.Asked.Scope.Principal != "test" || len(asked.Asked.Scope.Roles) != 1 || asked.Asked.Base != "http://eo.example" || string(asked.Document) != asking("http://client.example/in") || strings.Contains(e.String(), "secret") {
		t.Errorf("%+v, %v\n%s", asked, err, e)
	}
	if e.Subject() != "GetRecords" || e.Source() != "/perigee/csw" || len(e.ID()) < 20 {
		t.Error(e)
	}
	broker.away = true
	if status := ask(); status != http.StatusServiceUnavailable {
		t.Errorf("%d", status)
	}
}

// Events come by a path of their own, which is none of the edge; what is none of ours, or says too little, is refused for good.
func TestEventsThatAreRefused(t *testing.T) {
	h, err := doors(cataloguetest.Open(t), config{Sink: "http://127.0.0.1:1", Writes: true, Register: "http://127.0.0.1:1"}, pycsw.Config{}, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "the edge", http.StatusTeapot) })
	})
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"specversion":"1.0","id":"1","source":"/x","time":"2026-01-01T00:00:00Z","type":"perigee.csw.`
	for _, c := range []struct {
		path, event string
		want        int
		words       string
	}{
		{"/", head + `acknowledged","data":{}}`, http.StatusTeapot, ""},
		{"/csw", head + `acknowledged","data":{}}`, http.StatusTeapot, ""},
		{"/workspaces/ws-a" + eventsPath, head + `acknowledged","data":{}}`, http.StatusTeapot, ""},
		{eventsPath, head + `acknowledged","data":{}}`, http.StatusUnprocessableEntity, "0 handlers"},
		{eventsPath, head + `acknowledged"}`, http.StatusUnprocessableEntity, "not a request"},
		{eventsPath, head + `acknowledged","data":{"handlers":["http://a/"]}}`, http.StatusUnprocessableEntity, "either"},
		{eventsPath, head + `acknowledged","data":{"handlers":["http://a/"],"pairs":"a=b","document":"PHgvPg=="}}`, http.StatusUnprocessableEntity, "either"},
		{eventsPath, head + `acknowledged","data":{"principal":"eve","roles":[],"handlers":["http://a/"],"pairs":"service=CSW&version=2.0.2&request=GetRecords"}}`, http.StatusUnprocessableEntity, "role"},
		{eventsPath, head + `answered","data":{}}`, http.StatusUnprocessableEntity, "handler"},
		{eventsPath, head + `answered","data":{"handler":"http://127.0.0.1:1/"}}`, http.StatusUnprocessableEntity, "inside"},
		{eventsPath, head + `other","data":{}}`, http.StatusUnprocessableEntity, "csw handles"},
		{eventsPath, "{", http.StatusUnprocessableEntity, "cannot be read"},
	} {
		r, w := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(c.event)), httptest.NewRecorder()
		r.Header.Set("Content-Type", event.ApplicationCloudEventsJSON)
		h.ServeHTTP(w, r)
		if w.Code != c.want || !strings.Contains(w.Body.String(), c.words) {
			t.Errorf("%s %s: %d %s", c.path, c.event, w.Code, w.Body)
		}
	}
}

// Whatever an event says, it is refused or becomes a request that is said by the same event again.
func FuzzAcknowledged(f *testing.F) {
	text, err := os.ReadFile("../../eventing/samples/csw-acknowledged.json")
	if err != nil {
		f.Fatal(err)
	}
	var sample event.Event
	if err := json.Unmarshal(text, &sample); err != nil {
		f.Fatal(err)
	}
	f.Add("Harvest", "ws-eric", sample.Data())
	f.Add("GetRecords", "", []byte(`{"principal":"eric","roles":["writer"],"pairs":"service=CSW","handlers":["http://a/"]}`))
	f.Add("", "", []byte(`{"handlers":[null]}`))
	f.Fuzz(func(t *testing.T, subject, workspace string, data []byte) {
		e, err := newEvent(eventing.TypeAcknowledged, "x", subject, workspace, time.Now(), json.RawMessage("{}"))
		if err != nil {
			return
		}
		e.DataEncoded = data
		asked, err := acknowledgedBy(e)
		if err != nil {
			return
		}
		again, err := acknowledging("x", e.Time(), asked)
		if err != nil {
			t.Fatal(err)
		}
		back, err := acknowledgedBy(again)
		if err != nil || string(back.Document) != string(asked.Document) || back.Asked.Scope.Workspace != asked.Asked.Scope.Workspace || strings.Join(back.Handlers, "\n") != strings.Join(asked.Handlers, "\n") || back.Asked.Scope.Principal != asked.Asked.Scope.Principal {
			t.Errorf("%+v came back as %+v, %v", asked, back, err)
		}
	})
}
