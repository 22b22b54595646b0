package stacapi

import (
	_ "embed" // the description
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

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
	doc, err := stac.SpliceMember(openAPI, "servers", servers)
	if err != nil {
		return err
	}
	ogcapi.Write(w, r, ogcapi.MediaTypeOpenAPI, doc)
	return nil
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
