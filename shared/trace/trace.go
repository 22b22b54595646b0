// Package trace carries the W3C trace context (https://www.w3.org/TR/trace-context/) through a request, so that one
// search for an identifier shows the whole way of an item through the functions.
package trace

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
)

// Header is the name of the header, and of the CloudEvents extension, that carries a trace parent.
const Header = "traceparent"

// Parent is a trace parent: version 00, a trace id of 32 hexadecimal digits, a parent id of 16, and flags.
type Parent string

// Parse takes a well-formed trace parent, of a later version what version 00 knows of it; anything else begins a new
// trace.
func Parse(s string) Parent {
	if len(s) > 55 && s[55] == '-' && s[:2] != "00" {
		s = s[:55] // later versions may say more
	}
	if len(s) == 55 && valid("00"+s[2:]) && strings.Trim(s[:2], "0123456789abcdef") == "" && s[:2] != "ff" {
		return Parent("00" + s[2:])
	}
	return New()
}

// New begins a trace.
func New() Parent {
	var b [24]byte
	rand.Read(b[:])
	return Parent("00-" + hex.EncodeToString(b[:16]) + "-" + hex.EncodeToString(b[16:]) + "-01")
}

// ID is the trace id, 32 hexadecimal digits, or nothing for the zero Parent.
func (p Parent) ID() string {
	if len(p) < 35 {
		return ""
	}
	return string(p[3:35])
}

// Child is the same trace with a parent id of its own: what is handed on.
func (p Parent) Child() Parent {
	if len(p) != 55 {
		return New()
	}
	var b [8]byte
	rand.Read(b[:])
	return p[:36] + Parent(hex.EncodeToString(b[:])) + p[52:]
}

func valid(s string) bool {
	if len(s) != 55 || s[2] != '-' || s[35] != '-' || s[52] != '-' || s[:2] != "00" {
		return false
	}
	for _, part := range []string{s[3:35], s[36:52], s[53:]} {
		if strings.Trim(part, "0123456789abcdef") != "" {
			return false
		}
	}
	return strings.Trim(s[3:35], "0") != "" && strings.Trim(s[36:52], "0") != ""
}

type key struct{}

// NewContext hands a trace parent on.
func NewContext(ctx context.Context, p Parent) context.Context {
	return context.WithValue(ctx, key{}, p)
}

// FromContext is the trace parent of what is being done, empty when nothing began a trace.
func FromContext(ctx context.Context) Parent {
	p, _ := ctx.Value(key{}).(Parent)
	return p
}

// Transport adds the trace parent of a request's context to what is sent through next.
func Transport(next http.RoundTripper) http.RoundTripper { return transport{next} }

type transport struct{ next http.RoundTripper }

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if p := FromContext(r.Context()); p != "" && r.Header.Get(Header) == "" {
		r = r.Clone(r.Context())
		r.Header.Set(Header, string(p.Child()))
	}
	return t.next.RoundTrip(r)
}
