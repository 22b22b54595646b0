package main

import (
	"context"
	"fmt"
	"os"

	"perigee/local-runner/s3"
)

// storeCommand is the hidden subcommand by which this binary, started again, is the object store.
func storeCommand() command {
	return command{name: "_s3", run: func(ctx context.Context, _ terminal, _ []string) error {
		return s3.Serve(ctx)
	}}
}

// startStore starts this binary again as the object store.
func startStore(ctx context.Context, dir, webhook string) (*s3.Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this binary: %w", err)
	}
	return s3.Start(ctx, s3.Config{Dir: dir, Webhook: webhook, Program: self, Args: []string{"_s3"}})
}
