package oaipmh

import (
	"encoding/base64"
	"encoding/json"
)

// token is what a resumption token says: all that the list was asked with, and where it goes on.
type token struct {
	Verb   string `json:"v,omitempty"`
	Prefix string `json:"p,omitempty"`
	Set    string `json:"s,omitempty"`
	From   int64  `json:"f,omitempty"` // seconds since 1970
	Before int64  `json:"b,omitempty"`
	After  string `json:"a,omitempty"` // the store's token, or the last set
	Done   int    `json:"d,omitempty"` // records that came before
	Total  int    `json:"n,omitempty"` // of the whole list, as its first part told
}

// maxToken bounds the characters of a token.
const maxToken = 8 << 10

func (t token) String() string {
	text, err := json.Marshal(t)
	if err != nil { // texts and numbers always encode
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseToken(text string) (t token, ok bool) {
	if len(text) > maxToken {
		return t, false
	}
	read, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(read, &t) != nil {
		return t, false
	}
	return t, t.After != "" && t.Done >= 0 && t.Total >= 0
}

// newToken is the resumption token behind a part of a list: none when the part is the whole list, an empty one at the end
// of a longer list (clause 3.5).
func newToken(q request, page Page, total int) *resumption {
	if page.Next == "" && !q.resumed {
		return nil
	}
	r := &resumption{Size: max(total, q.done+len(page.Records)), Cursor: q.done}
	if page.Next != "" {
		t := token{Verb: q.verb, Prefix: q.format.Prefix, Set: q.set, After: page.Next, Done: q.done + len(page.Records), Total: total}
		if !q.from.IsZero() {
			t.From = q.from.Unix()
		}
		if !q.before.IsZero() {
			t.Before = q.before.Unix()
		}
		r.Text = t.String()
	}
	return r
}
