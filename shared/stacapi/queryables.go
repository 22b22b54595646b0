package stacapi

import (
	"net/http"

	"perigee/shared/ogcapi"
)

// Queryable is a property that items are found by.
type Queryable struct {
	Name   string
	Title  string
	Type   string   // of JSON Schema; empty when items differ
	Format string   // of a string: date or date-time
	Enum   []string // the texts that it has, where they are few
}

// schema is the JSON Schema of what may be asked for (OGC 19-079r2, 6.2).
type schema struct {
	Schema      string                    `json:"$schema"`
	ID          string                    `json:"$id"`
	Type        string                    `json:"type"`
	Title       string                    `json:"title"`
	Properties  map[string]schemaProperty `json:"properties"`
	Additionals bool                      `json:"additionalProperties"`
}

type schemaProperty struct {
	Title  string        `json:"title,omitempty"`
	Ref    string        `json:"$ref,omitempty"`
	Type   string        `json:"type,omitempty"`
	Format string        `json:"format,omitempty"`
	Enum   []string      `json:"enum,omitempty"`
	Items  *schemaOfItem `json:"items,omitempty"`
}

type schemaOfItem struct {
	Type string   `json:"type,omitempty"`
	Enum []string `json:"enum,omitempty"`
}

const (
	mediaTypeSchema = "application/schema+json"
	relQueryables   = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
)

// queryables answers what the items of all collections are found by.
func (a api) queryables(w http.ResponseWriter, r *http.Request) error {
	return a.writeQueryables(w, r, ask(r).root+"/queryables", nil)
}

// collectionQueryables answers what the items of a collection are found by.
func (a api) collectionQueryables(w http.ResponseWriter, r *http.Request) error {
	on, collection := ask(r), r.PathValue("collection")
	if err := a.exists(r.Context(), on, collection); err != nil {
		return err
	}
	return a.writeQueryables(w, r, collectionHref(on, collection)+"/queryables", []string{collection})
}

// queryablesOfCollections answers what collections themselves are found by.
func (a api) queryablesOfCollections(w http.ResponseWriter, r *http.Request) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	s := schema{
		Schema: schemaVersion, ID: ask(r).root + "/collection-queryables", Type: "object", Title: "What collections are found by",
		Properties: map[string]schemaProperty{
			"id": {Title: "Id of the collection", Type: "string"}, "title": {Title: "Title", Type: "string"}, "description": {Title: "Description", Type: "string"},
			"keywords": {Title: "Keywords", Type: "array", Items: &schemaOfItem{Type: "string"}}, "license": {Title: "Licence", Type: "string"},
			"geometry": {Title: "Spatial extent", Ref: "https://geojson.org/schema/Geometry.json"},
			"datetime": {Title: "When its time begins; related to other times, all its time", Type: "string", Format: "date-time"},
			"created":  {Title: "When its metadata was made", Type: "string", Format: "date-time"},
			"updated":  {Title: "When its metadata was changed", Type: "string", Format: "date-time"},
		},
		Additionals: true,
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, queryablesPage(ask(r), s, nil))
	}
	return ogcapi.WriteJSON(w, r, mediaTypeSchema, s)
}

// schemaVersion is the version of JSON Schema that queryables are written in.
const schemaVersion = "https://json-schema.org/draft/2019-09/schema"

func (a api) writeQueryables(w http.ResponseWriter, r *http.Request, href string, collections []string) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	found, err := a.Store.Queryables(r.Context(), ask(r).scope, collections)
	if err != nil {
		return err
	}
	s := schema{
		Schema: schemaVersion, ID: href, Type: "object", Title: "What items are found by",
		Properties: map[string]schemaProperty{
			"id": {Title: "Id of the item", Type: "string"}, "collection": {Title: "Id of its collection", Type: "string"},
			"geometry": {Title: "Footprint", Ref: "https://geojson.org/schema/Geometry.json"},
			"datetime": {Title: "When it was acquired, or began to be", Type: "string", Format: "date-time"},
		},
		Additionals: true,
	}
	for _, q := range found {
		if _, known := s.Properties[q.Name]; !known {
			s.Properties[q.Name] = q.schema()
		}
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return writePage(w, r, queryablesPage(ask(r), s, collections))
	}
	return ogcapi.WriteJSON(w, r, mediaTypeSchema, s)
}

func (q Queryable) schema() schemaProperty {
	p := schemaProperty{Title: q.Title, Type: q.Type, Format: q.Format, Enum: q.Enum}
	if q.Type == "array" && len(q.Enum) > 0 {
		p.Items, p.Enum = &schemaOfItem{Type: "string", Enum: q.Enum}, nil
	}
	return p
}
