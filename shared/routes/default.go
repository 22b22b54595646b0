package routes

// HrefField is the member of a JSON document that says where it lies, where the configuration names no other.
const HrefField = "url"

// Default is the routes of a deployment that configures none: all that the original knows.
func Default() Config {
	c := Config{Routes: []Route{defaultRoute(nil)}}
	for _, r := range []struct {
		name, queue string
		kind        Kind
		backend     BackendKind
	}{
		{"collections", QueueCollections, Collections, CatalogueCollection},
		{"ades", QueueADES, JSON, CatalogueProcesses},
		{"application", QueueApplications, JSON, CatalogueApplication},
		{"catalogue", QueueCatalogues, JSON, CatalogueService},
		{"json", QueueJSON, JSON, CatalogueJSON},
		{"xml", QueueXML, JSON, CatalogueXML},
	} {
		c.Routes = append(c.Routes, Route{Name: r.name, Kind: r.kind, Queue: r.queue, HrefField: HrefField, Backends: []Backend{{Kind: r.backend}}})
	}
	items, paths := c.Routes[0], c.Routes[0]
	paths.Name, paths.Queue, paths.Kind, paths.Backends = "path", QueuePaths, Path, items.Backends
	c.Routes = append(c.Routes, paths)
	return c
}

// defaultRoute is the one that there is unless it is disabled (REG-03): items are drawn by the products that the whole
// deployment has, and go to further backends. Every item has a record, whichever backends are named.
func defaultRoute(further []Backend) Route {
	drawn := Backend{Kind: DataAccess, Drawing: Drawing{Auto: true}}
	return Route{Name: "items", Kind: Items, Queue: QueueItems, HrefField: HrefField, Backends: append([]Backend{drawn}, further...), Output: QueueSeed}
}
