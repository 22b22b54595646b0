package stacapi

import (
	"net/http"

	"perigee/shared/page"
)

// sheet is what a page for people shows, whatever it is about.
type sheet struct {
	Title    string
	Trail    []page.Anchor // the pages above this one
	Text     string
	Picture  string
	Facts    []fact
	Sections []section
	JSON     string // address of the same for programs
	Prev     string
	Next     string
}

type fact struct{ Name, Value string }

// section is a heading and what is listed below it.
type section struct {
	Heading string
	Rows    []row
	Empty   string // said when there are no rows
}

type row struct{ Text, Href, Note string }

func writePage(w http.ResponseWriter, r *http.Request, s sheet) error {
	return page.Write(w, r, page.Page{
		Title: s.Title, Trail: s.Trail, Body: s.body(), Here: Root, JSON: s.JSON, Pictures: s.Picture != "",
		Prev: page.Anchor{Text: "Previous page", Href: s.Prev}, Next: page.Anchor{Text: "Next page", Href: s.Next},
	})
}

func (s sheet) body() []page.Node {
	var body []page.Node
	if s.Text != "" {
		body = append(body, page.Paragraph(page.Text(s.Text)))
	}
	body = append(body, page.Picture(s.Picture, "Preview"))
	var facts []page.Fact
	for _, f := range s.Facts {
		facts = append(facts, page.Fact{Name: f.Name, Value: page.Text(f.Value)})
	}
	body = append(body, page.Facts(facts...))
	for _, part := range s.Sections {
		body = append(body, page.Section(part.Heading, part.list()))
	}
	return body
}

func (s section) list() page.Node {
	if len(s.Rows) == 0 {
		return page.Paragraph(page.Text(s.Empty))
	}
	var entries []page.Node
	for _, r := range s.Rows {
		entries = append(entries, page.Group(page.Link(r.Href, page.Text(r.Text)), page.Text(" "), page.Note(r.Note)))
	}
	return page.List(entries...)
}
