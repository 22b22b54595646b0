package ogcrecord

import (
	"cmp"
	"encoding/json"
	"maps"
	"time"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// Draft is a record that is made of what something else says of itself: a service, an application.
type Draft struct {
	ID          string
	Type        string // of the resource
	Title       string
	Description string
	Keywords    []string
	World       bool // it is about the whole earth; else it is nowhere in particular
	Created     time.Time
	Updated     time.Time
	License     string
	Contacts    []Contact
	Formats     []string
	Properties  map[string]any // further ones
	Links       []record.Link
}

// Contact is somebody to ask (20-004r1, table 13).
type Contact struct {
	Name         string   `json:"name,omitempty"`
	Organization string   `json:"organization,omitempty"`
	Emails       []email  `json:"emails,omitempty"`
	Roles        []string `json:"roles,omitempty"`
}

type email struct {
	Value string `json:"value"`
}

// NewContact is a contact, nil when nothing is known of it.
func NewContact(role, name, organization, address string) []Contact {
	if cmp.Or(name, organization, address) == "" {
		return nil
	}
	c := Contact{Name: name, Organization: organization, Roles: []string{role}}
	if name == "" && organization == "" {
		c.Name = address
	}
	if address != "" {
		c.Emails = []email{{address}}
	}
	return []Contact{c}
}

// core is the conformance class of what is composed.
var core = []string{"http://www.opengis.net/spec/ogcapi-records-1/1.0/req/record-core"}

// world is the polygon around the whole earth.
var world = json.RawMessage(`{"type":"Polygon","coordinates":[[[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]]]}`)

// Compose writes a record. What it is made of comes from strangers: Decode tells what is wrong with it.
func Compose(d Draft) ([]byte, error) {
	place := json.RawMessage("null")
	if d.World {
		place = world
	}
	properties := maps.Clone(d.Properties)
	if properties == nil {
		properties = map[string]any{}
	}
	for name, text := range map[string]string{
		"type": cmp.Or(d.Type, TypeDataset), "title": cmp.Or(d.Title, d.ID), "description": d.Description, "license": d.License, "created": moment(d.Created), "updated": moment(d.Updated),
	} {
		if text != "" {
			properties[name] = text
		}
	}
	if len(d.Keywords) > 0 {
		properties["keywords"] = d.Keywords
	}
	if len(d.Contacts) > 0 {
		properties["contacts"] = d.Contacts
	}
	if len(d.Formats) > 0 {
		formats := make([]map[string]string, len(d.Formats))
		for i, f := range d.Formats {
			formats[i] = map[string]string{"name": f}
		}
		properties["formats"] = formats
	}
	links := make([]link, 0, len(d.Links))
	for _, l := range d.Links {
		links = append(links, link{Rel: l.Rel, Href: l.Href, Type: l.Type, Title: l.Title})
	}
	text, err := json.Marshal(struct {
		ID         string          `json:"id"`
		Type       string          `json:"type"`
		ConformsTo []string        `json:"conformsTo"`
		Time       any             `json:"time"`
		Geometry   json.RawMessage `json:"geometry"`
		Properties map[string]any  `json:"properties"`
		Links      []link          `json:"links"`
	}{d.ID, "Feature", core, nil, place, properties, links})
	return text, fault.Classify(fault.Internal, err, "writing a record")
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return record.Instant(t)
}
