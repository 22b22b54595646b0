package main

import (
	"cmp"
	"context"
	"image"
	"net/url"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/ewkb"

	"perigee/shared/catalogue"
	"perigee/shared/ogcapi"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// legendSize is the size of the legends of colour ramps, as capabilities tell it.
var legendSize = image.Pt(180, 170)

// maxSelected bounds the products that a condition makes layers of.
const maxSelected = 100

// Layers is the tree of layers, or that of the products which a condition selects.
func (p *painter) Layers(ctx context.Context, sc scope.Scope, cql string) (wms.Tree, error) {
	where, err := conditionOf(cql, nil)
	if err != nil {
		return wms.Tree{}, err
	}
	known, err := p.views.of(ctx, sc)
	if err != nil {
		return wms.Tree{}, err
	}
	tree := wms.Tree{}
	if where == nil {
		if tree.Sequence, err = p.store.Sequence(ctx, sc); err != nil {
			return wms.Tree{}, err
		}
		for _, node := range known.nodes {
			tree.Nodes = append(tree.Nodes, known.advertised(node))
		}
		return tree, nil
	}
	found, err := p.store.Products(ctx, sc, catalogue.ProductQuery{Filter: where, Limit: maxSelected})
	for i := range found {
		tree.Nodes = append(tree.Nodes, known.selected(&found[i]))
	}
	return tree, err
}

// Layer finds a layer by its name.
func (p *painter) Layer(ctx context.Context, sc scope.Scope, name string) (wms.Node, error) {
	known, err := p.views.of(ctx, sc)
	if err != nil {
		return wms.Node{}, err
	}
	return p.layer(ctx, sc, known, name)
}

func (p *painter) layer(ctx context.Context, sc scope.Scope, known view, name string) (wms.Node, error) {
	found, err := p.find(ctx, sc, known, name)
	if err != nil {
		return wms.Node{}, err
	}
	if found.single != nil {
		return known.productNode(name, found), nil
	}
	node, ok := nodeNamed(known.nodes, name)
	if !ok {
		node, _ = nodeNamed(known.nodes, found.layer) // a look that the tree does not hold
		node.Name, node.Title = name, name
	}
	return known.collectionNode(node, found), nil
}

func nodeNamed(nodes []product.Node, name string) (product.Node, bool) {
	for _, node := range nodes {
		if node.Name == name {
			return node, true
		}
		if found, ok := nodeNamed(node.Children, name); ok {
			return found, true
		}
	}
	return product.Node{}, false
}

// advertised is a node of the catalogue's tree with all below it, and with the looks at it that are not in that tree.
func (v view) advertised(node product.Node) wms.Node {
	shown := v.productsNode(node)
	for _, child := range node.Children {
		shown.Children = append(shown.Children, v.advertised(child))
	}
	if node.ItemID != "" || node.Browse != "" {
		return shown
	}
	for _, look := range v.looks(node.Base) {
		below := node
		below.Name, below.Browse = node.Base+product.Separator+look.String(), look.String()
		below.Title = node.Title + " " + look.String()
		if _, there := nodeNamed(node.Children, below.Name); !there {
			shown.Children = append(shown.Children, v.collectionNode(below, subject{layer: node.Base, look: look}))
		}
	}
	return shown
}

// looks are the ways to look at a collection beside its browses.
func (v view) looks(collection string) []product.Look {
	looks := []product.Look{{Kind: product.LookOutlines}, {Kind: product.LookOutlined}}
	for _, mask := range v.products.Masks(collection) {
		looks = append(looks, product.Look{Kind: product.LookMask, Mask: mask}, product.Look{Kind: product.LookPicture, Mask: mask}, product.Look{Kind: product.LookOutlines, Mask: mask})
	}
	return append(looks, product.Look{Kind: product.LookHeatmap})
}

// productsNode is a node of the catalogue's tree by itself.
func (v view) productsNode(node product.Node) wms.Node {
	if node.ItemID != "" {
		shown := v.plainNode(node)
		shown.Source = nil // found when it is asked for
		shown.Metadata = modelLink("products", node.ItemID)
		return shown
	}
	look, _ := product.ParseLook(node.Browse, v.products.Browses(node.Base), v.products.Masks(node.Base))
	return v.collectionNode(node, subject{layer: node.Base, look: look})
}

func (v view) plainNode(node product.Node) wms.Node {
	return wms.Node{Name: node.Name, Title: node.Title, Abstract: node.Abstract, Bounds: node.Bounds, Time: node.Time, Dates: node.Dates, Seconds: v.seconds}
}

// collectionNode is a look at a collection.
func (v view) collectionNode(node product.Node, s subject) wms.Node {
	shown := v.plainNode(node)
	shown.Source, shown.Keywords, shown.Elevations = s, []string{node.Base}, v.heights.of[node.Base]
	shown.Metadata = modelLink("collections", node.Base)
	kinds := v.kinds(node.Base)
	shown.Styles = stylesOf(s.look, kinds)
	for _, name := range node.Styles { // what the configuration calls a style of this layer
		if name != "" && name != "default" && !slices.ContainsFunc(shown.Styles, func(s wms.Style) bool { return s.Name == name }) {
			shown.Styles = append(shown.Styles, wms.Style{Name: name})
		}
	}
	shown.Unqueryable = s.look.Kind == product.LookHeatmap || s.look.Kind == product.LookMask
	if len(kinds) > 0 && s.look == (product.Look{Kind: product.LookPicture}) {
		shown.Bands = v.bandsOf(kinds)
		shown.Shown = plainBands(kinds[0], shown.Bands)
	}
	return shown
}

// kinds are the product types of a collection.
func (v view) kinds(collection string) []product.Type {
	var kinds []product.Type
	for _, t := range v.products.ProductTypes {
		if slices.Contains(t.Collections, collection) {
			kinds = append(kinds, t)
		}
	}
	return kinds
}

// stylesOf lists the styles of a look: ramps for what has one channel, colours for what is drawn in one.
func stylesOf(look product.Look, kinds []product.Type) []wms.Style {
	var styles []wms.Style
	if look.Kind == product.LookOutlines || look.Kind == product.LookMask || look.Kind == product.LookOutlined {
		for _, name := range raster.ColourNames() {
			styles = append(styles, wms.Style{Name: name})
		}
	}
	ramps := look.Kind == product.LookHeatmap
	if look.Kind == product.LookPicture || look.Kind == product.LookOutlined {
		for _, kind := range kinds {
			if b, ok := browseNamed(kind, look.Browse); ok && oneChannel(b) {
				ramps, styles = true, append(styles, ownStyles(b)...)
			}
		}
	}
	if ramps {
		for _, name := range raster.StyleNames() {
			styles = append(styles, wms.Style{Name: name, Legend: legendSize})
		}
	}
	return styles
}

// ownStyles are the styles of a browse that others do not have.
func ownStyles(b product.Browse) []wms.Style {
	var styles []wms.Style
	for _, s := range b.Styles {
		styles = append(styles, wms.Style{Name: s.Name, Title: s.Title, Legend: legendSize})
	}
	return styles
}

// styleNamed is a style of a browse: one of its own, or one that all have; without a name its first, if it has any.
func styleNamed(b product.Browse, name string) (raster.Style, bool) {
	for _, s := range b.Styles {
		if s.Name == name || name == "" {
			return rasterStyle(s), true
		}
	}
	return raster.StyleNamed(name)
}

func rasterStyle(s product.Style) raster.Style {
	style := raster.Style{Name: s.Name, Title: s.Title, Kind: raster.StyleKind(s.Type), Range: s.Range}
	for _, stop := range s.Stops {
		colour, _ := raster.ColourNamed(stop.Color) // black for what is no colour
		if stop.Opacity != nil {
			colour.A = uint8(*stop.Opacity*255 + .5)
		}
		style.Stops = append(style.Stops, raster.Stop{At: stop.Value, Until: stop.Until, Colour: colour, Label: stop.Label})
	}
	return style
}

// browseNamed finds a browse of a product type, the default one without a name.
func browseNamed(t product.Type, name string) (product.Browse, bool) {
	if name == "" {
		if names := t.BrowseNames(); len(names) > 0 {
			name = names[0]
		}
	}
	b, ok := t.Browses[name]
	return b, ok
}

func oneChannel(b product.Browse) bool {
	return b.Grey != nil || b.Red != nil && b.Green == nil && b.Blue == nil
}

// bandsOf lists the bands of product types, each once.
func (v view) bandsOf(kinds []product.Type) []wms.Band {
	var bands []wms.Band
	for _, coverage := range v.products.CoverageTypes {
		if !slices.ContainsFunc(kinds, func(t product.Type) bool { _, has := t.Coverages[coverage.Name]; return has }) {
			continue
		}
		for _, b := range coverage.Bands {
			if !slices.ContainsFunc(bands, func(o wms.Band) bool { return o.Name == b.Identifier }) {
				bands = append(bands, wms.Band{Name: b.Identifier, Wavelength: b.Wavelength})
			}
		}
	}
	slices.SortStableFunc(bands, func(a, b wms.Band) int { return cmp.Compare(a.Wavelength, b.Wavelength) })
	return bands
}

// plainBands are the bands of the default browse, when it shows bands as they are; none else.
func plainBands(t product.Type, bands []wms.Band) []string {
	b, ok := browseNamed(t, "")
	channels := []*product.Channel{b.Red, b.Green, b.Blue}
	if oneChannel(b) {
		channels = []*product.Channel{b.Grey}
		if b.Grey == nil {
			channels[0] = b.Red
		}
	}
	var names []string
	for _, c := range channels {
		if !ok || c == nil || !slices.ContainsFunc(bands, func(o wms.Band) bool { return o.Name == c.Expression }) {
			return nil
		}
		names = append(names, c.Expression)
	}
	return names
}

// selected is a product as a layer, with a layer below for each way to look at it, and for each of its coverages.
func (v view) selected(one *record.Product) wms.Node {
	kind := typeOf(v.products.Config, *one)
	node := v.productNode(one.ID, subject{single: one, look: product.Look{Kind: product.LookPicture}})
	looks := []product.Look{}
	for _, name := range kind.BrowseNames() {
		looks = append(looks, product.Look{Kind: product.LookPicture, Browse: name})
	}
	looks = append(looks, product.Look{Kind: product.LookOutlines}, product.Look{Kind: product.LookOutlined})
	for _, mask := range kind.MaskNames() {
		looks = append(looks, product.Look{Kind: product.LookMask, Mask: mask}, product.Look{Kind: product.LookPicture, Mask: mask}, product.Look{Kind: product.LookOutlines, Mask: mask})
	}
	for _, look := range looks {
		node.Children = append(node.Children, v.productNode(one.ID+product.Separator+look.String(), subject{single: one, look: look}))
	}
	for _, coverage := range one.Coverages {
		node.Children = append(node.Children, v.productNode(one.ID+"_"+coverage.Asset, subject{single: one, asset: coverage.Asset, look: product.Look{Kind: product.LookPicture}}))
	}
	return node
}

// productNode is a look at a single product.
func (v view) productNode(name string, s subject) wms.Node {
	kind := typeOf(v.products.Config, *s.single)
	node := wms.Node{
		Name: name, Title: name, Bounds: boundsOf(*s.single), Time: s.single.Time, Keywords: []string{s.single.Collection},
		Styles: stylesOf(s.look, []product.Type{kind}), Unqueryable: s.look.Kind == product.LookMask, Source: s,
	}
	node.Metadata = wms.Link{Path: documentPath(s.single.Key), Type: "application/geo+json"}
	switch {
	case s.asset != "":
		coverage, _ := coverageOf(s.single, s.asset)
		browse := coverageBrowse(coverage)
		node.Styles = stylesOf(s.look, []product.Type{{Browses: map[string]product.Browse{"": browse}}})
		for i := range node.Styles { // whose legends would be most of the document
			node.Styles[i].Legend = image.Point{}
		}
		node.Bands, node.Shown = v.coverageBands(coverage), channelNames(browse)
	case s.look == product.Look{Kind: product.LookPicture}:
		for _, coverage := range s.single.Coverages {
			node.Bands = append(node.Bands, v.coverageBands(coverage)...)
		}
		node.Shown = plainBands(kind, node.Bands)
	}
	return node
}

// modelLink leads to what the data model tells of a collection or product.
func modelLink(kind, id string) wms.Link {
	return wms.Link{Path: ogcapi.Href(adminRoot, kind, id) + "?f=json", Type: ogcapi.MediaTypeJSON}
}

// documentPath is where the document of an item is found.
func documentPath(key record.Key) string {
	return "/stac/collections/" + url.PathEscape(key.Collection) + "/items/" + url.PathEscape(key.ID)
}

func channelNames(b product.Browse) []string {
	var names []string
	for _, c := range []*product.Channel{b.Grey, b.Red, b.Green, b.Blue} {
		if c != nil {
			names = append(names, c.Expression)
		}
	}
	return names
}

// coverageBands are the bands of a file, with the wavelengths of its coverage type.
func (v view) coverageBands(coverage record.Coverage) []wms.Band {
	kind, _ := v.products.CoverageTypeNamed(coverage.Type)
	var bands []wms.Band
	for _, b := range coverage.Bands {
		band := wms.Band{Name: b.Name}
		if i := slices.IndexFunc(kind.Bands, func(o product.Band) bool { return o.Identifier == b.Name }); i >= 0 {
			band.Wavelength = kind.Bands[i].Wavelength
		}
		bands = append(bands, band)
	}
	return bands
}

// boundsOf is the extent of a product; none when its footprint cannot be read.
func boundsOf(one record.Product) orb.Bound {
	if footprint := footprintOf(one); footprint != nil {
		return footprint.Bound()
	}
	return orb.Bound{}
}

func footprintOf(one record.Product) orb.Geometry {
	footprint, _, err := ewkb.Unmarshal(one.Footprint)
	if err != nil {
		return nil
	}
	return footprint
}
