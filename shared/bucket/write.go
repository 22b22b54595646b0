package bucket

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"perigee/shared/fault"
)

// PutOptions say how an object is written.
type PutOptions struct {
	ContentType string
	Metadata    map[string]string
	IfNoneMatch bool   // only when there is no such object yet, else fault.Conflict
	IfMatch     string // only when the object has this ETag, else fault.Conflict; fault.NotFound when there is none
}

// Put writes a small object whole. The object that it returns says what was written; the time of it is the store's and
// is not known here.
func (c *Client) Put(ctx context.Context, bucket, key string, body []byte, options PutOptions) (Object, error) {
	in := &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(body), ContentLength: aws.Int64(int64(len(body))),
		ContentType: orNil(options.ContentType), Metadata: options.Metadata,
		IfMatch: quoted(options.IfMatch), IfNoneMatch: options.ifNone(),
	}
	out, err := c.s3.PutObject(ctx, in)
	if err != nil {
		return Object{}, classify(err, "write %s", Href(bucket, key))
	}
	return written(bucket, key, out.ETag, int64(len(body)), options), nil
}

// Upload writes an object of any size, a large one in parts; progress, when not nil, is told how many bytes were sent so
// far.
func (c *Client) Upload(ctx context.Context, bucket, key string, body io.Reader, size int64, options PutOptions, progress func(sent int64)) (Object, error) {
	manager := transfermanager.New(c.s3, func(o *transfermanager.Options) {
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		if progress != nil {
			o.ObjectProgressListeners.Register(&listener{tell: progress})
		}
	})
	in := &transfermanager.UploadObjectInput{
		Bucket: &bucket, Key: &key, Body: body, ContentLength: aws.Int64(size),
		ContentType: orNil(options.ContentType), Metadata: options.Metadata,
		IfMatch: quoted(options.IfMatch), IfNoneMatch: options.ifNone(),
	}
	out, err := manager.UploadObject(ctx, in)
	if err != nil {
		return Object{}, classify(err, "write %s", Href(bucket, key))
	}
	return written(bucket, key, out.ETag, size, options), nil
}

// listener tells the progress of parts that are sent at the same time, one after the other and never backwards.
type listener struct {
	mutex sync.Mutex
	sent  int64
	tell  func(int64)
}

// OnObjectBytesTransferred hands the count on.
func (l *listener) OnObjectBytesTransferred(_ context.Context, e *transfermanager.ObjectBytesTransferredEvent) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if e.BytesTransferred > l.sent {
		l.sent = e.BytesTransferred
		l.tell(l.sent)
	}
}

func written(bucket, key string, etag *string, size int64, options PutOptions) Object {
	return Object{Bucket: bucket, Key: key, ETag: unquote(etag), ContentType: options.ContentType, Size: size, Metadata: options.Metadata}
}

func (o PutOptions) ifNone() *string {
	if o.IfNoneMatch {
		return aws.String("*")
	}
	return nil
}

func quoted(etag string) *string {
	if etag == "" {
		return nil
	}
	return aws.String(`"` + etag + `"`)
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Delete removes an object; one that is not there is no failure.
func (c *Client) Delete(ctx context.Context, bucket, key string) error {
	_, err := c.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: &key})
	if codeOf(err) == "NoSuchKey" {
		return nil
	}
	return classify(err, "delete %s", Href(bucket, key))
}

// deletions is the most keys of one DeleteObjects request.
const deletions = 1000

// DeleteAll removes objects; keys that are not there are no failure.
func (c *Client) DeleteAll(ctx context.Context, bucket string, keys []string) error {
	for len(keys) > 0 {
		n := min(len(keys), deletions)
		if err := c.deleteSome(ctx, bucket, keys[:n]); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

func (c *Client) deleteSome(ctx context.Context, bucket string, keys []string) error {
	objects := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		objects[i].Key = &keys[i]
	}
	in := &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)}}
	out, err := c.s3.DeleteObjects(ctx, in)
	if err != nil {
		return classify(err, "delete %d objects of %s", len(keys), bucket)
	}
	var failures []error
	for _, e := range out.Errors {
		if code := aws.ToString(e.Code); code != "NoSuchKey" {
			failures = append(failures, fault.New(deletionKind(code), "delete %s: the object store answered %s: %s",
				Href(bucket, aws.ToString(e.Key)), code, aws.ToString(e.Message)))
		}
	}
	return errors.Join(failures...)
}

func deletionKind(code string) fault.Kind {
	if code == "AccessDenied" {
		return fault.Forbidden
	}
	return fault.Unavailable
}

// CreateBucket makes a bucket; one that is there already and may be used is no failure.
func (c *Client) CreateBucket(ctx context.Context, bucket string) error {
	in := &s3.CreateBucketInput{Bucket: &bucket}
	if c.region != "" && c.region != defaultRegion {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(c.region)}
	}
	_, err := c.s3.CreateBucket(ctx, in)
	if err == nil || codeOf(err) == "BucketAlreadyOwnedByYou" {
		return nil
	}
	if codeOf(err) == "BucketAlreadyExists" {
		if _, mine := c.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket}); mine == nil {
			return nil
		}
	}
	return classify(err, "create the bucket %s", bucket)
}
