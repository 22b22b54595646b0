package stacapi

import (
	"encoding/json"
	"net/http"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
	"perigee/shared/trace"
)

// The relations of aggregations (https://github.com/stac-api-extensions/aggregation, v0.3.0).
const (
	relAggregate    = "aggregate"
	relAggregations = "aggregations"
)

// aggregations lists what can be made of the items of all collections.
func (a api) aggregations(w http.ResponseWriter, r *http.Request) error {
	return a.writeAggregations(w, r, ask(r).root, nil)
}

// collectionAggregations lists what can be made of the items of a collection.
func (a api) collectionAggregations(w http.ResponseWriter, r *http.Request) error {
	on, collection := ask(r), r.PathValue("collection")
	if err := a.exists(r.Context(), on, collection); err != nil {
		return err
	}
	return a.writeAggregations(w, r, collectionHref(on, collection), []string{collection})
}

func (a api) writeAggregations(w http.ResponseWriter, r *http.Request, href string, collections []string) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	properties, err := a.Store.Queryables(r.Context(), on.scope, collections)
	if err != nil {
		return err
	}
	all := offeredFor(properties)
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, aggregationsPage(on, href, all))
	}
	names := make([]aggregationListed, len(all))
	for i, o := range all {
		names[i] = o.listed()
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, map[string]any{"aggregations": names, "links": aggregationLinks(on, href, "/aggregations")})
}

func aggregationLinks(on asked, href, self string) []stac.Link {
	return []stac.Link{
		{Rel: "self", Href: href + self, Type: ogcapi.MediaTypeJSON}, rootLink(on),
		{Rel: relAggregate, Href: href + "/aggregate", Type: ogcapi.MediaTypeJSON}, {Rel: relAggregations, Href: href + "/aggregations", Type: ogcapi.MediaTypeJSON},
	}
}

// aggregateByParameters answers GET /aggregate.
func (a api) aggregateByParameters(w http.ResponseWriter, r *http.Request) error {
	return a.aggregateOf(w, r, ask(r).root, nil)
}

// aggregateCollection answers GET /collections/{collection}/aggregate.
func (a api) aggregateCollection(w http.ResponseWriter, r *http.Request) error {
	on, collection := ask(r), r.PathValue("collection")
	if err := a.exists(r.Context(), on, collection); err != nil {
		return err
	}
	return a.aggregateOf(w, r, collectionHref(on, collection), []string{collection})
}

func (a api) aggregateOf(w http.ResponseWriter, r *http.Request, href string, collections []string) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	q := readPredicates(p)
	if q.Collections = collections; collections == nil {
		q.Collections = p.List("collections")
	}
	all, err := a.offered(r, collections)
	if err != nil {
		return err
	}
	wanted := chosen(p.List("aggregations"), all, parameters{p})
	if err := p.Err(); err != nil {
		return err
	}
	return a.writeAggregated(w, r, format, href, q, wanted)
}

// parameters are the settings of aggregations in an address.
type parameters struct{ *ogcapi.Params }

func (p parameters) text(name string) string { return p.Text(name) }

// aggregateByBody answers POST /aggregate.
func (a api) aggregateByBody(w http.ResponseWriter, r *http.Request) error {
	return a.aggregateBody(w, r, ask(r).root, nil)
}

// aggregateCollectionByBody answers POST /collections/{collection}/aggregate.
func (a api) aggregateCollectionByBody(w http.ResponseWriter, r *http.Request) error {
	on, collection := ask(r), r.PathValue("collection")
	if err := a.exists(r.Context(), on, collection); err != nil {
		return err
	}
	return a.aggregateBody(w, r, collectionHref(on, collection), []string{collection})
}

func (a api) aggregateBody(w http.ResponseWriter, r *http.Request, href string, collections []string) error {
	trace.Reads(r.Context())
	b, err := receiveBody(w, r)
	if err != nil {
		return err
	}
	q := b.readPredicates()
	if collections != nil {
		if len(q.Collections) > 0 {
			b.fail(fault.At(fault.Invalid, "collections", "collections is given, though one is asked for already"))
		}
		q.Collections = collections
	}
	all, err := a.offered(r, collections)
	if err != nil {
		return err
	}
	wanted := chosen(b.texts("aggregations"), all, bodySettings{b})
	if err := b.err(); err != nil {
		return err
	}
	return a.writeAggregated(w, r, ogcapi.JSON, href, q, wanted)
}

// bodySettings are the settings of aggregations in a body: texts or numbers.
type bodySettings struct{ *bodyReader }

func (b bodySettings) Fail(err error) { b.fail(err) }

func (b bodySettings) text(name string) string {
	raw := b.take(name)
	if raw == nil {
		return ""
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return strings.TrimSpace(string(raw))
}

// offered are the aggregations of collections, of all when none are named.
func (a api) offered(r *http.Request, collections []string) ([]offered, error) {
	properties, err := a.Store.Queryables(r.Context(), ask(r).scope, collections)
	return offeredFor(properties), err
}

func (a api) writeAggregated(w http.ResponseWriter, r *http.Request, format ogcapi.Format, href string, q Query, wanted []offered) error {
	on := ask(r)
	made, err := a.aggregate(r.Context(), on.scope, q, wanted)
	if err != nil {
		return err
	}
	answer := aggregationCollection{Type: "AggregationCollection", Aggregations: []aggregationMade{}, Links: aggregationLinks(on, href, "/aggregate")}
	for i, one := range made {
		answer.Aggregations = append(answer.Aggregations, wanted[i].answer(one))
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, aggregatedPage(on, r, href, answer.Aggregations))
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, answer)
}
