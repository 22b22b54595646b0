// Command harvest walks sources of items, collections and records (static catalogues, searches, APIs, catalogue services,
// files), leads what it finds there through filters and postprocessors, and asks for its registration. A walk goes step by
// step: what a step found is asked for, then the step is written, and when the time of an invocation is over an event hands
// the walk on to the next one. A step that was cut off is done again and changes nothing twice.
//
// In: perigee.harvest.requested, dev.knative.sources.ping; HTTP /harvest, /harvest-runs
// Out: perigee.register.requested; perigee.harvest.requested, to go on
// Reads: buckets, folders and services elsewhere; the harvesters' configuration; the catalogue
// Writes: the runs in the catalogue
package main

import (
	"context"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/identity"
)

type config struct {
	identity.Config
	DatabaseURL  string        `envconfig:"DATABASE_URL" required:"true" desc:"PostgreSQL URL of a role that writes"`
	Connections  int32         `envconfig:"DATABASE_CONNECTIONS" default:"2" desc:"connections of one instance at most"`
	Wait         time.Duration `envconfig:"DATABASE_WAIT" default:"15s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Endpoint     string        `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Region       string        `envconfig:"AWS_REGION"`
	AccessKey    string        `envconfig:"AWS_ACCESS_KEY_ID"`
	SecretKey    string        `envconfig:"AWS_SECRET_ACCESS_KEY"`
	IngestBucket string        `envconfig:"INGEST_BUCKET" default:"ingest" desc:"the system's bucket; a workspace has the bucket of its name"`
	CacheBucket  string        `envconfig:"CACHE_BUCKET" default:"cache" desc:"the tile cache's bucket, which is no workspace's"`
	ReadBuckets  []string      `envconfig:"READ_BUCKETS" desc:"further buckets that the system harvests, between commas; register has to read them too"`
	Harvesters   string        `envconfig:"HARVESTERS" desc:"configuration of the harvesters as YAML, or the path of its file"`
	Allow        []string      `envconfig:"REACHABLE" desc:"blocks, addresses and hosts inside that requests may lead to, between commas; without any, only what is public"`
	Local        bool          `envconfig:"HARVEST_FOLDERS" default:"false" desc:"whether harvesters may read folders of the machine"`
	Timeout      time.Duration `envconfig:"HARVEST_TIMEOUT" default:"45s" desc:"how long one answer of a service may take"`
	Tries        int           `envconfig:"HARVEST_TRIES" default:"3" desc:"how often a service that is busy is asked within one step"`
	Patience     time.Duration `envconfig:"HARVEST_PATIENCE" default:"6h" desc:"after which a harvest without progress has failed"`
	Backlog      int           `envconfig:"HARVEST_BACKLOG" default:"20000" desc:"documents of a harvest that may wait for their registration; 0: any number"`
	EODATA       string        `envconfig:"CREODIAS_EODATA_S3_ENDPOINT" default:"http://data.cloudferro.com" desc:"the store of s3://EODATA, which postprocessors read; empty: none"`
	EODATAKey    string        `envconfig:"CREODIAS_EODATA_S3_ACCESS_KEY" default:"access"`
	EODATASecret string        `envconfig:"CREODIAS_EODATA_S3_ACCESS_SECRET" default:"access"`
	EODATARegion string        `envconfig:"CREODIAS_EODATA_S3_REGION" default:"RegionOne"`
	Budget       time.Duration `envconfig:"HARVEST_BUDGET" default:"20s" desc:"how long one invocation walks before it hands on"`
	MaxNodes     int64         `envconfig:"HARVEST_MAX_NODES" default:"5000000" desc:"nodes that one run may meet"`
	Sink         string        `envconfig:"K_SINK" desc:"where events go"`
	Overrides    string        `envconfig:"K_CE_OVERRIDES"`
}

func main() { function.Main("harvest", run) }

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
	h, err := newHarvest(c, store)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: h.handler(edge.Wrap), Ready: store.ReadyToHarvest})
}
