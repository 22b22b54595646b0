package wms

import (
	"net/url"
	"strconv"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/trace"
)

// legendQuery is a request for the legend of a style, as capabilities link to it.
func legendQuery(layer string, s Style) string {
	return url.Values{
		"SERVICE": {"WMS"}, "VERSION": {version130}, "REQUEST": {"GetLegendGraphic"}, "SLD_VERSION": {"1.1.0"}, "FORMAT": {PNG},
		"LAYER": {layer}, "STYLE": {s.Name}, "WIDTH": {strconv.Itoa(s.Legend.X)}, "HEIGHT": {strconv.Itoa(s.Legend.Y)},
	}.Encode()
}

// maxLegend bounds the width and the height of a legend in pixels.
const maxLegend = 2048

// getLegendGraphic answers GetLegendGraphic (Styled Layer Descriptor profile, 05-078r4 table 3). Styles are those of the
// layer; none can be sent.
func (c *call) getLegendGraphic() (answer, error) {
	trace.Name(c.r.Context(), "GetLegendGraphic")
	p := c.params
	c.version = ows.NegotiateOld(p.Get("version"), versions()...)
	c.pictures = true
	l := Legend{
		Layer: Layer{Name: p.Need("layer"), Style: p.Get("style"), Ranges: readRanges(p)}, Format: c.format(),
		Width: p.Int("width", 0, 1, maxLegend), Height: p.Int("height", 0, 1, maxLegend),
		Transparent: p.Bool("transparent", false), Background: readColour(p),
	}
	for _, name := range []string{"sld", "sld_body", "rule", "featuretype"} {
		if p.Get(name) != "" {
			p.Fail(ows.OptionNotSupported.At(fault.Unsupported, name, "%s is not taken here: the styles are those of the capabilities", name))
		}
	}
	l.Transparent = l.Transparent && l.Format != JPEG
	c.exceptions()
	if l.Layer.Name != "" {
		node, err := c.node(l.Layer.Name)
		p.Fail(err)
		if err == nil {
			c.styled(&l.Layer, node)
		}
	}
	if err := p.Err(); err != nil {
		return answer{}, err
	}
	image, err := c.maps.Legend(c.r.Context(), c.asked.Scope, l)
	return answer{Document: ows.Document{Type: image.Type, Body: image.Body, CacheControl: c.config.CacheControl}}, err
}
