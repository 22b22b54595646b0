package csw

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Sender sends answers to addresses that requests name. It goes only where strangers may send it.
type Sender interface {
	// Check tells why an address is known not to be one that is sent to.
	Check(address string) error
	// Send posts a document.
	Send(ctx context.Context, address, mediaType string, document []byte) error
}

// The bounds of what is answered later.
const (
	maxHandlers = 5  // of a request
	maxLater    = 32 // requests that are acknowledged and not answered yet
	maxAtOnce   = 2  // of them being answered
	laterTime   = 10 * time.Minute
)

// Later answers requests that name a ResponseHandler (07-006r1, clauses 10.8.4 and 10.12; 12-176r7, clauses 7.3 and 7.9): they are acknowledged
// at once, and what they ask for is sent when it is done. What was acknowledged is lost with the process, as the standards allow; one that
// is told to end first finishes it.
type Later struct {
	sender  Sender
	places  chan struct{}
	turns   chan struct{}
	running sync.WaitGroup
}

// NewLater answers by a sender.
func NewLater(sender Sender) *Later {
	return &Later{sender: sender, places: make(chan struct{}, maxLater), turns: make(chan struct{}, maxAtOnce)}
}

// Finish waits until all that was acknowledged is answered, or until the context ends.
func (l *Later) Finish(ctx context.Context) {
	done := make(chan struct{})
	go func() { l.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
		slog.Warn("requests that were acknowledged stay unanswered")
	}
}

// begin does something in a while, unless there is too much to be done already.
func (l *Later) begin(do func()) error {
	select {
	case l.places <- struct{}{}:
	default:
		return fault.New(fault.Unavailable, "%d requests wait already to be answered later", maxLater)
	}
	l.running.Go(func() {
		defer func() { <-l.places }()
		l.turns <- struct{}{}
		defer func() { <-l.turns }()
		defer func() {
			if r := recover(); r != nil {
				slog.Error("a request that was acknowledged could not be answered", "panic", fmt.Sprint(r))
			}
		}()
		do()
	})
	return nil
}

// handlers are the addresses that an answer is to be sent to; everything that is wrong with them is noted.
func (h handler) handlers(p *ows.Params, asked []string) []string {
	var all []string
	for _, address := range asked {
		if address = strings.TrimSpace(address); address != "" && !slices.Contains(all, address) {
			all = append(all, address)
		}
	}
	switch {
	case len(all) == 0:
		return nil
	case h.Later == nil:
		p.Fail(ows.OptionNotSupported.At(fault.Invalid, handlerParameter, "answers are given at once, not sent elsewhere later"))
		return nil
	case len(all) > maxHandlers:
		p.Fail(ows.Invalid(handlerParameter, "answers are sent to %d addresses at most, not to %d", maxHandlers, len(all)))
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
	}
	if err := h.Later.sender.Check(address); err != nil {
		return &fault.Error{Kind: fault.KindOf(err), Locator: handlerParameter, Err: err}
	}
	return nil
}

// inTime does what a request asks: at once or, where its answer is to be sent to handlers, after it was acknowledged. That is for those who
// may write: anybody else could have much sent to whom they do not like.
func (h handler) inTime(q *request, handlers []string, id string, do func(q *request) (ows.Document, error)) (ows.Document, error) {
	if len(handlers) == 0 {
		return do(q)
	}
	if err := scope.FromContext(q.Context()).Scope.MayWrite(); err != nil {
		return ows.Document{}, &fault.Error{Kind: fault.KindOf(err), Locator: handlerParameter, Message: "an answer is not sent elsewhere", Err: err}
	}
	if id == "" {
		var random [16]byte
		_, _ = rand.Read(random[:]) // it never fails
		id = "urn:perigee:request:" + hex.EncodeToString(random[:])
	}
	acknowledged, err := q.acknowledged(h.acknowledgement(q, id))
	if err != nil {
		return ows.Document{}, err
	}
	behind := *q
	behind.rooms = nil
	behind.Request = q.Clone(context.WithoutCancel(q.Context()))
	if err := h.Later.begin(func() { h.answerLater(&behind, handlers, do) }); err != nil {
		return ows.Document{}, err
	}
	return acknowledged, nil
}

// answerLater does what a request asks and sends the answer, or the report of what went wrong.
func (h handler) answerLater(q *request, handlers []string, do func(q *request) (ows.Document, error)) {
	ctx, cancel := context.WithTimeout(q.Context(), laterTime)
	defer cancel()
	q.Request = q.WithContext(ctx)
	document, err := do(q)
	if err == nil {
		document, err = q.pack(document)
	}
	if err != nil {
		ows.LogFailure(q.Request, err)
		document.Type, document.Body = q.report(err)
	}
	for _, address := range handlers {
		if err := h.Later.sender.Send(ctx, address, document.Type, document.Body); err != nil {
			slog.WarnContext(ctx, "an answer could not be sent", "error", err)
		}
	}
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

// acknowledged is the document by which a request is acknowledged: that of Harvest holds the acknowledgement (07-006r1, clause 10.12.4).
func (q *request) acknowledged(a acknowledgement) (ows.Document, error) {
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
