package source

import (
	"slices"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// TypeSTACCatalog is the type of resource of a static STAC catalogue.
const TypeSTACCatalog = "STACCatalog"

// Config is the harvesters of a deployment, in the order of its text.
type Config struct {
	entries     []entry
	filesystems map[string]filesystem
}

// Harvester is one of them, with what a request lays over its configuration.
type Harvester struct {
	Name       string
	RootPath   string // s3://bucket/key, a key or a folder
	Collection string // only what belongs to the collection of this id; empty: everything
	Store      Store
	Filter     filter.Expr // which items are registered; nil: all
	Mode       string      // of the registration: register or replace
}

// Store is where a harvester's buckets are. Its empty fields are the deployment's own.
type Store struct {
	Bucket    string // what a mere key lies in
	Endpoint  string
	Region    string
	AccessKey string
	SecretKey string
}

// Names lists the harvesters.
func (c Config) Names() []string {
	var names []string
	for _, e := range c.entries {
		names = append(names, e.Name)
	}
	return names
}

// Harvester finds a harvester and lays values over its configuration (HRV-03): JSON of the configuration's own form,
// whose maps are merged, and whose other values replace those that are there. Where a store is and how it is opened is
// the deployment's to say, not a request's.
func (c Config) Harvester(name string, values []byte) (Harvester, error) {
	i := slices.IndexFunc(c.entries, func(e entry) bool { return e.Name == name })
	if i < 0 {
		return Harvester{}, fault.At(fault.NotFound, "harvester", "there is no harvester %q, but %q", name, c.Names())
	}
	merged, err := c.entries[i].with(values)
	if err != nil {
		return Harvester{}, err
	}
	if problem := merged.problem(c.filesystems); problem != nil {
		return Harvester{}, fault.At(fault.Invalid, "values."+problem.at, "values.%s: %s", problem.at, problem.text)
	}
	return merged.harvester(c.filesystems), nil
}

// Stores lists the stores that harvesters name.
func (c Config) Stores() map[string]Store {
	all := map[string]Store{}
	for _, e := range c.entries {
		all[e.Name] = e.harvester(c.filesystems).Store
	}
	return all
}
