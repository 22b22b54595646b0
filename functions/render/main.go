// Command render draws: maps for people by the Web Map Service, blocks of tiles for the cache, and the grids of files for
// register. What it draws from can be downloaded, by the Download Service for Earth Observation Products. It is the one
// function that links GDAL.
//
// In: HTTP /ows, /coverages/metadata, /admin; HTTP /internal/tiles, /internal/overview, /internal/describe (within the cluster)
// Out: nothing
// Reads: the catalogue, the product configuration, the scenes in the buckets, the overview mosaics in the cache bucket
// Writes: nothing
package main

import (
	"context"

	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/function"
	"perigee/shared/identity"
)

func main() { function.Main("render", run) }

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
	client := bucket.Open(bucket.Config{Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey})
	painter, err := newPainter(c, store, client)
	if err != nil {
		return err
	}
	return function.Serve(ctx, function.Server{Handler: painter.handler(edge.Wrap), Ready: store.Ready})
}
