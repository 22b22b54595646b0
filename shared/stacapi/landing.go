package stacapi

import (
	"cmp"
	"net/http"

	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// conformsTo lists the conformance classes that are implemented, whole.
var conformsTo = []string{
	"https://api.stacspec.org/v1.0.0/core",
	"https://api.stacspec.org/v1.0.0/collections",
	"https://api.stacspec.org/v1.0.0-rc.3/browseable",
	"https://api.stacspec.org/v1.0.0/children",
	"https://api.stacspec.org/v1.0.0/children#type-filter",
	"https://api.stacspec.org/v1.0.0-rc.2/multi-tenant-catalogs",
	"https://api.stacspec.org/v1.0.0-rc.2/multi-tenant-catalogs/search",
	"https://api.stacspec.org/v1.0.0/ogcapi-features",
	"https://api.stacspec.org/v1.0.0/ogcapi-features#sort",
	"https://api.stacspec.org/v1.0.0/ogcapi-features#fields",
	"https://api.stacspec.org/v1.0.0/item-search",
	"https://api.stacspec.org/v1.0.0/item-search#sort",
	"https://api.stacspec.org/v1.0.0/item-search#fields",
	"https://api.stacspec.org/v1.0.0/item-search#filter",
	"https://api.stacspec.org/v1.0.0/ogcapi-features/extensions/transaction",
	"https://api.stacspec.org/v1.0.0/collections/extensions/transaction",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-timestamps",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
	"https://api.stacspec.org/v1.0.0/item-search#query",
	"https://api.stacspec.org/v1.0.0/ogcapi-features#query",
	"https://api.stacspec.org/v1.0.0-rc.1/item-search#free-text",
	"https://api.stacspec.org/v1.0.0-rc.1/item-search#advanced-free-text",
	"https://api.stacspec.org/v1.0.0-rc.1/ogcapi-features#free-text",
	"https://api.stacspec.org/v1.0.0-rc.1/ogcapi-features#advanced-free-text",
	"https://api.stacspec.org/v1.0.0-rc.2/children",
	"https://api.stacspec.org/v0.3.0/aggregation",
	"https://api.stacspec.org/v0.3.0/aggregation#query",
	"https://api.stacspec.org/v0.3.0/aggregation#filter",
	"https://api.stacspec.org/v1.0.0/collection-search",
	"http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/simple-query",
	"https://api.stacspec.org/v1.0.0-rc.1/collection-search#free-text",
	"https://api.stacspec.org/v1.0.0-rc.1/collection-search#advanced-free-text",
	"https://api.stacspec.org/v1.0.0/collection-search#filter",
	"https://api.stacspec.org/v1.1.0/collection-search#sort",
	"https://api.stacspec.org/v1.0.0/collection-search#fields",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
	"http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
	"http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
	"http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
	"http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
	"http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/property-property",
	"http://www.opengis.net/spec/cql2/1.0/conf/functions",
	"http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
}

// catalog is the landing page, a STAC catalog (STAC API 1.0.0 core).
type catalog struct {
	Type        string      `json:"type"`
	Version     string      `json:"stac_version"`
	ID          string      `json:"id"`
	Title       string      `json:"title"`
	Description string      `json:"description"`
	ConformsTo  []string    `json:"conformsTo,omitempty"` // of a landing page
	Links       []stac.Link `json:"links"`
}

const stacVersion = "1.0.0" // of the documents that are made here

func (a api) landing(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format, after := p.Format(r, ogcapi.JSON, ogcapi.HTML), p.Text("token")
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	children, err := a.childrenOf(r.Context(), on, after)
	if err != nil {
		return err
	}
	doc := a.catalogOf(on)
	announce(w, landingLinks(on, after))
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, landingPage(on, doc, children))
	}
	doc.ConformsTo, doc.Links = conformsTo, append(landingLinks(on, after), children...)
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, doc)
}

// catalogOf is what is asked as a catalog without links.
func (a api) catalogOf(on asked) catalog {
	c := catalog{Type: stac.TypeCatalog, Version: stacVersion, ID: cmp.Or(on.catalog, on.scope.Workspace, "catalogue"), Title: a.Title, Description: a.Description}
	if on.catalog != "" {
		c.Title = Catalog{on.scope.Workspace}.title()
		c.Description = c.Title + ". " + a.Description + "."
	}
	return c
}

func landingLinks(on asked, after string) []stac.Link {
	search := on.root + "/search"
	links := []stac.Link{
		{Rel: "self", Href: part(on.root, after), Type: ogcapi.MediaTypeJSON},
		{Rel: "root", Href: on.top, Type: ogcapi.MediaTypeJSON},
		{Rel: "alternate", Href: on.root + "?f=html", Type: "text/html", Title: "This page for people"},
		{Rel: "service-desc", Href: on.top + "/api", Type: ogcapi.MediaTypeOpenAPI, Title: "OpenAPI description"},
		{Rel: "service-doc", Href: on.top + "/api.html", Type: "text/html", Title: "Documentation"},
		{Rel: relQueryables, Href: on.root + "/queryables", Type: mediaTypeSchema, Title: "What items are found by"},
		{Rel: relFunctions, Href: on.root + "/functions", Type: ogcapi.MediaTypeJSON, Title: "Functions that filters may call"},
		{Rel: "conformance", Href: on.root + "/conformance", Type: ogcapi.MediaTypeJSON, Title: "What is implemented"},
		{Rel: "data", Href: on.root + "/collections", Type: ogcapi.MediaTypeJSON, Title: "Collections"},
		{Rel: "search", Href: search, Type: ogcapi.MediaTypeGeoJSON, Title: "Search", Method: http.MethodGet},
		{Rel: "search", Href: search, Type: ogcapi.MediaTypeGeoJSON, Title: "Search", Method: http.MethodPost},
		{Rel: relChildren, Href: part(on.root+"/children", after), Type: ogcapi.MediaTypeJSON, Title: "Catalogs and collections, whole"},
		{Rel: relCatalogs, Href: on.root + "/catalogs", Type: ogcapi.MediaTypeJSON, Title: "Catalogs of workspaces"},
	}
	if on.root != on.top || after != "" {
		links = append(links, parentLink(on.top))
	}
	return append(links, aggregating(on.root)...)
}

// aggregating are the links to what is made of items.
func aggregating(href string) []stac.Link {
	return []stac.Link{
		{Rel: relAggregate, Href: href + "/aggregate", Type: ogcapi.MediaTypeJSON, Title: "Aggregation", Method: http.MethodGet},
		{Rel: relAggregate, Href: href + "/aggregate", Type: ogcapi.MediaTypeJSON, Title: "Aggregation", Method: http.MethodPost},
		{Rel: relAggregations, Href: href + "/aggregations", Type: ogcapi.MediaTypeJSON, Title: "What can be aggregated"},
	}
}

func (a api) conformance(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, conformancePage(ask(r)))
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, map[string][]string{"conformsTo": conformsTo})
}
