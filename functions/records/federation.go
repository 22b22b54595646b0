package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/records"
)

// maxPage is how many bytes of another catalogue's answer are read.
const maxPage = 8 << 20

// atOnce is how many questions a catalogue is asked by one instance at the same time; further ones wait, no longer than the
// catalogue is waited for.
const atOnce = 8

// federation asks the catalogues that the operator named, and no others: what a client sends decides on no address.
type federation struct {
	catalogues []records.FederatedCatalogue
	grouped    bool // their records are answered by themselves
	free       map[string]chan struct{}
	client     *http.Client
}

// catalogueEntry is a catalogue as the configuration of pycsw has it (docs/distributedsearching.rst of geopython/pycsw).
type catalogueEntry struct {
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Title       string          `json:"title"`
	URL         string          `json:"url"`
	Timeout     int             `json:"timeout"`     // seconds
	Collections json.RawMessage `json:"collections"` // of a STAC API
	Auth        json.RawMessage `json:"auth"`
}

// typeRecords is pycsw's word for catalogues that are asked here; those of other types are asked by other protocols.
const typeRecords = "OARec"

var catalogueID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// newFederation reads which catalogues can be asked: addresses between commas, each behind an id and a sign of equality or
// by itself; or, as JSON, what pycsw's configuration has as distributedsearch, as its catalogues or as federatedcatalogues.
func newFederation(text string, merged bool, timeout time.Duration) (*federation, error) {
	f := &federation{grouped: !merged, free: map[string]chan struct{}{}, client: &http.Client{CheckRedirect: sameHost}}
	entries, err := f.entries(strings.TrimSpace(text))
	if err != nil {
		return nil, fault.At(fault.Invalid, "FEDERATED_CATALOGUES", "FEDERATED_CATALOGUES: %w", err)
	}
	for i, e := range entries {
		if e.Type != "" && e.Type != typeRecords {
			continue
		}
		c := records.FederatedCatalogue{ID: e.ID, Title: e.Title, URL: strings.TrimSuffix(e.URL, "/"), Timeout: timeout}
		if c.ID == "" {
			c.ID = "catalogue-" + strconv.Itoa(i+1)
		}
		if e.Timeout > 0 {
			c.Timeout = time.Duration(min(e.Timeout, 600)) * time.Second
		}
		u, err := url.Parse(c.URL)
		switch _, taken := f.free[c.ID]; {
		case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.User != nil:
			return nil, fault.At(fault.Invalid, "FEDERATED_CATALOGUES", "FEDERATED_CATALOGUES has %q, which is not the address of a collection", e.URL)
		case len(e.Auth) > 0:
			return nil, fault.At(fault.Unsupported, "FEDERATED_CATALOGUES", "FEDERATED_CATALOGUES has auth for %q: catalogues are asked as anybody may", c.ID)
		case !catalogueID.MatchString(c.ID):
			return nil, fault.At(fault.Invalid, "FEDERATED_CATALOGUES", "FEDERATED_CATALOGUES has the id %q: ids are of letters, digits, dots, dashes and underscores", c.ID)
		case taken:
			return nil, fault.At(fault.Invalid, "FEDERATED_CATALOGUES", "FEDERATED_CATALOGUES has two catalogues that are called %q", c.ID)
		}
		f.catalogues, f.free[c.ID] = append(f.catalogues, c), make(chan struct{}, atOnce)
	}
	return f, nil
}

// entries reads the forms of the setting.
func (f *federation) entries(text string) ([]catalogueEntry, error) {
	switch {
	case text == "":
		return nil, nil
	case text[0] == '[':
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			return nil, err
		}
		return listed(list)
	case text[0] == '{':
		var all struct {
			Merged     *bool             `json:"merge_results"`
			Catalogues []json.RawMessage `json:"catalogues"`
		}
		if err := strictly([]byte(text), &all); err != nil {
			return nil, err
		}
		if all.Merged != nil {
			f.grouped = !*all.Merged
		}
		return listed(all.Catalogues)
	}
	var entries []catalogueEntry
	for one := range strings.SplitSeq(text, ",") {
		entries = append(entries, entry(strings.TrimSpace(one)))
	}
	return entries, nil
}

// listed reads a list of catalogues, each an address or an object.
func listed(list []json.RawMessage) ([]catalogueEntry, error) {
	entries := make([]catalogueEntry, len(list))
	for i, raw := range list {
		var address string
		if json.Unmarshal(raw, &address) == nil {
			entries[i] = entry(address)
		} else if err := strictly(raw, &entries[i]); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// strictly reads a JSON object whose members are all known.
func strictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// entry reads an address, behind an id and a sign of equality or by itself.
func entry(text string) catalogueEntry {
	if id, address, named := strings.Cut(text, "="); named && catalogueID.MatchString(id) {
		return catalogueEntry{ID: id, URL: address}
	}
	return catalogueEntry{URL: text}
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
	select {
	case f.free[of.ID] <- struct{}{}:
		defer func() { <-f.free[of.ID] }()
	case <-ctx.Done():
		return records.FederatedPage{}, fault.New(fault.Unavailable, "the catalogue %s is asked by too many at once", of.ID)
	}
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
