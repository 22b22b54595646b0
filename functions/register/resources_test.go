package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

const ofMetadata = "http://www.opengis.net/cat/csw/2.0.2"

// remote is a document elsewhere that is harvested again and again.
type remote struct {
	*httptest.Server
	title  string
	status int
	asked  int
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	from := &remote{title: "First", status: http.StatusOK}
	from.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		from.asked++
		w.WriteHeader(from.status)
		_, _ = w.Write([]byte(`<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>far</dc:identifier><dc:title>` + from.title + `</dc:title><dc:type>dataset</dc:type></csw:Record>`))
	}))
	t.Cleanup(from.Close)
	return from
}

// keep posts what csw does of a Harvest.
func (w *world) keep(r transaction.Resource, header ...string) int {
	w.t.Helper()
	body, err := json.Marshal(r)
	if err != nil {
		w.t.Fatal(err)
	}
	q, err := http.NewRequest(http.MethodPost, w.url+transaction.PathResources, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		w.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// overdue makes a resource of the system's workspace that is due.
func (w *world) overdue(source, kind string, records ...record.Key) {
	w.t.Helper()
	r := catalogue.Resource{Source: source, Type: kind, Every: "PT1H", Due: time.Now().Add(-time.Minute), Records: records}
	if err := w.store.KeepResource(w.t.Context(), scopeOf(""), r); err != nil {
		w.t.Fatal(err)
	}
}

// sweepDue has what is due asked for, and gives the events.
func (w *world) sweepDue() []event.Event {
	w.t.Helper()
	e := sweeping()
	e.SetExtension(eventing.ExtensionSweep, sweepResources)
	w.handled(e)
	w.mutex.Lock()
	defer w.mutex.Unlock()
	var all []event.Event
	for _, one := range w.sent { // events of records may come meanwhile
		if one.Type() == eventing.TypeRegisterRequested {
			all = append(all, one)
		}
	}
	w.sent = nil
	return all
}

func (w *world) resources() []catalogue.Resource {
	w.t.Helper()
	all, err := w.store.Resources(w.t.Context(), scopeOf(""))
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// RC-10: what Harvest has kept is harvested when it is due, once however often it is asked for; its status tells how it went.
func TestResourceIsHarvestedWhenItIsDue(t *testing.T) {
	w := newWorld(t)
	from := newRemote(t)
	asked := transaction.Resource{Source: from.URL, Type: ofMetadata, Interval: "PT1H"}
	if status := w.keep(asked); status != http.StatusUnauthorized {
		t.Errorf("nobody keeps it: %d", status)
	}
	if status := w.keep(transaction.Resource{Source: from.URL, Type: ofMetadata, Interval: "PT0.1S"}, "Writer", "eric"); status != http.StatusBadRequest {
		t.Errorf("all the time: %d", status)
	}
	if status := w.keep(asked, "Writer", "eric"); status != http.StatusNoContent {
		t.Fatal(status)
	}
	if due := w.sweepDue(); len(due) != 0 {
		t.Fatalf("before it is due: %v", due)
	}
	if all := w.resources(); len(all) != 1 || all[0].Due.Before(time.Now().Add(59*time.Minute)) {
		t.Fatalf("%+v", all)
	}
	w.overdue(from.URL, ofMetadata)
	due := w.sweepDue()
	if len(due) != 1 || due[0].Subject() != from.URL || due[0].Extensions()["route"] != "resource" {
		t.Fatalf("%v", due)
	}
	if again := w.sweepDue(); len(again) != 1 || again[0].ID() != due[0].ID() {
		t.Errorf("asked again: %v", again)
	}
	w.handled(due[0], due[0])
	if from.asked != 1 || w.record("", "far").Title != "First" {
		t.Errorf("read %d times, %+v", from.asked, w.record("", "far"))
	}
	all := w.resources()
	if len(all) != 1 || all[0].Due.Before(time.Now()) || len(all[0].Records) != 1 || all[0].Records[0].ID != "far" || all[0].Error != "" {
		t.Errorf("%+v", all)
	}
	if status := w.statusOf(from.URL); status.Status != registered || status.Outcome != record.Created || status.Route != "resource" || status.ID != "far" {
		t.Errorf("%+v", status)
	}
	from.title = "Second"
	w.overdue(from.URL, ofMetadata, all[0].Records...)
	w.handled(w.sweepDue()...)
	if w.record("", "far").Title != "Second" {
		t.Errorf("%+v", w.record("", "far"))
	}
	if status := w.keep(transaction.Resource{Source: from.URL}, "Writer", "eric"); status != http.StatusNoContent || len(w.resources()) != 0 {
		t.Errorf("%d %+v", status, w.resources())
	}
	w.handled(due[0])
	if from.asked != 2 {
		t.Error("one that is not harvested any more was read")
	}
}

// statusOf is the status of an address.
func (w *world) statusOf(href string) record.Registration {
	w.t.Helper()
	found, _, err := w.store.Registrations(w.t.Context(), scopeOf(""), catalogue.RegistrationQuery{Href: href})
	if err != nil || len(found) > 1 {
		w.t.Fatal(err, found)
	}
	if len(found) == 0 {
		return record.Registration{}
	}
	return found[0]
}

// RC-10: a resource that cannot be read keeps its failures in words and is asked again sooner where that may help; its records stay.
func TestResourceFails(t *testing.T) {
	w := newWorld(t)
	from := newRemote(t)
	from.status = http.StatusServiceUnavailable
	w.overdue(from.URL, ofMetadata)
	w.handled(w.sweepDue()...)
	all := w.resources()
	if len(all) != 1 || all[0].Failures != 1 || all[0].Error == "" || all[0].Due.After(time.Now().Add(11*time.Minute)) {
		t.Errorf("%+v", all)
	}
	if status := w.statusOf(from.URL); status.Status != failed || status.Locator != "source" {
		t.Errorf("%+v", status)
	}
	from.status = http.StatusNotFound
	w.overdue(from.URL+"/gone", ofMetadata)
	w.overdue(from.URL+"/odd", "http://www.opengis.net/wms")
	w.handled(w.sweepDue()...)
	for _, r := range w.resources()[1:] {
		if r.Failures != 1 || r.Due.Before(time.Now().Add(59*time.Minute)) {
			t.Errorf("%+v", r)
		}
	}
}

// RC-10: a resource that came to lie inside is not read, whenever it is due.
func TestResourceStaysOutside(t *testing.T) {
	w := newWorld(t)
	from := newRemote(t)
	web, err := newWeb(nil)
	if err != nil {
		t.Fatal(err)
	}
	w.r.web = web
	w.overdue(from.URL, ofMetadata)
	w.handled(w.sweepDue()...)
	if all := w.resources(); from.asked != 0 || len(all) != 1 || all[0].Failures != 1 || !strings.Contains(all[0].Error, "inside") {
		t.Errorf("read %d times: %+v", from.asked, all)
	}
}

// RC-10: who deletes the records of a resource ends its harvest.
func TestDeletedResourceIsNotHarvestedAgain(t *testing.T) {
	w := newWorld(t)
	from := newRemote(t)
	w.overdue(from.URL, ofMetadata)
	w.handled(w.sweepDue()...)
	made := w.resources()[0].Records
	if _, err := w.store.Apply(t.Context(), scopeOf(""), []record.Change{{Record: record.Record{Key: made[0]}, Delete: true}}); err != nil {
		t.Fatal(err)
	}
	w.overdue(from.URL, ofMetadata, made...)
	w.handled(w.sweepDue()...)
	if from.asked != 1 || len(w.resources()) != 0 || w.record("", "far").ID != "" {
		t.Errorf("read %d times, %+v", from.asked, w.resources())
	}
}

// A turn that was given up because its resource was ended meanwhile, or by events that name none, leaves nothing behind.
func TestResourceEndsWhileItIsHarvested(t *testing.T) {
	w := newWorld(t)
	from := newRemote(t)
	w.overdue(from.URL, ofMetadata)
	held, ok, err := w.store.LeaseResource(t.Context(), scopeOf(""), from.URL, time.Minute)
	if err != nil || !ok {
		t.Fatal(err)
	}
	if err := w.store.DropResource(t.Context(), scopeOf(""), from.URL); err != nil {
		t.Fatal(err)
	}
	if err := w.r.harvestAgain(t.Context(), scope.New("", "events", scope.Writer), held, "event"); err != nil {
		t.Fatal(err)
	}
	if len(w.resources()) != 0 || w.statusOf(from.URL).Status != "" {
		t.Errorf("%+v %+v", w.resources(), w.statusOf(from.URL))
	}
	for _, documents := range [][]eventing.Document{nil, {{}}, {{Href: "http://a/"}, {Href: "http://b/"}}} {
		e := w.request(eventing.RouteResource, eventing.ModeReplace, documents...)
		if err := w.r.harvestDue(t.Context(), e); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", documents, err)
		}
	}
}
