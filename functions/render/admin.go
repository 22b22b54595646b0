package main

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/paulmach/orb"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/trace"
	"perigee/shared/wms"
)

// The pages of the data model: what collections there are, which types of products and coverages they take, and what lies in
// them. EOxServer has them at the same address, to be changed; here they are read, and configuration and registration are
// what changes them.

const adminRoot = "/admin"

// maxListed is how many products of a collection are listed, the newest.
const maxListed = 100

// model is the data model of a scope.
type model struct {
	Title         string            `json:"title"`
	Collections   []modelCollection `json:"collections"`
	ProductTypes  []modelType       `json:"productTypes"`
	CoverageTypes []modelCoverage   `json:"coverageTypes"`
	Products      []modelProduct    `json:"products"` // that stand alone
	Links         []record.Link     `json:"links"`
}

// modelCollection is a collection as layers show it.
type modelCollection struct {
	ID           string         `json:"id"`
	Title        string         `json:"title"`
	Count        int            `json:"count"`
	Box          []float64      `json:"bbox,omitempty"`
	Time         string         `json:"time,omitempty"`
	Dates        int            `json:"dates"`
	ProductTypes []string       `json:"productTypes"`
	Coverages    []string       `json:"coverageTypes"`
	Layers       []string       `json:"layers"`
	Products     []modelProduct `json:"products,omitempty"` // the newest
	Links        []record.Link  `json:"links"`
}

// modelType is a product type, as the configuration has it.
type modelType struct {
	product.Type
	Links []record.Link `json:"links"`
}

// modelCoverage is a coverage type.
type modelCoverage struct {
	Name     string        `json:"name"`
	DataType string        `json:"dataType,omitempty"`
	Bands    []modelBand   `json:"bands"`
	Links    []record.Link `json:"links"`
}

// modelBand is a band of a coverage type.
type modelBand struct {
	Identifier  string    `json:"identifier"`
	Name        string    `json:"name,omitempty"`
	Description string    `json:"description,omitempty"`
	Definition  string    `json:"definition,omitempty"`
	Unit        string    `json:"uom,omitempty"`
	Wavelength  float64   `json:"wavelength,omitempty"` // in micrometres
	NoData      []float64 `json:"nilValues,omitempty"`
}

// modelRaster is a file of a product.
type modelRaster struct {
	Asset string        `json:"asset"`
	Type  string        `json:"coverageType,omitempty"`
	Roles []string      `json:"roles,omitempty"`
	Bands []record.Band `json:"bands,omitempty"`
	Grid  geo.Grid      `json:"grid"`
}

// modelProduct is a product and what it is drawn from. Where its files lie is not told.
type modelProduct struct {
	ID         string        `json:"id"`
	Collection string        `json:"collection,omitempty"` // of the catalogue
	Type       string        `json:"productType,omitempty"`
	Time       string        `json:"time,omitempty"`
	Box        []float64     `json:"bbox,omitempty"`
	Coverages  []modelRaster `json:"coverages,omitempty"`
	Browses    []string      `json:"browses,omitempty"`
	Masks      []string      `json:"masks,omitempty"`
	Links      []record.Link `json:"links"`
}

// told is a page of the model: as JSON, and for people.
type told struct {
	value any
	title string
	trail []page.Anchor
	body  func() []page.Node
}

// admin answers with a page of the model (RND-16).
func (p *painter) admin(describe func(m modeller, id string) (told, error)) http.Handler {
	return ogcapi.Handler(func(w http.ResponseWriter, r *http.Request) error {
		trace.Name(r.Context(), "admin")
		params := ogcapi.ReadParams(r)
		format := params.Format(r, ogcapi.JSON, ogcapi.HTML)
		if err := params.Err(); err != nil {
			return err
		}
		asked := scope.FromContext(r.Context())
		known, err := p.views.of(r.Context(), asked.Scope)
		if err != nil {
			return err
		}
		found, err := describe(modeller{p, r.Context(), asked, known}, r.PathValue("id"))
		if err != nil {
			return err
		}
		if format.MediaType == ogcapi.HTML.MediaType {
			return page.Write(w, r, page.Page{Title: found.title, Trail: found.trail, Here: adminRoot, Body: found.body()})
		}
		w.Header().Set("Cache-Control", "no-cache") // to be revalidated by its entity tag
		return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, found.value)
	})
}

// adminRoutes are the pages below the root.
func (p *painter) adminRoutes(mux *http.ServeMux) {
	for path, describe := range map[string]func(modeller, string) (told, error){
		"": modeller.overview, "/{$}": modeller.overview, "/collections/{id}": modeller.collection, "/products/{id}": modeller.product,
		"/product-types/{id}": modeller.productType, "/coverage-types/{id}": modeller.coverageType,
	} {
		mux.Handle("GET "+adminRoot+path, p.within(p.admin(describe)))
	}
}

// modeller tells of the model to one request.
type modeller struct {
	p     *painter
	ctx   context.Context
	asked scope.Asked
	known view
}

func (m modeller) href(segments ...string) string {
	return ogcapi.Href(m.asked.Base+adminRoot, segments...)
}

func (m modeller) self(segments ...string) []record.Link {
	return []record.Link{{Rel: "self", Type: ogcapi.MediaTypeJSON, Href: m.href(segments...)}, {Rel: "up", Type: ogcapi.MediaTypeJSON, Href: m.href()}}
}

// overview is the model without the products of its collections.
func (m modeller) overview(string) (told, error) {
	all := model{
		Title: cmp.Or(m.known.products.Metadata.Title, m.p.config.Title), Collections: []modelCollection{}, ProductTypes: []modelType{}, CoverageTypes: []modelCoverage{}, Products: []modelProduct{},
		Links: []record.Link{{Rel: "self", Type: ogcapi.MediaTypeJSON, Href: m.href()}},
	}
	for _, id := range slices.Sorted(maps.Keys(m.known.products.Collections)) {
		all.Collections = append(all.Collections, m.collectionOf(id))
	}
	for _, t := range m.known.products.ProductTypes {
		all.ProductTypes = append(all.ProductTypes, modelType{t, m.self("product-types", t.Name)})
	}
	for _, t := range m.known.products.CoverageTypes {
		all.CoverageTypes = append(all.CoverageTypes, m.coverageOf(t))
	}
	for _, e := range m.known.extents {
		if e.Collection == "" {
			all.Products = append(all.Products, modelProduct{ID: e.ID, Type: e.ProductType, Time: e.Time.String(), Box: boxOf(e.Bounds), Links: m.self("products", e.ID)})
		}
	}
	return told{value: all, title: "Data model", body: func() []page.Node { return all.nodes(m) }}, nil
}

func boxOf(b orb.Bound) []float64 {
	if (b == orb.Bound{}) {
		return nil
	}
	return []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

// collectionOf is a collection of the configuration, with what the catalogue knows of it.
func (m modeller) collectionOf(id string) modelCollection {
	configured := m.known.products.Collections[id]
	one := modelCollection{
		ID: id, Title: id, ProductTypes: append([]string{}, configured.ProductTypes...), Coverages: append([]string{}, configured.CoverageTypes...), Layers: []string{},
		Links: append(m.self("collections", id), record.Link{Rel: "alternate", Type: "text/xml", Title: "Maps", Href: m.asked.Base + "/ows?service=WMS&request=GetCapabilities"}),
	}
	for _, e := range m.known.extents {
		if e.Collection == id && id != "" {
			one.Title, one.Count, one.Box, one.Dates = cmp.Or(e.Title, id), e.Count, boxOf(e.Bounds), len(e.Dates)
			if !e.Time.IsZero() {
				one.Time = e.Time.String()
			}
		}
	}
	for _, t := range m.known.kinds(id) {
		if !slices.Contains(one.ProductTypes, t.Name) {
			one.ProductTypes = append(one.ProductTypes, t.Name)
		}
	}
	if node, ok := nodeNamed(m.known.nodes, id); ok {
		one.Title = cmp.Or(node.Title, one.Title)
		one.Layers = namesBelow(m.known.advertised(node))
	}
	return one
}

// namesBelow are the names of a layer and of all below it.
func namesBelow(node wms.Node) []string {
	names := []string{node.Name}
	for _, child := range node.Children {
		names = append(names, namesBelow(child)...)
	}
	return names
}

// collection is a collection with its newest products.
func (m modeller) collection(id string) (told, error) {
	if _, ok := m.known.products.Collections[id]; !ok {
		return told{}, fault.At(fault.NotFound, "id", "there is no collection %q", id)
	}
	one := m.collectionOf(id)
	found, err := m.p.store.Products(m.ctx, m.asked.Scope, catalogue.ProductQuery{Layer: id, Limit: maxListed})
	if err != nil {
		return told{}, err
	}
	for i := range found {
		listed := m.productOf(found[i])
		listed.Coverages = nil
		one.Products = append(one.Products, listed)
	}
	return m.within(told{value: one, title: one.Title, body: func() []page.Node { return one.nodes(m) }}), nil
}

// within is a page below the model's.
func (m modeller) within(d told) told {
	d.trail = []page.Anchor{{Text: "Data model", Href: m.href()}}
	return d
}

// product is a product with its coverages.
func (m modeller) product(id string) (told, error) {
	found, err := m.p.store.Products(m.ctx, m.asked.Scope, catalogue.ProductQuery{ID: id, Limit: 1})
	if err != nil && fault.KindOf(err) != fault.Invalid {
		return told{}, err
	}
	if len(found) == 0 {
		return told{}, fault.At(fault.NotFound, "id", "there is no product %q", id)
	}
	one := m.productOf(found[0])
	return m.within(told{value: one, title: one.ID, body: func() []page.Node { return one.nodes(m) }}), nil
}

func (m modeller) productOf(found record.Product) modelProduct {
	kind := typeOf(m.known.products.Config, found)
	one := modelProduct{
		ID: found.ID, Collection: found.Collection, Type: found.Type, Box: boxOf(boundsOf(found)), Browses: kind.BrowseNames(), Masks: kind.MaskNames(),
		Links: append(m.self("products", found.ID),
			record.Link{Rel: "alternate", Type: ogcapi.MediaTypeGeoJSON, Title: "STAC item", Href: m.asked.Base + documentPath(found.Key)},
			record.Link{Rel: "enclosure", Type: "application/zip", Title: "Download", Href: m.asked.Base + "/ows?service=DSEO&version=1.0.0&request=GetProduct&ProductURI=" + url.QueryEscape(found.ID)}),
	}
	if !found.Time.IsZero() {
		one.Time = found.Time.String()
	}
	for _, c := range found.Coverages {
		one.Coverages = append(one.Coverages, modelRaster{c.Asset, c.Type, c.Roles, c.Bands, c.Grid})
	}
	return one
}

// productType is a product type.
func (m modeller) productType(name string) (told, error) {
	t, ok := m.known.products.TypeNamed(name)
	if !ok {
		return told{}, fault.At(fault.NotFound, "id", "there is no product type %q", name)
	}
	one := modelType{t, m.self("product-types", name)}
	return m.within(told{value: one, title: name, body: func() []page.Node { return one.nodes(m) }}), nil
}

// coverageType is a coverage type.
func (m modeller) coverageType(name string) (told, error) {
	t, ok := m.known.products.CoverageTypeNamed(name)
	if !ok {
		return told{}, fault.At(fault.NotFound, "id", "there is no coverage type %q", name)
	}
	one := m.coverageOf(t)
	return m.within(told{value: one, title: name, body: func() []page.Node { return one.nodes() }}), nil
}

func (m modeller) coverageOf(t product.CoverageType) modelCoverage {
	one := modelCoverage{t.Name, t.DataType, []modelBand{}, m.self("coverage-types", t.Name)}
	for _, b := range t.Bands {
		band := modelBand{b.Identifier, b.Name, b.Description, b.Definition, b.UOM, b.Wavelength, nil}
		for _, v := range b.NilValues {
			band.NoData = append(band.NoData, v.Value)
		}
		one.Bands = append(one.Bands, band)
	}
	return one
}
