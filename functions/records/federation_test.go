package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/identity"
	"perigee/shared/record"
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
	api, err := newAPI(config{Title: "B", Catalogues: strings.Join(catalogues, ","), Merged: true, Patience: time.Second, Register: nobody}, s.store)
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
		"distributedsearch=TRUE&hopcount=2&federatedCatalogs=s2&sortby=title&limit=3":                  "s00 s01 s02",
		"distributedSearch=true&federatedCatalogs=a&q=ice&sortby=-eo:cloud_cover":                      "s09 s07 s05 s03 s01",
		"distributedSearch=true&federatedCatalogs=a,1,s2&ids=s03,s09":                                  "s09 s03 s03",
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
	if got := ids(page.Features); got != "s09" || !page.Partial || *page.NumberMatched != 2+11+6 {
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
	for _, wrong := range []string{"distributedSearch=perhaps", "hopCount=-1", "distributedSearch=true&federatedCatalogs=nobody",
		"distributedSearch=true&offset=1", "distributedSearch=true&token=m.e30x", "distributedSearch=true&token=e30", "token=m.e30"} {
		if r := b.get(t, items+"?"+wrong, nil); r.StatusCode != 400 {
			t.Errorf("%s: %d", wrong, r.StatusCode)
		}
	}
}

// RC-12: the pages of a merged list meet every record of every catalogue once, in one order, and have no more of them than
// were asked for, also when one is inserted meanwhile.
func TestFederatedPages(t *testing.T) {
	a := filled(t)
	c := filled(t)
	b := beside(t, "a="+a.URL+"/records/collections/S2", "c="+c.URL+"/records/collections/series")
	for _, n := range []int{1, 3, 6, 9} {
		b.apply(t, scope.System, item(t, scene("B", n)))
	}
	for query, want := range map[string]string{
		"limit=1":                 "s09 s06 s05 s04 s03 s03 s02 s01 s01 s00 part",
		"limit=3":                 "s09 s06 s05 s04 s03 s03 s02 s01 s01 s00 part",
		"limit=100":               "s09 s06 s05 s04 s03 s03 s02 s01 s01 s00 part",
		"limit=2&sortby=title":    "part s00 s01 s01 s02 s03 s03 s04 s05 s06 s09",
		"limit=2&sortby=-title":   "s09 s06 s05 s04 s03 s03 s02 s01 s01 s00 part",
		"limit=2&q=ice":           "s09 s05 s03 s03 s01 s01",
		"limit=2&ids=s05,part":    "s05 part",
		"limit=2&facets=keywords": "s09 s06 s05 s04 s03 s03 s02 s01 s01 s00 part",
	} {
		var met []string
		limit, _ := strconv.Atoi(query[len("limit="):len(query[:strings.IndexByte(query+"&", '&')])])
		target := b.URL + items + "?distributedSearch=true&" + query
		for pages := 0; target != "" && pages < 40; pages++ {
			var page struct {
				federated
				Facets json.RawMessage
			}
			s := b.get(t, target, &page)
			if len(page.Features) == 0 || len(page.Features) > limit || page.Partial || strings.Contains(query, "facets") != (page.Facets != nil) {
				t.Fatalf("%s: %s: %+v", target, s.Status, page)
			}
			for _, f := range page.Features {
				met = append(met, f.ID)
			}
			target = page.link("next")
		}
		if got := strings.Join(met, " "); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	var page federated
	b.get(t, items+"?distributedSearch=true&limit=3&federatedCatalogs=a", &page)
	a.apply(t, scope.System, item(t, strings.ReplaceAll(scene("S2", 8), "s08", "late")))
	b.apply(t, scope.System, item(t, strings.ReplaceAll(scene("B", 8), "s08", "later")))
	met := ids(page.Features)
	for pages := 0; page.link("next") != "" && pages < 20; pages++ {
		target := page.link("next")
		page = federated{}
		b.get(t, target, &page)
		met += " " + ids(page.Features)
	}
	if met != "s09 s06 s05 s04 s03 s03 s02 s01 s01 s00" {
		t.Error(met)
	}
}

// RC-12: whatever a token says, the catalogues are asked at their own addresses, for as many records as are wanted, and
// not to send the question further.
func TestForgedPositions(t *testing.T) {
	asked := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.String()
		w.Header().Set("Content-Type", "application/geo+json")
		next := "https://elsewhere.example/other/items?token=2&limit=9&distributedSearch=true&hopCount=5"
		if r.URL.Query().Get("token") == "2" {
			next = "https://elsewhere.example/other/things?token=3"
		}
		_, _ = w.Write([]byte(`{"type":"FeatureCollection","features":[{"id":"x","links":"none","geometry":7},{"no":"id"}],"links":[{"rel":"next","href":"` + next + `"}]}`))
	}))
	defer other.Close()
	b := beside(t, "other="+other.URL+"/there")
	var page struct {
		Features          []struct{ ID string }
		Links             []record.Link
		FederatedCatalogs []struct{ Next string }
	}
	b.get(t, items+"?distributedSearch=true&limit=3&type=dataset", &page)
	if first := <-asked; first != "/there/items?limit=3&type=dataset" || len(page.Features) != 1 || page.Features[0].ID != "x" {
		t.Errorf("%s: %+v", first, page)
	}
	b.get(t, document{Links: page.Links}.link("next"), &page)
	if second := <-asked; second != "/there/items?limit=3&token=2" || (document{Links: page.Links}).link("next") != "" || page.FederatedCatalogs[0].Next != "https://elsewhere.example/other/things?token=3" {
		t.Errorf("%s: %+v", second, page)
	}
}

// RC-12: the records of others come in the reference system that was asked for, too, and people see them.
func TestFederatedPlacesAndPages(t *testing.T) {
	a := filled(t)
	b := beside(t, "a="+a.URL+"/records/collections/S2", "gone=http://127.0.0.1:1/x")
	b.apply(t, scope.System, item(t, scene("B", 9)))
	var page federated
	r := b.get(t, items+"?distributedSearch=true&limit=2&crs=http://www.opengis.net/def/crs/EPSG/0/4326", &page)
	if got := r.Header.Get("Content-Crs"); ids(page.Features) != "s09 s05" || got != "<http://www.opengis.net/def/crs/EPSG/0/4326>" {
		t.Errorf("%s %+v", got, page)
	}
	for i, want := range []string{`[[40,9],[40,10],[41,10],[41,9],[40,9]]`, `[[40,5],[40,6],[41,6],[41,5],[40,5]]`} {
		if !strings.Contains(string(page.Features[i].Geometry), want) {
			t.Errorf("%s", page.Features[i].Geometry)
		}
	}
	shown := b.text(t, items+"?distributedSearch=true&limit=2&f=html")
	for _, want := range []string{"Scene 9", "Scene 5", `href="` + a.URL + `/records/collections/S2/items/s05"`, "1 on this page", "does not answer now", "Next page"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in %s", want, shown)
		}
	}
	for _, path := range []string{"/federatedCatalogs", "/federatedCatalogs/a"} {
		if shown := b.text(t, "/records/collections/metadata:main"+path+"?f=html"); !strings.Contains(shown, `href="`+a.URL+`/records/collections/S2"`) || !strings.Contains(shown, "federatedCatalogs=a") {
			t.Errorf("%s: %s", path, shown)
		}
	}
}

// RC-12: where the operator wants it as pycsw has it, the others answer by themselves.
func TestGroupedFederation(t *testing.T) {
	a := filled(t)
	b := beside(t, `{"merge_results":false`, `"catalogues":[{"id":"fedcat01"`, `"type":"OARec"`, `"title":"A"`, `"url":"`+a.URL+`/records/collections/S2"}`,
		`{"id":"gone"`, `"url":"http://127.0.0.1:1/x"}`, `{"id":"csw"`, `"type":"CSW"`, `"url":"https://csw.example/csw"`, `"auth":{"type":"iam"}}]}`)
	b.apply(t, scope.System, item(t, scene("B", 9)), item(t, scene("B", 6)))
	var page struct {
		document
		FederatedSearchResults map[string]struct {
			document
			ExceptionReport *struct{ Detail string }
		}
		Partial bool
	}
	b.get(t, items+"?distributedSearch=true&limit=1", &page)
	fed, gone := page.FederatedSearchResults["fedcat01"], page.FederatedSearchResults["gone"]
	if ids(page.Features) != "s09" || *page.NumberMatched != 2 || ids(fed.Features) != "s05" || *fed.NumberMatched != 6 || fed.Type != "FeatureCollection" ||
		!strings.HasPrefix(fed.link("next"), a.URL) || gone.ExceptionReport == nil || !page.Partial || len(page.FederatedSearchResults) != 2 {
		t.Errorf("%+v", page)
	}
	page.FederatedSearchResults = nil
	if b.get(t, page.link("next"), &page); ids(page.Features) != "s06" || len(page.FederatedSearchResults) != 0 {
		t.Errorf("%+v", page)
	}
	if shown := b.text(t, items+"?distributedSearch=true&f=html"); !strings.Contains(shown, "Scene 6") || !strings.Contains(shown, "Scene 5") {
		t.Error(shown)
	}
}

// text is an answer as it is.
func (s service) text(t *testing.T, target string) string {
	t.Helper()
	r, err := http.Get(s.URL + target)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != 200 {
		t.Errorf("%s: %d %v %s", target, r.StatusCode, err, body)
	}
	return string(body)
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

// RC-12, RC-15: the settings are those of pycsw's configuration, too; what is wrong with them is said.
func TestFederationSettings(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"http://x/y/":                     "catalogue-1 http://x/y",
		"a=http://x/y, https://z/c":       "a http://x/y, catalogue-2 https://z/c",
		`["http://x/y","b=http://x/z"]`:   "catalogue-1 http://x/y, b http://x/z",
		`[{"id":"a","url":"http://x/y"}]`: "a http://x/y",
		`{"catalogues":[{"id":"s","type":"STAC-API","url":"https://s/v1","collections":["c"]},{"id":"r","type":"OARec","title":"R","url":"https://r/collections/c"}]}`: "r https://r/collections/c",
	} {
		f, err := newFederation(text, true, time.Second)
		if err != nil || f.grouped {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var all []string
		for _, c := range f.Catalogues() {
			all = append(all, c.ID+" "+c.URL)
		}
		if got := strings.Join(all, ", "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"ftp://x/y", "x", "a=http://x/y,a=http://x/z", "http://x/y?z=1", ",", "[", "{", `{"catalogs":[]}`, `[{"uri":"http://x/y"}]`, `[{"id":"a b","url":"http://x/y"}]`,
		"http://user:secret@x/y", `[7]`} {
		if _, err := newFederation(text, true, time.Second); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := newFederation(`[{"id":"a","url":"http://x/y","auth":{"type":"iam"}}]`, true, time.Second); fault.KindOf(err) != fault.Unsupported {
		t.Error(err)
	}
	if _, err := newAPI(config{Conditions: `{"a":{"b":"links = 1"}}`, Register: nobody}, nil); fault.LocatorOf(err) != "a.b" {
		t.Error(err)
	}
	if _, err := newAPI(config{Conditions: `[]`, Register: nobody}, nil); fault.LocatorOf(err) != "FACET_FILTERS" {
		t.Error(err)
	}
}
