package main

import (
	"net/http"
	"strings"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// standIn writes as register does, as far as this function sees it: the real one is another function, and the stories
// show both together.
type standIn struct{ store *catalogue.Store }

func (s standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sc := scope.FromContext(r.Context()).Scope
	changes, err := transaction.ReadChanges(r.Body)
	if err != nil || r.URL.Path != transaction.Path || sc.MayWrite() != nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	results := make([]transaction.Result, len(changes))
	for i, c := range changes {
		results[i] = s.make(r, sc, c)
	}
	_ = transaction.WriteResults(w, results)
}

func (s standIn) make(r *http.Request, sc scope.Scope, c transaction.Change) transaction.Result {
	change := record.Change{If: &record.Condition{Versions: c.Versions, Present: c.Operation != transaction.Create, Absent: c.Operation == transaction.Create}, Replace: true}
	change.Record = record.Record{Key: record.Key{Collection: c.Collection, ID: c.ID}, Type: c.Kind, Document: c.Document, MediaType: stac.MediaTypeItem}
	change.Delete = c.Operation == transaction.Delete
	if c.Operation == transaction.Patch {
		found, err := s.store.Record(r.Context(), sc, c.Kind, c.Collection, c.ID)
		if err != nil {
			return transaction.Result{Err: err}
		}
		if change.Record.Document, err = stac.MergePatch(found.Document, c.Document); err != nil {
			return transaction.Result{Err: err}
		}
	}
	if !change.Delete && c.Kind == record.TypeItem {
		item, err := stac.DecodeItem(change.Record.Document)
		if err != nil {
			return transaction.Result{Err: err}
		}
		change.Record.ID, change.Record.Time, change.Record.Footprint, change.Record.Properties = item.ID, item.Time, item.Geometry, item.Properties
	} else if !change.Delete {
		described, err := stac.DecodeCollection(change.Record.Document)
		if err != nil {
			return transaction.Result{Err: err}
		}
		change.Record.ID = described.ID
	}
	applied, err := s.store.Apply(r.Context(), sc, []record.Change{change})
	if err != nil {
		return transaction.Result{Err: err}
	}
	return transaction.Result{
		Collection: change.Record.Collection, ID: change.Record.ID, Outcome: applied[0].Outcome, Version: applied[0].Version, Err: applied[0].Err, Document: change.Record.Document,
	}
}

const describedD = `{"type":"Collection","stac_version":"1.0.0","id":"D","description":"d","license":"other","links":[],
	"extent":{"spatial":{"bbox":[[1,2,3,4]]},"temporal":{"interval":[[null,null]]}}}`

// RC-07: what is written is read at once, and its entity tag is the one that writing asks for.
func TestWritingAndReading(t *testing.T) {
	s := start(t)
	send := func(method, path, body string, status int, header ...string) *http.Response {
		t.Helper()
		q, err := http.NewRequest(method, s.URL+"/workspaces/ws-a/stac"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			q.Header.Set(header[i], header[i+1])
		}
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		if s.read(t, r, nil); r.StatusCode != status {
			t.Fatalf("%s %s: %s", method, path, r.Status)
		}
		return r
	}
	made := send("POST", "/collections", describedD, 201)
	read := send("GET", "/collections/D", "", 200)
	if made.Header.Get("ETag") == "" || made.Header.Get("ETag") != read.Header.Get("ETag") || made.Header.Get("Location") != s.URL+"/workspaces/ws-a/stac/collections/D" {
		t.Errorf("%v, read %v", made.Header, read.Header)
	}
	made = send("POST", "/collections/D/items", string(item("D", "a", 1)), 201)
	read = send("GET", "/collections/D/items/a", "", 200)
	if made.Header.Get("ETag") == "" || made.Header.Get("ETag") != read.Header.Get("ETag") || read.Header.Get("Last-Modified") == "" {
		t.Errorf("%v, read %v", made.Header, read.Header)
	}
	zipped := send("GET", "/collections/D/items/a", "", 200, "Accept-Encoding", "identity")
	send("PATCH", "/collections/D/items/a", `{"properties":{"gsd":20}}`, 200, "If-Match", zipped.Header.Get("ETag"))
	send("PATCH", "/collections/D/items/a", `{"properties":{"gsd":30}}`, 412, "If-Match", zipped.Header.Get("ETag"))
	send("GET", "/collections/D/items/a", "", 200, "If-None-Match", zipped.Header.Get("ETag"))
	send("GET", "/collections/D/items/a", "", 304, "If-None-Match", send("GET", "/collections/D/items/a", "", 200).Header.Get("ETag"))
	if r := s.get(t, s.URL+"/stac/collections/D/items/a", nil); r.StatusCode != 404 {
		t.Errorf("in the system: %s", r.Status)
	}
	send("DELETE", "/collections/D/items/a", "", 204)
	send("GET", "/collections/D/items/a", "", 404)
}

// Where everybody on this machine may write, a page from elsewhere may not, neither here nor by way of here.
func TestPagesFromElsewhereDoNotWrite(t *testing.T) {
	s := start(t)
	q, err := http.NewRequest(http.MethodPost, s.URL+"/stac/collections", strings.NewReader(describedD))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Origin", "https://elsewhere.example")
	r, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	if s.read(t, r, nil); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("%s", r.Status)
	}
}
