package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/bucket/buckettest"
	"perigee/shared/tilecache"
	"perigee/shared/tilecache/tilecachetest"
)

// keeper is the bucket with what only the contract asks of it beside the cache.
type keeper struct{ kept }

func (k keeper) Head(ctx context.Context, key string) (tilecache.Object, error) {
	o, err := k.client.Head(ctx, k.bucket, key)
	return tilecache.Object{MediaType: o.ContentType, Metadata: o.Metadata, Modified: o.Modified}, err
}

func (k keeper) Delete(ctx context.Context, keys []string) error {
	return k.client.DeleteAll(ctx, k.bucket, keys)
}

// CSC-04: a bucket of S3 keeps tiles.
func TestBucketKeeps(t *testing.T) {
	client, name := buckettest.Open(t)
	tilecachetest.Keeps(t, keeper{kept{client, name}})
}

// CSC-02, CSC-04: tiles are kept in a folder where one is set, and every instance serves them from there.
func TestTilesInAFolder(t *testing.T) {
	h := newHouse(t)
	h.config.Folder = filepath.Join(t.TempDir(), "tiles")
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	h.instance(t).expect(t, there, "miss", "S2L2A  8/138/90 #1")
	h.instance(t).expect(t, there, "hit", "S2L2A  8/138/90 #1")
	var files []string
	err := filepath.WalkDir(h.config.Folder, func(path string, entry os.DirEntry, err error) error {
		if !entry.IsDir() {
			files = append(files, strings.TrimPrefix(path, h.config.Folder))
		}
		return err
	})
	want := "/_/S2L2A/natural/GoogleMapsCompatible/default/8/138/90.png"
	if err != nil || len(files) != 4 || !slices.Contains(files, want) {
		t.Errorf("the folder holds %q, %v", files, err)
	}
	for _, err := range h.objects.List(t.Context(), h.config.Bucket, "") {
		t.Errorf("the bucket holds something too, %v", err)
	}
	h.config.Folder = files[0] + "\x00"
	if _, err := newTiles(h.config, h.store, h.objects); err == nil {
		t.Error("a folder that cannot be made is taken")
	}
}

// CSC-04: a tile where nothing is is an empty picture, not a failure, and nobody fills the store by asking for such; a
// tile outside the set is refused.
func TestMissingTiles(t *testing.T) {
	h := newHouse(t)
	h.apply(t, "", scene("", "a", "1", spring, "S2L2A"))
	i := h.instance(t)
	for _, path := range []string{yonder, strings.Replace(yonder, "png", "jpg", 1), "/cache/xyz/S2L2A/8/138/90.png?time=2030-01-01", "/cache/tms/1.0.0/S2L2A@WGS84/9/0/0.mixed"} {
		status, from, body := i.get(t, path)
		if status != 200 || from != "empty" || len(body) < 60 || len(body) > 2000 {
			t.Errorf("%s is %d %s of %d bytes", path, status, from, len(body))
		}
	}
	if status, _, body := i.get(t, "/cache/wmts/1.0.0/S2L2A/default/WGS84/3/8/0.png"); status != 400 || !strings.Contains(body, "TileOutOfRange") {
		t.Errorf("outside the set: %d %s", status, body)
	}
	for _, err := range h.objects.List(t.Context(), h.config.Bucket, "") {
		t.Errorf("something was stored, %v", err)
	}
	if n := h.drawing.Rounds(); n != 0 {
		t.Errorf("%d blocks were drawn", n)
	}
}

// CSC-05: the credentials of the cache come from a Secret of their own, and nothing else of the deployment names them.
func TestCredentialsAreASecret(t *testing.T) {
	manifest, err := os.ReadFile("../../manifests/base/tile.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(manifest), "secretRef:\n                name: perigee-cache\n") || strings.Contains(string(manifest), "AWS_SECRET") {
		t.Errorf("the manifest does not take the credentials of the cache from the Secret perigee-cache:\n%s", manifest)
	}
}
