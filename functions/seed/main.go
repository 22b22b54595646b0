// Command seed fills the tile cache before anybody asks, and empties it: where the catalogue changed, and where people
// ask. A job goes level by level and within a level block by block; each block is an event, so that a worker that dies
// costs one block.
//
// In: perigee.seed.requested; org.ogc.api.collection.item.create, .replace, .delete; HTTP /seed
// Out: perigee.seed.requested
// Reads: the catalogue, the product configuration, the cache bucket or folder, render
// Writes: the cache bucket or folder, and overview mosaics to the bucket; the catalogue, where the jobs are kept
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
	DatabaseURL string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that writes"`
	Connections int32         `envconfig:"DATABASE_CONNECTIONS" default:"1" desc:"connections of one instance at most"`
	Wait        time.Duration `envconfig:"DATABASE_WAIT" default:"15s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Endpoint    string        `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Region      string        `envconfig:"AWS_REGION"`
	AccessKey   string        `envconfig:"AWS_ACCESS_KEY_ID"`
	SecretKey   string        `envconfig:"AWS_SECRET_ACCESS_KEY"`
	Bucket      string        `envconfig:"CACHE_BUCKET" default:"cache" desc:"bucket that keeps the tiles"`
	Folder      string        `envconfig:"CACHE_FOLDER" desc:"folder that keeps the tiles instead of the bucket"`
	Render      string        `envconfig:"RENDER_URL" required:"true" desc:"URL of the function that draws"`
	Products    string        `envconfig:"PRODUCTS" desc:"product configuration as YAML, or the path of its file"`
	Drawing     time.Duration `envconfig:"RENDER_TIMEOUT" default:"50s" desc:"for drawing one block"`
	MinZoom     int           `envconfig:"SEED_MIN_ZOOM" default:"0" desc:"first level that is seeded after changes, and where a request names none"`
	MaxZoom     int           `envconfig:"SEED_MAX_ZOOM" default:"6" desc:"last such level; below the first: changes are not followed"`
	Days        int           `envconfig:"SEED_DAYS" default:"7" desc:"days of changed items whose tiles one job seeds beside those without a time"`
	MaxTiles    int64         `envconfig:"SEED_MAX_TILES" default:"1000000" desc:"tiles of one job at most"`
	Block       int           `envconfig:"BLOCK_SIZE" default:"4" desc:"tiles along a side of a block, 1 to 8"`
	Buffer      int           `envconfig:"BLOCK_BUFFER" default:"0" desc:"pixels that are drawn around a block beside it, 256 at most, as of the function tile"`
	Overviews   bool          `envconfig:"SEED_OVERVIEWS" default:"true" desc:"overview mosaics are made before tiles, which are drawn of them"`
	Sink        string        `envconfig:"K_SINK" desc:"where events go"`
	Overrides   string        `envconfig:"K_CE_OVERRIDES"`
}

func main() { function.Main("seed", run) }

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
	s, err := newSeeder(c, store, objects)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: s.handler(edge.Wrap), Ready: store.ReadyToSeed})
}
