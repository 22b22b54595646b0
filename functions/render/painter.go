package main

import (
	"context"
	"errors"
	"log/slog"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/raster"
	"perigee/shared/scope"
	"perigee/shared/wms"
)

// painter draws what the catalogue knows. It is the Maps of the Web Map Service.
type painter struct {
	config    config
	store     store
	products  *product.Workspaces
	views     *views
	finds     *finds
	overviews *overviews
	access    access
	objects   objects
	web       raster.Objects // files at public addresses; nil: none are read
	masks     *masks
	raster    *raster.Renderer
	draws     chan struct{} // holds one for each map that is being drawn
	maxScenes int
}

func newPainter(c config, store store, client *bucket.Client) (*painter, error) {
	system, err := c.products()
	if err != nil {
		return nil, err
	}
	if err := c.Limit.check(); err != nil {
		return nil, err
	}
	if _, err := c.systems(); err != nil {
		return nil, err
	}
	products := product.NewWorkspaces(system)
	settings := raster.Config{CacheBytes: c.CacheBytes, MaxPixels: c.MaxSize * c.MaxSize, MaxScenes: max(c.MaxScenes, 1) * 4, Objects: objects{client}, Root: c.ReadFolder}
	if c.ReadHTTP {
		settings.HTTP = raster.HTTPObjects(nil)
	}
	renderer, err := raster.New(settings)
	if err != nil {
		return nil, err
	}
	return &painter{
		config: c, store: store, products: products, views: &views{store: store, products: products}, finds: newFinds(store),
		overviews: &overviews{objects: objects{client}, bucket: c.CacheBucket},
		access:    access{ingest: c.IngestBucket, cache: c.CacheBucket, read: c.ReadBuckets, web: c.ReadHTTP, folder: c.ReadFolder != ""}, objects: objects{client}, web: settings.HTTP, masks: &masks{}, raster: renderer, draws: make(chan struct{}, max(c.Draws, 1)), maxScenes: max(c.MaxScenes, 1),
	}, nil
}

// Draw draws a map and encodes it.
func (p *painter) Draw(ctx context.Context, sc scope.Scope, m wms.Map) (wms.Image, error) {
	known, err := p.views.of(ctx, sc)
	if err != nil {
		return wms.Image{}, late(ctx, err)
	}
	var body []byte
	var read reading
	err = p.paint(ctx, sc, known, m, func(picture *raster.Picture, was reading) (err error) {
		body, err = picture.Encode(m.Format, m.Background)
		read = was
		picture.Release()
		return err
	})
	return wms.Image{Type: m.Format, Body: body, Read: read.String()}, err
}

// paint draws a map of what is known when its turn comes, and keeps the turn while use encodes it.
func (p *painter) paint(ctx context.Context, sc scope.Scope, known view, m wms.Map, use func(*raster.Picture, reading) error) error {
	shown, read, err := p.shown(ctx, sc, known, m)
	if err != nil {
		return late(ctx, err)
	}
	leave, err := p.turn(ctx)
	if err != nil {
		return late(ctx, err)
	}
	defer leave()
	picture, err := p.raster.Draw(ctx, shown.drawing(m))
	if err != nil {
		return late(ctx, err)
	}
	for _, flaw := range picture.Flaws {
		slog.Warn("a scene is not drawn", "layer", shown[flaw.Scene].layer, "id", shown[flaw.Scene].product.ID, "error", flaw.Err)
	}
	read.scenes, read.blocks = picture.Scenes, picture.Blocks
	return use(picture, read)
}

// turn waits until one may draw, and gives what ends the turn.
func (p *painter) turn(ctx context.Context) (leave func(), err error) {
	select {
	case p.draws <- struct{}{}:
		return func() { <-p.draws }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// late says of a failure that came of the deadline that it did.
func late(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fault.Classify(fault.Unavailable, err, "the map could not be drawn in time; a smaller one may be")
	}
	return err
}
