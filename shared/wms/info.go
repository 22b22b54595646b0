package wms

import (
	"cmp"
	"image"
	"image/color"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/trace"
)

// Feature is a product that lies under a point of a map.
type Feature struct {
	Layer      string // by which it was asked for
	Collection string
	ID         string
	Title      string
	Time       record.Interval
	Footprint  orb.Geometry   // longitude and latitude
	Properties map[string]any // of its document
	Href       string         // of its document, below the base of the deployment; empty: unknown
	Place      orb.Point      // longitude and latitude of the point
	Bands      []Value        // of its files
	Channels   []Value        // of the picture: what its expressions give
	Colour     *color.NRGBA   // as drawn; nil: it is transparent there
}

// Value is a number that was read or computed at a point.
type Value struct {
	Name   string
	Says   string   // what it is: a common name, an expression
	Number *float64 // nil: there is no value
}

// The formats of information.
const (
	plainText = "text/plain"
	html      = "text/html"
	geoJSON   = "application/geo+json"
	plainJSON = "application/json"
	gml       = "application/vnd.ogc.gml"
	plainXML  = "text/xml"
	eopXML    = "application/gml+xml" // Earth Observation Metadata profile of Observations & Measurements
)

// infoTypes lists the formats of information, as they are advertised.
func infoTypes() []string {
	return []string{plainText, html, geoJSON, plainJSON, gml, plainXML, eopXML}
}

// The bounds of what can be asked about one point.
const (
	defaultFeatures = 1
	maxFeatures     = 100
)

// getFeatureInfo answers GetFeatureInfo (06-042 table 9, 01-068r3 table 9), with the parameters of the map that was
// looked at; its format does not matter.
func (c *call) getFeatureInfo() (answer, error) {
	trace.Name(c.r.Context(), "GetFeatureInfo")
	c.version, c.formatFree = mapVersion(c.params), true
	format := c.infoFormat()
	most := c.params.Int("feature_count", defaultFeatures, 0, 1<<30)
	m, warnings := c.readMap()
	at := c.point(m)
	m.Layers = c.queried(m.Layers)
	if err := c.params.Err(); err != nil {
		return answer{}, err
	}
	features, err := c.maps.Info(c.r.Context(), c.asked.Scope, m, at, min(max(most, 1), maxFeatures))
	if err != nil {
		return answer{}, err
	}
	for i := range features {
		if features[i].Href != "" {
			features[i].Href = c.asked.Base + features[i].Href
		}
	}
	body, err := infoWriters[format](features)
	return answer{Document: ows.Document{Type: withCharset(format), Body: body, CacheControl: c.config.CacheControl}, warnings: warnings}, err
}

func withCharset(mediaType string) string {
	if mediaType == plainText || mediaType == html {
		return mediaType + "; charset=utf-8"
	}
	return mediaType
}

var infoWriters = map[string]func([]Feature) ([]byte, error){
	plainText: writeText, html: writeHTML, geoJSON: writeGeoJSON, plainJSON: writeGeoJSON, gml: writeGML, plainXML: writeGML, eopXML: writeEOP,
}

// infoFormat reads INFO_FORMAT, which the older versions let out.
func (c *call) infoFormat() string {
	value := c.params.Get("info_format")
	if value == "" && c.version == version130 {
		c.params.Fail(ows.Missing("info_format"))
	}
	name, _, _ := strings.Cut(strings.ToLower(cmp.Or(value, plainText)), ";")
	if name = strings.TrimSpace(name); !slices.Contains(infoTypes(), name) {
		c.params.Fail(InvalidFormat.At(fault.Invalid, "info_format", "the format %q is not offered, only %s", value, strings.Join(infoTypes(), ", ")))
		return plainText
	}
	return name
}

// point reads the pixel: I and J, which older versions call X and Y.
func (c *call) point(m Map) image.Point {
	names := [2]string{"i", "j"}
	if c.version != version130 {
		names = [2]string{"x", "y"}
	}
	read := func(name string, size int) int {
		value := c.params.Need(name)
		n, err := parseNumber(value)
		if value != "" && size > 0 && (err != nil || n != float64(int(n)) || n < 0 || int(n) >= size) {
			c.params.Fail(InvalidPoint.At(fault.Invalid, name, "%s is %q, not a pixel of the map, from 0 to %d", name, value, size-1))
			return 0
		}
		return int(n)
	}
	return image.Pt(read(names[0], m.Width), read(names[1], m.Height))
}

// queried are the layers of the map that QUERY_LAYERS names.
func (c *call) queried(layers []Layer) []Layer {
	c.params.Need("query_layers")
	var chosen []Layer
	names := c.params.List("query_layers")
	for _, name := range names {
		node, err := c.node(name)
		switch {
		case err != nil:
			c.params.Fail(err)
		case node.Unqueryable:
			c.params.Fail(LayerNotQueryable.At(fault.Invalid, "query_layers", "the layer %q cannot be queried", name))
		case !slices.ContainsFunc(layers, func(l Layer) bool { return l.Name == name }):
			c.params.Fail(LayerNotDefined.At(fault.Invalid, "query_layers", "the layer %q is not among the layers of the map", name))
		}
	}
	for _, l := range layers {
		if slices.Contains(names, l.Name) {
			chosen = append(chosen, l)
		}
	}
	return chosen
}
