// Command intake turns notifications of buckets into requests to register what the objects hold. It decides by what an
// object is: STAC items and collections are registered, and products of Sentinel when their manifest is there; any other
// file is a reason to look again at the items that refer to it. The bucket names the workspace.
//
// In: com.amazonaws.s3.ObjectCreated:*, com.amazonaws.s3.ObjectRemoved:*; HTTP POST / of raw S3 notifications
// Out: perigee.register.requested; com.amazonaws.s3.ObjectCreated:*, com.amazonaws.s3.ObjectRemoved:* from raw notifications
// Reads: the head of JSON objects in the buckets
// Writes: nothing
package main

import (
	"context"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/function"
)

type config struct {
	Endpoint     string `envconfig:"AWS_ENDPOINT_URL" desc:"URL of the object store; empty: AWS"`
	Region       string `envconfig:"AWS_REGION"`
	AccessKey    string `envconfig:"AWS_ACCESS_KEY_ID"`
	SecretKey    string `envconfig:"AWS_SECRET_ACCESS_KEY"`
	IngestBucket string `envconfig:"INGEST_BUCKET" default:"ingest" desc:"the system's bucket; any other belongs to the workspace of its name"`
	CacheBucket  string `envconfig:"CACHE_BUCKET" default:"cache" desc:"the tile cache's bucket, which is ignored"`
	Sink         string `envconfig:"K_SINK" desc:"where events made from raw notifications go"`
	Overrides    string `envconfig:"K_CE_OVERRIDES"`
}

func main() { function.Main("intake", run) }

func run(ctx context.Context, c config) error {
	sink, err := eventing.NewSink(c.Sink, c.Overrides)
	if err != nil {
		return err
	}
	objects := bucket.Open(bucket.Config{Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey})
	in := newIntake(objects, sink.Send, c.IngestBucket, c.CacheBucket)
	return function.Serve(ctx, function.Server{Handler: in.handler()})
}
