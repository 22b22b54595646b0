package main

import (
	"context"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/function"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
	"perigee/shared/wmts"
)

// tiles answers the questions of the protocols from the cache.
type tiles struct {
	layers *layers
	cache  *tilecache.Cache
	sets   grid.List
	made   string // names the product configuration in what is kept
	served map[tilecache.State]function.Counter
}

func newTiles(c config, store *catalogue.Store, objects *bucket.Client) (*tiles, error) {
	products, err := product.LoadSetting("PRODUCTS", c.Products, os.ReadFile)
	if err != nil {
		return nil, err
	}
	made, err := products.Fingerprint()
	if err != nil {
		return nil, err
	}
	renderer, err := tilecache.NewRemote(c.Render)
	if err != nil {
		return nil, err
	}
	kept, err := keeping(c, objects)
	if err != nil {
		return nil, err
	}
	cache := tilecache.New(tilecache.Config{
		Objects: kept, Renderer: renderer, Source: revisions{store}, Made: made,
		Block: c.Block, Buffer: c.Buffer, Memory: c.Memory, Limit: c.Drawing,
	})
	return &tiles{layers: newLayers(store, products), cache: cache, sets: products.Sets(), made: made, served: counters()}, nil
}

// counters are of the tiles served, by where they came from.
func counters() map[tilecache.State]function.Counter {
	all := map[tilecache.State]function.Counter{}
	for _, state := range []tilecache.State{tilecache.Memory, tilecache.Hit, tilecache.Miss, tilecache.Empty, tilecache.Stale} {
		all[state] = function.NewCounter("perigee_tiles_total", "state", string(state))
	}
	return all
}

// close waits for the tiles that are being stored.
func (t *tiles) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := t.cache.Close(ctx); err != nil {
		slog.Warn("tiles were still being stored at the end", "error", err)
	}
}

// handler serves the protocols, and the list of layers for people and for programs.
func (t *tiles) handler(c config) http.Handler {
	about := ows.Service{Title: c.Title, Abstract: c.Abstract, Keywords: []string{"earth observation", "tiles"}, Provider: ows.Provider{Name: c.Provider}}
	protocols := wmts.Handler(wmts.Config{About: about, Tiles: t, Sets: t.sets, MaxAge: c.MaxAge})
	lists := ows.Public(listing{t.layers, about}, http.MethodGet, http.MethodHead)
	maps := t.webMaps(about)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case isListing(r):
			lists.ServeHTTP(w, r)
		case isWMS(r):
			maps.ServeHTTP(w, r)
		default:
			protocols.ServeHTTP(w, r)
		}
	})
}

// Layers lists what there are tiles of.
func (t *tiles) Layers(ctx context.Context, sc scope.Scope) ([]product.Node, error) {
	return t.layers.list(ctx, sc)
}

// Tile gives a tile. While the catalogue does not answer, a tile of a layer that nobody knows is given if it is kept.
func (t *tiles) Tile(ctx context.Context, sc scope.Scope, asked wmts.Tile) (wmts.Picture, error) {
	answer, err := t.answer(ctx, sc, asked)
	if err != nil {
		return wmts.Picture{}, err
	}
	t.served[answer.State].Add(1)
	return wmts.Picture{
		Body: answer.Body, MediaType: answer.MediaType, ETag: answer.ETag, Modified: answer.Modified,
		Cache: string(answer.State), Stale: answer.State == tilecache.Stale,
	}, nil
}

// answer asks the cache.
func (t *tiles) answer(ctx context.Context, sc scope.Scope, asked wmts.Tile) (tilecache.Answer, error) {
	q := tilecache.Question{
		Tile: tilecache.Tile{
			Workspace: sc.Workspace, Layer: asked.Layer, Style: asked.Style, Set: asked.Set,
			Time: asked.Time, At: asked.At, Format: asked.Format,
		},
		Workspaces: sc.Readable(),
	}
	layer, err := t.layers.find(ctx, sc, asked.Layer, asked.Time, t.products(ctx, sc))
	switch {
	case err == nil:
		if q.Style, err = styleOf(layer, asked.Style); err != nil {
			return tilecache.Answer{}, err
		}
		q.Subject, q.Keep = layer.Base, keeps(layer, asked)
	case fault.KindOf(err) == fault.Unavailable:
		q.Unverified = true
	default:
		return tilecache.Answer{}, err
	}
	return t.cache.Tile(ctx, q)
}

// products is the revision of the products that the workspace of a scope has of its own, as far as it is known. The
// system's has none, and no look is taken.
func (t *tiles) products(ctx context.Context, sc scope.Scope) int64 {
	if sc.Workspace == scope.System {
		return 0
	}
	revision, _ := t.cache.Products(ctx, sc.Workspace)
	return revision
}

// styleOf is the style of the layer that a request means.
func styleOf(layer product.Node, asked string) (string, error) {
	if asked == wmts.DefaultStyle && len(layer.Styles) > 0 {
		return layer.Styles[0], nil
	}
	if asked != wmts.DefaultStyle && !slices.Contains(layer.Styles, asked) {
		return "", ows.Invalid("style", "the layer %q has no style %q", layer.Name, asked)
	}
	return asked, nil
}

// keeps tells whether a tile is kept: the configuration has this set and level kept, and the time is one of the few that
// many ask for. Whoever makes up times has them drawn, but fills no store.
func keeps(layer product.Node, asked wmts.Tile) bool {
	return slices.ContainsFunc(layer.Grids, func(g product.LayerGrid) bool { return asked.Set.Is(g.Name) && asked.At.Z <= g.Zoom }) &&
		shows(layer, asked.Time) && (asked.Time.IsZero() || calendar(asked.Time))
}

// calendar tells whether an interval is a day, a month or a year, as a value of the time dimension stands for them.
func calendar(i record.Interval) bool {
	return slices.ContainsFunc([]string{"2006-01-02", "2006-01", "2006"}, func(form string) bool {
		whole, err := record.ParseInterval(i.Start.UTC().Format(form))
		return err == nil && whole.Start.Equal(i.Start) && whole.End.Equal(i.End)
	})
}
