// Package routes reads how documents are registered in EOEPCA's schema (vs.registrar.config of the chart data-access):
// routes, by the queues whose messages they take, and the backends that each document goes to. The class paths that
// operators know name what does the same here.
package routes

import "slices"

// Config is the routes of a deployment, in the order of its text.
type Config struct {
	Routes  []Route
	Sources []Source
}

// Kind says what the documents of a route are.
type Kind string

// The kinds of routes.
const (
	Items       Kind = "items"       // STAC items
	Collections Kind = "collections" // STAC collections
	JSON        Kind = "json"        // any JSON object: a record, or what says where one lies
	Path        Kind = "path"        // a path or an address, and nothing else
)

// Route is a way that documents take.
type Route struct {
	Name      string
	Kind      Kind
	Queue     string // whose messages it takes
	Replace   bool   // what is there already is replaced, whatever the deployment says otherwise
	HrefField string // of a JSON document: the member that says where the document itself lies
	Backends  []Backend
	Output    string   // the queue that a document goes on to: that of another route, or QueueSeed
	Pre       []string // addresses that are asked before a document is registered, and may refuse or change it
	Post      []string // addresses that are told of a document that was registered
	Error     []string // addresses that are told of a document that was not
}

// QueueSeed is the queue of the tile cache's seeder, which here listens to the events of items.
const QueueSeed = "seed_queue"

// BackendKind says what a backend does with a document.
type BackendKind string

// The kinds of backends.
const (
	DataAccess           BackendKind = "data access" // items become products with coverages, and layers show them
	CatalogueItem        BackendKind = "item"
	CatalogueCollection  BackendKind = "collection"
	CatalogueProcesses   BackendKind = "processes"   // an OGC API Processes service, and its processes
	CatalogueApplication BackendKind = "application" // a CWL application package
	CatalogueService     BackendKind = "catalogue"   // another catalogue, of whatever kind
	CatalogueJSON        BackendKind = "json"
	CatalogueXML         BackendKind = "xml"
)

// Backend is where the documents of a route go.
type Backend struct {
	Kind     BackendKind
	OWS      string // address of the maps and coverages that records lead to; empty: this house's own
	PublicS3 string // address under which the objects of buckets are public: see PublicHref
	Drawing
}

// Drawing is how items are drawn (the kwargs of registrar.backend.eoxserver.ItemBackend).
type Drawing struct {
	ProductTypes []string // that are looked for, by their names; nil: all
	Auto         bool     // items that no product type takes are drawn by what they say of themselves
	Visible      []string // the services whose capabilities list the products; nil: all
	Tolerance    float64  // degrees by which footprints may be simplified; 0: they stay as they are
}

// ServiceWMS and ServiceWCS are the services that list products.
const (
	ServiceWMS = "wms"
	ServiceWCS = "wcs"
)

// Listed tells whether the capabilities of a service list the products.
func (d Drawing) Listed(service string) bool {
	return d.Visible == nil || slices.Contains(d.Visible, service)
}

// SourceKind says what a source is.
type SourceKind string

// The kinds of sources (REG-31).
const (
	SourceLocal SourceKind = "local"
	SourceS3    SourceKind = "s3"
	SourceSwift SourceKind = "swift" // which is read by its S3 API
)

// Source is a place that documents and their files lie in, beside the deployment's own object store.
type Source struct {
	Name      string
	Kind      SourceKind
	Folder    string // of a local one
	Bucket    string // empty: any
	Endpoint  string
	Region    string
	AccessKey string
	SecretKey string
	Public    bool // read without keys
}

// Route finds the route that takes what is asked for by a name: its own, that of its queue, or another name of that.
func (c Config) Route(name string) (Route, bool) {
	queue := queueOf(name)
	i := slices.IndexFunc(c.Routes, func(r Route) bool { return r.Queue == queue })
	if i < 0 {
		i = slices.IndexFunc(c.Routes, func(r Route) bool { return r.Name == name })
	}
	if i < 0 {
		return Route{}, false
	}
	return c.Routes[i], true
}

// Names lists the routes.
func (c Config) Names() []string {
	var names []string
	for _, r := range c.Routes {
		names = append(names, r.Name)
	}
	return names
}

// Backend finds the route's backend of a kind.
func (r Route) Backend(kind BackendKind) (Backend, bool) {
	i := slices.IndexFunc(r.Backends, func(b Backend) bool { return b.Kind == kind })
	if i < 0 {
		return Backend{}, false
	}
	return r.Backends[i], true
}
