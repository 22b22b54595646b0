package records

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// sheet is a page of this API.
type sheet struct {
	title string
	trail []page.Anchor
	json  string
	links []link // of which prev and next are shown
	body  []page.Node
	forms bool // it asks for something
}

func (s sheet) write(w http.ResponseWriter, r *http.Request) error {
	on := ask(r)
	p := page.Page{Title: s.title, Trail: s.trail, Body: s.body, Here: Root, JSON: s.json, Relations: []page.Relation{ // /req/autodiscovery/links
		{Rel: relCatalogue, Href: on.collection(Main) + "/items", MediaType: ogcapi.MediaTypeGeoJSON},
		{Rel: relCatalogue, Href: on.root + "/collections", MediaType: ogcapi.MediaTypeJSON},
	}, Forms: s.forms}
	for _, l := range s.links {
		switch l.Rel {
		case "prev":
			p.Prev = page.Anchor{Text: "Previous page", Href: forPeople(l.Href)}
		case "next":
			p.Next = page.Anchor{Text: "Next page", Href: forPeople(l.Href)}
		}
	}
	return page.Write(w, r, p)
}

// forPeople asks for the page that an address of JSON shows to people.
func forPeople(href string) string {
	if strings.Contains(href, "?") {
		return href + "&f=html"
	}
	return href + asHTML
}

func trail(on asked, further ...page.Anchor) []page.Anchor {
	return append([]page.Anchor{{Text: "Records", Href: on.root + asHTML}}, further...)
}

func collectionsAnchor(on asked) page.Anchor {
	return page.Anchor{Text: "Collections", Href: on.root + "/collections" + asHTML}
}

func collectionAnchor(on asked, collection string) page.Anchor {
	return page.Anchor{Text: collection, Href: on.collection(collection) + asHTML}
}

func described(text string) page.Node {
	if text == "" {
		return nil
	}
	return page.Paragraph(page.Text(text))
}

func (a api) landingPage(w http.ResponseWriter, r *http.Request, on asked) error {
	return sheet{title: a.Title, json: on.root + "?f=json", body: []page.Node{
		described(a.Description),
		page.List(
			page.Link(on.collection(Main)+"/items"+asHTML, page.Text("All records")),
			page.Link(on.root+"/collections"+asHTML, page.Text("Collections")),
			page.Link(on.root+"/functions"+asHTML, page.Text("Functions of filters")),
			page.Link(on.root+"/conformance"+asHTML, page.Text("Conformance")),
		),
	}}.write(w, r)
}

func (a api) conformancePage(w http.ResponseWriter, r *http.Request, on asked) error {
	var entries []page.Node
	for _, class := range conformsTo {
		entries = append(entries, page.Text(class))
	}
	return sheet{title: "Conformance", trail: trail(on), body: []page.Node{page.List(entries...)}}.write(w, r)
}

func (a api) functionsPage(w http.ResponseWriter, r *http.Request, on asked, all []function) error {
	var rows [][]page.Node
	for _, f := range all {
		var args []string
		for _, arg := range f.Arguments {
			args = append(args, strings.Join(arg.Type, " or "))
		}
		rows = append(rows, []page.Node{page.Code(f.Name + "(" + strings.Join(args, ", ") + ")"), page.Text(strings.Join(f.Returns, " or ")), page.Text(f.Description)})
	}
	table := page.Table([]page.Column{{Name: "Function"}, {Name: "Result"}, {Name: "What it gives"}}, rows...)
	return sheet{title: "Functions of filters", trail: trail(on), body: []page.Node{table}}.write(w, r)
}

func (a api) collectionsPage(w http.ResponseWriter, r *http.Request, on asked, found CollectionPage, links []link) error {
	m := page.Map{Label: "Where the collections are"}
	var rows [][]page.Node
	for _, c := range found.Collections {
		href := on.collection(c.ID) + asHTML
		cells := []page.Node{page.Link(href, page.Name(c.title())), page.Code(c.ID), nil, page.Text(page.Shortened(abstract(c.Record)))}
		if c.Record != nil {
			cells[2] = page.Span(c.Record.Time.Start, c.Record.Time.End)
			if c.ID != Main { // it is everywhere
				m.Shapes = append(m.Shapes, page.Shape{Geometry: c.Record.Footprint, Name: c.title(), Href: href})
			}
		}
		rows = append(rows, cells)
	}
	body := []page.Node{search(on.root+"/collections", r.URL.Query()), m.Node(), page.Table([]page.Column{{Name: "Title"}, {Name: "Id"}, {Name: "Time"}, {Name: "What it is"}}, rows...)}
	if len(rows) == 0 {
		body[2] = page.Paragraph(page.Text("There are no such collections."))
	}
	return sheet{title: "Collections", trail: trail(on), links: links, body: body, forms: true}.write(w, r)
}

func (a api) collectionPage(w http.ResponseWriter, r *http.Request, on asked, c Collection, document []byte) error {
	href := on.collection(c.ID)
	body := []page.Node{
		described(abstract(c.Record)),
		page.List(
			page.Link(href+"/items"+asHTML, page.Text("The records")),
			page.Link(href+"/queryables"+asHTML, page.Text("What they are found by")),
			page.Link(href+"/sortables"+asHTML, page.Text("What they are sorted by")),
			page.Link(href+"/facets"+asHTML, page.Text("How they are divided")),
		),
	}
	return sheet{title: c.title(), trail: trail(on, collectionsAnchor(on)), json: href + "?f=json", body: append(body, shown(document)...)}.write(w, r)
}

func abstract(rec *record.Record) string {
	if rec == nil {
		return ""
	}
	return rec.Abstract
}

func (a api) schemaPage(w http.ResponseWriter, r *http.Request, on asked, collection string, s schema) error {
	var rows [][]page.Node
	for _, name := range s.sorted() {
		p := s.Properties[name]
		kind, several := p.Type.([]string)
		one, _ := p.Type.(string)
		if several {
			one = strings.Join(kind, ", ")
		}
		values := strings.Join(p.Enum, ", ")
		if p.Items != nil {
			values = strings.Join(p.Items.Enum, ", ")
		}
		rows = append(rows, []page.Node{page.Code(name), page.Text(p.Title), page.Text(strings.TrimSpace(one + " " + p.Format)), page.Text(values)})
	}
	table := page.Table([]page.Column{{Name: "Name"}, {Name: "What it is"}, {Name: "Type"}, {Name: "Values"}}, rows...)
	return sheet{title: s.Title, trail: trail(on, collectionsAnchor(on), collectionAnchor(on, collection)), body: []page.Node{table}}.write(w, r)
}

// shownRecord is a record of a list as its page shows it.
type shownRecord struct {
	shownDocument
	id, href, from, collection string
}

// writePage shows records on a map and in a table, with what was asked for, to be changed.
func (a answer) writePage(w http.ResponseWriter, r *http.Request) error {
	e := encoder{on: a.on, in: a.collection, crs: a.crs}
	features, err := e.features(a.page.Records)
	if err != nil {
		return err
	}
	all := make([]shownRecord, len(features))
	for i, rec := range a.page.Records {
		all[i] = shownRecord{readShown(features[i]), rec.ID, a.on.item(home(rec), rec.ID) + asHTML, a.on.collection(home(rec)) + asHTML, home(rec)}
	}
	return a.show(w, r, all, a.page.Matched, nil)
}

// writePage shows the records of several catalogues, and how each of the others answered.
func (f federated) writePage(w http.ResponseWriter, r *http.Request) error {
	features := f.features
	for _, o := range f.others {
		if f.grouped {
			features = append(features, o.features...)
		}
	}
	var all []shownRecord
	for _, feature := range features {
		d := readShown(feature)
		rec := shownRecord{shownDocument: d, id: d.ID, href: d.link("self"), from: d.link("collection"), collection: d.Catalogue}
		if rec.collection == "" { // it is of this catalogue
			rec.href, rec.from = forPeople(rec.href), forPeople(rec.from)
			rec.collection = collectionIn(d.link("collection"))
		}
		all = append(all, rec)
	}
	var rows [][]page.Node
	for _, o := range f.others {
		said := "has no more"
		switch {
		case o.Error != "":
			said = o.Error
		case o.asked:
			said = strconv.Itoa(o.Returned) + " on this page"
		}
		rows = append(rows, []page.Node{page.Link(o.URL, page.Text(o.ID)), page.Text(said)})
	}
	return f.show(w, r, all, f.matched, page.Section("Other catalogues", page.Table([]page.Column{{Name: "Catalogue"}, {Name: "Answer"}}, rows...)))
}

// collectionIn is the id of the collection at an address of this catalogue.
func collectionIn(href string) string {
	id, err := url.PathUnescape(path.Base(href))
	if err != nil {
		return ""
	}
	return id
}

func (a answer) show(w http.ResponseWriter, r *http.Request, all []shownRecord, matched *int, others page.Node) error {
	on, query, action := a.on, r.URL.Query(), a.on.collection(a.collection)+"/items"
	m := page.Map{Label: "Where the records are", At: func(view orb.Bound) string {
		return ogcapi.WithQuery(action, query, map[string]string{"bbox": page.BBox(view), "bbox-crs": "", "token": "", "offset": "", "startindex": "", "f": "html"})
	}}
	if a.query.Geometry != nil {
		m.View = page.Around(a.query.Geometry)
	}
	var rows [][]page.Node
	for _, rec := range all {
		m.Shapes = append(m.Shapes, page.Shape{Geometry: rec.place(), Name: rec.title(rec.id), Href: rec.href})
		rows = append(rows, []page.Node{
			page.Link(rec.href, page.Name(rec.title(rec.id))), page.Text(plainText(rec.properties["type"])), page.Link(rec.from, page.Name(rec.collection)), rec.when(),
		})
	}
	body := []page.Node{search(action, query), m.Node()}
	if matched != nil {
		body = append(body, page.Paragraph(page.Number(int64(*matched)), page.Text(" records")))
	}
	if len(rows) == 0 {
		body = append(body, page.Paragraph(page.Text("There are no records.")))
	} else {
		body = append(body, page.Table([]page.Column{{Name: "Title"}, {Name: "Type"}, {Name: "Collection"}, {Name: "Time"}}, rows...))
	}
	body = append(append(body, others), facetSections(a.facets)...)
	return sheet{title: "Records of " + a.collection, trail: trail(on, collectionsAnchor(on), collectionAnchor(on, a.collection)), links: a.links, body: body, forms: true}.write(w, r)
}

// search is the form that finds records, with the values that it was asked with.
func search(action string, query url.Values) page.Node {
	return page.Search(action, "Search",
		page.Field{Name: "q", Label: "Words", Value: query.Get("q"), Hint: "sea ice"},
		page.Field{Name: "bbox", Label: "Bounding box", Value: query.Get("bbox"), Hint: "west,south,east,north"},
		page.Field{Name: "datetime", Label: "Time", Value: query.Get("datetime"), Hint: "2026-04-01T00:00:00Z/.."},
		page.Field{Name: "filter", Label: "Filter in CQL2", Value: query.Get("filter"), Hint: "type = 'dataset' AND title LIKE '%ozone%'", Size: "wide"},
		page.Field{Name: "limit", Label: "On a page", Value: query.Get("limit"), Options: []page.Option{{Text: "10"}, {Value: "50", Text: "50"}, {Value: "200", Text: "200"}}, Size: "narrow"},
	)
}

// facetSections show how the records are divided; each bucket leads to its records.
func facetSections(facets map[string]facetAnswer) []page.Node {
	var all []page.Node
	for _, name := range slices.Sorted(maps.Keys(facets)) {
		var entries []page.Node
		for _, b := range facets[name].Buckets {
			words := plainText(b.Value)
			if words == "" {
				words = plainText(b.Min) + " to " + plainText(b.Max)
			}
			entries = append(entries, page.Group(page.Link(forPeople(b.Href), page.Text(words)), page.Text(" "), page.Note(strconv.FormatInt(b.Count, 10))))
		}
		all = append(all, page.Section(name, page.List(entries...)))
	}
	return all
}

func (a api) facetsPage(w http.ResponseWriter, r *http.Request, on asked, c Collection, definitions map[string]facetDefinition) error {
	var rows [][]page.Node
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		d := definitions[name]
		rows = append(rows, []page.Node{
			page.Link(on.collection(c.ID)+"/items?facets="+url.QueryEscape(name)+"&f=html", page.Text(name)), page.Text(d.Type), page.Text(strings.Join(slices.Sorted(maps.Keys(d.Filters)), ", ")),
		})
	}
	table := page.Table([]page.Column{{Name: "Facet"}, {Name: "Type"}, {Name: "Buckets"}}, rows...)
	return sheet{title: "How records are divided", trail: trail(on, collectionsAnchor(on), collectionAnchor(on, c.ID)), body: []page.Node{table}}.write(w, r)
}

func (a api) itemPage(w http.ResponseWriter, r *http.Request, e encoder, rec record.Record, document []byte) error {
	d := readShown(document)
	body := shown(document)
	if place := d.place(); place != nil && e.crs == geo.CRS84 {
		m := page.Map{Small: true, Label: "Where " + d.title(rec.ID) + " is", Shapes: []page.Shape{{Geometry: place, Name: d.title(rec.ID)}}}
		body[0] = page.Beside(body[0], m.Node())
	}
	return sheet{
		title: d.title(rec.ID), trail: trail(e.on, collectionsAnchor(e.on), collectionAnchor(e.on, e.in)), json: e.on.item(e.in, rec.ID) + "?f=json", body: body,
	}.write(w, r)
}

// shownDocument is what a page shows of a document.
type shownDocument struct {
	ID        string `json:"id"`
	Catalogue string `json:"federatedCatalog"`
	Time      struct {
		Timestamp string   `json:"timestamp"`
		Date      string   `json:"date"`
		Interval  []string `json:"interval"`
	} `json:"time"`
	Geometry   json.RawMessage `json:"geometry"`
	Properties json.RawMessage `json:"properties"`
	Links      []record.Link   `json:"links"`

	properties map[string]any
}

func readShown(document []byte) shownDocument {
	var d shownDocument
	_ = json.Unmarshal(document, &d) // what cannot be read is not shown
	_ = json.Unmarshal(d.Properties, &d.properties)
	return d
}

// place is where it is, in longitude and latitude; nil where that is not known.
func (d shownDocument) place() orb.Geometry {
	if len(d.Geometry) == 0 || string(d.Geometry) == "null" {
		return nil
	}
	at, err := stac.DecodeGeometry(d.Geometry, "geometry")
	if err != nil {
		return nil
	}
	return at
}

// link is where a relation leads first.
func (d shownDocument) link(rel string) string {
	for _, l := range d.Links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

func (d shownDocument) text(name string) string { return text(d.properties[name]) }

func (d shownDocument) title(id string) string {
	if title := d.text("title"); title != "" {
		return title
	}
	return id
}

// when is from when to when it is.
func (d shownDocument) when() page.Node {
	text := d.Time.Timestamp + d.Time.Date
	if len(d.Time.Interval) > 0 {
		text = strings.Join(d.Time.Interval, "/")
	}
	i, err := record.ParseInterval(text)
	switch {
	case text == "":
		return nil
	case err != nil:
		return page.Text(text)
	}
	return page.Span(i.Start, i.End)
}

// shown are the time, the properties and the links of a document.
func shown(document []byte) []page.Node {
	d := readShown(document)
	var entries []page.Node
	for _, l := range d.Links {
		if structural[l.Rel] || l.Rel == "alternate" && l.Type == typeHTML {
			continue
		}
		words := l.Title
		if words == "" {
			words = l.Href
		}
		entries = append(entries, page.Group(page.Link(l.Href, page.Text(words)), page.Text(" "), page.Note(strings.TrimSpace(l.Rel+" "+l.Type))))
	}
	return []page.Node{page.Members([]page.Fact{{Name: "time", Value: d.when()}}, d.Properties, "title"), page.Section("Links", page.List(entries...))}
}

func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	value, err := ogcapi.Encode(v)
	if err != nil || v == nil {
		return ""
	}
	return string(value)
}
