package record

import (
	"net/url"
	"slices"
	"strings"
)

// The protocols of links to the maps and to the coverages of a record, as catalogues know them.
const (
	ServiceMaps      = "OGC:WMS"
	ServiceCoverages = "OGC:WCS"
)

const (
	relMaps      = "http://www.opengis.net/def/serviceType/ogc/wms"
	relCoverages = "http://www.opengis.net/def/serviceType/ogc/wcs"
)

// ServiceLinks lead to the services of the house that show an item. They are kept without scheme, host and workspace:
// they begin with a slash, and who answers puts the base in front under which it was asked.
func ServiceLinks(item Key) []Link {
	return []Link{
		{
			Rel: relMaps, Type: ServiceMaps, Protocol: ServiceMaps, Name: item.ID, Title: "Maps of " + item.ID,
			Href: "/ows?service=WMS&version=1.3.0&request=GetCapabilities&cql=" + url.QueryEscape(`identifier="`+item.ID+`"`),
		},
		{
			Rel: relCoverages, Type: ServiceCoverages, Protocol: ServiceCoverages, Name: item.ID, Title: "Coverages of " + item.ID,
			Href: "/ows?service=WCS&version=2.0.1&request=DescribeEOCoverageSet&eoid=" + url.QueryEscape(item.ID),
		},
		{
			Rel: "alternate", Type: "application/geo+json", Title: "STAC item",
			Href: "/stac/collections/" + url.PathEscape(item.Collection) + "/items/" + url.PathEscape(item.ID),
		},
	}
}

// At is the record with the links that begin with a slash put behind a base, the address of the scope it is asked under.
func (r Record) At(base string) Record {
	r.Links = slices.Clone(r.Links)
	for i := range r.Links {
		if strings.HasPrefix(r.Links[i].Href, "/") {
			r.Links[i].Href = base + r.Links[i].Href
		}
	}
	return r
}
