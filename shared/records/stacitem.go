package records

import (
	"encoding/json"

	"perigee/shared/record"
	"perigee/shared/stac"
)

// stacItem are the pieces of a STAC item's document of which a record is made, each as it stands there.
type stacItem struct {
	geometry, bbox, properties, assets, links []byte
}

func openItem(document []byte) (stacItem, error) {
	var item stacItem
	for m, err := range stac.Members(document) {
		if err != nil {
			return item, err
		}
		switch string(m.Name) {
		case "geometry":
			item.geometry = m.Value
		case "bbox":
			item.bbox = m.Value
		case "properties":
			item.properties = m.Value
		case "assets":
			item.assets = m.Value
		case "links":
			item.links = m.Value
		}
	}
	return item, nil
}

// itemProperties are what is read of an item's properties before they are written.
type itemProperties struct {
	start, end, at, doi       string
	providers                 []byte
	titled, contacts, formats bool // they have what records call so
}

func (item stacItem) read() (itemProperties, error) {
	var p itemProperties
	if !isObject(item.properties) {
		return p, nil
	}
	for m, err := range stac.Members(item.properties) {
		if err != nil {
			return p, err
		}
		if begins := coreProperties[string(m.Name)]; begins != "" && m.Value[0] == begins[0] {
			p.titled, p.contacts, p.formats = p.titled || string(m.Name) == "title", p.contacts || string(m.Name) == "contacts", p.formats || string(m.Name) == "formats"
		}
		switch string(m.Name) {
		case "datetime":
			p.at, _ = stac.Text(m.Value)
		case "start_datetime", "start_time":
			p.start, _ = stac.Text(m.Value)
		case "end_datetime", "end_time":
			p.end, _ = stac.Text(m.Value)
		case "sci:doi":
			p.doi, _ = stac.Text(m.Value)
		case "providers":
			p.providers = m.Value
		}
	}
	return p, nil
}

func isObject(value []byte) bool { return len(value) > 0 && value[0] == '{' }

// time is the item's, an interval when it has a start and an end (STAC 1.1.0 item-spec, datetime).
func (p itemProperties) time() record.Interval {
	text := p.at
	if p.start != "" && p.end != "" {
		text = p.start + "/" + p.end
	}
	i, err := record.ParseInterval(text)
	if err != nil { // of a document registered before it was checked
		return record.Interval{}
	}
	return i
}

// item writes the record of a STAC item: its geometry and its properties are those of the document.
func (e encoder) item(w *writer, rec record.Record, alone bool) error {
	item, err := openItem(rec.Document)
	if err != nil {
		return err
	}
	p, err := item.read()
	if err != nil {
		return err
	}
	w.WriteByte('{')
	w.textMember("id", rec.ID)
	w.textMember("type", "Feature")
	w.rawMember("conformsTo", []byte(recordConformsTo))
	w.time(p.time())
	e.geometry(w, item.geometry)
	if e.plain() {
		w.rawMember("bbox", item.bbox)
	}
	w.name("properties")
	w.WriteByte('{')
	w.about(rec)
	if !p.titled {
		w.textMember("title", rec.ID)
	}
	w.externalIDs(rec.ID, p.doi)
	w.readAssets(item.assets)
	if err := w.itemProperties(item, p); err != nil {
		return err
	}
	w.WriteByte('}')
	e.itemLinks(w, rec, item.links, alone)
	return nil
}

// itemProperties writes the document's properties, and what of them OGC records call otherwise: providers are contacts,
// and the media types of assets are formats.
func (w *writer) itemProperties(item stacItem, p itemProperties) error {
	if isObject(item.properties) {
		for m, err := range stac.Members(item.properties) {
			if err != nil {
				return err
			}
			w.rawProperty(m.Name, m.Value)
		}
	}
	if contacts := contactsOf(p.providers); len(contacts) > 0 && !p.contacts {
		w.member("contacts", contacts)
	}
	if !p.formats {
		w.formats()
	}
	return nil
}

// contact is a party that has to do with a resource
// (https://schemas.opengis.net/ogcapi/records/part1/1.0/openapi/schemas/contact.yaml).
type contact struct {
	Organization string        `json:"organization"`
	Roles        []string      `json:"roles,omitempty"`
	Links        []record.Link `json:"links,omitempty"`
}

// contactsOf makes contacts of STAC's providers.
func contactsOf(providers []byte) []contact {
	if len(providers) == 0 {
		return nil
	}
	var read []struct {
		Name  string   `json:"name"`
		Roles []string `json:"roles"`
		URL   string   `json:"url"`
	}
	if err := json.Unmarshal(providers, &read); err != nil {
		return nil // what is no list of providers tells of none
	}
	var all []contact
	for _, p := range read {
		if p.Name == "" {
			continue
		}
		c := contact{Organization: p.Name, Roles: p.Roles}
		if p.URL != "" {
			c.Links = []record.Link{{Rel: "about", Href: p.URL, Type: typeHTML}}
		}
		all = append(all, c)
	}
	return all
}
