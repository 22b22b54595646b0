package stacapi

import (
	"net/http"
	"strconv"
	"strings"

	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// relFunctions leads to the functions that filters may call (OGC 19-079r2, 6.4).
const relFunctions = "http://www.opengis.net/def/rel/ogc/1.0/functions"

// functionList is what the functions resource answers.
type functionList struct {
	Functions []functionMade `json:"functions"`
	Links     []stac.Link    `json:"links"`
}

type functionMade struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Arguments   []argumentMade `json:"arguments"`
	Returns     []string       `json:"returns"`
}

type argumentMade struct {
	Title string   `json:"title"`
	Type  []string `json:"type"`
}

// functionTypes are the types of the filter language by the names that the resource has for them.
var functionTypes = map[filter.Type]string{
	filter.TypeText: "string", filter.TypeNumber: "number", filter.TypeBoolean: "boolean", filter.TypeDate: "datetime", filter.TypeTimestamp: "datetime",
	filter.TypeInterval: "datetime", filter.TypeGeometry: "geometry", filter.TypeArray: "array",
}

// functions lists the functions that filters may call.
func (a api) functions(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	list := functionList{Links: []stac.Link{
		{Rel: "self", Href: on.root + "/functions", Type: ogcapi.MediaTypeJSON},
		{Rel: "alternate", Href: on.root + "/functions" + asHTML, Type: "text/html"}, rootLink(on),
	}}
	for _, f := range filter.Functions() {
		made := functionMade{Name: f.Name, Description: f.Description, Arguments: []argumentMade{}, Returns: []string{functionTypes[f.Result]}}
		for i, t := range f.Args {
			made.Arguments = append(made.Arguments, argumentMade{Title: "Argument " + strconv.Itoa(i+1), Type: []string{functionTypes[t]}})
		}
		list.Functions = append(list.Functions, made)
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, functionsPage(on, list))
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, list)
}

func functionsPage(on asked, list functionList) sheet {
	var rows []row
	for _, f := range list.Functions {
		var arguments []string
		for _, a := range f.Arguments {
			arguments = append(arguments, a.Type...)
		}
		rows = append(rows, row{Text: f.Name + "(" + strings.Join(arguments, ", ") + "): " + strings.Join(f.Returns, ", "), Note: f.Description})
	}
	return sheet{Title: "Functions", Trail: trail(on), JSON: on.root + "/functions?f=json", Sections: []section{{Heading: "Functions that filters may call", Rows: rows}}}
}
