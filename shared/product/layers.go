package product

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/record"
)

// Separator stands between the name of a layer and what of it is shown: S2L2A__NDVI (RND-03).
const Separator = "__"

// Node is a layer as services advertise it: a collection or an item that stands alone, and one below it for each way
// of looking at it.
type Node struct {
	Name     string
	Title    string
	Abstract string
	Bounds   orb.Bound // CRS84; the zero Bound when there is nothing to show yet
	Time     record.Interval
	Dates    []time.Time // distinct days with data, newest first, bounded
	Base     string      // the layer of the store that it shows
	ItemID   string      // set for an item that stands alone
	Browse   string      // what of it is shown, as ParseLook reads it; empty for the default browse
	Grids    []LayerGrid // where it is cached, and down to which level
	Styles   []string
	Children []Node
}

// Target is what a layer's name stands for.
type Target struct {
	Base   string // the layer of the store
	ItemID string // set for an item that stands alone
	Browse string // what of it is shown, as ParseLook reads it; empty for the default browse
}

// Split takes the name of a layer apart at the first separator: what is shown, and how.
func Split(name string) (base, browse string) {
	base, browse, _ = strings.Cut(name, Separator)
	return base, browse
}

// DefaultGrids are the grids of a layer for which the configuration names none.
func DefaultGrids() []LayerGrid {
	return []LayerGrid{{Name: grid.WGS84.ID, Zoom: 13}, {Name: grid.GoogleMapsCompatible.ID, Zoom: 14}}
}

// LayerTree lists what can be drawn: the configured layers in their order, then the collections that have data but no
// layer configured, then the items that stand alone. Layers whose suffix is no look at their collection are left out.
func (c Config) LayerTree(extents []record.Extent) []Node {
	b := tree{config: c, extents: map[string]record.Extent{}}
	for _, e := range extents {
		if e.Collection != "" {
			b.extents[e.Collection] = e
		}
	}
	for _, l := range c.Layers {
		base, _ := Split(l.ID)
		b.collection(base)
	}
	for _, e := range extents {
		b.collection(e.Collection)
	}
	nodes := b.assemble("")
	for _, e := range extents {
		if e.Collection == "" && e.ID != "" {
			nodes = append(nodes, itemNode(e))
		}
	}
	return nodes
}

// tree collects nodes with the names of their parents before they are put together.
type tree struct {
	config  Config
	extents map[string]record.Extent
	nodes   []Node
	parents []string
}

// collection adds the nodes of a configured collection, once.
func (b *tree) collection(id string) {
	if _, ok := b.config.Collections[id]; !ok || b.has(id) {
		return
	}
	node := Node{Name: id, Title: id, Base: id, Grids: DefaultGrids(), Styles: []string{"default"}}
	if e, ok := b.extents[id]; ok {
		node.Bounds, node.Time, node.Dates = e.Bounds, e.Time, e.Dates
		if e.Title != "" {
			node.Title = e.Title
		}
	}
	node = b.add(node, "")
	for _, name := range b.config.browseNames(id) {
		shown := node
		shown.Name, shown.Title, shown.Browse = id+Separator+name, node.Title+" "+name, name
		b.add(shown, id)
	}
	for _, l := range b.config.Layers { // looks that are layers because they are configured as such
		base, look := Split(l.ID)
		if _, ok := ParseLook(look, nil, b.config.Masks(id)); base != id || look == "" || !ok || b.has(l.ID) {
			continue
		}
		shown := node
		shown.Name, shown.Title, shown.Browse = l.ID, node.Title+" "+look, look
		b.add(shown, id)
	}
}

// add lets the configuration of the layer have its say, and remembers the node under its parent.
func (b *tree) add(node Node, parent string) Node {
	if i := slices.IndexFunc(b.config.Layers, func(l Layer) bool { return l.ID == node.Name }); i >= 0 {
		l := b.config.Layers[i]
		node.Title, node.Abstract = cmp.Or(l.Title, node.Title), cmp.Or(l.Abstract, node.Abstract)
		if len(l.Grids) > 0 {
			node.Grids = l.Grids
		}
		if l.Style != "" {
			node.Styles = []string{l.Style}
		}
		if l.ParentLayer != "" && l.ParentLayer != l.ID {
			parent = l.ParentLayer
		}
	}
	b.nodes, b.parents = append(b.nodes, node), append(b.parents, parent)
	return node
}

func (b *tree) has(name string) bool {
	return slices.ContainsFunc(b.nodes, func(n Node) bool { return n.Name == name })
}

// assemble gives the nodes below a parent. One whose parent cannot be drawn stands at the top.
func (b *tree) assemble(parent string) []Node {
	var nodes []Node
	for i, node := range b.nodes {
		if b.parents[i] == parent || (parent == "" && !b.has(b.parents[i])) {
			node.Children = b.assemble(node.Name)
			nodes = append(nodes, node)
		}
	}
	return nodes
}

func itemNode(e record.Extent) Node {
	return Node{Name: e.ID, Title: cmp.Or(e.Title, e.ID), Bounds: e.Bounds, Time: e.Time, Dates: e.Dates,
		Base: e.ID, ItemID: e.ID, Grids: DefaultGrids(), Styles: []string{"default"}}
}

// browseNames lists the browses of the product types that place their items in a collection.
func (c Config) browseNames(collection string) []string {
	var names []string
	for _, t := range c.ProductTypes {
		if !slices.Contains(t.Collections, collection) {
			continue
		}
		for _, name := range t.BrowseNames() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Resolve tells what a layer's name stands for: a configured collection, or one of the items among extents that stand
// alone, alone or with the name of a browse behind the first separator. The ids of such items may hold the separator
// themselves. A name that is neither is not found; it may still be the id of an item that a product type took.
func (c Config) Resolve(layerName string, extents []record.Extent) (Target, error) {
	base, browse := Split(layerName)
	if _, ok := c.Collections[base]; ok {
		if _, ok := ParseLook(browse, c.browseNames(base), c.Masks(base)); !ok {
			return Target{}, fault.At(fault.NotFound, "layer", "the layer %q cannot be looked at as %q", base, browse)
		}
		return Target{Base: base, Browse: browse}, nil
	}
	best := -1
	for i, e := range extents {
		if e.Collection == "" && e.ID != "" && (layerName == e.ID || strings.HasPrefix(layerName, e.ID+Separator)) &&
			(best < 0 || len(e.ID) > len(extents[best].ID)) {
			best = i
		}
	}
	if best < 0 {
		return Target{}, fault.At(fault.NotFound, "layer", "there is no layer %q", layerName)
	}
	id := extents[best].ID
	return Target{Base: id, ItemID: id, Browse: strings.TrimPrefix(layerName[len(id):], Separator)}, nil
}
