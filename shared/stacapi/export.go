package stacapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"perigee/shared/fault"
	"perigee/shared/geojsonseq"
	"perigee/shared/geoparquet"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// An export is the answer to a search with all its items, in a format that goes on for as long as there are some. With a
// limit it is a part of them, whose header says where the next part is: so clients export what takes longer than one
// request may, and go on where they were interrupted.

// The bounds of exports.
const (
	maxExports      = 3           // at the same time, of one instance
	exportPage      = 500         // items that are asked for at once
	patience        = time.Minute // for the client to take a page
	maxMembersTold  = 100         // collections that a file of items tells of
	relEnclosure    = "enclosure"
	hrefsServed     = "served"
	hrefsOriginal   = "original"
	parameterHrefs  = "hrefs"
	attachmentStart = "attachment; filename="
)

// itemWriter takes items one by one.
type itemWriter interface {
	Write(document []byte) error
	Close() error
}

// exportFormat is a way to write very many items.
type exportFormat struct {
	ogcapi.Format
	title   string
	suffix  string // of a file's name
	columns bool   // its columns are chosen by a sample, and it tells of collections
	begin   func(out io.Writer, about geoparquet.Options) (itemWriter, error)
}

var exportFormats = []exportFormat{
	{
		Format: ogcapi.Format{Names: []string{"ndjson"}, MediaType: geojsonseq.MediaTypeLines}, title: "All items, a line each", suffix: "ndjson",
		begin: func(out io.Writer, _ geoparquet.Options) (itemWriter, error) { return geojsonseq.NewLines(out), nil },
	},
	{
		Format: ogcapi.Format{Names: []string{"geojsonseq"}, MediaType: geojsonseq.MediaTypeSequence}, title: "All items as a GeoJSON text sequence", suffix: "geojsons",
		begin: func(out io.Writer, _ geoparquet.Options) (itemWriter, error) { return geojsonseq.NewSequence(out), nil },
	},
	{
		Format: ogcapi.Format{Names: []string{"parquet", "geoparquet"}, MediaType: geoparquet.MediaType}, title: "All items as stac-geoparquet", suffix: "parquet", columns: true,
		begin: func(out io.Writer, about geoparquet.Options) (itemWriter, error) {
			return geoparquet.NewWriter(out, about)
		},
	},
}

func exportFormatOf(p *ogcapi.Params, r *http.Request) exportFormat {
	offered := make([]ogcapi.Format, len(exportFormats))
	for i, f := range exportFormats {
		offered[i] = f.Format
	}
	chosen := p.Format(r, offered...)
	for _, f := range exportFormats {
		if f.MediaType == chosen.MediaType {
			return f
		}
	}
	return exportFormats[0]
}

// exporter answers with all items of a search.
type exporter struct {
	api
	places chan struct{} // which exports that run take
}

// export is what is asked for.
type export struct {
	on       asked
	query    Query // Limit 0: everything
	format   exportFormat
	original bool   // documents as they were registered
	href     string // of the export; empty: it was asked for by a body
	asked    url.Values
	name     string // of the file
}

func (x exporter) get(w http.ResponseWriter, r *http.Request) error {
	return x.byQuery(w, r, "", ask(r).root+"/export")
}

func (x exporter) getCollection(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("collection")
	return x.byQuery(w, r, id, collectionHref(ask(r), id)+"/export")
}

func (x exporter) byQuery(w http.ResponseWriter, r *http.Request, collection, href string) error {
	p := ogcapi.ReadParams(r)
	e := export{on: ask(r), format: exportFormatOf(p, r), original: readHrefs(p), name: "items"}
	e.query = readQuery(p)
	if !p.Has("limit") {
		e.query.Limit = 0
	}
	if collection == "" {
		e.query.Collections = p.List("collections")
	}
	if err := p.Err(); err != nil {
		return err
	}
	if collection != "" {
		if err := x.exists(r.Context(), e.on, collection); err != nil {
			return err
		}
		e.query.Collections, e.name = []string{collection}, collection
	}
	e.href, e.asked = href, r.URL.Query()
	return x.answer(w, r, e)
}

// post exports what the body of a search asks for. The format, and which hrefs, are parameters.
func (x exporter) post(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	e := export{on: ask(r), format: exportFormatOf(p, r), original: readHrefs(p), name: "items"}
	if err := p.Err(); err != nil {
		return err
	}
	b, err := readBody(w, r)
	if err != nil {
		return err
	}
	limit := string(b.fields["limit"])
	if e.query, err = b.readQuery(); err != nil {
		return err
	}
	if limit == "" || limit == "null" {
		e.query.Limit = 0
	}
	return x.answer(w, r, e)
}

// readHrefs tells whether documents are wanted as they were registered, not as they are served.
func readHrefs(p *ogcapi.Params) (original bool) {
	switch text := p.Text(parameterHrefs); text {
	case "", hrefsServed:
	case hrefsOriginal:
		return true
	default:
		p.Fail(fault.At(fault.Invalid, parameterHrefs, "hrefs is %q, neither %s nor %s", text, hrefsServed, hrefsOriginal))
	}
	return false
}

// answer takes a place and reads the first page, before which everything can still be refused.
func (x exporter) answer(w http.ResponseWriter, r *http.Request, e export) error {
	select {
	case x.places <- struct{}{}:
		defer func() { <-x.places }()
	default:
		return fault.New(fault.Unavailable, "%d exports are under way", maxExports)
	}
	part := e.query.Limit > 0
	if !part {
		e.query.Limit = exportPage
	}
	e.query.DocumentsOnly = true
	page, err := x.Store.Search(r.Context(), e.on.scope, e.query)
	if err != nil {
		return err
	}
	about, err := x.about(r.Context(), e)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", e.format.MediaType)
	header.Set("Content-Disposition", attachmentStart+`"`+fileName(e.name)+"."+e.format.suffix+`"`)
	header.Set("Cache-Control", "no-store")
	header.Add("Vary", "Accept")
	if part && page.Next != "" {
		e.tellNext(header, page.Next)
	}
	if r.Method == http.MethodHead {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if err := x.write(w, r, e, page, part, about); err != nil { // the answer has begun: it cannot become a problem
		breakOff(w)
		if r.Context().Err() == nil {
			slog.ErrorContext(r.Context(), "an export broke off", "path", r.URL.Path, "error", err)
		}
	}
	return nil
}

// tellNext tells where the part behind the present one is.
func (e export) tellNext(header http.Header, token string) {
	header.Set("Next-Token", token)
	if e.href != "" {
		header.Add("Link", "<"+ogcapi.WithQuery(e.href, e.asked, map[string]string{"token": token})+`>; rel="next"`)
	}
}

// fileName leaves out of a name what could be understood as something else.
func fileName(name string) string {
	safe := []rune(name)
	for i, c := range safe {
		if c < ' ' || c > '~' || c == '"' || c == '\\' || c == '/' || c == '%' {
			safe[i] = '_'
		}
	}
	return string(safe)
}

// about is what a file of columns is told beside its first items: the items at the other end, and the collections.
func (x exporter) about(ctx context.Context, e export) (about geoparquet.Options, err error) {
	if !e.format.columns {
		return about, nil
	}
	other := e.query
	other.After = ""
	if other.Sort == nil {
		other.Sort = []Sort{{Property: "datetime"}}
	}
	oldest, err := x.Store.Search(ctx, e.on.scope, other)
	if err != nil {
		return about, err
	}
	for _, item := range oldest.Items {
		document, err := x.document(e, item)
		if err != nil {
			return about, err
		}
		about.Sample = append(about.Sample, document)
	}
	about.Collections = map[string][]byte{}
	for _, id := range e.query.Collections[:min(len(e.query.Collections), maxMembersTold)] {
		c, err := x.Store.Collection(ctx, e.on.scope, id)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue
		}
		if err != nil {
			return about, err
		}
		if about.Collections[id], err = x.collectionDocument(e.on, c, nil); err != nil {
			return about, err
		}
	}
	return about, nil
}

// write writes page after page; each question to the store is one of its own.
func (x exporter) write(w http.ResponseWriter, r *http.Request, e export, page Page, part bool, about geoparquet.Options) error {
	items, err := e.format.begin(w, about)
	if err != nil {
		return err
	}
	connection := http.NewResponseController(w)
	selection := stac.NewSelection(e.query.fields)
	for {
		_ = connection.SetWriteDeadline(time.Now().Add(patience)) // not all writers have one
		for _, item := range page.Items {
			document, err := x.document(e, item)
			if err == nil {
				document, err = selection.Of(document)
			}
			if err == nil {
				err = items.Write(document)
			}
			if err != nil {
				return err
			}
		}
		if part || page.Next == "" {
			break
		}
		_ = connection.Flush()
		e.query.After = page.Next
		if page, err = x.Store.Search(r.Context(), e.on.scope, e.query); err != nil {
			return err
		}
	}
	if err := items.Close(); err != nil {
		return err
	}
	_ = connection.SetWriteDeadline(time.Time{})
	return nil
}

func (x exporter) document(e export, item record.Record) ([]byte, error) {
	if e.original {
		return e.on.originalDocument(item)
	}
	return x.itemDocument(e.on, item, false)
}

// originalDocument is the document of an item as it was registered. Its relative references, which only hold where it
// lies, are made absolute.
func (on asked) originalDocument(item record.Record) ([]byte, error) {
	document, lies, err := on.source(item)
	if err != nil {
		return nil, err
	}
	e, err := stac.NewEditor(document)
	if err != nil {
		return nil, err
	}
	own, err := e.Links()
	if err != nil {
		own = nil // links of a document registered before they were checked
	}
	source, moved := place(lies, own), false
	for i, link := range own {
		if href := stac.ResolveHref(source, link.Href); href != link.Href {
			own[i], moved = link.Moved(href), true
		}
	}
	if moved {
		if err := e.SetLinks(own); err != nil {
			return nil, err
		}
	}
	if err := e.EditAssets(func(_, href string) stac.AssetEdit { return stac.AssetEdit{Href: stac.ResolveHref(source, href)} }); err != nil {
		return nil, err
	}
	return e.Bytes(), nil
}

// breakOff ends an answer that has begun so that the client knows that it is not whole: nothing more can be written, not
// even its end.
func breakOff(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0))
}

// exportLinks lead to a collection as a whole (17-069r4, 7.13.3: enclosure).
func exportLinks(on asked, collection string) []stac.Link {
	var links []stac.Link
	for _, f := range exportFormats {
		links = append(links, stac.Link{Rel: relEnclosure, Href: collectionHref(on, collection) + "/export?f=" + f.Names[0], Type: f.MediaType, Title: f.title})
	}
	return links
}
