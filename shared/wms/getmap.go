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
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/trace"
)

// The parameters of GetMap are those of 06-042 table 8 and 01-068r3 table 8; the older version names the CRS differently
// and takes every bounding box easting first.

// getMap answers GetMap.
func (c *call) getMap() (answer, error) {
	trace.Name(c.r.Context(), "GetMap")
	c.version = mapVersion(c.params)
	m, moments := c.readMap()
	nodes, err := c.maps.Layers(c.r.Context(), c.asked.Scope, "")
	c.params.Fail(err)
	warning := c.place(&m, moments, nodes)
	if err := c.params.Err(); err != nil {
		return answer{}, err
	}
	image, err := c.maps.Draw(c.r.Context(), c.asked.Scope, m)
	if err != nil {
		return answer{}, err
	}
	document := ows.Document{Type: image.Type, Body: image.Body, CacheControl: c.config.CacheControl}
	return answer{Document: document, warning: warning}, nil
}

// mapVersion is the version of a GetMap request, which must be named (WMS 1.0 says WMTVER); the shorter and earlier
// spellings of the versions offered are taken too.
func mapVersion(params *ows.Params) string {
	if !params.Has("version") && params.Has("wmtver") {
		return version111
	}
	switch params.Get("version") {
	case "1.3":
		return version130
	case "1.1", "1.1.0":
		return version111
	}
	return params.Version(version130, version111)
}

// readMap reads everything but what depends on the layers that there are.
func (c *call) readMap() (Map, []moment) {
	p := c.params
	m := Map{
		CRS:         c.crs(),
		Width:       c.size("width", c.config.MaxWidth),
		Height:      c.size("height", c.config.MaxHeight),
		Format:      c.format(),
		Transparent: p.Bool("transparent", false),
		Background:  readColour(p),
	}
	m.Bounds = c.bounds(m.CRS)
	m.Transparent = m.Transparent && m.Format == PNG
	m.Layers = c.layers()
	c.exceptions()
	return m, readMoments(p)
}

func (c *call) crsName() string {
	if c.version == version111 {
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

func (c *call) format() string {
	switch value := c.params.Need("format"); strings.ToLower(strings.ReplaceAll(value, " ", "")) {
	case PNG, "image/png;mode=24bit", "image/png;mode=32bit":
		return PNG
	case JPEG, "image/jpg":
		return JPEG
	case "":
	default:
		c.params.Fail(InvalidFormat.At(fault.Invalid, "format", "the format %q is not offered, only %s and %s", value, PNG, JPEG))
	}
	return ""
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

// place checks the layers against those that there are and gives each its times, with the warning that goes with a
// default value. A layer that is not advertised may be an item of a collection: drawing it will tell.
func (c *call) place(m *Map, moments []moment, nodes []product.Node) (warning string) {
	for i := range m.Layers {
		layer := &m.Layers[i]
		node, advertised := find(nodes, layer.Name)
		if !hasStyle(node, layer.Style) {
			c.params.Fail(StyleNotDefined.At(fault.Invalid, "styles", "the layer %q has no style %q", layer.Name, layer.Style))
		}
		if layer.Style == defaultStyle {
			layer.Style = ""
		}
		if advertised && len(moments) == 0 && !node.Time.IsZero() {
			warning = "99 Default value used: time=" + defaultTime(node) + " ISO8601"
		}
		if !advertised || !node.Time.IsZero() {
			layer.Times = timesOf(moments, node)
		}
	}
	return warning
}

// defaultStyle is the name under which the style of a layer is advertised that is asked for without one.
const defaultStyle = "default"

func hasStyle(node product.Node, style string) bool {
	return style == "" || style == defaultStyle || slices.Contains(node.Styles, style)
}

func find(nodes []product.Node, name string) (product.Node, bool) {
	for _, node := range nodes {
		if node.Name == name {
			return node, true
		}
		if found, ok := find(node.Children, name); ok {
			return found, true
		}
	}
	return product.Node{}, false
}

// timesOf are the intervals that the moments stand for at a layer.
func timesOf(moments []moment, node product.Node) []record.Interval {
	var times []record.Interval
	for _, m := range moments {
		times = append(times, m.at(node))
	}
	return times
}
