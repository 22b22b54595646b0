package catalogue

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// token is where a page ended: the keys of its last record, or of its first for the way back. It holds for the question
// and the scope that it was made for only; what may be read is decided by the scope of every request anew.
type token struct {
	Back bool     `json:"b,omitempty"`
	With bool     `json:"w,omitempty"` // the record at the place itself comes too
	Keys []string `json:"k"`
	Null []int    `json:"n,omitempty"` // the keys that are null
	For  string   `json:"f"`
}

const maxToken = 48 << 10 // more than ten keys of an order take

func (t token) String() string {
	text, err := json.Marshal(t)
	if err != nil { // cannot be: the fields are strings
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// tokenAt is the place of a record with such keys.
func tokenAt(keys []*string, back bool, binding string) string {
	t := token{Back: back, Keys: make([]string, len(keys)), For: binding}
	for i, key := range keys {
		if key == nil {
			t.Null = append(t.Null, i)
		} else {
			t.Keys[i] = *key
		}
	}
	return t.String()
}

// turned is the place from which the other way begins, where nothing is left on this one. What is at the place was on the
// page before.
func (t token) turned() string {
	t.Back, t.With = !t.Back, !t.With
	return t.String()
}

// parseToken reads a token that must have been made for the same question and have that many keys.
func parseToken(s, question string, keys int) (*token, error) {
	if s == "" {
		return nil, nil
	}
	var t token
	text, err := base64.RawURLEncoding.DecodeString(s)
	if len(s) > maxToken || err != nil || json.Unmarshal(text, &t) != nil {
		return nil, fault.At(fault.Invalid, "token", "the paging token cannot be read")
	}
	if t.For != question || len(t.Keys) != keys {
		return nil, fault.At(fault.Invalid, "token", "the paging token belongs to another question")
	}
	for _, key := range t.Keys {
		if strings.ContainsRune(key, 0) {
			return nil, fault.At(fault.Invalid, "token", "the paging token cannot be read")
		}
	}
	return &t, nil
}

// binding identifies a question in a scope by the statement that it became.
func binding(sc scope.Scope, statement string, args []any) string {
	hash := sha256.New()
	fmt.Fprintf(hash, "%q %q %q", sc.Readable(), sc.Principal, statement)
	for _, arg := range args {
		fmt.Fprintf(hash, " %T %q", arg, fmt.Sprint(arg))
	}
	return base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:12])
}
