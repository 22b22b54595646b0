package main

import (
	"context"
	"image"
	"image/color"
	"iter"
	"math"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"runtime"
	"slices"
	"strconv"

	"perigee/shared/fault"
	"perigee/shared/function"
	"perigee/shared/geo"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/raster"
	"perigee/shared/scope"
	"perigee/shared/trace"
	"perigee/shared/wms"
)

// maxBlock bounds the columns and the rows of a block, maxBuffer the pixels drawn around it.
const (
	maxBlock  = 16
	maxBuffer = grid.TileSize
)

// mixed is the format of tiles that are JPEG where they are full, and PNG where something shows through.
const mixed = "image/vnd.jpeg-png"

// headerRead tells what a map had to read.
const headerRead = "Perigee-Read"

// block is a rectangle of tiles that are drawn as one picture.
type block struct {
	set        grid.Set
	at         grid.Tile // the upper left one
	cols, rows int
	buffer     int // pixels around the block that are drawn too, and not given
	format     string
	workspace  string
	layer      wms.Layer
	products   int // revision of the workspace's products that the asker knows
	revision   int // of the workspace, likewise
	ground     ground
}

// tiles answers a request for a block of tiles: one part for each, row by row, sent as soon as it is encoded.
func (p *painter) tiles(w http.ResponseWriter, r *http.Request) error {
	trace.Name(r.Context(), "tiles")
	b, err := readBlock(ows.KVP(r), p.products.System().Sets())
	if err != nil {
		return err
	}
	sc := scope.New(b.workspace, "")
	known, err := p.views.atLeast(r.Context(), sc, int64(b.products))
	if err != nil {
		return err
	}
	if b.layer, err = p.styled(r.Context(), sc, known, b.layer); err != nil {
		return err
	}
	known.revision = int64(b.revision)
	sent := false
	err = p.paint(r.Context(), sc, known, b.asMap(), b.ground, func(picture *raster.Picture, read reading) error {
		sent = true
		w.Header().Set(headerRead, read.String())
		if read.stale {
			w.Header().Set("Tile-Stale", "true")
		}
		return b.send(r.Context(), w, picture)
	})
	if sent {
		ows.LogFailure(r, err) // the answer ends without its last boundary, by which the asker knows
		return nil
	}
	return err
}

// styled is a layer that was found, with a style that it has.
func (p *painter) styled(ctx context.Context, sc scope.Scope, known view, layer wms.Layer) (wms.Layer, error) {
	node, err := p.layer(ctx, sc, known, layer.Name)
	if err != nil {
		return layer, err
	}
	if layer.Style == "default" {
		layer.Style = ""
	}
	if layer.Style != "" && !slices.ContainsFunc(node.Styles, func(s wms.Style) bool { return s.Name == layer.Style }) {
		return layer, fault.At(fault.Invalid, "style", "the layer %q has no style %q", layer.Name, layer.Style)
	}
	layer.Source = node.Source
	return layer, nil
}

// readBlock reads and checks the parameters.
func readBlock(p *ows.Params, sets grid.List) (block, error) {
	set, err := sets.Named(p.Need("grid"))
	if err != nil {
		p.Fail(ows.Invalid("grid", "%v", err))
	}
	const most = 1 << 30
	b := block{
		set: set, format: p.Choice("format", wms.PNG, wms.PNG, wms.JPEG, mixed), buffer: p.Int("buffer", 0, 0, maxBuffer), workspace: p.Get("workspace"),
		at:   grid.Tile{Z: p.Int("z", -1, 0, 30), Col: p.Int("col", -1, 0, most), Row: p.Int("row", -1, 0, most)},
		cols: p.Int("cols", 1, 1, maxBlock), rows: p.Int("rows", 1, 1, maxBlock),
		products: p.Int("products", 0, 0, math.MaxInt), revision: p.Int("revision", 0, 0, math.MaxInt),
		ground: ground(p.Bool("background", false)),
		layer:  wms.Layer{Name: p.Need("layer"), Style: p.Get("style"), Times: p.Times("time")},
	}
	if err := p.Err(); err != nil {
		return b, err
	}
	if err := set.Has(b.at); err != nil {
		return b, err
	}
	return b, set.Has(grid.Tile{Z: b.at.Z, Col: b.at.Col + b.cols - 1, Row: b.at.Row + b.rows - 1})
}

// asMap is the block as one map, with the buffer around it. PNG is transparent where nothing is drawn, JPEG white.
func (b block) asMap() wms.Map {
	crs := b.set.CRS
	if crs == 0 {
		crs = geo.CRS84
	}
	return wms.Map{
		Layers: []wms.Layer{b.layer}, CRS: crs,
		Bounds: b.set.BlockBounds(b.at, b.cols, b.rows).Pad(float64(b.buffer) * b.set.Resolution(b.at.Z)),
		Width:  b.cols*grid.TileSize + 2*b.buffer, Height: b.rows*grid.TileSize + 2*b.buffer,
		Format: b.format, Transparent: b.format != wms.JPEG, Background: color.RGBA{255, 255, 255, 255},
	}
}

// send writes the tiles of a block's picture. A failure leaves out the last boundary.
func (b block) send(ctx context.Context, w http.ResponseWriter, picture *raster.Picture) error {
	parts := multipart.NewWriter(w)
	w.Header().Set("Content-Type", "multipart/mixed; boundary="+parts.Boundary())
	w.Header().Set("Cache-Control", "no-store")
	flusher := http.NewResponseController(w)
	for tile, err := range b.encode(ctx, picture) {
		if err != nil {
			return err
		}
		part, err := parts.CreatePart(tile.header())
		if err != nil {
			return gone(err)
		}
		if _, err := part.Write(tile.body); err != nil {
			return gone(err)
		}
		function.Count("perigee_tiles_drawn_total", 1)
		_ = flusher.Flush() // a writer that cannot flush sends at the end
	}
	return gone(parts.Close())
}

// gone is the failure of an asker who does not wait for the answer.
func gone(err error) error {
	return fault.Classify(fault.Conflict, err, "sending tiles")
}

// tile is one tile, encoded.
type tile struct {
	at     grid.Tile
	format string
	body   []byte
	empty  bool
	err    error
}

func (t tile) header() textproto.MIMEHeader {
	return textproto.MIMEHeader{
		"Content-Type": {t.format}, "Tile-Col": {strconv.Itoa(t.at.Col)}, "Tile-Row": {strconv.Itoa(t.at.Row)},
		"Tile-Empty": {strconv.FormatBool(t.empty)},
	}
}

// encode yields the tiles row by row, while the next ones are being encoded by as many as there are processors.
func (b block) encode(ctx context.Context, picture *raster.Picture) iter.Seq2[tile, error] {
	return func(yield func(tile, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		coming := make(chan chan tile, runtime.GOMAXPROCS(0))
		go b.start(ctx, picture, coming)
		for next := range coming {
			t := <-next
			if !yield(t, t.err) || t.err != nil {
				return
			}
		}
		if err := context.Cause(ctx); err != nil {
			yield(tile{}, err)
		}
	}
}

// start encodes tile after tile, each by itself; the channel bounds how many at a time.
func (b block) start(ctx context.Context, picture *raster.Picture, coming chan<- chan tile) {
	defer close(coming)
	for i := range b.rows * b.cols {
		next := make(chan tile, 1)
		select {
		case coming <- next:
			go func() { next <- b.one(picture, i%b.cols, i/b.cols) }()
		case <-ctx.Done():
			return
		}
	}
}

// one cuts a tile out of the picture and encodes it.
func (b block) one(picture *raster.Picture, col, row int) tile {
	t := tile{at: grid.Tile{Z: b.at.Z, Col: b.at.Col + col, Row: b.at.Row + row}, format: b.format}
	corner := image.Pt(col, row).Mul(grid.TileSize).Add(image.Pt(b.buffer, b.buffer))
	cut := picture.SubPicture(image.Rect(0, 0, grid.TileSize, grid.TileSize).Add(corner))
	t.empty = cut.Empty()
	if b.format == mixed {
		t.format = mixedFormat(cut)
	}
	t.body, t.err = cut.Encode(t.format, color.RGBA{255, 255, 255, 255})
	return t
}

// mixedFormat is the format that suits a tile of a mixed layer.
func mixedFormat(p *raster.Picture) string {
	if p.Opaque() {
		return raster.JPEG
	}
	return raster.PNG
}
