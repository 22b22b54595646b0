// Package records serves a catalogue by OGC API - Records - Part 1 (OGC 20-004r1), which builds on OGC API - Features
// Parts 1, 2 and 3 (17-069r4, 18-058r1, 19-079r2). Every resource that was registered is a record of the collection
// metadata:main; each collection, and each record that others name as their parent, is a collection of its own.
//
// Records are written by OGC API - Features - Part 4 (20-002r1), as GeoJSON and as what is read of XML.
//
// A record that came as an OGC record goes out as it came, but for its links. That of a STAC item is made of the pieces of
// the item's document, byte for byte where it can; that of anything else is made of the core of the catalogue.
package records

import (
	"context"
	"net/http"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Root is the path under which the API is served.
const Root = "/records"

// Main is the collection of all records.
const Main = record.Main

// Bounds on pages.
const (
	defaultLimit       = 10
	maxLimit           = 1000 // documents are held in memory while a page is made
	defaultCollections = 100
	maxCollections     = 1000
)

// Store is the catalogue as this API needs it.
type Store interface {
	// Search lists records in the order that is asked for, then newest first, which makes the order total.
	Search(ctx context.Context, sc scope.Scope, q Query) (Page, error)
	// Record finds a record with its document, of any collection when none is named.
	Record(ctx context.Context, sc scope.Scope, collection, id string) (record.Record, error)
	// Collections lists the collections that a query finds. Those that nobody described are found by no condition. With a
	// Limit of 0 none is listed; Next is then where they begin.
	Collections(ctx context.Context, sc scope.Scope, q Query) (CollectionPage, error)
	// Collection finds a collection: one that was registered, or that records name as theirs.
	Collection(ctx context.Context, sc scope.Scope, id string) (Collection, error)
	// Extent tells where and when the records of a collection are.
	Extent(ctx context.Context, sc scope.Scope, collection string) (record.Extent, error)
	// Facets divides all records that a query finds in several ways, given in the order in which they are wanted. Partial
	// tells that there are too many, and that those which were found first were divided.
	Facets(ctx context.Context, sc scope.Scope, q Query, wanted []Facet) (all []FacetBuckets, partial bool, err error)
	// Queryables lists the properties of the records of collections, of all when none are named.
	Queryables(ctx context.Context, sc scope.Scope, collections []string) ([]Queryable, error)
}

// Query asks for records; what is empty bounds nothing.
type Query struct {
	Collections []string
	IDs         []string
	Geometry    orb.Geometry // longitude, latitude: the footprint shares a point with it
	Time        record.Interval
	Filter      filter.Expr
	Sort        []Sort
	Limit       int    // 0: none is listed, they are only counted
	Offset      int    // records skipped; not together with After
	After       string // a token of an earlier page of the same question
	Count       bool   // tell how many there are
}

// Page is a part of the records that a query asks for. A record has its document, its key, its type, when it was created
// and modified; where the document is no JSON, or that of a collection, it is whole. Next and Prev are tokens, empty at
// the ends.
type Page struct {
	Records    []record.Record
	Next, Prev string
	Matched    *int // nil when it was not asked for
	Estimated  bool // Matched is an estimate
}

// Collection is a collection of records. One that nobody described has an id only.
type Collection struct {
	ID     string
	Record *record.Record // that describes it
}

// CollectionPage is a part of the collections. Next is a token, empty at the end.
type CollectionPage struct {
	Collections []Collection
	Next        string
	Matched     *int // of those that have a record; nil when it was not asked for
}

// Queryable is a property that records are found by.
type Queryable struct {
	Name   string
	Title  string
	Type   string   // of JSON Schema; empty when records differ
	Format string   // of a string: date or date-time
	Enum   []string // the texts that it has, where they are few
}

// Config says what is served.
type Config struct {
	Title       string
	Description string
	Keywords    []string
	Facets      []string                     // the facets that are shown when a client asks for them without naming any
	Filters     map[string]map[string]string // facets whose buckets are conditions in CQL2 text, by their names
	Store       Store
	Federation  Federation // nil: no other catalogue is asked
	Grouped     bool       // the records of other catalogues are answered by themselves, not merged with those of this one
	// Transactions has what is sent written.
	Transactions ogcapi.Transactions
}

type api struct {
	Config
	filters map[string][]NamedFilter
	room    ogcapi.Room
	pages   ogcapi.Pages
}

// New makes the handler of everything under Root, and of what leads there, unless the configuration is wrong.
func New(config Config) (http.Handler, error) {
	filters, err := namedFilters(config.Filters)
	if err != nil {
		return nil, err
	}
	return page.Problems(Root, withRoot(api{config, filters, ogcapi.NewRoom(), ogcapi.NewPages()}.routes())), nil
}

func (a api) routes() *ogcapi.Routes {
	rs := &ogcapi.Routes{}
	rs.Handle("GET "+Root, a.landing)
	rs.Handle("GET "+Root+"/conformance", a.conformance)
	rs.Handle("GET "+Root+"/openapi", a.description)
	rs.Handle("GET "+Root+"/api", a.description)
	rs.Handle("GET "+Root+"/functions", a.functions)
	rs.Handle("GET "+Root+"/queryables", a.queryables)
	rs.Handle("GET "+Root+"/sortables", a.sortables)
	rs.Handle("GET "+Root+"/collections", a.collections)
	rs.Handle("GET "+Root+"/collections/{collection}", a.collection)
	rs.Handle("GET "+Root+"/collections/{collection}/queryables", a.queryables)
	rs.Handle("GET "+Root+"/collections/{collection}/sortables", a.sortables)
	rs.Handle("GET "+Root+"/collections/{collection}/schema", a.schema)
	rs.Handle("GET "+Root+"/collections/{collection}/facets", a.facets)
	rs.Handle("GET "+Root+"/collections/{collection}/federatedCatalogs", a.catalogues)
	rs.Handle("GET "+Root+"/collections/{collection}/federatedCatalogs/{catalogue}", a.catalogue)
	rs.Handle("GET "+Root+"/collections/{collection}/items", a.items)
	rs.Handle("POST "+Root+"/collections/{collection}/items", a.postItems)
	rs.Handle("GET "+Root+"/collections/{collection}/items/{item}", a.item)
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		rs.Handle(method+" "+Root+"/collections/{collection}/items/{item}", ogcapi.Allowed(a.write))
	}
	return rs
}

// asked is a request as the handlers use it.
type asked struct {
	scope scope.Scope
	base  string // absolute address under which the house was asked
	root  string // that of the API
}

func ask(r *http.Request) asked {
	from := scope.FromContext(r.Context())
	return asked{scope: from.Scope, base: from.Base, root: from.Base + Root}
}

func (on asked) collection(id string) string { return ogcapi.Href(on.root, "collections", id) }

func (on asked) item(collection, id string) string {
	return ogcapi.Href(on.root, "collections", collection, "items", id)
}
