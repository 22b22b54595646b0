package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/federation"
	"perigee/shared/identity"
	"perigee/shared/ows/owstest"
	"perigee/shared/pycsw"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// instance is a whole catalogue over the network, with records in its system and its workspace alice, that asks others.
func instance(t *testing.T, c config, ids ...string) *httptest.Server {
	t.Helper()
	store := cataloguetest.Open(t)
	for _, workspace := range []string{scope.System, "alice"} {
		var changes []record.Change
		for _, id := range ids {
			if own := strings.HasPrefix(id, "alice"); own == (workspace == "alice") {
				changes = append(changes, record.Change{Record: record.Record{Key: record.Key{Workspace: workspace, Collection: "S2", ID: id}, Type: record.TypeItem, Title: "Scene " + id, Version: "1",
					Document: []byte(`{"type":"Feature"}`), MediaType: "application/geo+json"}})
			}
		}
		keep(t, store, workspace, changes)
	}
	protocols, err := doors(store, c, pycsw.Config{}, open)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(edge.Wrap(protocols))
	t.Cleanup(s.Close)
	return s
}

func keep(t *testing.T, store *catalogue.Store, workspace string, changes []record.Change) {
	t.Helper()
	applied, err := store.Apply(context.Background(), scope.New(workspace, "test", scope.Writer), changes)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range applied {
		if a.Err != nil {
			t.Fatal(a.Err)
		}
	}
}

// fetched is an answer: its status, its warnings, the document.
func fetched(t *testing.T, address string) (int, []string, []byte) {
	t.Helper()
	r, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, r.Header.Values("Warning"), body
}

// identifiers are those of all records of an answer, in their order.
func identifiers(t *testing.T, document []byte) string {
	t.Helper()
	var ids []string
	decoder := xml.NewDecoder(strings.NewReader(string(document)))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return strings.Join(ids, " ")
		}
		if err != nil {
			t.Fatalf("%v: %s", err, document)
		}
		if start, is := token.(xml.StartElement); is && start.Name.Local == "identifier" {
			var id string
			_ = decoder.DecodeElement(&id, &start)
			ids = append(ids, id)
		}
	}
}

const (
	get2 = "/csw?service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=brief&distributedSearch=TRUE"
	get3 = "/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=csw:Record&elementSetName=brief&distributedSearch=TRUE"
)

// RC-12: with two instances, a search in B returns A's records; what does not answer as it should is told, and fails nothing.
func TestFederatedSearch(t *testing.T) {
	a := instance(t, config{Title: "A"}, "a1", "a2", "alice-a")
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked at %s", r.URL) }))
	defer elsewhere.Close()
	fakes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-r.Context().Done()
		case "/away":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "/broken":
			http.Error(w, "secret of the inside", http.StatusInternalServerError)
		case "/refusing":
			http.Error(w, "secret of the inside", http.StatusBadRequest)
		case "/huge":
			_, _ = io.Copy(w, io.LimitReader(endless{}, maxAnswer+10))
		case "/page":
			_, _ = io.WriteString(w, "<html/>")
		case "/with":
			if r.URL.Query().Get("map") != "x" {
				t.Errorf("it is asked %s", r.URL)
			}
			_, _ = io.WriteString(w, `<r:GetRecordsResponse xmlns:r="http://www.opengis.net/cat/csw/2.0.2"><r:SearchStatus/><r:SearchResults numberOfRecordsMatched="1" numberOfRecordsReturned="1">`+
				`<r:BriefRecord><i:identifier xmlns:i="http://purl.org/dc/elements/1.1/">old</i:identifier><i:title xmlns:i="http://purl.org/dc/elements/1.1/">Old</i:title></r:BriefRecord></r:SearchResults></r:GetRecordsResponse>`)
		}
	}))
	defer fakes.Close()
	b := instance(t, config{Title: "B", Patience: 2 * time.Second, Catalogues: "a=" + a.URL + "/csw,with=" + fakes.URL + "/with?map=x"}, "b1", "alice-b")
	for path, want := range map[string]string{
		get2: "b1 a1 a2 old", get3: "b1 a1 a2 old", strings.Replace(get2, "TRUE", "FALSE", 1): "b1", get2 + "&hopCount=1": "b1", get3 + "&maxRecords=2": "b1 a1", get2 + "&startPosition=3": "a2 old",
		"/workspaces/alice" + get2: "alice-b b1 a1 a2 old", "/workspaces/alice" + get3: "alice-b b1 a1 a2 old",
	} {
		status, warned, body := fetched(t, b.URL+path)
		if got := identifiers(t, body); got != want || status != 200 || warned != nil {
			t.Errorf("%s: %d %s %q", path, status, warned, got)
		}
		if strings.Contains(path, "3.0.0") {
			owstest.ValidateCSW3(t, "cswAll.xsd", body)
		} else {
			owstest.ValidateCSW2(t, "CSW-discovery.xsd", body)
		}
	}
	long := get2 + "&constraintLanguage=CQL_TEXT&constraint=" + url.QueryEscape("dc:title <> '"+strings.Repeat("x", maxQuestion)+"'")
	if status, warned, body := fetched(t, b.URL+long); identifiers(t, body) != "b1" || status != http.StatusNonAuthoritativeInfo || len(warned) != 2 || !strings.Contains(warned[0], "sent on by GET") {
		t.Errorf("%d %s %s", status, warned, body)
	}
	for name, want := range map[string]string{
		"slow": "does not answer now", "away": "leads elsewhere", "broken": "does not answer now", "refusing": "refuses the question (400)", "huge": "larger than", "page": "something else than records",
	} {
		c := instance(t, config{Title: "C", Patience: time.Second, Catalogues: "x=" + fakes.URL + "/" + name + ",a=" + a.URL + "/csw"}, "c1")
		status, warned, body := fetched(t, c.URL+get2)
		if all := fmt.Sprint(warned); identifiers(t, body) != "c1 a1 a2" || status != http.StatusNonAuthoritativeInfo || len(warned) != 1 || !strings.Contains(all, "the catalogue x is not in the answer") || !strings.Contains(all, want) ||
			strings.Contains(all+string(body), "secret") {
			t.Errorf("%s: %d %s %s", name, status, warned, body)
		}
		status, _, body = fetched(t, c.URL+get3)
		if identifiers(t, body) != "c1 a1 a2" || status != 200 || !strings.Contains(string(body), "FederatedException") || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s", name, status, body)
		}
		owstest.ValidateCSW3(t, "cswAll.xsd", body)
	}
}

// endless never comes to an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// RC-12, RC-16: the catalogues are those of pycsw's file, and of FEDERATED_CATALOGUES where it names none; of other types none is asked.
func TestFederatedCatalogues(t *testing.T) {
	for _, c := range []struct {
		setting string
		file    []pycsw.Catalogue
		want    string
	}{
		{"", nil, ""},
		{"http://x/csw, z=https://z/csw?map=a", nil, "catalogue-1 http://x/csw, z https://z/csw?map=a"},
		{`{"catalogues":[{"id":"r","type":"OARec","url":"https://r/collections/c"},{"id":"s","type":"STAC-API","url":"https://s"},{"id":"c","type":"CSW","url":"https://c/csw"}]}`, nil, "c https://c/csw"},
		{"https://system.example/collections/S2MSI2A", nil, ""},
		{"http://x/csw", []pycsw.Catalogue{{URL: "https://system.example/collections/S2MSI2A"}, {ID: "f", Type: "CSW", URL: "http://f/csw"}, {Type: "OARec", URL: "http://g/h"}, {URL: "http://i/csw.py?config=a=b"}},
			"f http://f/csw, catalogue-4 http://i/csw.py?config=a=b"},
	} {
		f, err := newOthers(config{Catalogues: c.setting}, pycsw.Config{Catalogues: c.file})
		if err != nil {
			t.Errorf("%s: %v", c.setting, err)
			continue
		}
		var all []string
		if f != nil {
			for _, one := range f.Catalogues() {
				all = append(all, one.ID+" "+one.URL)
			}
		}
		if got := strings.Join(all, ", "); got != c.want {
			t.Errorf("%s: %q, want %q", c.setting, got, c.want)
		}
	}
	for _, wrong := range []string{"ftp://x/csw", "http://user:secret@x/csw", "system=http://x/csw", "a=http://x/csw,a=http://y/csw", "[", `[{"url":"http://x","password":"y"}]`, "http://x/csw#a"} {
		if _, err := newOthers(config{Catalogues: wrong}, pycsw.Config{}); fault.LocatorOf(err) != federation.Setting || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	c, _, err := settle(t, config{Patience: time.Second}, "server: {timeout: 7}\nfederatedcatalogues: [http://x/csw]")
	if err != nil || c.Patience != 7*time.Second {
		t.Errorf("%v, %v", c.Patience, err)
	}
}

// distributedScript searches as OWSLib's users do.
const distributedScript = `
import sys
from owslib.csw import CatalogueServiceWeb
from owslib.catalogue.csw3 import CatalogueServiceWeb as CatalogueServiceWeb3
from owslib.fes import PropertyIsLike
from owslib import fes2

url, other = sys.argv[1:]
c = CatalogueServiceWeb(url)
assert [x.values for x in c.constraints.values() if x.name == "FederatedCatalogues"] == [[other]], c.constraints
c.getrecords2(esn="brief", maxrecords=20)
assert list(c.records) == ["b1"], list(c.records)
c.getrecords2(esn="brief", maxrecords=20, distributedsearch=True, hopcount=2)
assert list(c.records) == ["b1", "a1", "a2"] and c.results["matches"] == 3, c.results
c.getrecords2(constraints=[PropertyIsLike("dc:title", "%a2")], esn="full", distributedsearch=True, hopcount=2)
assert list(c.records) == ["a2"] and c.records["a2"].title == "Scene a2", c.results
c3 = CatalogueServiceWeb3(url, version="3.0.0")
c3.getrecords(constraints=[fes2.PropertyIsLike("dc:title", "%2")], esn="full", distributedsearch=True, hopcount=2)
assert c3.results["matches"] == 1 and b"<dc:identifier>a2</dc:identifier>" in c3.response and b"FederatedSearchResult" in c3.response, c3.response
print("searched")
`

// RC-12: OWSLib searches in another catalogue by ours, in both versions.
func TestOWSLibDistributed(t *testing.T) {
	if out, err := exec.Command("/usr/bin/python3", "-c", "import owslib.csw").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: OWSLib is not installed (python3-owslib): %s", out)
	}
	a := instance(t, config{Title: "A"}, "a1", "a2")
	b := instance(t, config{Title: "B", Catalogues: a.URL + "/csw"}, "b1")
	out, err := exec.Command("/usr/bin/python3", "-c", distributedScript, b.URL+"/csw", a.URL+"/csw").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "searched") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, _, body := fetched(t, b.URL+"/csw?"+url.Values{"service": {"CSW"}, "request": {"GetCapabilities"}}.Encode()); !strings.Contains(string(body), `"FederatedCatalogues"`) {
		t.Errorf("%s", body)
	}
}
