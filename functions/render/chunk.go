package main

import (
	"context"
	"log/slog"
	"math"
	"net/http"

	"perigee/shared/grid"
	"perigee/shared/overview"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/trace"
	"perigee/shared/wms"
)

// chunk answers a request for a chunk of an overview mosaic: its file, and in headers what is told of it. One without data
// has no file.
func (p *painter) chunk(w http.ResponseWriter, r *http.Request) error {
	trace.Name(r.Context(), "overview")
	c, revision, err := readChunk(ows.KVP(r))
	if err != nil {
		return err
	}
	leave, err := p.turn(r.Context(), background)
	if err != nil {
		return late(r.Context(), err)
	}
	defer leave()
	meta, file, err := p.makeChunk(r.Context(), scope.New(c.Workspace, ""), c, revision)
	if err != nil {
		return late(r.Context(), err)
	}
	meta.Revisions = []int64{0} // the asker knows which
	for name, value := range meta.Map() {
		w.Header().Set("Overview-"+name, value)
	}
	w.Header().Set("Content-Type", raster.GeoTIFF)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(file)
	return gone(err)
}

// readChunk reads and checks the parameters.
func readChunk(p *ows.Params) (c overview.Chunk, revision int64, err error) {
	const most = 1 << overview.Finest
	c = overview.Chunk{Workspace: p.Get("workspace"), Layer: p.Need("layer"), At: grid.Tile{
		Z: p.Int("z", -1, 0, overview.Finest), Col: p.Int("col", -1, 0, most), Row: p.Int("row", -1, 0, most),
	}}
	revision = int64(p.Int("revision", 0, 0, math.MaxInt))
	if err := p.Err(); err != nil {
		return c, revision, err
	}
	return c, revision, overview.Grid().Has(c.At)
}

// makeChunk makes a chunk: a finest one of the products that lie there, others of those below.
func (p *painter) makeChunk(ctx context.Context, sc scope.Scope, c overview.Chunk, revision int64) (overview.Meta, []byte, error) {
	if c.At.Z < overview.Finest {
		return p.joinChunks(ctx, c)
	}
	known, err := p.views.of(ctx, sc)
	if err != nil {
		return overview.Meta{}, nil, err
	}
	area, err := areaOf(wms.Map{CRS: overview.Grid().CRS, Bounds: overview.Grid().Bounds(c.At), Width: overview.Side, Height: overview.Side}, p.raster.LonLat)
	if err != nil {
		return overview.Meta{}, nil, err
	}
	products, err := p.finds.products(ctx, sc, c.Layer, question{area: area, limit: p.maxScenes, revision: revision}, record.Interval{})
	if err != nil {
		return overview.Meta{}, nil, err
	}
	if len(products) == 0 {
		return overview.Meta{State: overview.Empty}, nil, nil
	}
	typ, bands := bandsOf(known.products.Config, products)
	if len(bands) == 0 {
		return overview.Meta{State: overview.Apart}, nil, nil
	}
	var scenes []raster.Scene
	for _, one := range products {
		s := raster.Scene{Footprint: one.Footprint}
		for _, coverage := range one.Coverages {
			if p.readable(one, coverage) {
				s.Coverages = append(s.Coverages, coverage)
			}
		}
		scenes = append(scenes, s)
	}
	return p.drawChunk(ctx, c, typ, bands, scenes)
}

// drawChunk puts the bands of scenes together.
func (p *painter) drawChunk(ctx context.Context, c overview.Chunk, typ string, bands []raster.OverviewBand, scenes []raster.Scene) (overview.Meta, []byte, error) {
	made, err := p.raster.Overview(ctx, raster.Map{
		CRS: overview.Grid().CRS, Bounds: overview.Grid().Bounds(c.At), Width: overview.Side, Height: overview.Side, Scenes: scenes,
	}, bands)
	if err != nil {
		return overview.Meta{}, nil, err
	}
	for _, flaw := range made.Flaws {
		slog.Warn("a scene is not in an overview", "layer", c.Layer, "chunk", c.Key(), "error", flaw.Err)
	}
	if made.File == nil {
		return overview.Meta{State: overview.Empty}, nil, nil
	}
	meta := overview.Meta{State: overview.Filled, Kind: made.Kind, NoData: made.NoData, Type: typ}
	for _, b := range bands {
		meta.Bands = append(meta.Bands, b.Name)
	}
	return meta, made.File, nil
}

// joinChunks makes a chunk of the four below it, as they are kept now.
func (p *painter) joinChunks(ctx context.Context, c overview.Chunk) (overview.Meta, []byte, error) {
	var scenes []raster.Scene
	var first overview.Meta
	for _, child := range c.Children() {
		k, err := p.overviews.lookAgain(ctx, child.Key())
		switch {
		case err != nil:
			return overview.Meta{}, nil, err
		case !k.there || k.State == overview.Empty:
			continue
		case k.State == overview.Apart || first.State != "" && k.Type != first.Type:
			return overview.Meta{State: overview.Apart}, nil, nil
		}
		if first.State == "" {
			first = k.Meta
		}
		scenes = append(scenes, raster.Scene{Coverages: []record.Coverage{p.overviews.cover(child, k)}})
	}
	if len(scenes) == 0 {
		return overview.Meta{State: overview.Empty}, nil, nil
	}
	var bands []raster.OverviewBand
	for _, name := range first.Bands {
		bands = append(bands, raster.OverviewBand{Name: name})
	}
	return p.drawChunk(ctx, c, first.Type, bands, scenes)
}

// bandsOf are the bands that pictures of products are made of, and the product type that all of them have; none where they
// have several, or one whose pictures are made otherwise.
func bandsOf(config product.Config, products []record.Product) (typ string, bands []raster.OverviewBand) {
	typ = products[0].Type
	for _, one := range products {
		if one.Type != typ {
			return "", nil
		}
	}
	t, ok := config.TypeNamed(typ)
	if !ok {
		return "", nil
	}
	at := map[string]int{}
	for _, name := range t.BrowseNames() {
		b := t.Browses[name]
		for _, c := range []*product.Channel{b.Grey, b.Red, b.Green, b.Blue, b.Alpha} {
			if c == nil {
				continue
			}
			e, err := raster.CompileExpression(c.Expression)
			if err != nil {
				continue // it may need variables; what else is wrong with it, its own map tells
			}
			for _, band := range e.Names() {
				i, known := at[band]
				if !known {
					i = len(bands)
					at[band], bands = i, append(bands, raster.OverviewBand{Name: band})
				}
				if e.Band() && c.NoData != nil && bands[i].NoData == nil {
					bands[i].NoData = c.NoData
				}
			}
		}
	}
	return typ, bands
}
