package ows

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Document is a small answer that was made before its first byte is sent.
type Document struct {
	Type         string // media type
	Body         []byte
	Status       int    // 0: 200
	CacheControl string // empty: "no-cache", to be revalidated by its entity tag
}

// Serve answers a GET or HEAD with the document and its entity tag, or 304 when the asker has it already. The tag of a
// picture is strong, that of a text weak, because compression on the way changes its bytes.
func (d Document) Serve(w http.ResponseWriter, r *http.Request) {
	tag := ETag(d.Body)
	if !strings.HasPrefix(d.Type, "image/") {
		tag = "W/" + tag
	}
	header := w.Header()
	header.Set("ETag", tag)
	header.Set("Cache-Control", either(d.CacheControl, "no-cache"))
	if Matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", d.Type)
	header.Set("Content-Length", strconv.Itoa(len(d.Body)))
	w.WriteHeader(cmp.Or(d.Status, http.StatusOK))
	if r.Method != http.MethodHead {
		_, _ = w.Write(d.Body)
	}
}

// ETag is a strong entity tag, with its quotes, of a body.
func ETag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// Matches tells whether an If-None-Match header names the tag (RFC 9110 clause 13.1.2, weak comparison).
func Matches(ifNoneMatch, tag string) bool {
	if strings.TrimSpace(ifNoneMatch) == "*" {
		return true
	}
	for _, candidate := range strings.Split(ifNoneMatch, ",") {
		if strings.TrimPrefix(strings.TrimSpace(candidate), "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}

// Public lets pages of any origin read the answers of a service that is asked without cookies (the CORS protocol of the
// Fetch standard), answers OPTIONS, and refuses the methods that are not listed.
func Public(next http.Handler, methods ...string) http.Handler {
	allowed := strings.Join(append(slices.Clone(methods), http.MethodOptions), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Access-Control-Allow-Origin", "*")
		header.Set("Access-Control-Expose-Headers", "ETag, Content-Length, Warning")
		switch {
		case r.Method == http.MethodOptions:
			header.Set("Access-Control-Allow-Methods", allowed)
			header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-None-Match")
			header.Set("Access-Control-Max-Age", "86400")
			header.Set("Allow", allowed)
		case !slices.Contains(methods, r.Method):
			header.Set("Allow", allowed)
			http.Error(w, "the method "+r.Method+" is not allowed here", http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}
