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
	behind    chan struct{} // holds one for each of them that nobody waits for
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
	if c.TimeStep != "" && c.TimeStep != stepDays && c.TimeStep != stepSeconds {
		return nil, fault.At(fault.Invalid, "TIME_STEP", "TIME_STEP is %q, neither %s nor %s", c.TimeStep, stepDays, stepSeconds)
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
		config: c, store: store, products: products, views: &views{store: store, products: products, seconds: c.TimeStep == stepSeconds}, finds: newFinds(store),
		overviews: &overviews{objects: objects{client}, bucket: c.CacheBucket},
		access:    access{ingest: c.IngestBucket, cache: c.CacheBucket, read: c.ReadBuckets, web: c.ReadHTTP, folder: c.ReadFolder != ""}, objects: objects{client}, web: settings.HTTP, masks: &masks{}, raster: renderer, draws: make(chan struct{}, max(c.Draws, 1)), behind: make(chan struct{}, max(c.Draws/2, 1)), maxScenes: max(c.MaxScenes, 1),
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
	err = p.paint(ctx, sc, known, m, foreground, func(picture *raster.Picture, was reading) (err error) {
		body, err = picture.Encode(m.Format, m.Background)
		read = was
		picture.Release()
		return err
	})
	return wms.Image{Type: m.Format, Body: body, Read: read.String()}, err
}

// paint draws a map of what is known when its turn comes, and keeps the turn while use encodes it.
func (p *painter) paint(ctx context.Context, sc scope.Scope, known view, m wms.Map, of ground, use func(*raster.Picture, reading) error) error {
	shown, read, err := p.shown(ctx, sc, known, m)
	if err != nil {
		return late(ctx, err)
	}
	leave, err := p.turn(ctx, of)
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

// ground tells whether somebody waits for what is drawn.
type ground bool

const (
	foreground ground = false
	background ground = true // seeding
)

// turn waits until one may draw, and gives what ends the turn. What nobody waits for has half of the turns at most: however
// much is seeded, there is one for maps, unless there is only one in all.
func (p *painter) turn(ctx context.Context, of ground) (leave func(), err error) {
	leave = func() { <-p.draws }
	if of == background {
		if err := enter(ctx, p.behind); err != nil {
			return nil, err
		}
		leave = func() { <-p.draws; <-p.behind }
	}
	if err := enter(ctx, p.draws); err != nil {
		if of == background {
			<-p.behind
		}
		return nil, err
	}
	return leave, nil
}

// enter waits for a place.
func enter(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// late says of a failure that came of the deadline that it did.
func late(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fault.Classify(fault.Unavailable, err, "the map could not be drawn in time; a smaller one may be")
	}
	return err
}
