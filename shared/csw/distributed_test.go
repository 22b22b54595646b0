package csw

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/federation"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// neighbour is a catalogue that answers questions, and notes them.
type neighbour struct {
	id     string
	answer func(ctx context.Context, q Onward) (OnwardAnswer, error)
}

// neighbours are other catalogues.
type neighbours struct {
	all []neighbour
	mu  sync.Mutex
	got map[string][]string
}

func (n *neighbours) Catalogues() []federation.Catalogue {
	var all []federation.Catalogue
	for _, one := range n.all {
		all = append(all, federation.Catalogue{ID: one.id, Type: federation.CSW, URL: "http://" + one.id + ".example/csw"})
	}
	return all
}

func (n *neighbours) Ask(ctx context.Context, of federation.Catalogue, q Onward) (OnwardAnswer, error) {
	at := slices.IndexFunc(n.all, func(one neighbour) bool { return one.id == of.ID })
	n.mu.Lock()
	if n.got == nil {
		n.got = map[string][]string{}
	}
	n.got[of.ID] = append(n.got[of.ID], q.Query.Encode()+string(q.Body))
	n.mu.Unlock()
	return n.all[at].answer(ctx, q)
}

// asker asks a service as it would be asked over the network.
func asker(h http.Handler) func(context.Context, Onward) (OnwardAnswer, error) {
	return func(ctx context.Context, q Onward) (OnwardAnswer, error) {
		r := httptest.NewRequest(http.MethodGet, "/csw?"+q.Query.Encode(), nil)
		if q.Body != nil {
			r = httptest.NewRequest(http.MethodPost, "/csw", strings.NewReader(string(q.Body)))
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(scope.NewContext(ctx, scope.Asked{Scope: scope.New(scope.System, ""), Base: "http://far.example"})))
		return OnwardAnswer{w.Body.Bytes(), w.Header().Get("Warning") != ""}, nil
	}
}

// having is a service of records with these ids, which asks others.
func having(others Federation, ids ...string) http.Handler {
	var all memory
	for i, id := range ids {
		all = append(all, record.Record{Key: record.Key{Collection: "S2", ID: id}, Type: record.TypeItem, Title: "Scene " + id, Modified: day(1 + i)})
	}
	return New(Config{Store: all, Path: "/csw", Federation: others, Patience: time.Minute})
}

func said(document string) func(context.Context, Onward) (OnwardAnswer, error) {
	return func(context.Context, Onward) (OnwardAnswer, error) {
		return OnwardAnswer{Document: []byte(document)}, nil
	}
}

// foundElement is an element of an answer.
type foundElement struct {
	XMLName xml.Name
	Matched string         `xml:"numberOfRecordsMatched,attr"`
	Given   string         `xml:"numberOfRecordsReturned,attr"`
	Next    string         `xml:"nextRecord,attr"`
	Status  string         `xml:"status,attr"`
	URL     string         `xml:"catalogueURL,attr"`
	Text    string         `xml:",chardata"`
	In      []foundElement `xml:",any"`
}

// ids are the identifiers of records, in their order.
func (f foundElement) ids() string {
	if f.XMLName.Local == "identifier" {
		return f.Text + " "
	}
	all := ""
	for _, in := range f.In {
		all += in.ids()
	}
	return all
}

// find are the elements of a name.
func (f foundElement) find(name string) []foundElement {
	var all []foundElement
	for _, in := range f.In {
		if in.XMLName.Local == name {
			all = append(all, in)
		}
		all = append(all, in.find(name)...)
	}
	return all
}

func askFar(t *testing.T, h http.Handler, in scope.Asked, r *http.Request) (*httptest.ResponseRecorder, foundElement) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), in)))
	var root foundElement
	if err := xml.Unmarshal(w.Body.Bytes(), &root); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	validate(t, w.Body.Bytes())
	return w, root
}

// asking3 and asking2 are requests for brief records in either version.
const (
	asking2 = "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=brief"
	asking3 = "service=CSW&version=3.0.0&request=GetRecords&typeNames=csw:Record&elementSetName=brief"
)

func system() scope.Asked {
	return scope.Asked{Scope: scope.New(scope.System, ""), Base: "http://eo.example"}
}

func byGET(query string) *http.Request {
	return httptest.NewRequest(http.MethodGet, "/csw?"+query, nil)
}

// byPOST is a request for brief records as XML.
func byPOST(namespace, attributes, distributed, query string) *http.Request {
	body := `<c:GetRecords xmlns:c="` + namespace + `" xmlns:ogc="http://www.opengis.net/ogc" xmlns:fes="http://www.opengis.net/fes/2.0" service="CSW" ` + attributes + `>` + distributed +
		`<c:Query typeNames="c:Record"><c:ElementSetName>brief</c:ElementSetName>` + query + `</c:Query></c:GetRecords>`
	r := httptest.NewRequest(http.MethodPost, "/csw", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/xml")
	return r
}

// RC-12: a search that is distributed finds the records of other catalogues behind those found here, by the same conditions, and counts
// all of them; 2.0.2 has them among the records, 3.0.0 by each catalogue.
func TestDistributedSearch(t *testing.T) {
	n := &neighbours{all: []neighbour{{"a", asker(having(nil, "x1", "a2", "a3"))}, {"b", asker(having(nil, "x1", "b2"))}}}
	h := having(n, "x1", "here")
	const cql = `<c:Constraint version="1.1.0"><c:CqlText>dc:identifier LIKE 'x%'</c:CqlText></c:Constraint>`
	const fe = `<c:Constraint version="1.1.0"><ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>dc:title</ogc:PropertyName><ogc:Literal>Scene x1</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter></c:Constraint>`
	const fes = `<c:Constraint version="2.0.0"><fes:Filter><fes:PropertyIsEqualTo><fes:ValueReference>dc:title</fes:ValueReference><fes:Literal>Scene x1</fes:Literal></fes:PropertyIsEqualTo></fes:Filter></c:Constraint>`
	for _, c := range []struct {
		name    string
		request *http.Request
		ids     string
		matched string
	}{
		{"2.0.2 without the word", byGET(asking2), "x1 here ", "2"},
		{"2.0.2 with no hop", byGET(asking2 + "&distributedSearch=TRUE&hopCount=0"), "x1 here ", "2"},
		{"2.0.2 with the hop that it came by", byGET(asking2 + "&distributedSearch=TRUE&hopCount=1"), "x1 here ", "2"},
		{"2.0.2 with hops only", byGET(asking2 + "&hopCount=3"), "x1 here ", "2"},
		{"2.0.2", byGET(asking2 + "&DISTRIBUTEDSEARCH=true"), "x1 here x1 a2 a3 x1 b2 ", "7"},
		{"2.0.2 CQL", byGET(asking2 + "&distributedSearch=TRUE&hopCount=2&constraintLanguage=CQL_TEXT&constraint=" + url.QueryEscape("dc:title = 'Scene x1'")), "x1 x1 x1 ", "3"},
		{"2.0.2 count", byGET(strings.Replace(asking2, "results", "hits", 1) + "&distributedSearch=TRUE"), "", "7"},
		{"2.0.2 XML", byPOST(Namespace2, `version="2.0.2" resultType="results"`, `<c:DistributedSearch hopCount="2"/>`, cql), "x1 x1 x1 ", "3"},
		{"2.0.2 XML FE", byPOST(Namespace2, `version="2.0.2" resultType="results" maxRecords="2"`, `<c:DistributedSearch/>`, fe), "x1 x1 ", "3"},
		{"3.0.0", byGET(asking3 + "&distributedSearch=TRUE"), "x1 here x1 a2 a3 x1 b2 ", "7"},
		{"3.0.0 ids", byGET(asking3 + "&distributedSearch=TRUE&recordIds=a3,b2"), "a3 b2 ", "2"},
		{"3.0.0 one catalogue", byGET(asking3 + "&distributedSearch=TRUE&federatedCatalogues=" + url.QueryEscape("http://b.example/csw")), "x1 here x1 b2 ", "4"},
		{"3.0.0 XML", byPOST(Namespace3, `version="3.0.0"`, `<c:DistributedSearch hopCount="2" clientId="urn:c" distributedSearchId="urn:s"/>`, fes), "x1 x1 x1 ", "3"},
		{"3.0.0 XML one catalogue", byPOST(Namespace3, `version="3.0.0"`, `<c:DistributedSearch clientId="urn:c" distributedSearchId="urn:s"><c:federatedCatalogues catalogueURL="http://a.example/csw" timeout="60000"/></c:DistributedSearch>`, fes), "x1 x1 ", "2"},
	} {
		w, root := askFar(t, h, system(), c.request)
		got := root.find("SearchResults")[0]
		if root.ids() != c.ids || got.Matched != c.matched || got.Given != strconv.Itoa(len(strings.Fields(c.ids))) || w.Code != 200 || w.Header().Get("Warning") != "" {
			t.Errorf("%s: %d, %q of %s, %s", c.name, w.Code, root.ids(), got.Matched, w.Body)
		}
	}
	_, root := askFar(t, h, system(), byGET(asking3+"&distributedSearch=TRUE&maxRecords=4"))
	of := root.find("FederatedSearchResult")
	if len(of) != 2 || of[0].URL != "http://a.example/csw" || of[1].URL != "http://b.example/csw" {
		t.Fatalf("%+v", root)
	}
	a, b := of[0].find("searchResult")[0], of[1].find("searchResult")[0]
	if a.Matched != "3" || a.Given != "2" || a.Next != "3" || a.Status != "subset" || b.Matched != "2" || b.Given != "0" || b.Next != "1" || b.Status != "none" {
		t.Errorf("%+v\n%+v", a, b)
	}
	for _, wrong := range []string{"&distributedSearch=perhaps", "&distributedSearch=TRUE&hopCount=-1", "&distributedSearch=TRUE&hopCount=many", "&distributedSearch=TRUE&federatedCatalogues=http://elsewhere.example/csw"} {
		if w, _ := askFar(t, h, system(), byGET(asking3+wrong)); w.Code != 400 {
			t.Errorf("%s: %d %s", wrong, w.Code, w.Body)
		}
	}
}

// RC-12: the pages of what all catalogues find hold every record once, whatever their size, also where a catalogue gives fewer records
// at once than it is asked for.
func TestDistributedPages(t *testing.T) {
	mean := asker(having(nil, "a1", "a2", "a3", "a4"))
	n := &neighbours{all: []neighbour{
		{"a", func(ctx context.Context, q Onward) (OnwardAnswer, error) {
			if most, _ := strconv.Atoi(q.Query.Get("maxRecords")); most > 3 {
				q.Query.Set("maxRecords", "3")
			}
			return mean(ctx, q)
		}},
		{"none", asker(having(nil))}, {"b", asker(having(nil, "b1", "b2"))},
	}}
	h := having(n, "h1", "h2", "h3")
	const want = "h1 h2 h3 a1 a2 a3 a4 b1 b2 "
	for size := 1; size < 11; size++ {
		for _, query := range []string{asking2, asking3} {
			got, pages := "", 0
			for start := "1"; start != "0" && pages < 20; pages++ {
				_, root := askFar(t, h, system(), byGET(fmt.Sprintf("%s&distributedSearch=TRUE&maxRecords=%d&startPosition=%s", query, size, start)))
				results := root.find("SearchResults")[0]
				if n := len(strings.Fields(root.ids())); n == 0 || n > size || results.Matched != "9" {
					t.Errorf("%d: a page of %d of %s", size, n, results.Matched)
				}
				got, start = got+root.ids(), results.Next
			}
			if got != want {
				t.Errorf("%d: %q", size, got)
			}
		}
	}
}

// RC-12: a catalogue that is late, gone or answers what it should not fails nothing: what is missing is said, in 3.0.0 by the document, in
// 2.0.2 by the status and a warning.
func TestMissingCatalogues(t *testing.T) {
	const results = `<csw:GetRecordsResponse xmlns:csw="http://www.opengis.net/cat/csw/2.0.2"><csw:SearchStatus/>`
	for name, c := range map[string]struct {
		answer func(context.Context, Onward) (OnwardAnswer, error)
		want   string
	}{
		"late": {func(ctx context.Context, _ Onward) (OnwardAnswer, error) {
			<-ctx.Done()
			return OnwardAnswer{}, ctx.Err()
		}, "does not answer now"},
		"gone": {func(context.Context, Onward) (OnwardAnswer, error) {
			return OnwardAnswer{}, fault.New(fault.Unavailable, "dial tcp 10.0.0.7: secret")
		}, "does not answer now"},
		"text":     {said("no XML"), "something else than XML"},
		"entities": {said(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`), "something else than XML"},
		"page":     {said("<html/>"), "something else than records"},
		"report":   {said(`<ExceptionReport xmlns="http://www.opengis.net/ows"><Exception><ExceptionText>not "today"` + "\n" + `ü</ExceptionText></Exception></ExceptionReport>`), "refuses the question"},
		"count":    {said(results + `<csw:SearchResults/></csw:GetRecordsResponse>`), "how many"},
		"negative": {said(results + `<csw:SearchResults numberOfRecordsMatched="-3"/></csw:GetRecordsResponse>`), "how many"},
		"none":     {said(results + `<csw:SearchResults numberOfRecordsMatched="3"/></csw:GetRecordsResponse>`), "gives none"},
		"unknown":  {said(results + `<csw:SearchResults numberOfRecordsMatched="1"><x xmlns="urn:y"/></csw:SearchResults></csw:GetRecordsResponse>`), "no record"},
	} {
		n := &neighbours{all: []neighbour{{"x", c.answer}, {"a", asker(having(nil, "a1"))}}}
		h := New(Config{Store: memory{{Key: record.Key{ID: "h1"}}}, Path: "/csw", Federation: n, Patience: time.Second})
		w, root := askFar(t, h, system(), byGET(asking2+"&distributedSearch=TRUE"))
		if warned := w.Header().Get("Warning"); w.Code != http.StatusNonAuthoritativeInfo || !strings.HasPrefix(warned, `199 - "the catalogue x is not in the answer`) || !strings.Contains(warned, c.want) ||
			strings.ContainsAny(warned, "\n\r") || strings.Contains(warned, "secret") {
			t.Errorf("%s: %d %s", name, w.Code, warned)
		}
		if root.ids() != "h1 a1 " || root.find("SearchResults")[0].Matched != "2" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s", name, w.Body)
		}
		w, root = askFar(t, h, system(), byGET(asking3+"&distributedSearch=TRUE"))
		missing := root.find("FederatedException")
		if w.Code != 200 || root.ids() != "h1 a1 " || len(missing) != 1 || missing[0].URL != "http://x.example/csw" || root.find("SearchResults")[0].Status != "subset" ||
			!strings.Contains(missing[0].find("ExceptionText")[0].Text, c.want) || len(root.find("FederatedSearchResult")) != 1 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// RC-12: each catalogue takes a hop off before it sends a question on, and who asks of whom in a circle comes to an end. What is missing
// further away is told here.
func TestHops(t *testing.T) {
	a, b := &neighbours{}, &neighbours{}
	ha, hb := having(a, "a1"), having(b, "b1")
	a.all, b.all = []neighbour{{"b", asker(hb)}}, []neighbour{{"a", asker(ha)}}
	for hops, want := range map[string]string{"1": "a1 ", "2": "a1 b1 ", "3": "a1 b1 a1 ", "4": "a1 b1 a1 b1 ", "5": "a1 b1 a1 b1 a1 ", "6": "a1 b1 a1 b1 a1 ", "2000000000": "a1 b1 a1 b1 a1 "} {
		for _, r := range []*http.Request{
			byGET(asking2 + "&distributedSearch=TRUE&hopCount=" + hops), byGET(asking3 + "&distributedSearch=TRUE&hopCount=" + hops),
			byPOST(Namespace2, `version="2.0.2" resultType="results"`, `<c:DistributedSearch hopCount="`+hops+`"/>`, ""),
			byPOST(Namespace3, `version="3.0.0" requestId="urn:r"`, `<c:DistributedSearch hopCount="`+hops+`" clientId="urn:c" distributedSearchId="urn:s"/>`, ""),
		} {
			if _, root := askFar(t, ha, system(), r); root.ids() != want {
				t.Errorf("%s hops: %q", hops, root.ids())
			}
		}
	}
	b.all = append(b.all, neighbour{"x", said("nothing")})
	if w, root := askFar(t, ha, system(), byGET(asking3+"&distributedSearch=TRUE&hopCount=3")); root.ids() != "a1 b1 a1 " || !strings.Contains(w.Header().Get("Warning"), "the catalogue b answers with a part") {
		t.Errorf("%s %s", w.Header(), w.Body)
	}
	a.got = nil
	askFar(t, ha, system(), byPOST(Namespace3, `version="3.0.0" requestId="urn:r" outputFormat="application/xml"`, `<c:DistributedSearch hopCount="4" clientId="urn:c" distributedSearchId="urn:s"/>`, ""))
	validate(t, []byte(a.got["b"][0]))
	for _, part := range []string{`hopCount="3"`, `clientId="urn:c"`, `distributedSearchId="urn:s"`, `requestId="urn:r"`} {
		if !strings.Contains(a.got["b"][0], part) {
			t.Errorf("no %s in %s", part, a.got["b"][0])
		}
	}
	a.got = nil
	askFar(t, ha, system(), byGET(asking2+"&distributedSearch=TRUE&token=secret&map=x"))
	if got := a.got["b"][0]; strings.Contains(got, "secret") || strings.Contains(got, "map") || strings.Contains(strings.ToLower(got), "distributed") {
		t.Errorf("it is told %s", got)
	}
}

// byWorkspace is a store with one record in each workspace.
type byWorkspace struct{ memory }

func (byWorkspace) Find(ctx context.Context, sc scope.Scope, q Query) ([]record.Record, int, error) {
	id := "of the system"
	if sc.Workspace != scope.System {
		id = "of " + sc.Workspace
	}
	return memory{{Key: record.Key{ID: id}}}.Find(ctx, sc, q)
}

// RC-12: in a workspace the catalogue of the system is one of the others, and is asked without the network.
func TestSystemBesideWorkspace(t *testing.T) {
	h := New(Config{Store: byWorkspace{}, Path: "/csw"})
	in := scope.Asked{Scope: scope.New("alice", ""), Base: "http://eo.example/workspaces/alice"}
	for query, want := range map[string]string{asking2: "of alice ", asking2 + "&distributedSearch=TRUE": "of alice of the system ", asking3 + "&distributedSearch=TRUE": "of alice of the system "} {
		if _, root := askFar(t, h, in, byGET(query)); root.ids() != want {
			t.Errorf("%s: %q", query, root.ids())
		}
	}
	if _, root := askFar(t, h, in, byGET(asking3+"&distributedSearch=TRUE")); root.find("FederatedSearchResult")[0].URL != "http://eo.example/csw" {
		t.Errorf("%+v", root)
	}
	if _, root := askFar(t, h, system(), byGET(asking2+"&distributedSearch=TRUE")); root.ids() != "of the system " {
		t.Errorf("%+v", root)
	}
}

// RC-12: records come in the schema that was asked for, whatever a catalogue answers in; feeds have them too.
func TestDistributedSchemas(t *testing.T) {
	old := asker(having(nil, "a1"))
	n := &neighbours{all: []neighbour{{"a", func(ctx context.Context, q Onward) (OnwardAnswer, error) {
		for name, value := range map[string]string{"version": "2.0.2", "typeNames": "csw:Record", "resultType": "results", "outputSchema": Namespace2} {
			q.Query.Set(name, value)
		}
		return old(ctx, q)
	}}}}
	h := having(n, "h1")
	for schema, want := range map[string]string{Namespace3: "BriefRecord", "http://www.isotc211.org/2005/gmd": "MD_Metadata", namespaceAtom: "entry"} {
		r := byGET(asking3 + "&distributedSearch=TRUE&outputSchema=" + url.QueryEscape(schema))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), system())))
		var root foundElement
		if err := xml.Unmarshal(w.Body.Bytes(), &root); err != nil || len(root.find(want)) != 2 {
			t.Errorf("%s: %v %s", schema, err, w.Body)
		}
	}
	for _, query := range []string{asking2, asking3} {
		w := httptest.NewRecorder()
		r := byGET(query + "&distributedSearch=TRUE&outputFormat=application/json")
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), system())))
		if body := w.Body.String(); !json.Valid(w.Body.Bytes()) || strings.Count(body, `"dc:identifier"`) != 2 || !strings.Contains(body, "a1") {
			t.Errorf("%s", body)
		}
	}
	r := byGET("mode=opensearch&distributedSearch=TRUE")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), system())))
	if body := w.Body.String(); ows.Root(w.Body.Bytes()).Local != "feed" || strings.Count(body, "<entry") != 2 || !strings.Contains(body, "<os:totalResults>2<") {
		t.Errorf("%s", body)
	}
}

// RC-12: capabilities list the catalogues that are asked, and nothing where there are none.
func TestFederatedCapabilities(t *testing.T) {
	n := &neighbours{all: []neighbour{{"a", nil}, {"b", nil}}}
	for version, with := range map[string]bool{"2.0.2": true, "3.0.0": true, "2.0.2 ": false, "3.0.0 ": false} {
		h := having(nil)
		if with {
			h = having(n)
		}
		w, root := askFar(t, h, system(), byGET("service=CSW&request=GetCapabilities&acceptVersions="+strings.TrimSpace(version)))
		if got := strings.Contains(w.Body.String(), `"FederatedCatalogues"`) && strings.Contains(w.Body.String(), "http://b.example/csw"); got != with || root.XMLName.Local != "Capabilities" {
			t.Errorf("%s: %s", version, w.Body)
		}
	}
}

// FuzzOnwardAnswer has another catalogue answer anything: the answer here is XML, and no failure of ours.
func FuzzOnwardAnswer(f *testing.F) {
	for _, query := range []string{asking2, asking3} {
		values, _ := url.ParseQuery(query)
		a, _ := asker(having(nil, "a1"))(context.Background(), Onward{Query: values})
		f.Add(string(a.Document))
	}
	f.Fuzz(func(t *testing.T, document string) {
		h := having(&neighbours{all: []neighbour{{"a", said(document)}}}, "h1")
		for _, query := range []string{asking2, asking3} {
			w := httptest.NewRecorder()
			r := byGET(query + "&distributedSearch=TRUE")
			h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), system())))
			if _, err := ows.CheckXML(w.Body.Bytes()); err != nil || w.Code >= 500 {
				t.Errorf("%d %v: %s", w.Code, err, w.Body)
			}
		}
	})
}
