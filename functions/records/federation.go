package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"time"

	"perigee/shared/fault"
	others "perigee/shared/federation"
	"perigee/shared/records"
)

// maxPage is how many bytes of another catalogue's answer are read.
const maxPage = 8 << 20

// federation asks the catalogues that the operator named, and no others: what a client sends decides on no address.
type federation struct {
	catalogues []records.FederatedCatalogue
	grouped    bool // their records are answered by themselves
	asked      map[string]others.Catalogue
	client     *http.Client
}

// newFederation reads which catalogues can be asked, of those that are of OGC API - Records.
func newFederation(text string, merged bool, timeout time.Duration) (*federation, error) {
	entries, said, err := others.Read(text)
	if err != nil {
		return nil, err
	}
	if said != nil {
		merged = *said
	}
	asked, passed, err := others.Of(others.Records, entries, timeout)
	if err != nil {
		return nil, err
	}
	for _, e := range passed {
		slog.Info("a catalogue is not asked, because it is not of OGC API - Records", "id", e.ID, "type", e.Type)
	}
	f := &federation{grouped: !merged, asked: map[string]others.Catalogue{}, client: &http.Client{CheckRedirect: sameHost}}
	for _, c := range asked {
		f.asked[c.ID] = c
		f.catalogues = append(f.catalogues, records.FederatedCatalogue{ID: c.ID, Title: c.Title, URL: c.URL, Timeout: c.Timeout})
	}
	return f, nil
}

// sameHost follows a catalogue within its own host only.
func sameHost(to *http.Request, via []*http.Request) error {
	if len(via) > 3 || to.URL.Host != via[0].URL.Host || to.URL.Scheme != via[0].URL.Scheme {
		return fault.New(fault.Forbidden, "the catalogue leads elsewhere")
	}
	return nil
}

// Catalogues lists the catalogues that may be asked.
func (f *federation) Catalogues() []records.FederatedCatalogue { return f.catalogues }

// Search asks a catalogue, which is told nothing of who asks.
func (f *federation) Search(ctx context.Context, of records.FederatedCatalogue, query url.Values) (records.FederatedPage, error) {
	ctx, cancel := context.WithTimeout(ctx, of.Timeout)
	defer cancel()
	done, err := f.asked[of.ID].Turn(ctx)
	if err != nil {
		return records.FederatedPage{}, err
	}
	defer done()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, of.URL+"/items?"+query.Encode(), nil)
	if err != nil {
		return records.FederatedPage{}, err
	}
	r.Header.Set("Accept", "application/geo+json, application/json;q=0.9")
	answer, err := f.client.Do(r)
	if err != nil {
		return records.FederatedPage{}, fault.Classify(fault.Unavailable, err, "asking the catalogue %s", of.ID)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxPage+1))
	switch {
	case err != nil:
		return records.FederatedPage{}, fault.Classify(fault.Unavailable, err, "reading the answer of the catalogue %s", of.ID)
	case answer.StatusCode >= 400 && answer.StatusCode < 500:
		return records.FederatedPage{}, fault.New(fault.Invalid, "the catalogue refuses the question (%d)", answer.StatusCode)
	case answer.StatusCode != http.StatusOK:
		return records.FederatedPage{}, fault.New(fault.Unavailable, "the catalogue %s answers %d", of.ID, answer.StatusCode)
	case len(body) > maxPage:
		return records.FederatedPage{}, fault.New(fault.Unsupported, "the answer of the catalogue is larger than %d bytes", maxPage)
	}
	return readPage(answer.Header.Get("Content-Type"), body)
}

// readPage reads a page of records.
func readPage(mediaType string, body []byte) (records.FederatedPage, error) {
	var page struct {
		Type          string
		Features      []json.RawMessage
		NumberMatched *int
		Links         []struct{ Rel, Href string }
	}
	kind, _, _ := mime.ParseMediaType(mediaType) // what has none is no JSON
	if !records.IsJSON(kind) || json.Unmarshal(body, &page) != nil || page.Type != "FeatureCollection" {
		return records.FederatedPage{}, fault.New(fault.Unsupported, "the catalogue answers with something else than records")
	}
	found := records.FederatedPage{Matched: page.NumberMatched}
	for _, f := range page.Features {
		var record struct{ ID string }
		if json.Unmarshal(f, &record) == nil && record.ID != "" {
			found.Features = append(found.Features, f)
		}
	}
	for _, l := range page.Links {
		if l.Rel == "next" {
			found.Next = l.Href
		}
	}
	return found, nil
}
