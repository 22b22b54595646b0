package wms

import (
	"image/color"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/trace"
)

// The parameters of GetMap are those of 06-042 table 8 and 01-068r3 table 8; the older version names the CRS differently
// and takes every bounding box easting first.

// getMap answers GetMap.
func (c *call) getMap() (answer, error) {
	trace.Name(c.r.Context(), "GetMap")
	c.version = mapVersion(c.params)
	m, warnings := c.readMap()
	if err := c.params.Err(); err != nil {
		return answer{}, err
	}
	image, err := c.maps.Draw(c.r.Context(), c.asked.Scope, m)
	if err != nil {
		return answer{}, err
	}
	document := ows.Document{Type: image.Type, Body: image.Body, CacheControl: c.config.CacheControl}
	return answer{Document: document, warnings: warnings, read: image.Read}, nil
}

// versions are those offered, the preferred one first.
func versions() []string { return []string{version130, version111, version110} }

// mapVersion is the version of a request about a map, which must be named (WMS 1.0 says WMTVER); the shorter and earlier
// spellings of the versions offered are taken too.
func mapVersion(params *ows.Params) string {
	if !params.Has("version") && params.Has("wmtver") {
		return version110
	}
	switch params.Get("version") {
	case "1.3":
		return version130
	case "1.1":
		return version111
	case "1.0", "1.0.0":
		return version110
	}
	return params.Version(versions()...)
}

// readMap reads the map that a request is about, with the warnings that go with default values.
func (c *call) readMap() (Map, []string) {
	p := c.params
	m := Map{
		CRS:         c.crs(),
		Width:       c.size("width", c.config.MaxWidth),
		Height:      c.size("height", c.config.MaxHeight),
		Format:      c.format(),
		Transparent: p.Bool("transparent", false),
		Background:  readColour(p),
		CQL:         p.Get("cql"),
		SortBy:      readSort(p),
		Variables:   readVariables(p),
	}
	m.Bounds = c.bounds(m.CRS)
	m.Transparent = m.Transparent && m.Format != JPEG
	m.Layers = c.layers()
	c.exceptions()
	return m, c.place(&m, readMoments(p), c.choice())
}

func (c *call) crsName() string {
	if c.version != version130 {
		return "srs"
	}
	return "crs"
}

func (c *call) crs() geo.CRS {
	name := c.crsName()
	value := c.params.Need(name)
	if value == "" {
		return 0
	}
	crs, err := geo.ParseCRS(value)
	if err != nil {
		c.params.Fail(fault.At(fault.Invalid, name, "%v", err))
	}
	return crs
}

// bounds reads BBOX, turning what 1.3.0 sends northing first.
func (c *call) bounds(crs geo.CRS) orb.Bound {
	if c.params.Need("bbox") == "" {
		return orb.Bound{}
	}
	box, ok := c.params.BBox("bbox")
	if !ok {
		return orb.Bound{}
	}
	if box.CRS != 0 {
		c.params.Fail(ows.Invalid("bbox", "a bounding box has four numbers here; its reference system is that of the map"))
	}
	for axis := range 2 {
		if box.Lower[axis] >= box.Upper[axis] {
			c.params.Fail(ows.Invalid("bbox", "the bounding box has its corners turned round or no extent: %g is not below %g", box.Lower[axis], box.Upper[axis]))
		}
	}
	if c.version == version130 && crs.LatLon() {
		box.Lower[0], box.Lower[1] = box.Lower[1], box.Lower[0]
		box.Upper[0], box.Upper[1] = box.Upper[1], box.Upper[0]
	}
	return orb.Bound{Min: box.Lower, Max: box.Upper}
}

func (c *call) size(name string, limit int) int {
	c.params.Need(name)
	return c.params.Int(name, 0, 1, limit)
}

// formatNames are further names of formats.
var formatNames = map[string]string{
	"image/png;mode=24bit": PNG, "image/png;mode=32bit": PNG, "image/png;mode=8bit": PNG, "image/png8": PNG, "image/jpg": JPEG,
	"png": PNG, "jpeg": JPEG, // of WMS 1.0
	"image/geotiff": "image/tiff", "image/tiff;application=geotiff": "image/tiff",
}

func (c *call) format() string {
	offered := c.config.Formats
	if c.pictures {
		offered = []string{PNG, JPEG}
	}
	value := c.params.Get("format")
	if value == "" {
		if !c.formatFree {
			c.params.Fail(ows.Missing("format"))
		}
		return ""
	}
	name := strings.ToLower(strings.ReplaceAll(value, " ", ""))
	if known, ok := formatNames[name]; ok {
		name = known
	}
	if !slices.Contains(offered, name) {
		c.params.Fail(InvalidFormat.At(fault.Invalid, "format", "the format %q is not offered, only %s", value, strings.Join(offered, ", ")))
		return ""
	}
	return name
}

var colourForm = regexp.MustCompile(`^(?i:0x|#)?([0-9A-Fa-f]{6})$`)

func readColour(p *ows.Params) color.RGBA {
	value := p.Get("bgcolor")
	if value == "" {
		value = "0xFFFFFF"
	}
	found := colourForm.FindStringSubmatch(value)
	if found == nil {
		p.Fail(ows.Invalid("bgcolor", "the colour %q is not of the form 0xRRGGBB", value))
		return color.RGBA{}
	}
	rgb, _ := strconv.ParseUint(found[1], 16, 32) // six hexadecimal digits, as just checked
	return color.RGBA{R: uint8(rgb >> 16), G: uint8(rgb >> 8), B: uint8(rgb), A: 255}
}

// layers reads LAYERS and STYLES. There is a style for every layer, possibly an empty one, or none at all.
func (c *call) layers() []Layer {
	c.params.Need("layers")
	names, styles := c.params.List("layers"), c.params.List("styles")
	if len(names) > c.config.LayerLimit {
		c.params.Fail(ows.Invalid("layers", "%d layers are asked for, at most %d can be drawn together", len(names), c.config.LayerLimit))
		return nil
	}
	named := slices.ContainsFunc(styles, func(s string) bool { return s != "" })
	if named && len(styles) != len(names) {
		c.params.Fail(StyleNotDefined.At(fault.Invalid, "styles", "%d styles are named for %d layers", len(styles), len(names)))
	}
	layers := make([]Layer, len(names))
	for i, name := range names {
		layers[i].Name = name
		if named && i < len(styles) {
			layers[i].Style = styles[i]
		}
	}
	return layers
}

// place finds the layers of a map and gives each what it is asked to show, with the warnings that go with default values.
func (c *call) place(m *Map, moments []moment, wanted choice) (warnings []string) {
	for i := range m.Layers {
		layer := &m.Layers[i]
		node, err := c.node(layer.Name)
		if err != nil {
			c.params.Fail(err)
			continue
		}
		c.styled(layer, node)
		c.choose(layer, node, wanted)
		for _, d := range defaultsOf(node) {
			if d.name == "time" && node.Seconds {
				continue // what is shown is not what is told
			}
			if text := d.defaulted(); !c.given(d.name, moments) && !slices.Contains(warnings, text) {
				warnings = append(warnings, text)
			}
		}
		if !node.Time.IsZero() {
			layer.Times = timesOf(moments, node)
		}
	}
	return warnings
}

// given tells whether a request says something of a dimension.
func (c *call) given(dimension string, moments []moment) bool {
	switch dimension {
	case "time":
		return len(moments) > 0
	case "elevation":
		return c.params.Has("elevation")
	}
	return c.params.Has("dim_bands") || c.params.Has("dim_wavelength") || c.params.Has("dim_wavelengths")
}

// node finds a layer, once for a request.
func (c *call) node(name string) (Node, error) {
	if node, ok := c.nodes[name]; ok {
		return node, nil
	}
	node, err := c.maps.Layer(c.r.Context(), c.asked.Scope, name)
	if err == nil {
		if c.nodes == nil {
			c.nodes = map[string]Node{}
		}
		c.nodes[name] = node
	}
	return node, err
}

// styled checks the style of a layer, and notes where the layer comes from.
func (c *call) styled(layer *Layer, node Node) {
	if layer.Style == defaultStyle {
		layer.Style = ""
	}
	if layer.Style != "" && !slices.ContainsFunc(node.Styles, func(s Style) bool { return s.Name == layer.Style }) {
		c.params.Fail(StyleNotDefined.At(fault.Invalid, "styles", "the layer %q has no style %q", layer.Name, layer.Style))
	}
	layer.Source = node.Source
}

// defaultStyle is the name under which the style of a layer is advertised that is asked for without one.
const defaultStyle = "default"

// timesOf are the intervals that the moments stand for at a layer.
func timesOf(moments []moment, node Node) []record.Interval {
	var times []record.Interval
	for _, m := range moments {
		times = append(times, m.at(node))
	}
	return times
}
