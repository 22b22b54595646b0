// Package telling makes the runner's object store tell of its changes dependably. versitygw has a webhook of its own, but
// it posts in the background, once, and from memory that the next request may already have overwritten, so that under
// load it names buckets and keys that never were. Wrapped around the store's backend, this package tells after each
// change and before the change is answered: whoever has uploaded an object knows that its event is stored.
//
//	backend = telling.Wrap(backend, webhook)   // and no EventWebhookURL for the gateway
package telling

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/s3response"
)

// Wrap posts a record to url for each change that b makes. A receiver that does not answer delays a change by a few
// seconds and does not prevent it.
func Wrap(b backend.Backend, url string) backend.Backend {
	return telling{Backend: b, teller: newTeller(url)}
}

type telling struct {
	backend.Backend
	teller *teller
}

// PutObject stores an object and tells of it.
func (t telling) PutObject(ctx context.Context, in s3response.PutObjectInput) (s3response.PutObjectOutput, error) {
	out, err := t.Backend.PutObject(ctx, in)
	if err == nil {
		t.tell(ctx, "ObjectCreated:Put", in.Bucket, in.Key, object{ETag: out.ETag, Version: out.VersionID, Size: value(in.ContentLength)})
	}
	return out, err
}

// CompleteMultipartUpload stores an object that came in parts and tells of it.
func (t telling) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput) (s3response.CompleteMultipartUploadResult, string, error) {
	out, version, err := t.Backend.CompleteMultipartUpload(ctx, in)
	if err == nil {
		t.tell(ctx, "ObjectCreated:CompleteMultipartUpload", in.Bucket, in.Key, object{ETag: value(out.ETag), Version: version})
	}
	return out, version, err
}

// CopyObject copies an object and tells of the copy.
func (t telling) CopyObject(ctx context.Context, in s3response.CopyObjectInput) (s3response.CopyObjectOutput, error) {
	out, err := t.Backend.CopyObject(ctx, in)
	if err == nil {
		copied := object{Version: value(out.VersionId)}
		if out.CopyObjectResult != nil {
			copied.ETag = value(out.CopyObjectResult.ETag)
		}
		t.tell(ctx, "ObjectCreated:Copy", in.Bucket, in.Key, copied)
	}
	return out, err
}

// DeleteObject removes an object and tells of it.
func (t telling) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput) (*s3.DeleteObjectOutput, error) {
	out, err := t.Backend.DeleteObject(ctx, in)
	if err == nil {
		t.tell(ctx, "ObjectRemoved:Delete", in.Bucket, in.Key, object{Version: value(in.VersionId)})
	}
	return out, err
}

// DeleteObjects removes objects and tells of those that are gone.
func (t telling) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput) (s3response.DeleteResult, error) {
	out, err := t.Backend.DeleteObjects(ctx, in)
	if err != nil {
		return out, err
	}
	var all []record
	for _, gone := range out.Deleted {
		all = append(all, newRecord("ObjectRemoved:Delete", value(in.Bucket), value(gone.Key), object{Version: value(gone.VersionId)}))
	}
	t.teller.tell(ctx, all)
	return out, nil
}

func (t telling) tell(ctx context.Context, name string, bucket, key *string, o object) {
	t.teller.tell(ctx, []record{newRecord(name, value(bucket), value(key), o)})
}

func value[T any](p *T) T {
	if p == nil {
		var none T
		return none
	}
	return *p
}

// newRecord says now what happened. The sequencer grows with time, over restarts too.
func newRecord(name, bucket, key string, o object) record {
	now := time.Now().UTC()
	r := record{EventVersion: "2.2", EventSource: "aws:s3", Region: region, EventTime: now.Format(time.RFC3339Nano), EventName: name}
	o.Key, o.Sequencer = key, fmt.Sprintf("%016X", now.UnixNano())
	r.S3 = s3Part{SchemaVersion: "1.0", Configuration: configuration, Bucket: bucketPart{Name: bucket, ARN: "arn:aws:s3:::" + bucket}, Object: o}
	return r
}
