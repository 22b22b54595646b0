// Package csw speaks OGC Catalogue Service for the Web 2.0.2 (OGC 07-006r1) and 3.0.0 (OGC 12-176r7): discovery,
// GetCapabilities, DescribeRecord, GetDomain, GetRecords, GetRecordById and GetRepositoryItem, and publication, Transaction and
// Harvest; by key-value pairs, by XML, and by XML in envelopes of SOAP; with Dublin Core and the metadata formats that it is given.
package csw

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"perigee/shared/csw/resource"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/trace"
	"perigee/shared/transaction"
)

// Store is the catalogue as the protocol needs it.
type Store interface {
	// Find gives a page of the matching records in a total order, and the exact number of all matches.
	Find(ctx context.Context, sc scope.Scope, q Query) (found []record.Record, matched int, err error)
	// ByID gives the record of an id, whatever its collection, with its document, or fault.NotFound.
	ByID(ctx context.Context, sc scope.Scope, id string) (record.Record, error)
	// Domain tells the values that a property has in all records.
	Domain(ctx context.Context, sc scope.Scope, property filter.Property) (Domain, error)
}

// Query asks for records.
type Query struct {
	Filter    filter.Expr
	Sort      []Sort
	Offset    int
	Limit     int  // 0: only count
	Documents bool // give the documents that records came as too
	Bare      bool // and of the rest their keys only, which is quicker
	Uncounted bool // the number of matches is not asked for
}

// Sort is one key of an order. By filter.PropertyGeometry, records are sorted by the area of their footprint.
type Sort struct {
	Property filter.Property
	Desc     bool
}

// Domain is the values of a property: each, in their order, with the number of records that have it, or, of times and of numbers
// of which there are too many, the least and the greatest. Of other properties that have too many values it is the first of them,
// and both ends too.
type Domain struct {
	Values   []Value
	Min, Max string
}

// Value is one value of a property, and how many records have it; 0 where that is not known.
type Value struct {
	Text  string
	Count int64
}

// Transactions has changes made by who writes the catalogue (transaction.Client).
type Transactions interface {
	// Apply has changes made, each by itself; results are in their order.
	Apply(r *http.Request, changes []transaction.Change) ([]transaction.Result, error)
	// ApplyAll has all changes made or, when one is refused, none.
	ApplyAll(r *http.Request, changes []transaction.Change) ([]transaction.Result, error)
	// Keep has a resource harvested again at its interval; without one, no more.
	Keep(r *http.Request, resource transaction.Resource) error
}

// Config says of what the protocol is spoken, and how much of it.
type Config struct {
	Store        Store
	Service      ows.Service
	Path         string                    // of the service, below the base of the request's scope
	Transactions Transactions              // nil: nothing is written
	Fetcher      resource.Fetcher          // nil: nothing is harvested
	Later        Later                     // nil: answers are given at once, not sent elsewhere
	Publisher    func(*http.Request) error // why who asks may not write; nil: the scope alone decides
	// AsPycsw answers as pycsw does where that is another way. A comparison of which pycsw makes the contrary is made so:
	// PropertyIsNotEqualTo without regard to case finds what is equal; the recorded answers of the suite of CITE have it so. Words are looked for within
	// words, boxes are written in hundredths of a degree, summaries without the names of places, one exception is reported of several, by
	// pycsw's codes. Writing requests never mean that by their conditions.
	AsPycsw bool
	// Federation asks other catalogues; nil: there are none but, in a workspace, that of the system. Patience is how long all of them are
	// waited for together, 10 seconds by default.
	Federation Federation
	Patience   time.Duration
	Inspire    *Inspire // nil: without the extended capabilities of INSPIRE
	// PageSize is how many records an answer has, unless fewer are asked for. 0: 10, and up to 1000 where more are asked for.
	PageSize int
	// DomainRange tells of a property the least and the greatest value, in place of all.
	DomainRange bool
	// DomainCounts tells with each value in 2.0.2 how many records have it, as pycsw does: "dataset (3)". 3.0.0 has an attribute for it.
	DomainCounts bool
}

// paging is how many records an answer has where a request does not say, and at most.
func (c Config) paging() (usual, most int) {
	if c.PageSize == 0 {
		return defaultRecords, maxRecords
	}
	return min(c.PageSize, maxRecords), min(c.PageSize, maxRecords)
}

// New serves the protocol.
func New(c Config) http.Handler {
	return ows.Public(newHandler(c), http.MethodGet, http.MethodHead, http.MethodPost)
}

func newHandler(c Config) handler {
	return handler{Config: c, now: time.Now, described: newDescribed(), came: &came{}, rooms: &sync.Pool{}}
}

type handler struct {
	Config
	now       func() time.Time
	described *described // capabilities that were made before
	came      *came      // in which formats records come
	rooms     *sync.Pool // memory that answers are written to
	behind    bool       // it answers what was acknowledged before
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Documents are what strangers wrote: a browser is to show them, and to run nothing that is in them.
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	q, err := h.read(r)
	q.rooms = h.rooms
	defer q.sent()
	var document ows.Document
	if err == nil {
		document, err = h.answer(q)
	}
	if err == nil {
		document, err = q.pack(document)
	}
	if err != nil {
		q.refuse(w, err)
		return
	}
	q.mark(w.Header(), &document)
	if r.Method != http.MethodPost {
		document.Serve(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store") // nobody asks again by a tag
	w.Header().Set("Content-Type", document.Type)
	w.Header().Set("Content-Length", strconv.Itoa(len(document.Body)))
	w.WriteHeader(cmp.Or(document.Status, http.StatusOK))
	_, _ = w.Write(document.Body)
}

// operation is one that is offered.
type operation struct {
	name   string
	only   *edition // nil: in both
	posted bool     // only by XML
	writes bool     // it may change records
	do     func(h handler, q *request) (ows.Document, error)
}

// operations are all that the protocol has.
func operations() []operation {
	return []operation{
		{"GetCapabilities", nil, false, false, handler.capabilities},
		{"DescribeRecord", csw2, false, false, handler.describeRecord},
		{"GetDomain", nil, false, false, handler.getDomain},
		{"GetRecords", nil, false, false, handler.getRecords},
		{"GetRecordById", nil, false, false, handler.getRecordByID},
		{"GetRepositoryItem", nil, false, false, handler.getRepositoryItem},
		{"Transaction", nil, true, true, handler.transaction},
		{"Harvest", nil, true, true, handler.harvest},
	}
}

// offered are the operations of an edition that are offered here.
func (h handler) offered(e *edition) []string {
	var names []string
	for _, o := range operations() {
		closed := o.name == "Transaction" && h.Transactions == nil || o.name == "Harvest" && (h.Transactions == nil || h.Fetcher == nil)
		if !closed && (o.only == nil || o.only == e) {
			names = append(names, o.name)
		}
	}
	return names
}

// answer does the operation that a request asks for.
func (h handler) answer(q *request) (ows.Document, error) {
	asked, operations := q.p.Need("request"), operations()
	i := slices.IndexFunc(operations, func(o operation) bool { return strings.EqualFold(o.name, asked) })
	offered := h.offered(q.edition)
	switch {
	case asked == "":
	case i < 0:
		q.p.Fail(ows.Invalid("request", "request is %q, not one of %s", asked, strings.Join(offered, ", ")))
	case !slices.Contains(offered, operations[i].name), operations[i].posted && q.body == nil:
		q.p.Fail(ows.OperationNotSupported.At(fault.Unsupported, operations[i].name, "the operation %s is not offered here in this way", operations[i].name))
	}
	if err := q.p.Err(); err != nil {
		return ows.Document{}, err
	}
	trace.Name(q.Context(), operations[i].name)
	if !operations[i].writes {
		trace.Reads(q.Context())
	}
	return operations[i].do(h, q)
}

// document encodes an answer.
func document(v any) (ows.Document, error) {
	body, err := ows.Marshal(v)
	return ows.Document{Type: mediaXML, Body: body}, fault.Classify(fault.Internal, err, "encoding the answer")
}
