package main

import (
	"fmt"
	"net/http"

	"perigee/shared/page"
	"perigee/shared/wmts"
)

// answerPage shows the layers to people, each layer's other looks within it.
func answerPage(w http.ResponseWriter, r *http.Request, list layerList) error {
	var body []page.Node
	if list.Abstract != "" {
		body = append(body, page.Paragraph(page.Text(list.Abstract)))
	}
	var services []page.Fact
	for _, s := range [][2]string{{"WMTS", list.Capabilities}, {"WMS", list.Maps}, {"TMS", list.TMS}, {"OGC API - Tiles", list.API}} {
		services = append(services, page.Fact{Name: s[0], Value: page.Link(s[1], page.Code(s[1]))})
	}
	body = append(body, page.Facts(services...))
	if len(list.Layers) == 0 {
		body = append(body, page.Paragraph(page.Text("There is nothing to see yet.")))
	}
	for _, l := range list.Layers {
		body = append(body, l.sheet())
	}
	return page.Write(w, r, page.Page{Title: list.Title, Here: wmts.Root + "/", JSON: list.Self, Body: body})
}

func (l layer) sheet() page.Node {
	var content []page.Node
	if l.Abstract != "" {
		content = append(content, page.Paragraph(page.Text(l.Abstract)))
	}
	facts := []page.Fact{
		{Name: "Layer", Value: page.Code(l.Name)}, {Name: "XYZ", Value: page.Code(l.Tiles)}, {Name: "TileJSON", Value: page.Link(l.TileJSON, page.Code(l.TileJSON))},
	}
	if b := l.Bounds; b != nil {
		facts = append(facts, page.Fact{Name: "Bounds", Value: page.Text(fmt.Sprintf("%v, %v, %v, %v", b[0], b[1], b[2], b[3]))})
	}
	if len(l.Dates) > 0 {
		facts = append(facts, page.Fact{Name: "Dates", Value: page.Text(fmt.Sprintf("%d, from %s to %s", len(l.Dates), l.Start, l.End))})
	}
	content = append(content, page.Facts(facts...))
	for _, within := range l.Layers {
		content = append(content, within.sheet())
	}
	return page.Sheet(l.Name, l.Title, content...)
}
