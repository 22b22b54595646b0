package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"perigee/shared/csw"
	"perigee/shared/fault"
	"perigee/shared/federation"
	"perigee/shared/outward"
	"perigee/shared/pycsw"
)

// The bounds of a question by key-value pairs and of an answer, in bytes.
const (
	maxQuestion = 8 << 10
	maxAnswer   = 8 << 20
)

// others asks the catalogues that the operator named, and no others. They are told nothing of who asks.
type others struct {
	catalogues []federation.Catalogue
	client     *outward.Client
}

// newOthers reads which catalogues can be asked: those of the file of pycsw or, when it names none, of FEDERATED_CATALOGUES. There are
// none when it is nil.
func newOthers(c config, p pycsw.Config) (csw.Federation, error) {
	entries, _, err := federation.Read(c.Catalogues)
	if err != nil {
		return nil, err
	}
	if len(p.Catalogues) > 0 {
		entries = nil
	}
	for _, one := range p.Catalogues {
		e := federation.Named(one.URL)
		if one.ID != "" {
			e = federation.Entry{ID: one.ID, URL: one.URL}
		}
		e.Type, e.Title = one.Type, one.Title
		entries = append(entries, e)
	}
	all, passed, err := federation.Of(federation.CSW, entries, c.Patience)
	if err != nil {
		return nil, err
	}
	for _, e := range passed {
		slog.Info("a catalogue is not asked, because it is not of CSW", "id", e.ID, "url", e.URL, "type", e.TypeOf(federation.CSW))
	}
	if len(all) == 0 {
		return nil, nil
	}
	return others{all, outward.New(outward.Config{Guard: outward.Open(), Timeout: longest(c.Patience, all), Stays: true})}, nil
}

// longest is how long any catalogue is waited for. The whole search has a deadline of its own.
func longest(patience time.Duration, all []federation.Catalogue) time.Duration {
	for _, c := range all {
		patience = max(patience, c.Timeout)
	}
	return patience
}

// Catalogues lists the catalogues that may be asked.
func (o others) Catalogues() []federation.Catalogue { return o.catalogues }

// Ask asks a catalogue at its own address.
func (o others) Ask(ctx context.Context, of federation.Catalogue, q csw.Onward) (csw.OnwardAnswer, error) {
	asked := request(of, q)
	if len(asked.URL) > maxQuestion {
		return csw.OnwardAnswer{}, fault.New(fault.Unsupported, "the question is longer than the %d bytes that are sent on by GET; as XML it may be", maxQuestion)
	}
	done, err := of.Turn(ctx)
	if err != nil {
		return csw.OnwardAnswer{}, err
	}
	defer done()
	answer, err := o.client.Do(ctx, asked)
	if err != nil {
		slog.WarnContext(ctx, "a catalogue does not answer", "id", of.ID, "error", err)
		return csw.OnwardAnswer{}, unanswered(answer.Status, err)
	}
	partial := answer.Status == http.StatusNonAuthoritativeInfo || answer.Header.Get("Warning") != ""
	return csw.OnwardAnswer{Document: answer.Body, Partial: partial}, nil
}

// request is a question as it is sent to a catalogue, whose address may have pairs of its own.
func request(of federation.Catalogue, q csw.Onward) outward.Request {
	r := outward.Request{URL: of.URL, Limit: maxAnswer, Header: http.Header{"Accept": {"application/xml"}}}
	if q.Body != nil {
		r.Method, r.Body = http.MethodPost, q.Body
		r.Header.Set("Content-Type", "application/xml")
		return r
	}
	between := "?"
	if strings.Contains(of.URL, "?") {
		between = "&"
	}
	r.URL += between + q.Query.Encode()
	return r
}

// unanswered is why a catalogue gives nothing, as strangers may know it: not what stands behind its address.
func unanswered(status int, err error) error {
	switch kind := fault.KindOf(err); {
	case !kind.Permanent():
		return fault.New(fault.Unavailable, "the catalogue does not answer now")
	case status >= 300:
		return fault.New(fault.Unsupported, "the catalogue refuses the question (%d)", status)
	case kind == fault.Forbidden:
		return fault.New(fault.Unsupported, "the catalogue leads elsewhere")
	}
	return fault.New(fault.Unsupported, "the answer of the catalogue is larger than %d bytes, or it leads in circles", maxAnswer)
}
