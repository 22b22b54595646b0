package opensearch

import (
	"fmt"
	"maps"
	"net/http"

	"github.com/paulmach/orb/geojson"

	"perigee/shared/ogcapi"
)

// featureCollection is the response of OGC 17-047r1 (clause 7): GeoJSON with the numbers and links of OpenSearch among its
// properties.
type featureCollection struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Properties feedProperties `json:"properties"`
	Total      int            `json:"totalResults"`
	Start      int            `json:"startIndex"`
	PerPage    int            `json:"itemsPerPage"`
	Features   []feature      `json:"features"`
}

type feedProperties struct {
	Title   string                `json:"title"`
	Updated string                `json:"updated"`
	Total   int                   `json:"totalResults"`
	Start   int                   `json:"startIndex"`
	PerPage int                   `json:"itemsPerPage"`
	Links   map[string][]jsonLink `json:"links"`
	Query   map[string]string     `json:"query"`
}

type jsonLink struct {
	Href  string `json:"href"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

type feature struct {
	Type       string            `json:"type"`
	ID         string            `json:"id"`
	Box        []float64         `json:"bbox,omitempty"`
	Geometry   *geojson.Geometry `json:"geometry"`
	Properties map[string]any    `json:"properties"`
}

func writeJSON(w http.ResponseWriter, r *http.Request, f feed) error {
	document := featureCollection{
		Type: "FeatureCollection", ID: f.self, Total: f.matched, Start: f.start, PerPage: f.perPage, Features: []feature{},
		Properties: feedProperties{
			Title: f.title, Updated: atomTime(f.updated), Total: f.matched, Start: f.start, PerPage: f.perPage, Links: jsonLinks(f.links, map[string]string{"alternate": "alternates"}),
			Query: map[string]string{},
		},
	}
	for _, p := range f.asked {
		if template, known := f.parameters[p.name]; known {
			document.Properties.Query[template] = p.value
		}
	}
	for _, e := range f.entries {
		document.Features = append(document.Features, e.feature())
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeGeoJSON, document)
}

// feature is a record; what it says of itself stands under its own names, what the standard names under those.
func (e entry) feature() feature {
	properties := map[string]any{}
	maps.Copy(properties, e.Properties)
	maps.Copy(properties, map[string]any{"title": e.title(), "identifier": e.ID, "updated": atomTime(e.Modified)})
	if date := when(e.Time); date != "" {
		properties["date"] = date
	}
	if e.Abstract != "" {
		properties["abstract"] = e.Abstract
	}
	if e.Collection != "" && e.Collection != e.ID {
		properties["parentIdentifier"] = e.Collection
	}
	links := jsonLinks(e.links, map[string]string{"alternate": "alternates", "enclosure": "data", "icon": "previews"})
	if e.quicklook != "" {
		links["previews"] = append(links["previews"], jsonLink{e.quicklook, "image/png", "QUICKLOOK"})
	}
	properties["links"] = links
	one := feature{Type: "Feature", ID: e.self, Properties: properties}
	if e.Footprint != nil {
		b := e.Footprint.Bound()
		one.Geometry, one.Box = geojson.NewGeometry(e.Footprint), []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
	}
	return one
}

// jsonLinks are links by their relations, some of which the standard calls otherwise (17-047r1 table 4).
func jsonLinks(links []link, names map[string]string) map[string][]jsonLink {
	all := map[string][]jsonLink{}
	for _, l := range links {
		rel := l.Rel
		if name, ok := names[rel]; ok {
			rel = name
		}
		all[rel] = append(all[rel], jsonLink{l.Href, l.Type, l.Title})
	}
	return all
}

func plural(n int) string {
	if n == 1 {
		return "1 record"
	}
	return fmt.Sprint(n, " records")
}
