package source

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// product is what a search service tells of a product, before it is written as a STAC item.
type product struct {
	id         string
	collection string
	geometry   json.RawMessage // GeoJSON
	time       record.Interval // where the properties do not say
	properties map[string]any  // by the service's own names
	assets     map[string]asset
	links      []stac.Link
}

type asset struct {
	Href  string   `json:"href"`
	Type  string   `json:"type,omitempty"`
	Title string   `json:"title,omitempty"`
	Roles []string `json:"roles,omitempty"`
}

// known is what properties of an item are called by the services that are in use, the first that says something counts: by
// resto, by the OData of CREODIAS and the Copernicus Data Space, and by OpenSearch for Earth Observation (OGC 13-026r9).
var known = []struct {
	name string
	of   []string
	as   func(any) any
}{
	{"title", []string{"title", "Name"}, text},
	{"description", []string{"description", "summary"}, text},
	{"start_datetime", []string{"startDate", "start_datetime", "beginningDateTime", "sensingStartDate", "beginPosition"}, text},
	{"end_datetime", []string{"completionDate", "end_datetime", "endingDateTime", "sensingStopDate", "endPosition"}, text},
	{"created", []string{"published", "created", "PublicationDate"}, text},
	{"updated", []string{"updated", "ModificationDate"}, text},
	{"platform", []string{"platform", "platformShortName"}, text},
	{"instruments", []string{"instruments", "instrument", "instrumentShortName"}, list},
	{"gsd", []string{"gsd", "resolution"}, positive},
	{"eo:cloud_cover", []string{"eo:cloud_cover", "cloudCover"}, percent},
	{"eo:snow_cover", []string{"eo:snow_cover", "snowCover"}, percent},
	{"sat:orbit_state", []string{"sat:orbit_state", "orbitDirection"}, lower},
	{"sat:relative_orbit", []string{"sat:relative_orbit", "relativeOrbitNumber"}, whole},
	{"sat:absolute_orbit", []string{"sat:absolute_orbit", "orbitNumber", "startOrbitNumber"}, whole},
	{"sar:polarizations", []string{"sar:polarizations", "polarisation", "polarisationMode", "polarisationChannels"}, list},
	{"processing:level", []string{"processing:level", "processingLevel"}, text},
	{"productIdentifier", []string{"productIdentifier", "S3Path"}, text},
	{"productType", []string{"productType"}, text},
	{"sensorMode", []string{"sensorMode", "operationalMode"}, text},
}

// item writes a product as a STAC item; mapping names further properties, and those that are called otherwise.
func (p product) item(mapping map[string]string) ([]byte, error) {
	properties := map[string]any{}
	for _, k := range known {
		for _, name := range k.of {
			if value := k.as(p.properties[name]); value != nil {
				properties[k.name] = value
				break
			}
		}
	}
	for name, of := range mapping {
		if value, said := p.properties[of]; said && value != nil {
			properties[name] = value
		}
	}
	p.timed(properties)
	all := map[string]any{
		"type": "Feature", "stac_version": stac.Version, "id": p.id, "geometry": p.geometry, "properties": properties,
		"links": append([]stac.Link{}, p.links...), "assets": p.assets,
	}
	if p.assets == nil {
		all["assets"] = map[string]asset{}
	}
	if p.collection != "" {
		all["collection"] = p.collection
	}
	if box := p.bbox(); box != nil {
		all["bbox"] = box
	}
	raw, err := json.Marshal(all)
	return raw, fault.Classify(fault.Invalid, err, "the product %q cannot be written as an item", p.id)
}

// timed gives properties the times of a product in the form of STAC: of an instant, datetime alone.
func (p product) timed(properties map[string]any) {
	i := p.time
	for name, into := range map[string]func(record.Interval){"start_datetime": func(at record.Interval) { i.Start = at.Start }, "end_datetime": func(at record.Interval) { i.End = at.End }} {
		said, _ := properties[name].(string)
		if at, err := record.ParseInterval(said); err == nil {
			into(at)
		}
	}
	delete(properties, "start_datetime")
	delete(properties, "end_datetime")
	i.Start, i.End = cmp.Or(i.Start, i.End), cmp.Or(i.End, i.Start)
	switch {
	case i.IsZero():
	case i.Start.Equal(i.End):
		properties["datetime"] = i.Start.UTC().Format(timeLayout)
	default:
		properties["datetime"], properties["start_datetime"], properties["end_datetime"] = nil, i.Start.UTC().Format(timeLayout), i.End.UTC().Format(timeLayout)
	}
	for _, name := range []string{"created", "updated"} {
		said, ok := properties[name].(string)
		if at, err := record.ParseInterval(said); ok && err == nil {
			properties[name] = at.Start.UTC().Format(timeLayout)
			continue
		}
		delete(properties, name)
	}
}

// bbox is the box around a product that does not cross the antimeridian.
func (p product) bbox() []float64 {
	shape, err := stac.DecodeGeometry(p.geometry, "geometry")
	if err != nil || shape == nil {
		return nil
	}
	parts := geo.Bounds(shape)
	if len(parts) == 0 {
		return nil
	}
	b := parts[0]
	if len(parts) == 2 { // west of the antimeridian and east of it
		return []float64{max(parts[0].Min[0], parts[1].Min[0]), min(parts[0].Min[1], parts[1].Min[1]), min(parts[0].Max[0], parts[1].Max[0]), max(parts[0].Max[1], parts[1].Max[1])}
	}
	for _, o := range parts[1:] {
		b = b.Union(o)
	}
	return []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
}

func geoJSON(shape orb.Geometry) json.RawMessage {
	if shape == nil {
		return json.RawMessage("null")
	}
	text, err := json.Marshal(geojson.NewGeometry(shape))
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

func text(v any) any {
	if s, ok := v.(string); ok && strings.TrimSpace(s) != "" {
		return strings.TrimSpace(s)
	}
	return nil
}

func lower(v any) any {
	if s, ok := text(v).(string); ok {
		return strings.ToLower(s)
	}
	return nil
}

func list(v any) any {
	switch v := v.(type) {
	case string:
		if all := strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(" ,&/", r) }); len(all) > 0 {
			return all
		}
	case []any:
		if len(v) > 0 {
			return v
		}
	}
	return nil
}

func numeric(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return n, err == nil
	}
	return 0, false
}

func percent(v any) any {
	if n, ok := numeric(v); ok && n >= 0 && n <= 100 {
		return n
	}
	return nil
}

func positive(v any) any {
	if n, ok := numeric(v); ok && n > 0 {
		return n
	}
	return nil
}

func whole(v any) any {
	if n, ok := numeric(v); ok && n >= 0 && n == float64(int64(n)) {
		return int64(n)
	}
	return nil
}

// restoProduct reads a feature of a GeoJSON page: resto's, or any other that has an id, a place and a time.
func restoProduct(feature []byte) (product, error) {
	var f struct {
		ID         any             `json:"id"`
		Collection string          `json:"collection"`
		Geometry   json.RawMessage `json:"geometry"`
		Properties map[string]any  `json:"properties"`
		Links      []pageLink      `json:"links"`
	}
	if err := json.Unmarshal(feature, &f); err != nil {
		return product{}, fault.Classify(fault.Invalid, err, "the feature cannot be read")
	}
	p := product{geometry: f.Geometry, properties: f.Properties, collection: f.Collection, assets: map[string]asset{}}
	switch id := f.ID.(type) {
	case string:
		p.id = id
	case float64:
		p.id = fmt.Sprint(id)
	}
	if p.collection == "" {
		p.collection, _ = f.Properties["collection"].(string)
	}
	if said, ok := f.Properties["datetime"].(string); ok {
		p.time, _ = record.ParseInterval(said) // another time may be said
	}
	p.pictured(f.Properties["quicklook"], f.Properties["thumbnail"])
	var services struct {
		Download struct {
			URL      string `json:"url"`
			MimeType string `json:"mimeType"`
		} `json:"download"`
	}
	if raw, err := json.Marshal(f.Properties["services"]); err == nil && json.Unmarshal(raw, &services) == nil && isWeb(services.Download.URL) {
		p.assets["download"] = asset{Href: services.Download.URL, Type: services.Download.MimeType, Title: "The product"}
	}
	links := f.Links
	if raw, err := json.Marshal(f.Properties["links"]); err == nil {
		var inner []pageLink
		if json.Unmarshal(raw, &inner) == nil {
			links = append(links, inner...)
		}
	}
	p.linked(links)
	return p, nil
}

// pictured takes over the small pictures of a product.
func (p *product) pictured(quicklook, thumbnail any) {
	for name, value := range map[string]any{"overview": quicklook, "thumbnail": thumbnail} {
		if href, ok := value.(string); ok && isWeb(href) {
			p.assets[name] = asset{Href: href, Type: pictureType(href), Roles: []string{name}}
		}
	}
}

func pictureType(href string) string {
	href, _, _ = strings.Cut(strings.ToLower(href), "?")
	for ending, mediaType := range map[string]string{".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp"} {
		if strings.HasSuffix(href, ending) {
			return mediaType
		}
	}
	return ""
}

// linked takes over the links of a product, its own address as where it came from.
func (p *product) linked(links []pageLink) {
	for _, l := range links {
		switch {
		case !isWeb(l.Href):
		case l.Rel == "self":
			p.links = append(p.links, stac.Link{Rel: "via", Href: l.Href, Type: l.Type})
		case l.Rel == "enclosure":
			p.assets["download"] = asset{Href: l.Href, Type: l.Type, Title: "The product"}
		case !slices.Contains(ours, l.Rel) && l.Rel != "":
			p.links = append(p.links, stac.Link{Rel: l.Rel, Href: l.Href, Type: l.Type})
		}
	}
}

// odataProduct reads one of the value of an OData answer.
func odataProduct(raw []byte) (product, error) {
	var o struct {
		Name         string          `json:"Name"`
		S3Path       string          `json:"S3Path"`
		Published    string          `json:"PublicationDate"`
		Modified     string          `json:"ModificationDate"`
		GeoFootprint json.RawMessage `json:"GeoFootprint"`
		ContentDate  struct{ Start, End string }
		Attributes   []struct {
			Name  string
			Value any
		}
		Assets []struct{ Type, DownloadLink string }
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return product{}, fault.Classify(fault.Invalid, err, "the product cannot be read")
	}
	p := product{id: strings.TrimSuffix(o.Name, ".SAFE"), geometry: o.GeoFootprint, properties: map[string]any{}, assets: map[string]asset{}}
	for _, a := range o.Attributes {
		p.properties[a.Name] = a.Value
	}
	maps.Copy(p.properties, map[string]any{"Name": p.id, "S3Path": o.S3Path, "PublicationDate": o.Published, "ModificationDate": o.Modified})
	delete(p.properties, "beginningDateTime") // what follows is said of every product
	delete(p.properties, "endingDateTime")
	for name, said := range map[string]string{"startDate": o.ContentDate.Start, "completionDate": o.ContentDate.End} {
		if said != "" {
			p.properties[name] = said
		}
	}
	for _, a := range o.Assets {
		if a.Type == "QUICKLOOK" && isWeb(a.DownloadLink) {
			p.assets["overview"] = asset{Href: a.DownloadLink, Roles: []string{"overview"}}
		}
	}
	if p.geometry == nil {
		p.geometry = json.RawMessage("null")
	}
	return p, nil
}

// isItem tells whether a feature is a STAC item already.
func isItem(feature []byte) bool { return bytes.Contains(feature, []byte(`"stac_version"`)) }
