package records

import (
	"cmp"
	"net/http"
	"slices"

	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
)

// schema is a JSON Schema of properties: those that records are found by (19-079r2, 6.2), are sorted by
// (/req/sorting/get-sortables-success), or have.
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
	Type   any           `json:"type,omitempty"` // a word, or several
	Format string        `json:"format,omitempty"`
	Enum   []string      `json:"enum,omitempty"`
	Items  *schemaOfItem `json:"items,omitempty"`
	Role   string        `json:"x-ogc-role,omitempty"`
	Facet  bool          `json:"facet,omitempty"` // records are divided by it (OGC API - Records - Part 2, /per/simple/queryables)
}

type schemaOfItem struct {
	Type string   `json:"type,omitempty"`
	Enum []string `json:"enum,omitempty"`
}

// ofRecords are the properties that every record may have.
var ofRecords = map[string]schemaProperty{
	"id":             {Title: "Id of the record", Type: "string", Role: "id"},
	"type":           {Title: "Type of the resource, for example " + dublincore.TypeDataset + " or " + dublincore.TypeSeries, Type: "string", Role: "type"},
	"title":          {Title: "Title", Type: "string"},
	"description":    {Title: "Description", Type: "string"},
	"keywords":       {Title: "Keywords", Type: "array", Items: &schemaOfItem{Type: "string"}},
	"language":       {Title: "Language of the record", Type: "string"},
	"license":        {Title: "Licence of the resource", Type: "string"},
	"rights":         {Title: "Rights to the resource", Type: "string"},
	"created":        {Title: "When the record came into the catalogue", Type: "string", Format: "date-time"},
	"updated":        {Title: "When the record was last changed in the catalogue", Type: "string", Format: "date-time"},
	"collection":     {Title: "Id of the collection that the record belongs to", Type: "string"},
	"datetime":       {Title: "When the resource is, or began to be", Type: "string", Format: "date-time", Role: "primary-instant"},
	"start_datetime": {Title: "When the resource began to be", Type: "string", Format: "date-time", Role: "primary-interval-start"},
	"end_datetime":   {Title: "When the resource ended", Type: "string", Format: "date-time", Role: "primary-interval-end"},
	"geometry":       {Title: "Where the resource is", Format: "geometry-any", Role: "primary-geometry"},
	"anytext":        {Title: "All text of the record", Type: "string"},
}

func (a api) queryables(w http.ResponseWriter, r *http.Request) error {
	return a.writeSchema(w, r, "queryables", "What records are found by", func(string) bool { return true }, true)
}

func (a api) sortables(w http.ResponseWriter, r *http.Request) error {
	return a.writeSchema(w, r, "sortables", "What records are sorted by", func(name string) bool { return name != "geometry" && name != "anytext" }, false)
}

func (a api) schema(w http.ResponseWriter, r *http.Request) error {
	return a.writeSchema(w, r, "schema", "The properties of records", func(name string) bool { return name != "anytext" }, true)
}

// writeSchema answers with the properties of the records of a collection that belong to a list.
func (a api) writeSchema(w http.ResponseWriter, r *http.Request, list, title string, belongs func(name string) bool, open bool) error {
	p := ogcapi.ReadParams(r)
	format := p.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := p.Err(); err != nil {
		return err
	}
	on, collection, above := ask(r), r.PathValue("collection"), ask(r).root
	if collection == "" { // of collections, which are records too
		collection = Main
	} else {
		above = on.collection(collection)
	}
	if err := a.exists(r.Context(), on, collection); err != nil {
		return err
	}
	found, err := a.Store.Queryables(r.Context(), on.scope, within(collection))
	if err != nil {
		return err
	}
	s := schema{
		Schema: "https://json-schema.org/draft/2019-09/schema", ID: above + "/" + list, Type: "object", Title: title,
		Properties: map[string]schemaProperty{}, Additionals: open,
	}
	for name, property := range ofRecords {
		if belongs(name) {
			s.Properties[name] = property
		}
	}
	for _, q := range found {
		if _, taken := ofRecords[q.Name]; !taken && q.offered() {
			s.Properties[q.Name] = q.schema()
		}
	}
	if list == "queryables" {
		s.markFacets(found)
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return a.schemaPage(w, r, on, collection, s)
	}
	return ogcapi.WriteJSON(w, r, mediaTypeSchema, s)
}

// markFacets marks the properties by which records are divided.
func (s schema) markFacets(found []Queryable) {
	for name := range offeredBy(found) {
		if property, ok := s.Properties[name]; ok {
			property.Facet = true
			s.Properties[name] = property
		}
	}
}

// offered tells whether a property can be asked for by its name.
func (q Queryable) offered() bool {
	p, _, err := names{}.Property(q.Name)
	return err == nil && !filter.Core(p) && q.Type != "object" && coreProperties[q.Name] == ""
}

func (q Queryable) schema() schemaProperty {
	p := schemaProperty{Title: q.Title, Format: q.Format, Enum: q.Enum}
	switch {
	case q.Type == "":
		p.Type = []string{"array", "boolean", "number", "string"} // records differ
	case q.Type == "array":
		p.Type, p.Enum = q.Type, nil
		if len(q.Enum) > 0 {
			p.Items = &schemaOfItem{Type: "string", Enum: q.Enum}
		}
	default:
		p.Type = q.Type
	}
	return p
}

// sorted are the names of a schema's properties, those of all records first.
func (s schema) sorted() []string {
	var all []string
	for name := range s.Properties {
		all = append(all, name)
	}
	slices.SortFunc(all, func(a, b string) int {
		_, first := ofRecords[a]
		_, second := ofRecords[b]
		if first != second {
			if first {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
	return all
}
