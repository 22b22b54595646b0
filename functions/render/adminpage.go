package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/page"
	"perigee/shared/product"
	"perigee/shared/record"
)

// The pages of the data model for people.

func (m modeller) link(kind, id, text string) page.Node {
	return page.Link(m.href(kind, id)+"?f=html", page.Name(text))
}

// anchors are links to pages of a kind, one behind the other.
func (m modeller) anchors(kind string, ids []string) page.Node {
	var all []page.Node
	for _, id := range ids {
		all = append(all, m.link(kind, id, id), page.Text(" "))
	}
	return page.Group(all...)
}

func (d model) nodes(m modeller) []page.Node {
	var collections, types, coverages [][]page.Node
	for _, c := range d.Collections {
		collections = append(collections, []page.Node{
			m.link("collections", c.ID, c.ID), page.Text(c.Title), page.Number(int64(c.Count)), page.Text(c.Time), m.anchors("product-types", c.ProductTypes),
		})
	}
	for _, t := range d.ProductTypes {
		types = append(types, []page.Node{
			m.link("product-types", t.Name, t.Name), m.anchors("collections", t.Collections), page.Text(strings.Join(t.BrowseNames(), ", ")), page.Text(strings.Join(t.MaskNames(), ", ")),
		})
	}
	for _, t := range d.CoverageTypes {
		coverages = append(coverages, []page.Node{m.link("coverage-types", t.Name, t.Name), page.Text(t.DataType), page.Number(int64(len(t.Bands)))})
	}
	return []page.Node{
		page.Section("Collections", table(collections, "Collection", "Title", "#Products", "Time", "Product types")),
		page.Section("Product types", table(types, "Type", "Collections", "Browses", "Masks")),
		page.Section("Coverage types", table(coverages, "Type", "Data", "#Bands")),
		page.Section("Products that stand alone", productTable(m, d.Products)),
	}
}

// table has columns by their names, of which those of numbers begin with #; without rows it says so.
func table(rows [][]page.Node, names ...string) page.Node {
	if len(rows) == 0 {
		return page.Paragraph(page.Note("none"))
	}
	columns := make([]page.Column, len(names))
	for i, name := range names {
		columns[i].Name, columns[i].Numbers = strings.CutPrefix(name, "#")
	}
	return page.Table(columns, rows...)
}

func productTable(m modeller, products []modelProduct) page.Node {
	var rows [][]page.Node
	for _, p := range products {
		rows = append(rows, []page.Node{m.link("products", p.ID, p.ID), page.Text(p.Type), page.Text(p.Time), page.Group(anchorsOf(p.Links)...)})
	}
	return table(rows, "Product", "Type", "Time", "Leads to")
}

// anchorsOf are the links that have words.
func anchorsOf(links []record.Link) []page.Node {
	var all []page.Node
	for _, l := range links {
		if l.Title != "" {
			all = append(all, page.Link(l.Href, page.Text(l.Title)), page.Text(" "))
		}
	}
	return all
}

func (c modelCollection) nodes(m modeller) []page.Node {
	heading := "Products"
	if c.Count > len(c.Products) {
		heading = fmt.Sprintf("The newest %d of %d products", len(c.Products), c.Count)
	}
	return []page.Node{
		page.Facts(page.Fact{Name: "Collection", Value: page.Code(c.ID)}, page.Fact{Name: "Products", Value: page.Number(int64(c.Count))}, page.Fact{Name: "Time", Value: page.Text(c.Time)},
			page.Fact{Name: "Bounds", Value: page.Text(corners(c.Box))}, page.Fact{Name: "Product types", Value: m.anchors("product-types", c.ProductTypes)},
			page.Fact{Name: "Coverage types", Value: m.anchors("coverage-types", c.Coverages)}, page.Fact{Name: "Leads to", Value: page.Group(anchorsOf(c.Links)...)}),
		page.Section("Layers", page.List(codes(c.Layers)...)),
		page.Section(heading, productTable(m, c.Products)),
	}
}

func codes(names []string) []page.Node {
	all := make([]page.Node, len(names))
	for i, name := range names {
		all[i] = page.Code(name)
	}
	return all
}

func corners(box []float64) string {
	all := make([]string, len(box))
	for i, v := range box {
		all[i] = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strings.Join(all, ", ")
}

func (p modelProduct) nodes(m modeller) []page.Node {
	var rows [][]page.Node
	for _, c := range p.Coverages {
		var bands []string
		for _, b := range c.Bands {
			bands = append(bands, b.Name)
		}
		kind := page.Text(c.Type)
		if c.Type != "" {
			kind = m.link("coverage-types", c.Type, c.Type)
		}
		rows = append(rows, []page.Node{
			page.Name(c.Asset), kind, page.Text(strings.Join(bands, ", ")), page.Text(c.Grid.CRS.String()), page.Text(fmt.Sprintf("%d x %d", c.Grid.Width, c.Grid.Height)),
		})
	}
	facts := []page.Fact{
		{Name: "Collection in the catalogue", Value: page.Name(p.Collection)}, {Name: "Time", Value: page.Text(p.Time)}, {Name: "Bounds", Value: page.Text(corners(p.Box))},
		{Name: "Browses", Value: page.Text(strings.Join(p.Browses, ", "))}, {Name: "Masks", Value: page.Text(strings.Join(p.Masks, ", "))}, {Name: "Leads to", Value: page.Group(anchorsOf(p.Links)...)},
	}
	if p.Type != "" {
		facts = append(facts, page.Fact{Name: "Product type", Value: m.link("product-types", p.Type, p.Type)})
	}
	return []page.Node{page.Facts(facts...), page.Section("Coverages", table(rows, "Asset", "Type", "Bands", "System", "Size"))}
}

func (t modelType) nodes(m modeller) []page.Node {
	var browses, masks, coverages, filters [][]page.Node
	for _, property := range slices.Sorted(maps.Keys(t.Filter)) {
		filters = append(filters, []page.Node{page.Code(property), page.Text(fmt.Sprint(t.Filter[property]))})
	}
	for _, name := range slices.Sorted(maps.Keys(t.Coverages)) {
		coverages = append(coverages, []page.Node{m.link("coverage-types", name, name), page.Text(strings.Join(t.Coverages[name].Assets, ", "))})
	}
	for _, name := range t.BrowseNames() {
		browses = append(browses, []page.Node{page.Name(name), page.Group(channels(t.Browses[name])...)})
	}
	for _, name := range t.MaskNames() {
		mask := t.Masks[name]
		marks := "what is not valid"
		if mask.Validity {
			marks = "what is valid"
		}
		masks = append(masks, []page.Node{page.Name(name), page.Text(marks), page.Text(mask.Asset), page.Code(mask.Expression)})
	}
	return []page.Node{
		page.Facts(page.Fact{Name: "Collections", Value: m.anchors("collections", t.Collections)}),
		page.Section("Takes items whose", table(filters, "Property", "Is")), page.Section("Coverages", table(coverages, "Type", "Assets")),
		page.Section("Browses", table(browses, "Browse", "Made of")), page.Section("Masks", table(masks, "Mask", "Marks", "Asset", "Expression")),
	}
}

// channels are the colours of a browse and what they are made of.
func channels(b product.Browse) []page.Node {
	var all []page.Node
	if b.Asset != "" {
		all = append(all, page.Text("the asset "), page.Code(b.Asset), page.Text(" "))
	}
	for _, c := range []struct {
		colour  string
		channel *product.Channel
	}{{"grey", b.Grey}, {"red", b.Red}, {"green", b.Green}, {"blue", b.Blue}, {"alpha", b.Alpha}} {
		if c.channel != nil {
			all = append(all, page.Text(c.colour+" "), page.Code(c.channel.Expression), page.Text(fmt.Sprintf(" %v ", c.channel.Range)))
		}
	}
	return all
}

func (t modelCoverage) nodes() []page.Node {
	var rows [][]page.Node
	for _, b := range t.Bands {
		rows = append(rows, []page.Node{page.Name(b.Identifier), page.Text(b.Name), page.Text(b.Description), page.Text(strconv.FormatFloat(b.Wavelength, 'f', -1, 64)), page.Text(b.Unit)})
	}
	return []page.Node{page.Facts(page.Fact{Name: "Data type", Value: page.Text(t.DataType)}), page.Section("Bands", table(rows, "Band", "Name", "Description", "#Wavelength in µm", "Unit"))}
}
