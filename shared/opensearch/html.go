package opensearch

import (
	"net/http"
	"slices"
	"strings"

	"perigee/shared/page"
)

// here is the place of the pages in their header.
const here = "/opensearch/html"

// writeHTML shows the results to people.
func writeHTML(w http.ResponseWriter, r *http.Request, f feed) error {
	shown := page.Page{Title: f.title, Here: here, JSON: f.linked("alternate", "application/geo+json"), Forms: true, Pictures: true,
		Relations: []page.Relation{{Rel: "search", Href: f.home, MediaType: mediaTypeDescription}},
	}
	shown.Prev = page.Anchor{Text: "Previous", Href: f.linked("previous", "")}
	shown.Next = page.Anchor{Text: "Next", Href: f.linked("next", "")}
	address, _, _ := strings.Cut(f.self, "?")
	shown.Body = append(shown.Body, page.Search(address, "Search",
		page.Field{Name: "q", Label: "Words", Value: f.value("q"), Size: "wide"}, page.Field{Name: "bbox", Label: "Box", Value: f.value("bbox"), Hint: "14,47,16,49"},
		page.Field{Name: "start", Label: "From", Value: f.value("start"), Hint: "2026-06-01"}, page.Field{Name: "end", Label: "Until", Value: f.value("end"), Hint: "2026-06-30"}))
	m := page.Map{Label: "Where the records are"}
	var rows [][]page.Node
	pictured := slices.ContainsFunc(f.entries, func(e entry) bool { return e.thumbnail != "" })
	for _, e := range f.entries {
		m.Shapes = append(m.Shapes, page.Shape{Geometry: e.Footprint, Name: e.title(), Href: e.leads()})
		row := []page.Node{page.Link(e.leads(), page.Name(e.title())), page.Span(e.Time.Start, e.Time.End), page.List(e.anchors()...)}
		if pictured {
			row = append(row, page.Thumbnail(e.thumbnail))
		}
		rows = append(rows, row)
	}
	shown.Body = append(shown.Body, m.Node(), page.Paragraph(page.Text(plural(f.matched)+" found.")))
	if len(rows) > 0 {
		columns := []page.Column{{Name: "Title"}, {Name: "Time"}, {Name: "Leads to"}}
		if pictured {
			columns = append(columns, page.Column{Name: "Preview"})
		}
		shown.Body = append(shown.Body, page.Table(columns, rows...))
	}
	return page.Write(w, r, shown)
}

// linked is the first link of a relation and media type; of any type when none is named.
func (f feed) linked(rel, mediaType string) string {
	for _, l := range f.links {
		if l.Rel == rel && (mediaType == "" || l.Type == mediaType) {
			return l.Href
		}
	}
	return ""
}

// value is that of a parameter as it was sent.
func (f feed) value(name string) string {
	for _, p := range f.asked {
		if p.name == name {
			return p.value
		}
	}
	return ""
}

// leads is where people go from an entry: to the search of a collection, or to the item.
func (e entry) leads() string {
	for _, l := range e.links {
		if l.Rel == "search" {
			return l.Href + "html/"
		}
	}
	for _, l := range e.links {
		if l.Rel == "alternate" {
			return l.Href
		}
	}
	return e.self
}

func (e entry) anchors() []page.Node {
	var all []page.Node
	for _, l := range e.links {
		if l.Title != "" && l.Rel != "icon" {
			all = append(all, page.Link(l.Href, page.Name(l.Title)))
		}
	}
	return all
}
