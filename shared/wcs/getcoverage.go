package wcs

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/ows"
)

// getCoverage answers GetCoverage (09-110r4 clause 8.4): with the file, whole or in parts, or with what it is in GML and the file
// behind that.
func (c *call) getCoverage(w http.ResponseWriter) error {
	request := c.readRequest()
	if err := c.params.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.r.Context(), c.config.Timeout)
	defer cancel()
	found, err := c.find(ctx, []string{request.id})
	if err != nil {
		return err
	}
	if request.lay(c.params, found[0]); c.params.Err() != nil {
		return c.params.Err()
	}
	piece, err := c.store.Cut(ctx, c.asked.Scope, request.cut)
	if err != nil {
		return err
	}
	if tag := c.tag(piece, request); ows.Matches(c.r.Header.Get("If-None-Match"), tag) {
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "no-cache")
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return c.send(w, piece, request)
}

// tag is the entity tag of an answer.
func (c *call) tag(piece Piece, r request) string {
	if !r.multipart {
		return `"` + piece.EntityTag() + `"`
	}
	return ows.ETag([]byte(piece.EntityTag() + string(c.description(piece, r))))
}

// send opens a piece and sends it.
func (c *call) send(w http.ResponseWriter, piece Piece, r request) error {
	select {
	case c.downloads <- struct{}{}:
		defer func() { <-c.downloads }()
	default:
		return fault.New(fault.Unavailable, "as many coverages are being downloaded as may be at the same time")
	}
	content, err := piece.Open(c.r.Context(), c.config.Timeout)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("ETag", c.tag(piece, r))
	header.Set("Cache-Control", "no-cache")
	header.Set("Access-Control-Expose-Headers", "ETag, Content-Length, Content-Range, Content-Disposition")
	header.Set("Content-Type", r.cut.Format)
	header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": c.fileName(r)}))
	var body io.ReadSeeker = content
	if r.multipart {
		header.Set("Content-Type", mime.FormatMediaType("multipart/related", map[string]string{"boundary": boundary, "type": gmlType, "start": "<" + r.id + ".xml>"}))
		header.Del("Content-Disposition")
		body = c.related(piece, r, content, content.Size())
	}
	const maxRanges = 5
	if strings.Count(c.r.Header.Get("Range"), ",") >= maxRanges { // a server may send all instead (RFC 9110 clause 14.2)
		c.r = c.r.Clone(c.r.Context())
		c.r.Header.Del("Range")
	}
	http.ServeContent(ows.Patient(w, c.config.Patience), withMethod(c.r), "", time.Time{}, body)
	return nil
}

// withMethod is a request as one for a document: parts of an answer to POST can be asked for, too.
func withMethod(r *http.Request) *http.Request {
	if r.Method != http.MethodPost {
		return r
	}
	r = r.Clone(r.Context())
	r.Method = http.MethodGet
	return r
}

func (c *call) fileName(r request) string {
	return r.id + "." + c.config.Extensions(r.cut.Format)
}

// The parts of an answer in several (RFC 2387, 09-146r2 clause 10).
const (
	gmlType  = "application/gml+xml"
	boundary = "wcs-coverage-0f1a9be2d05b4c67"
)

// related puts the description of a piece before it.
func (c *call) related(piece Piece, r request, content io.ReadSeeker, size int64) io.ReadSeeker {
	description := c.description(piece, r)
	head := fmt.Sprintf("--%s\r\nContent-Type: %s\r\nContent-ID: <%s.xml>\r\nContent-Length: %d\r\n\r\n%s\r\n--%s\r\nContent-Type: %s\r\nContent-ID: <%s>\r\nContent-Disposition: %s\r\nContent-Length: %d\r\n\r\n",
		boundary, gmlType, r.id, len(description), description, boundary, r.cut.Format, c.reference(r), mime.FormatMediaType("attachment", map[string]string{"filename": c.fileName(r)}), size)
	return &joined{parts: []joint{{strings.NewReader(head), int64(len(head))}, {content, size}, {strings.NewReader("\r\n--" + boundary + "--\r\n"), int64(len(boundary) + 8)}}}
}

// reference is the name by which the description tells of the file.
func (c *call) reference(r request) string { return "coverage/" + c.fileName(r) }

// description is a piece in GML (09-146r2 clause 6, 10-140r1 clause 6).
func (c *call) description(piece Piece, r request) []byte {
	part := r.cut.Coverage
	part.Grid = piece.Place()
	if len(r.cut.Fields) > 0 {
		part.Fields = nil
		for _, at := range r.cut.Fields {
			part.Fields = append(part.Fields, r.cut.Coverage.Fields[at])
		}
	}
	w := newDocument()
	name := "wcseo:" + part.subtype()
	if !part.dataset() {
		name = "gmlcov:" + part.subtype()
	}
	w.Open(name, append([]string{"gml:id", part.ID}, prefixes...)...)
	w.bounds(part.Grid)
	w.domain(part)
	cid := "cid:" + c.reference(r)
	w.Open("gml:rangeSet")
	w.Open("gml:File")
	w.Empty("gml:rangeParameters", "xlink:href", cid, "xlink:arcrole", "fileReference", "xlink:role", roleOf(r.cut.Format))
	w.Element("gml:fileReference", cid)
	w.Empty("gml:fileStructure")
	w.Element("gml:mimeType", r.cut.Format)
	w.Close("gml:File")
	w.Close("gml:rangeSet")
	w.ranges(part.Fields, part.Grid.DataType)
	lineage := ""
	if c.posted == nil {
		lineage = c.address() + c.r.URL.RawQuery
	}
	w.earthObservation(part, lineage)
	w.Close(name)
	return w.Bytes
}

// roleOf is what a format conforms to.
func roleOf(format string) string {
	if format == "image/tiff" {
		return "http://www.opengis.net/spec/GMLCOV_geotiff-coverages/1.0/conf/geotiff-coverage"
	}
	return "http://www.opengis.net/spec/GMLCOV/1.0/conf/special-format"
}

// joint is a part of what is joined.
type joint struct {
	io.ReadSeeker
	size int64
}

// joined reads parts one behind the other, from anywhere.
type joined struct {
	parts []joint
	at    int64
}

// Seek goes somewhere else.
func (j *joined) Seek(offset int64, whence int) (int64, error) {
	size := int64(0)
	for _, p := range j.parts {
		size += p.size
	}
	at := map[int]int64{io.SeekStart: 0, io.SeekCurrent: j.at, io.SeekEnd: size}[whence] + offset
	if at < 0 {
		return 0, fault.New(fault.Invalid, "a place before the answer")
	}
	j.at = at
	return at, nil
}

// Read gives what lies here.
func (j *joined) Read(b []byte) (int, error) {
	begin := int64(0)
	for _, p := range j.parts {
		if j.at < begin+p.size {
			if _, err := p.Seek(j.at-begin, io.SeekStart); err != nil {
				return 0, err
			}
			n, err := p.Read(b[:min(int64(len(b)), begin+p.size-j.at)])
			if j.at += int64(n); err == io.EOF && n > 0 {
				err = nil
			}
			return n, err
		}
		begin += p.size
	}
	return 0, io.EOF
}
