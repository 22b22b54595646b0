package main

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/metadata"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// harvested is what a harvester reads of a list.
type harvested struct {
	Headers []struct {
		ID   string   `xml:"identifier"`
		Date string   `xml:"datestamp"`
		Sets []string `xml:"setSpec"`
	} `xml:"ListIdentifiers>header"`
	IDs    []string `xml:"ListRecords>record>header>identifier"`
	Titles []string `xml:"ListRecords>record>metadata>dc>title"`
	Token  string   `xml:"ListRecords>resumptionToken"`
	Error  struct {
		Code string `xml:"code,attr"`
	} `xml:"error"`
	Earliest string   `xml:"Identify>earliestDatestamp"`
	Sets     []string `xml:"ListSets>set>setSpec"`
}

func harvest(t *testing.T, server http.Handler, query string) (read harvested) {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, query, nil))
	if err := xml.Unmarshal(w.Body.Bytes(), &read); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s was answered %d %v %s", query, w.Code, err, w.Body)
	}
	return read
}

// RC-08: what the catalogue has is harvested by OAI-PMH in parts, by date and by set, while it changes.
func TestOAIPMH(t *testing.T) {
	store := cataloguetest.Open(t)
	var changes []record.Change
	for i := range 230 {
		changes = append(changes, record.Change{Record: record.Record{
			Key: record.Key{Collection: fmt.Sprintf("C%d", i%2), ID: fmt.Sprintf("item-%03d", i)}, Type: record.TypeItem, Title: fmt.Sprintf("Item %d", i),
			Document: []byte(`{}`), MediaType: "application/geo+json", Version: "1",
		}})
	}
	server := serve(t, store, changes)
	seen := map[string]int{}
	parts := 0
	for query := "/oaipmh?verb=ListRecords&metadataPrefix=oai_dc"; query != ""; parts++ {
		got := harvest(t, server, query)
		for i, id := range got.IDs {
			if seen[id]++; got.Titles[i] == "" {
				t.Errorf("%s has no title", id)
			}
		}
		if parts == 0 { // what was told already changes
			again := changes[3]
			again.Record.Title, again.Record.Version, again.Replace = "changed", "2", true
			first := got.IDs[0]
			again.Record.ID, again.Record.Collection = first, "C"+fmt.Sprint(int(first[len(first)-1]-'0')%2)
			if applied, err := store.Apply(t.Context(), scope.New(scope.System, "test", scope.Writer), []record.Change{again}); err != nil || applied[0].Err != nil {
				t.Fatal(err, applied)
			}
			defer func() {
				if seen[first] != 2 {
					t.Errorf("%s, which changed, was told %d times", first, seen[first])
				}
			}()
		}
		query = ""
		if got.Token != "" {
			query = "/csw?mode=oaipmh&verb=ListRecords&resumptionToken=" + url.QueryEscape(got.Token)
		}
	}
	if len(seen) != 230 || parts != 15 { // one of 100 and, where pycsw was asked, those of ten
		t.Errorf("%d records were told in %d parts", len(seen), parts)
	}
	if got := harvest(t, server, "/oaipmh?verb=ListIdentifiers&metadataPrefix=oai_dc&set=collection:C1"); len(got.Headers) != 115 || got.Headers[0].Sets[1] != "collection:C1" {
		t.Errorf("the set has %d records", len(got.Headers))
	}
	earliest := harvest(t, server, "/oaipmh?verb=Identify").Earliest
	if got := harvest(t, server, "/oaipmh?verb=ListIdentifiers&metadataPrefix=oai_dc&from="+earliest); len(got.Headers) != 230 {
		t.Errorf("since %s there are %d records", earliest, len(got.Headers))
	}
	if got := harvest(t, server, "/oaipmh?verb=ListIdentifiers&metadataPrefix=oai_dc&until=2020-01-01"); got.Error.Code != "noRecordsMatch" {
		t.Errorf("before 2020 there are %+v", got)
	}
	for _, f := range metadata.Formats() { // every format that is listed
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/oaipmh?verb=GetRecord&identifier=item-007&metadataPrefix="+f.Prefix, nil))
		var read struct {
			Any struct {
				Elements []struct{ XMLName xml.Name } `xml:",any"`
			} `xml:"GetRecord>record>metadata"`
		}
		if err := xml.Unmarshal(w.Body.Bytes(), &read); err != nil || len(read.Any.Elements) != 1 || !f.Is(read.Any.Elements[0].XMLName) {
			t.Errorf("in %s a record is %s %v", f.Prefix, w.Body, err)
		}
		w = httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sru?query=item-007&recordSchema="+f.Prefix, nil))
		if !strings.Contains(w.Body.String(), "<zs:recordSchema>"+f.Namespace) || !strings.Contains(w.Body.String(), "item-007") {
			t.Errorf("by SRU, in %s a record is %s", f.Prefix, w.Body)
		}
	}
	if got := harvest(t, server, "/oaipmh?verb=ListSets"); len(got.Sets) != 5 {
		t.Errorf("the sets are %v", got.Sets)
	}
	if got := harvest(t, server, "/oaipmh?verb=ListRecords&resumptionToken=eyJ2IjoiTGlzdFJlY29yZHMiLCJwIjoib2FpX2RjIiwiYSI6IngifQ"); got.Error.Code != "badResumptionToken" {
		t.Errorf("a token of nobody is answered %+v", got)
	}
}
