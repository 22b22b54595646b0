package records

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"path"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
)

// here is this catalogue among those whose records are merged.
const here = ""

// position is where a catalogue goes on in a list that is merged from several: at a page of its own, behind those records
// of it that were taken already.
type position struct {
	Token string            `json:"t,omitempty"` // of a page that is asked for here
	Query map[string]string `json:"q,omitempty"` // of a page of another catalogue: in what its address differs from the first
	Taken int               `json:"k,omitempty"`
	Last  string            `json:"i,omitempty"` // id of the last one that was taken
}

// positions are where each catalogue goes on. One that is missing has come to its end; nil is the beginning of all.
type positions map[string]position

// of tells where a catalogue goes on, if it does.
func (p positions) of(id string) (from position, open bool) {
	if p == nil {
		return position{}, true
	}
	from, open = p[id]
	return from, open
}

// The tokens of merged lists.
const (
	mergedToken = "m."
	maxToken    = 16 << 10
)

// token is empty at the end of all catalogues.
func (p positions) token() string {
	if len(p) == 0 {
		return ""
	}
	text, err := json.Marshal(p)
	if err != nil { // texts and numbers always encode
		return ""
	}
	return mergedToken + base64.RawURLEncoding.EncodeToString(text)
}

// readPositions reads where the catalogues of a merged list go on. Each of them is asked for what its position says, which
// whoever forges one could ask it for anyway; its address is not part of it.
func readPositions(p *ogcapi.Params, q *Query) positions {
	if q.Offset > 0 {
		p.Fail(fault.At(fault.Invalid, "offset", "the records of several catalogues are paged by the links of their pages, not by an offset"))
		return nil
	}
	if q.After == "" {
		return nil
	}
	var at positions
	text, merged := strings.CutPrefix(q.After, mergedToken)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if !merged || len(text) > maxToken || err != nil || json.Unmarshal(raw, &at) != nil || at == nil {
		p.Fail(fault.At(fault.Invalid, "token", "the token is not one of a list of several catalogues"))
		return nil
	}
	q.After = at[here].Token
	return at
}

// question is a query at a position: its parameters, but for those that differ there. How far it is sent on and how many
// records are wanted stays.
func (p position) question(query url.Values) url.Values {
	asked := url.Values{}
	for name, values := range query {
		asked[name] = values
	}
	for name, value := range p.Query {
		switch {
		case name == "limit" || slices.Contains(distributed, name):
		case value == "":
			asked.Del(name)
		default:
			asked.Set(name, value)
		}
	}
	return asked
}

// following is where a catalogue goes on behind a page, if it does. Of the address that it gives only the query counts.
func following(page FederatedPage, query url.Values) (position, bool) {
	if page.Token != "" {
		return position{Token: page.Token}, true
	}
	next, err := url.Parse(page.Next)
	if err != nil || path.Base(next.Path) != "items" {
		return position{}, false
	}
	given := next.Query()
	to := position{Query: map[string]string{}}
	for name := range given {
		if value := given.Get(name); value != query.Get(name) {
			to.Query[name] = value
		}
	}
	for name := range query {
		if !given.Has(name) {
			to.Query[name] = ""
		}
	}
	return to, true
}

// source is a catalogue in a merged list, with a page of its records.
type source struct {
	id       string
	features []json.RawMessage
	from, to position // where the page began, and where what is behind it does
	ended    bool     // there is nothing behind it

	over  int // records that were taken before
	taken int
}

// placed is a record with the catalogue it is of.
type placed struct {
	feature json.RawMessage
	source  string
}

// merge takes as many records as are wanted, in an order: newest first, when none is asked for. It takes fewer when a
// catalogue has to be asked for more before it is known which is next. Catalogues that do not keep the order themselves
// stay in their own, and none of their records is lost.
func merge(sources []*source, keys []Sort, limit int) ([]placed, positions) {
	if len(keys) == 0 {
		keys = []Sort{{Property: filter.PropertyDatetime, Desc: true}}
	}
	heads := make([][]any, len(sources))
	for i, s := range sources {
		s.over = s.passed()
		heads[i] = s.values(keys)
	}
	var all []placed
	for len(all) < limit {
		first := -1
		unknown := false
		for i, s := range sources {
			switch {
			case heads[i] != nil && (first < 0 || compareKeys(heads[i], heads[first], keys) < 0):
				first = i
			case heads[i] == nil:
				unknown = unknown || !s.ended
			}
		}
		if first < 0 || unknown {
			break
		}
		s := sources[first]
		all = append(all, placed{s.features[s.over+s.taken], s.id})
		s.taken++
		heads[first] = s.values(keys)
	}
	next := positions{}
	for _, s := range sources {
		s.rest(next)
	}
	return all, next
}

// passed is how many records of the page were taken before. The last of them tells, wherever it is now; where it is gone,
// their number does.
func (s *source) passed() int {
	over := min(s.from.Taken, len(s.features))
	if over == 0 || idOf(s.features[over-1]) == s.from.Last {
		return over
	}
	if i := slices.IndexFunc(s.features, func(f json.RawMessage) bool { return idOf(f) == s.from.Last }); i >= 0 {
		return i + 1
	}
	return over
}

// values are those of the next record that it is ordered by; nil when the page has no further one.
func (s *source) values(keys []Sort) []any {
	if s.over+s.taken >= len(s.features) {
		return nil
	}
	return sortValues(s.features[s.over+s.taken], keys)
}

// rest adds where the catalogue goes on, if it does.
func (s *source) rest(to positions) {
	switch taken := s.over + s.taken; {
	case taken < len(s.features):
		at := s.from
		if at.Taken = taken; taken > 0 {
			at.Last = idOf(s.features[taken-1])
		}
		to[s.id] = at
	case !s.ended:
		to[s.id] = s.to
	}
}

func idOf(feature json.RawMessage) string {
	var f struct{ ID, Collection string }
	_ = json.Unmarshal(feature, &f) // what has none is found by its place
	return f.ID
}

// compareKeys compares records by what they are ordered by.
func compareKeys(a, b []any, keys []Sort) int {
	for i, k := range keys {
		c := compareJSON(a[i], b[i])
		if k.Desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// sortValues are the values of a record that it is ordered by.
func sortValues(feature json.RawMessage, keys []Sort) []any {
	var rec struct {
		ID         string
		Collection string
		Time       struct {
			Date, Timestamp string
			Interval        []string
		}
		Properties map[string]any
	}
	_ = json.Unmarshal(feature, &rec) // what is not there comes where nothing is
	values := make([]any, len(keys))
	for i, k := range keys {
		switch k.Property {
		case filter.PropertyID:
			values[i] = rec.ID
		case filter.PropertyCollection:
			values[i] = rec.Collection
		case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyTime:
			values[i] = cmp.Or(rec.Time.Timestamp, rec.Time.Date, strings.Join(rec.Time.Interval, "/"))
		default:
			values[i] = rec.Properties[strings.TrimPrefix(k.name, "properties.")]
		}
	}
	return values
}

// compareJSON orders values of JSON: nothing comes first, then truth values, numbers, texts.
func compareJSON(a, b any) int {
	rank := func(v any) int {
		switch v := v.(type) {
		case bool:
			return 1
		case float64:
			return 2
		case string:
			if v != "" {
				return 3
			}
		}
		return 0
	}
	if c := cmp.Compare(rank(a), rank(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	}
	return 0
}
