// Package csw speaks OGC Catalogue Service for the Web 2.0.2 (OGC 07-006r1): GetCapabilities, DescribeRecord,
// GetRecords and GetRecordById, by key-value pairs and by XML, with Dublin Core records.
package csw

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// version is the version of the protocol.
const version = "2.0.2"

// reportVersion is the version of exception reports (OWS Common 1.0.0, which CSW 2.0.2 builds on).
const reportVersion = "1.0.0"

// Store is the catalogue as the protocol needs it.
type Store interface {
	// Find gives a page of the matching records in a total order, and the exact number of all matches.
	Find(ctx context.Context, sc scope.Scope, q Query) (found []record.Record, matched int, err error)
	// ByID gives the record of an id, whatever its collection, or fault.NotFound.
	ByID(ctx context.Context, sc scope.Scope, id string) (record.Record, error)
}

// Query asks for records.
type Query struct {
	Filter filter.Expr
	Sort   []Sort
	Offset int
	Limit  int // 0: only count
}

// Sort is one key of an order.
type Sort struct {
	Property string
	Desc     bool
}

// Handler serves the protocol over a store. The service's address is the base of the request's scope and path.
func Handler(store Store, service ows.Service, path string) http.Handler {
	h := handler{store: store, service: service, path: path, now: time.Now}
	return ows.Public(h, http.MethodGet, http.MethodHead, http.MethodPost)
}

type handler struct {
	store   Store
	service ows.Service
	path    string
	now     func() time.Time
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	document, err := h.answer(r)
	if err != nil {
		ows.WriteError(w, r, reportVersion, err)
		return
	}
	body, err := ows.Marshal(document)
	if err != nil {
		ows.WriteError(w, r, reportVersion, fault.Classify(fault.Internal, err, "encoding the answer"))
		return
	}
	ows.Document{Type: "application/xml", Body: body}.Serve(w, r)
}

// answer does the operation that a request asks for.
func (h handler) answer(r *http.Request) (any, error) {
	p, body, err := ows.KVP(r), []byte(nil), error(nil)
	if r.Method == http.MethodPost {
		if p, body, err = readXML(r); err != nil {
			return nil, err
		}
	}
	if p.Need("service") != "" {
		p.Choice("service", "CSW", "CSW")
	}
	if asked := p.Get("request"); slices.Contains(notOffered, asked) {
		return nil, ows.OperationNotSupported.At(fault.Unsupported, asked, "the operation %s is not offered here", asked)
	}
	operation := p.Choice("request", "", "GetCapabilities", "DescribeRecord", "GetRecords", "GetRecordById")
	trace.Name(r.Context(), operation)
	if operation != "GetCapabilities" {
		return h.query(r, p, operation, body)
	}
	p.Negotiate(version)
	checkAccepted(p)
	wanted := p.List("sections")
	if err := p.Err(); err != nil {
		return nil, err
	}
	return newCapabilities(h.service, scope.FromContext(r.Context()).Base+h.path, wanted), nil
}

// notOffered are the operations that CSW 2.0.2 has beside those of this package.
var notOffered = []string{"GetDomain", "Transaction", "Harvest", "GetRepositoryItem"}

// checkAccepted notes a client that accepts none of the formats that capabilities come in.
func checkAccepted(p *ows.Params) {
	formats := p.List("acceptFormats")
	offered := func(format string) bool { return slices.Contains(outputFormats, format) }
	if len(formats) > 0 && !slices.ContainsFunc(formats, offered) {
		p.Fail(ows.Invalid("acceptFormats", "none of the formats %s is offered, but %s", strings.Join(formats, ", "), strings.Join(outputFormats, ", ")))
	}
}

func (h handler) query(r *http.Request, p *ows.Params, operation string, body []byte) (any, error) {
	if operation == "" {
		if p.Get("request") == "" {
			p.Fail(ows.Missing("request"))
		}
		return nil, p.Err()
	}
	p.Version(version)
	asked := scope.FromContext(r.Context())
	switch operation {
	case "GetRecords":
		q := getRecords{}
		if body != nil {
			q = parseXML(body, p)
		} else {
			q = parseKVP(p)
		}
		if err := p.Err(); err != nil {
			return nil, err
		}
		return h.records(r.Context(), asked, q)
	case "DescribeRecord":
		q := describeRecord{}
		if body != nil {
			q = parseDescribeXML(body, p)
		} else {
			q = parseDescribe(p, p.List("typeName"))
		}
		if err := p.Err(); err != nil {
			return nil, err
		}
		return newDescribeRecordResponse(q), nil
	case "GetRecordById":
		q := getRecordByID{}
		if body != nil {
			q = parseByIDXML(body, p)
		} else {
			q = parseByID(p, p.List("id"))
		}
		if err := p.Err(); err != nil {
			return nil, err
		}
		return h.byID(r.Context(), asked, q)
	}
	return nil, p.Err()
}

func (h handler) records(ctx context.Context, asked scope.Asked, q getRecords) (any, error) {
	limit := q.Max
	if q.Hits {
		limit = 0
	}
	found, matched, err := h.store.Find(ctx, asked.Scope, Query{Filter: q.Filter, Sort: q.Sort, Offset: q.Start - 1, Limit: limit})
	if err != nil {
		return nil, err
	}
	return newRecordsResponse(q, found, matched, asked.Base, h.now()), nil
}

// byID gives the records that are there; identifiers of others are left out, as the standard says.
func (h handler) byID(ctx context.Context, asked scope.Asked, q getRecordByID) (any, error) {
	var found []record.Record
	for _, id := range q.IDs {
		r, err := h.store.ByID(ctx, asked.Scope, id)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return recordByIDResponse{Root: root(), Records: encode(found, asked.Base, ofSet(q.ElementSet))}, nil
}
