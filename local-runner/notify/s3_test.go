package notify

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Listings of several pages are compared as one.
func TestManyRealObjects(t *testing.T) {
	client, name := buckettest.Open(t)
	for i := range 1010 {
		_, err := client.Put(t.Context(), name, fmt.Sprintf("%04d", i), []byte("x"), bucket.PutOptions{})
		must(t, err)
	}
	out := &sink{}
	r, err := Open(Config{
		Path: filepath.Join(t.TempDir(), "told"), Publish: out.publish, Objects: client, Grace: time.Nanosecond,
		Buckets: func(context.Context) ([]string, error) { return []string{name}, nil },
	})
	must(t, err)
	defer r.Close()
	must(t, client.Delete(t.Context(), name, "0500"))
	for _, want := range []Report{{Created: 1009}, {}} {
		if report, err := r.Compare(t.Context()); err != nil || report != want {
			t.Errorf("%+v %v, want %+v", report, err, want)
		}
	}
}
