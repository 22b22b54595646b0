package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/overview"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/wms"
)

// overviews remembers what chunks of overview mosaics are kept.
type overviews struct {
	objects objects
	bucket  string

	mu    sync.Mutex
	known map[string]kept // by key
}

// kept is a chunk as it was when it was last looked at.
type kept struct {
	overview.Meta
	there  bool
	etag   string
	looked time.Time
}

// The bounds of what is remembered: of how many chunks, and for how long one that is not current is believed to be so.
const (
	maxOverviews = 20000
	overviewAge  = time.Second
)

// look tells what is kept of a chunk. What was current once is so until the revisions say otherwise, and asks nobody.
func (o *overviews) look(ctx context.Context, c overview.Chunk, at []int64) (kept, error) {
	key := c.Key()
	o.mu.Lock()
	known, ok := o.known[key]
	o.mu.Unlock()
	if ok && (known.there && known.At(at) || time.Since(known.looked) < overviewAge) {
		return known, nil
	}
	return o.lookAgain(ctx, key)
}

func (o *overviews) lookAgain(ctx context.Context, key string) (kept, error) {
	found := kept{looked: time.Now()}
	object, err := o.objects.client.Head(ctx, o.bucket, key)
	switch {
	case err == nil:
		found.Meta, found.there = overview.ParseMeta(object.Metadata)
		found.etag = object.ETag
	case fault.KindOf(err) != fault.NotFound:
		return found, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil || len(o.known) >= maxOverviews {
		o.known = map[string]kept{}
	}
	o.known[key] = found
	return found, nil
}

// cover is a chunk that is kept, as a coverage.
func (o *overviews) cover(c overview.Chunk, k kept) record.Coverage {
	return c.Cover(k.Meta, bucket.Href(o.bucket, c.Key()), k.etag)
}

// overlooked is what the overview mosaic of a layer has for a map.
type overlooked struct {
	scenes sights
	stale  bool // some chunks are of an earlier state
}

// maxChunks is how many chunks a map is made of at most.
const maxChunks = 64

// overlook finds what the overview mosaic of a layer has for a map: nil where it has not all of it, or where more is asked
// for than it holds.
func (p *painter) overlook(ctx context.Context, l look, m wms.Map, area orb.Geometry) *overlooked {
	if !l.overlooks(m) {
		return nil
	}
	chunks := chunksOf(m, area)
	known, current := p.finds.revisions.Current(ctx)
	if len(chunks) == 0 || !current || known.LatestOf(l.sc.Workspace) < l.known.revision {
		return nil
	}
	found := &overlooked{}
	typ, some := "", false
	for _, at := range chunks {
		c := overview.Chunk{Workspace: l.sc.Workspace, Layer: l.subject.layer, At: at}
		revisions := known.State(l.sc.Readable(), c.Layer, overview.Grid(), at)
		if slices.Max(revisions) == 0 {
			continue // nothing was ever there
		}
		some = true
		k, err := p.overviews.look(ctx, c, revisions)
		if err != nil || !k.there || k.State == overview.Apart {
			return nil
		}
		found.stale = found.stale || !k.At(revisions)
		if k.State == overview.Empty {
			continue
		}
		if typ != "" && typ != k.Type {
			return nil
		}
		typ = k.Type
		s, ok := l.overviewSight(p.overviews.cover(c, k), k.Type)
		if !ok {
			return nil
		}
		found.scenes = append(found.scenes, s)
	}
	if !some {
		return nil
	}
	return found
}

// overlooks tells whether a layer of a map shows all that the layer has, as pictures.
func (l look) overlooks(m wms.Map) bool {
	limit := l.p.config.Limit
	return l.subject.single == nil && l.subject.look.Kind == product.LookPicture && l.subject.look.Mask == "" &&
		len(l.layer.Times) == 0 && len(l.layer.Elevations) == 0 && m.CQL == "" && len(m.SortBy) == 0 &&
		limit.Products == 0 && (limit.Zoom == 0 || l.zoom >= limit.Zoom)
}

// chunksOf are the chunks of an overview mosaic that a map needs; none where there are none as fine, or too many.
func chunksOf(m wms.Map, area orb.Geometry) []grid.Tile {
	pixel := min((m.Bounds.Max[0]-m.Bounds.Min[0])/float64(m.Width), (m.Bounds.Max[1]-m.Bounds.Min[1])/float64(m.Height))
	if m.CRS.Geographic() {
		pixel *= 2 * geo.MercatorExtent / 360
	}
	z, ok := overview.Level(pixel)
	if !ok {
		return nil
	}
	set := overview.Grid()
	if e := set.Extent; m.CRS == set.CRS && e.Contains(m.Bounds.Min) && e.Contains(m.Bounds.Max) {
		return tilesIn(set, m.Bounds.Pad(-pixel*1e-3), z) // a border that is touched is no place
	}
	mercator, _ := geo.Plain(set.CRS)
	var all []grid.Tile
	for _, box := range geo.Bounds(area) {
		if box.Min[1] < -maxLatitude || box.Max[1] > maxLatitude {
			if m.CRS != set.CRS {
				return nil
			}
			box.Min[1], box.Max[1] = max(box.Min[1], -maxLatitude), min(box.Max[1], maxLatitude)
		}
		west, south := mercator.Forward(box.Min[0], box.Min[1])
		east, north := mercator.Forward(box.Max[0], box.Max[1])
		tiles := tilesIn(set, orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, z)
		if len(tiles) == 0 {
			return nil
		}
		for _, t := range tiles {
			if !slices.Contains(all, t) {
				all = append(all, t)
			}
		}
	}
	return all[:min(len(all), maxChunks)]
}

// tilesIn are the tiles of a level that a box touches; none where they are too many.
func tilesIn(set grid.Set, b orb.Bound, z int) (all []grid.Tile) {
	from, to, ok := set.Covering(b, z)
	if !ok || (to.Col-from.Col+1)*(to.Row-from.Row+1) > maxChunks/2 {
		return nil
	}
	for row := from.Row; row <= to.Row; row++ {
		for col := from.Col; col <= to.Col; col++ {
			all = append(all, grid.Tile{Z: z, Col: col, Row: row})
		}
	}
	return all
}

// maxLatitude is where Web Mercator ends, and a little less.
const maxLatitude = 85.05

// overviewSight is a chunk as a scene of a layer; false when it has not all that the picture is made of.
func (l look) overviewSight(cover record.Coverage, typ string) (sight, bool) {
	s := sight{layer: l.layer.Name, look: l.subject.look, product: record.Product{
		Key: record.Key{Workspace: l.sc.Workspace, Collection: l.subject.layer, ID: "overview"}, Type: typ, Coverages: []record.Coverage{cover},
	}}
	browse, ok := l.browse(s.product)
	if !ok || browse.Asset != "" {
		return s, false
	}
	s.Browse, ok = onOverview(browse, cover)
	s.Variables, s.Coverages = l.variables, s.product.Coverages
	if style, named := styleNamed(browse, l.layer.Style); named && oneChannel(browse) && style.Check() == nil {
		s.Style = &style
	}
	return s, ok
}

// onOverview is a browse over the bands of an overview, in which another value stands for no data; false when it needs more
// than these have.
func onOverview(b product.Browse, cover record.Coverage) (product.Browse, bool) {
	whole := true
	over := func(c *product.Channel) *product.Channel {
		if c == nil {
			return nil
		}
		e, err := raster.CompileExpression(c.Expression)
		if err != nil || !e.Local() {
			whole = false
			return c
		}
		for _, name := range e.Names() {
			whole = whole && slices.ContainsFunc(cover.Bands, func(b record.Band) bool { return b.Name == name })
		}
		other := *c
		if e.Band() {
			other.NoData = nil
		}
		return &other
	}
	b.Grey, b.Red, b.Green, b.Blue, b.Alpha = over(b.Grey), over(b.Red), over(b.Green), over(b.Blue), over(b.Alpha)
	return b, whole
}

// few is how many products are read although an overview mosaic shows them as they were a moment ago.
const few = 64

// Read tells what a map had to read, as the value of the header Perigee-Read: a dictionary (RFC 9651).
func (r reading) String() string {
	parts := []string{fmt.Sprintf("scenes=%d", r.scenes), fmt.Sprintf("blocks=%d", r.blocks)}
	for _, flag := range []struct {
		set  bool
		name string
	}{{r.overview, "overview"}, {r.stale, "stale"}, {r.cut, "cut"}} {
		if flag.set {
			parts = append(parts, flag.name)
		}
	}
	return strings.Join(parts, ", ")
}

// reading is what a map had to read.
type reading struct {
	scenes   int  // that were looked at
	blocks   int  // of files that were decoded
	overview bool // an overview mosaic was read instead of products
	stale    bool // it is of an earlier state: the products are too many to be read for every change
	cut      bool // there are more products than are drawn
}
