// Command register brings documents into the catalogue and onto the maps by the routes of EOEPCA's registrar: STAC items and
// collections, products, records as JSON and XML, application packages, services and other catalogues are created, replaced
// and removed as the objects or requests say. A request only says where to look; what counts is the present
// state. Every registration leaves its status behind, failures in words. It is the one function that writes records: what
// others are asked to write by their protocols they have it write.
//
// In: perigee.register.requested; dev.knative.sources.ping (sweep); HTTP /register, /register-collection, /register-json, /deregister, /registrations; HTTP /internal/transactions, /internal/resources, and below /internal/acknowledged what was acknowledged before (within the cluster)
// Out: perigee.harvest.requested, perigee.register.requested by the output of a route, and of resources that are due; org.ogc.api.collection.item.create, .replace, .delete; org.ogc.api.collection.create, .replace, .delete; perigee.register.failed
// Reads: the documents and their assets in buckets, services and documents at public addresses; render, for the grids of assets; the product configuration; the catalogue
// Writes: the catalogue
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
	Connections  int32         `envconfig:"DATABASE_CONNECTIONS" default:"4" desc:"connections of one instance at most"`
	Wait         time.Duration `envconfig:"DATABASE_WAIT" default:"15s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Endpoint     string        `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Region       string        `envconfig:"AWS_REGION"`
	AccessKey    string        `envconfig:"AWS_ACCESS_KEY_ID"`
	SecretKey    string        `envconfig:"AWS_SECRET_ACCESS_KEY"`
	IngestBucket string        `envconfig:"INGEST_BUCKET" default:"ingest" desc:"the system's bucket; a workspace has the bucket of its name"`
	CacheBucket  string        `envconfig:"CACHE_BUCKET" default:"cache" desc:"the tile cache's bucket, which is no workspace's"`
	ReadBuckets  []string      `envconfig:"READ_BUCKETS" desc:"further buckets that the system's items may refer to, between commas"`
	ReadHTTP     bool          `envconfig:"READ_HTTP" default:"false" desc:"files at public addresses, by http and https, are drawn too; render has to read them"`
	ReadFolder   string        `envconfig:"READ_FOLDER" desc:"folder whose files the system's items may refer to as file:///; render has to see it"`
	Reachable    []string      `envconfig:"REACHABLE" desc:"addresses, blocks of them and names of hosts inside that a document to register may lie at, between commas; public ones are reached anyway"`
	RenderURL    string        `envconfig:"RENDER_URL" required:"true" desc:"where render describes the grids of assets"`
	Products     string        `envconfig:"PRODUCTS" desc:"product configuration as YAML, or the path of its file"`
	Routes       string        `envconfig:"ROUTES" desc:"routes and backends of registration as YAML, or the path of its file; empty: those in PRODUCTS, else all that are known"`
	Replace      bool          `envconfig:"REGISTRAR_REPLACE" default:"true" desc:"whether mode register replaces what is there"`
	Sink         string        `envconfig:"K_SINK" desc:"where events go"`
	Overrides    string        `envconfig:"K_CE_OVERRIDES"`
}

func main() { function.Main("register", run) }

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
	r, err := newRegistrar(c, store)
	if err != nil {
		return err
	}
	defer r.behind.finish()
	return function.Serve(ctx, function.Server{Handler: r.handler(edge.Wrap), Ready: store.Ready})
}
