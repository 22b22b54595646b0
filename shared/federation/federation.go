// Package federation knows the catalogues that are asked together with this one: those that the operator named, and no others.
package federation

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
)

// Setting is what the catalogues are set by.
const Setting = "FEDERATED_CATALOGUES"

// The types of catalogues, in the words of pycsw.
const (
	CSW     = "CSW"   // OGC Catalogue Service for the Web
	Records = "OARec" // a collection of OGC API - Records
)

// System is what the catalogue of the system is called in that of a workspace. It is not asked over the network.
const System = "system"

// atOnce is how many questions a catalogue is asked by one instance at the same time; further ones wait.
const atOnce = 8

// maxTimeout bounds how long a catalogue is waited for.
const maxTimeout = 600 * time.Second

// Catalogue is one that is asked.
type Catalogue struct {
	ID      string
	Type    string
	Title   string
	URL     string
	Timeout time.Duration
	turns   chan struct{}
}

// Turn waits until the catalogue may be asked, no longer than the context allows; done gives the turn back.
func (c Catalogue) Turn(ctx context.Context) (done func(), err error) {
	if c.turns == nil {
		return func() {}, nil
	}
	select {
	case c.turns <- struct{}{}:
		return func() { <-c.turns }, nil
	case <-ctx.Done():
		return nil, fault.New(fault.Unavailable, "the catalogue %s is asked by too many at once", c.ID)
	}
}

// Entry is a catalogue as the configuration of pycsw has it (docs/distributedsearching.rst of geopython/pycsw).
type Entry struct {
	ID          string          `json:"id"`
	Type        string          `json:"type"`
	Title       string          `json:"title"`
	URL         string          `json:"url"`
	Timeout     int             `json:"timeout"`     // seconds
	Collections json.RawMessage `json:"collections"` // of a STAC API
	Auth        json.RawMessage `json:"auth"`
}

var (
	catalogueID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
	collection  = regexp.MustCompile(`/collections/[^/?]+/?$`)
)

// Read reads the setting: addresses between commas, each behind an id and a sign of equality or by itself; or, as JSON, what pycsw's
// configuration has as distributedsearch, as its catalogues or as federatedcatalogues. merged is what that says of merge_results, nil
// when it says nothing.
func Read(text string) (entries []Entry, merged *bool, err error) {
	switch text = strings.TrimSpace(text); {
	case text == "":
	case text[0] == '[':
		var list []json.RawMessage
		if err = json.Unmarshal([]byte(text), &list); err == nil {
			entries, err = listed(list)
		}
	case text[0] == '{':
		var all struct {
			Merged     *bool             `json:"merge_results"`
			Catalogues []json.RawMessage `json:"catalogues"`
		}
		if err = strictly([]byte(text), &all); err == nil {
			merged = all.Merged
			entries, err = listed(all.Catalogues)
		}
	default:
		for one := range strings.SplitSeq(text, ",") {
			entries = append(entries, Named(strings.TrimSpace(one)))
		}
	}
	if err != nil {
		return nil, nil, fault.At(fault.Invalid, Setting, "%s: %w", Setting, err)
	}
	return entries, merged, nil
}

// listed reads a list of catalogues, each an address or an object.
func listed(list []json.RawMessage) ([]Entry, error) {
	entries := make([]Entry, len(list))
	for i, raw := range list {
		var address string
		if json.Unmarshal(raw, &address) == nil {
			entries[i] = Named(address)
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

// Named reads an address, behind an id and a sign of equality or by itself.
func Named(text string) Entry {
	if id, address, named := strings.Cut(text, "="); named && catalogueID.MatchString(id) {
		return Entry{ID: id, URL: address}
	}
	return Entry{URL: text}
}

// TypeOf is the type of a catalogue. One that does not tell it is of the wanted one, but that the address of a collection tells that it
// is of OGC API - Records.
func (e Entry) TypeOf(wanted string) string {
	if e.Type == "" && collection.MatchString(e.URL) {
		return Records
	}
	return cmp.Or(e.Type, wanted)
}

// Of are the catalogues of a type; others are passed over, and handed back. timeout is how long one is waited for that does not say so
// itself. Whatever it is, a catalogue is asked as anybody may, by nothing that is secret.
func Of(wanted string, entries []Entry, timeout time.Duration) (all []Catalogue, passed []Entry, err error) {
	taken := map[string]bool{}
	for i, e := range entries {
		if e.TypeOf(wanted) != wanted {
			passed = append(passed, e)
			continue
		}
		c := Catalogue{ID: cmp.Or(e.ID, "catalogue-"+strconv.Itoa(i+1)), Type: wanted, Title: e.Title, URL: strings.TrimSuffix(e.URL, "/"), Timeout: timeout, turns: make(chan struct{}, atOnce)}
		if e.Timeout > 0 {
			c.Timeout = time.Duration(min(e.Timeout, int(maxTimeout/time.Second))) * time.Second
		}
		switch {
		case !isAddress(c):
			return nil, nil, fault.At(fault.Invalid, Setting, "%s has %q, which is not the address of a catalogue", Setting, e.URL)
		case len(e.Auth) > 0:
			return nil, nil, fault.At(fault.Unsupported, Setting, "%s has auth for %q: catalogues are asked as anybody may", Setting, c.ID)
		case !catalogueID.MatchString(c.ID):
			return nil, nil, fault.At(fault.Invalid, Setting, "%s has the id %q: ids are of letters, digits, dots, dashes and underscores", Setting, c.ID)
		case taken[c.ID] || c.ID == System:
			return nil, nil, fault.At(fault.Invalid, Setting, "%s has two catalogues that are called %q", Setting, c.ID)
		}
		taken[c.ID] = true
		all = append(all, c)
	}
	return all, passed, nil
}

// isAddress tells whether a catalogue can be asked where it is said to be. That of a CSW may have a query of its own (map=…, config=…).
func isAddress(c Catalogue) bool {
	u, err := url.Parse(c.URL)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.Fragment == "" && (u.RawQuery == "" || c.Type == CSW)
}
