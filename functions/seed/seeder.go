package main

import (
	"net/http"
	"os"
	"time"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ogcapi"
	"perigee/shared/product"
	"perigee/shared/tilecache"
)

// seeder does the jobs.
type seeder struct {
	config   config
	products *product.Workspaces
	store    *catalogue.Store
	sets     grid.List
	tiles    *tilecache.Seeder
	chunks   *chunks
	sink     *eventing.Sink
	plans    plans
	rounds   *rounds
	drawing  chan struct{} // has a place for each block that is done at once
	quiet    time.Duration // see stalled
}

// maxSide bounds the side of a block: its tiles are the bits of one number.
const maxSide = 8

// atOnce is how many blocks an instance does at once. It takes more requests than that: events of items wait for one another.
const atOnce = 4

// newSeeder checks the configuration and opens what is not asked before the first request.
func newSeeder(c config, store *catalogue.Store, objects *bucket.Client) (*seeder, error) {
	if c.Block < 1 || c.Block > maxSide {
		return nil, fault.At(fault.Invalid, "BLOCK_SIZE", "BLOCK_SIZE is %d, not 1 to %d", c.Block, maxSide)
	}
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
	sink, err := eventing.NewSink(c.Sink, c.Overrides)
	if err != nil {
		return nil, err
	}
	bucket := kept{objects, c.Bucket}
	var keeper tilecache.Keeper = bucket
	if c.Folder != "" {
		if keeper, err = tilecache.NewFolder(c.Folder); err != nil {
			return nil, err
		}
	}
	tiles := tilecache.NewSeeder(tilecache.Config{
		Renderer: renderer.Background(), Source: revisions{store}, Made: made, Limit: c.Drawing, Buffer: c.Buffer,
	}, keeper)
	chunks, err := newChunks(c, store, bucket)
	if err != nil {
		return nil, err
	}
	return &seeder{
		config: c, products: product.NewWorkspaces(products), store: store, sets: products.Sets(), tiles: tiles, chunks: chunks, sink: sink, quiet: stalled,
		rounds: newRounds(), drawing: make(chan struct{}, atOnce),
	}, nil
}

// handler serves events at the root, where only the broker reaches it, and the operations behind the edge.
func (s *seeder) handler(edge func(http.Handler) http.Handler) http.Handler {
	var operations ogcapi.Routes
	operations.Handle("POST /seed", s.post)
	operations.Handle("GET /seed/jobs", s.list)
	operations.Handle("GET /seed/jobs/{id}", s.show)
	operations.Handle("DELETE /seed/jobs/{id}", s.dismiss)
	mux := http.NewServeMux()
	mux.Handle("POST /{$}", eventing.Several(s.event, eventing.Together{Types: eventing.ItemPrefix, Handle: s.items}))
	mux.Handle("/", edge(&operations))
	return mux
}
