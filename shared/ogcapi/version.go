package ogcapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"perigee/shared/fault"
)

// VersionTag is the strong entity tag of a representation of something that has versions: it begins with the version,
// which is what changes depend on, and ends with what tells representations of it apart (RFC 9110, 8.8.3).
func VersionTag(version string, body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + version + "." + base64.RawURLEncoding.EncodeToString(sum[:9]) + `"`
}

// WriteVersion is Write for something that has versions and was changed at some time. Without a version it is Write.
func WriteVersion(w http.ResponseWriter, r *http.Request, mediaType, version string, modified time.Time, body []byte) {
	SetModified(w.Header(), modified)
	tag := entityTag(body)
	if version != "" {
		tag = VersionTag(version, body)
	}
	write(w, r, mediaType, tag, body)
}

// SetModified says when what is answered was last changed, if that is known.
func SetModified(header http.Header, modified time.Time) {
	if !modified.IsZero() {
		header.Set("Last-Modified", modified.UTC().Format(http.TimeFormat))
	}
}

// Preconditions are what a writing request expects of what it is to change (RFC 9110, 13.1).
type Preconditions struct {
	Versions   []string  // If-Match: it is in one of these versions
	Present    bool      // If-Match: *
	Absent     bool      // If-None-Match: *
	Unmodified time.Time // If-Unmodified-Since, where there is no If-Match
}

// ReadPreconditions reads those of a request. A weak entity tag stands for no version: If-Match compares strongly. That
// a list of tags is not what is there is of no use to a writing request, and refused.
func ReadPreconditions(r *http.Request) (Preconditions, error) {
	var p Preconditions
	for one := range tags(r.Header.Values("If-Match")) {
		if one == "*" {
			p.Present = true
			continue
		}
		p.Versions = append(p.Versions, versionOf(one))
	}
	for one := range tags(r.Header.Values("If-None-Match")) {
		if one != "*" {
			return p, fault.At(fault.Invalid, "If-None-Match", "If-None-Match is %q: of writing requests * alone is understood", one)
		}
		p.Absent = true
	}
	if p.Present || len(p.Versions) > 0 {
		return p, nil
	}
	if since, err := http.ParseTime(r.Header.Get("If-Unmodified-Since")); err == nil { // else it is ignored (13.1.4)
		p.Unmodified = since
	}
	return p, nil
}

// versionOf is the version that a strong entity tag names. Any other tag stands for itself, which no version is.
func versionOf(tag string) string {
	if len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"' {
		return tag
	}
	version, _, _ := strings.Cut(tag[1:len(tag)-1], ".")
	return version
}

// WriteWritten answers a writing request with what was written, as it is read from now on.
func WriteWritten(w http.ResponseWriter, status int, mediaType, version string, body []byte) {
	header := w.Header()
	header.Set("ETag", VersionTag(version, body))
	header.Set("Content-Type", mediaType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}
