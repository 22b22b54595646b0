package main

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/stacapi"
)

// ObjectStore is the environment of the object store; exported, because settings of unexported types are not read.
type ObjectStore struct {
	Endpoint     string   `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Public       string   `envconfig:"OBJECTS_PUBLIC_URL" desc:"URL of the object store as clients reach it; empty: AWS_ENDPOINT_URL"`
	Region       string   `envconfig:"AWS_REGION"`
	AccessKey    string   `envconfig:"AWS_ACCESS_KEY_ID"`
	SecretKey    string   `envconfig:"AWS_SECRET_ACCESS_KEY"`
	IngestBucket string   `envconfig:"INGEST_BUCKET" default:"ingest" desc:"the system's bucket; a workspace has the bucket of its name"`
	CacheBucket  string   `envconfig:"CACHE_BUCKET" default:"cache" desc:"the tile cache's bucket, which is shown to nobody"`
	ReadBuckets  []string `envconfig:"READ_BUCKETS" desc:"further buckets that the system's items may refer to, between commas"`

	SignedFor   time.Duration `envconfig:"ASSET_LIFETIME" default:"1h" desc:"how long a client can read a file by the address it was led to, 1m to 168h"`
	PublicFiles []string      `envconfig:"PUBLIC_ASSETS" desc:"places in the object store that everybody reads, and where: s3://bucket/prefix/=https://host/path/, between commas"`
}

// The bounds of ASSET_LIFETIME: redirections are kept for a minute, and signatures hold for a week at most (AWS
// Signature Version 4).
const (
	shortestLife = time.Minute
	longestLife  = 7 * 24 * time.Hour
)

// objects gives access to the files of items in the object store.
type objects struct {
	buckets scope.Buckets
	inside  *bucket.Client
	public  *bucket.Client // for addresses that clients use
	own     []string       // addresses of the object store, each with a slash at its end
	life    time.Duration  // of a signed address
	open    []opening
}

func newObjects(c ObjectStore) (objects, error) {
	openings, err := readOpenings(c.PublicFiles)
	if err != nil {
		return objects{}, err
	}
	if c.SignedFor < shortestLife || c.SignedFor > longestLife {
		return objects{}, fault.At(fault.Invalid, "ASSET_LIFETIME", "ASSET_LIFETIME is %v, not between %v and %v", c.SignedFor, shortestLife, longestLife)
	}
	open := func(endpoint string) *bucket.Client {
		return bucket.Open(bucket.Config{Endpoint: endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey})
	}
	return objects{
		buckets: scope.Buckets{Ingest: c.IngestBucket, Cache: c.CacheBucket, Shared: c.ReadBuckets},
		inside:  open(c.Endpoint), public: open(cmp.Or(c.Public, c.Endpoint)), own: addresses(c.Endpoint, c.Public), life: c.SignedFor, open: openings,
	}, nil
}

// addresses are those that are given, each with a slash at its end.
func addresses(given ...string) []string {
	var all []string
	for _, address := range given {
		if address != "" {
			all = append(all, strings.TrimSuffix(address, "/")+"/")
		}
	}
	return all
}

// Place gives the place of a file that is named by the object store's own address: address/bucket/key.
func (o objects) Place(href string) string {
	for _, address := range o.own {
		path, its := strings.CutPrefix(href, address)
		if !its || strings.ContainsAny(path, "?#") { // what is signed already is not taken apart
			continue
		}
		name, key, _ := strings.Cut(path, "/")
		plain, err := url.PathUnescape(key)
		if err == nil && name != "" && plain != "" {
			return bucket.Href(name, plain)
		}
	}
	return href
}

// Sign gives an address by which the client can read a file for a while.
func (o objects) Sign(ctx context.Context, workspace, href string) (string, error) {
	name, key, err := o.locate(workspace, href)
	if err != nil {
		return "", err
	}
	return o.public.Presign(ctx, name, key, o.life)
}

// Stat describes a file.
func (o objects) Stat(ctx context.Context, workspace, href string) (stacapi.File, error) {
	name, key, err := o.locate(workspace, href)
	if err != nil {
		return stacapi.File{}, err
	}
	object, err := o.inside.Head(ctx, name, key)
	if err != nil {
		return stacapi.File{}, err
	}
	return stacapi.File{Size: object.Size, ContentType: object.ContentType, ETag: object.ETag, Modified: object.Modified}, nil
}

func (o objects) locate(workspace, href string) (name, key string, err error) {
	name, key, ok := bucket.ParseHref(href)
	if !ok {
		return "", "", fault.At(fault.NotFound, "asset", "%s is not a file of the object store", href)
	}
	if climbs(key) {
		return "", "", fault.At(fault.Forbidden, "asset", "%s does not name a file, but a way to one", href)
	}
	return name, key, o.buckets.MayRead(workspace, name)
}
