package csw

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/xmldoc"
)

// The media types of answers.
const (
	mediaXML  = "application/xml"
	mediaText = "text/xml"
	mediaJSON = "application/json"
	mediaAtom = "application/atom+xml"
	mediaOSDD = "application/opensearchdescription+xml"
)

// request is what was asked, in whatever encoding.
type request struct {
	*http.Request
	edition  *edition
	p        *ows.Params // its pairs; of XML, what all requests have
	body     []byte      // the request as XML, nil when it came as pairs
	posted   []byte      // body as it was posted, with its envelope
	envelope string      // the namespace of the envelope of SOAP that it came in
	format   string      // the media type that its answer is asked in
	search   bool        // asked as OpenSearch is

	documents [][]ows.Fragment // of a Transaction, whose body is without them: by its parts

	rooms *sync.Pool // where its answer is written, and which it goes back to once it was sent; nil: it is not sent from here
	taken *[]byte    // of rooms

	asPycsw bool // Config.AsPycsw

	distributed bool     // other catalogues were asked
	missing     []string // what is not in the answer because they did not give it
}

// read finds out what all requests say: the service, the version, the operation.
func (h handler) read(r *http.Request) (*request, error) {
	q := &request{Request: r, edition: csw3, p: ows.ParseKVP(withPlus(r.URL.RawQuery)), asPycsw: h.AsPycsw}
	if r.Method == http.MethodPost {
		if err := q.readXML(); err != nil {
			return q, err
		}
	} else {
		q.readPairs()
	}
	if q.p.Need("service") != "" {
		q.p.Choice("service", "CSW", "CSW")
	}
	return q, nil
}

// readPairs reads the version of a request by key-value pairs. The address alone asks for capabilities (12-176r7, 7.1.2), and
// mode=opensearch speaks OpenSearch where a client of pycsw does.
func (q *request) readPairs() {
	if q.search = strings.EqualFold(q.p.Get("mode"), "opensearch"); q.search {
		q.p = searched(withPlus(q.URL.RawQuery))
	}
	if q.URL.RawQuery == "" {
		q.p = ows.NewParams(map[string][]string{"service": {"CSW"}, "request": {"GetCapabilities"}})
	}
	if accepts(q.Header.Get("Accept"), mediaOSDD) && q.URL.RawQuery == "" {
		q.search = true
	}
	if strings.EqualFold(q.p.Get("request"), "GetCapabilities") || q.p.Get("request") == "" {
		q.edition = editionOf(q.p.Negotiate(versions...))
	} else {
		q.edition = editionOf(q.p.Version(versions...))
	}
	if q.search { // of which 2.0.2 knows nothing
		q.edition = csw3
	}
	q.format = q.p.Get("outputFormat")
}

// withPlus is a query whose media types have their plus signs, which many clients send as they stand: in a query they are blanks,
// of which media types have none.
func withPlus(query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(name, "outputFormat") || strings.EqualFold(name, "acceptFormats") {
			pairs[i] = name + "=" + strings.ReplaceAll(value, "+", "%2B")
		}
	}
	return strings.Join(pairs, "&")
}

// accepts tells whether an Accept header names a media type.
func accepts(header, mediaType string) bool {
	return slices.ContainsFunc(strings.Split(header, ","), func(one string) bool {
		name, _, _ := strings.Cut(one, ";")
		return strings.EqualFold(strings.TrimSpace(name), mediaType)
	})
}

// envelope reads what every request by XML has.
type envelope struct {
	Service  string   `xml:"service,attr"`
	Version  string   `xml:"version,attr"`
	Format   string   `xml:"outputFormat,attr"`
	Sequence string   `xml:"updateSequence,attr"`
	Sections []string `xml:"Sections>Section"`
	Accept   []string `xml:"AcceptVersions>Version"`
	Formats  []string `xml:"AcceptFormats>OutputFormat"`
	Language []string `xml:"AcceptLanguages>Language"`
}

// readXML reads the body of a request, be it in an envelope of SOAP, and what every request has as pairs.
func (q *request) readXML() error {
	document, err := ows.ReadBody(q.Request)
	if err != nil {
		return err
	}
	q.posted = document
	space, local, _ := xmldoc.Root(document)
	root := xml.Name{Space: space, Local: local}
	if !isTransaction(root) { // the documents in one are checked as they are read
		if root, err = ows.CheckXML(document); err != nil {
			return err
		}
	}
	if document, root, q.envelope, err = ows.Unwrap(document, root); err != nil {
		return err
	}
	e := editionIn(root.Space)
	if e == nil {
		return ows.NoApplicableCode.At(fault.Invalid, "service", "the request %.100q is in the namespace %.200q, not in %s or %s", root.Local, root.Space, Namespace2, Namespace3)
	}
	if isTransaction(root) {
		if q.documents, document, err = takeDocuments(document); err != nil {
			return err
		}
	}
	q.edition, q.body = e, document
	found, err := envelopeOf(document, root)
	if err != nil {
		return err
	}
	q.format, q.p = found.Format, found.pairs(root, e)
	return nil
}

// envelopeOf reads an envelope. Only GetCapabilities has elements in it; of others the start tag tells all, where they were checked before.
func envelopeOf(document []byte, root xml.Name) (found envelope, err error) {
	if root.Local == "GetCapabilities" || isTransaction(root) {
		err = ows.DecodeXML(document, &found)
		return found, err
	}
	start, err := ows.StartTag(document)
	for _, a := range start.Attr {
		switch a.Name.Local {
		case "service":
			found.Service = a.Value
		case "version":
			found.Version = a.Value
		case "outputFormat":
			found.Format = a.Value
		case "updateSequence":
			found.Sequence = a.Value
		}
	}
	return found, err
}

// pairs are what a request by XML has, as key-value pairs.
func (v envelope) pairs(root xml.Name, e *edition) *ows.Params {
	if v.Service == "" && root.Local == "GetCapabilities" { // the schemas give it this value
		v.Service = "CSW"
	}
	values := map[string][]string{"service": {v.Service}, "request": {root.Local}, "version": {e.number}}
	for name, list := range map[string][]string{"acceptVersions": v.Accept, "acceptFormats": v.Formats, "sections": v.Sections, "acceptLanguages": v.Language} {
		if len(list) > 0 {
			values[name] = []string{strings.Join(list, ",")}
		}
	}
	if v.Sequence != "" {
		values["updateSequence"] = []string{v.Sequence}
	}
	return ows.NewParams(values)
}

// pack puts an answer into the form that it was asked in.
func (q *request) pack(document ows.Document) (ows.Document, error) {
	if q.format == mediaJSON && strings.HasSuffix(document.Type, "xml") {
		body, err := ows.JSON(document.Body)
		if err != nil {
			return document, fault.Classify(fault.Internal, err, "encoding the answer as JSON")
		}
		return ows.Document{Type: mediaJSON, Body: body}, nil
	}
	if q.format == mediaText && document.Type == mediaXML {
		document.Type = mediaText
	}
	if q.envelope != "" {
		return ows.Document{Type: mediaTypeOf(q.envelope), Body: ows.Wrap(q.envelope, document.Body)}, nil
	}
	return document, nil
}

func mediaTypeOf(envelope string) string {
	if envelope == ows.SOAP12 {
		return "application/soap+xml"
	}
	return mediaText
}

// mark says of an answer in which something is missing that it is. 2.0.2 has no place for that in the document: its status does
// (203, RFC 9110, 15.3.4: what is answered is not all that the catalogues would say).
func (q *request) mark(header http.Header, document *ows.Document) {
	for _, what := range q.missing {
		header.Add("Warning", "199 - "+strconv.QuoteToASCII(cut(what, maxWarning)))
	}
	if q.distributed {
		document.CacheControl = "no-store" // what others have changes unseen
	}
	if len(q.missing) > 0 && q.edition == csw2 {
		document.Status = http.StatusNonAuthoritativeInfo
	}
}

// maxRoom is how large the memory of an answer is at most that is kept for another, in bytes.
const maxRoom = 2 << 20

// room is memory for an answer of about so many bytes.
func (q *request) room(size int) []byte {
	if q.rooms == nil {
		return make([]byte, 0, size)
	}
	if q.taken, _ = q.rooms.Get().(*[]byte); q.taken == nil || cap(*q.taken) < size {
		made := make([]byte, 0, size)
		q.taken = &made
	}
	return (*q.taken)[:0]
}

// sent gives the memory of an answer back.
func (q *request) sent() {
	if q.taken != nil && cap(*q.taken) <= maxRoom {
		q.rooms.Put(q.taken)
	}
	q.taken = nil
}

// maxWarning bounds the characters of one warning.
const maxWarning = 400

// refuse answers with the report of what is wrong, in the version and the form of the request.
func (q *request) refuse(w http.ResponseWriter, err error) {
	ows.LogFailure(q.Request, err)
	status := ows.Status(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	contentType, body := q.report(err)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// report is the report of what is wrong, and its media type.
func (q *request) report(err error) (contentType string, body []byte) {
	exceptions := ows.FromError(err)
	if q.asPycsw {
		exceptions = q.reportedAsPycsw(exceptions)
	}
	contentType, body = ows.Report(q.edition.report, exceptions)
	if q.envelope != "" {
		return mediaTypeOf(q.envelope), ows.Fault(q.envelope, ows.Status(err) >= http.StatusInternalServerError, body)
	}
	if packed, wrong := q.pack(ows.Document{Type: contentType, Body: body}); wrong == nil {
		contentType, body = packed.Type, packed.Body
	}
	return contentType, body
}
