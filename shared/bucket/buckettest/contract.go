package buckettest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/fault"
)

// Run holds a store to the contract: everything that the functions rely on, tried through a client in an empty bucket.
func Run(t *testing.T, client *bucket.Client, name string) {
	c := contract{client: client, bucket: name}
	t.Run("an object comes back as it was written", c.roundTrip)
	t.Run("keys of any spelling", c.keys)
	t.Run("what is not there is not found", c.missing)
	t.Run("limits hold before anything is downloaded", c.limit)
	t.Run("ranges", c.ranges)
	t.Run("a range of a changed object is a conflict", c.changed)
	t.Run("conditional writes", c.conditional)
	t.Run("large objects go in parts", c.upload)
	t.Run("listing", c.list)
	t.Run("lists and deletions of many objects", c.many)
	t.Run("deleting", c.delete)
	t.Run("creating a bucket twice", c.create)
	t.Run("signed URLs", c.presign)
	t.Run("a cancelled request may pass later", c.cancelled)
}

type contract struct {
	client *bucket.Client
	bucket string
}

func (c contract) put(t *testing.T, key, body string) bucket.Object {
	t.Helper()
	object, err := c.client.Put(t.Context(), c.bucket, key, []byte(body), bucket.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func wantKind(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if err == nil || fault.KindOf(err) != kind {
		t.Errorf("got the failure %v of kind %v, want kind %v", err, fault.KindOf(err), kind)
	}
}

func (c contract) roundTrip(t *testing.T) {
	options := bucket.PutOptions{ContentType: "application/geo+json", Metadata: map[string]string{"revision": "7"}}
	put, err := c.client.Put(t.Context(), c.bucket, "a/item.json", []byte(`{"id":"ü"}`), options)
	if err != nil {
		t.Fatal(err)
	}
	data, object, err := c.client.ReadAll(t.Context(), c.bucket, "a/item.json", 100)
	if err != nil || string(data) != `{"id":"ü"}` {
		t.Fatalf("read %q, %v", data, err)
	}
	head, err := c.client.Head(t.Context(), c.bucket, "a/item.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []bucket.Object{object, head} {
		if o.ETag == "" || o.ETag != put.ETag || o.Size != 11 || o.ContentType != options.ContentType || !maps.Equal(o.Metadata, options.Metadata) {
			t.Errorf("the object is %+v, written was %+v", o, put)
		}
		if age := time.Since(o.Modified); age < -time.Minute || age > time.Minute {
			t.Errorf("modified %v", o.Modified)
		}
	}
}

func (c contract) keys(t *testing.T) {
	for _, key := range []string{
		"plain.tif", "with space.tif", "grün/straße.tif", "a+b.tif", "100%.tif", "a%20b.tif", "question?.tif", "hash#.tif",
		"deep/er/and/deeper.tif", "comma,semicolon;.tif", "quote'\".tif", "日本.tif", "tilde~(1).tif", "a&b=c.tif",
	} {
		c.put(t, key, key)
		data, _, err := c.client.ReadAll(t.Context(), c.bucket, key, 1000)
		if err != nil || string(data) != key {
			t.Errorf("%q: read %q, %v", key, data, err)
		}
		if found := c.listed(t, key); !slices.Equal(found, []string{key}) {
			t.Errorf("%q is listed as %q", key, found)
		}
		if err := c.client.Delete(t.Context(), c.bucket, key); err != nil {
			t.Error(err)
		}
	}
}

func (c contract) listed(t *testing.T, prefix string) []string {
	t.Helper()
	var keys []string
	for object, err := range c.client.List(t.Context(), c.bucket, prefix) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, object.Key)
	}
	return keys
}

func (c contract) missing(t *testing.T) {
	_, err := c.client.Head(t.Context(), c.bucket, "nothing")
	wantKind(t, err, fault.NotFound)
	_, _, err = c.client.Get(t.Context(), c.bucket, "nothing")
	wantKind(t, err, fault.NotFound)
	_, _, err = c.client.ReadAll(t.Context(), c.bucket, "nothing", 10)
	wantKind(t, err, fault.NotFound)
	_, err = c.client.ReadRange(t.Context(), c.bucket, "nothing", "", 0, 10)
	wantKind(t, err, fault.NotFound)
	_, err = c.client.Head(t.Context(), c.bucket+"-nowhere", "nothing")
	wantKind(t, err, fault.NotFound)
	for _, err := range c.client.List(t.Context(), c.bucket+"-nowhere", "") {
		wantKind(t, err, fault.NotFound)
	}
}

func (c contract) limit(t *testing.T) {
	c.put(t, "ten", "0123456789")
	if data, _, err := c.client.ReadAll(t.Context(), c.bucket, "ten", 10); err != nil || len(data) != 10 {
		t.Errorf("read %d bytes, %v", len(data), err)
	}
	_, object, err := c.client.ReadAll(t.Context(), c.bucket, "ten", 9)
	wantKind(t, err, fault.Invalid)
	if object.Size != 10 {
		t.Errorf("the object that is too large is %+v", object)
	}
}

func (c contract) ranges(t *testing.T) {
	object := c.put(t, "ten", "0123456789")
	for _, want := range []struct {
		off, n int64
		data   string
	}{{0, 4, "0123"}, {3, 4, "3456"}, {8, 4, "89"}, {0, 100, "0123456789"}, {10, 5, ""}, {99, 5, ""}, {4, 0, ""}} {
		for _, etag := range []string{"", object.ETag} {
			data, err := c.client.ReadRange(t.Context(), c.bucket, "ten", etag, want.off, want.n)
			if err != nil || string(data) != want.data {
				t.Errorf("%d bytes at %d: %q, %v", want.n, want.off, data, err)
			}
		}
	}
	_, err := c.client.ReadRange(t.Context(), c.bucket, "ten", "", -1, 5)
	wantKind(t, err, fault.Invalid)
}

func (c contract) changed(t *testing.T) {
	before := c.put(t, "changing", "before")
	c.put(t, "changing", "behind")
	_, err := c.client.ReadRange(t.Context(), c.bucket, "changing", before.ETag, 0, 3)
	wantKind(t, err, fault.Conflict)
}

func (c contract) list(t *testing.T) {
	var want []string
	for i := range 5 {
		want = append(want, fmt.Sprintf("list/%d/item.json", i))
	}
	for _, key := range append(want, "lisp", "listen") {
		c.put(t, key, key)
	}
	if got := c.listed(t, "list/"); !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	for object, err := range c.client.List(t.Context(), c.bucket, "list/") {
		if err != nil || object.ETag == "" || object.Size != int64(len(object.Key)) || object.Modified.IsZero() {
			t.Errorf("listed %+v, %v", object, err)
		}
		break // leaving early must be possible
	}
}

func (c contract) presign(t *testing.T) {
	c.put(t, "shared ü+%.txt", "shared")
	signed, err := c.client.Presign(t.Context(), c.bucket, "shared ü+%.txt", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if got := fetch(t, signed); got != "200 shared" {
		t.Errorf("the signed URL answers %q", got)
	}
	unsigned, _ := url.Parse(signed)
	unsigned.RawQuery = ""
	if got := fetch(t, unsigned.String()); got[:3] != "403" {
		t.Errorf("without the signature: %q", got)
	}
}

func fetch(t *testing.T, address string) string {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s", response.StatusCode, body)
}

func (c contract) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := c.client.Head(ctx, c.bucket, "anything")
	wantKind(t, err, fault.Unavailable)
}
