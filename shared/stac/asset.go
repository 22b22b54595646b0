package stac

import (
	"iter"
	"math"
	"strings"

	"perigee/shared/geo"
)

const maxBands = 2000 // of one asset; hyperspectral instruments have hundreds

// assets reads the assets in the order of the document.
func assets(all object, properties object) []Asset {
	var out []Asset
	common := &commonBands{list: properties.get("eo:bands")}
	for _, key := range all.names {
		o := all.fields[key].open()
		a := Asset{
			Key:  key,
			Href: o.get("href").required(), Type: o.get("type").text(), Title: o.get("title").text(),
			Roles:  o.get("roles").texts(100),
			Bands:  bands(o, common),
			EPSG:   epsg(o, properties),
			Within: o.get("archive:href").text(), Packed: o.get("archive:type").text(),
		}
		a.Shape = shape(either(o, properties, "proj:shape"))
		a.Transform = transform(either(o, properties, "proj:transform"))
		out = append(out, a)
	}
	return out
}

// either is the field of the asset, else of the item's properties.
func either(asset, properties object, name string) node {
	if n := asset.get(name); !n.absent() {
		return n
	}
	return properties.get(name)
}

// epsg reads proj:code (projection 2.0), else proj:epsg; 0 when neither names an EPSG system.
func epsg(asset, properties object) int {
	for _, o := range []object{asset, properties} {
		if code := o.get("proj:code"); !code.absent() {
			crs, err := geo.ParseCRS(code.text())
			if err != nil {
				return 0 // of another authority
			}
			return crs.EPSG()
		}
		if n := o.get("proj:epsg"); !n.absent() {
			return n.whole()
		}
	}
	return 0
}

func shape(n node) []int {
	var size []int
	for _, e := range n.list(3) {
		size = append(size, e.whole())
	}
	if size != nil && (len(size) != 2 || size[0] <= 0 || size[1] <= 0) {
		n.fail("is not a number of rows and of columns")
		return nil
	}
	return size
}

// transform is the affine transform's first six coefficients; the last row of a 3x3 matrix says nothing.
func transform(n node) []float64 {
	t := n.numbers(9)
	switch len(t) {
	case 0:
		return nil
	case 6, 9:
		return t[:6]
	}
	n.fail("has %d coefficients, not 6 or 9", len(t))
	return nil
}

// bands merges what STAC 1.1's bands, eo:bands and raster:bands say of the bands, one by one. Fields that stand on
// the asset itself (STAC 1.1) hold for each band that has none of its own.
func bands(asset object, common *commonBands) []Band {
	var all []Band
	for _, source := range []struct {
		name string
		read func(*Band, node)
	}{{"bands", coreBand}, {"eo:bands", func(b *Band, n node) { eoBand(b, n, common) }}, {"raster:bands", rasterBand}} {
		for i, n := range oneOrMany(asset.get(source.name)) {
			if i == len(all) {
				all = append(all, Band{})
			}
			source.read(&all[i], n)
		}
	}
	var own Band
	rasterFields(&own, asset)
	if all == nil && (own.DataType != "" || own.NoData != nil) {
		return []Band{own}
	}
	for i := range all {
		inherit(&all[i], own)
	}
	return all
}

// oneOrMany takes a band that stands where an array of bands should for that array.
func oneOrMany(n node) iter.Seq2[int, node] {
	if n.kind() == "an object" {
		return func(yield func(int, node) bool) { yield(0, n) }
	}
	return n.list(maxBands)
}

func coreBand(b *Band, n node) {
	o := n.open()
	b.Name = o.get("name").text()
	b.CommonName = o.get("eo:common_name").text()
	rasterFields(b, o)
}

func rasterBand(b *Band, n node) { rasterFields(b, n.open()) }

// commonBands are the item's eo:bands, to which assets referred by index before STAC 1.0. Each is read once, because a
// document has room for very many references.
type commonBands struct {
	list  node
	nodes []node
	bands map[int]Band
}

func (c *commonBands) at(i int) Band {
	if c.bands == nil {
		c.bands = map[int]Band{}
		for _, n := range c.list.list(maxBands) {
			c.nodes = append(c.nodes, n)
		}
	}
	b, read := c.bands[i]
	if !read && i >= 0 && i < len(c.nodes) && c.nodes[i].kind() == "an object" {
		b = namedBand(c.nodes[i].open())
		c.bands[i] = b
	}
	return b
}

// eoBand reads a band of eo:bands. Before STAC 1.0 it could be a name, or an index into the item's eo:bands.
func eoBand(b *Band, n node, common *commonBands) {
	switch n.kind() {
	case "a string":
		b.Name = n.text()
	case "a number":
		b.named(common.at(n.whole()))
	default:
		b.named(namedBand(n.open()))
	}
}

func namedBand(o object) Band {
	return Band{Name: o.get("name").text(), CommonName: o.get("common_name").text()}
}

// named takes the names of another band where it has none.
func (b *Band) named(from Band) {
	fill(&b.Name, from.Name)
	fill(&b.CommonName, from.CommonName)
}

func rasterFields(b *Band, o object) {
	fill(&b.DataType, o.get("data_type").text())
	if v := noData(o.first("nodata", "raster:nodata")); v != nil {
		b.NoData = v
	}
	if v := o.first("raster:scale", "scale").number(); v != nil {
		b.Scale = *v
	}
	if v := o.first("raster:offset", "offset").number(); v != nil {
		b.Offset = *v
	}
	statistics := o.first("statistics", "raster:statistics")
	if statistics.kind() != "an object" {
		return
	}
	s := statistics.open()
	if v := s.get("minimum").number(); v != nil {
		b.Minimum = v
	}
	if v := s.get("maximum").number(); v != nil {
		b.Maximum = v
	}
}

// noData reads the value that stands for no data. "nan" needs none: not-a-number never counts as data; an infinite one
// cannot be told apart from it by what draws.
func noData(n node) *float64 {
	if n.kind() != "a string" {
		return n.number()
	}
	switch strings.ToLower(n.text()) {
	case "nan", "inf", "-inf":
		return nil
	}
	n.fail("is %q, which is neither a number nor nan, inf or -inf", n.text())
	return nil
}

func inherit(b *Band, from Band) {
	fill(&b.DataType, from.DataType)
	if b.NoData == nil {
		b.NoData = from.NoData
	}
	if b.Minimum == nil && b.Maximum == nil {
		b.Minimum, b.Maximum = from.Minimum, from.Maximum
	}
	if b.Scale == 0 && b.Offset == 0 {
		b.Scale, b.Offset = from.Scale, from.Offset
	}
}

func fill(to *string, from string) {
	if *to == "" {
		*to = from
	}
}

// Size gives the asset's raster size in pixels; ok is false when the document does not say.
func (a Asset) Size() (width, height int, ok bool) {
	if len(a.Shape) != 2 {
		return 0, 0, false
	}
	return a.Shape[1], a.Shape[0], true
}

// Grid is the raster grid that the proj extension describes; ok is false when it does not describe one whole.
func (a Asset) Grid() (g geo.Grid, ok bool) {
	width, height, ok := a.Size()
	if !ok || len(a.Transform) != 6 || a.EPSG == 0 {
		return geo.Grid{}, false
	}
	t := a.Transform
	g = geo.Grid{CRS: geo.CRS(a.EPSG), Transform: [6]float64{t[2], t[0], t[1], t[5], t[3], t[4]}, Width: width, Height: height, Bands: len(a.Bands)}
	return g, g.Valid() && !math.IsNaN(g.Bounds().Min[0])
}
