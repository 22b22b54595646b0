package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// six are the collection-level records that EOEPCA's resource catalogue is begun with.
var six = []string{"L8MSI1GT", "L8MSI1TP", "S1GRD", "S1SLC", "S2MSI1C", "S2MSI2A"}

// TestCollectionsThatShip: RC-06, REG-13, REG-20. They are loaded once, however often a release is prepared: what people wrote in
// their place stays, and what they deleted stays away.
func TestCollectionsThatShip(t *testing.T) {
	url := cataloguetest.URL(t)
	sc := scope.New(scope.System, "test", scope.Writer)
	store, err := catalogue.Open(t.Context(), catalogue.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	titles := func() string {
		page, err := store.Collections(t.Context(), sc, 100, "")
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, r := range page.Records {
			all = append(all, r.ID+"="+r.Title)
		}
		return strings.Join(all, "; ")
	}
	for range 3 {
		if err := begin(t.Context(), url, six); err != nil {
			t.Fatal(err)
		}
	}
	const all = "L8MSI1GT=Landsat-8 Level 1GT; L8MSI1TP=Landsat-8 Level 1TP; S1GRD=Sentinel-1 GRD Level 1; S1SLC=Sentinel-1 SLC Level 1; S2MSI1C=Sentinel-2 MSI Level 1C; S2MSI2A=Sentinel-2 MSI Level 2A"
	if got := titles(); got != all {
		t.Errorf("%s", got)
	}
	events, err := store.Outbox(t.Context(), sc, 100)
	if err != nil || len(events) != len(six) {
		t.Errorf("%d events, %v", len(events), err)
	}

	own, err := collection("S2MSI2A")
	if err != nil {
		t.Fatal(err)
	}
	own.Record.Title, own.Record.Version, own.Source.Time = "Ours", "ours", time.Now()
	own.Record.Document = []byte(strings.Replace(string(own.Record.Document), "Sentinel-2 MSI Level 2A", "Ours", 1))
	gone := record.Change{Record: record.Record{Key: record.Key{Workspace: scope.System, Collection: "S1SLC", ID: "S1SLC"}, Type: record.TypeCollection}, Delete: true, Source: record.Source{Time: time.Now()}}
	gone.Record.Key = keyOf(t, store, sc, "S1SLC")
	results, err := store.Apply(t.Context(), sc, []record.Change{own, gone})
	if err != nil || results[0].Outcome != record.Replaced || results[1].Outcome != record.Deleted {
		t.Fatalf("%+v, %v", results, err)
	}
	if err := begin(t.Context(), url, six); err != nil {
		t.Fatal(err)
	}
	if got := titles(); strings.Contains(got, "S1SLC") || !strings.Contains(got, "S2MSI2A=Ours") || strings.Count(got, "=") != 5 {
		t.Errorf("%s", got)
	}
	if err := begin(t.Context(), url, []string{"S2MSI2A", "S9"}); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "S9") {
		t.Errorf("%v", err)
	}
}

func keyOf(t *testing.T, store *catalogue.Store, sc scope.Scope, id string) record.Key {
	t.Helper()
	page, err := store.Collections(t.Context(), sc, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range page.Records {
		if r.ID == id {
			return r.Key
		}
	}
	t.Fatalf("there is no %s", id)
	return record.Key{}
}

// TestShippedDocuments: those that are named in the manifests are there, and each is a collection of its name.
func TestShippedDocuments(t *testing.T) {
	if names := product.CollectionNames(); !slices.Equal(names, six) {
		t.Errorf("%q", names)
	}
	for _, name := range six {
		document, err := product.CollectionDocument(name)
		if err != nil {
			t.Fatal(err)
		}
		c, err := stac.DecodeCollection(document)
		if err != nil || c.ID != name || c.Title == "" || c.Description == "" || c.Time.Start.IsZero() || len(c.Bounds) != 1 {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}
