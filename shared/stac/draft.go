package stac

import (
	"bytes"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// Draft is an item that is made of something else than STAC.
type Draft struct {
	ID         string
	Collection string
	Extensions []string // the URLs of the schemas of its extensions
	Geometry   orb.Geometry
	Properties map[string]any
	Links      []Link
	Assets     []DraftAsset
}

// DraftAsset is an asset of a draft: its key and the members of its object.
type DraftAsset struct {
	Key    string
	Fields map[string]any
}

// Encode writes the draft as an item of STAC 1.1 (item-spec), with a bounding box around its geometry and its assets in
// their order. The link to its collection, which is where the item will be served, is not added.
func (d Draft) Encode() ([]byte, error) {
	if d.Geometry == nil {
		return nil, fault.New(fault.Internal, "the item %q has no geometry", d.ID)
	}
	box := around(geo.Bounds(d.Geometry), d.Geometry.Bound())
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range []struct {
		name  string
		value any
	}{
		{"type", "Feature"}, {"stac_version", "1.1.0"}, {"stac_extensions", append([]string{}, d.Extensions...)}, {"id", d.ID}, {"collection", d.Collection},
		{"geometry", geojson.NewGeometry(d.Geometry)}, {"bbox", []float64{box.Min[0], box.Min[1], box.Max[0], box.Max[1]}}, {"properties", d.Properties}, {"links", append([]Link{}, d.Links...)}, {"assets", assetList(d.Assets)},
	} {
		if m.name == "collection" && d.Collection == "" {
			continue
		}
		text, err := encode(m.value)
		if err != nil {
			return nil, fault.Classify(fault.Invalid, err, "the %s of the item %q cannot be written", m.name, d.ID)
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(quote(m.name))
		out.WriteByte(':')
		out.Write(text)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// assetList writes assets in their order.
type assetList []DraftAsset

// MarshalJSON writes an object.
func (l assetList) MarshalJSON() ([]byte, error) {
	text := []byte{'{'}
	for i, a := range l {
		fields, err := encode(a.Fields)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(appendQuoted(text, a.Key), ':'), fields...)
	}
	return append(text, '}'), nil
}
