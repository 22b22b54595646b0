package stac

import (
	"cmp"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/paulmach/orb/geojson"

	"perigee/shared/geo"
	"perigee/shared/record"
)

// madeItem is an item that is made of a record (STAC 1.0.0 item-spec).
type madeItem struct {
	Type       string               `json:"type"`
	Version    string               `json:"stac_version"`
	Extensions []string             `json:"stac_extensions"`
	ID         string               `json:"id"`
	Collection string               `json:"collection"`
	Geometry   *geojson.Geometry    `json:"geometry"`
	Box        []float64            `json:"bbox,omitempty"`
	Properties map[string]any       `json:"properties"`
	Links      []madeLink           `json:"links"`
	Assets     map[string]madeAsset `json:"assets"`
}

type madeLink struct {
	Rel   string `json:"rel"`
	Href  string `json:"href"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

type madeAsset struct {
	Href  string   `json:"href"`
	Title string   `json:"title,omitempty"`
	Type  string   `json:"type,omitempty"`
	Roles []string `json:"roles,omitempty"`
}

// maxMadeAssets is how many files of a record become assets.
const maxMadeAssets = 500

// ItemOf is the item of a record that came as metadata of another kind: an ISO document, a csw:Record, a record of OGC API -
// Records. metadata is the address of the document it came as, which is one of its assets; base is that of the house, behind
// which references to its services are put. A record without a time has that of the metadata, for an item has one.
func ItemOf(rec record.Record, metadata, base string) ([]byte, error) {
	item := madeItem{Type: TypeItem, Version: Version, Extensions: []string{}, ID: rec.ID, Collection: rec.Collection, Properties: propertiesOf(rec), Links: []madeLink{}}
	if g := rec.Footprint; g != nil {
		b := around(geo.Bounds(g), g.Bound())
		item.Geometry, item.Box = geojson.NewGeometry(g), []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
	}
	item.Assets = map[string]madeAsset{"metadata": {Href: metadata, Title: "The metadata as they came", Type: mediaTypeOf(rec), Roles: []string{"metadata"}}}
	for i, l := range rec.At(base).Links {
		if !IsAbsolute(l.Href) || !isReference(l.Href) {
			continue
		}
		if role := roleOf(l); role != "" && len(item.Assets) < maxMadeAssets {
			item.Assets[keyOf(l, i, item.Assets)] = madeAsset{Href: l.Href, Title: cmp.Or(l.Title, l.Name), Type: l.Type, Roles: []string{role}}
			continue
		}
		item.Links = append(item.Links, madeLink{Rel: cmp.Or(l.Rel, "related"), Href: l.Href, Type: l.Type, Title: cmp.Or(l.Title, l.Name)})
	}
	return encode(item)
}

func mediaTypeOf(rec record.Record) string {
	kind, _, _ := strings.Cut(rec.MediaType, ";")
	return cmp.Or(kind, "application/geo+json")
}

// isReference tells whether a text that somebody wrote as an address is one.
func isReference(href string) bool {
	_, err := url.Parse(href)
	return err == nil && !strings.ContainsAny(href, " \t\r\n<>\"{}|\\^`")
}

// roleOf is the role of the file that a link leads to; empty where it leads to something else.
func roleOf(l record.Link) string {
	switch l.Rel {
	case "enclosure":
		return "data"
	case "preview", "icon", RoleThumbnail:
		return RoleThumbnail
	}
	return ""
}

// keyOf is the key of an asset: the name of the link, else its place among all.
func keyOf(l record.Link, i int, taken map[string]madeAsset) string {
	if _, has := taken[l.Name]; l.Name != "" && !has && len(l.Name) <= 100 {
		return l.Name
	}
	return "link-" + strconv.Itoa(i+1)
}

// propertiesOf are the properties of a record as those of an item: under the names that STAC has, they are what STAC says.
func propertiesOf(rec record.Record) map[string]any {
	properties := map[string]any{}
	for name, v := range rec.Properties {
		if fits, common := commonMetadata[name]; !common || fits(v) {
			properties[name] = v
		}
	}
	for name, text := range map[string]string{"title": cmp.Or(rec.Title, rec.ID), "description": rec.Abstract, "type": rec.Type} {
		if text != "" {
			properties[name] = text
		}
	}
	if len(rec.Keywords) > 0 {
		properties["keywords"] = rec.Keywords
	}
	if !rec.Created.IsZero() {
		properties["created"], properties["updated"] = record.Instant(rec.Created), record.Instant(rec.Modified)
	}
	setTime(properties, rec)
	return properties
}

// setTime says when a record is as an item does (STAC 1.1.0 item-spec, datetime).
func setTime(properties map[string]any, rec record.Record) {
	switch when := rec.Time; {
	case !when.Start.IsZero() && !when.End.IsZero() && when.Start.Before(when.End):
		properties["datetime"], properties["start_datetime"], properties["end_datetime"] = nil, record.Instant(when.Start), record.Instant(when.End)
	case !when.Start.IsZero():
		properties["datetime"] = record.Instant(when.Start)
	case !when.End.IsZero():
		properties["datetime"] = record.Instant(when.End)
	default:
		properties["datetime"] = dated(rec)
	}
}

// dated is the time of the metadata: the first date that they tell, else when they came into the catalogue.
func dated(rec record.Record) string {
	for _, name := range []string{record.PropertyCreationDate, record.PropertyPublicationDate, record.PropertyRevisionDate, record.PropertyDateStamp} {
		if when, err := record.ParseInterval(rec.Text(name)); err == nil && !when.Start.IsZero() {
			return record.Instant(when.Start)
		}
	}
	return record.Instant(rec.Created)
}

// commonMetadata are names that mean something in every item, with what their values are
// (https://schemas.stacspec.org/v1.0.0/item-spec/json-schema/item.json). Nothing of the metadata has the names whose values
// are made here.
var commonMetadata = map[string]func(any) bool{
	"datetime": never, "start_datetime": never, "end_datetime": never, "created": never, "updated": never, "providers": never,
	"title": never, "description": never, "keywords": never, "type": never,
	"license": isLicence, "platform": isText, "constellation": isText, "mission": isText, "instruments": isTexts,
	"gsd": func(v any) bool { n, ok := v.(float64); return ok && n > 0 },
}

func never(any) bool { return false }

func isText(v any) bool { _, ok := v.(string); return ok }

func isTexts(v any) bool {
	list, ok := v.([]any)
	for _, e := range list {
		ok = ok && isText(e)
	}
	return ok
}

var licence = regexp.MustCompile(`^[\w\-.+]+$`)

func isLicence(v any) bool { return isText(v) && licence.MatchString(text(v)) }
