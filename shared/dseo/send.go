package dseo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"perigee/shared/fault"
	"perigee/shared/ows"
)

// send answers with the archive of a product, or with the parts of it that are asked for: its length is known before its
// first byte, and its bytes are the same every time as long as the files are, so that who was cut off goes on.
func (s service) send(w http.ResponseWriter, r *http.Request, product Product) error {
	select {
	case s.downloads <- struct{}{}:
		defer func() { <-s.downloads }()
	default:
		return fault.New(fault.Unavailable, "as many products are being downloaded as may be at the same time")
	}
	archive, tag := newArchive(product, largest32), product.tag()
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": safe(product.ID) + ".zip"}))
	header.Set("ETag", tag)
	header.Set("Cache-Control", "no-cache") // to be revalidated by its entity tag
	header.Set("Access-Control-Expose-Headers", "ETag, Content-Length, Content-Range, Content-Disposition")
	if strings.Count(r.Header.Get("Range"), ",") >= maxRanges { // a server may send all instead (RFC 9110 clause 14.2)
		r = r.Clone(r.Context())
		r.Header.Del("Range")
	}
	http.ServeContent(ows.Patient(w, s.config.Patience), r, "", product.Modified, archive.reader(r.Context(), s.sums.of(tag), func(all []sum) { s.sums.keep(tag, all) }))
	return nil
}

// maxRanges bounds the parts that are sent at once: each may have a piece of a file read.
const maxRanges = 5

// tag is the entity tag of the archive, by what it is made of.
func (p Product) tag() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %d\n", p.ID, p.Modified.Unix())
	for _, f := range p.Files {
		fmt.Fprintf(h, "%q %d %q\n", f.Name, f.Size, f.Version)
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:16]) + `"`
}

// sums remembers the checksums of archives by their entity tags, so that who asks for the end of one does not have all of it
// read again.
type sums struct {
	mu    sync.Mutex
	known map[string][]sum
}

// maxKnown bounds the archives whose checksums are remembered.
const maxKnown = 256

func (s *sums) of(tag string) []sum {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[tag]
}

func (s *sums) keep(tag string, all []sum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || len(s.known) >= maxKnown {
		s.known = map[string][]sum{}
	}
	s.known[tag] = slices.Clone(all)
}
