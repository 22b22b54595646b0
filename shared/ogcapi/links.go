package ogcapi

import (
	"net/http"
	"net/url"
	"strings"
)

// Href is an address below root, each segment escaped.
func Href(root string, segments ...string) string {
	size := len(root)
	for _, s := range segments {
		size += 1 + len(s)
	}
	var b strings.Builder
	b.Grow(size) // and more, where something is escaped
	b.WriteString(root)
	for _, s := range segments {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// WithQuery is an address with some of its query parameters set or, where the value is empty, taken away. Those that were
// empty stay out.
func WithQuery(href string, query url.Values, set map[string]string) string {
	changed := url.Values{}
	for name, values := range query {
		if len(values) != 1 || values[0] != "" {
			changed[name] = values
		}
	}
	for name, value := range set {
		if value == "" {
			changed.Del(name)
		} else {
			changed.Set(name, value)
		}
	}
	if len(changed) == 0 {
		return href
	}
	return href + "?" + changed.Encode()
}

// AddLink says in the header what a link of the body says (RFC 8288), so that a client that does not read the body finds
// its way too. What could end the address early is left out.
func AddLink(header http.Header, rel, href, mediaType string) {
	if strings.ContainsFunc(href, func(c rune) bool { return c <= ' ' || c == '<' || c == '>' || c == '"' || c > '~' }) {
		return
	}
	link := "<" + href + `>; rel="` + rel + `"`
	if mediaType != "" {
		link += `; type="` + strings.ReplaceAll(mediaType, `"`, "") + `"`
	}
	header.Add("Link", link)
}
