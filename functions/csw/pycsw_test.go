package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/csw"
	"perigee/shared/filter"
	"perigee/shared/identity"
	"perigee/shared/ows/owstest"
	"perigee/shared/pycsw"
	"perigee/shared/record"
	"perigee/shared/scope"
)

const pycswFile = `
server:
    url: https://eo.example/resource-catalogue/csw
    workers: 4
manager:
    transactions: true
    allowed_ips: [10.0.0.0/8]
metadata:
    identification:
        title: The catalogue of before
        fees: None
    contact:
        email: help@eo.example
repository:
    filter: platform = 'sentinel-2a'
`

func settle(t *testing.T, c config, text string) (config, string, error) {
	t.Helper()
	c.File = filepath.Join(t.TempDir(), "pycsw.yml")
	if err := os.WriteFile(c.File, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	settled, p, err := c.settled()
	return settled, p.Repository.Filter, err
}

// RC-16, RC-20, RC-21: the configuration of pycsw is pointed at; the environment wins; addresses have its path.
func TestPycswConfig(t *testing.T) {
	c, condition, err := settle(t, config{Title: "default", Email: "default"}, pycswFile)
	if err != nil || c.Title != "The catalogue of before" || c.Email != "help@eo.example" || !c.Writes || strings.Join(c.Writers, " ") != "10.0.0.0/8" ||
		c.PublicURL != "https://eo.example/resource-catalogue" || condition != "platform = 'sentinel-2a'" {
		t.Errorf("it became %+v, %v", c, err)
	}
	if c, _, err := settle(t, config{ServerURL: "http://other.example/pycsw/csw.py?config=x"}, pycswFile); err != nil || c.PublicURL != "http://other.example/pycsw" {
		t.Errorf("PYCSW_SERVER_URL makes %q, %v", c.PublicURL, err)
	}
	if c, _, err := settle(t, config{Config: identity.Config{PublicURL: "https://third.example"}, ServerURL: "http://other.example"}, pycswFile); err != nil || c.PublicURL != "https://third.example" {
		t.Errorf("PUBLIC_URL makes %q, %v", c.PublicURL, err)
	}
	if c, _, err := settle(t, config{}, "manager: {transactions: true}"); err != nil || !c.Writes || strings.Join(c.Writers, " ") != "127.0.0.1" {
		t.Errorf("without addresses writers are %v, %v", c.Writers, err)
	}
	for text, want := range map[string]string{
		"server: {url: 'ftp://x'}":   `the address "ftp://x" of the server is not one of http or https`,
		"server: {maxrecord: 5}":     `PYCSW_CONFIG: pycsw.yml:1: pycsw has no setting "server.maxrecord"`,
		"manager: {transactions: x}": `PYCSW_CONFIG: pycsw.yml:1: manager.transactions: "x" is neither true nor false`,
	} {
		if _, _, err := settle(t, config{}, text); err == nil || err.Error() != want {
			t.Errorf("%s is refused by %v, not %s", text, err, want)
		}
	}
	if _, _, err := (config{File: "nowhere"}).settled(); err == nil {
		t.Error("a file that is not there is taken")
	}
}

// RC-13: the languages of INSPIRE's capabilities begin with the default; a template without dates tells nothing.
func TestInspireOfPycsw(t *testing.T) {
	p := pycsw.Config{Inspire: pycsw.Inspire{Enabled: true, Date: "2024-05-01", Languages: []string{"gre", "eng"}, DefaultLanguage: "eng", Begin: "YYYY-MM-DD", Keywords: []string{"Utility and governmental services"}}}
	got := inspireOf(p)
	if got == nil || strings.Join(got.Languages, " ") != "eng gre" || got.Begin != "2024-05-01" || got.End != "2024-05-01" || got.Conformity != "notEvaluated" {
		t.Errorf("it became %+v", got)
	}
	p.Inspire.Date = "YYYY-MM-DD"
	if got := inspireOf(p); got != nil {
		t.Errorf("without a date it became %+v", got)
	}
}

// RC-16: what the repository's filter does not take is not shown, by any protocol.
func TestRepositoryFilter(t *testing.T) {
	store := cataloguetest.Open(t)
	var changes []record.Change
	for i, platform := range []string{"sentinel-2a", "sentinel-2b", "sentinel-2a"} {
		changes = append(changes, record.Change{Record: record.Record{
			Key: record.Key{Collection: "of-" + platform, ID: fmt.Sprintf("item-%d", i)}, Type: record.TypeItem, Title: "An item", Properties: map[string]any{"platform": platform},
			Document: []byte(`{}`), MediaType: "application/geo+json", Version: "1",
		}})
	}
	if _, err := store.Apply(t.Context(), scope.New(scope.System, "test", scope.Writer), changes); err != nil {
		t.Fatal(err)
	}
	c := config{File: filepath.Join(t.TempDir(), "pycsw.cfg")}
	if err := os.WriteFile(c.File, []byte("[server]\nmaxrecords=1\ndomainquerytype=range\n[repository]\nfilter=platform = 'sentinel-2a' and pycsw:ParentIdentifier = 'of-sentinel-2a'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, p, err := c.settled()
	if err != nil {
		t.Fatal(err)
	}
	h, err := doors(store, c, p, open)
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"/csw?service=CSW&version=2.0.2&request=GetRecords&typenames=csw:Record&resulttype=hits":                                        `numberOfRecordsMatched="2"`,
		"/csw?service=CSW&version=2.0.2&request=GetRecords&typenames=csw:Record&constraintlanguage=CQL_TEXT&constraint=title%3D%27x%27": `numberOfRecordsMatched="0"`,
		"/csw?service=CSW&version=2.0.2&request=GetRecords&typenames=csw:Record&resulttype=results&maxrecords=2":                        `numberOfRecordsMatched="2" numberOfRecordsReturned="1" nextRecord="2"`,
		"/csw?service=CSW&version=2.0.2&request=GetDomain&propertyname=platform":                                                        "<csw:MinValue>sentinel-2a</csw:MinValue>",
		"/csw?service=CSW&version=2.0.2&request=GetRecordById&id=item-0":                                                                "item-0",
		"/sru?query=item": "<zs:numberOfRecords>2<",
		"/oaipmh?verb=GetRecord&metadataPrefix=oai_dc&identifier=item-1": "idDoesNotExist",
		"/oaipmh?verb=GetRecord&metadataPrefix=oai_dc&identifier=item-2": "<oai:identifier>item-2<",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, query, nil)
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, ""), Base: "http://eo.example"})))
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s is answered without %s: %s", query, want, w.Body)
		}
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/oaipmh?verb=ListIdentifiers&metadataPrefix=oai_dc", nil)
	h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, ""), Base: "http://eo.example"})))
	if n := strings.Count(w.Body.String(), "<oai:header>"); n != 1 || !strings.Contains(w.Body.String(), `completeListSize="2"`) {
		t.Errorf("%d records are listed in %s", n, w.Body) // as many as pycsw would give at once
	}
	w = httptest.NewRecorder()
	r = httptest.NewRequest(http.MethodGet, "/oaipmh?verb=ListSets", nil)
	h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, ""), Base: "http://eo.example"})))
	if sets := w.Body.String(); !strings.Contains(sets, "collection:of-sentinel-2a") || strings.Contains(sets, "of-sentinel-2b") {
		t.Errorf("the sets are %s", sets)
	}
}

// RC-16: capabilities tell all that the file says of who is to be asked, and of what kind the keywords are, and are valid with that.
func TestContactOfPycsw(t *testing.T) {
	c, p, err := settledOf(t, "metadata:\n  identification: {title: A, keywords: [discovery], keywords_type: theme}\n  provider: {name: P, url: 'https://p.example/'}\n"+
		"  contact: {name: N, url: 'https://n.example/', hours: 8 to 16, instructions: Write, role: pointOfContact, phone: '1', city: Vienna}\n")
	if err != nil {
		t.Fatal(err)
	}
	h := csw.New(csw.Config{Store: records{}, Service: serviceOf(c, p), Path: "/csw"})
	for _, version := range []string{"2.0.2", "3.0.0"} {
		r := httptest.NewRequest(http.MethodGet, "/csw?service=CSW&request=GetCapabilities&version="+version, nil)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, ""), Base: "http://eo.example"})))
		for _, part := range []string{
			`<ows:Type codeSpace="ISOTC211/19115">theme</ows:Type>`, `<ows:OnlineResource xlink:type="simple" xlink:href="https://n.example/">`, "<ows:HoursOfService>8 to 16<", "<ows:ContactInstructions>Write<",
			`<ows:Role codeSpace="ISOTC211/19115">pointOfContact</ows:Role>`,
		} {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: no %s in %.2500s", version, part, w.Body)
			}
		}
		if version == "2.0.2" {
			owstest.ValidateCSW2(t, "CSW-discovery.xsd", w.Body.Bytes())
		} else {
			owstest.ValidateCSW3(t, "cswAll.xsd", w.Body.Bytes())
		}
	}
}

func settledOf(t *testing.T, text string) (config, pycsw.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pycsw.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config{File: file}.settled()
}

// RC-16: the repository's filter is a condition on the columns of pycsw's table, whatever they are called.
func TestRepositoryColumns(t *testing.T) {
	told := record.Record{
		Key: record.Key{Collection: "series", ID: "one"}, Type: "dataset", Title: "Sea ice", Time: record.Interval{Start: time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2009, 2, 1, 0, 0, 0, 0, time.UTC)},
		Properties: map[string]any{"dateStamp": "2009-10-09", "alternateTitle": "Ice", "creationDate": "2008-01-01", "organisationName": "Institute", "topicCategory": "oceans", "hasSecurityConstraints": false},
	}
	for text, want := range map[string]bool{
		"type = 'dataset' and title like '%ice%'": true, "date_modified < '2010-01-01'": true, "title_alternate = 'Ice'": true, "date_creation >= '2009-01-01'": false, "organization = 'Institute'": true,
		"topicategory = 'oceans' and parentidentifier = 'series'": true, "time_begin >= '2009-01-01' and TIME_END < '2010-01-01'": true, "anytext like '%sea%'": true, "keywordstype = 'theme'": false,
	} {
		e, err := conditionOf(pycsw.Config{Repository: pycsw.Repository{Filter: text}})
		if err != nil || filter.Holds(e, told) != want {
			t.Errorf("%s holds %v, want %v: %v", text, err == nil && filter.Holds(e, told), want, err)
		}
	}
	for name := range columnNames {
		if _, err := conditionOf(pycsw.Config{Repository: pycsw.Repository{Filter: name + " IS NOT NULL"}}); err != nil && name != "anytext" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
