// Package sru speaks Search/Retrieve via URL 1.1 (http://www.loc.gov/standards/sru/sru-1-1.html): explain and
// searchRetrieve, with queries in the Contextual Query Language, by GET and by POST of a form.
package sru

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
	language "perigee/shared/filter/sru"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// version is the version of the protocol; requests of 1.2, which asks alike, are answered as well.
const version = "1.1"

// The sizes of a page.
const (
	defaultSize = 10
	maxSize     = 1000
)

// Store is the catalogue as the protocol needs it.
type Store interface {
	// Find gives a page of the matching records in a total order, and the exact number of all matches.
	Find(ctx context.Context, sc scope.Scope, f filter.Expr, offset, limit int) (found []record.Record, matched int, err error)
}

// Schema is one in which records are given.
type Schema struct {
	Name  string // by which it is asked for
	URI   string
	Title string
	// Encode writes a record, whose links are absolute, as one element with all the namespaces it needs.
	Encode func(r record.Record) ([]byte, error)
}

// Index is one that the description lists.
type Index struct {
	Set   string // the prefix of its context set
	Name  string
	Title string
}

// Service is what the description tells.
type Service struct {
	Title    string
	Abstract string
	Names    filter.Names // of indexes
	Indexes  []Index
	Schemas  []Schema // further ones, beside Dublin Core
	// AsPycsw only counts where a request does not say how many records it wants, as pycsw does.
	AsPycsw bool
}

// size is how many records are given where a request does not say.
func (s Service) size() int {
	if s.AsPycsw {
		return 0
	}
	return defaultSize
}

// Handler serves the protocol over a store. The service's address is the base of the request's scope and path.
func Handler(store Store, service Service, path string) http.Handler {
	service.Schemas = append([]Schema{dublinCore}, service.Schemas...)
	return ows.Public(handler{store: store, service: service, path: path}, http.MethodGet, http.MethodHead, http.MethodPost)
}

type handler struct {
	store   Store
	service Service
	path    string
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	document, err := h.answer(r)
	if err != nil && !kindOfAsker(err) {
		ows.LogFailure(r, err)
		status := ows.Status(err)
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		http.Error(w, http.StatusText(status), status)
		return
	}
	if err != nil {
		document = refusal(err)
	}
	body, err := ows.Marshal(document)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	ows.Document{Type: "text/xml; charset=utf-8", Body: body}.Serve(w, r)
}

func kindOfAsker(err error) bool { return fault.KindOf(err).Permanent() }

// answer does the operation that a request asks for: without one it is explain, unless there is a query.
func (h handler) answer(r *http.Request) (any, error) {
	values, err := form(r)
	if err != nil {
		return nil, err
	}
	operation := values["operation"]
	if operation == "" {
		operation = "explain"
		if values["query"] != "" {
			operation = "searchRetrieve"
		}
	}
	if v := values["version"]; v != "" && v != version && v != "1.2" {
		return nil, failure(unsupportedVersion, "version", "%s", version)
	}
	switch operation {
	case "explain":
		trace.Name(r.Context(), operation)
		return h.explain(r, values)
	case "searchRetrieve":
		trace.Name(r.Context(), operation)
		q, err := h.parse(values)
		if err != nil {
			return nil, err
		}
		return h.search(r.Context(), q)
	}
	return nil, failure(unsupportedOperation, "operation", "%.100s; there are explain and searchRetrieve", operation)
}

// request is a searchRetrieve request.
type request struct {
	values map[string]string
	filter filter.Expr
	start  int // counted from 1
	size   int
	schema Schema
	text   bool // recordPacking=string: XML within text
}

// known are the parameters of both operations.
var known = []string{
	"operation", "version", "query", "startRecord", "maximumRecords", "recordPacking", "recordSchema", "recordXPath", "resultSetTTL", "sortKeys", "stylesheet", "extraRequestData",
	"mode", "service",
}

func (h handler) parse(values map[string]string) (q request, err error) {
	q = request{values: values, start: 1, schema: h.service.Schemas[0]}
	for name := range values {
		if !slices.Contains(known, name) && !strings.HasPrefix(name, "x-") {
			return q, failure(unsupportedParameter, name, "%.100s", name)
		}
	}
	if values["sortKeys"] != "" {
		return q, failure(unsupportedSort, "sortKeys", "sortKeys")
	}
	if values["recordXPath"] != "" {
		return q, failure(unsupportedXPath, "recordXPath", "recordXPath")
	}
	if values["query"] == "" {
		return q, failure(missingParameter, "query", "query")
	}
	if q.start, err = number(values, "startRecord", 1, 1); err != nil {
		return q, err
	}
	if q.size, err = number(values, "maximumRecords", h.service.size(), 0); err != nil {
		return q, err
	}
	q.size = min(q.size, maxSize)
	if packing := values["recordPacking"]; packing != "" && packing != "xml" && packing != "string" {
		return q, failure(unsupportedPacking, "recordPacking", "%.100s; there are xml and string", packing)
	}
	q.text = values["recordPacking"] == "string"
	if asked := values["recordSchema"]; asked != "" {
		i := slices.IndexFunc(h.service.Schemas, func(s Schema) bool { return s.Name == asked || s.URI == asked })
		if i < 0 {
			return q, failure(unknownSchema, "recordSchema", "%.100s", asked)
		}
		q.schema = h.service.Schemas[i]
	}
	q.filter, err = language.Parse(values["query"], h.service.Names)
	return q, err
}

func number(values map[string]string, name string, otherwise, least int) (int, error) {
	text := values[name]
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least {
		return 0, failure(unsupportedValue, name, "%s is not a number from %d on", name, least)
	}
	return n, nil
}

// search answers a page of records. A page behind the last record is a diagnostic.
func (h handler) search(ctx context.Context, q request) (any, error) {
	asked := scope.FromContext(ctx)
	found, matched, err := h.store.Find(ctx, asked.Scope, q.filter, q.start-1, q.size)
	if err != nil {
		return nil, err
	}
	if q.start > max(matched, 1) {
		return nil, failure(outOfRange, "startRecord", "%d of %d", q.start, matched)
	}
	return newResponse(q, found, matched, asked.Base)
}
