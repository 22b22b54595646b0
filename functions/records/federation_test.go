package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/identity"
	"perigee/shared/scope"
)

// federated is an answer with what it says of other catalogues.
type federated struct {
	document
	FederatedCatalogs []struct {
		ID, Error, Next, CatalogURL string
		NumberMatched               *int
		NumberReturned              int
	}
	Partial bool
}

// beside is a service that asks others too.
func beside(t *testing.T, catalogues ...string) service {
	t.Helper()
	s := service{store: cataloguetest.Open(t)}
	api, err := newAPI(config{Title: "B", Catalogues: catalogues, Patience: time.Second, Register: nobody}, s.store)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(edge.Wrap(api))
	t.Cleanup(s.Close)
	return s
}

// RC-12: a search in one catalogue finds the records of another, in one order; what does not answer makes it partial.
func TestFederatedSearch(t *testing.T) {
	a := filled(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Errorf("asked at %s", r.URL) }))
	defer elsewhere.Close()
	released := make(chan struct{})
	others := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.Split(r.URL.Path, "/")[1] {
		case "slow":
			select {
			case <-released:
			case <-r.Context().Done():
			}
		case "away":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "page":
			w.Header().Set("Content-Type", "text/html")
		case "refusing":
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer others.Close()
	defer close(released)
	main := a.URL + "/records/collections/metadata:main"
	b := beside(t, "a="+main, "s2="+a.URL+"/records/collections/S2", "slow="+others.URL+"/slow", "away="+others.URL+"/away", "broken="+others.URL+"/broken",
		others.URL+"/page", "refusing="+others.URL+"/refusing")
	b.apply(t, scope.System, item(t, scene("B", 6)), item(t, scene("B", 9)))
	for query, want := range map[string]string{
		"":                                  "s09 s06",
		"distributedSearch=false":           "s09 s06",
		"distributedSearch=true&hopCount=0": "s09 s06",
		"distributedSearch=true&federatedCatalogs=s2&type=dataset":                                     "s09 s06 s05 s04 s03 s02 s01 s00",
		"distributedsearch=TRUE&hopcount=2&federatedCatalogs=s2&sortby=title&limit=2":                  "s00 s01 s06 s09",
		"distributedSearch=true&federatedCatalogs=a&q=ice&sortby=-eo:cloud_cover":                      "s09 s07 s05 s03 s01",
		"distributedSearch=true&federatedCatalogs=a,s2&ids=s03,s09":                                    "s09 s03 s03",
		"distributedSearch=true&federatedCatalogs=s2&filter=" + url.QueryEscape("eo:cloud_cover < 15"): "s01 s00",
	} {
		var page federated
		b.get(t, items+"?"+query, &page)
		if got := ids(page.Features); got != want || page.Partial {
			t.Errorf("%s: %q, want %q (%+v)", query, got, want, page.FederatedCatalogs)
		}
	}
	var page federated
	b.get(t, items+"?distributedSearch=true&limit=1", &page)
	said := map[string]string{}
	for _, c := range page.FederatedCatalogs {
		said[c.ID] = c.Error
	}
	const later = "the catalogue does not answer now"
	for id, want := range map[string]string{
		"a": "", "s2": "", "slow": later, "away": later, "broken": later, "catalogue-6": "the catalogue answers with something else than records",
		"refusing": "the catalogue refuses the question (400)",
	} {
		if got, asked := said[id]; !asked || got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	if got := ids(page.Features); got != "s09 s08 s05" || !page.Partial || *page.NumberMatched != 2+11+6 || page.FederatedCatalogs[0].Next == "" {
		t.Errorf("%s: %+v", got, page)
	}
	var listed []struct{ ID, CatalogURL string }
	b.get(t, "/records/collections/metadata:main/federatedCatalogs", &listed)
	if len(listed) != 7 || listed[0].CatalogURL != main {
		t.Errorf("%+v", listed)
	}
	var one struct{ CatalogURL string }
	if b.get(t, "/records/collections/metadata:main/federatedCatalogs/a", &one); one.CatalogURL != main {
		t.Error(one)
	}
	for _, wrong := range []string{"distributedSearch=perhaps", "hopCount=-1", "distributedSearch=true&federatedCatalogs=nobody"} {
		if r := b.get(t, items+"?"+wrong, nil); r.StatusCode != 400 {
			t.Errorf("%s: %d", wrong, r.StatusCode)
		}
	}
}

// RC-12: from a workspace the system's catalogue is one of the others, and is not asked over the network.
func TestSystemIsFederated(t *testing.T) {
	s := filled(t)
	var page federated
	s.get(t, "/workspaces/alice"+items+"?distributedSearch=true&q=ice", &page)
	if got := ids(page.Features); got != "s09 s07 s05 s03 s01" || page.Partial {
		t.Errorf("%s %+v", got, page.FederatedCatalogs)
	}
	for _, f := range page.Features {
		want := s.URL + "/records/collections/"
		if f.ID == "s09" {
			want = s.URL + "/workspaces/alice/records/collections/"
		}
		if !strings.HasPrefix(f.link("self"), want) {
			t.Errorf("%s is at %s", f.ID, f.link("self"))
		}
	}
}

func TestWrongFederations(t *testing.T) {
	for _, list := range [][]string{{"ftp://x/y"}, {"x"}, {"a=http://x/y", "a=http://x/z"}, {"http://x/y?z=1"}, {""}} {
		if _, err := newFederation(list, time.Second); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%v: %v", list, err)
		}
	}
	if _, err := newAPI(config{Conditions: `{"a":{"b":"links = 1"}}`, Register: nobody}, nil); fault.LocatorOf(err) != "a.b" {
		t.Error(err)
	}
	if _, err := newAPI(config{Conditions: `[]`, Register: nobody}, nil); fault.LocatorOf(err) != "FACET_FILTERS" {
		t.Error(err)
	}
}
