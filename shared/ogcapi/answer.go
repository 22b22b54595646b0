package ogcapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// The media types of answers.
const (
	MediaTypeJSON       = "application/json"
	MediaTypeGeoJSON    = "application/geo+json"
	MediaTypeHTML       = "text/html; charset=utf-8"
	MediaTypeMergePatch = "application/merge-patch+json" // RFC 7396
	MediaTypeOpenAPI    = "application/vnd.oai.openapi+json;version=3.0"
)

// WriteJSON answers with v as JSON.
func WriteJSON(w http.ResponseWriter, r *http.Request, mediaType string, v any) error {
	body, err := Encode(v)
	if err != nil {
		return err
	}
	Write(w, r, mediaType, body)
	return nil
}

// Encode writes JSON without the escapes for HTML and without a newline at its end.
func Encode(v any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, fault.Classify(fault.Internal, err, "encoding an answer")
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}

// Write answers 200 with a body that is whole already, or 304 to a client that has it. Where Last-Modified is said, a client
// may have it by that, too.
func Write(w http.ResponseWriter, r *http.Request, mediaType string, body []byte) {
	write(w, r, mediaType, entityTag(body), body)
}

func write(w http.ResponseWriter, r *http.Request, mediaType, tag string, body []byte) {
	header := w.Header()
	header.Add("Vary", "Accept")
	header.Set("ETag", tag)
	if known(r, tag, header.Get("Last-Modified")) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", mediaType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may be gone
	}
}

// known tells whether a client that reads has what is answered: by its entity tag or, where it names none, by when it was
// changed (RFC 9110, 13.1.2 and 13.1.3).
func known(r *http.Request, tag, modified string) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	if lines := r.Header.Values("If-None-Match"); len(lines) > 0 {
		return matches(lines, tag)
	}
	since := r.Header.Get("If-Modified-Since")
	if since == "" || modified == "" {
		return false
	}
	had, err := http.ParseTime(since)
	if err != nil { // it is ignored
		return false
	}
	changed, err := http.ParseTime(modified)
	return err == nil && !changed.After(had)
}

// entityTag is weak, because compression on the way changes the bytes.
func entityTag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

func matches(lines []string, tag string) bool {
	opaque := strings.TrimPrefix(tag, "W/")
	for one := range tags(lines) {
		if one == "*" || strings.TrimPrefix(one, "W/") == opaque {
			return true
		}
	}
	return false
}

// tags are the entity tags of a list, in one line or several.
func tags(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range lines {
			for one := range strings.SplitSeq(line, ",") {
				if one = strings.TrimSpace(one); one != "" && !yield(one) {
					return
				}
			}
		}
	}
}
