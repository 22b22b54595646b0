// Package page makes the pages that functions show to people: one look for all of them, HTML from Go functions that
// escape what they are given, and a policy by which a browser runs nothing and loads nothing from elsewhere.
package page

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the style
	"encoding/base64"
	"net/http"
	"strings"
	"sync"

	g "maragu.dev/gomponents"
	"maragu.dev/gomponents/html"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/scope"
)

// Page is what a page shows between the header and the footer that all have.
type Page struct {
	Title string
	Trail []Anchor // the pages above this one
	Body  []Node

	Here       string     // the path of the place in the header that it belongs to
	JSON       string     // address of the same for programs; empty: as it was asked, with f=json
	Prev, Next Anchor     // the neighbours of a page of a list
	Relations  []Relation // what programs find by this page
	Forms      bool       // it has buttons or fields
	Pictures   bool       // it has pictures, which may lie in any bucket
}

// Anchor is an address with its words.
type Anchor struct{ Text, Href string }

// Relation is where something else lies that has to do with a page, for programs that look for it there.
type Relation struct{ Rel, Href, MediaType string }

// Place is a place of the header, by its path below the address that was asked.
type Place struct{ Name, Path string }

// Places are where every page leads to.
func Places() []Place {
	return []Place{
		{"Map", "/"}, {"Catalogue", "/stac"}, {"Records", "/records"}, {"OpenSearch", "/opensearch/html"}, {"Layers", "/cache/"}, {"Data model", "/admin"},
		{"Registrations", "/registrations"}, {"Harvests", "/harvest-runs"}, {"Dead letters", "/dead-letters"},
	}
}

// Write answers with a page, whole or not at all.
func Write(w http.ResponseWriter, r *http.Request, p Page) error {
	base := scope.FromContext(r.Context()).Base
	if p.JSON == "" {
		p.JSON = ogcapi.WithQuery(base+r.URL.EscapedPath(), r.URL.Query(), map[string]string{"f": "json"})
	}
	var body bytes.Buffer
	if err := p.document(base).Render(&body); err != nil {
		return fault.Classify(fault.Internal, err, "writing the page %q", p.Title)
	}
	if href := Web(p.JSON); href != "" && len(w.Header().Values("Link")) == 0 {
		ogcapi.AddLink(w.Header(), "alternate", href, "application/json")
	}
	w.Header().Set("Content-Security-Policy", p.policy())
	w.Header().Set("Cache-Control", "no-cache") // to be revalidated by its entity tag
	ogcapi.Write(w, r, ogcapi.MediaTypeHTML, body.Bytes())
	return nil
}

//go:embed page.css
var style string

// styleHash is how a policy names the one style that a browser may use.
var styleHash = sync.OnceValue(func() string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
})

func (p Page) policy() string {
	policy := "default-src 'none'; style-src " + styleHash() + "; base-uri 'none'; frame-ancestors 'self'; form-action "
	if p.Forms {
		policy += "'self'"
	} else {
		policy += "'none'"
	}
	if p.Pictures {
		policy += "; img-src *"
	}
	return policy
}

func (p Page) document(base string) Node {
	return html.Doctype(html.HTML(html.Lang("en"),
		html.Head(
			html.Meta(html.Charset("utf-8")),
			html.Meta(html.Name("viewport"), html.Content("width=device-width, initial-scale=1")),
			html.TitleEl(g.Text(p.Title+" · Perigee")),
			g.Map(p.Relations, func(to Relation) Node {
				return html.Link(html.Rel(to.Rel), address("href", to.Href), html.Type(to.MediaType))
			}),
			html.StyleEl(g.Raw(style)),
		),
		html.Body(
			html.A(html.Class("skip"), html.Href("#content"), Text("To the content")),
			p.header(base),
			html.Main(html.ID("content"),
				g.If(len(p.Trail) > 0, html.Nav(html.Class("trail"), html.Aria("label", "Above this page"), g.Map(p.Trail, func(a Anchor) Node {
					return g.Group{Link(a.Href, Text(a.Text)), Text(" / ")}
				}))),
				html.H1(Name(p.Title)),
				g.Group(p.Body),
				p.neighbours(),
			),
			html.Footer(g.If(p.JSON != "", Link(p.JSON, Text("The same as JSON")))),
		),
	))
}

func (p Page) header(base string) Node {
	return html.Header(html.Strong(Text("Perigee")), html.Nav(html.Aria("label", "Places"), g.Map(Places(), func(to Place) Node {
		return html.A(address("href", base+to.Path), g.If(to.Path == p.Here, html.Aria("current", "page")), Text(to.Name))
	})))
}

func (p Page) neighbours() Node {
	one := func(rel string, a Anchor) Node {
		return g.If(Web(a.Href) != "", html.A(html.Rel(rel), address("href", a.Href), Text(a.Text)))
	}
	if p.Prev.Href+p.Next.Href == "" {
		return nil
	}
	return html.Nav(html.Class("neighbours"), html.Aria("label", "Pages"), one("prev", p.Prev), one("next", p.Next))
}

// Web is an address that a browser can follow without harm, or nothing: a javascript: or data: address would run in the
// name of the page.
func Web(href string) string {
	for _, scheme := range []string{"https://", "http://"} {
		if len(href) > len(scheme) && strings.EqualFold(href[:len(scheme)], scheme) {
			return href
		}
	}
	return ""
}

// address is an attribute that holds an address, or nothing where that is none to follow.
func address(name, href string) Node {
	if href = Web(href); href == "" {
		return nil
	}
	return g.Attr(name, href)
}
