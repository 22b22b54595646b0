package stacapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/record"
	"perigee/shared/stac"
)

const asHTML = "?f=html"

func landingPage(on asked, doc catalog, children []stac.Link) sheet {
	s := sheet{
		Title: doc.Title, JSON: on.root + "?f=json", Forms: true,
		Body: []page.Node{
			paragraph(doc.Description),
			page.Section("Find items", search(on.root+"/search", url.Values{})),
			page.Section("Collections", entries("No collection has been registered yet.", childRows(children)...)),
			page.Section("Service", entries("",
				row{Text: "All items, newest first", Href: on.root + "/search" + asHTML},
				row{Text: "Collections", Href: on.root + "/collections" + asHTML},
				row{Text: "Catalogs of workspaces", Href: on.root + "/catalogs" + asHTML},
				row{Text: "What can be made of all items that are found", Href: on.root + "/aggregations" + asHTML, Note: "aggregations"},
				row{Text: "What items are found by", Href: on.root + "/queryables" + asHTML, Note: "queryables"},
				row{Text: "What filters can compute", Href: on.root + "/functions" + asHTML, Note: "functions"},
				row{Text: "What can be asked", Href: on.top + "/api.html", Note: "OpenAPI"},
				row{Text: "What is implemented", Href: on.root + "/conformance" + asHTML, Note: "conformance classes"},
			)),
		},
	}
	if on.root != on.top {
		s.Trail = trail(on)
	}
	return s
}

func childRows(children []stac.Link) []row {
	var rows []row
	for _, c := range children {
		r := row{Text: c.Title, Href: forPeople(c.Href)}
		if id, err := url.PathUnescape(c.Href[strings.LastIndex(c.Href, "/")+1:]); r.Text == "" && err == nil {
			r.Text = id
		} else if err == nil {
			r.Note = id
		}
		rows = append(rows, r)
	}
	return rows
}

func catalogsPage(on asked, title string, found []Catalog, links []stac.Link) sheet {
	var rows []row
	for _, c := range found {
		rows = append(rows, row{Text: c.title(), Href: catalogHref(on, c) + asHTML, Note: c.id()})
	}
	return sheet{Title: title, Trail: trail(on), JSON: hrefOf(links, "self"), Next: forPeople(hrefOf(links, "next")),
		Body: []page.Node{page.Section("Catalogs of workspaces", entries("There are no further catalogs that you may read.", rows...))}}
}

func childrenPage(on asked, catalogs []Catalog, collections []Collection, links []stac.Link) sheet {
	s := catalogsPage(on, "Children", catalogs, links)
	s.Body = append(s.Body, page.Section("Collections", entries("There are no collections on this page.", collectionRows(on, collections)...)))
	return s
}

// subcatalogPage shows the items of a month, or the months of a year.
func subcatalogPage(on asked, s subcatalog) sheet {
	doc := s.document(on)
	p := sheet{Title: doc.Title, JSON: hrefOf(doc.Links, "self"), Trail: trail(on, collectionsAnchor(on), page.Anchor{Text: s.collection, Href: collectionHref(on, s.collection) + asHTML})}
	rows := periodRows(on, s.collection, s.months)
	for _, item := range s.items {
		rows = append(rows, row{Text: item.ID, Href: itemHref(on, item.Collection, item.ID) + asHTML, Note: item.Time.String()})
	}
	p.Body = []page.Node{paragraph(doc.Description), entries("There are none.", rows...)}
	if s.next != "" {
		p.Next = forPeople(part(periodHref(on, s.collection, s.period), s.next))
	}
	return p
}

// subcatalogsPage lists catalogs of items of a collection.
func subcatalogsPage(on asked, collection, self string, below []subcatalog) sheet {
	var rows []row
	for _, s := range below {
		one := row{Text: s.title(), Href: periodHref(on, collection, s.period), Note: strconv.FormatInt(s.counted.items, 10)}
		if s.after != "" {
			one = row{Text: "Further items", Href: part(one.Href, s.after)}
		}
		one.Href = forPeople(one.Href)
		rows = append(rows, one)
	}
	return sheet{Title: "Children of " + collection, JSON: ogcapi.WithQuery(self, nil, map[string]string{"f": "json"}), Body: []page.Node{entries("There are none.", rows...)},
		Trail: trail(on, collectionsAnchor(on), page.Anchor{Text: collection, Href: collectionHref(on, collection) + asHTML})}
}

func periodRows(on asked, collection string, periods []counted) []row {
	var rows []row
	for _, c := range periods {
		rows = append(rows, row{Text: c.title(), Href: periodHref(on, collection, c.period) + asHTML, Note: strconv.FormatInt(c.items, 10)})
	}
	return rows
}

func conformancePage(on asked) sheet {
	var rows []row
	for _, class := range conformsTo {
		rows = append(rows, row{Text: class})
	}
	return sheet{Title: "Conformance", Trail: trail(on), JSON: on.root + "/conformance?f=json",
		Body: []page.Node{paragraph("The conformance classes that are implemented, whole."), entries("", rows...)}}
}

func collectionsPage(on asked, found CollectionPage, links []stac.Link) sheet {
	m := page.Map{Label: "Where the collections are"}
	var rows [][]page.Node
	for _, c := range found.Collections {
		href := collectionHref(on, c.ID) + asHTML
		cells := []page.Node{page.Link(href, page.Text(titled(c.title(), c.ID))), page.Code(c.ID), nil, nil}
		if d, err := stac.DecodeCollection(c.Document); c.Document != nil && err == nil {
			cells[2], cells[3] = span(d.Time), page.Text(page.Shortened(d.Description))
			m.Shapes = append(m.Shapes, page.Shape{Geometry: d.Footprint(), Name: titled(c.title(), c.ID), Href: href})
		}
		rows = append(rows, cells)
	}
	s := sheet{Title: "Collections", Trail: trail(on), JSON: hrefOf(links, "self"), Next: forPeople(hrefOf(links, "next")), Prev: forPeople(hrefOf(links, "prev"))}
	if len(rows) == 0 {
		s.Body = []page.Node{paragraph("No collection has been registered yet.")}
		return s
	}
	s.Body = []page.Node{m.Node(), page.Table([]page.Column{{Name: "Title"}, {Name: "Id"}, {Name: "Time"}, {Name: "What it is"}}, rows...)}
	return s
}

func titled(title, id string) string {
	if title != "" {
		return title
	}
	return id
}

func collectionRows(on asked, all []Collection) []row {
	var rows []row
	for _, c := range all {
		r := row{Text: c.ID, Href: collectionHref(on, c.ID) + asHTML}
		if title := c.title(); title != "" {
			r.Text, r.Note = title, c.ID
		}
		rows = append(rows, r)
	}
	return rows
}

// collectionPage shows a collection by its served document.
func collectionPage(on asked, id string, document []byte, years []counted) sheet {
	p := sheet{Title: id, Trail: trail(on, collectionsAnchor(on)), JSON: collectionHref(on, id) + "?f=json"}
	c, err := stac.DecodeCollection(document)
	if err != nil {
		return p // what cannot be read is shown by its name
	}
	p.Title = titled(c.Title, id)
	href := collectionHref(on, id)
	about := []page.Node{
		paragraph(c.Description),
		entries("", row{Text: "Items of this collection", Href: href + "/items" + asHTML}, row{Text: "What they are found by", Href: href + "/queryables" + asHTML, Note: "queryables"}),
		page.Members([]page.Fact{{Name: "id", Value: page.Code(id)}, {Name: "time", Value: span(c.Time)}, {Name: "bbox", Value: bounds(c.Bounds[0])}}, document, "type", "stac_version", "stac_extensions", "id", "title", "description", "extent", "links", "assets", "conformsTo"),
	}
	m := page.Map{Small: true, Label: "Where " + p.Title + " is", Shapes: []page.Shape{{Geometry: c.Footprint(), Name: p.Title}}}
	files := page.ReadAssets(document)
	picture := preview(on, files)
	p.Pictures = picture != ""
	p.Body = []page.Node{page.Beside(page.Group(about...), page.Group(m.Node(), page.Picture(picture, "Preview")))}
	if len(files) > 0 {
		p.Body = append(p.Body, page.Section("Assets", page.Assets(files)))
	}
	p.Body = append(p.Body, page.Section("Items by year", entries("There are no items.", periodRows(on, id, years)...)),
		page.Section("Links", entries("There are no further links.", linkRows(c.Links)...)))
	return p
}

func collectionsAnchor(on asked) page.Anchor {
	return page.Anchor{Text: "Collections", Href: on.root + "/collections" + asHTML}
}

// itemsPage shows a page of items on a map and in a table, with what was asked for, to be changed.
func (a api) itemsPage(on asked, q Query, query url.Values, found Page, links []stac.Link) (sheet, error) {
	p := sheet{Title: "Items", Trail: trail(on), JSON: hrefOf(links, "self"), Forms: true,
		Prev: forPeople(hrefOf(links, "prev")), Next: forPeople(hrefOf(links, "next"))}
	action := on.root + "/search"
	up := hrefOf(links, "collection")
	if up != "" {
		action = up + "/items"
		p.Title = "Items of " + q.Collections[0]
		p.Trail = append(p.Trail, collectionsAnchor(on), page.Anchor{Text: q.Collections[0], Href: up + asHTML})
	}
	m := page.Map{Label: "Where the items are", At: func(view orb.Bound) string {
		return ogcapi.WithQuery(action, query, map[string]string{"bbox": page.BBox(view), "intersects": "", "token": "", "f": "html"})
	}}
	if q.Geometry != nil {
		m.View = page.Around(q.Geometry)
	}
	var rows [][]page.Node
	for _, item := range found.Items {
		r, err := a.itemRow(on, item, up == "")
		if err != nil {
			return p, err
		}
		m.Shapes = append(m.Shapes, r.shape)
		rows = append(rows, r.cells)
		p.Pictures = p.Pictures || r.pictured
	}
	form := search(action, query)
	if len(rows) == 0 {
		p.Body = []page.Node{form, m.Node(), paragraph("There are no items.")}
		return p, nil
	}
	columns := []page.Column{{Name: "Item"}, {Name: "Time"}, {Name: "Cloud", Numbers: true}, {Name: "Platform"}}
	if p.Pictures {
		columns = append(columns, page.Column{Name: "Preview"})
	}
	if up == "" {
		columns = slices.Insert(columns, 1, page.Column{Name: "Collection"})
	}
	said := inOrder(q.Sort) + ", " + strconv.Itoa(len(rows))
	if q.After == "" && found.Next == "" {
		said += " in all"
	} else {
		said += " on this page"
	}
	p.Body = []page.Node{form, m.Node(), page.Paragraph(page.Note(said)), page.Table(columns, rows...)}
	return p, nil
}

// itemCells is an item as a list shows it.
type itemCells struct {
	shape    page.Shape
	cells    []page.Node
	pictured bool
}

func (a api) itemRow(on asked, item record.Record, anywhere bool) (itemCells, error) {
	href := itemHref(on, item.Collection, item.ID) + asHTML
	document, err := a.itemDocument(on, item, false)
	if err != nil {
		return itemCells{}, err
	}
	r := itemCells{shape: page.Shape{Name: item.ID, Href: href}, cells: []page.Node{page.Link(href, page.Name(item.ID)), span(item.Time), nil, nil, nil}}
	if d, err := stac.DecodeItem(document); err == nil { // else it is shown by its name
		r.shape.Geometry = d.Geometry
		if title := plainText(d.Properties["title"]); title != "" && title != item.ID {
			r.shape.Name, r.cells[0] = title, page.Group(r.cells[0], page.Text(" "), page.Note(title))
		}
		picture := preview(on, page.ReadAssets(document))
		r.pictured = picture != ""
		r.cells[1], r.cells[2], r.cells[3], r.cells[4] = span(d.Time), page.Text(percent(d.Properties["eo:cloud_cover"])), page.Text(plainText(d.Properties["platform"])), page.Thumbnail(picture)
	}
	if anywhere {
		r.cells = slices.Insert(r.cells, 1, page.Link(collectionHref(on, item.Collection)+asHTML, page.Text(item.Collection)))
	}
	return r, nil
}

// queryablesPage shows what items are found by, with an example of a filter for each.
func queryablesPage(on asked, s schema, collections []string) sheet {
	p := sheet{Title: s.Title, Trail: trail(on), JSON: s.ID + "?f=json"}
	for _, id := range collections {
		p.Trail = append(p.Trail, collectionsAnchor(on), page.Anchor{Text: id, Href: collectionHref(on, id) + asHTML})
	}
	var rows [][]page.Node
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		q := s.Properties[name]
		kind, values := strings.TrimSpace(q.Type+" "+q.Format), q.Enum
		if q.Items != nil {
			values = q.Items.Enum
		}
		if q.Ref != "" {
			kind = "geometry"
		}
		rows = append(rows, []page.Node{page.Code(name), page.Text(q.Title), page.Text(kind), page.Text(strings.Join(values, ", "))})
	}
	p.Body = []page.Node{
		paragraph("Names that filters, sortby and the query extension take. Other properties of items can be asked for too."),
		page.Table([]page.Column{{Name: "Name"}, {Name: "What it is"}, {Name: "Type"}, {Name: "Values"}}, rows...),
	}
	return p
}

// search is the form that finds items, with the values that it was asked with.
func search(action string, query url.Values) page.Node {
	return page.Search(action, "Search",
		page.Field{Name: "q", Label: "Words", Value: query.Get("q"), Hint: "glacier snow"},
		page.Field{Name: "bbox", Label: "Bounding box", Value: query.Get("bbox"), Hint: "west,south,east,north"},
		page.Field{Name: "datetime", Label: "Time", Value: query.Get("datetime"), Hint: "2026-04-01T00:00:00Z/.."},
		page.Field{Name: "filter", Label: "Filter in CQL2", Value: query.Get("filter"), Hint: "eo:cloud_cover < 20 AND platform = 'sentinel-2a'", Size: "wide"},
		page.Field{Name: "sortby", Label: "Order", Value: query.Get("sortby"), Options: orders(query.Get("sortby")), Size: "narrow"},
		page.Field{Name: "limit", Label: "On a page", Value: query.Get("limit"), Options: []page.Option{{Text: "10"}, {Value: "50", Text: "50"}, {Value: "200", Text: "200"}}, Size: "narrow"},
	)
}

// orders are those that the form offers; another one that was asked for is kept.
func orders(asked string) []page.Option {
	all := []page.Option{{Text: "newest first"}, {Value: "datetime", Text: "oldest first"}, {Value: "id", Text: "by id"}, {Value: "eo:cloud_cover", Text: "least cloudy first"}}
	if !slices.ContainsFunc(all, func(o page.Option) bool { return o.Value == asked }) {
		all = append(all, page.Option{Value: asked, Text: asked})
	}
	return all
}

func aggregationsPage(on asked, href string, all []offered) sheet {
	var rows []row
	for _, o := range all {
		rows = append(rows, row{Text: o.Name, Href: href + "/aggregate?aggregations=" + url.QueryEscape(o.Name) + "&f=html", Note: o.dataType})
	}
	return sheet{Title: "Aggregations", Trail: trail(on), JSON: href + "/aggregations?f=json", Body: []page.Node{page.Section("What can be made of all items that are found", entries("Nothing.", rows...))}}
}

func aggregatedPage(on asked, r *http.Request, href string, made []aggregationMade) sheet {
	p := sheet{Title: "Aggregations", Trail: trail(on, page.Anchor{Text: "Aggregations", Href: href + "/aggregations" + asHTML}),
		JSON: ogcapi.WithQuery(href+"/aggregate", r.URL.Query(), map[string]string{"f": "json"})}
	for _, one := range made {
		var rows []row
		if one.Buckets == nil {
			rows = []row{{Text: plainText(one.Value)}}
		}
		for _, b := range one.Buckets {
			rows = append(rows, row{Text: b.Key, Note: strconv.FormatInt(b.Frequency, 10)})
		}
		p.Body = append(p.Body, page.Section(one.Name, entries("There are none.", rows...)))
	}
	return p
}

// inOrder says in which order items are listed.
func inOrder(keys []Sort) string {
	var by []string
	for _, k := range keys {
		if k.Desc {
			k.Property += " (descending)"
		}
		by = append(by, k.Property)
	}
	if len(by) == 0 {
		return "Newest first"
	}
	return "By " + strings.Join(by, ", then ")
}

// itemPage shows an item by its served document.
func itemPage(on asked, found record.Record, document []byte) sheet {
	p := sheet{Title: found.ID, JSON: itemHref(on, found.Collection, found.ID) + "?f=json", Trail: trail(on, collectionsAnchor(on),
		page.Anchor{Text: found.Collection, Href: collectionHref(on, found.Collection) + asHTML}, page.Anchor{Text: "Items", Href: collectionHref(on, found.Collection) + "/items" + asHTML})}
	item, err := stac.DecodeItem(document)
	if err != nil {
		return p // what cannot be read is shown by its name
	}
	if title := plainText(item.Properties["title"]); isMetadata(found) && title != "" {
		p.Title = title // its id is rarely for people
	}
	var doc struct{ Properties json.RawMessage }
	_ = json.Unmarshal(document, &doc) // was read before
	about := []page.Node{
		page.Members([]page.Fact{{Name: "time", Value: span(item.Time)}, {Name: "bbox", Value: where(item.Geometry)}}, doc.Properties, "datetime", "start_datetime", "end_datetime"),
	}
	m := page.Map{Small: true, Label: "Where " + found.ID + " is", Shapes: []page.Shape{{Geometry: item.Geometry, Name: found.ID}}}
	files := page.ReadAssets(document)
	picture := preview(on, files)
	p.Pictures = picture != ""
	p.Body = []page.Node{
		page.Beside(page.Group(about...), page.Group(m.Node(), page.Picture(picture, "Preview"))),
		page.Section("Assets", page.Assets(files)),
		page.Section("Links", entries("There are no further links.", linkRows(item.Links)...)),
	}
	return p
}

// preview is the address of a picture among files that this API leads to: no other host learns who looks.
func preview(on asked, files []page.Asset) string {
	if href := page.Preview(files); strings.HasPrefix(href, on.root) {
		return href
	}
	return ""
}

func linkRows(links []stac.Link) []row {
	var rows []row
	for _, l := range links {
		if slices.Contains(structural, l.Rel) || l.Rel == relQueryables || l.Rel == "alternate" && l.Type == "text/html" {
			continue
		}
		r := row{Text: l.Title, Href: page.Web(l.Href), Note: l.Rel}
		switch {
		case r.Text == "":
			r.Text = l.Href
		case r.Href == "":
			r.Note += ": " + l.Href
		}
		if !slices.Contains(rows, r) { // one that is asked by POST, too
			rows = append(rows, r)
		}
	}
	return rows
}

// span shows an interval, or an instant.
func span(i record.Interval) page.Node { return page.Span(i.Start, i.End) }

// where is the box around an item, if it has a place.
func where(g orb.Geometry) page.Node {
	if g == nil {
		return page.Text("none")
	}
	return bounds(g.Bound())
}

func bounds(b orb.Bound) page.Node { return page.Code(page.BBox(b)) }

func percent(v any) string {
	if n, ok := v.(float64); ok {
		return strconv.FormatFloat(n, 'f', 1, 64) + " %"
	}
	return ""
}

func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil || v == nil {
		return ""
	}
	return string(text)
}

func trail(on asked, further ...page.Anchor) []page.Anchor {
	above := []page.Anchor{{Text: "Catalogue", Href: on.top + asHTML}}
	if on.catalog != "" {
		above = append(above, page.Anchor{Text: on.catalog, Href: on.root + asHTML})
	}
	return append(above, further...)
}

func hrefOf(links []stac.Link, rel string) string {
	for _, l := range links {
		if l.Rel == rel {
			return l.Href
		}
	}
	return ""
}

// forPeople asks for the page that an address of JSON shows to people.
func forPeople(href string) string {
	switch {
	case href == "":
		return ""
	case strings.Contains(href, "?"):
		return href + "&f=html"
	}
	return href + asHTML
}
