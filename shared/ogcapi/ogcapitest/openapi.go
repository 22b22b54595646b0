package ogcapitest

import (
	"mime"
	"slices"
	"strings"
	"testing"
)

// document is what is read of an OpenAPI 3.0 document.
type document struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Parameters map[string]parameter `json:"parameters"`
		Responses  map[string]response  `json:"responses"`
	} `json:"components"`
}

type operation struct {
	ID         string              `json:"operationId"`
	Summary    string              `json:"summary"`
	Parameters []parameter         `json:"parameters"`
	Responses  map[string]response `json:"responses"`
}

type parameter struct {
	Ref    string `json:"$ref"`
	Name   string `json:"name"`
	In     string `json:"in"`
	Schema struct {
		Type string `json:"type"`
	} `json:"schema"`
}

type response struct {
	Ref     string         `json:"$ref"`
	Content map[string]any `json:"content"`
}

// nameless is a path whatever its parameters are called.
func nameless(path string) string { return pathParameter.ReplaceAllString(path, "{}") }

func (d document) operation(method, path string) operation {
	for described, operations := range d.Paths {
		if nameless(described) == nameless(path) {
			return operations[strings.ToLower(method)]
		}
	}
	return operation{}
}

// parameters are those of an operation, references followed.
func (o operation) parameters(doc document) []parameter {
	var all []parameter
	for _, p := range o.Parameters {
		if p.Ref != "" {
			p = doc.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
		}
		all = append(all, p)
	}
	return all
}

// success is the answer when all is well.
func (o operation) success(doc document) response {
	return o.Responses["200"].followed(doc)
}

func (r response) followed(doc document) response {
	if r.Ref != "" {
		return doc.Components.Responses[r.Ref[strings.LastIndex(r.Ref, "/")+1:]]
	}
	return r
}

// answers tells whether an operation is said to answer in a media type.
func (o operation) answers(doc document, mediaType string) bool {
	kind, _, _ := mime.ParseMediaType(mediaType)
	for described := range o.success(doc).Content {
		if one, _, _ := mime.ParseMediaType(described); one == kind {
			return true
		}
	}
	return false
}

// answersOther tells whether an operation is said to answer in another media type too.
func (o operation) answersOther(doc document, mediaType string) bool {
	for described := range o.success(doc).Content {
		if !strings.HasPrefix(described, mediaType) {
			return true
		}
	}
	return false
}

// checkRoutes holds the description against the routes: each has its operation and each operation its route, with the
// same parameters in the path and a name of its own.
func (a API) checkRoutes(t *testing.T, doc document) {
	t.Helper()
	routes := map[string]bool{}
	for _, pattern := range a.Patterns {
		method, path, _ := strings.Cut(pattern, " ")
		routes[strings.ToLower(method)+" "+nameless(a.pathOf(path))] = true
	}
	ids := map[string]bool{}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			if !routes[method+" "+nameless(path)] {
				t.Errorf("described is %s %s, which is not offered", method, path)
			}
			if o.ID == "" || ids[o.ID] || o.Summary == "" || o.Responses["default"].followed(doc).Content == nil && len(o.Responses) < 2 {
				t.Errorf("%s %s has no name of its own, no summary, or no answer for failures", method, path)
			}
			ids[o.ID] = true
			a.checkPath(t, doc, method, path, o)
		}
	}
	for route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if doc.operation(method, path).ID == "" {
			t.Errorf("%s %s is offered, and not described", method, path)
		}
	}
}

func (a API) checkPath(t *testing.T, doc document, method, path string, o operation) {
	t.Helper()
	var described, there []string
	for _, p := range o.parameters(doc) {
		if p.Name == "" {
			t.Errorf("%s %s refers to a parameter that is not there", method, path)
		}
		if p.In == "path" {
			described = append(described, p.Name)
		}
	}
	for _, m := range pathParameter.FindAllStringSubmatch(path, -1) {
		there = append(there, m[1])
	}
	slices.Sort(described)
	slices.Sort(there)
	if !slices.Equal(described, there) {
		t.Errorf("%s %s: described are the path's parameters %q", method, path, described)
	}
}
