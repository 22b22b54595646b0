package main

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/bucket"
	"perigee/shared/stac"
)

// uploader writes files into a bucket and watches what the house makes of them.
type uploader struct {
	client
	at        instance
	objects   *bucket.Client
	bucket    string
	prefix    string // of the addresses: /workspaces/NAME, or nothing
	workspace string
	say       *speaker
	terminal  bool
	patience  time.Duration // for one document
	finding   time.Duration // for what was registered to be found in the catalogue, whose functions may start from nothing
	slack     time.Duration // for it to be listed as a layer, which not everything is

	mu     sync.Mutex
	shown  string // the id of an item that became visible
	failed int
}

func newUploader(at instance, say *speaker, terminal bool) *uploader {
	u := &uploader{
		at: at, bucket: at.Ingest, say: say, terminal: terminal, client: newClient(at), patience: 2 * time.Minute,
		finding: time.Minute, slack: 4 * time.Second,
		objects: bucket.Open(bucket.Config{Endpoint: at.Endpoint, Region: at.Region, AccessKey: at.AccessKey, SecretKey: at.SecretKey, PathStyle: true}),
	}
	if at.Cluster {
		u.slack = 30 * time.Second // the function that answers may start from nothing
	}
	return u
}

// parallel is how many files are on their way at once.
const parallel = 4

// errSomeFailed says that the failures were told already.
var errSomeFailed = errors.New("not everything that was uploaded became visible")

// run uploads files and folders: first what the items need, then the collections, then the items, each of which is
// watched until it can be seen.
func (u *uploader) run(ctx context.Context, args []string) error {
	all, err := gather(u.bucket, args)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("there is nothing to upload in %s", strings.Join(args, ", "))
	}
	if err := u.assets(ctx, all); err != nil {
		return err
	}
	for _, phase := range []role{collection, bare, item} {
		if err := u.documents(ctx, all, phase); err != nil {
			return err
		}
	}
	if u.failed > 0 {
		return errSomeFailed
	}
	return nil
}

// assets uploads what is no document.
func (u *uploader) assets(ctx context.Context, all []upload) error {
	var some []upload
	for _, one := range all {
		if one.role == asset || one.role == bare {
			some = append(some, one)
		}
	}
	if len(some) == 0 {
		return nil
	}
	shown := u.begin(some)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, one := range some {
		group.Go(func() error { return u.send(ctx, one, shown) })
	}
	err := group.Wait()
	shown.end(err)
	return err
}

func (u *uploader) send(ctx context.Context, one upload, shown *progress) error {
	file, err := os.Open(one.path)
	if err != nil {
		return fmt.Errorf("uploading: %w", err)
	}
	defer file.Close()
	sent := int64(0)
	_, err = u.objects.Upload(ctx, u.bucket, one.key, file, one.size, bucket.PutOptions{ContentType: mediaType(one)}, func(now int64) {
		shown.add(now - sent)
		sent = now
	})
	if err == nil {
		shown.add(one.size - sent)
	}
	return err
}

// mediaType is what an object is stored as.
func mediaType(one upload) string {
	switch {
	case one.role == item:
		return stac.MediaTypeItem
	case one.role == collection:
		return stac.MediaTypeCollection
	case isTIFF(one.key):
		return "image/tiff; application=geotiff"
	}
	return mime.TypeByExtension(path.Ext(one.key))
}

// documents uploads the documents of a role and watches them; a GeoTIFF without one gets its item first.
func (u *uploader) documents(ctx context.Context, all []upload, phase role) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, one := range all {
		if one.role != phase {
			continue
		}
		group.Go(func() error {
			made, err := u.document(ctx, one)
			if err != nil {
				u.fail("uploaded %s → failed: %v", one.key, err)
				return ctx.Err()
			}
			return u.follow(ctx, made)
		})
	}
	return group.Wait()
}

// document is the document of an upload, with its text where it is not too large to be read.
func (u *uploader) document(ctx context.Context, one upload) (upload, error) {
	if one.role == bare {
		return u.itemOf(ctx, one)
	}
	if one.size > stac.MaxSize {
		return one, nil
	}
	text, err := os.ReadFile(one.path)
	one.made = text
	return one, err
}

// itemOf makes the item of a GeoTIFF that was uploaded already.
func (u *uploader) itemOf(ctx context.Context, tiff upload) (upload, error) {
	q := url.Values{"href": {bucket.Href(u.bucket, tiff.key)}}
	if u.workspace != "" {
		q.Set("workspace", u.workspace)
	}
	d, err := u.describe(ctx, q)
	if err != nil {
		return tiff, err
	}
	text, err := makeItem(tiff.key, d, timeOf(tiff.path))
	if err != nil {
		return tiff, err
	}
	key := strings.TrimSuffix(tiff.key, path.Ext(tiff.key)) + ".json"
	return upload{made: text, key: key, size: int64(len(text)), role: item}, nil
}

// The function that describes files, as pods of a cluster call it: neither is anything for the outside.
const (
	rendering   = "render.perigee.svc.cluster.local"
	description = "/internal/describe"
)

// describe asks what a raster file holds: the runner of this machine, or render by the inner ingress of a cluster.
func (u *uploader) describe(ctx context.Context, q url.Values) (d described, err error) {
	switch {
	case !u.at.Cluster:
		err = u.getJSON(ctx, "/_runner/describe?"+q.Encode(), &d)
	case u.at.Inside == "":
		err = errors.New("what a GeoTIFF without metadata holds is asked of render, which the cluster shows to its pods only: give `backing` the address of the inner ingress with --inside, or upload a STAC item with it")
	default:
		inner := client{url: u.at.Inside, host: rendering, http: u.client.http}
		err = inner.getJSON(ctx, description+"?"+q.Encode(), &d)
	}
	return d, err
}

// put writes a document.
func (u *uploader) put(ctx context.Context, one upload) error {
	if one.made == nil {
		return u.send(ctx, one, &progress{})
	}
	_, err := u.objects.Put(ctx, u.bucket, one.key, one.made, bucket.PutOptions{ContentType: mediaType(one)})
	return err
}

func (u *uploader) fail(format string, args ...any) {
	u.mu.Lock()
	u.failed++
	u.mu.Unlock()
	u.say.line(format, args...)
}
