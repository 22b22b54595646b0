package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// transact posts changes as another function does, on behalf of somebody who may write in a workspace.
func (w *world) transact(workspace string, changes ...transaction.Change) []transaction.Result {
	w.t.Helper()
	results, err := w.transacted(workspace, changes...)
	if err != nil {
		w.t.Fatal(err)
	}
	return results
}

func (w *world) transacted(workspace string, changes ...transaction.Change) ([]transaction.Result, error) {
	return w.posted(transaction.Path, workspace, changes...)
}

func (w *world) posted(path, workspace string, changes ...transaction.Change) ([]transaction.Result, error) {
	var body bytes.Buffer
	if err := transaction.WriteChanges(&body, changes); err != nil {
		return nil, err
	}
	q, err := http.NewRequest(http.MethodPost, w.url+path, &body)
	if err != nil {
		return nil, err
	}
	q.Header.Set("Writer", "somebody")
	q.Header.Set("Workspace", workspace)
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return transaction.ReadResults(response.Body, len(changes))
}

func change(o transaction.Operation, collection, id, document string) transaction.Change {
	return transaction.Change{Operation: o, Kind: record.TypeItem, Collection: collection, ID: id, Document: []byte(document)}
}

func ofCollection(o transaction.Operation, id, document string) transaction.Change {
	return transaction.Change{Operation: o, Kind: record.TypeCollection, ID: id, Document: []byte(document)}
}

func in(c transaction.Change, versions ...string) transaction.Change {
	c.Versions = versions
	return c
}

func described(id, title string) string {
	return fmt.Sprintf(`{"type": "Collection", "stac_version": "1.0.0", "id": %q, "title": %q, "description": "d", "license": "other",
		"extent": {"spatial": {"bbox": [[1, 2, 3, 4]]}, "temporal": {"interval": [[null, null]]}}, "links": []}`, id, title)
}

// RC-07, RC-11, RC-14: an item and its collection from creation to deletion, by somebody's word: each change has its
// outcome, its version, its events and its status.
func TestTransactions(t *testing.T) {
	w := newWorld(t)
	const create, replace, put, patch, remove = transaction.Create, transaction.Replace, transaction.Put, transaction.Patch, transaction.Delete
	var version, before string
	for i, c := range []struct {
		change  transaction.Change
		outcome record.Outcome
		kind    fault.Kind
		locator string
		news    string
	}{
		{change: change(create, "C", "", item("", "a", "1")), kind: fault.NotFound, locator: "collection"},
		{change: ofCollection(patch, "C", `{}`), kind: fault.NotFound, locator: "id"},
		{change: ofCollection(replace, "C", described("C", "0")), kind: fault.NotFound, locator: "collection"},
		{change: ofCollection(create, "", described("C", "1")), outcome: record.Created, news: "create C/C"},
		{change: ofCollection(create, "", described("C", "2")), kind: fault.Conflict, locator: "id"},
		{change: ofCollection(replace, "C", described("C", "2")), outcome: record.Replaced, news: "replace C/C"},
		{change: ofCollection(replace, "C", described("D", "2")), kind: fault.Invalid, locator: "id"},
		{change: ofCollection(patch, "C", `{"title": "3"}`), outcome: record.Replaced, news: "replace C/C"},
		{change: change(create, "C", "", item("", "a", "1")), outcome: record.Created, news: "create C/a"},
		{change: change(create, "C", "", item("C", "a", "1")), kind: fault.Conflict, locator: "id"},
		{change: change(create, "C", "", item("D", "b", "1")), kind: fault.Invalid, locator: "collection"},
		{change: change(create, "C", "", strings.Replace(item("C", "b", "1"), `"id": "b", `, "", 1)), kind: fault.Invalid, locator: "id"},
		{change: change(replace, "C", "b", item("C", "b", "1")), kind: fault.NotFound, locator: "id"},
		{change: change(replace, "C", "a", item("C", "b", "1")), kind: fault.Invalid, locator: "id"},
		{change: change(replace, "C", "a", item("C", "a", "2")), outcome: record.Replaced, news: "replace C/a"},
		{change: change(replace, "C", "a", item("C", "a", "2")), outcome: record.Unchanged},
		{change: change(patch, "C", "a", `{"properties": {"title": "3"}}`), outcome: record.Replaced, news: "replace C/a"},
		{change: change(patch, "C", "a", `{"properties": {"title": "4"}, "geometry": null}`), kind: fault.Invalid, locator: "geometry"},
		{change: change(patch, "C", "a", `{"id": "b"}`), kind: fault.Invalid, locator: "id"},
		{change: change(patch, "C", "a", `[]`), kind: fault.Invalid, locator: "patch"},
		{change: change(put, "C", "p", item("C", "p", "1")), outcome: record.Created, news: "create C/p"},
		{change: change(put, "C", "p", item("C", "p", "2")), outcome: record.Replaced, news: "replace C/p"},
		{change: change("erase", "C", "p", ""), kind: fault.Invalid, locator: "operation"},
		{change: ofCollection(remove, "C", ""), kind: fault.Conflict, locator: "id"},
		{change: change(remove, "C", "p", ""), outcome: record.Deleted, news: "delete C/p"},
		{change: change(remove, "C", "p", ""), kind: fault.NotFound, locator: "id"},
		{change: in(change(replace, "C", "a", item("C", "a", "5")), "old"), kind: fault.Outdated, locator: "id"},
		{change: in(change(remove, "C", "a", ""), "old"), kind: fault.Outdated, locator: "id"},
		{change: in(change(patch, "C", "a", "{}"), "old"), kind: fault.Outdated, locator: "id"},
		{change: change(remove, "C", "a", ""), outcome: record.Deleted, news: "delete C/a"},
		{change: ofCollection(remove, "C", ""), outcome: record.Deleted, news: "delete C/C"},
		{change: ofCollection(remove, "C", ""), kind: fault.NotFound, locator: "id"},
	} {
		got := w.transact("", c.change)[0]
		if got.Outcome != c.outcome || (got.Err != nil) != (c.outcome == "") || got.Err != nil && (fault.KindOf(got.Err) != c.kind || fault.LocatorOf(got.Err) != c.locator) {
			t.Fatalf("%d: %s %s: %q, %v", i, c.change.Operation, c.change.ID, got.Outcome, got.Err)
		}
		w.wantNews(c.news)
		if before, version = version, got.Version; c.outcome == record.Replaced && (version == before || version == "") {
			t.Errorf("%d: the version stays %q", i, version)
		}
	}
	found, _, err := w.store.Registrations(t.Context(), scopeOf(""), catalogue.RegistrationQuery{ID: "a"})
	if err != nil || len(found) != 1 || found[0].Status != deregistered {
		t.Errorf("the status is %+v, %v", found, err)
	}
}

// RC-07: nothing that was put in is lost or reordered, and what is missing is what the address says.
func TestTransactionsKeepBytes(t *testing.T) {
	w := newWorld(t)
	text := "{\r\n\t" + `"stac_version" : "1.1.0", "id":"\u0061", "type":"Feature", "collection":"C", "bbox":[1.0e1,2,10,2.00],
		"geometry": {"type":"Point","coordinates":[10.000,2]}, "properties":{"z":1.50,"datetime":"2024-06-01T10:00:31.000Z","big":12345678901234567890,"a":-0.0},
		"assets":{"x":{"href":"https://files.example/x","n":1E2}},"links" :[ ], "other:member": {"b":1,"a":2} }` + "\n"
	got := w.transact("", ofCollection(transaction.Create, "", described("C", "")), change(transaction.Create, "C", "", text))[1]
	if got.Err != nil || string(w.record("C", "a").Document) != text {
		t.Fatalf("%v\n%s", got.Err, w.record("C", "a").Document)
	}
	patched := w.transact("", change(transaction.Patch, "C", "a", `{"properties":{"big":7,"a":null},"new":[1.0]}`))[0]
	want := strings.NewReplacer(`12345678901234567890,"a":-0.0`, `7`, `"a":2} }`, `"a":2}, "new":[1.0] }`).Replace(text)
	if patched.Err != nil || string(patched.Document) != want || patched.MediaType != "application/geo+json" {
		t.Errorf("%v\n%s\nwant\n%s", patched.Err, patched.Document, want)
	}
	if d := w.transact("", change(transaction.Delete, "C", "a", ""))[0]; d.Err != nil || d.Document != nil {
		t.Errorf("%+v", d)
	}
}

// What is written by somebody's word is drawn like what lies in a bucket, and needs its files like that.
func TestTransactionsMakeCoverages(t *testing.T) {
	w := newWorld(t)
	w.files("i/", "B04.tif")
	text := strings.ReplaceAll(item("S2", "i", "x", "B04"), "./B04", "s3://"+w.bucket+"/i/B04")
	results := w.transact("", ofCollection(transaction.Create, "", described("S2", "")), change(transaction.Create, "S2", "", text),
		change(transaction.Create, "S2", "", strings.ReplaceAll(strings.Replace(text, `"id": "i"`, `"id": "j"`, 1), "/i/B04", "/j/B04")),
		change(transaction.Create, "S2", "", strings.ReplaceAll(strings.Replace(text, `"id": "i"`, `"id": "k"`, 1), "s3://"+w.bucket, "s3://elsewhere")))
	if results[1].Err != nil || fault.KindOf(results[2].Err) != fault.Invalid || !strings.Contains(results[2].Err.Error(), "j/B04.tif") ||
		fault.KindOf(results[3].Err) != fault.Forbidden || fault.LocatorOf(results[3].Err) != "assets.B04.href" {
		t.Fatalf("%+v", results)
	}
	if p := w.product("i"); p.Type != "S2MSI2A" || len(p.Coverages) != 1 || p.Coverages[0].Asset != "B04" {
		t.Errorf("%+v", p)
	}
	if w.record("S2", "j").ID != "" || w.record("S2", "k").ID != "" {
		t.Error("what was refused is there")
	}
}

// An item that lies in a bucket refers to what lies beside it. Patched, it stands by itself, and still does.
func TestPatchingWhatLiesInABucket(t *testing.T) {
	w := newWorld(t)
	w.r.young = 0 // as if it had been there for long
	w.files("i/", "B04.tif")
	text := strings.Replace(item("S2", "i", "x", "B04"), `"links": []`, `"links": [{"rel":"about", "href":"./about.html"}]`, 1)
	created := w.put("i/i.json", text)
	w.handled(created)
	got := w.transact("", change(transaction.Patch, "S2", "i", `{"properties":{"title":"y"}}`))[0]
	place := "s3://" + w.bucket + "/i/"
	want := strings.NewReplacer(`"title": "x"`, `"title": "y"`, "./B04.tif", place+"B04.tif", `"./about.html"`, `"`+place+`about.html"`).Replace(text)
	want = strings.TrimSuffix(want, "}") + `,"bbox":[14,48,14,48]}`
	if got.Err != nil || string(got.Document) != want {
		t.Fatalf("%v\n%s\nwant\n%s", got.Err, got.Document, want)
	}
	if p := w.product("i"); len(p.Coverages) != 1 || p.Coverages[0].Href != place+"B04.tif" {
		t.Errorf("%+v", p)
	}
	w.handled(created)
	if found := w.record("S2", "i"); found.Title != "y" {
		t.Errorf("a late notification brought back %q", found.Title)
	}
}

// Nobody's patch is lost, and of two replacements of the same version one is made.
func TestTransactionsAtOnce(t *testing.T) {
	w := newWorld(t)
	made := w.transact("", ofCollection(transaction.Create, "", described("C", "")), change(transaction.Create, "C", "", item("C", "a", "0")))
	version := made[1].Version
	var mutex sync.Mutex
	kinds := map[string]int{}
	var group errgroup.Group
	for i := range 4 {
		group.Go(func() error {
			results, err := w.transacted("", in(change(transaction.Replace, "C", "a", item("C", "a", fmt.Sprint("replaced by ", i))), version))
			if err != nil {
				return err
			}
			mutex.Lock()
			defer mutex.Unlock()
			kinds[string(results[0].Outcome)]++
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if kinds["replaced"] != 1 || kinds[""] != 3 {
		t.Fatalf("%v", kinds)
	}
	for i := range 4 {
		group.Go(func() error {
			results, err := w.transacted("", change(transaction.Patch, "C", "a", fmt.Sprintf(`{"properties":{"by %d":true}}`, i)))
			if err == nil {
				err = results[0].Err
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if w.record("C", "a").Properties[fmt.Sprint("by ", i)] != true {
			t.Errorf("the patch %d is lost: %v", i, w.record("C", "a").Properties)
		}
	}
}

// A commit whose events nobody lived to send: they are sent later, each once, and who asked is not told of a failure.
func TestTransactionWhoseEventsCannotBeSent(t *testing.T) {
	w := newWorld(t)
	w.broker = http.StatusServiceUnavailable
	got := w.transact("", ofCollection(transaction.Create, "", described("C", "")), change(transaction.Create, "C", "", item("C", "a", "0")))
	if got[0].Err != nil || got[1].Err != nil || w.record("C", "a").ID == "" {
		t.Fatalf("%+v", got)
	}
	w.r.behind.finish() // in vain
	w.wantNews("")
	w.broker = http.StatusAccepted
	w.handled(sweeping())
	if news := w.news(); news != "create C/C, create C/a" && news != "create C/a, create C/C" {
		t.Errorf("swept %q", news)
	}
	w.handled(sweeping())
	w.wantNews("")
}

// RC-10: of changes that belong together all are made, or none, and each of the others says why not.
func TestTransactionsTogether(t *testing.T) {
	w := newWorld(t)
	together := func(changes ...transaction.Change) []transaction.Result {
		t.Helper()
		results, err := w.posted(transaction.PathAll, "", changes...)
		if err != nil {
			t.Fatal(err)
		}
		return results
	}
	xml := func(o transaction.Operation, id, title string) transaction.Change {
		return transaction.Change{Operation: o, Kind: transaction.Record, ID: id, MediaType: "application/xml", Document: []byte(
			`<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>` + id + `</dc:identifier><dc:title>` + title + `</dc:title></csw:Record>`)}
	}
	for _, r := range together(xml(transaction.Create, "a", "A"), xml(transaction.Create, "b", "B")) {
		if r.Err != nil || r.Outcome != record.Created {
			t.Errorf("%+v", r)
		}
	}
	for _, changes := range [][]transaction.Change{
		{xml(transaction.Create, "c", "C"), xml(transaction.Create, "a", "again")}, {xml(transaction.Create, "c", "C"), xml(transaction.Replace, "nobody", "x")},
		{xml(transaction.Create, "c", "C"), {Operation: transaction.Delete, Kind: transaction.Record, ID: "b", Versions: []string{"another"}}},
	} {
		results := together(changes...)
		if fault.LocatorOf(results[0].Err) != transaction.Together || results[1].Err == nil || fault.LocatorOf(results[1].Err) == transaction.Together {
			t.Errorf("%v and %v", results[0].Err, results[1].Err)
		}
	}
	if got := together(xml(transaction.Replace, "a", "A2"), transaction.Change{Operation: transaction.Delete, Kind: transaction.Record, ID: "b"}); got[0].Err != nil || got[1].Outcome != record.Deleted {
		t.Errorf("%+v", got)
	}
	if w.record("", "a").Title != "A2" || w.record("", "b").ID != "" || w.record("", "c").ID != "" {
		t.Errorf("%+v", w.record("", "a"))
	}
}

// Writing is closed to those who may not, and what is written in a workspace is written in no other.
func TestTransactionsAreClosed(t *testing.T) {
	w := newWorld(t)
	var body bytes.Buffer
	if err := transaction.WriteChanges(&body, []transaction.Change{ofCollection(transaction.Create, "", described("C", ""))}); err != nil {
		t.Fatal(err)
	}
	if response, text := w.ask(http.MethodPost, transaction.Path, "", body.String()); response.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a role: %s %s", response.Status, text)
	}
	w.transact("ws-a", ofCollection(transaction.Create, "", described("C", "")), change(transaction.Create, "C", "", item("C", "a", "0")))
	if w.record("", "C").ID != "" || w.record("C", "a").ID != "" {
		t.Error("it is the system's")
	}
	for _, o := range []transaction.Operation{transaction.Replace, transaction.Patch, transaction.Delete} {
		if got := w.transact("ws-b", change(o, "C", "a", item("C", "a", "1")))[0]; fault.KindOf(got.Err) != fault.NotFound {
			t.Errorf("%s from another workspace: %q, %v", o, got.Outcome, got.Err)
		}
	}
	if found, err := w.store.Record(t.Context(), scopeOf("ws-a"), "", "C", "a"); err != nil || found.Title != "0" {
		t.Errorf("%+v, %v", found, err)
	}
	if response, text := w.ask(http.MethodPost, transaction.Path, "somebody", "no changes"); response.StatusCode != http.StatusBadRequest {
		t.Errorf("%s %s", response.Status, text)
	}
}

// RC-10: what another function acknowledged is written in the workspace that it names, without a token; nothing but changes is asked that way.
func TestAcknowledgedTransactions(t *testing.T) {
	w := newWorld(t)
	client, err := transaction.NewClient(w.url)
	if err != nil {
		t.Fatal(err)
	}
	asked := httptest.NewRequest(http.MethodPost, "/", nil)
	asked = asked.WithContext(scope.NewContext(t.Context(), scope.Asked{Scope: scope.New("ws-a", "eric", scope.Writer)}))
	changes := []transaction.Change{ofCollection(transaction.Create, "", described("C", ""))}
	if got, err := client.Acknowledged().Apply(asked, changes); err != nil || got[0].Err != nil || got[0].Outcome != record.Created {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.store.Record(t.Context(), scopeOf("ws-a"), "", "", "C"); err != nil || w.record("", "C").ID != "" {
		t.Error(err)
	}
	asked = asked.WithContext(scope.NewContext(t.Context(), scope.Asked{Scope: scope.New("", "eric", scope.Writer)}))
	if _, err := client.Apply(asked, changes); fault.KindOf(err) != fault.Unauthorised {
		t.Errorf("without a token: %v", err)
	}
	if response, text := w.ask(http.MethodPost, transaction.Acknowledged+"/register?principal=eve", "", "{}"); response.StatusCode != http.StatusNotFound {
		t.Errorf("%s %s", response.Status, text)
	}
}

// The events of a batch are sent in a lull, in their order, or before the process ends.
func TestEventsOfABatchAreSentBehindIt(t *testing.T) {
	w := newWorld(t)
	w.transact("", ofCollection(transaction.Create, "", described("C", "")), change(transaction.Create, "C", "", item("C", "a", "0")))
	w.transact("ws-a", ofCollection(transaction.Create, "", described("C", "")), ofCollection(transaction.Create, "", described("D", "")))
	w.transact("", change(transaction.Create, "C", "", item("C", "b", "0")), change(transaction.Create, "C", "", item("C", "c", "0")))
	w.r.behind.finish()
	got := strings.Split(w.news(), ", ")
	slices.Sort(got)
	if want := []string{"create C/C", "create C/C", "create C/a", "create C/b", "create C/c", "create D/D"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	w.transact("", change(transaction.Create, "C", "", item("C", "d", "0")))
	w.wantNews("create C/d")
}
