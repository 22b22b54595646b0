// Package ows is what the OGC web services have in common (OGC Web Services Common, 05-008, 06-121r3, 06-121r9):
// requests by key-value pairs and by XML, version negotiation, exception reports, the description of the service and its
// provider, and the writing of XML documents.
package ows

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// Params are the key-value pairs of a request. Names are compared without regard to case. The getters never fail by
// themselves: they note what is wrong and go on, so that Err tells all of it together.
type Params struct {
	values map[string][]string
	errs   []error
	noted  map[string]bool // the texts of errs
}

// KVP reads the pairs of a request's query.
func KVP(r *http.Request) *Params { return ParseKVP(r.URL.RawQuery) }

// ParseKVP reads the pairs of a query string.
func ParseKVP(query string) *Params {
	if query == "" {
		return &Params{}
	}
	values, err := ParseQuery(query)
	p := NewParams(values)
	if err != nil {
		p.Fail(fault.New(fault.Invalid, "the query string is not well formed: %v", err))
	}
	return p
}

// ParseQuery reads a query string, also one that clients did not encode: a percent sign that begins no escape, as in the patterns of a
// condition (dc:title like '%ice%'), stands for itself, and so does a semicolon (https://url.spec.whatwg.org/#percent-decode).
func ParseQuery(query string) (url.Values, error) {
	values, err := url.ParseQuery(query)
	if err == nil {
		return values, nil
	}
	return url.ParseQuery(encoded(query))
}

// encoded is a query string with escapes for what cannot stand in one.
func encoded(query string) string {
	var b strings.Builder
	for i := range len(query) {
		switch c := query[i]; {
		case c == '%' && !escapes(query[i+1:]):
			b.WriteString("%25")
		case c == ';':
			b.WriteString("%3B")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escapes tells whether what follows a percent sign makes an escape of it.
func escapes(behind string) bool {
	return len(behind) > 1 && isHex(behind[0]) && isHex(behind[1])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// NewParams wraps pairs that came another way than by a query string.
func NewParams(values url.Values) *Params {
	p := &Params{values: make(map[string][]string, len(values))}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // spellings of one name come in the same order every time
	for _, name := range names {
		key := strings.ToLower(name)
		p.values[key] = append(p.values[key], values[name]...)
	}
	return p
}

// Fail notes a failure, once however often a parameter is read.
func (p *Params) Fail(err error) {
	if err == nil {
		return
	}
	if text := err.Error(); !p.noted[text] {
		if p.noted == nil {
			p.noted = map[string]bool{}
		}
		p.noted[text] = true
		p.errs = append(p.errs, err)
	}
}

// Err is everything that was noted, joined; nil when nothing was.
func (p *Params) Err() error { return errors.Join(p.errs...) }

// Has tells whether the parameter is there, be it empty.
func (p *Params) Has(name string) bool {
	_, ok := p.named(name)
	return ok
}

// named are the values of a parameter. Every request asks for many, most of which are missing: no memory is taken for that.
func (p *Params) named(name string) (values []string, ok bool) {
	var room [64]byte
	if len(name) > len(room) {
		values, ok = p.values[strings.ToLower(name)]
		return values, ok
	}
	key := room[:0]
	for i := range len(name) {
		c := name[i]
		if c >= 0x80 {
			values, ok = p.values[strings.ToLower(name)]
			return values, ok
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		key = append(key, c)
	}
	values, ok = p.values[string(key)]
	return values, ok
}

// Values lists the values of a parameter that may be repeated, without the empty ones.
func (p *Params) Values(name string) []string {
	var values []string
	named, _ := p.named(name)
	for _, v := range named {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// Get is the value of a parameter, empty when it is missing. One that is repeated with different values is noted.
func (p *Params) Get(name string) string {
	value := ""
	named, _ := p.named(name)
	for _, other := range named {
		switch other = strings.TrimSpace(other); {
		case other == "" || other == value:
		case value == "":
			value = other
		default:
			p.Fail(Invalid(name, "%s is given more than once: %q and %q", name, value, other))
			return value
		}
	}
	return value
}

// Need is the value of a parameter that must be there.
func (p *Params) Need(name string) string {
	value := p.Get(name)
	if value == "" {
		p.Fail(Missing(name))
	}
	return value
}
