package stacapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/record"
	"perigee/shared/stac"
)

const asHTML = "?f=html"

func landingPage(on asked, doc catalog, children []stac.Link) sheet {
	p := sheet{
		Title: doc.Title, Text: doc.Description, JSON: on.root + "?f=json",
		Sections: []section{
			{Heading: "Collections", Rows: childRows(children), Empty: "No collection has been registered yet."},
			{Heading: "Service", Rows: []row{
				{Text: "All items", Href: on.root + "/search" + asHTML},
				{Text: "Search of collections", Href: on.root + "/collections" + asHTML},
				{Text: "Catalogs of workspaces", Href: on.root + "/catalogs" + asHTML},
				{Text: "Aggregations", Href: on.root + "/aggregations" + asHTML},
				{Text: "Functions of filters", Href: on.root + "/functions" + asHTML},
				{Text: "Documentation", Href: on.top + "/api.html"},
				{Text: "Conformance", Href: on.root + "/conformance" + asHTML},
			}},
		},
	}
	if on.root != on.top {
		p.Trail = trail(on)
	}
	return p
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

func catalogsPage(on asked, found CatalogPage, links []stac.Link) sheet {
	var rows []row
	for _, c := range found.Catalogs {
		rows = append(rows, row{Text: c.title(), Href: catalogHref(on, c) + asHTML, Note: c.id()})
	}
	return sheet{Title: "Catalogs", Trail: trail(on), JSON: hrefOf(links, "self"), Next: forPeople(hrefOf(links, "next")),
		Sections: []section{{Heading: "Catalogs of workspaces", Rows: rows, Empty: "There are no further catalogs that you may read."}}}
}

func childrenPage(on asked, catalogs []Catalog, collections []Collection, links []stac.Link) sheet {
	p := catalogsPage(on, CatalogPage{Catalogs: catalogs}, links)
	p.Title = "Children"
	p.Sections = append(p.Sections, section{Heading: "Collections", Rows: collectionRows(on, collections), Empty: "There are no collections on this page."})
	return p
}

func subcatalogPage(on asked, s subcatalog) sheet {
	doc := s.document(on)
	p := sheet{Title: doc.Title, Text: doc.Description, JSON: hrefOf(doc.Links, "self"), Trail: trail(on, page.Anchor{Text: s.collection, Href: collectionHref(on, s.collection) + asHTML})}
	list := section{Heading: "Items"}
	if s.hasMonths() {
		list = section{Heading: "Months", Rows: periodRows(on, s.collection, s.months)}
	}
	for _, item := range s.items {
		list.Rows = append(list.Rows, row{Text: item.ID, Href: itemHref(on, item.Collection, item.ID) + asHTML, Note: item.Time.String()})
	}
	p.Sections = []section{list}
	if s.next != "" {
		p.Next = forPeople(part(periodHref(on, s.collection, s.period), s.next))
	}
	return p
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
		Sections: []section{{Heading: "Classes that are implemented", Rows: rows}}}
}

func collectionsPage(on asked, found CollectionPage, links []stac.Link) sheet {
	return sheet{Title: "Collections", Trail: trail(on), JSON: hrefOf(links, "self"), Next: forPeople(hrefOf(links, "next")),
		Sections: []section{{Heading: "Collections", Rows: collectionRows(on, found.Collections), Empty: "No collection has been registered yet."}}}
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
	p := sheet{Title: id, Trail: trail(on, page.Anchor{Text: "Collections", Href: on.root + "/collections" + asHTML}), JSON: collectionHref(on, id) + "?f=json"}
	c, err := stac.DecodeCollection(document)
	if err != nil {
		return p // what cannot be read is shown by its name
	}
	if c.Title != "" {
		p.Title = c.Title
	}
	b := c.Bounds[0]
	p.Text = c.Description
	p.Facts = facts("id", c.ID, "licence", c.License, "keywords", strings.Join(c.Keywords, ", "), "time", c.Time.String(),
		"bounds", fmt.Sprintf("%.4f, %.4f to %.4f, %.4f", b.Min[0], b.Min[1], b.Max[0], b.Max[1]))
	p.Sections = []section{
		{Heading: "Items", Rows: []row{{Text: "Items of this collection", Href: collectionHref(on, id) + "/items" + asHTML}}},
		{Heading: "Items by year", Rows: periodRows(on, id, years), Empty: "There are no items."},
		{Heading: "Links", Rows: linkRows(c.Links), Empty: "There are no further links."},
	}
	return p
}

func itemsPage(on asked, q Query, found Page, links []stac.Link) sheet {
	p := sheet{Title: "Items", Trail: trail(on), JSON: hrefOf(links, "self"),
		Prev: forPeople(hrefOf(links, "prev")), Next: forPeople(hrefOf(links, "next"))}
	if up := hrefOf(links, "collection"); up != "" {
		p.Title = "Items of " + q.Collections[0]
		p.Trail = append(p.Trail, page.Anchor{Text: q.Collections[0], Href: up + asHTML})
	}
	list := section{Heading: inOrder(q.Sort), Empty: "There are no items."}
	for _, item := range found.Items {
		list.Rows = append(list.Rows, row{Text: item.ID, Href: itemHref(on, item.Collection, item.ID) + asHTML, Note: item.Time.String()})
	}
	p.Sections = []section{list}
	return p
}

func aggregationsPage(on asked, href string, all []offered) sheet {
	var rows []row
	for _, o := range all {
		rows = append(rows, row{Text: o.Name, Href: href + "/aggregate?aggregations=" + url.QueryEscape(o.Name) + "&f=html", Note: o.dataType})
	}
	return sheet{Title: "Aggregations", Trail: trail(on), JSON: href + "/aggregations?f=json", Sections: []section{{Heading: "What can be made of all items that are found", Rows: rows}}}
}

func aggregatedPage(on asked, r *http.Request, href string, made []aggregationMade) sheet {
	p := sheet{Title: "Aggregations", Trail: trail(on, page.Anchor{Text: "Aggregations", Href: href + "/aggregations" + asHTML}),
		JSON: ogcapi.WithQuery(href+"/aggregate", r.URL.Query(), map[string]string{"f": "json"})}
	for _, one := range made {
		s := section{Heading: one.Name, Empty: "There are none."}
		if one.Buckets == nil {
			s.Rows = []row{{Text: plainText(one.Value)}}
		}
		for _, b := range one.Buckets {
			s.Rows = append(s.Rows, row{Text: b.Key, Note: strconv.FormatInt(b.Frequency, 10)})
		}
		p.Sections = append(p.Sections, s)
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
	p := sheet{Title: found.ID, JSON: itemHref(on, found.Collection, found.ID) + "?f=json",
		Trail: trail(on, page.Anchor{Text: found.Collection, Href: collectionHref(on, found.Collection) + asHTML})}
	item, err := stac.DecodeItem(document)
	if err != nil {
		return p // what cannot be read is shown by its name
	}
	b := item.Geometry.Bound()
	p.Facts = facts("time", item.Time.String(), "bounds", fmt.Sprintf("%.4f, %.4f to %.4f, %.4f", b.Min[0], b.Min[1], b.Max[0], b.Max[1]))
	for _, name := range slices.Sorted(maps.Keys(item.Properties)) {
		p.Facts = append(p.Facts, facts(name, plainText(item.Properties[name]))...)
	}
	files := section{Heading: "Assets", Empty: "There are no files."}
	for _, a := range item.Assets {
		files.Rows = append(files.Rows, assetRow(a))
		if p.Picture == "" && a.HasRole("thumbnail") && strings.HasPrefix(a.Href, on.root) {
			p.Picture = a.Href
		}
	}
	p.Sections = []section{files, {Heading: "Links", Rows: linkRows(item.Links), Empty: "There are no further links."}}
	return p
}

func assetRow(a stac.Asset) row {
	r := row{Text: a.Key, Href: page.Web(a.Href), Note: a.Type}
	if a.Title != "" {
		r.Text = a.Key + ": " + a.Title
	}
	if len(a.Roles) > 0 {
		r.Note = strings.TrimSpace(r.Note + " (" + strings.Join(a.Roles, ", ") + ")")
	}
	return r
}

func linkRows(links []stac.Link) []row {
	var rows []row
	for _, l := range links {
		if slices.Contains(structural, l.Rel) || l.Rel == "alternate" && l.Type == "text/html" {
			continue
		}
		r := row{Text: l.Title, Href: page.Web(l.Href), Note: l.Rel}
		switch {
		case r.Text == "":
			r.Text = l.Href
		case r.Href == "":
			r.Note += ": " + l.Href
		}
		rows = append(rows, r)
	}
	return rows
}

// facts pairs names with values and leaves out what is empty.
func facts(pairs ...string) []fact {
	var all []fact
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, fact{pairs[i], pairs[i+1]})
		}
	}
	return all
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
