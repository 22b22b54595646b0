package records

import (
	"encoding/json"
	"slices"
	"strings"

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
	title, start, end, at, doi string
	providers                  []byte
	titled, contacts, formats  bool // they have what records call so
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
		case "title":
			p.title, _ = stac.Text(m.Value)
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
	assets := assetsOf(item.assets)
	if err := w.itemProperties(item, p, assets); err != nil {
		return err
	}
	w.WriteByte('}')
	e.itemLinks(w, rec, linksOf(item.links), assets, alone)
	return nil
}

// itemProperties writes the document's properties, and what of them OGC records call otherwise: providers are contacts,
// and the media types of assets are formats.
func (w *writer) itemProperties(item stacItem, p itemProperties, assets []record.Link) error {
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
		w.formats(assets)
	}
	return nil
}

// itemLinks ends a record with its links: where it stands, what the house shows of it, its files, and the links of the
// document that do not say where that stood.
func (e encoder) itemLinks(w *writer, rec record.Record, own, assets []record.Link, alone bool) {
	links := e.own(rec, alone)
	for _, l := range record.ServiceLinks(rec.Key) {
		if l.Protocol != record.ServiceMaps || rec.Shown {
			links = append(links, e.on.served(rec, l))
		}
	}
	source := place(rec.Source, own)
	pictured := false
	for _, a := range assets {
		l := link{Link: a}
		pictured = pictured || a.Rel == relPreview
		if l.Href = stac.ResolveHref(source, a.Href); strings.HasPrefix(l.Href, "s3://") {
			l.Href = e.on.asset(rec, a.Name)
		}
		links = append(links, l)
	}
	if rec.Shown && !pictured { // its map is its picture
		links = append(links, linkTo(relPreview, e.on.asset(rec, stac.RoleThumbnail), "image/png", "Preview"))
	}
	w.links(append(links, keptOf(own, source)...))
	w.WriteByte('}')
}

// linksOf reads the links of a document, those that have a relation and lead somewhere.
func linksOf(links []byte) []record.Link {
	var all []record.Link
	for _, value := range stac.Elements(links) {
		var l record.Link
		if readLink(&l, value); l.Rel != "" && l.Href != "" {
			all = append(all, l)
		}
	}
	return all
}

// readLink reads the fields of a link, and gives those of a file's roles as its relation.
func readLink(l *record.Link, value []byte) {
	if !isObject(value) {
		return
	}
	for m, err := range stac.Members(value) {
		if err != nil {
			return
		}
		switch string(m.Name) {
		case "rel":
			l.Rel, _ = stac.Text(m.Value)
		case "href":
			l.Href, _ = stac.Text(m.Value)
		case "type":
			l.Type, _ = stac.Text(m.Value)
		case "title":
			l.Title, _ = stac.Text(m.Value)
		case "roles":
			for _, role := range stac.Elements(m.Value) {
				if string(role) == `"thumbnail"` || string(role) == `"overview"` {
					l.Rel = relPreview
				}
			}
		}
	}
}

const maxAssets = 500 // that a record links to

// assetsOf reads what records tell of assets: links that are called as the assets are.
func assetsOf(assets []byte) []record.Link {
	var all []record.Link
	if !isObject(assets) {
		return nil
	}
	for m, err := range stac.Members(assets) {
		if err != nil || len(all) == maxAssets {
			break
		}
		l := record.Link{Rel: "enclosure", Name: string(m.Name)}
		if readLink(&l, m.Value); l.Href != "" {
			all = append(all, l)
		}
	}
	return all
}

// formats writes the distributions of a resource, one for each media type of its files
// (https://schemas.opengis.net/ogcapi/records/part1/1.0/openapi/schemas/format.yaml).
func (w *writer) formats(assets []record.Link) {
	var seen []string
	for _, a := range assets {
		if a.Type == "" || slices.Contains(seen, a.Type) {
			continue
		}
		if len(seen) == 0 {
			w.name("formats")
			w.WriteByte('[')
		}
		seen = append(seen, a.Type)
		w.comma()
		w.WriteByte('{')
		w.textMember("mediaType", a.Type)
		w.WriteByte('}')
	}
	if len(seen) > 0 {
		w.WriteByte(']')
	}
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
