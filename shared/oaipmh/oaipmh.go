// Package oaipmh speaks the Open Archives Initiative's Protocol for Metadata Harvesting 2.0
// (http://www.openarchives.org/OAI/2.0/openarchivesprotocol.htm): six verbs by GET and by POST of a form. Lists are in
// the order in which records were changed, and their resumption tokens say where the next part begins, so that they hold
// however often the service is started and whatever is registered meanwhile: a record that changes comes again at the
// end, and none that stays is left out or comes twice.
package oaipmh

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// The formats of dates, which are in UTC (clause 3.3).
const (
	granularity = "2006-01-02T15:04:05Z"
	day         = time.DateOnly
)

// pageSize is the number of records in a part of a list, headersSize that of headers alone.
const (
	pageSize    = 100
	headersSize = 1000
)

// Store is the catalogue as the protocol needs it.
type Store interface {
	// Changed gives a page of records in the order in which they were changed, and a token of the next one, empty at the
	// end. The number of all is given with the first page. A token that cannot be used is fault.Invalid.
	Changed(ctx context.Context, sc scope.Scope, q Query) (Page, error)
	// ByID gives the record of an id, whatever its collection, or fault.NotFound.
	ByID(ctx context.Context, sc scope.Scope, id string) (record.Record, error)
	// Earliest is when the record that was not changed for the longest time was changed; zero when there is none.
	Earliest(ctx context.Context, sc scope.Scope) (time.Time, error)
	// Collections lists by name, behind one, the collections that records belong to.
	Collections(ctx context.Context, sc scope.Scope, after string, limit int) ([]string, error)
}

// Query asks for records.
type Query struct {
	From       time.Time // changed then or later; zero: from the beginning
	Before     time.Time // changed before then; zero: until now
	Types      []string  // of records; empty: all
	Collection string    // that the records belong to; empty: any
	After      string    // a token of an earlier page
	Limit      int
	Headers    bool // only Key, Type and Modified are needed
}

// Page is a part of a list.
type Page struct {
	Records []record.Record
	Next    string
	Matched int // of the first page
}

// Format is a metadata format in which records are given.
type Format struct {
	Prefix    string // metadataPrefix
	Schema    string // URL of its schema
	Namespace string
	// Encode writes a record, whose links are absolute, as one element with all the namespaces it needs.
	Encode func(r record.Record) ([]byte, error)
}

// Repository is what the service says of itself.
type Repository struct {
	Name  string
	Email string // of the administrator
	Page  int    // records or headers in a part of a list; 0: 100 and 1000
	// AsPycsw tells of a request that cannot be understood one error, badArgument, as pycsw does, for which other harvesters wait.
	AsPycsw bool
}

// Handler serves the protocol over a store, in oai_dc and in further formats. The service's address is the base of the
// request's scope and path.
func Handler(store Store, repository Repository, path string, formats ...Format) http.Handler {
	formats = slices.DeleteFunc(slices.Clone(formats), func(f Format) bool { return f.Prefix == dublinCore.Prefix })
	h := handler{store: store, repository: repository, path: path, formats: append([]Format{dublinCore}, formats...), now: time.Now}
	return ows.Public(h, http.MethodGet, http.MethodHead, http.MethodPost)
}

type handler struct {
	store      Store
	repository Repository
	path       string
	formats    []Format
	now        func() time.Time
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := scope.FromContext(r.Context())
	a := newAnswer(asked.Base+h.path, h.now())
	q, problems := h.read(r)
	if q.verb != "" {
		trace.Name(r.Context(), q.verb)
	}
	if !misread(problems) {
		a.Request.name(q)
	}
	if len(problems) == 0 {
		var err error
		if problems, err = h.fill(r.Context(), asked, q, &a); err != nil {
			h.fail(w, r, err)
			return
		}
	}
	if h.repository.AsPycsw {
		problems = asPycsw(problems)
	}
	a.Errors = problems
	body, err := ows.Marshal(a)
	if err != nil {
		h.fail(w, r, fault.Classify(fault.Internal, err, "encoding the answer"))
		return
	}
	ows.Document{Type: "text/xml; charset=utf-8", Body: body}.Serve(w, r)
}

// fail answers what the protocol has no words for: that the store cannot be asked (clause 3.1.2.2).
func (h handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	ows.LogFailure(r, err)
	status := ows.Status(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, http.StatusText(status), status)
}

// fill does what a verb asks for.
func (h handler) fill(ctx context.Context, asked scope.Asked, q request, a *answer) ([]problem, error) {
	switch q.verb {
	case verbIdentify:
		return h.identify(ctx, asked, a)
	case verbFormats:
		return h.listFormats(ctx, asked, q, a)
	case verbSets:
		return h.listSets(ctx, asked, q, a)
	case verbRecord:
		return h.getRecord(ctx, asked, q, a)
	}
	return h.list(ctx, asked, q, a)
}

func (h handler) identify(ctx context.Context, asked scope.Asked, a *answer) ([]problem, error) {
	earliest, err := h.store.Earliest(ctx, asked.Scope)
	if err != nil {
		return nil, err
	}
	if earliest.IsZero() {
		earliest = h.now()
	}
	a.Identify = &identify{
		Name: h.repository.Name, BaseURL: asked.Base + h.path, Version: "2.0", Email: h.repository.Email,
		Earliest: stamp(earliest), Deleted: "no", Granularity: "YYYY-MM-DDThh:mm:ssZ", Compression: "gzip",
	}
	return nil, nil
}

func (h handler) listFormats(ctx context.Context, asked scope.Asked, q request, a *answer) ([]problem, error) {
	if q.identifier != "" {
		if _, err := h.store.ByID(ctx, asked.Scope, q.identifier); err != nil {
			return unknownID(q, err)
		}
	}
	a.Formats = &formats{}
	for _, f := range h.formats {
		a.Formats.Formats = append(a.Formats.Formats, format{Prefix: f.Prefix, Schema: f.Schema, Namespace: f.Namespace})
	}
	return nil, nil
}

func (h handler) getRecord(ctx context.Context, asked scope.Asked, q request, a *answer) ([]problem, error) {
	r, err := h.store.ByID(ctx, asked.Scope, q.identifier)
	if err != nil {
		return unknownID(q, err)
	}
	one, err := newRecord(r, q.format, asked.Base)
	if err != nil {
		return nil, err
	}
	a.Record = &records{Records: []oaiRecord{one}}
	return nil, nil
}

// unknownID is the protocol's word for a record that is not there; other failures stay what they are.
func unknownID(q request, err error) ([]problem, error) {
	if kind := fault.KindOf(err); kind == fault.NotFound || kind == fault.Invalid {
		return []problem{{Code: "idDoesNotExist", Text: "there is no record " + quoted(q.identifier)}}, nil
	}
	return nil, err
}

// list gives a part of a list of records or of their headers.
func (h handler) list(ctx context.Context, asked scope.Asked, q request, a *answer) ([]problem, error) {
	ask := Query{From: q.from, Before: q.before, After: q.after, Limit: pageSize}
	if ask.Headers = q.verb == verbHeaders; ask.Headers {
		ask.Limit = headersSize
	}
	ask.Limit = cmp.Or(h.repository.Page, ask.Limit)
	ask.Types, ask.Collection = ofSet(q.set)
	page, err := h.store.Changed(ctx, asked.Scope, ask)
	if err != nil && fault.KindOf(err) == fault.Invalid {
		if q.resumed {
			return []problem{badToken()}, nil
		}
		return []problem{badArgument("%v", err)}, nil
	}
	if err != nil {
		return nil, err
	}
	if len(page.Records) == 0 && !q.resumed {
		return []problem{{Code: "noRecordsMatch", Text: "no record agrees with the dates and the set that were asked for"}}, nil
	}
	total := q.total
	if !q.resumed {
		total = page.Matched
	}
	token := newToken(q, page, total)
	if ask.Headers {
		a.Headers = &headers{Token: token}
		for _, r := range page.Records {
			a.Headers.Headers = append(a.Headers.Headers, newHeader(r))
		}
		return nil, nil
	}
	a.Records = &records{Token: token}
	for _, r := range page.Records {
		one, err := newRecord(r, q.format, asked.Base)
		if err != nil {
			return nil, err
		}
		a.Records.Records = append(a.Records.Records, one)
	}
	return nil, nil
}
