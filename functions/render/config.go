package main

import (
	"os"
	"time"

	"perigee/shared/identity"
	"perigee/shared/ows"
	"perigee/shared/product"
)

type config struct {
	identity.Config
	DatabaseURL  string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that reads"`
	Connections  int32         `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Endpoint     string        `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Region       string        `envconfig:"AWS_REGION"`
	AccessKey    string        `envconfig:"AWS_ACCESS_KEY_ID"`
	SecretKey    string        `envconfig:"AWS_SECRET_ACCESS_KEY"`
	IngestBucket string        `envconfig:"INGEST_BUCKET" default:"ingest" desc:"the system's bucket; any other belongs to the workspace of its name"`
	CacheBucket  string        `envconfig:"CACHE_BUCKET" default:"cache" desc:"the tile cache's bucket, of which nothing is drawn"`
	ReadBuckets  []string      `envconfig:"READ_BUCKETS" desc:"further buckets that the system's items may refer to, between commas"`
	Products     string        `envconfig:"PRODUCTS" desc:"product configuration as YAML, or the path of its file"`
	Timeout      time.Duration `envconfig:"TIMEOUT" default:"50s" desc:"for one request"`
	Draws        int           `envconfig:"CONCURRENT_DRAWS" default:"4" desc:"maps drawn at the same time; others wait"`
	MaxSize      int           `envconfig:"MAX_SIZE" default:"4096" desc:"width and height of a map in pixels"`
	MaxScenes    int           `envconfig:"MAX_SCENES" default:"500" desc:"scenes of a map, the newest"`
	CacheBytes   int64         `envconfig:"CACHE_BYTES" default:"268435456" desc:"bytes of decoded blocks kept in memory"`
	CacheControl string        `envconfig:"CACHE_CONTROL" desc:"Cache-Control of maps; empty: no-cache, to be revalidated"`
	Title        string        `envconfig:"TITLE" default:"Perigee maps" desc:"title of the service"`
	Abstract     string        `envconfig:"ABSTRACT" default:"Maps of Earth observation products and collections" desc:"what the service offers"`
	Provider     string        `envconfig:"PROVIDER" default:"Perigee" desc:"who offers the service"`
}

func (c config) service() ows.Service {
	return ows.Service{Title: c.Title, Abstract: c.Abstract, Keywords: []string{"earth observation", "maps"}, Provider: ows.Provider{Name: c.Provider}}
}

// products reads the product configuration.
func (c config) products() (product.Config, error) {
	return product.LoadSetting("PRODUCTS", c.Products, os.ReadFile)
}
