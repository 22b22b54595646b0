package wms

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
)

// facts is what all versions say of a layer.
type facts struct {
	name       string
	title      string
	abstract   string
	keywords   []string
	crs        []geo.CRS
	bounds     orb.Bound // CRS84; zero: those of the layer above
	dimensions []dimension
	metadata   Link // with the whole address
	styles     []styleFacts
	queryable  bool
	children   []facts
}

// styleFacts is a style with the address of its legend.
type styleFacts struct {
	Style
	legend string
}

// teller turns nodes into facts, with the addresses in them.
type teller struct {
	config  Config
	base    string // of the deployment
	address string // of the service, to which parameters are appended
}

// root is the layer above all others, which cannot be drawn: it holds what they have in common.
func (t teller) root(nodes []Node) facts {
	s := t.config.Service
	root := facts{title: s.Title, abstract: s.Abstract, keywords: s.Keywords, crs: t.config.CRS, bounds: common(nodes)}
	root.styles = []styleFacts{{Style: Style{Name: defaultStyle, Title: "Default"}}}
	for _, node := range nodes {
		root.children = append(root.children, t.facts(node, root))
	}
	return root
}

// common is the extent of all nodes, the world when none has any.
func common(nodes []Node) orb.Bound {
	var all orb.Bound
	for i, node := range nodes {
		switch {
		case node.Bounds == orb.Bound{}:
		case all == orb.Bound{}:
			all = nodes[i].Bounds
		default:
			all = all.Union(node.Bounds)
		}
	}
	if (all == orb.Bound{}) {
		return orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	}
	return all
}

// facts leaves out the reference systems and styles that the layer inherits.
func (t teller) facts(node Node, parent facts) facts {
	f := facts{
		name: node.Name, title: cmp.Or(node.Title, node.Name), abstract: cmp.Or(node.Abstract, node.Title, node.Name), keywords: node.Keywords,
		dimensions: dimensionsOf(node), queryable: !node.Unqueryable,
	}
	if len(f.keywords) == 0 {
		f.keywords = parent.keywords
	}
	if (node.Bounds != orb.Bound{}) {
		f.bounds = widen(node.Bounds)
		if !t.config.MapsAlone {
			f.crs = without(zonesOf(f.bounds), parent.crs)
		}
	}
	if f.metadata = node.Metadata; f.metadata.Path != "" {
		f.metadata.Path = t.base + f.metadata.Path
	}
	f.styles = t.styles(node, parent.styles)
	inherited := facts{keywords: f.keywords, crs: slices.Concat(parent.crs, f.crs), styles: slices.Concat(parent.styles, f.styles)}
	for _, child := range node.Children {
		f.children = append(f.children, t.facts(child, inherited))
	}
	return f
}

// styles lists the styles of a layer that it does not inherit, each once.
func (t teller) styles(node Node, inherited []styleFacts) []styleFacts {
	var styles []styleFacts
	known := func(list []styleFacts, name string) bool {
		return slices.ContainsFunc(list, func(s styleFacts) bool { return s.Name == name })
	}
	for _, s := range node.Styles {
		if known(inherited, s.Name) || known(styles, s.Name) {
			continue
		}
		one := styleFacts{Style: s}
		if s.Legend.X > 0 && s.Legend.Y > 0 {
			one.legend = t.address + legendQuery(node.Name, s)
		}
		styles = append(styles, one)
	}
	return styles
}

func without[T comparable](list, taken []T) []T {
	var rest []T
	for _, v := range list {
		if !slices.Contains(taken, v) && !slices.Contains(rest, v) {
			rest = append(rest, v)
		}
	}
	return rest
}

// widen gives a point or a line an extent, as the schema's readers expect, and keeps within the world.
func widen(b orb.Bound) orb.Bound {
	const least = 1e-6 // degrees
	world := orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}
	for axis := range 2 {
		if b.Max[axis]-b.Min[axis] < least {
			b.Min[axis], b.Max[axis] = b.Min[axis]-least, b.Max[axis]+least
		}
		b.Min[axis], b.Max[axis] = max(b.Min[axis], world.Min[axis]), min(b.Max[axis], world.Max[axis])
	}
	return b
}

// maxZones is the number of UTM zones up to which a layer is said to be drawn in them.
const maxZones = 3

// zonesOf are the UTM zones that an extent lies in, none when they are many.
func zonesOf(b orb.Bound) []geo.CRS {
	zone := func(lon float64) int { return min(max(int(math.Floor((lon+180)/6))+1, 1), 60) }
	from, to := zone(b.Min[0]), zone(b.Max[0])
	if to-from >= maxZones || b.Min[1] < -80 || b.Max[1] > 84 {
		return nil
	}
	var zones []geo.CRS
	for z := from; z <= to; z++ {
		if b.Max[1] >= 0 {
			zones = append(zones, geo.CRS(32600+z))
		}
		if b.Min[1] < 0 {
			zones = append(zones, geo.CRS(32700+z))
		}
	}
	return zones
}

// box is a bounding box in the order of axes of a version.
type box struct {
	crs                    geo.CRS
	minx, miny, maxx, maxy string
}

// boxesOf gives the extent in the systems whose projection is known here.
func boxesOf(b orb.Bound, systems []geo.CRS) []box {
	var boxes []box
	for _, crs := range systems {
		if projected, ok := project(b, crs); ok {
			boxes = append(boxes, newBox(crs, projected))
		}
	}
	return boxes
}

func newBox(crs geo.CRS, b orb.Bound) box {
	decimals := 3
	if crs.Geographic() {
		decimals = 7
	}
	number := func(v float64) string {
		text := strconv.FormatFloat(v, 'f', decimals, 64)
		short, _ := strconv.ParseFloat(text, 64) // what was just written
		return strconv.FormatFloat(short, 'f', -1, 64)
	}
	return box{crs, number(b.Min[0]), number(b.Min[1]), number(b.Max[0]), number(b.Max[1])}
}

// project gives the extent in another system of what the edges of an extent in CRS84 enclose.
func project(b orb.Bound, crs geo.CRS) (orb.Bound, bool) {
	projection, ok := geo.Plain(crs)
	if !ok {
		return orb.Bound{}, false
	}
	if crs == geo.WebMercator {
		const limit = 85.051128779806604
		b.Min[1], b.Max[1] = max(b.Min[1], -limit), min(b.Max[1], limit)
	}
	const steps = 20
	out := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for i := range steps + 1 {
		t := float64(i) / steps
		lon, lat := b.Min[0]+t*(b.Max[0]-b.Min[0]), b.Min[1]+t*(b.Max[1]-b.Min[1])
		for _, p := range [4]orb.Point{{lon, b.Min[1]}, {lon, b.Max[1]}, {b.Min[0], lat}, {b.Max[0], lat}} {
			x, y := projection.Forward(p[0], p[1])
			out = out.Extend(orb.Point{x, y})
		}
	}
	valid := out.Max[0] > out.Min[0] && out.Max[1] > out.Min[1] && !math.IsInf(out.Min[0], 0) && !math.IsInf(out.Max[1], 0)
	return out, valid
}
