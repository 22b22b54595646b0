package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
)

// REG-09, REG-21, REG-33: on every route a removal that is delivered before the creation that it came after leaves nothing, as
// often as either comes; a creation that was asked for later counts.
func TestRemovalBeforeCreation(t *testing.T) {
	w := newWorld(t)
	s := w.site(map[string]string{
		"/":                 processesLanding,
		"/processes?f=json": `{"processes": [{"id": "p"}]}`,
		"/catalog.json":     `{"type": "Catalog", "stac_version": "1.0.0", "id": "x", "description": "d", "links": []}`,
		"/record.xml":       `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>dc</dc:identifier></csw:Record>`,
	})
	w.put("path/item.json", item("C", "path", "x"))
	w.put("id/item.json", item("C", "id", "x"))
	w.put("app.cwl", "cwlVersion: v1.0\nclass: Workflow\nid: app\n")
	message := func(of map[string]string) json.RawMessage {
		text, err := json.Marshal(of)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, c := range []struct {
		route      string
		create     json.RawMessage
		remove     eventing.Document
		collection string
		id         string
	}{
		{"items", json.RawMessage(item("C", "x", "x")), eventing.Document{Collection: "C", ID: "x"}, "C", "x"},
		{"items", json.RawMessage(item("C", "uncollected", "x")), eventing.Document{ID: "uncollected"}, "C", "uncollected"},
		{"items", json.RawMessage(item("C", "S2A_X.SAFE", "x")), eventing.Document{ID: "S2A_X"}, "C", "S2A_X.SAFE"},
		{"items", json.RawMessage(item("C", "S2B_X.SAFE", "x")), eventing.Document{Collection: "C", ID: "S2B_X"}, "C", "S2B_X.SAFE"},
		{"collections", json.RawMessage(`{"type": "Collection", "stac_version": "1.0.0", "id": "k", "description": "d", "license": "x", "extent": {"spatial": {"bbox": [[1, 2, 3, 4]]}, "temporal": {"interval": [[null, null]]}}, "links": []}`), eventing.Document{ID: "k"}, "", "k"},
		{"path", json.RawMessage(`"path/item.json"`), eventing.Document{Content: json.RawMessage(`"path/item.json"`)}, "C", "path"},
		{"path", json.RawMessage(`"id/item.json"`), eventing.Document{ID: "id"}, "C", "id"},
		{"json", json.RawMessage(item("C", "j", "j")), eventing.Document{Collection: "C", ID: "j"}, "C", "j"},
		{"ades", message(map[string]string{"url": s.URL + "/", "type": "oaproc"}), eventing.Document{Content: message(map[string]string{"url": s.URL + "/"})}, "", identifierOf(s.URL + "/")},
		{"application", message(map[string]string{"url": "s3://" + w.bucket + "/app.cwl"}), eventing.Document{Content: message(map[string]string{"url": w.bucket + "/app.cwl"})}, "", "app"},
		{"catalogue", message(map[string]string{"url": s.URL + "/catalog.json"}), eventing.Document{Content: message(map[string]string{"url": s.URL + "/catalog.json"})}, "", identifierOf(s.URL + "/catalog.json")},
		{"xml", message(map[string]string{"url": s.URL + "/record.xml"}), eventing.Document{Content: message(map[string]string{"url": s.URL + "/record.xml"})}, "", "dc"},
	} {
		asked := func(mode eventing.Mode, d eventing.Document, after time.Duration) event.Event {
			d.Time = time.Now().Add(after)
			return w.request(eventing.Route(c.route), mode, d)
		}
		create, remove := asked(eventing.ModeRegister, eventing.Document{Content: c.create}, 0), asked(eventing.ModeDeregister, c.remove, time.Minute)
		w.handled(remove, create, remove, create)
		if got := w.record(c.collection, c.id); got.ID != "" {
			t.Errorf("%s: %s is there", c.route, c.id)
		}
		if got := w.record(c.id, c.id+"-p"); got.ID != "" {
			t.Errorf("%s: %s is there without what it belongs to", c.route, got.ID)
		}
		w.handled(asked(eventing.ModeRegister, eventing.Document{Content: c.create}, 2*time.Minute))
		if got := w.record(c.collection, c.id); got.ID == "" {
			t.Errorf("%s: %s is not there", c.route, c.id)
		}
		if got := w.record(c.id, c.id+"-p"); c.route == "ades" && got.ID == "" {
			t.Errorf("%s: its process is not there", c.route)
		}
		w.handled(create)
		if status, words := w.deliver(asked(eventing.ModeDeregister, c.remove, 3*time.Minute)); status != http.StatusAccepted || w.record(c.collection, c.id).ID != "" {
			t.Errorf("%s: %d %s", c.route, status, words)
		}
	}
}
