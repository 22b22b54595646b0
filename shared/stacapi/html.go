package stacapi

import (
	"net/http"

	"perigee/shared/page"
)

// sheet is what a page for people shows, whatever it is about.
type sheet struct {
	Title      string
	Trail      []page.Anchor // the pages above this one
	Body       []page.Node
	JSON       string // address of the same for programs
	Prev, Next string
	Forms      bool // it asks for something
	Pictures   bool // it shows pictures of assets
}

func writePage(w http.ResponseWriter, r *http.Request, s sheet) error {
	return page.Write(w, r, page.Page{
		Title: s.Title, Trail: s.Trail, Body: s.Body, Here: Root, JSON: s.JSON, Forms: s.Forms, Pictures: s.Pictures,
		Prev: page.Anchor{Text: "Previous page", Href: s.Prev}, Next: page.Anchor{Text: "Next page", Href: s.Next},
	})
}

type row struct{ Text, Href, Note string }

// entries shows rows, or says that there are none.
func entries(empty string, rows ...row) page.Node {
	if len(rows) == 0 {
		return page.Paragraph(page.Note(empty))
	}
	var all []page.Node
	for _, r := range rows {
		all = append(all, page.Group(page.Link(r.Href, page.Text(r.Text)), page.Text(" "), page.Note(r.Note)))
	}
	return page.List(all...)
}

func paragraph(text string) page.Node {
	if text == "" {
		return nil
	}
	return page.Paragraph(page.Text(text))
}
