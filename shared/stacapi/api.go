// Package stacapi serves a catalogue by STAC API 1.0.0 (https://github.com/radiantearth/stac-api-spec): core,
// collections, features (OGC API - Features Part 1), item search and transactions. Documents go out as they were registered, byte for
// byte, but for their links and the references of their assets, which have to lead somewhere from where they are read.
package stacapi

import (
	"context"
	"net/http"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// Root is the path under which the API is served.
const Root = "/stac"

// Uncollected is the collection in which items are found that belong to none.
const Uncollected = record.Uncollected

// Bounds on pages.
const (
	defaultLimit       = 10
	maxLimit           = 1000 // documents are held in memory while a page is made
	defaultCollections = 100
	maxCollections     = 1000
)

// Store is the catalogue as this API needs it.
type Store interface {
	// Search lists items in the order that is asked for, then newest first, which makes the order total.
	Search(ctx context.Context, sc scope.Scope, q Query) (Page, error)
	// Item finds an item with its document.
	Item(ctx context.Context, sc scope.Scope, collection, id string) (record.Record, error)
	// Collection finds a collection that has a document, items, or both.
	Collection(ctx context.Context, sc scope.Scope, id string) (Collection, error)
	// Collections lists those that have a document, items, or both, in the order that is asked for, then by id.
	Collections(ctx context.Context, sc scope.Scope, q CollectionQuery) (CollectionPage, error)
	// ItemMonths tells in which months the items of collections begin, by collection, then in the order of time.
	ItemMonths(ctx context.Context, sc scope.Scope, collections []string) ([]Month, error)
	// Catalogs lists the workspaces that the scope may read beside the one that is asked, and that one too where its answers
	// have those of others in them.
	Catalogs(ctx context.Context, sc scope.Scope, limit int, after string) (CatalogPage, error)
	// Catalog finds one of them.
	Catalog(ctx context.Context, sc scope.Scope, workspace string) (Catalog, error)
	// Aggregate makes several things of all items that a query finds, in the order in which they are wanted.
	Aggregate(ctx context.Context, sc scope.Scope, q Query, wanted []Aggregation) ([]Aggregated, error)
	// Queryables lists the properties of the items of collections, of all when none are named.
	Queryables(ctx context.Context, sc scope.Scope, collections []string) ([]Queryable, error)
}

// Query asks for items; what is empty bounds nothing.
type Query struct {
	Collections []string
	IDs         []string
	Geometry    orb.Geometry // longitude, latitude: the footprint shares a point with it
	Time        record.Interval
	Filter      filter.Expr
	Sort        []Sort
	Limit       int
	After       string // a token of an earlier page of the same question
	Names       bool   // documents are not wanted

	// DocumentsOnly asks for documents, and of the rest for Key, Type, Source, Version, Modified and Shown only.
	DocumentsOnly bool

	fields stac.Fields // what is told of each item: no business of the Store
}

// Page is a part of the items that a query asks for, with their documents. Of a record that is no item everything is told. Next and Prev are tokens, empty at the ends.
// Matched is how many there are in all, when that is known.
type Page struct {
	Items      []record.Record
	Next, Prev string
	Matched    *int
}

// CollectionQuery asks for collections; what is empty bounds nothing.
type CollectionQuery struct {
	Geometry orb.Geometry // longitude, latitude: the extent shares a point with it
	Time     record.Interval
	Filter   filter.Expr
	Sort     []Sort
	Limit    int
	After    string // a token of an earlier page of the same question
	Names    bool   // ids and titles alone are wanted

	fields stac.Fields // what is told of each collection: no business of the Store
}

// Collection is a collection of items. One that nobody registered has no document, but the extent of its items; a title, where it is a
// record of another kind.
type Collection struct {
	Workspace string
	ID        string
	Title     string
	Abstract  string // of the record of another kind that it is
	Document  []byte
	Source    string // where the document lies
	Version   string
	Modified  time.Time // when it was last registered
	Extent    record.Extent
}

// CollectionPage is a part of the collections. Next is a token, empty at the end. Matched is how many there are in all, when
// that is known.
type CollectionPage struct {
	Collections []Collection
	Next        string
	Matched     *int
}

// Assets gives access to files in the object store, on behalf of items of a workspace.
type Assets interface {
	// Sign gives an address by which the client can read the file for a while. A file that items of the workspace
	// may not show is fault.Forbidden.
	Sign(ctx context.Context, workspace, href string) (string, error)
	// Stat describes the file, under the same condition.
	Stat(ctx context.Context, workspace, href string) (File, error)
	// Public gives the address at which everybody reads the file; ok is false where that is not known.
	Public(href string) (address string, ok bool)
	// Place gives the place, s3://bucket/key, of a file that is named by the object store's own address. Any other reference stays.
	Place(href string) string
}

// File describes a file in the object store.
type File struct {
	Size        int64
	ContentType string
	ETag        string // without quotes
	Modified    time.Time
}

// Config says what is served.
type Config struct {
	Title        string
	Description  string
	Store        Store
	Assets       Assets
	Transactions Transactions
}

type api struct {
	Config
	room  ogcapi.Room
	pages ogcapi.Pages
}

// New makes the handler of everything under Root.
func New(config Config) http.Handler { return page.Problems(Root, routes(config)) }

func routes(config Config) *ogcapi.Routes {
	a := api{config, ogcapi.NewRoom(), ogcapi.NewPages()}
	rs := &ogcapi.Routes{}
	rs.Handle("GET "+Root, a.landing)
	rs.Handle("GET "+Root+"/conformance", a.conformance)
	rs.Handle("GET "+Root+"/api", a.description)
	rs.Handle("GET "+Root+"/api.html", a.documentation)
	rs.Handle("GET "+Root+"/search", a.search)
	rs.Handle("POST "+Root+"/search", a.searchByBody)
	x := exporter{a, make(chan struct{}, maxExports)}
	rs.Handle("GET "+Root+"/export", x.get)
	rs.Handle("POST "+Root+"/export", x.post)
	rs.Handle("GET "+Root+"/collections/{collection}/export", x.getCollection)
	rs.Handle("GET "+Root+"/collections", a.collections)
	rs.Handle("GET "+Root+"/collections/{collection}", a.collection)
	rs.Handle("GET "+Root+"/collection-queryables", a.queryablesOfCollections)
	rs.Handle("GET "+Root+"/queryables", a.queryables)
	rs.Handle("GET "+Root+"/collections/{collection}/queryables", a.collectionQueryables)
	rs.Handle("GET "+Root+"/functions", a.functions)
	rs.Handle("GET "+Root+"/children", a.children)
	rs.Handle("GET "+Root+"/collections/{collection}/children", a.collectionChildren)
	rs.Handle("GET "+Root+"/collections/{collection}/catalogs/{period}", a.collectionCatalog)
	rs.Handle("GET "+Root+"/collections/{collection}/catalogs/{period}/children", a.catalogChildren)
	rs.Handle("GET "+Root+"/catalogs", a.catalogs)
	rs.Handle("GET "+Root+"/catalogs/{catalog}", a.throughCatalog(rs))
	rs.Handle("GET "+Root+"/catalogs/{catalog}/{path...}", a.throughCatalog(rs))
	rs.Handle("POST "+Root+"/catalogs/{catalog}/search", a.throughCatalog(rs))
	rs.Handle("POST "+Root+"/catalogs/{catalog}/aggregate", a.throughCatalog(rs))
	rs.Handle("POST "+Root+"/catalogs/{catalog}/collections/{collection}/aggregate", a.throughCatalog(rs))
	rs.Handle("GET "+Root+"/aggregations", a.aggregations)
	rs.Handle("GET "+Root+"/aggregate", a.aggregateByParameters)
	rs.Handle("POST "+Root+"/aggregate", a.aggregateByBody)
	rs.Handle("GET "+Root+"/collections/{collection}/aggregations", a.collectionAggregations)
	rs.Handle("GET "+Root+"/collections/{collection}/aggregate", a.aggregateCollection)
	rs.Handle("POST "+Root+"/collections/{collection}/aggregate", a.aggregateCollectionByBody)
	rs.Handle("GET "+Root+"/collections/{collection}/assets/{asset}", a.collectionAsset)
	rs.Handle("GET "+Root+"/collections/{collection}/items", a.items)
	rs.Handle("GET "+Root+"/collections/{collection}/items/{item}", a.item)
	rs.Handle("GET "+Root+"/collections/{collection}/items/{item}/assets/{asset}", a.itemAsset)
	rs.Handle("GET "+Root+"/collections/{collection}/items/{item}/tiles/{template}/{matrix}/{row}/{column}", a.itemTile)
	a.writing(rs)
	return rs
}

// asked is a request as the handlers use it.
type asked struct {
	scope     scope.Scope
	root      string // absolute address of what is asked: the API, or a catalog below it
	top       string // absolute address of the API
	catalog   string // id of the catalog
	canonical string // absolute address of the API that has the catalog's collections as its own
}

func ask(r *http.Request) asked {
	from := scope.FromContext(r.Context())
	on := asked{scope: from.Scope, root: from.Base + Root, top: from.Base + Root}
	if place, ok := r.Context().Value(withinKey{}).(within); ok {
		on.root, on.catalog, on.canonical = ogcapi.Href(on.root, "catalogs", place.id), place.id, place.canonical
	}
	return on
}
