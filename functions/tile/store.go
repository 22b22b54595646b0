package main

import (
	"context"

	"perigee/shared/bucket"
	"perigee/shared/catalogue"
	"perigee/shared/scope"
	"perigee/shared/tilecache"
)

// maxTile bounds the bytes of a tile.
const maxTile = 4 << 20

// kept is the bucket as the cache uses it.
type kept struct {
	client *bucket.Client
	bucket string
}

// Get reads a tile.
func (k kept) Get(ctx context.Context, key string) (tilecache.Object, error) {
	body, o, err := k.client.ReadAll(ctx, k.bucket, key, maxTile)
	if err != nil {
		return tilecache.Object{}, err
	}
	return tilecache.Object{Body: body, MediaType: o.ContentType, Metadata: o.Metadata, Modified: o.Modified}, nil
}

// Put writes a tile.
func (k kept) Put(ctx context.Context, key string, o tilecache.Object) error {
	_, err := k.client.Put(ctx, k.bucket, key, o.Body, bucket.PutOptions{ContentType: o.MediaType, Metadata: o.Metadata})
	return err
}

// keeping is where tiles are kept: in a folder if one is set, otherwise in the bucket.
func keeping(c config, objects *bucket.Client) (tilecache.Objects, error) {
	if c.Folder != "" {
		return tilecache.NewFolder(c.Folder)
	}
	return kept{objects, c.Bucket}, nil
}

// revisions is the catalogue as the cache asks it.
type revisions struct{ store *catalogue.Store }

// Revisions lists what changed in any workspace.
func (r revisions) Revisions(ctx context.Context, since map[string]int64) ([]tilecache.Revision, map[string]int64, error) {
	found, latest, err := r.store.RevisionsAll(ctx, scope.New(scope.System, "tile"), since)
	if err != nil {
		return nil, nil, err
	}
	changed := make([]tilecache.Revision, len(found))
	for i, f := range found {
		changed[i] = tilecache.Revision(f)
	}
	return changed, latest, nil
}
