package csw

import (
	"context"
	"encoding/xml"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

var update = flag.Bool("update", false, "write the golden answers anew")

// memory is a store of a few records; it decides by the filter's evaluator.
type memory []record.Record

func (m memory) Find(_ context.Context, sc scope.Scope, q Query) ([]record.Record, int, error) {
	if err := sc.Valid(); err != nil {
		return nil, 0, err
	}
	var matched []record.Record
	for _, r := range m {
		if q.Filter == nil || filter.Holds(q.Filter, r) {
			matched = append(matched, r)
		}
	}
	total := len(matched)
	matched = matched[min(q.Offset, total):]
	return matched[:min(q.Limit, len(matched))], total, nil
}

func (m memory) ByID(_ context.Context, _ scope.Scope, id string) (record.Record, error) {
	for _, r := range m {
		if r.ID == id {
			return r, nil
		}
	}
	return record.Record{}, fault.New(fault.NotFound, "there is no record %q", id)
}

func (m memory) Domain(_ context.Context, _ scope.Scope, property filter.Property) (Domain, error) {
	switch property {
	case filter.PropertyType:
		return Domain{Values: []Value{{record.TypeCollection, 1}, {record.TypeItem, 3}}}, nil
	case filter.PropertyDatetime:
		return Domain{Min: "2026-06-10T10:00:00Z", Max: "2026-06-12T10:00:00Z"}, nil
	}
	return Domain{}, nil
}

func day(d int) time.Time { return time.Date(2026, 6, d, 10, 0, 0, 0, time.UTC) }

func sample() memory {
	all := memory{{
		Key: record.Key{ID: "S2MSI2A"}, Type: record.TypeCollection, Title: "Sentinel-2 level 2A", Abstract: "Bottom of the atmosphere <reflectance>",
		Keywords: []string{"sentinel", "optical"}, MediaType: "application/json", Modified: day(20),
	}}
	for i, id := range []string{"S2A_1", "S2A_2", "S2A_3"} {
		lon := float64(i * 10)
		all = append(all, record.Record{
			Key: record.Key{Collection: "S2MSI2A", ID: id}, Type: record.TypeItem, Title: "Scene " + id, MediaType: "application/geo+json",
			Time: record.Interval{Start: day(10 + i), End: day(10 + i)}, Modified: day(20 + i), Properties: map[string]any{"eo:cloud_cover": float64(i * 10)},
			Footprint: orb.Bound{Min: orb.Point{lon, 40}, Max: orb.Point{lon + 5, 45}}.ToPolygon(),
			Links:     []record.Link{{Rel: "wms", Href: "/ows?service=WMS&layers=" + id, Protocol: "OGC:WMS"}},
		})
	}
	return all
}

// inspire is nil but in the tests of what it says.
var inspire *Inspire

func newServer() http.Handler {
	h := New(Config{Store: sample(), Inspire: inspire, Service: ows.Service{Title: "Catalogue", Keywords: []string{"eo"}, Provider: ows.Provider{Name: "Perigee"}}, Path: "/csw"})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test"), Base: "http://eo.example"}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

var clock = regexp.MustCompile(`((?:timestamp|timeStamp|expires|elapsedTime)="|"@timestamp": "|<updated>)[^"<]*`)

// TestGolden plays each folder of testdata: request.txt (a query string) or request.xml, and the answer.xml it must get.
// RC-01: GetCapabilities, DescribeRecord, GetRecords and GetRecordById by GET and POST. RC-23: references with the scheme OGC:WMS.
func TestGolden(t *testing.T) {
	folders, _ := filepath.Glob("testdata/*")
	if len(folders) < 8 {
		t.Fatalf("only %d folders", len(folders))
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			var request *http.Request
			if query, err := os.ReadFile(filepath.Join(folder, "request.txt")); err == nil {
				request = httptest.NewRequest(http.MethodGet, "/csw?"+strings.Join(strings.Fields(string(query)), ""), nil)
			} else {
				body, err := os.Open(filepath.Join(folder, "request.xml"))
				if err != nil {
					t.Fatal(err)
				}
				defer body.Close()
				request = httptest.NewRequest(http.MethodPost, "/csw", body)
				request.Header.Set("Content-Type", "application/xml")
			}
			w := httptest.NewRecorder()
			newServer().ServeHTTP(w, request)
			got := clock.ReplaceAllString(w.Body.String(), "$1")
			validate(t, w.Body.Bytes())
			golden := filepath.Join(folder, "answer.xml")
			if *update {
				os.WriteFile(golden, []byte(got), 0o644)
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("status %d; got\n%s\nwant\n%s", w.Code, got, want)
			}
		})
	}
}

var foreign = regexp.MustCompile(`(?s)<gmd:MD_Metadata.*</gmd:MD_Metadata>`)

// validate checks an answer against the schema of its version.
func validate(t *testing.T, document []byte) {
	t.Helper()
	document = foreign.ReplaceAll(document, nil) // what is valid in the test of its format
	root := ows.Root(document)
	if root.Space == namespaceAtom || root.Space == namespaceOpenSearch || root.Space == ows.SOAP12 || root.Local == "" {
		return // the schemas say nothing of these
	}
	if root.Space == Namespace3 || strings.HasSuffix(root.Space, "ows/2.0") {
		owstest.ValidateCSW3(t, "cswAll.xsd", document)
	} else {
		owstest.ValidateCSW2(t, "CSW-publication.xsd", document)
	}
}

func get(t *testing.T, query string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	newServer().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/csw?"+query, nil))
	return w.Code, w.Body.String()
}

func TestFailures(t *testing.T) {
	const records = "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&"
	for query, want := range map[string][]string{
		"x=y":                     {"MissingParameterValue", `locator="service"`, `locator="request"`},
		"request=GetCapabilities": {"MissingParameterValue", `locator="service"`},
		"service=CSW&version=2.0.2&request=GetDomain":                                                                              {"MissingParameterValue", `locator="parameterName"`},
		"service=CSW&version=2.0.2&request=Transaction":                                                                            {"OperationNotSupported", `locator="Transaction"`},
		"service=CSW&version=3.0.0&request=DescribeRecord":                                                                         {"OperationNotSupported", `locator="DescribeRecord"`, "http://www.opengis.net/ows/2.0"},
		"service=CSW&version=3.0.0&request=GetRecordById&id=none":                                                                  {"InvalidParameterValue", `locator="id"`},
		"service=CSW&version=3.0.0&request=GetRepositoryItem&id=none":                                                              {"InvalidParameterValue", `locator="id"`},
		"service=CSW&version=3.0.0&request=GetRecordById&id=S2A_1,S2A_2":                                                           {"InvalidParameterValue", `locator="id"`},
		"service=CSW&version=3.0.0&request=GetRecords&time=yesterday&geometry=POINT(1&relation=above&lat=100&radius=-1&trel=after": {`locator="time"`, `locator="geometry"`, `locator="lat"`, `locator="lon"`, `locator="radius"`},
		"service=CSW&request=GetCapabilities&acceptFormats=a/b":                                                                    {"InvalidParameterValue", `locator="acceptFormats"`},
		"service=WMS&request=GetRecords":                                                                                           {"InvalidParameterValue", `locator="service"`},
		"service=CSW&request=Fly":                                                                                                  {"InvalidParameterValue", `locator="request"`},
		"service=CSW&version=9&request=GetRecords":                                                                                 {"InvalidParameterValue", `locator="version"`},
		"service=CSW&request=GetCapabilities&acceptVersions=9.9":                                                                   {"VersionNegotiationFailed"},
		records + "startPosition=0&elementSetName=huge":                                                                            {`locator="startPosition"`, `locator="elementSetName"`},
		records + "bbox=0,50,1,40":                                                                                                 {`locator="bbox"`, "north of the upper"},
		records + "bbox=0,40,1,190":                                                                                                {`locator="bbox"`, "not on the globe"},
		records + "bbox=0,40,1":                                                                                                    {`locator="bbox"`},
		records + "elementName=dc:x":                                                                                               {`locator="elementName"`},
		records + "elementName=nothing":                                                                                            {"InvalidParameterValue", `locator="elementName"`},
		records + "elementName=dc:title&elementSetName=full":                                                                       {"NoApplicableCode", `locator="elementName"`, "only one"},
		records + "startPosition=9999999":                                                                                          {`locator="startPosition"`},
		records + "constraintLanguage=CQL_TEXT&constraint=BBOX(dct:spatial,1,2,3,4)":                                               {"is not a place"},
		records + "constraintLanguage=CQL_TEXT&constraint=BBOX(dc:title,1,2,3,4)":                                                  {"is not a place"},
		records + "constraintLanguage=CQL_TEXT&constraint=dc:title<1-":                                                             {"InvalidParameterValue", `locator="Constraint"`},
		records + "sortBy=dc:x:A":                                                                                                  {"InvalidParameterValue", `locator="sortBy"`, "no queryable"},
		"service=CSW&version=3.0.0&request=GetRecords&start=soon":                                                                  {"InvalidParameterValue", `locator="start"`},
		records + "outputSchema=urn:x":                                                                                             {`locator="outputSchema"`},
		records + "constraint=a%3D1":                                                                                               {`locator="constraintLanguage"`},
		records + "constraintLanguage=CQL_TEXT&constraint=dc:x%3D1":                                                                {"no queryable", "dc:x"},
		records + "constraintLanguage=CQL_TEXT&constraint=title%3D":                                                                {"at character 7"},
		records + "sortBy=csw:AnyText:A":                                                                                           {"cannot be sorted by"},
		"service=CSW&version=2.0.2&request=DescribeRecord&typeName=Record&schemaLanguage=x&outputFormat=text/sgml":                 {`locator="TypeName"`, `locator="schemaLanguage"`, `locator="outputFormat"`},
		"service=CSW&version=2.0.2&request=GetRecordById":                                                                          {"MissingParameterValue", `locator="Id"`},
	} {
		status, body := get(t, query)
		if status/100 != 4 && status != http.StatusNotImplemented || !strings.Contains(body, "ows:ExceptionReport") {
			t.Errorf("%s: %d %s", query, status, body)
		}
		for _, part := range want {
			if !strings.Contains(body, part) {
				t.Errorf("%s: no %s in %s", query, part, body)
			}
		}
	}
}

// A box is asked in longitude and latitude, or in the order of the axes of the reference system that it names.
func TestBoxes(t *testing.T) {
	for box, matched := range map[string]string{
		"10,40,15,45": "1", "9,39,11,41": "1", "40,10,45,15": "0", "40,10,45,15,urn:ogc:def:crs:EPSG::4326": "1", "10,40,15,45,urn:ogc:def:crs:OGC:1.3:CRS84": "1",
		"1113195,4865942,1669792,5621521,urn:ogc:def:crs:EPSG::3857": "1", "170,-80,4,80": "1",
	} {
		_, body := get(t, "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=hits&bbox="+box)
		if !strings.Contains(body, `numberOfRecordsMatched="`+matched+`"`) {
			t.Errorf("%s: %s", box, body)
		}
	}
}

// RC-04: a time is asked as an interval or, as in searches of pycsw, by its ends.
func TestTimes(t *testing.T) {
	for query, matched := range map[string]string{
		"time=2026-06-11/2026-06-12": "2", "start=2026-06-11&stop=2026-06-12": "2", "start=2026-06-11": "2", "stop=2026-06-11": "2", "start=&stop=": "4", "time=/&start=2026-06-12": "1",
		"time=2026-06-10&start=2026-06-12": "1",
	} {
		_, body := get(t, "service=CSW&version=3.0.0&request=GetRecords&"+query)
		if !strings.Contains(body, `numberOfRecordsMatched="`+matched+`"`) {
			t.Errorf("%s: %s", query, body)
		}
	}
}

// RC-02: single elements of records are those that are asked for; in 3.0.0 with those by which records are told from each other.
func TestSingleElements(t *testing.T) {
	const asked = "&request=GetRecords&typeNames=csw:Record&resultType=results&recordIds=S2A_1&maxRecords=2&elementName="
	for query, want := range map[string]string{
		"service=CSW&version=2.0.2" + asked + "dc:type": "<csw:Record><dc:type>dataset</dc:type></csw:Record>", "service=CSW&version=3.0.0" + asked + "dc:type": "<csw:Record><dc:identifier>S2A_1</dc:identifier><dc:title>Scene S2A_1</dc:title><dc:type>dataset</dc:type></csw:Record>",
		"service=CSW&version=3.0.0" + asked + "dc:title": "<csw:Record><dc:identifier>S2A_1</dc:identifier><dc:title>Scene S2A_1</dc:title></csw:Record>",
	} {
		if _, body := get(t, query); !strings.Contains(body, want) {
			t.Errorf("%s: no %s in %s", query, want, body)
		}
	}
}

// An order is upwards or downwards; what is neither is refused, not taken for one.
func TestOrders(t *testing.T) {
	for order, want := range map[string]int{"ASC": 200, "DESC": 200, " desc ": 200, "": 200, "down": 400} {
		body := `<csw:GetRecords xmlns:csw="` + Namespace2 + `" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2"><csw:Query typeNames="csw:Record"><ogc:SortBy><ogc:SortProperty>` +
			`<ogc:PropertyName>dc:title</ogc:PropertyName><ogc:SortOrder>` + order + `</ogc:SortOrder></ogc:SortProperty></ogc:SortBy></csw:Query></csw:GetRecords>`
		w := httptest.NewRecorder()
		newServer().ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/csw", strings.NewReader(body)))
		if w.Code != want || want == 400 && !strings.Contains(w.Body.String(), `locator="sortBy"`) {
			t.Errorf("%q: %d %s", order, w.Code, w.Body)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]filter.Property{
		"dc:title": "title", "Title": "title", "dct:abstract": "abstract", "apiso:ParentIdentifier": "apiso:ParentIdentifier", "/dc:title": "title", "/csw:Record/dc:subject": "keywords",
		" dc:date ": "datetime", "eo:cloud_cover": "eo:cloud_cover", "csw:AnyText": "", "AnyText": "", "dc:nothing": "refused", "ows:BoundingBox": "geometry", "": "refused",
	} {
		got, text, err := names{}.Property(name)
		if err != nil {
			got = "refused"
		}
		if got != want || text != (want == "") {
			t.Errorf("%q is %q, %v, %v", name, got, text, err)
		}
	}
	for name, place := range map[string]bool{"ows:BoundingBox": true, "/ows:BoundingBox": true, "apiso:BoundingBox": true, "geometry": true, "dct:spatial": false, "": false} {
		if p, _, err := (names{}).Property(name); (p == filter.PropertyGeometry) != place {
			t.Errorf("%q is %q: %v", name, p, err)
		}
	}
}

func TestPagesReachEveryRecord(t *testing.T) {
	var response struct {
		Results struct {
			Next    int `xml:"nextRecord,attr"`
			Matched int `xml:"numberOfRecordsMatched,attr"`
			Records []struct {
				ID string `xml:"identifier"`
			} `xml:"BriefRecord"`
		} `xml:"SearchResults"`
	}
	var seen []string
	for start := 1; start != 0; start = response.Results.Next {
		_, body := get(t, "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=brief&maxRecords=3&startPosition="+strconv.Itoa(start))
		response.Results.Records = nil
		if err := xml.Unmarshal([]byte(body), &response); err != nil {
			t.Fatal(err)
		}
		for _, r := range response.Results.Records {
			seen = append(seen, r.ID)
		}
		if len(seen) > 4 {
			break
		}
	}
	if got := strings.Join(seen, " "); got != "S2MSI2A S2A_1 S2A_2 S2A_3" {
		t.Errorf("the pages held %s", got)
	}
}

// yes has every change made, and finds one document at every address.
type yes struct{}

func (yes) Apply(_ *http.Request, changes []transaction.Change) ([]transaction.Result, error) {
	return make([]transaction.Result, len(changes)), nil
}

func (y yes) Keep(*http.Request, transaction.Resource) error { return nil }

func (y yes) ApplyAll(r *http.Request, changes []transaction.Change) ([]transaction.Result, error) {
	return y.Apply(r, changes)
}

func (yes) Fetch(context.Context, string) ([]byte, string, error) {
	return []byte(`<csw:Record xmlns:csw="` + Namespace2 + `" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>x</dc:identifier></csw:Record>`), mediaXML, nil
}

// newWritingServer is newServer for somebody who may write.
func newWritingServer() http.Handler {
	h := New(Config{Store: sample(), Service: ows.Service{Title: "Catalogue"}, Path: "/csw", Transactions: yes{}, Fetcher: yes{}})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := scope.Asked{Scope: scope.New(scope.System, "test", scope.Writer), Base: "http://eo.example"}
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	})
}

// Whatever the pairs of a request are, its answer is XML and no failure of ours.
func FuzzGet(f *testing.F) {
	requests, _ := filepath.Glob("testdata/*/request.txt")
	for _, name := range requests {
		query, _ := os.ReadFile(name)
		f.Add(strings.Join(strings.Fields(string(query)), ""))
	}
	f.Add("service=CSW&version=3.0.0&request=GetRecords&geometry=POINT(1+2)&relation=within&lat=1&lon=2&radius=3&time=2024/..&eo:cloudCover=[1,2]&sortBy=dc:title:D")
	f.Add("service=CSW&version=2.0.2&request=GetRecords&constraintLanguage=FILTER&constraint=<Filter><PropertyIsNull><PropertyName>dc:relation</PropertyName></PropertyIsNull></Filter>")
	server := newServer()
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, "/csw", nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("status %d for %q", w.Code, query)
		}
		if _, err := ows.CheckXML(w.Body.Bytes()); err != nil && !strings.Contains(w.Header().Get("Content-Type"), "json") {
			t.Errorf("the answer to %q is not XML: %v", query, err)
		}
	})
}

func FuzzPost(f *testing.F) {
	requests, _ := filepath.Glob("testdata/*/request.xml")
	for _, name := range requests {
		body, _ := os.ReadFile(name)
		f.Add(string(body))
	}
	for _, action := range []string{
		"<c:Insert><c:Record><dc:identifier>n</dc:identifier></c:Record></c:Insert>", "<c:Delete><c:Constraint><c:CqlText>dc:type='dataset'</c:CqlText></c:Constraint></c:Delete>",
		"<c:Update><c:RecordProperty><c:Name>dc:title</c:Name><c:Value>t</c:Value></c:RecordProperty><c:Constraint><c:CqlText>dc:type='series'</c:CqlText></c:Constraint></c:Update>",
	} {
		f.Add(`<c:Transaction xmlns:c="` + Namespace2 + `" xmlns:dc="http://purl.org/dc/elements/1.1/" service="CSW" version="2.0.2">` + action + `</c:Transaction>`)
	}
	f.Add(`<c:Harvest xmlns:c="` + Namespace3 + `" service="CSW" version="3.0.0"><c:Source>http://x/y</c:Source><c:ResourceType>http://www.isotc211.org/2005/gmd</c:ResourceType></c:Harvest>`)
	server := newWritingServer()
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/csw", strings.NewReader(body)))
		if w.Code >= 500 && w.Code != http.StatusNotImplemented {
			t.Errorf("status %d for %q", w.Code, body)
		}
		if _, err := ows.CheckXML(w.Body.Bytes()); err != nil && !strings.Contains(w.Header().Get("Content-Type"), "json") {
			t.Errorf("the answer is not XML: %v", err)
		}
	})
}

// Answers are written to memory that others were written to before: each is whole, of whatever size, and whoever asks at the same time.
func TestAnswersShareMemory(t *testing.T) {
	h := newServer()
	answered := func(query string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/csw?"+query, nil))
		return clock.ReplaceAllString(w.Body.String(), "$1")
	}
	queries := []string{
		"service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=full",
		"service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&elementSetName=brief&maxRecords=1",
		"service=CSW&version=2.0.2&request=GetRecordById&id=S2MSI2A",
	}
	want := make([]string, len(queries))
	for i, query := range queries {
		want[i] = answered(query)
	}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for i := range 60 {
				if k := (n + i) % len(queries); answered(queries[k]) != want[k] {
					t.Errorf("%s is answered differently", queries[k])
				}
			}
		})
	}
	group.Wait()
}
