package bucket

import (
	"context"
	"iter"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// List walks the objects whose key starts with prefix, in the order of keys; it ends at the first failure. ContentType
// and Metadata are not known from a list.
func (c *Client) List(ctx context.Context, bucket, prefix string) iter.Seq2[Object, error] {
	return c.ListBehind(ctx, bucket, prefix, "")
}

// ListBehind lists as List does, from behind a key on.
func (c *Client) ListBehind(ctx context.Context, bucket, prefix, behind string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		in := &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
		if behind != "" {
			in.StartAfter = &behind
		}
		pages := s3.NewListObjectsV2Paginator(c.s3, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Object{}, classify(err, "list %s", Href(bucket, prefix)))
				return
			}
			if !yieldPage(bucket, page, yield) {
				return
			}
		}
	}
}

func yieldPage(bucket string, page *s3.ListObjectsV2Output, yield func(Object, error) bool) bool {
	for _, entry := range page.Contents {
		object := Object{
			Bucket: bucket, Key: unescape(aws.ToString(entry.Key), page.EncodingType), ETag: unquote(entry.ETag),
			Size: aws.ToInt64(entry.Size), Modified: aws.ToTime(entry.LastModified),
		}
		if !yield(object, nil) {
			return false
		}
	}
	return true
}

// unescape undoes the URL encoding that was asked for because XML 1.0 cannot hold every key; a store that does not know
// it does not say so in its answer.
func unescape(key string, encoding types.EncodingType) string {
	if encoding != types.EncodingTypeUrl {
		return key
	}
	if plain, err := url.QueryUnescape(key); err == nil {
		return plain
	}
	return key
}
