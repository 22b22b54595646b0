// Package opensearch speaks OpenSearch 1.1 with the extensions for place and time (OGC 10-032r8), earth observation
// (13-026r9), the parameters of templates, and CQL: description documents, and searches in two steps, for collections and
// then for the products of one, answered in Atom, RSS, KML, GeoJSON and HTML. A service whose first step finds what is
// looked for already has one step (Config.OneStep).
package opensearch

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/ows"
	"perigee/shared/page"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/trace"
)

// Store is the catalogue as the protocol asks it.
type Store interface {
	// Find gives a page of the records that are searched, and the number of all that fit: those of a collection or, when
	// none is named, those of the first step.
	Find(ctx context.Context, sc scope.Scope, collection string, q Query) (Page, error)
	// Collection gives a collection of the first step. One that is not there is a NotFound failure located at "collection".
	Collection(ctx context.Context, sc scope.Scope, id string) (record.Record, error)
	// Properties lists the properties of the records of a collection; of all records when none is named.
	Properties(ctx context.Context, sc scope.Scope, collection string) ([]Property, error)
}

// Query asks for records.
type Query struct {
	Filter filter.Expr // nil: all
	Offset int
	Limit  int // 0: only count
}

// Page is a part of an answer.
type Page struct {
	Records []record.Record
	Matched int
}

// Property is one that records have.
type Property struct {
	Name string
	Enum []string // the values that it has; empty when there are many
}

// Config is what a service says of itself.
type Config struct {
	Service ows.Service
	Path    string // where it is served, without a slash at its end
	OneStep bool   // the first step finds products: there is no second
}

// The bounds of paging (RND-13).
const (
	defaultCount = 100
	maxCount     = 200
	maxStart     = 1_000_000
)

// Handler serves the description of the first step at the path, its searches at <path>/<format>/, and those of the second
// step at <path>/collections/<id>/ and <path>/collections/<id>/<format>/.
func Handler(store Store, config Config) http.Handler {
	s := service{store, config}
	mux := http.NewServeMux()
	for _, step := range []string{"", "/collections/{collection}"} {
		for _, end := range []string{"", "/{$}"} {
			mux.Handle(config.Path+step+end, answering(s.description))
			mux.Handle(config.Path+step+"/{format}"+end, answering(s.search))
		}
	}
	return ows.Public(mux, http.MethodGet, http.MethodHead, http.MethodPost)
}

type service struct {
	store  Store
	config Config
}

// call is one request on its way.
type call struct {
	service
	r          *http.Request
	asked      scope.Asked
	params     *ows.Params
	pairs      []pair // as they were sent
	collection string // of the second step
	format     format
}

func answering(answer func(c *call, w http.ResponseWriter) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{r: r, asked: scope.FromContext(r.Context()), collection: r.PathValue("collection")}
		if err := answer(c, w); err != nil {
			c.refuse(w, err)
		}
	})
}

// description answers with the OpenSearch description document of a step.
func (s service) description(c *call, w http.ResponseWriter) error {
	trace.Name(c.r.Context(), "Description")
	c.service = s
	if err := c.step(); err != nil {
		return err
	}
	of := about{title: s.config.Service.Title, abstract: s.config.Service.Abstract}
	if c.collection != "" {
		found, err := s.store.Collection(c.r.Context(), c.asked.Scope, c.collection)
		if err != nil {
			return err
		}
		of = aboutCollection(found)
	}
	parameters, err := c.offered()
	if err != nil {
		return err
	}
	body, err := ows.Marshal(c.describe(of, parameters))
	if err != nil {
		return err
	}
	ows.Document{Type: mediaTypeDescription, Body: body}.Serve(w, c.r)
	return nil
}

// step is a NotFound failure for a second step that there is not.
func (c *call) step() error {
	if c.collection != "" && c.config.OneStep {
		return fault.At(fault.NotFound, "collection", "the search has one step: there are no collections to search in")
	}
	return nil
}

// offered are the parameters of a step: those of earth observation only where a record has the property.
func (c *call) offered() ([]parameter, error) {
	offered := slices.Clone(plain)
	if c.collection == "" && !c.config.OneStep {
		return append(offered, condition), nil
	}
	found, err := c.store.Properties(c.r.Context(), c.asked.Scope, c.collection)
	if err != nil {
		return nil, err
	}
	for _, p := range observation {
		if at := slices.IndexFunc(found, func(one Property) bool { return one.Name == string(p.property) }); at >= 0 {
			p.options = optionsOf(p, found[at].Enum)
			offered = append(offered, p)
		} else if p.always {
			offered = append(offered, p)
		}
	}
	return append(offered, condition), nil
}

// search answers a search.
func (s service) search(c *call, w http.ResponseWriter) error {
	trace.Name(c.r.Context(), "Search")
	c.service = s
	if err := c.step(); err != nil {
		return err
	}
	name := c.r.PathValue("format")
	at := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
	if at < 0 {
		return fault.At(fault.NotFound, "format", "%q is no format of answers; there are %s", name, strings.Join(formatNames(), ", "))
	}
	c.format = formats[at]
	if err := c.read(); err != nil {
		return err
	}
	q := c.query()
	if err := c.params.Err(); err != nil {
		return err
	}
	of := about{title: s.config.Service.Title}
	if c.collection != "" {
		found, err := s.store.Collection(c.r.Context(), c.asked.Scope, c.collection)
		if err != nil {
			return err
		}
		of = aboutCollection(found)
	}
	page, err := s.store.Find(c.r.Context(), c.asked.Scope, c.collection, q)
	if err != nil {
		return err
	}
	return c.format.write(w, c.r, c.feed(of, q, page))
}

// about is what is said of what is searched.
type about struct{ title, abstract string }

func aboutCollection(found record.Record) about {
	of := about{title: found.Title, abstract: found.Abstract}
	if of.title == "" {
		of.title = found.ID
	}
	return of
}

// refuse answers a failure: as problem details where JSON was asked for, as a page to people, else as an exception report of OWS
// Common 2.0. It leads to the description, which tells how to ask.
func (c *call) refuse(w http.ResponseWriter, err error) {
	ogcapi.AddLink(w.Header(), "search", c.address(""), mediaTypeDescription)
	switch c.format.name {
	case "json":
		ogcapi.WriteProblem(w, c.r, err)
	case "html":
		page.WriteProblem(w, c.r, here, err)
	default:
		ows.WriteError(w, c.r, "2.0.0", err)
	}
}

// address is where a search is answered in a format; without one, where it is described.
func (c *call) address(format string) string { return c.addressIn(c.collection, format) }

func (c *call) addressIn(collection, format string) string {
	address := c.asked.Base + c.config.Path
	if collection != "" {
		address = ogcapi.Href(address, "collections", collection)
	}
	if format != "" {
		address += "/" + format
	}
	return address + "/"
}
