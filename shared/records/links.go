package records

import (
	"net/http"
	"strings"

	"perigee/shared/ogcapi"
	"perigee/shared/record"
)

// The relations between resources that are not plain words (OGC 18-058r1, 19-079r2, 20-004r1).
const (
	relQueryables = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
	relSortables  = "http://www.opengis.net/def/rel/ogc/1.0/sortables"
	relFacets     = "http://www.opengis.net/def/rel/ogc/1.0/facets"
	relSchema     = "http://www.opengis.net/def/rel/ogc/1.0/schema"
	relCatalogue  = "http://www.opengis.net/def/rel/ogc/1.0/ogc-catalog"
	relPreview    = "preview" // RFC 6903
	relFunctions  = "http://www.opengis.net/def/rel/ogc/1.0/functions"
)

// The profiles that answers follow (20-004r1, /req/json).
const (
	profileRecord    = "http://www.opengis.net/def/profile/OGC/0/ogc-record"
	profileCatalogue = "http://www.opengis.net/def/profile/OGC/0/ogc-catalog"
)

const (
	mediaTypeSchema = "application/schema+json"
	mediaTypeXML    = "application/xml"
	typeHTML        = "text/html" // in links, which name no character set
	asHTML          = "?f=html"
)

func linkTo(rel, href, mediaType, title string) link {
	return link{Link: record.Link{Rel: rel, Href: href, Type: mediaType, Title: title}}
}

// announce says in the header what the links of a body say of the resource itself and its neighbours (RFC 8288).
func announce(w http.ResponseWriter, links []link) {
	for _, l := range links {
		switch l.Rel {
		case "self", "alternate", "next", "prev", "collection", "profile", "service-desc", "data", "conformance", relCatalogue:
			value := "<" + l.Href + `>; rel="` + l.Rel + `"`
			if l.Type != "" {
				value += `; type="` + l.Type + `"`
			}
			w.Header().Add("Link", value)
		}
	}
}

// structural are the relations by which a document says where it stands. They are answered anew; all other links stay.
var structural = map[string]bool{
	"self": true, "root": true, "parent": true, "collection": true, "child": true, "item": true, "items": true, "next": true, "prev": true,
	"profile": true,
}

// served is a link of a record that is kept with it. Those to services of the house begin with a slash, and get the
// address under which it was asked; a file of the object store is led to by the STAC API.
func (on asked) served(rec record.Record, l record.Link) link {
	switch {
	case strings.HasPrefix(l.Href, "/"):
		l.Href = on.base + l.Href
	case strings.HasPrefix(l.Href, "s3://") && l.Name != "" && rec.Type == record.TypeItem:
		l.Href = on.asset(rec, l.Name)
	}
	return link{Link: l}
}

// asset is the address at which the STAC API leads to a file of an item.
func (on asked) asset(rec record.Record, key string) string {
	return ogcapi.Href(on.base+"/stac", "collections", rec.Collection, "items", rec.ID, "assets", key)
}
