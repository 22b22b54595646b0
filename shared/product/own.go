package product

import (
	"encoding/json"
	"slices"
	"strings"

	"perigee/shared/record"
	"perigee/shared/stac"
)

// maxBrought bounds the browses that an item brings.
const maxBrought = 100

// virtualAsset is an asset that is made of others when it is asked for (virtual:assets, a member of the item).
type virtualAsset struct {
	Hrefs      []string        `json:"hrefs"` // #key of an asset, or of a band
	Href       json.RawMessage `json:"href"`  // the same, as some write it
	Expression *struct {
		Format     string `json:"format"`
		Expression string `json:"expression"`
	} `json:"processing:expression"`
	Bands []struct {
		NoData     *float64 `json:"nodata"`
		Statistics struct {
			Minimum *float64 `json:"minimum"`
			Maximum *float64 `json:"maximum"`
		} `json:"statistics"`
	} `json:"raster:bands"`
}

// itemBrowse is a way to look at an item (brow:browses, a property of the item).
type itemBrowse struct {
	Bands      []string  `json:"bands"`
	Range      []float64 `json:"range"`
	Expression string    `json:"expression"`
}

// own are the browses that an item itself says how to make (REG-30). One that nothing can be made of is left out: who wrote
// it did not write it for maps alone.
func own(item *stac.Item, coverages []record.Coverage) map[string]Browse {
	var said struct {
		Virtual    map[string]json.RawMessage `json:"virtual:assets"`
		Properties struct {
			Virtual map[string]json.RawMessage `json:"virtual:assets"`
			Browses map[string]json.RawMessage `json:"brow:browses"`
		} `json:"properties"`
	}
	if len(item.Raw) == 0 || json.Unmarshal(item.Raw, &said) != nil {
		return nil
	}
	all := map[string]Browse{}
	add := func(name string, b Browse, ok bool) {
		if ok && len(all) < maxBrought && name != "" && !strings.Contains(name, Separator) {
			all[name] = b
		}
	}
	m := material{coverages}
	for _, virtual := range []map[string]json.RawMessage{said.Properties.Virtual, said.Virtual} {
		for name, raw := range virtual {
			b, ok := m.virtual(raw)
			add(name, b, ok)
		}
	}
	for name, raw := range said.Properties.Browses {
		b, ok := m.browse(raw)
		add(name, b, ok)
	}
	return all
}

// material is what the browses of an item are made of.
type material struct{ coverages []record.Coverage }

// virtual is the browse of a virtual asset: an expression over its sources, or those themselves, one by one.
func (m material) virtual(raw []byte) (b Browse, ok bool) {
	var v virtualAsset
	if json.Unmarshal(raw, &v) != nil {
		return b, false
	}
	hrefs := v.Hrefs
	if hrefs == nil && json.Unmarshal(v.Href, &hrefs) != nil {
		var one string
		if json.Unmarshal(v.Href, &one) == nil {
			hrefs = []string{one}
		}
	}
	if v.Expression != nil {
		if v.Expression.Format == "rio-calc" { // is written the other way round
			return b, false
		}
		c, ok := m.channel(v.Expression.Expression)
		if len(v.Bands) > 0 && ok {
			v.over(c, 0)
		}
		return Browse{Grey: c}, ok
	}
	channels := make([]*Channel, 0, len(hrefs))
	for i, href := range hrefs {
		name, within := strings.CutPrefix(href, "#")
		c, ok := m.source(name)
		if !within || !ok {
			return b, false
		}
		v.over(c, i)
		channels = append(channels, c)
	}
	return browseOf(channels)
}

// over takes over what a virtual asset says of its band i.
func (v virtualAsset) over(c *Channel, i int) {
	if i >= len(v.Bands) {
		return
	}
	if low, high := v.Bands[i].Statistics.Minimum, v.Bands[i].Statistics.Maximum; low != nil && high != nil && *low < *high {
		c.Range = []float64{*low, *high}
	}
	if v.Bands[i].NoData != nil {
		c.NoData = v.Bands[i].NoData
	}
}

// browse is what an item's own browse looks like.
func (m material) browse(raw []byte) (b Browse, ok bool) {
	var said itemBrowse
	if json.Unmarshal(raw, &said) != nil {
		return b, false
	}
	expressions := said.Bands
	if len(expressions) == 0 {
		expressions = []string{said.Expression}
	}
	var channels []*Channel
	for _, e := range expressions {
		c, ok := m.channel(e)
		if !ok {
			return b, false
		}
		if len(said.Range) == 2 && said.Range[0] < said.Range[1] {
			c.Range = said.Range
		}
		channels = append(channels, c)
	}
	return browseOf(channels)
}

// source shows the first band of an asset, or the band of a name.
func (m material) source(name string) (*Channel, bool) {
	i := slices.IndexFunc(m.coverages, func(c record.Coverage) bool { return c.Asset == name && len(c.Bands) > 0 })
	if i >= 0 {
		name = m.coverages[i].Bands[0].Name
	}
	return m.channel(name)
}

// channel is an expression over the bands that there are. A band by itself is shown over the range of its values.
func (m material) channel(expression string) (*Channel, bool) {
	names := expressionNames(expression)
	if len(names) == 0 {
		return nil, false
	}
	for _, name := range names {
		c, b, ok := m.band(name)
		if !ok {
			return nil, false
		}
		if name == expression {
			return &Channel{Expression: name, Range: RangeOf(c.Grid.DataType, b), NoData: b.NoData}, true
		}
	}
	return &Channel{Expression: expression}, true
}

func (m material) band(name string) (record.Coverage, record.Band, bool) {
	for _, c := range m.coverages {
		if i := slices.IndexFunc(c.Bands, func(b record.Band) bool { return b.Name == name }); i >= 0 {
			return c, c.Bands[i], true
		}
	}
	return record.Coverage{}, record.Band{}, false
}

// browseOf is grey, red, green and blue, or these with alpha.
func browseOf(channels []*Channel) (b Browse, ok bool) {
	switch len(channels) {
	case 1:
		return Browse{Grey: channels[0]}, true
	case 3:
		return Browse{Red: channels[0], Green: channels[1], Blue: channels[2]}, true
	case 4:
		return Browse{Red: channels[0], Green: channels[1], Blue: channels[2], Alpha: channels[3]}, true
	}
	return b, false
}
