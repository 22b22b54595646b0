package stacapi

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// Who follows links alone meets every item (https://github.com/stac-api-extensions/browseable, v1.0.0-rc.3): a collection
// has a catalog for each year in which items begin, a year one for each month, and a month its items; where they are more
// than one answer has, its child is a catalog of the others.

// itemsOfCatalog is how many items one catalog leads to.
const itemsOfCatalog = 250

// Month is a month in which items of a collection begin, and how many. The year 0 is that of items without a time.
type Month struct {
	Collection string
	Year       int
	Month      time.Month
	Count      int64
}

// undated is the name of the catalog of the items without a time.
const undated = "undated"

// period is a year, a month, or what has no time.
type period struct {
	year  int
	month time.Month // 0: the whole year
}

func parsePeriod(text string) (period, bool) {
	if text == undated {
		return period{}, true
	}
	for _, layout := range []string{"2006", "2006-01"} {
		if at, err := time.Parse(layout, text); err == nil && at.Year() > 0 {
			p := period{year: at.Year(), month: at.Month()}
			if layout == "2006" {
				p.month = 0
			}
			return p, true
		}
	}
	return period{}, false
}

func (p period) String() string {
	switch {
	case p.year == 0:
		return undated
	case p.month == 0:
		return fmt.Sprintf("%04d", p.year)
	}
	return fmt.Sprintf("%04d-%02d", p.year, int(p.month))
}

// title names a period for people.
func (p period) title() string {
	switch {
	case p.year == 0:
		return "Without a time"
	case p.month == 0:
		return strconv.Itoa(p.year)
	}
	return p.month.String() + " " + strconv.Itoa(p.year)
}

// hasMonths tells whether a period has months below it.
func (p period) hasMonths() bool { return p.year != 0 && p.month == 0 }

// counted is a period and how many items begin in it.
type counted struct {
	period
	items int64
}

// yearsOf are the years of a collection, given the months of some.
func yearsOf(months []Month, collection string) []counted {
	years := []counted{}
	for _, m := range months {
		if m.Collection != collection {
			continue
		}
		if n := len(years); n > 0 && years[n-1].year == m.Year {
			years[n-1].items += m.Count
			continue
		}
		years = append(years, counted{period{year: m.Year}, m.Count})
	}
	return years
}

// years are those in which items of a collection begin.
func (a api) years(ctx context.Context, on asked, collection string) ([]counted, error) {
	months, err := a.Store.ItemMonths(ctx, on.scope, []string{collection})
	return yearsOf(months, collection), err
}

// monthsOf are the months of a year.
func monthsOf(months []Month, year int) []counted {
	var of []counted
	for _, m := range months {
		if m.Year == year {
			of = append(of, counted{period{m.Year, m.Month}, m.Count})
		}
	}
	return of
}

func periodHref(on asked, collection string, p period) string {
	return ogcapi.Href(collectionHref(on, collection), "catalogs", p.String())
}

// childLinks lead to the catalogs of periods, and to all of these at once.
func childLinks(on asked, collection, parent string, periods []counted) []stac.Link {
	var links []stac.Link
	if len(periods) > 0 {
		links = append(links, stac.Link{Rel: relChildren, Href: parent + "/children", Type: ogcapi.MediaTypeJSON})
	}
	for _, p := range periods {
		links = append(links, stac.Link{Rel: "child", Href: periodHref(on, collection, p.period), Type: ogcapi.MediaTypeJSON, Title: p.title()})
	}
	return links
}

// subcatalog is a catalog of the items of a collection that begin in a period, or of a part of them.
type subcatalog struct {
	collection string
	counted
	months []counted       // of a year
	items  []record.Record // of anything else
	next   string          // token of the catalog of the others
	after  string          // token of this one
}

// subcatalog finds the catalog of a period, and with it what is below it.
func (a api) subcatalog(ctx context.Context, on asked, collection, name, after string) (subcatalog, error) {
	p, ok := parsePeriod(name)
	s := subcatalog{collection: collection, counted: counted{period: p}, after: after}
	months, err := a.Store.ItemMonths(ctx, on.scope, []string{collection})
	if err != nil {
		return s, err
	}
	for _, m := range months {
		if m.Year == p.year && (p.month == 0 || m.Month == p.month) {
			s.counted.items += m.Count
		}
	}
	if !ok || s.counted.items == 0 {
		return s, fault.At(fault.NotFound, "catalog", "no items of the collection %q begin in %q", collection, clipped(name))
	}
	if p.hasMonths() {
		s.months = monthsOf(months, p.year)
		return s, nil
	}
	return a.filled(ctx, on, s)
}

// filled gives a catalog its items.
func (a api) filled(ctx context.Context, on asked, s subcatalog) (subcatalog, error) {
	q := Query{Collections: []string{s.collection}, Limit: itemsOfCatalog, After: s.after, Names: true, Filter: s.condition()}
	if s.year != 0 {
		begin := time.Date(s.year, s.month, 1, 0, 0, 0, 0, time.UTC)
		q.Time = record.Interval{Start: begin, End: begin.AddDate(0, 1, 0).Add(-time.Microsecond)} // what begins in it shares an instant with it
	}
	page, err := a.Store.Search(ctx, on.scope, q)
	s.items, s.next = page.Items, page.Next
	return s, err
}

// condition holds for what begins in the period.
func (s subcatalog) condition() filter.Expr {
	if s.year == 0 {
		return filter.IsNull{Operand: filter.PropertyDatetime}
	}
	begin := time.Date(s.year, s.month, 1, 0, 0, 0, 0, time.UTC)
	return filter.And{
		filter.Compare{Op: filter.GreaterOrEqual, Left: filter.PropertyDatetime, Right: filter.Timestamp{Time: begin}},
		filter.Compare{Op: filter.Less, Left: filter.PropertyDatetime, Right: filter.Timestamp{Time: begin.AddDate(0, 1, 0)}},
	}
}

// document is a catalog of a period.
func (s subcatalog) document(on asked) catalog {
	parent, href := collectionHref(on, s.collection), periodHref(on, s.collection, s.period)
	if s.year != 0 && s.month != 0 {
		parent = periodHref(on, s.collection, period{year: s.year})
	}
	doc := catalog{
		Type: stac.TypeCatalog, Version: stacVersion, ID: s.collection + "-" + s.String(), Title: s.title(),
		Description: fmt.Sprintf("Items of the collection %s that begin in %s: %d.", s.collection, s.title(), s.counted.items),
	}
	if s.year == 0 {
		doc.Description = fmt.Sprintf("Items of the collection %s without a time: %d.", s.collection, s.counted.items)
	}
	self := href
	if s.after != "" { // a part
		self, parent = part(href, s.after), href
		if len(s.items) > 0 {
			doc.ID += "-from-" + s.items[0].ID
		}
		doc.Title += ", further items"
	}
	doc.Links = []stac.Link{
		{Rel: "self", Href: self, Type: ogcapi.MediaTypeJSON}, rootLink(on), parentLink(parent),
		{Rel: "alternate", Href: ogcapi.WithQuery(href, nil, map[string]string{"f": "html", "token": s.after}), Type: "text/html"},
		{Rel: "collection", Href: collectionHref(on, s.collection), Type: ogcapi.MediaTypeJSON},
	}
	doc.Links = append(doc.Links, childLinks(on, s.collection, href, s.months)...)
	for _, item := range s.items {
		doc.Links = append(doc.Links, stac.Link{Rel: "item", Href: itemHref(on, item.Collection, item.ID), Type: stac.MediaTypeItem, Title: item.ID})
	}
	if s.next != "" {
		doc.Links = append(doc.Links,
			stac.Link{Rel: relChildren, Href: part(href+"/children", s.after), Type: ogcapi.MediaTypeJSON},
			stac.Link{Rel: "child", Href: part(href, s.next), Type: ogcapi.MediaTypeJSON, Title: "Further items"})
	}
	return doc
}

// part is the address of a part of a catalog.
func part(href, token string) string {
	return ogcapi.WithQuery(href, nil, map[string]string{"token": token})
}

// collectionCatalog answers GET /collections/{collection}/catalogs/{period}.
func (a api) collectionCatalog(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format, after := p.Format(r, ogcapi.JSON, ogcapi.HTML), p.Text("token")
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	s, err := a.subcatalog(r.Context(), on, r.PathValue("collection"), r.PathValue("period"), after)
	if err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, subcatalogPage(on, s))
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, s.document(on))
}

// catalogChildren answers GET /collections/{collection}/catalogs/{period}/children.
func (a api) catalogChildren(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format, after := p.Format(r, ogcapi.JSON, ogcapi.HTML), p.Text("token")
	if err := p.Err(); err != nil {
		return err
	}
	on, collection := ask(r), r.PathValue("collection")
	s, err := a.subcatalog(r.Context(), on, collection, r.PathValue("period"), after)
	if err != nil {
		return err
	}
	below := make([]subcatalog, 0, len(s.months)+1)
	for _, m := range s.months {
		below = append(below, subcatalog{collection: collection, counted: m})
	}
	if s.next != "" {
		below = append(below, subcatalog{collection: collection, counted: s.counted, after: s.next})
	}
	href := periodHref(on, collection, s.period)
	return a.writeSubcatalogs(w, r, format, on, part(href, after), part(href+"/children", after), below)
}

// collectionChildren answers GET /collections/{collection}/children: its years.
func (a api) collectionChildren(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on, collection := ask(r), r.PathValue("collection")
	if err := a.exists(r.Context(), on, collection); err != nil {
		return err
	}
	months, err := a.Store.ItemMonths(r.Context(), on.scope, []string{collection})
	if err != nil {
		return err
	}
	var below []subcatalog
	for _, y := range yearsOf(months, collection) {
		below = append(below, subcatalog{collection: collection, counted: y, months: monthsOf(months, y.year)})
		if y.year == 0 {
			below[len(below)-1].months = nil
		}
	}
	href := collectionHref(on, collection)
	return a.writeSubcatalogs(w, r, format, on, href, href+"/children", below)
}

func (a api) writeSubcatalogs(w http.ResponseWriter, r *http.Request, format ogcapi.Format, on asked, parent, self string, below []subcatalog) error {
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, subcatalogsPage(on, r.PathValue("collection"), self, below))
	}
	body := newList(`{"children":[`)
	for _, s := range below {
		if !s.hasMonths() {
			var err error
			if s, err = a.filled(r.Context(), on, s); err != nil {
				return err
			}
		}
		if err := body.add(ogcapi.Encode(s.document(on))); err != nil {
			return err
		}
	}
	links := []stac.Link{{Rel: "self", Href: self, Type: ogcapi.MediaTypeJSON}, rootLink(on), parentLink(parent)}
	return body.answer(w, r, ogcapi.MediaTypeJSON, links, nil)
}
