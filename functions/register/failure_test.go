package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/catalogue"
)

func (w *world) extraBucket() string {
	w.t.Helper()
	return buckettest.Bucket(w.t, w.objects)
}

// Input that can never work is answered 422 with words, which stay in the status too; the others go on.
func TestBadDocuments(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif", "cut.tif")
	other := w.extraBucket()
	w.putIn(other, "B04.tif", "not yours")
	w.broken["s3://"+w.bucket+"/cut.tif"] = "the file ends in the middle of a block"
	good := item("C", "x", "x", "B04")
	for name, c := range map[string]struct{ text, words, id string }{
		"broken JSON":        {good[:len(good)-20], "", ""},
		"no geometry":        {strings.Replace(good, `"geometry": {"type": "Point", "coordinates": [14, 48]}`, `"geometry": {}`, 1), "geometry", "x"},
		"no time":            {strings.Replace(good, `"datetime"`, `"when"`, 1), "datetime", "x"},
		"no id":              {strings.Replace(good, `"id": "x"`, `"name": "x"`, 1), "id", ""},
		"missing file":       {item("C", "x", "x", "B04", "B03", "B02"), "/B02.tif, s3://" + w.bucket + "/B03.tif", "x"},
		"broken file":        {strings.Replace(good, "./B04.tif", "cut.tif", 1), "the file ends in the middle of a block", "x"},
		"other's bucket":     {strings.Replace(good, "./B04.tif", "s3://"+other+"/B04.tif", 1), "is not one that the system reads", "x"},
		"a line in the id":   {strings.Replace(good, `"id": "x"`, `"id": "a\nb"`, 1), "id has control characters", "a\nb"},
		"a zero in the id":   {strings.Replace(good, `"id": "x"`, `"id": "a\u0000b"`, 1), "zero character", "a\uFFFDb"},
		"an endless id":      {strings.Replace(good, `"id": "x"`, `"id": "`+strings.Repeat("l", 1<<20)+`"`, 1), "id is longer than 512 bytes", strings.Repeat("l", 800)},
		"an endless type":    {strings.Replace(good, `"Feature"`, `"`+strings.Repeat("l", 1<<20)+`"`, 1), "which is not Feature", "x"},
		"nested for ever":    {strings.Replace(good, `"links": []`, `"links": `+strings.Repeat("[", 1<<20)+strings.Repeat("]", 1<<20), 1), "depth", ""},
		"no object":          {"[]", "not a JSON object", ""},
		"catalogue":          {`{"type": "Catalog", "id": "c", "stac_version": "1.0.0", "links": []}`, "items and collections are registered", "c"},
		"feature collection": {`{"type": "FeatureCollection", "features": []}`, "FeatureCollection", ""},
	} {
		t.Run(name, func(t *testing.T) {
			key := strings.ReplaceAll(name, " ", "-") + ".json"
			status, words := w.deliver(w.put(key, c.text))
			if status != http.StatusUnprocessableEntity || !strings.Contains(words, c.words) || len(words) > 5000 {
				t.Errorf("answered %d %.5000q", status, words)
			}
			s := w.status(key)
			if s.Status != "failed" || s.ID != c.id || s.Error == "" || !strings.Contains(s.Error, c.words) || strings.Contains(s.Error, "\n") {
				t.Errorf("status %+v", s)
			}
		})
	}
	w.handled(w.put("good.json", good))
	w.wantNews("create C/x")
}

// A document of 200 MB fails without being downloaded.
func TestHugeDocument(t *testing.T) {
	w := newWorld(t)
	file, err := os.CreateTemp(t.TempDir(), "huge")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const size = 200 << 20
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	if _, err := w.objects.Upload(t.Context(), w.bucket, "huge.json", file, size, bucket.PutOptions{}, nil); err != nil {
		t.Fatal(err)
	}
	status, words := w.deliver(w.notification(w.bucket, "huge.json", eventing.ModeReplace))
	if status != http.StatusUnprocessableEntity || !strings.Contains(words, "209715200 bytes, more than the 16777216") {
		t.Errorf("answered %d %q", status, words)
	}
	if s := w.status("huge.json"); s.Status != "failed" {
		t.Errorf("status %+v", s)
	}
}

// The arrival of missing files is a reason to try again, whichever comes last.
func TestMissingFilesArrive(t *testing.T) {
	w := newWorld(t)
	status, _ := w.deliver(w.put("x.json", item("C", "x", "x", "B03", "B04")))
	if s := w.status("x.json"); status != http.StatusUnprocessableEntity || len(s.Missing) != 2 {
		t.Fatalf("answered %d, status %+v", status, s)
	}
	w.handled(w.put("B04.tif", "pixels"))
	w.wantNews("")
	if s := w.status("x.json"); s.Status != "failed" || len(s.Missing) != 1 || s.Missing[0] != "s3://"+w.bucket+"/B03.tif" {
		t.Errorf("status %+v", s)
	}
	w.handled(w.put("B03.tif", "pixels"))
	w.wantNews("create C/x")
	if s := w.status("x.json"); s.Status != "registered" || len(s.Missing) != 0 || s.Error != "" {
		t.Errorf("status %+v", s)
	}
	w.handled(w.delete("B03.tif"))
	if s := w.status("x.json"); s.Status != "failed" || len(s.Missing) != 1 {
		t.Errorf("status after a file went: %+v", s)
	}
}

// A file that is broken is waited for like one that is missing.
func TestBrokenFileIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	href := "s3://" + w.bucket + "/B04.tif"
	w.broken[href] = "it is cut off"
	if status, words := w.deliver(w.put("x.json", item("C", "x", "x", "B04"))); status != http.StatusUnprocessableEntity || !strings.Contains(words, "cut off") {
		t.Errorf("answered %d %s", status, words)
	}
	w.handled(w.put("B04.tif", "broken again"))
	w.wantNews("failed <nil>/x")
	delete(w.broken, href)
	w.handled(w.put("B04.tif", "whole"))
	w.wantNews("create C/x")
	if s := w.status("x.json"); s.Status != "registered" || s.Route != "items" {
		t.Errorf("status %+v", s)
	}
}

// Where an item lay there may be another document by now, which intake takes for a file: it is told, and the record stays.
func TestItemIsOverwrittenByAnother(t *testing.T) {
	w := newWorld(t)
	w.handled(w.put("x.json", item("C", "x", "x")))
	w.put("x.json", `{"type": "module"}`)
	w.handled(w.request(eventing.RouteAssets, eventing.ModeReplace, eventing.Document{Href: "s3://" + w.bucket + "/x.json", Time: time.Now()}))
	w.wantNews("create C/x, failed <nil>/s3://" + w.bucket + "/x.json")
	if s := w.status("x.json"); s.Status != "failed" || !strings.Contains(s.Error, "type") || w.record("C", "x").ID == "" {
		t.Errorf("status %+v", s)
	}
}

// One item of a batch that cannot be registered does not hold up the others; it is reported so that it can be replayed.
func TestBatch(t *testing.T) {
	w := newWorld(t)
	content := func(s string) eventing.Document {
		return eventing.Document{Content: json.RawMessage(s), Time: time.Now()}
	}
	batch := w.request(eventing.RouteItems, eventing.ModeReplace,
		content(item("C", "a", "a")), content(`{"type": "Feature", "id": "b"}`), content(item("C", "c", "c")), content(`{"type": "Collection", "id": "d"}`))
	w.handled(batch)
	var reported []string
	for _, e := range w.sent {
		if e.Type() != eventing.TypeRegisterFailed {
			continue
		}
		var data eventing.RegisterRequest
		if err := json.Unmarshal(e.Data(), &data); err != nil || len(data.Documents) != 1 || data.Error == "" || e.Extensions()["route"] != "items" {
			t.Errorf("event %s: %v", e, err)
		}
		reported = append(reported, e.Subject()+" "+e.ID())
	}
	if strings.Join(reported, ", ") != "b request/failed/1, d request/failed/3" && strings.Join(reported, ", ") != "d request/failed/3, b request/failed/1" {
		t.Errorf("reported %q", reported)
	}
	failed, _, err := w.store.Registrations(t.Context(), scopeOf(""), catalogue.RegistrationQuery{Status: "failed"})
	if err != nil || len(failed) != 2 {
		t.Errorf("failed %+v, %v", failed, err)
	}
	if w.record("C", "a").ID == "" || w.record("C", "c").ID == "" {
		t.Error("the others are not there")
	}
	w.news()
	w.handled(batch)
	if n := len(w.sent); n != 2 {
		t.Errorf("%d events after the second delivery", n)
	}
}

// What a document calls itself may not be fit for an event's attribute; the batch is done nonetheless.
func TestBatchWithStrangeNames(t *testing.T) {
	w := newWorld(t)
	documents := []eventing.Document{{Content: json.RawMessage(item("C", "a", "a")), Time: time.Now()}}
	for _, id := range []string{`a\nb`, `a\u0000b`, strings.Repeat("l", 100<<10)} {
		text := strings.Replace(item("C", "x", "x"), `"id": "x"`, `"id": "`+id+`"`, 1)
		documents = append(documents, eventing.Document{Content: json.RawMessage(text), Time: time.Now()})
	}
	w.handled(w.request(eventing.RouteItems, eventing.ModeReplace, documents...))
	if news := w.news(); strings.Count(news, "failed") != 3 || !strings.Contains(news, "create C/a") {
		t.Errorf("sent %.500q", news)
	}
}

// What may pass is answered 503 and leaves no failure behind; the same event is handled later.
func TestRenderIsDown(t *testing.T) {
	w := newWorld(t)
	w.files("", "B04.tif")
	w.broken["s3://"+w.bucket+"/B04.tif"] = "down"
	e := w.put("x.json", item("C", "x", "x", "B04"))
	if status, _ := w.deliver(e); status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", status)
	}
	if s := w.status("x.json"); s.Status != "" {
		t.Errorf("status %+v", s)
	}
	delete(w.broken, "s3://"+w.bucket+"/B04.tif")
	w.handled(e)
	w.wantNews("create C/x")
}

// A change whose event could not be sent is not acknowledged; delivered again, the event goes out, once.
func TestBrokerIsDown(t *testing.T) {
	w := newWorld(t)
	w.broker = http.StatusServiceUnavailable
	e := w.put("x.json", item("C", "x", "x"))
	if status, _ := w.deliver(e); status != http.StatusServiceUnavailable {
		t.Errorf("answered %d", status)
	}
	w.broker = http.StatusAccepted
	w.handled(e)
	w.wantNews("create C/x")
	w.handled(e)
	w.wantNews("")
}

// Requests that say nothing register understands.
func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	text := eventing.Document{Content: json.RawMessage(item("C", "x", "x"))}
	wrongType := w.request(eventing.RouteItems, eventing.ModeReplace, text)
	wrongType.SetType("perigee.harvest.requested")
	noData := w.request(eventing.RouteItems, eventing.ModeReplace, text)
	if err := noData.SetData("application/json", []byte(`[]`)); err != nil {
		t.Fatal(err)
	}
	ask := func(route eventing.Route, mode eventing.Mode, d eventing.Document) event.Event {
		return w.request(route, mode, d)
	}
	for words, e := range map[string]event.Event{
		"there is no route":       ask("elsewhere", eventing.ModeReplace, text),
		"there is no mode":        ask(eventing.RouteItems, "keep", text),
		"1 to 100 documents":      w.request(eventing.RouteItems, eventing.ModeReplace),
		"register handles":        wrongType,
		"not a request":           noData,
		"neither an address nor":  ask(eventing.RouteItems, eventing.ModeReplace, eventing.Document{}),
		"nor an id to deregister": ask(eventing.RouteItems, eventing.ModeDeregister, eventing.Document{}),
		"is not an object of the": ask(eventing.RouteItems, eventing.ModeReplace, eventing.Document{Href: "ftp://elsewhere.example/x.json"}),
		"is not one that":         ask(eventing.RouteItems, eventing.ModeReplace, eventing.Document{Href: "s3://cache/x.json"}),
		"of the collections that": ask(eventing.RouteCollections, eventing.ModeReplace, text),
		"which leads nowhere":     ask(eventing.RouteItems, eventing.ModeReplace, eventing.Document{Content: json.RawMessage(item("C", "x", "x", "B04"))}),
		"nowhere.json":            ask(eventing.RouteItems, eventing.ModeRegister, eventing.Document{Href: "s3://" + w.bucket + "/nowhere.json"}),
	} {
		if status, got := w.deliver(e); status != http.StatusUnprocessableEntity || !strings.Contains(got, words) {
			t.Errorf("want %q, got %d %q", words, status, got)
		}
	}
}
