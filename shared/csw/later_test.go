package csw

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/scope"
)

// inbox takes what is sent.
type inbox struct {
	mutex sync.Mutex
	sent  []letter
}

type letter struct{ address, mediaType, text string }

func (i *inbox) Check(address string) error {
	if strings.Contains(address, "//inside") {
		return fault.New(fault.Forbidden, "%s lies inside", address)
	}
	return nil
}

func (i *inbox) Send(_ context.Context, address, mediaType string, document []byte) error {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.sent = append(i.sent, letter{address, mediaType, string(document)})
	return nil
}

// laterServer answers later, for a principal with roles; settled waits until all is sent.
func laterServer(t *testing.T, roles ...scope.Role) (server http.Handler, box *inbox, settled func()) {
	t.Helper()
	box = &inbox{}
	later := NewLater(box)
	h := New(Config{Store: sample(), Service: ows.Service{Title: "Catalogue"}, Path: "/csw", Transactions: yes{}, Fetcher: yes{}, Later: later})
	server = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context()) // as that of a server ends with the answer
		defer cancel()
		h.ServeHTTP(w, r.WithContext(scope.NewContext(ctx, scope.Asked{Scope: scope.New(scope.System, "test", roles...), Base: "http://eo.example"})))
	})
	return server, box, func() { later.Finish(t.Context()) }
}

func posting(server http.Handler, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/csw", strings.NewReader(body)))
	return w
}

const handled = `<csw:ResponseHandler>https://client.example/inbox</csw:ResponseHandler>`

// laterRequests name a handler, in either version; what is sent to it holds the part.
var laterRequests = []struct{ name, body, part string }{
	{"GetRecords 2.0.2", `<csw:GetRecords xmlns:csw="` + Namespace2 + `" service="CSW" version="2.0.2" resultType="results" requestId="urn:my:1">` + handled + `<csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName></csw:Query></csw:GetRecords>`, `numberOfRecordsReturned="4"`},
	{"GetRecords 3.0.0", `<csw:GetRecords xmlns:csw="` + Namespace3 + `" service="CSW" version="3.0.0" requestId="urn:my:1">` + handled + `<csw:Query typeNames="csw:Record"><csw:ElementSetName>brief</csw:ElementSetName></csw:Query></csw:GetRecords>`, `numberOfRecordsReturned="4"`},
	{"Harvest 2.0.2", `<csw:Harvest xmlns:csw="` + Namespace2 + `" service="CSW" version="2.0.2"><csw:Source>http://x/y</csw:Source><csw:ResourceType>` + Namespace2 + `</csw:ResourceType>` + handled + `</csw:Harvest>`, "<csw:HarvestResponse"},
	{"Harvest 3.0.0", `<csw:Harvest xmlns:csw="` + Namespace3 + `" service="CSW" version="3.0.0"><csw:Source>http://x/y</csw:Source><csw:ResourceType>` + Namespace2 + `</csw:ResourceType>` + handled + `</csw:Harvest>`, "<csw:TransactionResponse"},
	{"Transaction", `<csw:Transaction xmlns:csw="` + Namespace2 + `" service="CSW" version="2.0.2"><csw:Insert><csw:Record xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>n</dc:identifier></csw:Record></csw:Insert>` + handled + `</csw:Transaction>`, "<csw:totalInserted>1<"},
	{"failing", `<csw:Harvest xmlns:csw="` + Namespace2 + `" service="CSW" version="2.0.2"><csw:Source>http://x/broken</csw:Source><csw:ResourceType>http://www.opengis.net/wms</csw:ResourceType>` + handled + `</csw:Harvest>`, "ExceptionReport"},
}

// RC-01, RC-02, RC-10: who names a ResponseHandler gets an acknowledgement at once, which is valid, and the answer or the report of what went wrong
// is sent there when it is done.
func TestAnswersAreSentLater(t *testing.T) {
	for _, c := range laterRequests {
		t.Run(c.name, func(t *testing.T) {
			server, box, settled := laterServer(t, scope.Writer)
			w := posting(server, c.body)
			for _, part := range []string{"<csw:Acknowledgement", "timeStamp=", "ResponseHandler", "<csw:RequestId>urn:"} {
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), part) {
					t.Errorf("%d, no %s in %s", w.Code, part, w.Body)
				}
			}
			if inHarvest := strings.Contains(w.Body.String(), "<csw:HarvestResponse"); inHarvest != strings.Contains(c.body, "csw:Harvest") {
				t.Errorf("%s", w.Body)
			}
			if !strings.Contains(c.name, "Transaction") { // of which the echo is not one of the schema
				validate(t, w.Body.Bytes())
			}
			settled()
			if len(box.sent) != 1 || box.sent[0].address != "https://client.example/inbox" || !strings.Contains(box.sent[0].text, c.part) || !strings.HasSuffix(box.sent[0].mediaType, "xml") {
				t.Fatalf("%+v", box.sent)
			}
			validate(t, []byte(box.sent[0].text))
		})
	}
}

// A handler of key-value pairs is one too; the echo of pairs is an element of no schema.
func TestAnswersToPairsAreSentLater(t *testing.T) {
	for _, version := range []string{"2.0.2", "3.0.0"} {
		server, box, settled := laterServer(t, scope.Writer)
		for _, result := range []string{"results", "validate"} {
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/csw?service=CSW&version="+version+"&request=GetRecords&typeNames=csw:Record&resultType="+result+"&responseHandler=http://client.example/in", nil))
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<csw:EchoedRequest><Request") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			validate(t, w.Body.Bytes())
		}
		settled()
		if len(box.sent) != 1 || !strings.Contains(box.sent[0].text, "SearchResults") {
			t.Errorf("%+v", box.sent)
		}
	}
}

// In an envelope of SOAP, both the acknowledgement and the answer come in one.
func TestAnswersInEnvelopesAreSentLater(t *testing.T) {
	server, box, settled := laterServer(t, scope.Writer)
	w := posting(server, `<e:Envelope xmlns:e="`+ows.SOAP12+`"><e:Body>`+laterRequests[0].body+`</e:Body></e:Envelope>`)
	settled()
	for _, text := range []string{w.Body.String(), box.sent[0].text} {
		if !strings.Contains(text, "Envelope") {
			t.Errorf("%s", text)
		}
	}
	if !strings.Contains(w.Body.String(), "Acknowledgement") || !strings.Contains(box.sent[0].text, "SearchResults") || box.sent[0].mediaType != "application/soap+xml" {
		t.Errorf("%s\n%+v", w.Body, box.sent)
	}
}

// What is wrong with a request, and with its handlers, is told at once; nothing is sent.
func TestHandlersThatAreRefused(t *testing.T) {
	of := func(handlers string) string {
		return strings.Replace(laterRequests[1].body, handled, handlers, 1) // 2.0.2 has no code of its own for what is not supported
	}
	handler := func(address string) string { return "<csw:ResponseHandler>" + address + "</csw:ResponseHandler>" }
	for body, want := range map[string]string{
		of(handler("mailto:me@client.example")): `exceptionCode="OptionNotSupported" locator="responseHandler"`,
		of(handler("ftp://client.example/in")):  `exceptionCode="OptionNotSupported" locator="responseHandler"`,
		of(handler("ftps://client.example/in")): `exceptionCode="OptionNotSupported" locator="responseHandler"`,
		of(handler("client.example")):           `exceptionCode="InvalidParameterValue" locator="responseHandler"`,
		of(handler("http:///in")):               `exceptionCode="InvalidParameterValue" locator="responseHandler"`,
		of(handler("http://inside/in")):         `locator="responseHandler"`,
		of(handler("http://a/") + handler("http://b/") + handler("http://c/") + handler("http://d/") + handler("http://e/") + handler("http://f/")): `locator="responseHandler"`,
		strings.Replace(of(handled), `typeNames="csw:Record"`, `typeNames="csw:No"`, 1):                                                             `locator="typeNames"`,
		strings.Replace(laterRequests[2].body, "https://client", "mailto://client", 1):                                                              `locator="responseHandler"`,
		strings.Replace(laterRequests[4].body, "https://client", "mailto://client", 1):                                                              `locator="responseHandler"`,
	} {
		server, box, settled := laterServer(t, scope.Writer)
		w := posting(server, body)
		settled()
		if w.Code/100 != 4 || !strings.Contains(w.Body.String(), want) || len(box.sent) != 0 {
			t.Errorf("%s\n%d %s\n%+v", body, w.Code, w.Body, box.sent)
		}
		validate(t, w.Body.Bytes())
	}
}

// Who may not write has nothing sent; where nothing is sent to anybody, it is said so.
func TestAnswersAreSentForThoseWhoMayWrite(t *testing.T) {
	server, box, settled := laterServer(t)
	w := posting(server, laterRequests[0].body)
	settled()
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), `locator="responseHandler"`) || len(box.sent) != 0 {
		t.Errorf("%d %s %+v", w.Code, w.Body, box.sent)
	}
	if w := posting(newWritingServer(), laterRequests[0].body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `locator="responseHandler"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// slow sends when it may.
type slow struct {
	inbox
	may chan struct{}
}

func (s *slow) Send(context.Context, string, string, []byte) error { <-s.may; return nil }

// Only so many wait to be answered; a place is free again when one is done.
func TestNotTooManyAreAnsweredLater(t *testing.T) {
	sender := &slow{may: make(chan struct{})}
	later := NewLater(sender)
	h := New(Config{Store: sample(), Path: "/csw", Later: later})
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, "test", scope.Writer)})))
	})
	for range maxLater {
		if w := posting(server, laterRequests[0].body); w.Code != http.StatusOK {
			t.Fatal(w.Body)
		}
	}
	if w := posting(server, laterRequests[0].body); w.Code != http.StatusServiceUnavailable {
		t.Errorf("one more: %d %s", w.Code, w.Body)
	}
	close(sender.may)
	later.Finish(t.Context())
	if w := posting(server, laterRequests[0].body); w.Code != http.StatusOK {
		t.Error(w.Body)
	}
	later.Finish(t.Context())
}

// A client that has capabilities gets them again when they are others than it knows, by what it says it knows (RC-01, RC-02).
func TestUpdateSequence(t *testing.T) {
	for _, version := range []string{"2.0.2", "3.0.0"} {
		const query = "service=CSW&request=GetCapabilities&version="
		_, whole := get(t, query+version)
		_, behind, _ := strings.Cut(whole, ` updateSequence="`)
		sequence, _, _ := strings.Cut(behind, `"`)
		for known, part := range map[string]string{
			"": "ServiceIdentification", "0123456789abcdef": "ServiceIdentification", "0": "ServiceIdentification", "1700000000": "ServiceIdentification",
			"99999999999": "InvalidUpdateSequence", "-1": "InvalidUpdateSequence", "latest": "InvalidUpdateSequence",
		} {
			_, body := get(t, query+version+"&updateSequence="+known)
			if !strings.Contains(body, part) {
				t.Errorf("%s, knowing %q: %s", version, known, body)
			}
			validate(t, []byte(body))
		}
		_, body := get(t, query+version+"&updateSequence="+sequence)
		if strings.Contains(body, "ServiceIdentification") || !strings.Contains(body, `updateSequence="`+sequence+`"`) || len(sequence) != sequenceLength {
			t.Errorf("%s, knowing %q: %s", version, sequence, body)
		}
		if version == "3.0.0" { // the schema of 2.0.2 does not let the capabilities of filters be left out, which OWS Common says of all sections
			owstest.ValidateCSW3(t, "cswGetCapabilities.xsd", []byte(body))
		}
	}
}
