package main

import (
	"net/url"

	"perigee/shared/record"
	"perigee/shared/stac"
)

const maxLinks = 500 // of one record

// itemLinks are what other schemas than STAC show of an item: where it can be seen, where it is described, and its
// files (REG-11, RC-23).
func (r *registrar) itemLinks(key record.Key, item *stac.Item, place string) []record.Link {
	links := record.ServiceLinks(key)
	for _, a := range item.Assets {
		if len(links) == maxLinks {
			break
		}
		links = append(links, record.Link{Rel: "enclosure", Href: r.absolute(place, a.Href), Type: a.Type, Title: a.Title, Name: a.Key})
	}
	return links
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
