package main

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// Numbers of strangers that are larger than times and pages can be are told in the words of each protocol, and are no failures of the
// service: in dates and tokens of OAI-PMH, in pages of SRU, and in pages, boxes and times of CSW.
func TestNumbersWithoutEnd(t *testing.T) {
	server := newServer(t)
	token := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for _, target := range []string{
		"/oaipmh?verb=ListIdentifiers&resumptionToken=" + token(`{"v":"ListIdentifiers","p":"oai_dc","a":"x","f":4611686018427387904}`),
		"/oaipmh?verb=ListIdentifiers&from=0000-01-01&metadataPrefix=oai_dc",
		"/oaipmh?verb=ListIdentifiers&until=9999-12-31&metadataPrefix=oai_dc",
		"/oaipmh?verb=ListSets&resumptionToken=" + token(`{"a":"\u0000"}`),
		"/oaipmh?verb=ListSets&resumptionToken=" + token(`{"a":"x","d":9223372036854775807,"n":1}`),
		"/sru?query=water&startRecord=9223372036854775807&maximumRecords=1000",
		"/sru?query=water&startRecord=9223372036854775807",
		"/sru?query=" + url.QueryEscape("dc.date>\"99999-01-01\""),
		"/sru?query=" + url.QueryEscape("a=\x00"),
		"/csw?service=CSW&version=3.0.0&request=GetRecords&startPosition=9223372036854775807",
		"/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=csw30:Record&bbox=179,-10,-179,10",
		"/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=csw30:Record&bbox=1e308,-10,-1e308,10",
		"/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=csw30:Record&time=0001-01-01/9999-12-31",
		"/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=csw30:Record&q=%00",
		"/csw?service=CSW&version=3.0.0&request=GetRecords&typeNames=csw30:Record&recordIds=%00",
		"/csw?service=CSW&version=2.0.2&request=GetRecordById&id=%00",
		"/csw?service=CSW&version=2.0.2&request=GetDomain&propertyname=" + strings.Repeat("a", 3000),
		"/oaipmh?verb=GetRecord&metadataPrefix=oai_dc&identifier=%00",
	} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code >= 500 || !strings.Contains(w.Header().Get("Content-Type"), "xml") {
			t.Errorf("%.150s: %d %.300s", target, w.Code, w.Body)
		}
	}
	for _, dates := range []string{"from=0000-01-01", "until=9999-12-31", "from=0000-01-01T00:00:00Z&until=9999-12-31T23:59:59Z"} {
		if read := harvest(t, server, "/oaipmh?verb=ListIdentifiers&metadataPrefix=oai_dc&"+dates); len(read.Headers) == 0 || read.Error.Code != "" {
			t.Errorf("%s: %+v", dates, read)
		}
	}
}

// RC-20: no client chooses a configuration: what a request says of one changes nothing.
func TestNoClientChoosesTheConfiguration(t *testing.T) {
	server := newServer(t)
	read := func(more string) string {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/csw?service=CSW&version=2.0.2&request=GetCapabilities"+more, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: %d", more, w.Code)
		}
		return w.Body.String()
	}
	for _, more := range []string{"&config=/etc/passwd", "&config=other.yml", "&config=tests%2Fsuites%2Fdefault.yml"} {
		if read(more) != read("") {
			t.Errorf("%s changes the answer", more)
		}
	}
}
