package source

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
)

// OGCAPI is the records or features of a service of OGC API - Records or Features (HRV-07): of the collections that are
// asked for, or of all that it has. It is asked from its landing page, from a collection or from its items on.
type OGCAPI struct {
	Web     Web
	URL     string
	Query   Query
	Service Service
	Records bool // what is found are records; otherwise they become items, unless they are some already
}

// Root is the node where a walk begins.
func (o *OGCAPI) Root() string { return o.URL }

// Visit reads whatever is at an address of the service.
func (o *OGCAPI) Visit(ctx context.Context, node string) (Found, error) {
	reply, err := o.Web.Ask(ctx, Question{URL: node, Accept: mediaGeoJSON + ", " + mediaJSON, Limit: maxReply})
	if err != nil {
		return Found{}, err
	}
	var page struct {
		Type        string     `json:"type"`
		ID          string     `json:"id"`
		Links       []pageLink `json:"links"`
		Collections *[]struct {
			ID    string     `json:"id"`
			Links []pageLink `json:"links"`
		} `json:"collections"`
	}
	if err := json.Unmarshal(reply.Body, &page); err != nil {
		return Found{}, fault.Classify(fault.Invalid, err, "%s answers what is no JSON", node)
	}
	switch {
	case page.Type == "FeatureCollection" && node == o.URL && node != o.asked(node):
		return o.leads(reply.URL, pageLink{Href: node}) // asked again, with the query
	case page.Type == "FeatureCollection":
		return o.page(reply)
	case page.Collections != nil:
		return o.collections(reply.URL, page.Links, func(yield func(id string, links []pageLink) bool) {
			for _, c := range *page.Collections {
				if !yield(c.ID, c.Links) {
					return
				}
			}
		})
	}
	if items := related(page.Links, "items", "http://www.opengis.net/def/rel/ogc/1.0/items"); page.ID != "" && len(items) > 0 {
		return o.leads(reply.URL, items[0])
	}
	data := related(page.Links, "data", "http://www.opengis.net/def/rel/ogc/1.0/data")
	if len(data) == 0 {
		return Found{}, fault.New(fault.Invalid, "%s is neither a page of features, nor a collection, nor a landing page that leads to any", node)
	}
	next, err := nextAddress(reply.URL, data[0].Href)
	return Found{Next: []string{next}}, err
}

// related are the links of relations, those to JSON first.
func related(links []pageLink, relations ...string) []pageLink {
	var some []pageLink
	for _, l := range links {
		if slices.Contains(relations, l.Rel) && l.Href != "" {
			if strings.Contains(l.Type, "json") {
				some = append([]pageLink{l}, some...)
			} else if l.Type == "" {
				some = append(some, l)
			}
		}
	}
	return some
}

// collections leads to the items of those collections that are asked for, and to the next page of collections.
func (o *OGCAPI) collections(page string, links []pageLink, all func(func(id string, links []pageLink) bool)) (Found, error) {
	var found Found
	for id, own := range all {
		if len(o.Query.Collections) > 0 && !slices.Contains(o.Query.Collections, id) {
			continue
		}
		items := related(own, "items", "http://www.opengis.net/def/rel/ogc/1.0/items")
		if len(items) == 0 {
			continue // a collection of no items
		}
		one, err := o.leads(page, items[0])
		if err != nil {
			found.Failures = append(found.Failures, Failure{page + "#" + id, err})
			continue
		}
		found.Next = append(found.Next, one.Next...)
	}
	for _, l := range related(links, "next") {
		next, err := nextAddress(page, l.Href)
		if err != nil {
			return found, err
		}
		found.Next = append(found.Next, next)
	}
	return found, nil
}

// leads is the first page of items.
func (o *OGCAPI) leads(page string, items pageLink) (Found, error) {
	first, err := nextAddress(page, items.Href)
	if err != nil {
		return Found{}, err
	}
	first = o.asked(first)
	if len(first) > maxAddress {
		return Found{}, fault.New(fault.Invalid, "the query has %d bytes as an address, more than %d", len(first), maxAddress)
	}
	return Found{Next: []string{first}}, nil
}

// asked is an address of items with the query.
func (o *OGCAPI) asked(items string) string {
	params := []string{"limit", strconv.Itoa(cmp.Or(o.Service.PageSize, someOfPage)), "datetime", o.Query.datetime(), "bbox", o.Query.bbox()}
	for _, name := range slices.Sorted(maps.Keys(o.Query.Extra)) {
		params = append(params, name, o.Query.Extra[name])
	}
	return withParams(items, params...)
}

// page takes the features of a page.
func (o *OGCAPI) page(reply Reply) (Found, error) {
	return takeFeatures(reply, func(found *Found, feature []byte, at int) {
		if o.Records && !isItem(feature) {
			found.record(feature, reply.URL, at)
			return
		}
		content, err := asItem(feature, reply.URL, o.Service.Mapping)
		found.item(content, err, reply.URL, at, nil)
	}, byAddress)
}

// record takes a record of OGC API - Records into what was found.
func (f *Found) record(content []byte, page string, at int) {
	rec, err := ogcrecord.Decode(content)
	if err != nil {
		f.item(content, err, page, at, nil)
		return
	}
	f.Documents = append(f.Documents, Document{Href: page + "#" + rec.ID, Content: bytes.Clone(content), Kind: KindRecord, Record: rec})
}
