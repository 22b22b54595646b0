package records

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

// description answers with the OpenAPI 3.0 document, which names the address it was asked under as its server, or shows it
// to people.
func (a api) description(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.Format{Names: []string{"json"}, MediaType: ogcapi.MediaTypeOpenAPI}, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on := ask(r)
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.documentation(w, r, on)
	}
	servers, err := ogcapi.Encode([]map[string]string{{"url": on.root}})
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

// The parts of the description that its page shows.
type (
	explained struct {
		Paths      map[string]map[string]operation `json:"paths"`
		Components struct {
			Parameters map[string]parameterOf `json:"parameters"`
		} `json:"components"`
	}
	operation struct {
		Summary    string        `json:"summary"`
		Parameters []parameterOf `json:"parameters"`
	}
	parameterOf struct {
		Ref         string `json:"$ref"`
		Name        string `json:"name"`
		Description string `json:"description"`
	}
)

func (a api) documentation(w http.ResponseWriter, r *http.Request, on asked) error {
	var doc explained
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		return fault.Classify(fault.Internal, err, "reading the description of the API")
	}
	body := []page.Node{described(a.Description)}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			body = append(body, doc.section(on, method, path))
		}
	}
	return sheet{title: "Documentation", trail: trail(on), json: on.root + "/openapi?f=json", body: body}.write(w, r)
}

func (d explained) section(on asked, method, path string) page.Node {
	op := d.Paths[path][method]
	var facts []page.Fact
	for _, p := range op.Parameters {
		if p.Ref != "" {
			p = d.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		facts = append(facts, page.Fact{Name: p.Name, Value: page.Text(p.Description)})
	}
	return page.Section(strings.ToUpper(method)+" "+on.root+strings.TrimSuffix(path, "/"), page.Paragraph(page.Text(op.Summary)), page.Facts(facts...))
}
