package csw

import (
	"context"
	"crypto/rand"
	"encoding/xml"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Later takes over what is to be answered later, so that it is, whatever becomes of this process.
type Later interface {
	// Check tells why an address is known not to be one that is sent to.
	Check(address string) error
	// Keep takes a request over. Without an error it can be acknowledged: it outlives this process.
	Keep(ctx context.Context, a Acknowledged) error
	// Post takes an answer over that is to be sent.
	Post(ctx context.Context, a Answered) error
}

// Acknowledged is a request that names a ResponseHandler (07-006r1, clauses 10.8.4 and 10.12; 12-176r7, clauses 7.3 and 7.9), as it came: it is
// acknowledged at once, and what it asks for is sent when it is done.
type Acknowledged struct {
	Asked     scope.Asked // on whose behalf, and to what links keep
	Operation string      // GetRecords or Harvest
	Pairs     string      // the query of a request by key-value pairs
	Document  []byte      // of one by XML, with the envelope that it came in, in UTF-8
	Handlers  []string    // addresses of the web that the answer goes to
}

// Answered is an answer, and where it goes.
type Answered struct {
	Workspace string
	Type      string // of the media
	Document  []byte
	Handlers  []string
}

// The bounds of what is answered later.
const (
	MaxHandlers = 5       // of a request
	maxHandler  = 2 << 10 // bytes of the address of one

	// MaxLater bounds the bytes of a request that is answered later, and of an answer that is taken over by Later.Post: they travel in events.
	MaxLater = 256 << 10
)

// handlers are the addresses that an answer is to be sent to; everything that is wrong with them is noted.
func (h handler) handlers(p *ows.Params, asked []string) []string {
	var all []string
	for _, address := range asked {
		if address = strings.TrimSpace(address); address != "" && !slices.Contains(all, address) {
			all = append(all, address)
		}
	}
	switch {
	case len(all) == 0, h.behind: // they stand beside what was acknowledged
		return nil
	case h.Later == nil:
		p.Fail(ows.OptionNotSupported.At(fault.Invalid, handlerParameter, "answers are given at once, not sent elsewhere later"))
		return nil
	case len(all) > MaxHandlers:
		p.Fail(ows.Invalid(handlerParameter, "answers are sent to %d addresses at most, not to %d", MaxHandlers, len(all)))
		return nil
	}
	for _, address := range all {
		p.Fail(h.checkHandler(address))
	}
	return all
}

// handlerParameter is the locator of what is wrong with a ResponseHandler.
const handlerParameter = "responseHandler"

func (h handler) checkHandler(address string) error {
	at, err := url.Parse(address)
	switch {
	case err != nil || at.Scheme == "":
		return ows.Invalid(handlerParameter, "%.200q is no address", address)
	case at.Scheme != "http" && at.Scheme != "https":
		return ows.OptionNotSupported.At(fault.Invalid, handlerParameter, "answers are sent by http and https, not by %.20s", at.Scheme)
	case at.Host == "":
		return ows.Invalid(handlerParameter, "%.200q names no host", address)
	case at.User != nil: // it is kept, and told where people look what became of it
		return ows.Invalid(handlerParameter, "answers are not sent to an address that holds a name or a password")
	case len(address) > maxHandler:
		return ows.Invalid(handlerParameter, "an address has %d bytes at most, not %d", maxHandler, len(address))
	}
	if err := h.Later.Check(address); err != nil {
		return &fault.Error{Kind: fault.KindOf(err), Locator: handlerParameter, Err: err}
	}
	return nil
}

// inTime does what a request asks: at once or, where its answer is to be sent to handlers, after it was taken over and acknowledged. That is
// for those who may write: anybody else could have much sent to whom they do not like.
func (h handler) inTime(q *request, handlers []string, id string, do func(q *request) (ows.Document, error)) (ows.Document, error) {
	if len(handlers) == 0 {
		return do(q)
	}
	asked := scope.FromContext(q.Context())
	if err := asked.Scope.MayWrite(); err != nil {
		return ows.Document{}, &fault.Error{Kind: fault.KindOf(err), Locator: handlerParameter, Message: "an answer is not sent elsewhere", Err: err}
	}
	kept := Acknowledged{Asked: asked, Operation: q.p.Get("request"), Document: q.posted, Handlers: handlers}
	if q.body == nil {
		kept.Pairs = q.URL.RawQuery
	}
	if size := max(len(kept.Pairs), len(kept.Document)); size > MaxLater {
		return ows.Document{}, ows.Invalid(handlerParameter, "a request that is answered later has %d bytes at most, not %d", MaxLater, size)
	}
	acknowledged, err := h.acknowledged(q, id)
	if err != nil {
		return ows.Document{}, err
	}
	return acknowledged, h.Later.Keep(q.Context(), kept)
}

// sent has an answer sent to handlers, and gives the acknowledgement in its place. What cannot be sent for its size, or because nobody takes
// it over, is answered here.
func (h handler) sent(q *request, handlers []string, id string, answer ows.Document) (ows.Document, error) {
	if len(handlers) == 0 {
		return answer, nil
	}
	acknowledged, err := h.acknowledged(q, id)
	if err != nil {
		return ows.Document{}, err
	}
	packed, err := q.pack(answer)
	if err != nil || len(packed.Body) > MaxLater {
		return answer, err
	}
	post := Answered{Workspace: scope.FromContext(q.Context()).Scope.Workspace, Type: packed.Type, Document: packed.Body, Handlers: handlers}
	if err := h.Later.Post(q.Context(), post); err != nil {
		slog.WarnContext(q.Context(), "the answer of a transaction is not sent but given", "error", err)
		return answer, nil
	}
	return acknowledged, nil
}

// acknowledgement is csw:Acknowledgement (07-006r1, clause 10.8.4.12).
type acknowledgement struct {
	XMLName   xml.Name   `xml:"csw:Acknowledgement"`
	Root      []xml.Attr `xml:",any,attr"`
	Timestamp string     `xml:"timeStamp,attr"`
	Echoed    struct {
		Request []byte `xml:",innerxml"`
	} `xml:"csw:EchoedRequest"`
	RequestID string `xml:"csw:RequestId,omitempty"`
}

// acknowledgement says that a request can be answered, by the request itself.
func (h handler) acknowledgement(q *request, id string) acknowledgement {
	a := acknowledgement{Root: q.edition.answer("Acknowledgement"), Timestamp: record.Instant(h.now().Truncate(1e9)), RequestID: id}
	a.Echoed.Request = ows.Body(q.body)
	if q.body == nil {
		a.Echoed.Request = echo(q)
	}
	return a
}

// acknowledged is the document by which a request is acknowledged: that of Harvest holds the acknowledgement (07-006r1, clause 10.12.4). A
// request that calls itself nothing gets a name.
func (h handler) acknowledged(q *request, id string) (ows.Document, error) {
	if id == "" {
		id = "urn:perigee:request:" + strings.ToLower(rand.Text())
	}
	a := h.acknowledgement(q, id)
	if !strings.EqualFold(q.p.Get("request"), "Harvest") {
		return document(a)
	}
	response := harvestResponse{Root: q.edition.answer("Harvest"), Acknowledged: &a}
	a.Root = nil
	return document(response)
}

// echo is a request by key-value pairs as an element, which is one of no schema.
func echo(q *request) []byte {
	text, _ := xml.Marshal(struct {
		XMLName   xml.Name `xml:"Request"`
		Namespace string   `xml:"xmlns,attr"`
		Query     string   `xml:",chardata"`
	}{Query: q.URL.RawQuery}) // a struct of texts always encodes
	return text
}
