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
	p := sheet{Title: "Documentation", Trail: trail(on), JSON: on.root + "/api", Text: a.Description}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			p.Sections = append(p.Sections, doc.section(on, method, path))
		}
	}
	return writePage(w, r, p)
}

func (d described) section(on asked, method, path string) section {
	op := d.Paths[path][method]
	s := section{Heading: strings.ToUpper(method) + " " + on.root + strings.TrimSuffix(path, "/"), Rows: []row{{Text: op.Summary}}}
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		s.Rows = append(s.Rows, row{Text: p.Name, Note: p.Description})
	}
	return s
}
