package records

import (
	"net/http"

	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
)

// conformsTo lists the conformance classes that are implemented, whole.
var conformsTo = []string{
	"http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
	"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
	"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-timestamps",
	"http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-collection",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core-query-parameters",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/records-api",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-api", // the same, as drafts had it: clients look for it
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/query-param-profile",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/sorting",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/cql-filter",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/autodiscovery",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/oas30",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/json",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/html",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog-sorting",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/searchable-catalog-filtering",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/local-resources-catalog",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/local-resources-catalog-query-parameters",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/local-resources-catalog-sorting",
	"http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/local-resources-catalog-filtering",
	"http://www.opengis.net/spec/ogcapi-records-2/1.0/conf/simple",
	"http://www.opengis.net/spec/ogcapi-records-2/1.0/conf/advanced",
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
}

// landing answers where everything is (17-069r4, 7.2).
func (a api) landing(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	links := landingLinks(on)
	announce(w, links)
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.landingPage(w, r, on)
	}
	var body writer
	body.WriteByte('{')
	body.textMember("title", a.Title)
	body.textMember("description", a.Description)
	body.links(links)
	body.member("conformsTo", conformsTo)
	body.WriteByte('}')
	ogcapi.Write(w, r, ogcapi.MediaTypeJSON, body.Bytes())
	return body.err
}

func landingLinks(on asked) []link {
	return []link{
		linkTo("self", on.root, ogcapi.MediaTypeJSON, "This catalogue"),
		linkTo("alternate", on.root+asHTML, typeHTML, "This catalogue for people"),
		linkTo("service-desc", on.root+"/openapi", ogcapi.MediaTypeOpenAPI, "OpenAPI description"),
		linkTo("service-doc", on.root+"/openapi"+asHTML, typeHTML, "Documentation"),
		linkTo("conformance", on.root+"/conformance", ogcapi.MediaTypeJSON, "What is implemented"),
		linkTo(relFunctions, on.root+"/functions", ogcapi.MediaTypeJSON, "The functions of filters"),
		linkTo("data", on.root+"/collections", ogcapi.MediaTypeJSON, "The collections of records"),
		linkTo(relCatalogue, on.collection(Main)+"/items", ogcapi.MediaTypeGeoJSON, "All records"),
		linkTo(relCatalogue, on.root+"/collections", ogcapi.MediaTypeJSON, "The collections, which are found as records are"),
		linkTo("service", on.base+"/stac", ogcapi.MediaTypeJSON, "The same as STAC API"),
		linkTo("service", on.base+"/csw?service=CSW&version=2.0.2&request=GetCapabilities", mediaTypeXML, "The same as CSW"),
	}
}

func (a api) conformance(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.conformancePage(w, r, ask(r))
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, map[string][]string{"conformsTo": conformsTo})
}

// function describes what filters may call (21-065r2, 7.12).
type function struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Arguments   []argument `json:"arguments"`
	Returns     []string   `json:"returns"`
}

type argument struct {
	Type []string `json:"type"`
}

// typesOfFunctions are the words of CQL2 for types.
var typesOfFunctions = map[filter.Type]string{
	filter.TypeText: "string", filter.TypeNumber: "number", filter.TypeBoolean: "boolean", filter.TypeDate: "date", filter.TypeTimestamp: "timestamp",
	filter.TypeInterval: "interval", filter.TypeArray: "array", filter.TypeGeometry: "geometry",
}

func (a api) functions(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	var all []function
	for _, f := range filter.Functions() {
		described := function{Name: f.Name, Description: f.Description, Arguments: []argument{}, Returns: []string{typesOfFunctions[f.Result]}}
		for _, t := range f.Args {
			described.Arguments = append(described.Arguments, argument{Type: []string{typesOfFunctions[t]}})
		}
		all = append(all, described)
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.functionsPage(w, r, ask(r), all)
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, map[string][]function{"functions": all})
}

// systems are the reference systems in which places are asked for and answered: those that are computed here.
func systems() []string {
	all := []string{geo.CRS84.URI(), geo.WGS84.URI(), geo.WebMercator.URI()}
	for zone := 1; zone <= 60; zone++ {
		all = append(all, geo.CRS(32600+zone).URI(), geo.CRS(32700+zone).URI())
	}
	return all
}
