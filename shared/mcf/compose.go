package mcf

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/iso19115"
	"perigee/shared/iso19139"
	"perigee/shared/record"
)

// ISO19139 is the document of ISO 19139 that a file becomes.
func ISO19139(r *record.Record) []byte {
	return append(iso19139.Append([]byte(xml.Header), r, dublincore.Full), '\n')
}

// collection is a STAC collection (https://github.com/radiantearth/stac-spec/blob/v1.0.0/collection-spec/collection-spec.md).
type collection struct {
	Type        string     `json:"type"`
	Version     string     `json:"stac_version"`
	ID          string     `json:"id"`
	Title       string     `json:"title,omitempty"`
	Description string     `json:"description"`
	Keywords    []string   `json:"keywords,omitempty"`
	License     string     `json:"license"`
	Providers   []provider `json:"providers,omitempty"`
	Extent      struct {
		Spatial struct {
			BBox [][]float64 `json:"bbox"`
		} `json:"spatial"`
		Temporal struct {
			Interval [][]*string `json:"interval"`
		} `json:"temporal"`
	} `json:"extent"`
	Links []link `json:"links"`
}

type provider struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles,omitempty"`
	URL   string   `json:"url,omitempty"`
}

type link struct {
	Rel   string `json:"rel"`
	Href  string `json:"href"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

// Collection is the STAC collection that a file becomes. What has no place is everywhere.
func Collection(r *record.Record) ([]byte, error) {
	c := collection{
		Type: "Collection", Version: "1.0.0", ID: r.ID, Title: r.Title, Description: cmp.Or(r.Abstract, r.Title, r.ID), Keywords: r.Keywords, License: "proprietary",
		Providers: providers(r), Links: []link{},
	}
	box := []float64{-180, -90, 180, 90}
	if west, south, east, north, placed := iso19115.Box(r.Footprint); placed {
		box = []float64{west, south, east, north}
	}
	c.Extent.Spatial.BBox = [][]float64{box}
	c.Extent.Temporal.Interval = [][]*string{{nil, nil}}
	if !r.Time.Start.IsZero() {
		s := record.Instant(r.Time.Start)
		c.Extent.Temporal.Interval[0][0] = &s
	}
	if !r.Time.End.IsZero() {
		s := record.Instant(r.Time.End)
		c.Extent.Temporal.Interval[0][1] = &s
	}
	if rights := r.Text(record.PropertyOtherConstraints); strings.HasPrefix(rights, "http") {
		c.Links = append(c.Links, link{Rel: "license", Href: rights})
	}
	for _, l := range r.Links {
		c.Links = append(c.Links, link{Rel: l.Rel, Href: l.Href, Type: l.Type, Title: cmp.Or(l.Title, l.Name)})
	}
	text, err := json.Marshal(c)
	return text, fault.Classify(fault.Internal, err, "writing the collection %s", r.ID)
}

// providers are the organisations among the contacts, each once.
func providers(r *record.Record) []provider {
	words := map[string]string{"owner": "licensor", "originator": "producer", "author": "producer", "processor": "processor", "distributor": "host", "resourceProvider": "host"}
	var all []provider
	at := map[string]int{}
	for _, c := range r.Contacts() {
		name := cmp.Or(c.Organisation, c.Name)
		if name == "" {
			continue
		}
		i, known := at[name]
		if !known {
			i, at[name] = len(all), len(all)
			all = append(all, provider{Name: name, URL: c.Href})
		}
		for _, role := range c.Roles {
			if word := words[role]; word != "" {
				all[i].Roles = append(all[i].Roles, word)
			}
		}
	}
	return all
}
