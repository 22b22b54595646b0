package csw

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/scope"
)

// Answerer answers requests that were acknowledged before, by what they say and by what who sent them might.
type Answerer struct{ handler handler }

// NewAnswerer answers of what New does. Its Transactions are asked for whom no token speaks any more; Later and Publisher decided before.
func NewAnswerer(c Config) *Answerer {
	c.Later, c.Publisher = nil, nil
	h := newHandler(c)
	h.behind = true
	return &Answerer{h}
}

// answeredLater are the operations whose answers are made after they were acknowledged. A Transaction is done before that, for what it inserts
// cannot be inserted again by whoever does it a second time.
var answeredLater = []string{"GetRecords", "Harvest"}

// Answer does what a request asks: it gives the answer, or the report of what went wrong. Where there is an error too, that may pass, and
// the request is worth to be asked again. A Harvest that is done twice puts each record into its place twice, which changes nothing.
func (a *Answerer) Answer(ctx context.Context, asked Acknowledged) (Answered, error) {
	answer := Answered{Workspace: asked.Asked.Scope.Workspace, Handlers: asked.Handlers}
	if err := asked.Asked.Scope.MayWrite(); err != nil {
		return answer, err
	}
	q, err := a.handler.read(asked.request(ctx))
	if operation := q.p.Get("request"); err == nil && !slices.ContainsFunc(answeredLater, func(one string) bool { return strings.EqualFold(one, operation) }) {
		return answer, fault.New(fault.Invalid, "%.100q is not answered later", operation)
	}
	var document ows.Document
	if err == nil {
		document, err = a.handler.answer(q)
	}
	if err == nil {
		document, err = q.pack(document)
	}
	if err != nil {
		ows.LogFailure(q.Request, err)
		document.Type, document.Body = q.report(err)
	}
	answer.Type, answer.Document = document.Type, document.Body
	if fault.KindOf(err).Permanent() || fault.LocatorOf(err) == sourceParameter { // nobody here can do anything about that
		err = nil
	}
	return answer, err
}

// request is the request as it came.
func (a Acknowledged) request(ctx context.Context) *http.Request {
	r := (&http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/", RawQuery: a.Pairs}, Header: http.Header{}, Body: http.NoBody}).WithContext(scope.NewContext(ctx, a.Asked))
	if len(a.Document) > 0 {
		r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(bytes.NewReader(a.Document)), int64(len(a.Document))
	}
	return r
}
