package main

import (
	"context"
	"fmt"
	"os"

	"perigee/local-runner/s3"
	"perigee/shared/bucket"
)

// storeCommand is the hidden subcommand by which this binary, started again, is the object store.
func storeCommand() command {
	return command{name: "_s3", run: func(ctx context.Context, _ terminal, _ []string) error {
		return s3.Serve(ctx)
	}}
}

// startStore starts this binary again as the object store.
func startStore(ctx context.Context, cfg s3.Config) (*s3.Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this binary: %w", err)
	}
	cfg.Program, cfg.Args = self, []string{"_s3"}
	return s3.Start(ctx, cfg)
}

// objectsOf is a client of a store as its owner.
func objectsOf(store *s3.Server) *bucket.Client {
	return bucket.Open(bucket.Config{Endpoint: store.Endpoint(), Region: s3.Region, AccessKey: store.AccessKey(), SecretKey: store.SecretKey(), PathStyle: true})
}
