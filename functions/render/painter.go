package main

import (
	"context"
	"errors"
	"log/slog"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// painter draws what the catalogue knows. It is the Maps of the Web Map Service.
type painter struct {
	config    config
	store     store
	products  *product.Workspaces
	views     *views
	access    access
	raster    *raster.Renderer
	draws     chan struct{} // holds one for each map that is being drawn
	maxScenes int
}

func newPainter(c config, store store, client *bucket.Client) (*painter, error) {
	system, err := c.products()
	if err != nil {
		return nil, err
	}
	products := product.NewWorkspaces(system)
	renderer, err := raster.New(raster.Config{
		CacheBytes: c.CacheBytes, MaxPixels: c.MaxSize * c.MaxSize, MaxScenes: c.MaxScenes, Objects: objects{client},
	})
	if err != nil {
		return nil, err
	}
	return &painter{
		config: c, store: store, products: products, views: &views{store: store, products: products},
		access: access{c.IngestBucket, c.CacheBucket, c.ReadBuckets}, raster: renderer, draws: make(chan struct{}, max(c.Draws, 1)), maxScenes: max(c.MaxScenes, 1),
	}, nil
}

// Draw draws a map and encodes it.
func (p *painter) Draw(ctx context.Context, sc scope.Scope, m wms.Map) (wms.Image, error) {
	known, err := p.views.of(ctx, sc)
	if err != nil {
		return wms.Image{}, late(ctx, err)
	}
	var body []byte
	err = p.paint(ctx, sc, known, m, func(picture *raster.Picture) (err error) {
		body, err = picture.Encode(m.Format, m.Background)
		return err
	})
	return wms.Image{Type: m.Format, Body: body}, err
}

// paint draws a map of what is known when its turn comes, and keeps the turn while use encodes it.
func (p *painter) paint(ctx context.Context, sc scope.Scope, known view, m wms.Map, use func(*raster.Picture) error) error {
	scenes, err := p.scenes(ctx, sc, known, m)
	if err != nil {
		return late(ctx, err)
	}
	select {
	case p.draws <- struct{}{}:
		defer func() { <-p.draws }()
	case <-ctx.Done():
		return late(ctx, context.Cause(ctx))
	}
	drawing := raster.Map{CRS: m.CRS, Bounds: m.Bounds, Width: m.Width, Height: m.Height, Scenes: scenes, Transparent: m.Transparent}
	if !m.Transparent {
		drawing.Background = &m.Background
	}
	picture, err := p.raster.Draw(ctx, drawing)
	if err != nil {
		return late(ctx, err)
	}
	for _, flaw := range picture.Flaws {
		slog.Warn("a scene is not drawn", "href", scenes[flaw.Scene].Coverages[0].Href, "error", flaw.Err)
	}
	return use(picture)
}

// late says of a failure that came of the deadline that it did.
func late(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fault.Classify(fault.Unavailable, err, "the map could not be drawn in time; a smaller one may be")
	}
	return err
}

// scenes lists what a map shows, the topmost first: the layers from the last to the first, in each the newest product
// first.
func (p *painter) scenes(ctx context.Context, sc scope.Scope, known view, m wms.Map) ([]raster.Scene, error) {
	area := areaOf(m)
	var scenes []raster.Scene
	for i := len(m.Layers) - 1; i >= 0; i-- {
		found, err := p.find(ctx, sc, known, m.Layers[i].Name)
		if err != nil {
			return nil, err
		}
		if area == nil {
			continue // nowhere on Earth, or from too far away
		}
		products, err := p.seen(ctx, sc, found, area, m.Layers[i].Times)
		if err != nil {
			return nil, err
		}
		for _, one := range products {
			if scene, ok := p.scene(known.products.Config, one, found.browse); ok {
				scenes = append(scenes, scene)
			}
		}
	}
	return scenes[:min(len(scenes), p.maxScenes)], nil
}

// scene is how a product is drawn. A coverage that does not lie where its workspace may read is left out: one wrong item
// shall not take its whole layer from everybody.
func (p *painter) scene(products product.Config, one record.Product, browse string) (raster.Scene, bool) {
	look, ok := products.BrowseOf(one, browse)
	if !ok {
		return raster.Scene{}, false
	}
	scene := raster.Scene{Browse: look, Footprint: one.Footprint}
	for _, coverage := range one.Coverages {
		if err := p.access.allow(one.Workspace, coverage.Href); err != nil {
			slog.Warn("a coverage is not drawn", "workspace", one.Workspace, "collection", one.Collection, "id", one.ID, "error", err)
			continue
		}
		scene.Coverages = append(scene.Coverages, coverage)
	}
	return scene, len(scene.Coverages) > 0
}
