// Command tile serves map tiles from the cache: WMTS and web map addresses. A tile that is kept and current is read from
// the bucket; any other is drawn by render, once for all who wait, together with its neighbours, and kept.
//
// In: HTTP /cache
// Out: nothing
// Reads: the catalogue, the product configuration, the cache bucket or folder, render
// Writes: the cache bucket or folder
package main

import (
	"context"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/identity"
)

type config struct {
	identity.Config
	DatabaseURL string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections int32         `envconfig:"DATABASE_CONNECTIONS" default:"2" desc:"connections of one instance at most"`
	Wait        time.Duration `envconfig:"DATABASE_WAIT" default:"5s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Endpoint    string        `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Region      string        `envconfig:"AWS_REGION"`
	AccessKey   string        `envconfig:"AWS_ACCESS_KEY_ID"`
	SecretKey   string        `envconfig:"AWS_SECRET_ACCESS_KEY"`
	Bucket      string        `envconfig:"CACHE_BUCKET" default:"cache" desc:"bucket that keeps the tiles"`
	Folder      string        `envconfig:"CACHE_FOLDER" desc:"folder that keeps the tiles instead of the bucket"`
	Render      string        `envconfig:"RENDER_URL" required:"true" desc:"URL of the function that draws"`
	Products    string        `envconfig:"PRODUCTS" desc:"product configuration as YAML, or the path of its file"`
	Block       int           `envconfig:"BLOCK_SIZE" default:"2" desc:"tiles along a side of the blocks that are drawn at once"`
	Buffer      int           `envconfig:"BLOCK_BUFFER" default:"0" desc:"pixels that are drawn around a block beside it, 256 at most"`
	Memory      int64         `envconfig:"MEMORY_BYTES" default:"67108864" desc:"bytes of tiles remembered in memory; -1: none"`
	Drawing     time.Duration `envconfig:"RENDER_TIMEOUT" default:"50s" desc:"for drawing one block"`
	MaxAge      time.Duration `envconfig:"MAX_AGE" default:"5s" desc:"how long browsers may use a tile without asking again"`
	Title       string        `envconfig:"TITLE" default:"Perigee tiles" desc:"title of the service"`
	Abstract    string        `envconfig:"ABSTRACT" default:"Tiles of Earth observation layers" desc:"what the service offers"`
	Provider    string        `envconfig:"PROVIDER" default:"Perigee" desc:"who offers the service"`
}

func main() { function.Main("tile", run) }

func run(ctx context.Context, c config) error {
	edge, err := identity.New(c.Config)
	if err != nil {
		return err
	}
	store, err := catalogue.Open(ctx, catalogue.Config{URL: c.DatabaseURL, MaxConns: c.Connections, Wait: c.Wait})
	if err != nil {
		return err
	}
	defer store.Close()
	objects := bucket.Open(bucket.Config{Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey})
	tiles, err := newTiles(c, store, objects)
	if err != nil {
		return err
	}
	defer tiles.close()
	// Ready whatever the catalogue does: what is kept is served without it.
	return function.Serve(ctx, function.Server{Handler: edge.Wrap(tiles.handler(c))})
}
