package oaipmh

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// memory is a store of records in the order in which they were changed; its tokens are the last record's place in time.
type memory struct{ records []record.Record }

func (m *memory) Changed(_ context.Context, sc scope.Scope, q Query) (Page, error) {
	if err := sc.Valid(); err != nil {
		return Page{}, err
	}
	after := -1
	if q.After != "" {
		var err error
		if after, err = strconv.Atoi(q.After); err != nil {
			return Page{}, fault.At(fault.Invalid, "token", "no token")
		}
	}
	var page Page
	for _, r := range m.records {
		if r.Modified.Before(q.From) || !q.Before.IsZero() && !r.Modified.Before(q.Before) || len(q.Types) > 0 && !slices.Contains(q.Types, r.Type) || q.Collection != "" && r.Collection != q.Collection {
			continue
		}
		page.Matched++
		if int(r.Modified.Unix()) <= after {
			continue
		}
		if len(page.Records) == q.Limit {
			page.Next = strconv.Itoa(int(page.Records[q.Limit-1].Modified.Unix()))
			continue
		}
		page.Records = append(page.Records, r)
	}
	return page, nil
}

func (m *memory) ByID(_ context.Context, _ scope.Scope, id string) (record.Record, error) {
	for _, r := range m.records {
		if r.ID == id {
			return r, nil
		}
	}
	return record.Record{}, fault.New(fault.NotFound, "there is no record %q", id)
}

func (m *memory) Earliest(context.Context, scope.Scope) (time.Time, error) {
	return m.records[0].Modified, nil
}

func (m *memory) Collections(_ context.Context, _ scope.Scope, after string, limit int) (names []string, err error) {
	for _, r := range m.records {
		if r.Collection > after && len(names) < limit && !slices.Contains(names, r.Collection) {
			names = append(names, r.Collection)
		}
	}
	return names, nil
}

var morning = time.Date(2026, 6, 1, 10, 0, 0, 500, time.UTC)

// sample has 250 scenes, one changed a minute, and a collection.
func sample() *memory {
	m := &memory{records: []record.Record{{Key: record.Key{ID: "S2"}, Type: record.TypeCollection, Title: "Sentinel-2 & <more>", Modified: morning.Add(-time.Hour)}}}
	for i := range 250 {
		m.records = append(m.records, record.Record{
			Key: record.Key{Collection: "S2", ID: fmt.Sprintf("scene-%03d", i)}, Type: record.TypeItem, Title: "A scene", Modified: morning.Add(time.Duration(i) * time.Minute),
			Footprint: orb.Bound{Min: orb.Point{10, 40}, Max: orb.Point{12, 41}}.ToPolygon(), Time: record.Interval{Start: morning, End: morning},
			Links: []record.Link{{Href: "/ows?service=WMS"}, {Href: "https://else.example/x"}},
		})
	}
	return m
}

var native = Format{Prefix: "raw", Schema: "http://raw.example/raw.xsd", Namespace: "http://raw.example", Encode: func(r record.Record) ([]byte, error) {
	return []byte("\n<?xml version=\"1.0\"?>\n<raw xmlns=\"http://raw.example\">" + r.ID + "</raw>"), nil
}}

func newServer(store Store) http.Handler {
	h := Handler(store, Repository{Name: "Catalogue", Email: "help@eo.example"}, "/oaipmh", native)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test"), Base: "http://eo.example"}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

// told is an answer as a harvester reads it.
type told struct {
	XMLName xml.Name `xml:"http://www.openarchives.org/OAI/2.0/ OAI-PMH"`
	Request struct {
		Verb string `xml:"verb,attr"`
		Base string `xml:",chardata"`
	} `xml:"request"`
	Errors []struct {
		Code string `xml:"code,attr"`
		Text string `xml:",chardata"`
	} `xml:"error"`
	Identify struct {
		Base     string `xml:"baseURL"`
		Earliest string `xml:"earliestDatestamp"`
	} `xml:"Identify"`
	Prefixes []string     `xml:"ListMetadataFormats>metadataFormat>metadataPrefix"`
	Sets     []string     `xml:"ListSets>set>setSpec"`
	Headers  []toldHeader `xml:"ListIdentifiers>header"`
	Records  []struct {
		Header   toldHeader `xml:"header"`
		Metadata struct {
			XML string `xml:",innerxml"`
		} `xml:"metadata"`
	} `xml:"ListRecords>record"`
	One struct {
		Header   toldHeader `xml:"header"`
		Metadata struct {
			XML string `xml:",innerxml"`
		} `xml:"metadata"`
	} `xml:"GetRecord>record"`
	Token struct {
		Size   string `xml:"completeListSize,attr"`
		Cursor string `xml:"cursor,attr"`
		Text   string `xml:",chardata"`
	} `xml:"ListRecords>resumptionToken"`
	HeadersToken *struct{} `xml:"ListIdentifiers>resumptionToken"`
}

type toldHeader struct {
	ID   string   `xml:"identifier"`
	Date string   `xml:"datestamp"`
	Sets []string `xml:"setSpec"`
}

func ask(t *testing.T, server http.Handler, query string) (read told) {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/oaipmh?"+query, nil))
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") {
		t.Fatalf("%s was answered %d %s", query, w.Code, w.Body)
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &read); err != nil {
		t.Fatalf("%s: %v in %s", query, err, w.Body)
	}
	return read
}

// RC-08: the six verbs.
func TestVerbs(t *testing.T) {
	server := newServer(sample())
	if got := ask(t, server, "verb=Identify"); got.Identify.Base != "http://eo.example/oaipmh" || got.Identify.Earliest != "2026-06-01T09:00:00Z" || got.Request.Verb != "Identify" || got.Request.Base != got.Identify.Base {
		t.Errorf("Identify tells %+v", got)
	}
	if got := ask(t, server, "mode=oaipmh&verb=ListMetadataFormats&identifier=S2"); !slices.Equal(got.Prefixes, []string{"oai_dc", "raw"}) {
		t.Errorf("the formats are %v", got.Prefixes)
	}
	if got := ask(t, server, "verb=ListSets"); !slices.Equal(got.Sets, []string{"datasets", "series", "interactiveResources", "collection:S2"}) {
		t.Errorf("the sets are %v", got.Sets)
	}
	got := ask(t, server, "verb=GetRecord&metadataPrefix=oai_dc&identifier=scene-007").One
	if got.Header.ID != "scene-007" || got.Header.Date != "2026-06-01T10:07:00Z" || !slices.Equal(got.Header.Sets, []string{"datasets", "collection:S2"}) {
		t.Errorf("the header is %+v", got.Header)
	}
	for _, want := range []string{
		"<oai_dc:dc ", "<dc:identifier>scene-007</dc:identifier>", "<dc:identifier>http://eo.example/ows?service=WMS</dc:identifier>", "<dc:type>dataset</dc:type>",
		"<dc:coverage>northlimit=41; southlimit=40; westlimit=10; eastlimit=12; units=signed decimal degrees</dc:coverage>", "<dc:relation>S2</dc:relation>",
	} {
		if !strings.Contains(got.Metadata.XML, want) {
			t.Errorf("%q is not in %s", want, got.Metadata.XML)
		}
	}
	if got := ask(t, server, "verb=GetRecord&metadataPrefix=raw&identifier=S2").One; strings.TrimSpace(got.Metadata.XML) != `<raw xmlns="http://raw.example">S2</raw>` {
		t.Errorf("the document is %q", got.Metadata.XML)
	}
	if got := ask(t, server, "MODE=oaipmh&verb=GetRecord&metadataprefix=raw&IDENTIFIER=S2").One; got.Header.ID != "S2" {
		t.Errorf("by arguments in another case the record is %+v", got)
	}
	if got := ask(t, server, "verb=ListIdentifiers&metadataPrefix=raw&set=series"); len(got.Headers) != 1 || got.Headers[0].ID != "S2" || got.HeadersToken != nil {
		t.Errorf("the series are %+v", got.Headers)
	}
}

// Dates are days or seconds, both ends belong to what is asked for.
func TestDates(t *testing.T) {
	server := newServer(sample())
	for query, want := range map[string]int{
		"from=2026-06-01T10:00:00Z&until=2026-06-01T10:00:00Z": 1, // the record has half a microsecond more
		"from=2026-06-01T10:00:00Z&until=2026-06-01T10:09:00Z": 10,
		"until=2026-06-01T10:01:00Z":                           3,
		"from=2026-06-01&until=2026-06-01":                     251,
		"from=2026-06-01T14:09:00Z":                            1,
	} {
		if got := ask(t, server, "verb=ListIdentifiers&metadataPrefix=oai_dc&"+query); len(got.Headers) != want {
			t.Errorf("%s gives %d headers, not %d: %+v", query, len(got.Headers), want, got.Errors)
		}
	}
}

// A list is walked by its tokens while records change and come: each that stayed comes once, what changed comes again,
// and a new process knows the tokens of the old one.
func TestResumptionTokens(t *testing.T) {
	m := sample()
	seen := map[string]int{}
	cursor := 0
	for query := "verb=ListRecords&metadataPrefix=oai_dc"; query != ""; {
		got := ask(t, newServer(m), query)
		if got.Token.Cursor != strconv.Itoa(cursor) || got.Token.Size != "251" {
			t.Errorf("the token tells %+v at %d", got.Token, cursor)
		}
		for _, r := range got.Records {
			seen[r.Header.ID]++
		}
		cursor += len(got.Records)
		if cursor == 100 { // one that was told changes, one that was not is deleted
			changed := m.records[5]
			changed.Modified = morning.Add(24 * time.Hour)
			m.records = append(slices.Delete(m.records, 5, 6), changed)
			m.records = slices.Delete(m.records, 150, 151)
		}
		query = ""
		if got.Token.Text != "" {
			query = "verb=ListRecords&resumptionToken=" + url.QueryEscape(got.Token.Text)
		}
	}
	if len(seen) != 250 || seen["scene-004"] != 2 || cursor != 251 {
		t.Errorf("%d records were seen in %d, the changed one %d times", len(seen), cursor, seen["scene-004"])
	}
}

// A repository may say how long the parts of its lists are.
func TestPage(t *testing.T) {
	h := Handler(sample(), Repository{Name: "Catalogue", Page: 10}, "/oaipmh")
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test"), Base: "http://eo.example"}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
	if got := ask(t, server, "verb=ListRecords&metadataPrefix=oai_dc"); len(got.Records) != 10 || got.Token.Text == "" {
		t.Errorf("a part has %d records, and the token %q", len(got.Records), got.Token.Text)
	}
	if got := ask(t, server, "verb=ListIdentifiers&metadataPrefix=oai_dc"); len(got.Headers) != 10 || got.HeadersToken == nil {
		t.Errorf("a part has %d headers", len(got.Headers))
	}
}

func TestRefusals(t *testing.T) {
	server := newServer(sample())
	long := newToken(request{verb: verbRecords, format: dublinCore}, Page{Next: "x"}, 9).Text
	for query, want := range map[string]string{
		"": "badVerb", "verb=Nothing": "badVerb", "verb=Identify&verb=Identify": "badVerb",
		"verb=Identify&set=x": "badArgument", "verb=ListRecords": "badArgument", "verb=GetRecord&identifier=S2": "badArgument", "verb=GetRecord&metadataPrefix=oai_dc": "badArgument",
		"verb=ListRecords&metadataPrefix=marc":                                                                      "cannotDisseminateFormat",
		"verb=GetRecord&identifier=none&metadataPrefix=oai_dc":                                                      "idDoesNotExist",
		"verb=ListMetadataFormats&identifier=none":                                                                  "idDoesNotExist",
		"verb=ListRecords&metadataPrefix=oai_dc&from=2030-01-01":                                                    "noRecordsMatch",
		"verb=ListRecords&metadataPrefix=oai_dc&set=collection:none":                                                "noRecordsMatch",
		"verb=ListRecords&metadataPrefix=oai_dc&from=yesterday":                                                     "badArgument",
		"verb=ListRecords&metadataPrefix=oai_dc&from=2026-06-02&until=2026-06-01":                                   "badArgument",
		"verb=ListRecords&metadataPrefix=oai_dc&from=2026-06-01&until=2026-06-01T00:00:00Z":                         "badArgument",
		"verb=ListRecords&metadataPrefix=oai_dc&metadataprefix=raw":                                                 "badArgument",
		"verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=raw":                                                 "badArgument",
		"verb=ListRecords&resumptionToken=x":                                                                        "badResumptionToken",
		"verb=ListIdentifiers&resumptionToken=" + long:                                                              "badResumptionToken",
		"verb=ListRecords&resumptionToken=" + long:                                                                  "badResumptionToken",
		"verb=ListRecords&metadataPrefix=oai_dc&resumptionToken=" + long:                                            "badArgument",
		"verb=ListRecords&metadataPrefix=oai_dc&set=%00":                                                            "badArgument",
		"verb=ListRecords&metadataPrefix=oai_dc&until=2026-06-01T10:00:00%2B02:00&from=2026-06-01T10:00:00%2B02:00": "badArgument badArgument",
	} {
		var codes []string
		got := ask(t, server, query)
		for _, e := range got.Errors {
			codes = append(codes, e.Code)
			if e.Text == "" {
				t.Errorf("%s is refused without a word", query)
			}
		}
		if strings.Join(codes, " ") != want {
			t.Errorf("%s is refused by %v, not by %s", query, codes, want)
		}
		if misread := strings.HasPrefix(want, "badVerb") || strings.HasPrefix(want, "badArgument"); misread == (got.Request.Verb != "") {
			t.Errorf("%s is repeated as %q, though misread %v", query, got.Request.Verb, misread)
		}
	}
}

// As pycsw, one error is told, and one code stands for verbs, arguments and formats; what there is not has its own.
func TestAsPycsw(t *testing.T) {
	h := Handler(sample(), Repository{Name: "Catalogue", AsPycsw: true}, "/oaipmh")
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test"), Base: "http://eo.example"}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
	for query, want := range map[string]string{
		"": "badArgument", "verb=Nothing": "badArgument", "verb=GetRecord": "badArgument", "verb=ListRecords&metadataPrefix=marc&from=soon": "badArgument",
		"verb=GetRecord&identifier=none&metadataPrefix=oai_dc": "idDoesNotExist",
	} {
		if got := ask(t, server, query).Errors; len(got) != 1 || got[0].Code != want {
			t.Errorf("%s is refused by %+v, not by %s", query, got, want)
		}
	}
	if got := ask(t, server, "verb=Identify").Errors; len(got) != 0 {
		t.Errorf("what can be answered has %+v", got)
	}
}

func TestForms(t *testing.T) {
	server := newServer(sample())
	for body, want := range map[string]string{"verb=Identify": "<oai:Identify>", strings.Repeat("x", maxForm+1): "badArgument"} {
		r := httptest.NewRequest(http.MethodPost, "/oaipmh", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("a form of %d bytes is answered %d %s", len(body), w.Code, w.Body)
		}
	}
}

// A set is named after a collection when the protocol allows its letters.
func TestSets(t *testing.T) {
	for name, want := range map[string]string{"S2": "collection:S2", "": "", "a:b": "", "ä": "", "a b": ""} {
		if got := specOf(name); got != want {
			t.Errorf("%q has the set %q", name, got)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("verb=ListRecords&metadataPrefix=oai_dc&from=2026-06-01&set=datasets")
	f.Add("verb=ListRecords&resumptionToken=" + token{Verb: verbRecords, Prefix: "oai_dc", After: "12"}.String())
	server := newServer(sample())
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/oaipmh", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		var read told
		if w.Code != http.StatusOK || xml.Unmarshal(w.Body.Bytes(), &read) != nil {
			t.Errorf("%q was answered %d %s", query, w.Code, w.Body)
		}
	})
}
