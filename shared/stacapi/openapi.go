package stacapi

import (
	"bytes"
	_ "embed" // the description
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/stac"
)

//go:embed openapi.json
var openAPI []byte

// description answers with the OpenAPI 3.0 document, which names the address it was asked under as its server.
func (a api) description(w http.ResponseWriter, r *http.Request) error {
	if err := formatOnly(r, ogcapi.JSON); err != nil {
		return err
	}
	servers, err := ogcapi.Encode([]map[string]string{{"url": ask(r).root}})
	if err != nil {
		return err
	}
	doc, err := wholeOpenAPI()
	if err == nil {
		doc, err = stac.SpliceMember(doc, "servers", servers)
	}
	if err != nil {
		return err
	}
	ogcapi.Write(w, r, ogcapi.MediaTypeOpenAPI, doc)
	return nil
}

// wholeOpenAPI is the description with the paths below catalogs, which are those of the API itself.
var wholeOpenAPI = sync.OnceValues(func() ([]byte, error) {
	var doc struct {
		Paths json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		return nil, fault.Classify(fault.Internal, err, "reading the description of the API")
	}
	below, err := pathsOfCatalogs(doc.Paths)
	if err != nil {
		return nil, err
	}
	paths := bytes.TrimSpace(doc.Paths)
	return stac.SpliceMember(openAPI, "paths", slices.Concat(paths[:len(paths)-1], []byte(","), below[1:])) // one object of two
})

// sentToCatalogs are the paths at which a catalog takes bodies.
var sentToCatalogs = []string{"/search", "/aggregate", "/collections/{collectionId}/aggregate"}

// pathsOfCatalogs are the paths below a catalog.
func pathsOfCatalogs(paths []byte) ([]byte, error) {
	var all map[string]map[string]map[string]any
	if err := json.Unmarshal(paths, &all); err != nil {
		return nil, fault.Classify(fault.Internal, err, "reading the description of the API")
	}
	below := map[string]map[string]map[string]any{}
	catalog := map[string]string{"$ref": "#/components/parameters/catalogId"}
	for path, methods := range all {
		if path == "/api" || path == "/api.html" {
			continue
		}
		for method, op := range methods {
			if method != "get" && !(method == "post" && slices.Contains(sentToCatalogs, path)) {
				continue
			}
			op["operationId"] = fmt.Sprint(op["operationId"], "InCatalog")
			parameters, _ := op["parameters"].([]any)
			op["parameters"] = append([]any{catalog}, parameters...)
			at := "/catalogs/{catalogId}" + strings.TrimSuffix(path, "/")
			if below[at] == nil {
				below[at] = map[string]map[string]any{}
			}
			below[at][method] = op
		}
	}
	return ogcapi.Encode(below)
}

func formatOnly(r *http.Request, format ogcapi.Format) error {
	p := ogcapi.ReadParams(r)
	p.Format(r, format)
	return p.Err()
}

// The parts of the description that its page shows.
type (
	described struct {
		Paths      map[string]map[string]operation `json:"paths"`
		Components struct {
			Parameters map[string]parameter `json:"parameters"`
		} `json:"components"`
	}
	operation struct {
		ID         string      `json:"operationId"`
		Summary    string      `json:"summary"`
		Parameters []parameter `json:"parameters"`
	}
	parameter struct {
		Ref         string `json:"$ref"`
		Name        string `json:"name"`
		Description string `json:"description"`
	}
)

// documentation shows the description to people.
func (a api) documentation(w http.ResponseWriter, r *http.Request) error {
	if err := formatOnly(r, ogcapi.HTML); err != nil {
		return err
	}
	var doc described
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		return fault.Classify(fault.Internal, err, "reading the description of the API")
	}
	on := ask(r)
	p := sheet{Title: "Documentation", Trail: trail(on), JSON: on.root + "/api", Body: []page.Node{paragraph(a.Description)}}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			p.Body = append(p.Body, doc.section(on, method, path))
		}
	}
	return writePage(w, r, p)
}

func (d described) section(on asked, method, path string) page.Node {
	op := d.Paths[path][method]
	heading := strings.ToUpper(method) + " " + strings.TrimSuffix(path, "/")
	var facts []page.Fact
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		facts = append(facts, page.Fact{Name: p.Name, Value: page.Text(p.Description)})
	}
	return page.Sheet(op.ID, heading, page.Paragraph(page.Text(op.Summary)), page.Paragraph(page.Code(on.root+strings.TrimSuffix(path, "/"))), page.Facts(facts...))
}
