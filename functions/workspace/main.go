// Command workspace makes, shows and removes workspaces: a bucket with credentials of its own, and a part of the catalogue
// and of the maps. What it does goes step by step; a worker that ends in between is followed by the next who is asked, or
// told by an event, and begins again. What a workspace lays over the product configuration is kept here too; its items are
// looked at again when that changes.
//
// In: perigee.workspace.created, perigee.workspace.deleted, perigee.workspace.products; HTTP /workspaces
// Out: perigee.workspace.created, perigee.workspace.deleted, perigee.workspace.products; perigee.register.requested; org.ogc.api.collection.item.delete and org.ogc.api.collection.delete of what goes with a workspace
// Reads: the catalogue; the product configuration; the buckets of workspaces
// Writes: the catalogue; the object store's buckets, accounts and policies
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
	Connections  int32         `envconfig:"DATABASE_CONNECTIONS" default:"1" desc:"connections of one instance at most"`
	Wait         time.Duration `envconfig:"DATABASE_WAIT" default:"5s" desc:"how long a question waits for one of them that comes free, before it is told to come again"`
	Endpoint     string        `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Region       string        `envconfig:"AWS_REGION"`
	AccessKey    string        `envconfig:"AWS_ACCESS_KEY_ID" desc:"of an account that makes buckets and manages accounts"`
	SecretKey    string        `envconfig:"AWS_SECRET_ACCESS_KEY"`
	IngestBucket string        `envconfig:"INGEST_BUCKET" default:"ingest" desc:"the system's bucket, which is no workspace's"`
	CacheBucket  string        `envconfig:"CACHE_BUCKET" default:"cache" desc:"the tile cache's bucket, which is no workspace's"`
	ReadBuckets  []string      `envconfig:"READ_BUCKETS" desc:"further buckets of the system, between commas"`
	Prefix       string        `envconfig:"WORKSPACE_PREFIX" default:"ws" desc:"what the name of a workspace begins with"`
	Accounts     string        `envconfig:"WORKSPACE_ACCOUNTS" default:"versitygw" desc:"accounts of the object store: versitygw, or none: workspaces have no credentials of their own"`
	Key          string        `envconfig:"WORKSPACE_KEY" required:"true" desc:"32 bytes in base64 that seal credentials where they are stored; several between commas: the first seals"`
	Readers      []string      `envconfig:"WORKSPACE_READERS" desc:"access keys of the system's accounts that read the buckets of workspaces and are no administrators', between commas"`
	Products     string        `envconfig:"PRODUCTS" desc:"product configuration as YAML, or the path of its file"`
	StoreURL     string        `envconfig:"WORKSPACE_S3_ENDPOINT" desc:"URL of the object store as users reach it; empty: AWS_ENDPOINT_URL"`
	Sink         string        `envconfig:"K_SINK" desc:"where events go"`
	Overrides    string        `envconfig:"K_CE_OVERRIDES"`
}

func main() { function.Main("workspace", run) }

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
	k, err := newKeeper(c, store)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: k.handler(edge.Wrap), Ready: store.ReadyForWorkspaces})
}
