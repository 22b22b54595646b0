package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"slices"
	"strconv"
	"time"

	"perigee/eventing"
	"perigee/shared/fault"
	"perigee/shared/geojsonseq"
	"perigee/shared/geoparquet"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// Items by the thousand are registered from a body, or from an object, in the formats in which they are exported: a line
// each, or as stac-geoparquet. What fails is told by its line, and holds up no other.

// The bounds of an import.
const (
	bulkMemory   = 64 << 20        // bytes that the pages of a Parquet file may take
	bulkObject   = 64 << 20        // bytes of a Parquet file in a bucket, which is read whole
	bulkTime     = 4 * time.Minute // then an answer says where to go on
	bulkFailures = 1000            // that are told one by one
)

// bulkFormat is a format of very many items.
type bulkFormat int

const (
	noBulk bulkFormat = iota
	bulkLines
	bulkParquet
)

// bulkOf is the format of a body.
func bulkOf(contentType string) bulkFormat {
	mediaType, _, _ := mime.ParseMediaType(contentType)
	switch mediaType {
	case geojsonseq.MediaTypeLines, geojsonseq.MediaTypeSequence, "application/ndjson", "application/jsonl", "application/geojsonl":
		return bulkLines
	case geoparquet.MediaType, "application/x-parquet", "application/parquet":
		return bulkParquet
	}
	return noBulk
}

// bulkNamed is the format of an object, by its name.
func bulkNamed(href string) bulkFormat {
	switch path.Ext(href) {
	case ".ndjson", ".jsonl", ".geojsonl", ".geojsons", ".geojsonseq":
		return bulkLines
	case ".parquet", ".geoparquet":
		return bulkParquet
	}
	return noBulk
}

// bulkItems are items one by one.
type bulkItems interface {
	// Next gives the next item, io.EOF behind the last one. A failure of the kind Invalid is the line's own, when last is
	// false.
	Next() (item []byte, err error)
	// Line is the number of the line, or the row, that was read last.
	Line() int
	// last tells whether a failure ends the items.
	last(err error) bool
}

type lines struct{ *geojsonseq.Reader }

func (lines) last(err error) bool { return fault.KindOf(err) != fault.Invalid }

type rows struct {
	*geoparquet.Reader
	row int
}

func (r *rows) Next() ([]byte, error) {
	item, err := r.Reader.Next()
	r.row++
	return item, err
}

func (r *rows) Line() int       { return r.row }
func (*rows) last(_ error) bool { return true }

func tooLarge(err error) bool {
	var limit *http.MaxBytesError
	return errors.As(err, &limit)
}

// imported is what became of an import. After is the parameter by which another one goes on where this one ended.
type imported struct {
	Read      int             `json:"read"`
	Created   int             `json:"created"`
	Replaced  int             `json:"replaced"`
	Unchanged int             `json:"unchanged"`
	Failed    int             `json:"failed"`
	Failures  []importFailure `json:"failures,omitempty"` // the first ones
	After     int             `json:"after,omitempty"`
	Error     string          `json:"error,omitempty"` // why it ended before the end
}

// importFailure is a line that is not registered.
type importFailure struct {
	Line       int    `json:"line"`
	Collection string `json:"collection,omitempty"`
	ID         string `json:"id,omitempty"`
	Locator    string `json:"locator,omitempty"`
	Error      string `json:"error"`
}

func (i *imported) fail(line int, status record.Registration, err error) {
	if i.Failed++; len(i.Failures) < bulkFailures {
		i.Failures = append(i.Failures, importFailure{Line: line, Collection: status.Collection, ID: status.ID, Locator: fault.LocatorOf(err), Error: eventing.Words(err)})
	}
}

// postBulk registers the items of a body.
func (r *registrar) postBulk(w http.ResponseWriter, q *http.Request, format bulkFormat) error {
	return r.importing(w, q, func() (bulkItems, func(), error) { return openBody(q, format) })
}

// objectBulk registers the items of an object.
func (r *registrar) objectBulk(w http.ResponseWriter, q *http.Request, href string, format bulkFormat) error {
	return r.importing(w, q, func() (bulkItems, func(), error) { return r.openObject(q.Context(), q, href, format) })
}

func nothing() {}

// openBody reads the body whole, which has less time to come in than its items take.
func openBody(q *http.Request, format bulkFormat) (bulkItems, func(), error) {
	file, err := io.ReadAll(q.Body)
	if tooLarge(err) {
		return nil, nil, fault.Classify(fault.Invalid, err, "the items are more than are taken at once: send a part of them, or name an object by its url")
	}
	if err != nil {
		return nil, nil, fault.Classify(fault.Invalid, err, "the items did not come whole")
	}
	if format == bulkParquet {
		return openParquet(file)
	}
	var body io.Reader = bytes.NewReader(file)
	if q.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return nil, nil, fault.New(fault.Invalid, "the body is not compressed by gzip, as its header says: %w", err)
		}
	}
	return lines{geojsonseq.NewReader(body, stac.MaxSize)}, nothing, nil
}

func openParquet(file []byte) (bulkItems, func(), error) {
	reader, err := geoparquet.NewReader(bytes.NewReader(file), int64(len(file)), geoparquet.Limits{Memory: bulkMemory})
	if err != nil {
		return nil, nil, err
	}
	return &rows{Reader: reader}, reader.Close, nil
}

// openObject opens an object that the workspace may read.
func (r *registrar) openObject(ctx context.Context, q *http.Request, href string, format bulkFormat) (bulkItems, func(), error) {
	name, key, ok := r.places.object(href)
	if !ok {
		return nil, nil, fault.At(fault.Invalid, "url", "%s is not an object of the object store (s3://bucket/key)", href)
	}
	workspace := scope.FromContext(q.Context()).Scope.Workspace
	if err := r.mayRead(workspace, name); err != nil {
		return nil, nil, err
	}
	store := r.storeOf(workspace, name)
	if format == bulkParquet {
		file, _, err := store.ReadAll(ctx, name, key, bulkObject)
		if err != nil {
			return nil, nil, err
		}
		return openParquet(file)
	}
	body, _, err := store.Get(ctx, name, key)
	if err != nil {
		return nil, nil, err
	}
	return lines{geojsonseq.NewReader(body, stac.MaxSize)}, func() { _ = body.Close() }, nil
}

// importing opens the items and registers them. One import at a time: each fills the place of many requests.
func (r *registrar) importing(w http.ResponseWriter, q *http.Request, open func() (bulkItems, func(), error)) error {
	p := ogcapi.ReadParams(q)
	after, err := strconv.Atoi(p.Text("after"))
	if p.Has("after") && (err != nil || after < 0) {
		p.Fail(fault.At(fault.Invalid, "after", "after is %q, not a whole number from 0", p.Text("after")))
	}
	if err := p.Err(); err != nil {
		return answerFailed(w, q, err)
	}
	if !r.imports.TryLock() {
		return fault.New(fault.Unavailable, "another import is under way")
	}
	defer r.imports.Unlock()
	items, end, err := open()
	if err != nil {
		return answerFailed(w, q, err)
	}
	defer end()
	done, failure := r.importAll(q, items, after)
	return answerImported(w, done, failure)
}

// batch is items that are registered together, and their lines.
type batch struct {
	documents []eventing.Document
	lines     []int
	bytes     int
}

func (b *batch) add(line int, item []byte) {
	b.documents = append(b.documents, eventing.Document{Content: bytes.Clone(item)})
	b.lines = append(b.lines, line)
	b.bytes += len(item)
}

// importAll registers the items behind a line. The failure is why it ended before the end.
func (r *registrar) importAll(q *http.Request, items bulkItems, after int) (done imported, failure error) {
	began := time.Now()
	done.After = after
	for ended := false; !ended; {
		b, next, err := readBatch(items, after, &done)
		ended = next
		if failed := r.importBatch(q, b, &done); failed != nil {
			return done, failed
		}
		if err != nil {
			return done, err
		}
		done.After = max(items.Line(), after)
		if !ended && time.Since(began) > bulkTime {
			return done, fault.New(fault.Unavailable, "there are more items than can be registered in one request: go on with after=%d", done.After)
		}
	}
	done.After = 0
	return done, nil
}

// readBatch reads as many items as are registered together. A line that cannot be read is told, and the others count.
func readBatch(items bulkItems, after int, done *imported) (b batch, ended bool, err error) {
	for len(b.documents) < eventing.MaxBatch && b.bytes < bulkBatch {
		item, err := items.Next()
		line := items.Line()
		switch {
		case err == io.EOF:
			return b, true, nil
		case err != nil && items.last(err):
			return b, true, located(err, strconv.Itoa(line), "line %d", line)
		case line <= after:
		case err != nil:
			done.Read++
			done.fail(line, record.Registration{}, err)
		default:
			done.Read++
			b.add(line, item)
		}
	}
	return b, false, nil
}

// bulkBatch is how many bytes of documents are registered together, and a last one.
const bulkBatch = 8 << 20

// importBatch registers items. Documents of collections among them are registered as such.
func (r *registrar) importBatch(q *http.Request, b batch, done *imported) error {
	for _, route := range []eventing.Route{eventing.RouteCollections, eventing.RouteItems} {
		var documents []eventing.Document
		var of []int
		for i, d := range b.documents {
			kind, _ := stac.Type(d.Content)
			if (kind == stac.TypeCollection) == (route == eventing.RouteCollections) {
				documents, of = append(documents, d), append(of, b.lines[i])
			}
		}
		if len(documents) == 0 {
			continue
		}
		all, err := r.ask(q, route, eventing.ModeRegister, documents)
		if err != nil {
			return err
		}
		for i, w := range all {
			done.count(of[i], w)
		}
	}
	slices.SortStableFunc(done.Failures, func(a, b importFailure) int { return a.Line - b.Line })
	return nil
}

func (i *imported) count(line int, w *work) {
	switch {
	case w.err != nil:
		i.fail(line, w.status, w.err)
	case w.applied.Outcome == record.Created:
		i.Created++
	case w.applied.Outcome == record.Replaced:
		i.Replaced++
	default:
		i.Unchanged++
	}
}

// answerImported answers with what was done, however far it went.
func answerImported(w http.ResponseWriter, done imported, failure error) error {
	status := http.StatusOK
	if failure != nil {
		done.Error = eventing.Words(failure)
		status = fault.KindOf(failure).Status()
	}
	switch {
	case status == http.StatusBadRequest:
		status = http.StatusUnprocessableEntity
	case status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	}
	return answerJSON(w, status, done)
}
