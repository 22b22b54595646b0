package main

import (
	"net/url"
	"strings"

	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/stac"
)

const maxLinks = 500 // of one record

// itemLinks are what other schemas than STAC show of an item: where it can be seen, where it is described, its files, and
// the folder that they lie in (REG-11, RC-23).
func (r *registrar) itemLinks(req request, key record.Key, item *stac.Item, place string) []record.Link {
	links := r.services(req, key)
	for _, a := range item.Assets {
		if len(links) == maxLinks {
			return links
		}
		links = append(links, record.Link{Rel: "enclosure", Href: r.absolute(place, a.Href), Type: a.Type, Title: a.Title, Name: a.Key})
	}
	if folder := r.absolute(place, "./"); stac.IsAbsolute(folder) {
		links = append(links, record.Link{Rel: "alternate", Href: strings.TrimSuffix(folder, "/") + "/", Type: "application/octet-stream", Title: "Product folder", Name: "product"})
	}
	return links
}

// services are the links to the maps and coverages of an item: those of the house, or those that the route's backend names.
func (r *registrar) services(req request, key record.Key) []record.Link {
	links := record.ServiceLinks(key)
	way := req.way
	if way.Kind == "" {
		way = r.itemsWay()
	}
	b, _ := way.Backend(routes.CatalogueItem)
	if b.OWS == "" {
		return links
	}
	for i, l := range links {
		if l.Protocol != "" {
			_, query, _ := strings.Cut(l.Href, "?")
			links[i].Href = withQuery(b.OWS, query)
		}
	}
	return links
}

// withQuery adds a query to an address, which may have one.
func withQuery(address, query string) string {
	if strings.Contains(address, "?") {
		return strings.TrimRight(address, "&?") + "&" + query
	}
	return address + "?" + query
}

func collectionLinks(c *stac.Collection) []record.Link {
	return []record.Link{{Rel: "alternate", Type: stac.MediaTypeCollection, Title: "STAC collection", Href: "/stac/collections/" + url.PathEscape(c.ID)}}
}

// absolute resolves a reference against the place of its document; an object's own URL becomes its s3:// form.
func (r *registrar) absolute(place, href string) string {
	href = stac.ResolveHref(place, href)
	if name, key, ok := r.places.object(href); ok {
		return "s3://" + name + "/" + key
	}
	return href
}
