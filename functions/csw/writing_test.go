package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/outward"
	"perigee/shared/ows/owstest"
)

// posted sends a request by XML, and checks its answer against the schema.
func posted(t *testing.T, s *httptest.Server, body string) (int, string) {
	t.Helper()
	response, err := http.Post(s.URL+"/csw", "application/xml", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK && !strings.Contains(string(text), "Envelope") {
		owstest.ValidateCSW2(t, "CSW-publication.xsd", text)
	}
	return response.StatusCode, string(text)
}

func dublinCore(id, title string) string {
	return `<csw:Record><dc:identifier>` + id + `</dc:identifier><dc:title>` + title + `</dc:title><dc:type>dataset</dc:type></csw:Record>`
}

// changing is a Transaction of some actions.
func changing(actions ...string) string {
	return `<csw:Transaction xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/" xmlns:ogc="http://www.opengis.net/ogc" service="CSW" version="2.0.2">` +
		strings.Join(actions, "") + `</csw:Transaction>`
}

const titled = `<csw:Constraint version="1.1.0"><ogc:Filter><ogc:PropertyIsLike wildCard="*" singleChar="?" escapeChar="\"><ogc:PropertyName>dc:title</ogc:PropertyName><ogc:Literal>%</ogc:Literal></ogc:PropertyIsLike></ogc:Filter></csw:Constraint>`

func whose(title string) string { return strings.Replace(titled, "%", title, 1) }

type summary struct {
	Inserted int      `xml:"TransactionSummary>totalInserted"`
	Updated  int      `xml:"TransactionSummary>totalUpdated"`
	Deleted  int      `xml:"TransactionSummary>totalDeleted"`
	IDs      []string `xml:"InsertResult>BriefRecord>identifier"`
}

// RC-10: records are inserted, replaced, changed and deleted by conditions, each transaction as a whole or not at all.
func TestTransaction(t *testing.T) {
	s := written(t)
	done := func(body string) summary {
		t.Helper()
		status, text := posted(t, s, body)
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, text)
		}
		var all summary
		if err := xml.Unmarshal([]byte(text), &all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := done(changing("<csw:Insert handle='h'>"+dublinCore("a", "One")+dublinCore("b", "Two")+"</csw:Insert>", "<csw:Insert>"+dublinCore("c", "Three")+"</csw:Insert>")); got.Inserted != 3 || strings.Join(got.IDs, "") != "abc" {
		t.Errorf("%+v", got)
	}
	refusal := func(body string, parts ...string) {
		t.Helper()
		status, text := posted(t, s, body)
		for _, part := range append(parts, "ExceptionReport") {
			if status/100 != 4 || !strings.Contains(text, part) {
				t.Errorf("%d, no %s: %s", status, part, text)
			}
		}
	}
	refusal(changing("<csw:Insert>"+dublinCore("d", "Four")+dublinCore("a", "Again")+"</csw:Insert>"), "already")
	if ids := recordIDs(t, s, ""); ids != "a b c" {
		t.Errorf("after half a transaction: %s", ids)
	}
	if got := done(changing("<csw:Update>"+dublinCore("a", "One changed")+"</csw:Update>", "<csw:Update>"+dublinCore("nobody", "x")+"</csw:Update>")); got.Updated != 1 {
		t.Errorf("%+v", got)
	}
	if got := done(changing("<csw:Update><csw:RecordProperty><csw:Name>dc:title</csw:Name><csw:Value>T &amp; co</csw:Value></csw:RecordProperty>" +
		"<csw:RecordProperty><csw:Name>apiso:Abstract</csw:Name><csw:Value>said later</csw:Value></csw:RecordProperty>" + whose("T*") + "</csw:Update>")); got.Updated != 2 {
		t.Errorf("%+v", got)
	}
	if ids := recordIDs(t, s, "dc:title = 'T & co' AND AnyText LIKE '%said%'"); ids != "b c" {
		t.Errorf("changed: %s", ids)
	}
	refusal(changing("<csw:Update><csw:RecordProperty><csw:Name>dc:nothing</csw:Name></csw:RecordProperty>"+whose("T*")+"</csw:Update>"), "dc:nothing")
	refusal(changing("<csw:Delete/>"), "Constraint")
	refusal(changing("<csw:Delete>"+whose("*")+"</csw:Delete>", "<csw:Update>"+dublinCore("a", "x")+"</csw:Update>"), "more than once")
	refusal(changing("<csw:Insert/>"), "Insert")
	refusal(changing("<csw:Insert><x xmlns='urn:x'/></csw:Insert>"), "urn:x")
	refusal(changing(), "Transaction")
	terse := strings.Replace(changing("<csw:Insert>"+dublinCore("Tterse", "T")+"</csw:Insert>"), "<csw:Transaction ", `<csw:Transaction verboseResponse="false" `, 1)
	if got := done(terse); got.Inserted != 1 || len(got.IDs) != 0 {
		t.Errorf("%+v", got)
	}
	for _, wrong := range [][2]string{ // what nobody wants to be told of is refused for the same reasons
		{dublinCore("Tterse", "T"), "already"},
		{dublinCore("Ttwice", "T") + dublinCore("Ttwice", "T"), "more than once"},
		{dublinCore("Tnew", "T") + "<x xmlns='urn:x'/>", "urn:x"},
		{dublinCore("Tnew", "T") + "<csw:Record><dc:identifier>Tbroken</dc:title></csw:Record>", "closes no element"},
		{dublinCore("Tnew", "T") + "<csw:Record><dc:title>nameless</dc:title></csw:Record>", "identifier"},
	} {
		for _, verbose := range []string{"true", "false"} {
			refusal(strings.Replace(changing("<csw:Insert>"+wrong[0]+"</csw:Insert>"), "<csw:Transaction ", `<csw:Transaction verboseResponse="`+verbose+`" `, 1), wrong[1])
		}
	}
	if got := done(changing("<csw:Delete>" + whose("T*") + "</csw:Delete>")); got.Deleted != 3 {
		t.Errorf("%+v", got)
	}
	if ids := recordIDs(t, s, ""); ids != "a" {
		t.Errorf("at the end: %s", ids)
	}
}

// recordIDs are the identifiers of the records that fulfil a condition in CQL.
func recordIDs(t *testing.T, s *httptest.Server, condition string) string {
	t.Helper()
	constraint := ""
	if condition != "" {
		constraint = `<csw:Constraint version="1.1.0"><csw:CqlText>` + strings.ReplaceAll(condition, "&", "&amp;") + `</csw:CqlText></csw:Constraint>`
	}
	_, text := posted(t, s, `<csw:GetRecords xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2" resultType="results"><csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName>`+constraint+`</csw:Query></csw:GetRecords>`)
	var a answer
	if err := xml.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	return a.ids()
}

// RC-10: nobody writes where it is switched off, from addresses that may not, or without the role.
func TestTransactionIsClosed(t *testing.T) {
	h := newServer(t)
	r := httptest.NewRequest(http.MethodPost, "/csw", strings.NewReader(changing("<csw:Insert>"+dublinCore("a", "One")+"</csw:Insert>")))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), `OperationNotSupported" locator="Transaction"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	offered, err := offers(records{}, service(), config{Writes: true, Writers: []string{"192.0.2.1"}, Register: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "192.0.2.7:1"
	if err := offered.Publisher(r); err == nil {
		t.Error("another address may write")
	}
}

// RC-10: what services and folders of the web offer is harvested, also when it is harvested again.
func TestHarvest(t *testing.T) {
	upstream := http.NewServeMux()
	upstream.HandleFunc("/wms", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("request") != "GetCapabilities" || r.URL.Query().Get("map") != "1" {
			http.Error(w, "what?", http.StatusBadRequest)
			return
		}
		io.WriteString(w, `<WMS_Capabilities version="1.3.0"><Service><Title>Maps</Title></Service><Capability><Layer><Title>All</Title><EX_GeographicBoundingBox>`+
			`<westBoundLongitude>1</westBoundLongitude><eastBoundLongitude>2</eastBoundLongitude><southBoundLatitude>3</southBoundLatitude><northBoundLatitude>4</northBoundLatitude>`+
			`</EX_GeographicBoundingBox><Layer><Name>sea</Name><Title>Sea ice</Title></Layer></Layer></Capability></WMS_Capabilities>`)
	})
	upstream.HandleFunc("/waf/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/waf/" {
			io.WriteString(w, `<html><a href="a.xml">a</a><a class="x" href='b.xml?x=1'>b</a><a href="/other/c.xml">c</a><a href="http://127.0.0.9/waf/d.xml">d</a><a href="e.txt">e</a><a href="broken.xml">f</a></html>`)
			return
		}
		if strings.HasSuffix(r.URL.Path, "broken.xml") {
			io.WriteString(w, "<broken>")
			return
		}
		io.WriteString(w, strings.Replace(dublinCore(r.URL.Path, "In a folder"), "<csw:Record>", `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/">`, 1))
	})
	other := written(t)
	posted(t, other, changing("<csw:Insert>"+dublinCore("theirs", "Elsewhere")+"</csw:Insert>"))
	source := httptest.NewServer(upstream)
	t.Cleanup(source.Close)
	s := written(t)
	harvested := func(source, kind string) (int, string, summary) {
		status, text := posted(t, s, `<csw:Harvest xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2"><csw:Source>`+source+`</csw:Source><csw:ResourceType>`+kind+`</csw:ResourceType></csw:Harvest>`)
		var all struct {
			Response summary `xml:"TransactionResponse"`
		}
		_ = xml.Unmarshal([]byte(text), &all)
		return status, text, all.Response
	}
	for _, c := range []struct {
		source, kind      string
		inserted, updated int
	}{
		{source.URL + "/wms?map=1", "http://www.opengis.net/wms", 2, 0},
		{source.URL + "/wms?map=1", "http://www.opengis.net/wms", 0, 2},
		{source.URL + "/waf/", "urn:geoss:waf", 2, 0},
		{source.URL + "/waf/a.xml", "http://www.opengis.net/cat/csw/2.0.2", 0, 1},
		{other.URL + "/csw", "http://www.opengis.net/cat/csw/2.0.2", 1, 0},
		{other.URL + "/csw", "http://www.opengis.net/cat/csw/3.0", 0, 1},
	} {
		if status, text, got := harvested(c.source, c.kind); got.Inserted != c.inserted || got.Updated != c.updated {
			t.Errorf("%s as %s: %d %s", c.source, c.kind, status, text)
		}
	}
	if ids := recordIDs(t, s, "dc:title = 'Sea ice' AND BBOX(ows:BoundingBox, 1.5, 3.5, 1.6, 3.6)"); ids == "" {
		t.Error("the layer of a service is not found where its parent lies")
	}
	for source, part := range map[string]string{"ftp://x/y": "source", source.URL + "/nothing": "source", "http:///x": "source"} {
		if status, text, _ := harvested(source, "http://www.opengis.net/wms"); status/100 == 2 || !strings.Contains(text, part) {
			t.Errorf("%s: %d %s", source, status, text)
		}
	}
}

// RC-10: what real services say of themselves is harvested by the types of resources that they are, and found; what there is of a kind is as many
// records as it offers.
func TestHarvestOfRealServices(t *testing.T) {
	folder := filepath.Join(datatest.Folder(t), "data", "catalogue", "capabilities")
	wps2 := `<wps:Capabilities xmlns:wps="http://www.opengis.net/wps/2.0" xmlns:ows="http://www.opengis.net/ows/2.0" version="2.0.0"><ows:ServiceIdentification><ows:Title>Processes</ows:Title></ows:ServiceIdentification>` +
		`<wps:Contents><wps:ProcessSummary><ows:Title>Buffer</ows:Title><ows:Identifier>buffer</ows:Identifier></wps:ProcessSummary></wps:Contents></wps:Capabilities>`
	wcs2 := `<wcs:Capabilities xmlns:wcs="http://www.opengis.net/wcs/2.0" xmlns:ows="http://www.opengis.net/ows/2.0" version="2.0.1"><ows:ServiceIdentification><ows:Title>Coverages</ows:Title></ows:ServiceIdentification>` +
		`<wcs:Contents><wcs:CoverageSummary><wcs:CoverageId>dem</wcs:CoverageId><wcs:CoverageSubtype>RectifiedGridCoverage</wcs:CoverageSubtype></wcs:CoverageSummary></wcs:Contents></wcs:Capabilities>`
	var asked string
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query().Get("service") + " " + r.URL.Query().Get("version")
		switch r.URL.Path {
		case "/wps2":
			_, _ = io.WriteString(w, wps2)
		case "/wcs2":
			_, _ = io.WriteString(w, wcs2)
		default:
			http.ServeFile(w, r, filepath.Join(folder, filepath.Base(r.URL.Path)))
		}
	}))
	t.Cleanup(upstream.Close)
	s := written(t)
	for file, c := range map[string]struct {
		kind, asked string
		records     int
	}{
		"eosdis-wmts-cap.xml": {"http://www.opengis.net/wmts/1.0", "WMTS 1.0.0", 56}, "sos_52n_getcapabilities.xml": {"http://www.opengis.net/sos/1.0", "SOS 1.0.0", 16}, "wcs_nsidc.xml": {"http://www.opengis.net/wcs", "WCS ", 43},
		"wfs_dov_getcapabilities_200.xml": {"http://www.opengis.net/wfs/2.0", "WFS 2.0.0", 2}, "wms_dov_getcapabilities_130.xml": {"http://www.opengis.net/wms", "WMS ", 2}, "wps_52nCapabilities.xml": {"http://www.opengis.net/wps/1.0.0", "WPS 1.0.0", 8},
		"wps2": {"http://www.opengis.net/wps/2.0", "WPS 2.0.0", 2}, "wcs2": {"http://www.opengis.net/wcs/2.0", "WCS 2.0.1", 2},
	} {
		status, text := posted(t, s, `<csw:Harvest xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" service="CSW" version="2.0.2"><csw:Source>`+upstream.URL+"/"+file+`</csw:Source><csw:ResourceType>`+c.kind+`</csw:ResourceType></csw:Harvest>`)
		if status != http.StatusOK || !strings.Contains(text, fmt.Sprintf("<csw:totalInserted>%d<", c.records)) || asked != c.asked {
			t.Errorf("%s, asked %q: %d %.600s", file, asked, status, text)
		}
	}
	if ids := recordIDs(t, s, "apiso:ServiceType = 'OGC:WPS' AND dc:title = 'Processes'"); ids == "" {
		t.Error("a service is not found by its type")
	}
}

// RC-10: a request cannot have inside addresses read.
func TestHarvestStaysOutside(t *testing.T) {
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was reached") }))
	t.Cleanup(inside.Close)
	if _, _, err := (web{outward.New(outward.Config{})}).Fetch(t.Context(), inside.URL); err == nil {
		t.Error("an address inside was read")
	}
}
