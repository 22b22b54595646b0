package stacapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"perigee/shared/ogcapi"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// Catalogs: each workspace that the scope may read beside the one that is asked is a catalog of its own, below the API
// (https://github.com/StacLabs/multi-tenant-catalogs, v1.0.0-rc.2). A catalog answers whatever the API does that reads;
// workspaces are made elsewhere, so that catalogs are not, and each has collections of its own.

// relCatalogs leads to the registry of catalogs.
const relCatalogs = "catalogs"

// systemCatalog is the id of the system's catalog where it is one among others; no workspace can have that name.
const systemCatalog = "_catalogue"

const (
	defaultCatalogs = 50
	maxCatalogs     = 100 // each of them is asked for its collections
)

// Catalog is a workspace as a catalog.
type Catalog struct{ Workspace string }

// CatalogPage is a part of the catalogs. Next is a token, empty at the end.
type CatalogPage struct {
	Catalogs []Catalog
	Next     string
}

func (c Catalog) id() string {
	if c.Workspace == scope.System {
		return systemCatalog
	}
	return c.Workspace
}

func (c Catalog) title() string {
	if c.Workspace == scope.System {
		return "The system's catalogue"
	}
	return "Workspace " + c.Workspace
}

type withinKey struct{}

// within is where in the API a request is asked that came by the way of a catalog.
type within struct {
	id        string
	canonical string // address of the API that has the catalog's collections as its own
}

// throughCatalog leads what is asked below /catalogs/{catalog} to the handlers of the API itself, in the catalog's scope,
// which writes nothing.
func (a api) throughCatalog(to http.Handler) ogcapi.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		from := scope.FromContext(r.Context())
		id := r.PathValue("catalog")
		c, err := a.Store.Catalog(r.Context(), from.Scope, workspaceOf(id))
		if err != nil {
			return err
		}
		place := within{id: id, canonical: from.Base + Root}
		if from.Scope.Workspace == scope.System && !readable(from.Scope, c.Workspace) {
			place.canonical = from.Base + "/workspaces/" + url.PathEscape(c.Workspace) + Root
		}
		from.Scope = scope.New(c.Workspace, from.Scope.Principal)
		inner := r.WithContext(context.WithValue(scope.NewContext(r.Context(), from), withinKey{}, place))
		inner.URL = withoutCatalog(r.URL)
		to.ServeHTTP(w, inner)
		return nil
	}
}

func workspaceOf(id string) string {
	if id == systemCatalog {
		return scope.System
	}
	return id
}

func readable(sc scope.Scope, workspace string) bool {
	for _, w := range sc.Readable() {
		if w == workspace {
			return true
		}
	}
	return false
}

// withoutCatalog is an address below /catalogs/{catalog} as one of the API itself.
func withoutCatalog(u *url.URL) *url.URL {
	inner := *u
	_, rest, _ := strings.Cut(strings.TrimPrefix(u.EscapedPath(), Root+"/catalogs/"), "/")
	inner.RawPath = strings.TrimSuffix(Root+"/"+rest, "/")
	inner.Path, _ = url.PathUnescape(inner.RawPath) // it was unescaped before
	return &inner
}

// catalogs lists the catalogs.
func (a api) catalogs(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	limit, after := p.Limit(defaultCatalogs, maxCatalogs), p.Text("token")
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	page, err := a.Store.Catalogs(r.Context(), on.scope, limit, after)
	if err != nil {
		return err
	}
	links := append(pageLinks(r, on.root+"/catalogs", ogcapi.MediaTypeJSON, page.Next, ""), rootLink(on), parentLink(on.root))
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, catalogsPage(on, "Catalogs", page.Catalogs, links))
	}
	body := newList(`{"catalogs":[`)
	for _, c := range page.Catalogs {
		if err := body.add(a.catalogDocument(r.Context(), on, c)); err != nil {
			return err
		}
	}
	return body.answer(w, r, ogcapi.MediaTypeJSON, links, nil)
}

func parentLink(href string) stac.Link {
	return stac.Link{Rel: "parent", Href: href, Type: ogcapi.MediaTypeJSON}
}

func catalogHref(on asked, c Catalog) string { return ogcapi.Href(on.root, "catalogs", c.id()) }

// catalogDocument is a catalog as it stands among others: what its landing page is, but for what it conforms to.
func (a api) catalogDocument(ctx context.Context, on asked, c Catalog) ([]byte, error) {
	below := asked{scope: scope.New(c.Workspace, on.scope.Principal), root: catalogHref(on, c), top: on.top, catalog: c.id()}
	children, err := a.childrenOf(ctx, below, "")
	if err != nil {
		return nil, err
	}
	doc := a.catalogOf(below)
	doc.Links = append([]stac.Link{
		{Rel: "self", Href: below.root, Type: ogcapi.MediaTypeJSON}, rootLink(on), parentLink(on.root),
		{Rel: "data", Href: below.root + "/collections", Type: ogcapi.MediaTypeJSON}, {Rel: relChildren, Href: below.root + "/children", Type: ogcapi.MediaTypeJSON},
		{Rel: "search", Href: below.root + "/search", Type: ogcapi.MediaTypeGeoJSON, Method: http.MethodGet},
		{Rel: "search", Href: below.root + "/search", Type: ogcapi.MediaTypeGeoJSON, Method: http.MethodPost},
	}, children...)
	return ogcapi.Encode(doc)
}
