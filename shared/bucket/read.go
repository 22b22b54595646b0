package bucket

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"perigee/shared/fault"
)

// Head tells what an object is.
func (c *Client) Head(ctx context.Context, bucket, key string) (Object, error) {
	out, err := c.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return Object{}, classify(err, "look at %s", Href(bucket, key))
	}
	return Object{
		Bucket: bucket, Key: key, ETag: unquote(out.ETag), ContentType: aws.ToString(out.ContentType),
		Size: aws.ToInt64(out.ContentLength), Modified: aws.ToTime(out.LastModified), Metadata: out.Metadata,
	}, nil
}

// Get opens an object; the caller closes it.
func (c *Client) Get(ctx context.Context, bucket, key string) (io.ReadCloser, Object, error) {
	out, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, Object{}, classify(err, "read %s", Href(bucket, key))
	}
	return out.Body, got(bucket, key, out), nil
}

func got(bucket, key string, out *s3.GetObjectOutput) Object {
	return Object{
		Bucket: bucket, Key: key, ETag: unquote(out.ETag), ContentType: aws.ToString(out.ContentType),
		Size: aws.ToInt64(out.ContentLength), Modified: aws.ToTime(out.LastModified), Metadata: out.Metadata,
	}
}

// ReadAll reads an object of at most limit bytes; a larger one is fault.Invalid and is not downloaded.
func (c *Client) ReadAll(ctx context.Context, bucket, key string, limit int64) ([]byte, Object, error) {
	body, object, err := c.Get(ctx, bucket, key)
	if err != nil {
		return nil, Object{}, err
	}
	defer body.Close()
	if object.Size > limit {
		return nil, object, tooLarge(object, limit)
	}
	data := bytes.NewBuffer(make([]byte, 0, object.Size+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(body, limit+1)); err != nil {
		return nil, object, classify(err, "read %s", Href(bucket, key))
	}
	if int64(data.Len()) > limit {
		return nil, object, tooLarge(object, limit)
	}
	return data.Bytes(), object, nil
}

func tooLarge(o Object, limit int64) error {
	return fault.New(fault.Invalid, "%s has %d bytes, more than the %d that are read", Href(o.Bucket, o.Key), o.Size, limit)
}

// ReadRange reads n bytes from an offset, fewer at the end of the object and none behind it. With an etag the object
// must still have it, else fault.Conflict.
func (c *Client) ReadRange(ctx context.Context, bucket, key, etag string, off, n int64) ([]byte, error) {
	if off < 0 || n < 0 {
		return nil, fault.New(fault.Invalid, "read %s: there are no %d bytes at %d", Href(bucket, key), n, off)
	}
	if n == 0 {
		return nil, nil
	}
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key, Range: aws.String(fmt.Sprintf("bytes=%d-%d", off, off+n-1))}
	if etag != "" {
		in.IfMatch = aws.String(`"` + etag + `"`)
	}
	out, err := c.s3.GetObject(ctx, in)
	if statusOf(err) == http.StatusRequestedRangeNotSatisfiable {
		return nil, nil
	}
	if err != nil {
		return nil, classify(err, "read %d bytes at %d of %s", n, off, Href(bucket, key))
	}
	defer out.Body.Close()
	return readPart(out, bucket, key, off, n)
}

func readPart(out *s3.GetObjectOutput, bucket, key string, off, n int64) ([]byte, error) {
	if out.ContentRange == nil && off > 0 {
		return nil, fault.New(fault.Unsupported, "read %s: the object store does not serve ranges", Href(bucket, key))
	}
	data := make([]byte, n)
	read, err := io.ReadFull(out.Body, data)
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		if want := aws.ToInt64(out.ContentLength); int64(read) < min(want, n) {
			return nil, fault.New(fault.Unavailable, "read %s: the answer ended after %d of %d bytes", Href(bucket, key), read, want)
		}
		return data[:read], nil
	}
	if err != nil {
		return nil, classify(err, "read %d bytes at %d of %s", n, off, Href(bucket, key))
	}
	return data, nil
}

// Presign gives a URL by which anybody may read the object for a while.
func (c *Client) Presign(ctx context.Context, bucket, key string, ttl time.Duration) (string, error) {
	in := &s3.GetObjectInput{Bucket: &bucket, Key: &key}
	request, err := c.presign.PresignGetObject(ctx, in, s3.WithPresignExpires(ttl))
	if err != nil {
		return "", classify(err, "sign a URL of %s", Href(bucket, key))
	}
	return request.URL, nil
}
