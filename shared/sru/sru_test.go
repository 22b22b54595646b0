package sru

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// memory is a store of records; it decides by the filter's evaluator.
type memory []record.Record

func (m memory) Find(_ context.Context, sc scope.Scope, f filter.Expr, offset, limit int) ([]record.Record, int, error) {
	if err := sc.Valid(); err != nil {
		return nil, 0, err
	}
	var matched []record.Record
	for _, r := range m {
		if filter.Holds(f, r) {
			matched = append(matched, r)
		}
	}
	n := len(matched)
	matched = matched[min(offset, n):]
	return matched[:min(limit, len(matched))], n, nil
}

// plain are names without a protocol's.
type plain struct{}

func (plain) Property(name string) (filter.Property, bool, error) {
	if name = strings.TrimPrefix(name, "dc:"); name == "nonsense" {
		return "", false, fault.At(fault.NotFound, "PropertyName", "there is no queryable %s", name)
	}
	return filter.Property(name), false, nil
}

func (plain) Value(_ filter.Property, value string) string { return value }

func newServer() http.Handler { return serve(Service{}) }

// serve is a server of records, by what is said of the service further.
func serve(s Service) http.Handler {
	var all memory
	for i := range 25 {
		at := time.Date(2024, 5, 1+i, 0, 0, 0, 0, time.UTC)
		all = append(all, record.Record{
			Key: record.Key{Collection: "S2", ID: fmt.Sprintf("r%02d", i)}, Type: record.TypeItem, Title: fmt.Sprintf("Sea ice & <snow> %d", i), Time: record.Interval{Start: at, End: at},
			Links: []record.Link{{Href: "/ows"}},
		})
	}
	raw := Schema{Name: "raw", URI: "http://raw.example", Title: "Raw", Encode: func(r record.Record) ([]byte, error) {
		return []byte(`<?xml version="1.0"?><raw>` + r.ID + " " + r.Links[0].Href + `</raw>`), nil
	}}
	s.Title, s.Names, s.Indexes, s.Schemas = "Catalogue", plain{}, []Index{{"cql", "anywhere", "All text"}, {"dc", "title", "Title"}}, []Schema{raw}
	h := Handler(all, s, "/sru")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test"), Base: "https://eo.example/x"}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

// told is an answer as a client reads it.
type told struct {
	XMLName xml.Name
	Matched int `xml:"numberOfRecords"`
	Next    int `xml:"nextRecordPosition"`
	Records []struct {
		Schema string `xml:"recordSchema"`
		Data   struct {
			XML   string `xml:",innerxml"`
			Text  string `xml:",chardata"`
			ID    string `xml:"dc>identifier"`
			Title string `xml:"dc>title"`
		} `xml:"recordData"`
		Position int `xml:"recordPosition"`
	} `xml:"records>record"`
	Query   string   `xml:"echoedSearchRetrieveRequest>query"`
	URI     []string `xml:"diagnostics>diagnostic>uri"`
	Details []string `xml:"diagnostics>diagnostic>details"`
	Explain struct {
		Host    string   `xml:"serverInfo>host"`
		Port    string   `xml:"serverInfo>port"`
		Path    string   `xml:"serverInfo>database"`
		Indexes []string `xml:"indexInfo>index>map>name"`
	} `xml:"record>recordData>explain"`
}

func ask(t *testing.T, server http.Handler, query string) (read told) {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sru?"+query, nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%s was answered %d %s", query, w.Code, w.Body)
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &read); err != nil {
		t.Fatalf("%s: %v in %s", query, err, w.Body)
	}
	return read
}

func TestSearchRetrieve(t *testing.T) {
	server := newServer()
	got := ask(t, server, "version=1.1&operation=searchRetrieve&query="+url.QueryEscape(`dc.title all "ICE snow"`))
	if got.Matched != 25 || len(got.Records) != 10 || got.Next != 11 || got.Records[0].Data.ID != "r00" || got.Records[9].Position != 10 || got.Records[0].Data.Title != "Sea ice & <snow> 0" || got.Query != `dc.title all "ICE snow"` {
		t.Errorf("the page is %+v", got)
	}
	if got := ask(t, server, "query=title%3Dice&startRecord=21&maximumRecords=50"); len(got.Records) != 5 || got.Next != 0 || got.Records[0].Data.ID != "r20" {
		t.Errorf("the last page is %+v", got)
	}
	if got := ask(t, server, "query=title%3Dnothing"); got.Matched != 0 || len(got.Records) != 0 || len(got.URI) != 0 {
		t.Errorf("nothing is %+v", got)
	}
	if got := ask(t, server, "query=id%3Dr01&recordSchema=raw"); got.Records[0].Schema != "http://raw.example" || strings.TrimSpace(got.Records[0].Data.XML) != "<raw>r01 https://eo.example/x/ows</raw>" {
		t.Errorf("a record is %+v", got.Records)
	}
	if got := ask(t, server, "query=id%3Dr01&recordSchema=http://raw.example&recordPacking=string"); got.Records[0].Data.Text != "<raw>r01 https://eo.example/x/ows</raw>" {
		t.Errorf("a record within text is %+v", got.Records)
	}
	if got := ask(t, server, "query=title+like+'%Sea%'&maximumrecords=5"); got.Matched != 25 || len(got.Records) != 5 {
		t.Errorf("by a pattern that is not encoded the page is %+v", got)
	}
	if got := ask(t, server, "query=ice&maximumRecords=0"); got.Matched != 25 || len(got.Records) != 0 {
		t.Errorf("the number alone is %+v", got)
	}
}

// As pycsw, a request that does not say how many records it wants gets their number.
func TestAsPycsw(t *testing.T) {
	server := serve(Service{AsPycsw: true})
	if got := ask(t, server, "query=ice"); got.Matched != 25 || len(got.Records) != 0 {
		t.Errorf("without a number of records the answer is %+v", got)
	}
	if got := ask(t, server, "query=ice&maximumRecords=3"); len(got.Records) != 3 {
		t.Errorf("of three records there are %d", len(got.Records))
	}
}

func TestExplain(t *testing.T) {
	for _, query := range []string{"", "operation=explain&version=1.1", "mode=sru"} {
		got := ask(t, newServer(), query)
		if e := got.Explain; e.Host != "eo.example" || e.Port != "443" || e.Path != "x/sru" || !slices.Equal(e.Indexes, []string{"anywhere", "title"}) {
			t.Errorf("%s is answered %+v", query, e)
		}
	}
}

func TestDiagnostics(t *testing.T) {
	for query, want := range map[string]int{
		"operation=scan":                           4,
		"version=9&query=x":                        5,
		"query=x&startRecord=0":                    6,
		"query=x&maximumRecords=many":              6,
		"query=x&query=y":                          6,
		"operation=searchRetrieve":                 7,
		"query=x&colour=red":                       8,
		"query=(x":                                 10,
		"query=nonsense%3Dx":                       16,
		"query=title+near+x":                       19,
		"query=ice&startRecord=26":                 61,
		"query=ice&recordSchema=marc":              66,
		"query=ice&recordPacking=zip":              71,
		"query=ice&recordXPath=/a":                 72,
		"query=ice&sortKeys=title":                 80,
		"operation=explain&recordPacking=string":   71,
		"operation=searchRetrieve&query=x%26y%3D(": 10,
	} {
		got := ask(t, newServer(), query)
		if want := fmt.Sprintf("info:srw/diagnostic/1/%d", want); len(got.URI) != 1 || got.URI[0] != want || got.Details[0] == "" {
			t.Errorf("%s is refused by %v %v, not %s", query, got.URI, got.Details, want)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("operation=searchRetrieve&query=title%20any%20%22a%20b%22&startRecord=2")
	f.Add("operation=explain&x-info=1")
	server := newServer()
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/sru", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		var read told
		if w.Code != http.StatusOK || xml.Unmarshal(w.Body.Bytes(), &read) != nil {
			t.Errorf("%q was answered %d %s", query, w.Code, w.Body)
		}
	})
}
