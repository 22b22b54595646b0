package buckettest

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"perigee/shared/bucket"
	"perigee/shared/fault"
)

func (c contract) conditional(t *testing.T) {
	once := bucket.PutOptions{IfNoneMatch: true}
	first, err := c.client.Put(t.Context(), c.bucket, "once", []byte("1"), once)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.client.Put(t.Context(), c.bucket, "once", []byte("2"), once)
	wantKind(t, err, fault.Conflict)
	if _, err = c.client.Put(t.Context(), c.bucket, "once", []byte("3"), bucket.PutOptions{IfMatch: first.ETag}); err != nil {
		t.Errorf("a write on the ETag that the object has: %v", err)
	}
	_, err = c.client.Put(t.Context(), c.bucket, "once", []byte("4"), bucket.PutOptions{IfMatch: first.ETag})
	wantKind(t, err, fault.Conflict)
	_, err = c.client.Put(t.Context(), c.bucket, "never", []byte("5"), bucket.PutOptions{IfMatch: first.ETag})
	wantKind(t, err, fault.NotFound)
}

func (c contract) upload(t *testing.T) {
	const size = 17 << 20
	body := bytes.Repeat([]byte("0123456789abcdef"), size/16)
	var told []int64
	object, err := c.client.Upload(t.Context(), c.bucket, "big.tif", onlyReader{bytes.NewReader(body)}, size,
		bucket.PutOptions{ContentType: "image/tiff"}, func(sent int64) { told = append(told, sent) })
	if err != nil {
		t.Fatal(err)
	}
	if len(told) < 2 || told[len(told)-1] != size || !slices.IsSorted(told) {
		t.Errorf("progress was told as %v", told)
	}
	head, err := c.client.Head(t.Context(), c.bucket, "big.tif")
	if err != nil || head.Size != size || head.ETag != object.ETag || head.ContentType != "image/tiff" {
		t.Errorf("uploaded %+v, found %+v, %v", object, head, err)
	}
	part, err := c.client.ReadRange(t.Context(), c.bucket, "big.tif", object.ETag, size-20, 20)
	if err != nil || string(part) != "cdef0123456789abcdef" {
		t.Errorf("the end is %q, %v", part, err)
	}
}

// onlyReader hides everything else that a reader can do: bodies come from pipes too.
type onlyReader struct{ io.Reader }

// many is more objects than one answer of a list, or one request to delete, may hold.
func (c contract) many(t *testing.T) {
	var want []string
	group, ctx := errgroup.WithContext(t.Context())
	group.SetLimit(8)
	for i := range 1003 {
		key := fmt.Sprintf("many/%04d", i)
		want = append(want, key)
		group.Go(func() error {
			_, err := c.client.Put(ctx, c.bucket, key, nil, bucket.PutOptions{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := c.listed(t, "many/"); !slices.Equal(got, want) {
		t.Errorf("listed %d objects, want %d", len(got), len(want))
	}
	if err := c.client.DeleteAll(t.Context(), c.bucket, want); err != nil {
		t.Error(err)
	}
	if left := c.listed(t, "many/"); len(left) > 0 {
		t.Errorf("%d are left", len(left))
	}
}

func (c contract) delete(t *testing.T) {
	keys := []string{"gone/a", "gone/b ü", "gone/c&d"}
	for _, key := range keys {
		c.put(t, key, key)
	}
	for range 2 {
		if err := c.client.Delete(t.Context(), c.bucket, "gone/a"); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		if err := c.client.DeleteAll(t.Context(), c.bucket, keys); err != nil {
			t.Error(err)
		}
	}
	if left := c.listed(t, "gone/"); len(left) > 0 {
		t.Errorf("left are %q", left)
	}
}

func (c contract) create(t *testing.T) {
	if err := c.client.CreateBucket(t.Context(), c.bucket); err != nil {
		t.Error(err)
	}
	wantKind(t, c.client.CreateBucket(t.Context(), "Not A Bucket Name"), fault.Invalid)
}
