package main

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/datatest"
	"perigee/shared/pycsw"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// family serves the catalogue by every protocol to somebody who may write it, as pycsw where it has its own way.
func family(t *testing.T) *httptest.Server {
	t.Helper()
	return familyOf(t, cataloguetest.Open(t), true)
}

// familyOf is family of a catalogue, as pycsw or not.
func familyOf(t *testing.T, store *catalogue.Store, asPycsw bool) *httptest.Server {
	t.Helper()
	c := config{AsPycsw: asPycsw, Title: "test", Email: "help@eo.example"}
	found := records{store: store}
	offered, err := offers(found, service(), c)
	if err != nil {
		t.Fatal(err)
	}
	offered.Transactions = writing{store, new([]transaction.Resource)}
	h := spoken(found, offered, service(), c, pycsw.Config{})
	s := httptest.NewServer(nil)
	t.Cleanup(s.Close)
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test", scope.Writer), Base: s.URL}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
	return s
}

// insert has the documents of a folder inserted, each by itself.
func insert(t *testing.T, s *httptest.Server, folder string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(folder, "*.xml"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		document := string(text)
		if at := strings.Index(document, "?>"); strings.HasPrefix(document, "<?xml") && at > 0 {
			document = document[at+2:]
		}
		if status, answer := posted(t, s, changing("<csw:Insert>"+document+"</csw:Insert>")); status != http.StatusOK {
			t.Fatalf("%s: %d %s", file, status, answer)
		}
	}
}

// said is what an answer of any protocol says: of XML the root element, how many match, and the identifiers, in their order.
type said struct {
	status  int
	root    string
	matched string
	ids     []string
	codes   []string // of exceptions, errors, diagnostics
}

func (s said) String() string {
	return strings.Join([]string{fmt.Sprint(s.status), s.root, s.matched, strings.Join(s.codes, ","), strings.Join(s.ids, " ")}, "|")
}

// heard asks for an address and hears what is said.
func heard(t *testing.T, address string) said {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(body), "{") {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(body, &object); err != nil || len(object) != 1 {
			t.Fatalf("%s: %v %s", address, err, body)
		}
		for name := range object {
			return said{status: answer.StatusCode, root: "json " + name}
		}
	}
	return listen(t, answer.StatusCode, string(body))
}

// listen reads an answer in XML.
func listen(t *testing.T, status int, body string) said {
	t.Helper()
	heard := said{status: status}
	decoder, path := xml.NewDecoder(strings.NewReader(body)), []string{}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return heard
		}
		if err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if path = append(path, token.Name.Local); len(path) == 1 {
				heard.root = token.Name.Local
			}
			for _, a := range token.Attr {
				switch a.Name.Local {
				case "numberOfRecordsMatched", "completeListSize":
					heard.matched = a.Value
				case "exceptionCode", "code":
					heard.codes = append(heard.codes, a.Value)
				}
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			text, last := strings.TrimSpace(string(token)), ""
			if len(path) > 0 {
				last = path[len(path)-1]
			}
			switch {
			case text == "":
			case last == "identifier" || last == "Entry_ID" || last == "fileIdentifier" || slices.Contains(path, "fileIdentifier"):
				heard.ids = append(heard.ids, text[max(0, len(text)-4):])
			case last == "totalResults" || last == "numberOfRecords":
				heard.matched = text
			case last == "uri":
				heard.codes = append(heard.codes, text[strings.LastIndexByte(text, '/')+1:])
			}
		}
	}
}

// RC-01, RC-02, RC-04, RC-08, RC-09, RC-10: what clients of every protocol of the catalogue ask on the records of CITE, and what they
// get: status, root, number of all, exceptions, identifiers.
func TestFamilies(t *testing.T) {
	shared, store := datatest.Folder(t), cataloguetest.Open(t)
	s, before := familyOf(t, store, false), familyOf(t, store, true)
	insert(t, s, filepath.Join(shared, "data", "pycsw-suites", "cite", "data"))
	const (
		get2   = "/csw?service=CSW&version=2.0.2&request="
		get3   = "/csw?service=CSW&version=3.0.0&request="
		all3   = get3 + "GetRecords&typenames=csw:Record&elementsetname=brief&"
		image  = "urn:uuid:19887a8a-f6b0-4a63-ae56-7fba0e17801f"
		search = "/csw?mode=opensearch&service=CSW&version=3.0.0&request=GetRecords&elementsetname=brief&"
		sru    = "/csw?mode=sru&operation=searchRetrieve&version=1.1&query="
		oai    = "/csw?mode=oaipmh&verb="
	)
	asPycsw := map[string]string{ // where it says something else
		"/csw?service=CSW&request=Foo":          "400|ExceptionReport||InvalidParameterValue|",
		all3 + "q=lor":                          "200|GetRecordsResponse|5||801f e357 5c63 d2f2 605a",
		get3 + "GetRecordById&id=none":          "404|ExceptionReport||NotFound|",
		sru + "lor":                             "200|searchRetrieveResponse|5||",
		sru + "dc:title+like+%27%25lor%25%27":   "200|searchRetrieveResponse|2||",
		sru + "dc.title+any+%22mauris+lorem%22": "200|searchRetrieveResponse|3||",
		oai + "Nothing":                         "200|OAI-PMH||badArgument|",
		oai + "ListRecords&metadataPrefix=marc": "200|OAI-PMH||badArgument|",
	}
	for address, want := range map[string]string{
		"/csw?":                        "200|Capabilities|||",
		all3 + "q=lor":                 "200|GetRecordsResponse|0||",
		"/csw?service=CSW&request=Foo": "400|ExceptionReport||MissingParameterValue,InvalidParameterValue|",
		get3 + "Transaction":           "501|ExceptionReport||OperationNotSupported|",
		all3 + "q=lorem":               "200|GetRecordsResponse|5||801f e357 5c63 d2f2 605a",
		all3 + "bbox=-6,47,1,52":       "200|GetRecordsResponse|2||5c63 bbdc",
		all3 + "bbox=47,-6,52,1,urn:ogc:def:crs:EPSG::4326":                                "200|GetRecordsResponse|2||5c63 bbdc",
		all3 + "time=2001-01-01/2005-12-31":                                                "200|GetRecordsResponse|2||bbdc c7db",
		all3 + "recordids=" + image + ",none":                                              "200|GetRecordsResponse|1||801f",
		all3 + "startposition=13":                                                          "200|GetRecordsResponse|12||",
		all3 + "maxrecords=0":                                                              "200|GetRecordsResponse|12||",
		all3 + "sortby=dc:nothing":                                                         "400|ExceptionReport||InvalidParameterValue|",
		all3 + "outputformat=application/json":                                             "200|json csw:GetRecordsResponse|||",
		all3 + "outputformat=application/atom+xml&q=lorem":                                 "200|feed|5||801f e357 5c63 d2f2 605a",
		all3 + "constraintlanguage=CQL_TEXT&constraint=dc:title+like+%27%25lor%25%27":      "200|GetRecordsResponse|2||801f d2f2",
		get3 + "GetRecords&typenames=csw:Nothing":                                          "400|ExceptionReport||InvalidParameterValue|",
		get3 + "GetRecordById":                                                             "400|ExceptionReport||MissingParameterValue|",
		get3 + "GetRecordById&id=none":                                                     "404|ExceptionReport||InvalidParameterValue|",
		get3 + "GetRecordById&elementsetname=brief&id=" + image:                            "200|BriefRecord|||801f",
		get2 + "GetRecordById&id=none":                                                     "200|GetRecordByIdResponse|||",
		get2 + "GetRecords&typenames=csw:Record&elementname=nothing":                       "400|ExceptionReport||InvalidParameterValue|",
		get2 + "GetRecords&typenames=csw:Record&elementname=dc:title&elementsetname=brief": "400|ExceptionReport||NoApplicableCode|",
		search + "q=lorem":                                                                 "200|feed|5||801f e357 5c63 d2f2 605a",
		strings.Replace(search, "3.0.0", "2.0.2", 1) + "q=lorem":                           "200|feed|5||801f e357 5c63 d2f2 605a",
		search + "outputschema=http://www.w3.org/2005/Atom&q=lorem":                        "200|feed|5||801f e357 5c63 d2f2 605a",
		"/csw?mode=opensearch&service=CSW&version=2.0.2&request=GetCapabilities":           "200|OpenSearchDescription|||",
		sru + "lor":                                    "200|searchRetrieveResponse|5||801f e357 5c63 d2f2 605a",
		sru + "dc:title+like+%27%25lor%25%27":          "200|searchRetrieveResponse|2||801f d2f2",
		sru + "dc.title+any+%22mauris+lorem%22":        "200|searchRetrieveResponse|3||801f 5c63 d2f2",
		sru:                                            "200|searchRetrieveResponse|0|7|",
		sru + "a+=":                                    "200|searchRetrieveResponse|0|10|",
		"/csw?mode=sru&operation=scan":                 "200|searchRetrieveResponse|0|4|",
		"/csw?mode=sru":                                "200|explainResponse|||",
		"/csw?MODE=SRU&operation=explain":              "200|explainResponse|||",
		"/csw?Mode=OAIPMH&verb=Identify":               "200|OAI-PMH|||",
		sru + "dc:title+like+'%lor%'&maximumRecords=5": "200|searchRetrieveResponse|2||801f d2f2",
		all3 + "constraintlanguage=CQL_TEXT&constraint=dc:title+like+'%lor%'": "200|GetRecordsResponse|2||801f d2f2",
		oai + "Identify":                                                         "200|OAI-PMH|||",
		oai + "Identify&set=x":                                                   "200|OAI-PMH||badArgument|",
		oai + "Nothing":                                                          "200|OAI-PMH||badVerb|",
		oai + "ListIdentifiers":                                                  "200|OAI-PMH||badArgument|",
		oai + "ListRecords&metadataPrefix=marc":                                  "200|OAI-PMH||cannotDisseminateFormat|",
		oai + "ListRecords&resumptionToken=10":                                   "200|OAI-PMH||badResumptionToken|",
		oai + "GetRecord&metadataPrefix=oai_dc&identifier=none":                  "200|OAI-PMH||idDoesNotExist|",
		oai + "ListIdentifiers&metadataPrefix=dif&from=2100-01-01":               "200|OAI-PMH||noRecordsMatch|",
		oai + "ListIdentifiers&metadataPrefix=iso19139&set=interactiveResources": "200|OAI-PMH|||0bbd 18d4 605a",
	} {
		if got := heard(t, s.URL+address).String(); got != want {
			t.Errorf("%s\n  says %s\n  not  %s", address, got, want)
		}
		if got := heard(t, before.URL+address).String(); got != cmp.Or(asPycsw[address], want) {
			t.Errorf("%s\n  says as pycsw %s\n  not  %s", address, got, cmp.Or(asPycsw[address], want))
		}
	}
	if got := heard(t, s.URL+oai+"ListIdentifiers&metadataPrefix=oai_dc"); len(got.ids) != 10 || got.matched != "12" {
		t.Errorf("a list is %v", got)
	}
	for _, prefix := range []string{"oai_dc", "csw-record", "iso19139", "iso19115-3", "dif", "gm03", "fgdc-std", "datacite", "atom"} {
		if got := heard(t, s.URL+oai+"GetRecord&identifier="+image+"&metadataPrefix="+prefix); len(got.codes) > 0 || len(got.ids) == 0 || got.ids[0] != "801f" {
			t.Errorf("%s: %v", prefix, got)
		}
	}
}

// RC-02, RC-03, RC-04, RC-10: what clients ask on metadata of ISO, and on identifiers of any characters.
func TestFamiliesOfISO(t *testing.T) {
	shared := datatest.Folder(t)
	s := family(t)
	insert(t, s, filepath.Join(shared, "data", "pycsw-suites", "apiso", "data"))
	insert(t, s, filepath.Join(shared, "data", "catalogue", "xml", "owslib-iso19115-3"))
	for _, id := range []string{"urn:x/y/z", "a b", "é/ü?x=1&y", "http://eo.example/a#b", "漢字", "/at/first"} {
		var escaped strings.Builder
		_ = xml.EscapeText(&escaped, []byte(id))
		if status, answer := posted(t, s, changing("<csw:Insert>"+dublinCore(escaped.String(), "Χαρτης ΑΘΗΝΑ")+"</csw:Insert>")); status != http.StatusOK {
			t.Fatalf("%s: %d %s", id, status, answer)
		}
		for _, address := range []string{
			"/csw?service=CSW&version=2.0.2&request=GetRecordById&elementsetname=brief&id=", "/csw?service=CSW&version=3.0.0&request=GetRecordById&elementsetname=brief&id=",
			"/csw?service=CSW&version=2.0.2&request=GetRepositoryItem&id=", "/csw?mode=oaipmh&verb=GetRecord&metadataPrefix=oai_dc&identifier=",
		} {
			if got := heard(t, s.URL+address+url.QueryEscape(id)); got.status != http.StatusOK || len(got.codes) > 0 || len(got.ids) == 0 {
				t.Errorf("%s%s says %v", address, id, got)
			}
		}
	}
	if status, answer := posted(t, s, changing("<csw:Insert>"+dublinCore("a,b", "Two")+"</csw:Insert>")); status != http.StatusOK {
		t.Fatalf("%d %s", status, answer)
	}
	if got := heard(t, s.URL+"/csw?service=CSW&version=3.0.0&request=GetRecordById&elementsetname=brief&id=a,b"); got.String() != "200|BriefRecord|||a,b" {
		t.Errorf("an identifier with a comma is answered %v", got)
	}
	const search = "/csw?mode=opensearch&service=CSW&version=3.0.0&request=GetRecords&elementsetname=brief&typenames=csw:Record&"
	const mdb = "/csw?service=CSW&version=2.0.2&request=GetRecords&resulttype=hits&elementsetname=brief&typenames=mdb:MD_Metadata&outputschema=http://standards.iso.org/iso/19115/-3/mdb/2.0&constraintlanguage=CQL_TEXT&constraint="
	for address, want := range map[string]string{
		search + "eo:orbitDirection=DESCENDING": "1", search + "eo:orbitNumber=[50,60]": "1", search + "eo:productType=S2MSI2A": "1", search + "eo:cloudCover=20]": "2",
		search + "eo:cloudCover=]20": "0", search + "eo:processingLevel=Level-2A": "1", search + "eo:snowCover={0,1}": "1", search + "q=" + url.QueryEscape("αθηνα"): "6",
		mdb + url.QueryEscape("mdb:Type = 'service'"): "3", mdb + url.QueryEscape("apiso:ServiceType = 'view'"): "2", mdb + url.QueryEscape("mdb:Title LIKE '%ortho%'"): "5",
		mdb + url.QueryEscape("apiso:Modified < '2009-10-08'"): "10", mdb + url.QueryEscape("apiso:ParentIdentifier IS NULL"): "27",
	} {
		if got := heard(t, s.URL+address); got.status != http.StatusOK || got.matched != want {
			t.Errorf("%s says %v, not %s", address, got, want)
		}
	}
}
