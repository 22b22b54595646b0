package main

import (
	"context"
	"slices"
	"strings"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

// access says which files may be read on behalf of a workspace: those in its own bucket, and, where that is allowed, those
// at public addresses and, for the system, those in a folder; so that nobody makes this function read for him what he may
// not read himself.
type access struct {
	ingest string   // the system's bucket
	cache  string   // the tile cache's, which is nobody's
	read   []string // further buckets of the system
	web    bool     // files at public addresses, which the renderer makes sure of
	folder bool     // files of the folder, which the renderer does not leave
}

// allow is nil for a file that belongs to the workspace.
func (a access) allow(workspace, href string) error {
	if a.web && (strings.HasPrefix(href, "https://") || strings.HasPrefix(href, "http://")) {
		return nil
	}
	if a.folder && workspace == scope.System && (strings.HasPrefix(href, "/") || strings.HasPrefix(href, "file:///")) {
		return nil
	}
	name, _, ok := bucket.ParseHref(href)
	if !ok {
		return fault.At(fault.Forbidden, "href", "%q is not the address of an object, s3://bucket/key", href)
	}
	if err := (scope.Buckets{Ingest: a.ingest, Cache: a.cache, Shared: a.read}).MayRead(workspace, name); err != nil {
		return fault.At(fault.Forbidden, "href", "%w", err)
	}
	return nil
}

// owner is the workspace that a bucket belongs to: the one of its name, but for the buckets of the system.
func (a access) owner(name string) string {
	if name == a.ingest || slices.Contains(a.read, name) {
		return scope.System
	}
	return name
}

// objects is the object store as the renderer reads it. What may be read was decided before.
type objects struct{ client *bucket.Client }

// Size tells the size of an object and its entity tag.
func (o objects) Size(ctx context.Context, href string) (int64, string, error) {
	name, key, ok := bucket.ParseHref(href)
	if !ok {
		return 0, "", fault.At(fault.Invalid, "href", "%q is not the address of an object", href)
	}
	object, err := o.client.Head(ctx, name, key)
	return object.Size, object.ETag, err
}

// ReadRange reads a part of an object that must still have the entity tag.
func (o objects) ReadRange(ctx context.Context, href, etag string, off, n int64) ([]byte, error) {
	name, key, ok := bucket.ParseHref(href)
	if !ok {
		return nil, fault.At(fault.Invalid, "href", "%q is not the address of an object", href)
	}
	return o.client.ReadRange(ctx, name, key, etag, off, n)
}

// whole reads a small object.
func (o objects) whole(ctx context.Context, href string, most int64) ([]byte, error) {
	size, etag, err := o.Size(ctx, href)
	if err != nil || size == 0 {
		return nil, err
	}
	if size > most {
		return nil, fault.At(fault.Invalid, "href", "%s has %d bytes; %d can be read", href, size, most)
	}
	return o.ReadRange(ctx, href, etag, 0, size)
}
