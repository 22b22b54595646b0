package stacapi

import (
	"bytes"
	_ "embed" // the page's template
	"html/template"
	"net/http"
	"sync"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
)

// page is what a page for people shows, whatever it is about.
type page struct {
	Title    string
	Trail    []row // the pages above this one
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

//go:embed page.html
var pageSource string

// pageTemplate is parsed with the first page that is asked for, so that it costs programs nothing.
var pageTemplate = sync.OnceValues(func() (*template.Template, error) {
	return template.New("page").Parse(pageSource)
})

func writePage(w http.ResponseWriter, r *http.Request, p page) error {
	t, err := pageTemplate()
	if err != nil {
		return fault.Classify(fault.Internal, err, "parsing the page's template")
	}
	var body bytes.Buffer
	if err := t.Execute(&body, p); err != nil {
		return fault.Classify(fault.Internal, err, "writing a page")
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src *")
	ogcapi.Write(w, r, ogcapi.MediaTypeHTML, body.Bytes())
	return nil
}
