package main

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/mosaic"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
	"perigee/shared/wms"
	"perigee/shared/wmts"
)

// The bounds of a map that is made from tiles, and of how many are made at the same time: each takes up to 60 MB.
const (
	maxMap     = 2048 // pixels along a side
	maxTimes   = 10   // of a layer
	mapsAtOnce = 2
)

// wmsRoot is where the Web Map Service lies whose maps are put together from tiles.
const wmsRoot = wmts.Root + "/wms"

// isWMS tells whether a request is for that service, which may also be named at the address of the others.
func isWMS(r *http.Request) bool {
	switch strings.TrimSuffix(r.URL.Path, "/") {
	case wmsRoot:
		return true
	case wmts.Root, wmts.Root + "/ows":
		return strings.EqualFold(ows.KVP(r).Get("service"), "WMS")
	}
	return false
}

// maps is the service's way to the tiles.
type maps struct {
	*tiles
	making chan struct{} // holds one for each map being made
}

func (t *tiles) webMaps(about ows.Service) http.Handler {
	var systems []geo.CRS
	for _, s := range t.sets {
		if !slices.Contains(systems, s.CRS) {
			systems = append(systems, s.CRS)
		}
		if s.CRS == geo.CRS84 && !slices.Contains(systems, geo.WGS84) {
			systems = append(systems, geo.WGS84)
		}
	}
	return wms.Handler(maps{t, make(chan struct{}, mapsAtOnce)}, wms.Config{Service: about, CRS: systems, MaxWidth: maxMap, MaxHeight: maxMap, MapsAlone: true})
}

// Layers lists what there are tiles of. A condition would need the scenes themselves.
func (m maps) Layers(ctx context.Context, sc scope.Scope, cql string) (wms.Tree, error) {
	if cql != "" {
		return wms.Tree{}, notOfTiles("cql")
	}
	nodes, err := m.layers.list(ctx, sc)
	return wms.Tree{Nodes: m.mapLayers(nodes)}, err
}

func (m maps) mapLayers(nodes []product.Node) []wms.Node {
	var all []wms.Node
	for _, n := range nodes {
		all = append(all, m.mapLayer(n))
	}
	return all
}

func (m maps) mapLayer(n product.Node) wms.Node {
	layer := wms.Node{
		Name: n.Name, Title: n.Title, Abstract: n.Abstract, Bounds: n.Bounds, Time: n.Time, Dates: n.Dates,
		Unqueryable: true, Children: m.mapLayers(n.Children), Source: n, TileSets: m.tileSets(n),
	}
	for _, name := range n.Styles {
		if name != wmts.DefaultStyle {
			layer.Styles = append(layer.Styles, wms.Style{Name: name, Title: name})
		}
	}
	return layer
}

// tileSets are the pyramids in which a layer is kept, in its first style.
func (m maps) tileSets(n product.Node) []wms.TileSet {
	var all []wms.TileSet
	for _, g := range n.Grids {
		set, err := m.sets.Named(g.Name)
		if err != nil || n.Name == "" {
			continue
		}
		pyramid := wms.TileSet{CRS: set.CRS, Bounds: set.Extent, Size: grid.TileSize}
		for z := range min(g.Zoom+1, set.Levels) {
			pyramid.Resolutions = append(pyramid.Resolutions, set.Resolution(z))
		}
		if len(n.Styles) > 0 && n.Styles[0] != wmts.DefaultStyle {
			pyramid.Style = n.Styles[0]
		}
		for _, pyramid.Format = range []string{wms.PNG, wms.JPEG} {
			all = append(all, pyramid)
		}
	}
	return all
}

// ever holds all times: a layer that is asked for by it says when it has something, or has nothing at all.
var ever = record.Interval{Start: time.Unix(-1<<35, 0).UTC(), End: time.Unix(1<<37, 0).UTC()}

// Layer finds a layer. When it has something decides what becomes of the times that are asked for, so that what the
// configuration says of it is not enough.
func (m maps) Layer(ctx context.Context, sc scope.Scope, name string) (wms.Node, error) {
	n, err := m.layers.find(ctx, sc, name, ever, m.products(ctx, sc))
	n.Children = nil
	return m.mapLayer(n), err
}

// Info is not offered: tiles do not know what they show.
func (m maps) Info(context.Context, scope.Scope, wms.Map, image.Point, int) ([]wms.Feature, error) {
	return nil, ows.Unsupported("the cache", "GetFeatureInfo")
}

// Legend is not offered, for the same reason.
func (m maps) Legend(context.Context, scope.Scope, wms.Legend) (wms.Image, error) {
	return wms.Image{}, ows.Unsupported("the cache", "GetLegendGraphic")
}

// notOfTiles refuses a parameter that changes what is drawn.
func notOfTiles(name string) error {
	return ows.Invalid(name, "%s cannot be asked of tiles, which are drawn already; /ows draws with it", name)
}

// Draw puts a map together. One that is a tile is given as it is kept.
func (m maps) Draw(ctx context.Context, sc scope.Scope, asked wms.Map) (wms.Image, error) {
	if err := plain(asked); err != nil {
		return wms.Image{}, err
	}
	questions, err := m.questions(asked)
	if err != nil {
		return wms.Image{}, err
	}
	if q, ok := asTile(asked, questions); ok {
		picture, err := m.Tile(ctx, sc, q)
		return wms.Image{Type: picture.MediaType, Body: picture.Body}, err
	}
	select {
	case m.making <- struct{}{}:
		defer func() { <-m.making }()
	case <-ctx.Done():
		return wms.Image{}, fault.Classify(fault.Unavailable, context.Cause(ctx), "waiting for other maps")
	}
	canvas := image.NewRGBA(image.Rect(0, 0, asked.Width, asked.Height))
	if !asked.Transparent {
		mosaic.Fill(canvas, asked.Background)
	}
	for _, q := range questions {
		if err := q.plan.Draw(ctx, m.fetch(sc, q.Tile), canvas); err != nil {
			return wms.Image{}, err
		}
	}
	return encode(canvas, asked.Format)
}

// plain refuses what only a map that is drawn anew can have.
func plain(m wms.Map) error {
	switch {
	case m.CQL != "":
		return notOfTiles("cql")
	case len(m.SortBy) > 0:
		return notOfTiles("sortBy")
	case len(m.Variables) > 0:
		return notOfTiles("variables")
	}
	for _, l := range m.Layers {
		switch {
		case len(l.Elevations) > 0:
			return notOfTiles("elevation")
		case len(l.Bands) > 0:
			return notOfTiles("dim_bands")
		case len(l.Ranges) > 0:
			return notOfTiles("dim_range")
		case len(l.Times) > maxTimes:
			return ows.Invalid("time", "%d times are asked for, at most %d can be laid over each other", len(l.Times), maxTimes)
		}
	}
	return nil
}

// question is what a layer of a map asks of the tiles, at one time.
type question struct {
	wmts.Tile // but for the place
	plan      mosaic.Plan
}

// questions lists what is laid over each other: layer by layer, the newest time of each on top.
func (m maps) questions(asked wms.Map) ([]question, error) {
	var all []question
	for _, l := range asked.Layers {
		set, ok := m.setFor(asked, l)
		if !ok {
			return nil, wms.InvalidCRS.At(fault.Invalid, "crs", "there are no tiles in %s", asked.CRS)
		}
		times := slices.SortedFunc(slices.Values(l.Times), func(a, b record.Interval) int { return a.Start.Compare(b.Start) })
		if len(times) == 0 {
			times = []record.Interval{{}}
		}
		plan := mosaic.NewPlan(set, mosaic.View{Bounds: asked.Bounds, Width: asked.Width, Height: asked.Height})
		for _, at := range times {
			tile := wmts.Tile{Layer: l.Name, Style: cmp.Or(l.Style, wmts.DefaultStyle), Set: set, Time: at, Format: tilecache.PNG}
			all = append(all, question{tile, plan})
		}
	}
	return all, nil
}

// setFor is the set in the system of a map in which a layer has the level that is nearest to its pixels; one in which the
// layer is kept is better.
func (m maps) setFor(asked wms.Map, l wms.Layer) (best grid.Set, ok bool) {
	node, _ := l.Source.(product.Node)
	view := (asked.Bounds.Max[0] - asked.Bounds.Min[0]) / float64(asked.Width)
	liking := math.Inf(1)
	for _, s := range m.sets {
		if s.CRS.EPSG() != asked.CRS.EPSG() {
			continue
		}
		worse := math.Abs(math.Log(s.Resolution(s.LevelAt(view)) / view))
		if !slices.ContainsFunc(node.Grids, func(g product.LayerGrid) bool { return s.Is(g.Name) }) {
			worse += 1e6
		}
		if worse < liking {
			best, liking, ok = s, worse, true
		}
	}
	return best, ok
}

// asTile is the tile that a map is, pixel by pixel (WMS-C), with what shows through where nothing is drawn.
func asTile(asked wms.Map, questions []question) (wmts.Tile, bool) {
	if len(questions) != 1 {
		return wmts.Tile{}, false
	}
	q := questions[0]
	at, ok := q.plan.Tile()
	q.At, q.Format = at, asked.Format
	white := asked.Background == color.RGBA{255, 255, 255, 255}
	return q.Tile, ok && (asked.Transparent && q.Format == tilecache.PNG || q.Format == tilecache.JPEG && white)
}

// fetch gives the tiles of a question as pictures.
func (m maps) fetch(sc scope.Scope, q wmts.Tile) mosaic.Fetch {
	return func(ctx context.Context, at grid.Tile) (image.Image, error) {
		q.At = at
		answer, err := m.answer(ctx, sc, q)
		if err != nil || answer.Empty {
			return nil, err
		}
		picture, _, err := image.Decode(bytes.NewReader(answer.Body))
		return picture, fault.Classify(fault.Internal, err, "reading the tile %s of %q", at, q.Layer)
	}
}

// quality is that of maps in JPEG, by which borders of tiles that were JPEG before stay unseen.
const quality = 90

func encode(canvas *image.RGBA, format string) (wms.Image, error) {
	var b bytes.Buffer
	var err error
	if format == wms.JPEG {
		err = jpeg.Encode(&b, canvas, &jpeg.Options{Quality: quality})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, canvas)
	}
	return wms.Image{Type: format, Body: b.Bytes()}, fault.Classify(fault.Internal, err, "encoding a map")
}
