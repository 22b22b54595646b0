package main

import (
	"slices"

	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/wms"
)

// browse is how the picture of a product is made: its browse, or the bands that are asked for, over the ranges that are.
func (l look) browse(one record.Product) (product.Browse, bool) {
	var browse product.Browse
	ok := true
	if l.subject.asset != "" {
		coverage, _ := coverageOf(&one, l.subject.asset)
		browse = coverageBrowse(coverage)
	} else {
		browse, ok = l.known.products.BrowseOf(one, l.subject.look.Browse)
	}
	if len(l.layer.Bands) > 0 {
		browse, ok = bandBrowse(l.layer.Bands, typeOf(l.known.products.Config, one), one), true
	}
	return ranged(browse, l.layer.Ranges), ok
}

// coverageBrowse shows a file as it is: its red, green and blue, or the first three bands, or the first one.
func coverageBrowse(c record.Coverage) product.Browse {
	channel := func(b record.Band) *product.Channel { return bandChannel(c, b) }
	named := func(common string) int {
		return slices.IndexFunc(c.Bands, func(b record.Band) bool { return b.CommonName == common })
	}
	red, green, blue := named("red"), named("green"), named("blue")
	switch {
	case len(c.Bands) == 0:
		return product.Browse{Asset: c.Asset}
	case red >= 0 && green >= 0 && blue >= 0:
		return product.Browse{Red: channel(c.Bands[red]), Green: channel(c.Bands[green]), Blue: channel(c.Bands[blue])}
	case len(c.Bands) >= 3:
		return product.Browse{Red: channel(c.Bands[0]), Green: channel(c.Bands[1]), Blue: channel(c.Bands[2])}
	}
	return product.Browse{Grey: channel(c.Bands[0])}
}

// bandChannel shows a band over the range of its values.
func bandChannel(c record.Coverage, b record.Band) *product.Channel {
	return &product.Channel{Expression: b.Name, Range: product.RangeOf(c.Grid.DataType, b), NoData: b.NoData}
}

// bandBrowse shows bands of a product as they are, each over the range that a browse of the product type gives it, or
// else that of its values.
func bandBrowse(bands []string, t product.Type, one record.Product) product.Browse {
	channels := make([]*product.Channel, 4)
	for i, name := range bands {
		channels[i] = &product.Channel{Expression: name}
		for _, c := range one.Coverages {
			if at := slices.IndexFunc(c.Bands, func(b record.Band) bool { return b.Name == name }); at >= 0 {
				channels[i] = bandChannel(c, c.Bands[at])
				break
			}
		}
		if known := channelOf(t, name); known != nil {
			channels[i] = known
		}
	}
	if len(bands) == 1 {
		return product.Browse{Grey: channels[0]}
	}
	return product.Browse{Red: channels[0], Green: channels[1], Blue: channels[2], Alpha: channels[3]}
}

// channelOf finds a channel of a product type's browses that shows a band as it is.
func channelOf(t product.Type, band string) *product.Channel {
	for _, name := range t.BrowseNames() {
		b := t.Browses[name]
		for _, c := range []*product.Channel{b.Red, b.Green, b.Blue, b.Grey} {
			if c != nil && c.Expression == band {
				return c
			}
		}
	}
	return nil
}

// ranged is a browse over other ranges: one for all colours, or one for each.
func ranged(b product.Browse, ranges []wms.Range) product.Browse {
	if len(ranges) == 0 {
		return b
	}
	at := 0
	over := func(c *product.Channel) *product.Channel {
		if c == nil {
			return nil
		}
		r := ranges[min(at, len(ranges)-1)]
		if len(ranges) > 1 && at >= len(ranges) {
			return c // the last ones keep their own
		}
		at++
		other := *c
		other.Range = []float64{r.Low, r.High}
		return &other
	}
	b.Grey, b.Red, b.Green, b.Blue = over(b.Grey), over(b.Red), over(b.Green), over(b.Blue)
	if len(ranges) == 4 {
		b.Alpha = over(b.Alpha)
	}
	return b
}
