package source

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/postprocess"
)

// The types of resources.
const (
	TypeOpenSearch  = "OpenSearch"     // a search that an OpenSearch description tells of, or that answers by itself
	TypeOData       = "OData"          // the Products of an OData service as CREODIAS and the Copernicus Data Space have it
	TypeSTACAPI     = "STACAPI"        // a STAC API with item search
	TypeSTACCatalog = "STACCatalog"    // a static STAC catalogue, in a bucket, a folder or on the web
	TypeRecords     = "OGCAPIRecords"  // a collection of OGC API - Records
	TypeFeatures    = "OGCAPIFeatures" // a collection of OGC API - Features
	TypeCSW         = "CSW"            // a catalogue service 2.0.2 or 3.0.0
	TypeFileScheme  = "FileScheme"     // the files or folders of a bucket that have a pattern
)

// types are all of them, in the order in which they are told.
func types() []string {
	return []string{TypeOpenSearch, TypeOData, TypeSTACAPI, TypeSTACCatalog, TypeRecords, TypeFeatures, TypeCSW, TypeFileScheme}
}

// Config is the harvesters of a deployment, in the order of its text.
type Config struct {
	entries     []named
	filesystems map[string]filesystem
}

// named is a harvester as it is written, in the keys of the second generation.
type named struct {
	name    string
	written map[string]any
}

// Harvester is one of them, with what a request lays over its configuration.
type Harvester struct {
	Name       string
	Type       string
	RootPath   string // of a static catalogue or of files: s3://bucket/key, a key or a folder, or an address of the web
	Pattern    string // of files
	Collection string // only what belongs to the collection of this id; empty: everything. Files belong to it
	URL        string // of a service
	Service    Service
	Query      Query
	Store      Store
	Filter     filter.Expr     // which items are registered; nil: all
	FilterText json.RawMessage // the same as CQL2 JSON
	Chain      postprocess.Chain
	Mode       string      // of the registration: register or replace
	Continuous *Continuous // a time window that moves on from run to run
	Foreign    bool        // a request says where it leads: it is asked as anybody may, and only what is outside

	ForeignChain bool // a request says by which postprocessors: services of theirs are asked only outside
	AdHoc        bool // a request brought all of it along

	home string // the root_path of the configuration, which values do not change
}

// Service is how a service is asked.
type Service struct {
	MediaType   string            // of the answers; empty: what is understood
	Mapping     map[string]string // of properties of an item to those that a service calls otherwise
	Method      string            // GET or POST, of a STAC API; empty: as it offers
	PageSize    int               // items of a page; 0: the source's own measure
	SortBy      []string          // of a STAC API: properties, each with + or - before it
	Collections bool              // of a STAC API: the collections are harvested too
	Version     string            // of a catalogue service
	Schema      string            // in which a catalogue service is asked for records
}

// Query is what a service is asked for; what is empty bounds nothing.
type Query struct {
	Property    string // which time: sensed, or as the service calls it
	Begin, End  time.Time
	BBox        []float64 // west, south, east, north
	Collections []string
	Extra       map[string]string // further parameters
}

// Continuous is how a harvester goes on from where its last finished run ended (HRV-21).
type Continuous struct {
	Begin   time.Time     // of the first run; zero: a window before it
	Window  time.Duration // longest span of one run
	Overlap time.Duration // that the next run looks at again
	Delay   time.Duration // of the source: younger items may still be missing
}

// Store is where a harvester's documents are. Its empty fields are the deployment's own.
type Store struct {
	Kind      string // KindS3, KindHTTP or KindLocal; empty: the deployment's object store
	Bucket    string // what a mere key lies in
	Endpoint  string
	Region    string
	AccessKey string
	SecretKey string
	Public    bool   // read without keys
	Token     string // Bearer token of a service
	Folder    string // of a local file system
}

// Names lists the harvesters.
func (c Config) Names() []string {
	var names []string
	for _, e := range c.entries {
		names = append(names, e.name)
	}
	return names
}

// Harvester finds a harvester and lays values over its configuration (HRV-03): JSON of the configuration's own form,
// whose maps are merged, and whose other values replace those that are there. How a store is opened is the deployment's
// to say, not a request's; a request that says where else to look is a stranger there.
func (c Config) Harvester(name string, values []byte) (Harvester, error) {
	i := slices.IndexFunc(c.entries, func(e named) bool { return e.name == name })
	if i < 0 {
		return Harvester{}, fault.At(fault.NotFound, "harvester", "there is no harvester %q, but %q", name, c.Names())
	}
	base := c.entries[i].written
	written, err := overlaid(base, values)
	if err != nil {
		return Harvester{}, err
	}
	e, err := read(written)
	if err != nil {
		return Harvester{}, err
	}
	e.Name = name
	if problem := e.problem(c.filesystems); problem != nil {
		return Harvester{}, fault.At(fault.Invalid, "values."+problem.at, "values.%s: %s", problem.at, problem.text)
	}
	h := e.harvester(c.filesystems)
	before, err := read(base)
	h.home, h.Foreign = before.Resource.files().RootPath, foreign(before, e)
	h.ForeignChain = !reflect.DeepEqual(before.Postprocessors, e.Postprocessors)
	if h.Foreign && (hasUser(h.URL) || hasUser(h.RootPath)) {
		return Harvester{}, fault.At(fault.Forbidden, "values", "an address of a request has no credentials: those would be kept with the run, where others read them")
	}
	return h, err
}

// Brought is a configuration of one harvester that a request brings along (HRV-19): it reaches what anybody may, by no
// credentials of the deployment and with none of its own, which would be kept with the run.
func (c Config) Brought() (Harvester, error) {
	if len(c.entries) != 1 {
		return Harvester{}, fault.At(fault.Invalid, "harvesters", "an ad-hoc configuration has one harvester, not %d", len(c.entries))
	}
	h, err := c.Harvester(c.entries[0].name, nil)
	switch {
	case err != nil:
		return h, err
	case h.Store.AccessKey != "" || h.Store.SecretKey != "" || h.Store.Token != "" || hasUser(h.URL) || hasUser(h.RootPath):
		return h, fault.At(fault.Forbidden, "filesystems", "an ad-hoc configuration has no credentials: those are for the deployment to configure")
	case h.Continuous != nil:
		return h, fault.At(fault.Forbidden, "continuous", "an ad-hoc configuration is not continuous: that is for the deployment to configure")
	case h.Store.Kind == KindLocal:
		return h, fault.At(fault.Forbidden, "filesystems", "an ad-hoc configuration reads no folders of the deployment")
	}
	h.Foreign, h.ForeignChain, h.AdHoc = true, true, true
	return h, nil
}

// Overlaid is a configuration of one harvester with values laid over it, as those of a request are over a deployment's (HRV-03).
func (c Config) Overlaid(values []byte) (Config, error) {
	if len(c.entries) != 1 {
		return c, fault.At(fault.Invalid, "harvesters", "values are laid over one harvester, not over %d", len(c.entries))
	}
	one := c.entries[0]
	if _, err := c.Harvester(one.name, values); err != nil {
		return c, err
	}
	written, err := overlaid(one.written, values)
	c.entries = []named{{one.name, written}}
	return c, err
}

// Written is the configuration as JSON, in the keys of the second generation: what Load reads again.
func (c Config) Written() ([]byte, error) {
	harvesters := map[string]any{}
	for _, e := range c.entries {
		harvesters[e.name] = e.written
	}
	filesystems := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(c.filesystems)) {
		filesystems[name] = c.filesystems[name]
	}
	text, err := json.Marshal(map[string]any{"harvesters": harvesters, "filesystems": filesystems})
	return text, fault.Classify(fault.Internal, err, "writing a configuration of harvesters")
}

// All gives every harvester without values.
func (c Config) All() ([]Harvester, error) {
	var all []Harvester
	for _, e := range c.entries {
		h, err := c.Harvester(e.name, nil)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
	}
	return all, nil
}
