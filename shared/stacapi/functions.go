package stacapi

import (
	"net/http"
	"strings"

	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/stac"
)

const relFunctions = "http://www.opengis.net/def/rel/ogc/1.0/functions"

// functionList is what filters may call (OGC 19-079r2, Filter; OGC 21-065r2, 7.12).
type functionList struct {
	Functions []function  `json:"functions"`
	Links     []stac.Link `json:"links"`
}

type function struct {
	Name        string     `json:"name"`
	Description string     `json:"description"`
	Arguments   []argument `json:"arguments"`
	Returns     []string   `json:"returns"`
}

type argument struct {
	Type []string `json:"type"`
}

// typeNames are the types of values as the list of functions calls them.
var typeNames = map[filter.Type]string{
	filter.TypeText: "string", filter.TypeNumber: "number", filter.TypeBoolean: "boolean", filter.TypeDate: "datetime", filter.TypeTimestamp: "datetime",
	filter.TypeInterval: "interval", filter.TypeArray: "array", filter.TypeGeometry: "geometry",
}

// functions lists the functions that filters may call.
func (a api) functions(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	self := on.root + "/functions"
	list := functionList{Links: []stac.Link{
		{Rel: "self", Href: self, Type: ogcapi.MediaTypeJSON}, {Rel: "alternate", Href: self + asHTML, Type: "text/html"}, rootLink(on),
	}}
	for _, f := range filter.Functions() {
		one := function{Name: f.Name, Description: f.Description, Arguments: []argument{}, Returns: []string{typeNames[f.Result]}}
		for _, t := range f.Args {
			one.Arguments = append(one.Arguments, argument{Type: []string{typeNames[t]}})
		}
		list.Functions = append(list.Functions, one)
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, functionsPage(on, list.Functions))
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, list)
}

func functionsPage(on asked, all []function) sheet {
	var rows []row
	for _, f := range all {
		var arguments []string
		for _, one := range f.Arguments {
			arguments = append(arguments, one.Type[0])
		}
		rows = append(rows, row{Text: f.Name + "(" + strings.Join(arguments, ", ") + ")", Note: f.Returns[0] + ": " + f.Description})
	}
	return sheet{Title: "Functions", Trail: trail(on), JSON: on.root + "/functions?f=json",
		Body: []page.Node{page.Section("Functions that filters may call", entries("There are none.", rows...))}}
}
