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
	c.Routes = append(c.Routes, pathsLike(c.Routes[0]))
	return c
}

// pathsLike is the route of items that are named by their paths, or by those of products, whose items are made of them.
func pathsLike(items Route) Route {
	items.Name, items.Queue, items.Kind = "path", QueuePaths, Path
	return items
}

// defaultRoute is the one that there is unless it is disabled (REG-03): items are drawn by the products that the whole
// deployment has, and go to further backends. Every item has a record, whichever backends are named.
func defaultRoute(further []Backend) Route {
	drawn := Backend{Kind: DataAccess, Drawing: Drawing{Auto: true}}
	return Route{Name: "items", Kind: Items, Queue: QueueItems, HrefField: HrefField, Backends: append([]Backend{drawn}, further...), Output: QueueSeed}
}
