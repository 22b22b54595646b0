package routes

import (
	"slices"
	"strings"
)

// The queues of the original, by which its clients know the routes.
const (
	QueueItems        = "register_queue"
	QueueCollections  = "register_collection_queue"
	QueueADES         = "register_ades_queue"
	QueueApplications = "register_application_queue"
	QueueCatalogues   = "register_catalogue_queue"
	QueueJSON         = "register_json_queue"
	QueueXML          = "register_xml_queue"
	QueuePaths        = "register_path_queue"
)

// otherNames are the names under which a queue is asked for too: what harvesters push to, what the requests of the
// registration API call themselves, and what events say.
var otherNames = map[string][]string{
	QueueItems:        {"register", "items", "item", "stac-item"},
	QueueCollections:  {"collections", "collection"},
	QueueADES:         {"ades", "oaproc"},
	QueueApplications: {"application", "applications"},
	QueueCatalogues:   {"catalogue", "catalogues", "catalog"},
	QueueJSON:         {"json"},
	QueueXML:          {"xml"},
	QueuePaths:        {"path", "paths"},
}

// queueOf is the queue that a name stands for; one that nobody knows stands for itself. What is to be deregistered is
// asked for by the queues of the same routes.
func queueOf(name string) string {
	if strings.HasPrefix(name, "deregister_") {
		name = strings.TrimPrefix(name, "de")
	}
	for queue, others := range otherNames {
		if name == queue || slices.Contains(others, strings.ToLower(name)) {
			return queue
		}
	}
	return name
}

// routeKinds are the classes of routes, by their paths.
var routeKinds = map[string]Kind{
	"registrar.route.stac.ItemRoute":       Items,
	"registrar.route.stac.Item":            Items,
	"registrar.route.stac.CollectionRoute": Collections,
	"registrar.route.stac.Collection":      Collections,
	"registrar.route.json.JSONRoute":       JSON,
	"registrar.route.path.PathRoute":       Path,
}

// backendKinds are the classes of backends, by their paths: the package was the class's before there were several.
var backendKinds = map[string]BackendKind{
	"registrar.backend.eoxserver.ItemBackend":      DataAccess,
	"registrar.backend.eoxserver.EOxServerBackend": DataAccess,
	"registrar.backend.EOxServerBackend":           DataAccess,
	"registrar_pycsw.backend.ItemBackend":          CatalogueItem,
	"registrar_pycsw.backend.PycswItemBackend":     CatalogueItem,
	"registrar_pycsw.backend.PycswBackend":         CatalogueItem,
	"registrar_pycsw.backend.CollectionBackend":    CatalogueCollection,
	"registrar_pycsw.backend.ADESBackend":          CatalogueProcesses,
	"registrar_pycsw.backend.CWLBackend":           CatalogueApplication,
	"registrar_pycsw.backend.PycswCWLBackend":      CatalogueApplication,
	"registrar_pycsw.backend.CatalogueBackend":     CatalogueService,
	"registrar_pycsw.backend.JSONBackend":          CatalogueJSON,
	"registrar_pycsw.backend.XMLBackend":           CatalogueXML,
}

// taken says which kinds of backends take the documents of a kind of route.
var taken = map[Kind][]BackendKind{
	Items:       {DataAccess, CatalogueItem},
	Path:        {DataAccess, CatalogueItem},
	Collections: {CatalogueCollection},
	JSON:        {CatalogueProcesses, CatalogueApplication, CatalogueService, CatalogueJSON, CatalogueXML},
}
