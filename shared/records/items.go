package records

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
)

// formatXML is a record as XML: its document, if that is XML, else its Dublin Core.
var formatXML = ogcapi.Format{Names: []string{"xml"}, MediaType: mediaTypeXML}

// items lists the records of a collection.
func (a api) items(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	return a.list(w, r, p, r.URL.Query(), p.Format(r, ogcapi.GeoJSON, ogcapi.HTML))
}

// list answers with the records of a collection that parameters ask for.
func (a api) list(w http.ResponseWriter, r *http.Request, p *ogcapi.Params, values url.Values, format ogcapi.Format) error {
	on, collection := ask(r), r.PathValue("collection")
	q := readQuery(p, defaultLimit, maxLimit)
	q.Collections = within(collection)
	crs := readCRS(p, "crs")
	readProfile(p)
	sentOn := a.readDistribution(on, p, values, &q)
	facets, err := a.readFacets(r.Context(), on, p, q.Collections)
	if err != nil {
		return err
	}
	if err := a.finish(r.Context(), on, p, &q); err != nil {
		return err
	}
	leave, err := a.pages.Enter(r.Context(), q.Limit)
	if err != nil {
		return err
	}
	defer leave()
	answer := answer{on: on, collection: collection, query: q, crs: crs}
	people := format.MediaType == ogcapi.MediaTypeHTML
	if people {
		answer.crs = geo.CRS84
	}
	if len(sentOn.to) > 0 {
		return a.listFederated(w, r, answer, sentOn, facets, people)
	}
	if answer.page, err = a.Store.Search(r.Context(), on.scope, q); err != nil {
		return err
	}
	if err := a.divide(r, &answer, facets); err != nil {
		return err
	}
	answer.links = pageLinks(r, on.collection(collection), answer.page)
	if people {
		return answer.writePage(w, r)
	}
	return answer.write(w, r)
}

// finish reads what only the catalogue can tell of a query, and gives all its faults.
func (a api) finish(ctx context.Context, on asked, p *ogcapi.Params, q *Query) error {
	q.Count = q.After == "" // who turns pages knows
	if err := a.readOthers(ctx, on, p, q); err != nil {
		return err
	}
	if err := a.checkSort(ctx, on, p, *q); err != nil {
		return err
	}
	return p.Err()
}

// answer is a page of records on its way out.
type answer struct {
	on         asked
	collection string
	query      Query
	page       Page
	crs        geo.CRS
	links      []link
	facets     map[string]facetAnswer
	partial    bool // not all records were divided by facets
}

// divide adds facets to an answer that has its page; one without records may be of a collection that is not there.
func (a api) divide(r *http.Request, to *answer, facets []Facet) error {
	if len(to.page.Records) == 0 {
		if err := a.exists(r.Context(), to.on, to.collection); err != nil {
			return err
		}
	}
	if len(facets) == 0 {
		return nil
	}
	wanted := slices.Clone(facets)
	for i := range wanted {
		if wanted[i].Property == filter.PropertyCollection {
			wanted[i].Limit++ // one of them may be that of records without one
		}
	}
	found, partial, err := a.Store.Facets(r.Context(), to.on.scope, to.query, wanted)
	if err != nil {
		return err
	}
	to.facets, to.partial = facetAnswers(facets, found, refined(r, to.on.collection(to.collection)+"/items")), partial
	return nil
}

// refined gives the address at which those records of a request are found that a filter finds too; empty where the request
// has a filter of another kind.
func refined(r *http.Request, href string) func(filter string) string {
	query := r.URL.Query()
	was, language := query.Get("filter"), query.Get("filter-lang")
	return func(filter string) string {
		switch {
		case filter == "" || r.Method == http.MethodPost || language != "" && language != languageText || query.Get("filter-crs") != "":
			return ""
		case was != "":
			filter = "(" + was + ") AND (" + filter + ")"
		}
		return ogcapi.WithQuery(href, query, map[string]string{"filter": filter, "facets": "", "limit": "", "offset": "", "startindex": "", "token": ""})
	}
}

func (a answer) write(w http.ResponseWriter, r *http.Request) error {
	e := encoder{on: a.on, in: a.collection, crs: a.crs}
	var body writer
	size := 4 << 10
	for _, rec := range a.page.Records {
		size += len(rec.Document) + 1<<10 // links are added
	}
	body.Grow(size)
	body.WriteString(`{"type":"FeatureCollection","features":[`)
	for _, rec := range a.page.Records {
		body.comma()
		if err := e.record(&body, rec, false); err != nil {
			return err
		}
	}
	body.WriteByte(']')
	body.links(a.links)
	if a.page.Matched != nil {
		body.member("numberMatched", *a.page.Matched)
		if a.page.Estimated {
			body.member("numberMatchedIsEstimate", true)
		}
	}
	body.member("numberReturned", len(a.page.Records))
	if a.facets != nil {
		body.member("facets", a.facets)
	}
	if a.partial {
		body.member("facetsArePartial", true)
	}
	body.WriteByte('}')
	if body.err != nil {
		return body.err
	}
	a.headers(w)
	ogcapi.Write(w, r, ogcapi.MediaTypeGeoJSON, body.Bytes())
	return nil
}

func (a answer) headers(w http.ResponseWriter) {
	contentCRS(w, a.crs)
	announce(w, a.links)
}

// contentCRS says in which reference system the geometries of an answer are (18-058r1, /req/crs/fc-bbox-crs-action).
func contentCRS(w http.ResponseWriter, crs geo.CRS) {
	w.Header().Set("Content-Crs", "<"+crs.URI()+">")
}

// within are the collections that a collection stands for: that of all records bounds nothing.
func within(collection string) []string {
	if collection == Main {
		return nil
	}
	return []string{collection}
}

// exists tells an empty collection from one that is not there.
func (a api) exists(ctx context.Context, on asked, collection string) error {
	if collection == Main {
		return nil
	}
	_, err := a.Store.Collection(ctx, on.scope, collection)
	return err
}

// pageLinks are the links of a page to itself, to its other format, to its collection, and to the pages beside it. Those
// go by tokens, so that what is added or deleted meanwhile moves nothing from one page to another.
func pageLinks(r *http.Request, collection string, page Page) []link {
	query := r.URL.Query()
	href := collection + "/items"
	at := func(token string) string {
		return ogcapi.WithQuery(href, query, map[string]string{"token": token, "offset": "", "startindex": "", "f": ""})
	}
	links := []link{
		linkTo("self", ogcapi.WithQuery(href, query, map[string]string{"f": ""}), ogcapi.MediaTypeGeoJSON, ""),
		linkTo("alternate", ogcapi.WithQuery(href, query, map[string]string{"f": "html"}), typeHTML, "The records for people"),
		linkTo("collection", collection, ogcapi.MediaTypeJSON, ""),
		linkTo("profile", profileRecord, "", ""),
	}
	for _, to := range []struct{ rel, token string }{{"next", page.Next}, {"prev", page.Prev}} {
		if to.token != "" {
			l := linkTo(to.rel, at(to.token), ogcapi.MediaTypeGeoJSON, "")
			if r.Method == http.MethodPost {
				l.Method, l.Merge = http.MethodPost, true
			}
			links = append(links, l)
		}
	}
	return links
}

// item answers with a record.
func (a api) item(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	p.DropEmpty(empty...)
	format := p.Format(r, ogcapi.GeoJSON, ogcapi.HTML, formatXML)
	crs := readCRS(p, "crs")
	readProfile(p)
	if err := p.Err(); err != nil {
		return err
	}
	on, collection := ask(r), r.PathValue("collection")
	of := collection
	if of == Main {
		of = ""
	}
	rec, err := a.Store.Record(r.Context(), on.scope, of, r.PathValue("item"))
	if err != nil {
		return err
	}
	e := encoder{on: on, in: collection, crs: crs}
	announce(w, e.own(rec, true))
	ogcapi.SetModified(w.Header(), rec.Modified)
	if format.MediaType == mediaTypeXML {
		return writeXML(w, r, on, rec)
	}
	var body writer
	if err := e.record(&body, rec, true); err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.itemPage(w, r, e, rec, body.Bytes())
	}
	contentCRS(w, crs)
	ogcapi.WriteVersion(w, r, ogcapi.MediaTypeGeoJSON, rec.Version, rec.Modified, body.Bytes())
	return nil
}

// writeXML answers with the document of a record as it came, if it is XML, else with its Dublin Core.
func writeXML(w http.ResponseWriter, r *http.Request, on asked, rec record.Record) error {
	if kind, _, _ := strings.Cut(rec.MediaType, ";"); strings.HasSuffix(kind, "/xml") || strings.HasSuffix(kind, "+xml") {
		ogcapi.WriteVersion(w, r, mediaTypeXML, rec.Version, rec.Modified, rec.Document)
		return nil
	}
	var links []record.Link
	for _, l := range rec.Links {
		if l.Protocol != record.ServiceMaps || rec.Shown {
			links = append(links, on.served(rec, l).Link)
		}
	}
	rec.Links = links
	body, err := xml.Marshal(dublinCore{
		Record: dublincore.Encode(rec, dublincore.Full), CSW: dublincore.NamespaceCSW, DC: dublincore.NamespaceDC, Terms: dublincore.NamespaceTerms, OWS: dublincore.NamespaceOWS,
	})
	if err != nil {
		return fault.Classify(fault.Internal, err, "encoding the record %s", rec.ID)
	}
	ogcapi.WriteVersion(w, r, mediaTypeXML, rec.Version, rec.Modified, append([]byte(xml.Header), body...))
	return nil
}

// dublinCore is a csw:Record that stands alone, with the prefixes it needs.
type dublinCore struct {
	dublincore.Record
	CSW   string `xml:"xmlns:csw,attr"`
	DC    string `xml:"xmlns:dc,attr"`
	Terms string `xml:"xmlns:dct,attr"`
	OWS   string `xml:"xmlns:ows,attr"`
}

// readProfile reads the profiles that a client would like (/req/query-param-profile). Records have one.
func readProfile(p *ogcapi.Params) { p.List("profile") }
