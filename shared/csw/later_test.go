package csw

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// inbox takes over what is to be answered later.
type inbox struct {
	kept []Acknowledged
	sent []Answered
	full bool // it takes nothing
}

func (i *inbox) Check(address string) error {
	if strings.Contains(address, "//inside") {
		return fault.New(fault.Forbidden, "%s lies inside", address)
	}
	return nil
}

func (i *inbox) Keep(_ context.Context, a Acknowledged) error {
	if i.full {
		return fault.New(fault.Unavailable, "the broker is away")
	}
	i.kept = append(i.kept, a)
	return nil
}

func (i *inbox) Post(_ context.Context, a Answered) error {
	if i.full {
		return fault.New(fault.Unavailable, "the broker is away")
	}
	i.sent = append(i.sent, a)
	return nil
}

// laterServer answers later, for a principal with roles; settled answers all that was taken over.
func laterServer(t *testing.T, roles ...scope.Role) (server http.Handler, box *inbox, settled func()) {
	t.Helper()
	box = &inbox{}
	c := Config{Store: sample(), Service: ows.Service{Title: "Catalogue"}, Path: "/csw", Transactions: yes{}, Fetcher: yes{}, Later: box}
	h, behind := New(c), NewAnswerer(c)
	server = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, "test", roles...), Base: "http://eo.example"})))
	})
	return server, box, func() {
		for _, a := range box.kept {
			answer, err := behind.Answer(t.Context(), a)
			if err != nil {
				t.Error(err)
			}
			box.sent = append(box.sent, answer)
		}
		box.kept = nil
	}
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
			if len(box.sent) != 1 || strings.Join(box.sent[0].Handlers, " ") != "https://client.example/inbox" || !strings.Contains(string(box.sent[0].Document), c.part) || !strings.HasSuffix(box.sent[0].Type, "xml") {
				t.Fatalf("%+v", box.sent)
			}
			validate(t, box.sent[0].Document)
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
		if len(box.sent) != 1 || !strings.Contains(string(box.sent[0].Document), "SearchResults") {
			t.Errorf("%+v", box.sent)
		}
	}
}

// In an envelope of SOAP, both the acknowledgement and the answer come in one.
func TestAnswersInEnvelopesAreSentLater(t *testing.T) {
	server, box, settled := laterServer(t, scope.Writer)
	w := posting(server, `<e:Envelope xmlns:e="`+ows.SOAP12+`"><e:Body>`+laterRequests[0].body+`</e:Body></e:Envelope>`)
	settled()
	for _, text := range []string{w.Body.String(), string(box.sent[0].Document)} {
		if !strings.Contains(text, "Envelope") {
			t.Errorf("%s", text)
		}
	}
	if !strings.Contains(w.Body.String(), "Acknowledgement") || !strings.Contains(string(box.sent[0].Document), "SearchResults") || box.sent[0].Type != "application/soap+xml" {
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
		of(handler("mailto:me@client.example")):                                         `exceptionCode="OptionNotSupported" locator="responseHandler"`,
		of(handler("ftp://client.example/in")):                                          `exceptionCode="OptionNotSupported" locator="responseHandler"`,
		of(handler("ftps://client.example/in")):                                         `exceptionCode="OptionNotSupported" locator="responseHandler"`,
		of(handler("client.example")):                                                   `exceptionCode="InvalidParameterValue" locator="responseHandler"`,
		of(handler("http:///in")):                                                       `exceptionCode="InvalidParameterValue" locator="responseHandler"`,
		of(handler("http://inside/in")):                                                 `locator="responseHandler"`,
		of(handler("https://me:secret@client.example/in")):                              `exceptionCode="InvalidParameterValue" locator="responseHandler"`,
		of(handler("https://client.example/" + strings.Repeat("x", maxHandler))):        `exceptionCode="InvalidParameterValue" locator="responseHandler"`,
		strings.Replace(laterRequests[3].body, "http://x/y", "http://me:secret@x/y", 1): `locator="source"`,
		of(handler("http://a/") + handler("http://b/") + handler("http://c/") + handler("http://d/") + handler("http://e/") + handler("http://f/")): `locator="responseHandler"`,
		strings.Replace(of(handled), `typeNames="csw:Record"`, `typeNames="csw:No"`, 1):                                                             `locator="typeNames"`,
		strings.Replace(laterRequests[2].body, "https://client", "mailto://client", 1):                                                              `locator="responseHandler"`,
		strings.Replace(laterRequests[4].body, "https://client", "mailto://client", 1):                                                              `locator="responseHandler"`,
	} {
		server, box, settled := laterServer(t, scope.Writer)
		w := posting(server, body)
		settled()
		if w.Code/100 != 4 || !strings.Contains(w.Body.String(), want) || len(box.sent) != 0 || strings.Contains(w.Body.String(), "secret") {
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

// What nobody takes over is not acknowledged, and what is too large is not either: a request is refused, the answer of a transaction, which is
// done by then, is given as it is.
func TestWhatIsNotTakenOver(t *testing.T) {
	server, box, settled := laterServer(t, scope.Writer)
	box.full = true
	for _, c := range laterRequests {
		w := posting(server, c.body)
		switch done := c.name == "Transaction"; {
		case done && (w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c.part)):
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		case !done && w.Code != http.StatusServiceUnavailable:
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
	box.full = false
	large := strings.Replace(laterRequests[1].body, "<csw:Query", "<!--"+strings.Repeat("x", MaxLater)+"--><csw:Query", 1)
	if w := posting(server, large); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), `locator="responseHandler"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	many := `<csw:Transaction xmlns:csw="` + Namespace2 + `" service="CSW" version="2.0.2"><csw:Insert>` + strings.Repeat(`<csw:Record xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>%</dc:identifier><dc:title>`+strings.Repeat("x", 1000)+`</dc:title></csw:Record>`, 500) + `</csw:Insert>` + handled + `</csw:Transaction>`
	for i := range 500 {
		many = strings.Replace(many, "%", "n"+strconv.Itoa(i), 1)
	}
	if w := posting(server, many); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<csw:totalInserted>500<") {
		t.Errorf("%d %.500s", w.Code, w.Body)
	}
	settled()
	if len(box.sent) != 0 {
		t.Errorf("%+v", box.sent)
	}
}

// faulty fails to read what is not there, or, now and then, anything.
type faulty struct {
	yes
	failing error
}

func (f faulty) Apply(*http.Request, []transaction.Change) ([]transaction.Result, error) {
	return nil, f.failing
}

func (f faulty) Fetch(ctx context.Context, address string) ([]byte, string, error) {
	if strings.Contains(address, "gone") {
		return nil, "", fault.New(fault.Unavailable, "nobody answers")
	}
	return f.yes.Fetch(ctx, address)
}

// What may pass where requests are answered is worth to be tried again, and is told beside the report; what a client has to do something
// about is told it at once: what is wrong with the request, and that its source cannot be read. What nobody acknowledged is not answered.
func TestAnswererTellsWhatMayPass(t *testing.T) {
	asking := func(body string) Acknowledged {
		return Acknowledged{Asked: scope.Asked{Scope: scope.New("ws-a", "test", scope.Writer)}, Document: []byte(body), Handlers: []string{"http://a/"}}
	}
	reader := asking(laterRequests[0].body)
	reader.Asked.Scope = scope.New("ws-a", "test")
	for name, c := range map[string]struct {
		asked   Acknowledged
		failing error
		kind    string // of the error
		part    string
	}{
		"done":               {asking(laterRequests[2].body), nil, "", "HarvestResponse"},
		"register is away":   {asking(laterRequests[2].body), fault.New(fault.Unavailable, "away"), fault.Unavailable.String(), "ExceptionReport"},
		"refused":            {asking(laterRequests[2].body), fault.New(fault.Forbidden, "not you"), "", "ExceptionReport"},
		"source is away":     {asking(strings.Replace(laterRequests[2].body, "http://x/y", "http://x/gone", 1)), nil, "", "could not be read"},
		"wrong":              {asking(strings.Replace(laterRequests[0].body, "brief", "much", 1)), nil, "", `locator="elementSetName"`},
		"no document":        {asking("<"), nil, "", "ExceptionReport"},
		"nothing":            {asking(""), nil, fault.Invalid.String(), ""},
		"a transaction":      {asking(laterRequests[4].body), nil, fault.Invalid.String(), ""},
		"who may not write":  {reader, nil, fault.Forbidden.String(), ""},
		"nobody's authority": {Acknowledged{Document: []byte(laterRequests[0].body)}, nil, fault.Internal.String(), ""},
	} {
		answer, err := NewAnswerer(Config{Store: sample(), Transactions: faulty{failing: c.failing}, Fetcher: faulty{}}).Answer(t.Context(), c.asked)
		if (err == nil) != (c.kind == "") || err != nil && fault.KindOf(err).String() != c.kind || !strings.Contains(string(answer.Document), c.part) || (answer.Document == nil) != (c.part == "") {
			t.Errorf("%s: %v, %s", name, err, answer.Document)
		}
		if answer.Workspace != c.asked.Asked.Scope.Workspace || len(answer.Handlers) != len(c.asked.Handlers) {
			t.Errorf("%s: %+v", name, answer)
		}
	}
}

// A Harvest of very much tells how much it was, and not of each record, so that its answer can be taken over.
func TestLargeHarvestIsToldShortly(t *testing.T) {
	var page strings.Builder
	for i := range 1000 {
		page.WriteString(`<a href="` + strconv.Itoa(i) + `.xml">x</a>`)
	}
	folder := listing{page.String()}
	c := Config{Store: sample(), Transactions: created{}, Fetcher: folder}
	body := strings.Replace(strings.Replace(laterRequests[2].body, "http://x/y", "http://x/", 1), "<csw:ResourceType>"+Namespace2, "<csw:ResourceType>urn:geoss:waf", 1)
	answer, err := NewAnswerer(c).Answer(t.Context(), Acknowledged{Asked: scope.Asked{Scope: scope.New("", "test", scope.Writer)}, Document: []byte(body), Handlers: []string{"http://a/"}})
	if err != nil || !strings.Contains(string(answer.Document), "<csw:totalInserted>1000<") || len(answer.Document) > MaxLater || strings.Contains(string(answer.Document), "InsertResult") {
		t.Errorf("%v, %d bytes: %.500s", err, len(answer.Document), answer.Document)
	}
	validate(t, answer.Document)
}

// listing is a folder of documents whose titles are long.
type listing struct{ page string }

func (l listing) Fetch(_ context.Context, address string) ([]byte, string, error) {
	if !strings.HasSuffix(address, ".xml") {
		return []byte(l.page), "text/html", nil
	}
	return []byte(`<csw:Record xmlns:csw="` + Namespace2 + `" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier>` + address + `</dc:identifier><dc:title>` + strings.Repeat("long ", 100) + `</dc:title></csw:Record>`), mediaXML, nil
}

// created creates all records.
type created struct{ yes }

func (created) Apply(_ *http.Request, changes []transaction.Change) ([]transaction.Result, error) {
	results := make([]transaction.Result, len(changes))
	for i := range results {
		results[i] = transaction.Result{ID: changes[i].ID, Outcome: record.Created}
	}
	return results, nil
}

// Whatever a request that was acknowledged says, it is answered by XML or refused, and nobody who may not write is.
func FuzzAnswerer(f *testing.F) {
	for _, c := range laterRequests {
		f.Add("writer", "", c.body)
	}
	f.Add("writer", "service=CSW&version=2.0.2&request=GetRecords&typeNames=csw:Record&resultType=results&responseHandler=http://client.example/in", "")
	f.Add("", "service=CSW&version=2.0.2&request=Harvest", "<x/>")
	behind := NewAnswerer(Config{Store: sample(), Transactions: yes{}, Fetcher: yes{}})
	f.Fuzz(func(t *testing.T, role, pairs, document string) {
		asked := Acknowledged{Asked: scope.Asked{Scope: scope.New("", "test", scope.Role(role))}, Pairs: pairs, Document: []byte(document), Handlers: []string{"http://a/"}}
		answer, err := behind.Answer(t.Context(), asked)
		switch {
		case asked.Asked.Scope.MayWrite() != nil && (err == nil || answer.Document != nil):
			t.Errorf("%s answered %s", role, answer.Document)
		case err == nil && len(answer.Document) == 0:
			t.Error("neither answered nor refused")
		case err != nil && !fault.KindOf(err).Permanent():
			t.Errorf("%v may not pass", err)
		}
	})
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
