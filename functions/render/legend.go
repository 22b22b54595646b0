package main

import (
	"context"
	"image/color"

	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// Legend draws the legend of a layer: the ramp of what has one channel, else a class for each colour.
func (p *painter) Legend(ctx context.Context, sc scope.Scope, l wms.Legend) (wms.Image, error) {
	known, err := p.views.of(ctx, sc)
	if err != nil {
		return wms.Image{}, late(ctx, err)
	}
	found, err := p.subjectOf(ctx, sc, known, l.Layer)
	if err != nil {
		return wms.Image{}, late(ctx, err)
	}
	legend := known.legend(found, l.Layer)
	legend.Width, legend.Height = l.Width, l.Height
	if !l.Transparent {
		legend.Background = &l.Background
	}
	body, err := legend.Draw().Encode(l.Format, l.Background)
	return wms.Image{Type: l.Format, Body: body}, err
}

func (v view) legend(s subject, layer wms.Layer) raster.Legend {
	legend := raster.Legend{Title: layer.Name}
	style, ramp := raster.StyleNamed(layer.Style)
	if !ramp {
		style, _ = raster.StyleNamed("blackwhite")
	}
	colour, named := raster.ColourNamed(layer.Style)
	if !named {
		colour, _ = raster.ColourNamed("red")
	}
	switch s.look.Kind {
	case product.LookHeatmap:
		legend.Style, legend.Range = &style, heatRange[:]
		if len(layer.Ranges) > 0 {
			legend.Range = []float64{layer.Ranges[0].Low, layer.Ranges[0].High}
		}
		return legend
	case product.LookOutlines, product.LookMask:
		legend.Classes = []raster.Class{{Label: s.look.String(), Colour: colour}}
		return legend
	}
	browse := ranged(v.browseOf(s), layer.Ranges)
	if channel := only(browse); channel != nil {
		if own, ok := styleNamed(browse, layer.Style); ok {
			style = own
		}
		legend.Style, legend.Range = &style, channel.Range
	} else {
		legend.Classes = channelClasses(browse)
	}
	if s.look.Kind == product.LookOutlined {
		legend.Classes = append(legend.Classes, raster.Class{Label: "outline", Colour: colour})
	}
	return legend
}

// browseOf is the browse of a subject: of the first product type, where a collection has several.
func (v view) browseOf(s subject) product.Browse {
	if s.single != nil && s.asset != "" {
		coverage, _ := coverageOf(s.single, s.asset)
		return coverageBrowse(coverage)
	}
	kinds := v.kinds(s.layer)
	if s.single != nil {
		kinds = []product.Type{typeOf(v.products.Config, *s.single)}
	}
	for _, kind := range kinds {
		if b, ok := browseNamed(kind, s.look.Browse); ok {
			return b
		}
	}
	return product.Browse{}
}

// only is the one channel of a browse; nil for one of several.
func only(b product.Browse) *product.Channel {
	switch {
	case b.Grey != nil:
		return b.Grey
	case oneChannel(b):
		return b.Red
	}
	return nil
}

// channelClasses say which expression is shown in which colour.
func channelClasses(b product.Browse) []raster.Class {
	var classes []raster.Class
	for _, c := range []struct {
		channel *product.Channel
		colour  color.NRGBA
	}{{b.Red, color.NRGBA{255, 0, 0, 255}}, {b.Green, color.NRGBA{0, 255, 0, 255}}, {b.Blue, color.NRGBA{0, 0, 255, 255}}} {
		if c.channel != nil {
			classes = append(classes, raster.Class{Label: c.channel.Expression, Colour: c.colour})
		}
	}
	return classes
}
