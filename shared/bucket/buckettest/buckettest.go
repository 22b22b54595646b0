// Package buckettest gives tests a bucket of their own on a real S3 server, and holds the contract that a store must
// keep to be used with package bucket.
package buckettest

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"perigee/shared/bucket"
)

// Config is how the tests' S3 server is reached. A test fails when none is given.
func Config(t testing.TB) bucket.Config {
	t.Helper()
	endpoint := os.Getenv("PERIGEE_TEST_S3_ENDPOINT")
	if endpoint == "" {
		t.Fatal("PERIGEE_TEST_S3_ENDPOINT is not set: run the tests by `make test`, or by `bin/local-runner with -- go test ./...`")
	}
	return bucket.Config{
		Endpoint: endpoint, Region: os.Getenv("AWS_REGION"),
		AccessKey: os.Getenv("AWS_ACCESS_KEY_ID"), SecretKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
	}
}

// Open gives the test a client and an empty bucket of its own, whose objects go with the test.
func Open(t testing.TB) (client *bucket.Client, name string) {
	t.Helper()
	client = bucket.Open(Config(t))
	name = Bucket(t, client)
	return client, name
}

// Bucket makes one more empty bucket, whose objects go with the test.
func Bucket(t testing.TB, client *bucket.Client) string {
	t.Helper()
	name := fmt.Sprintf("test-%s", strings.ToLower(rand.Text())[:16])
	if err := client.CreateBucket(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { empty(t, client, name) })
	return name
}

func empty(t testing.TB, client *bucket.Client, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var keys []string
	for object, err := range client.List(ctx, name, "") {
		if err != nil {
			t.Errorf("empty the bucket %s: %v", name, err)
			return
		}
		keys = append(keys, object.Key)
	}
	if err := client.DeleteAll(ctx, name, keys); err != nil {
		t.Errorf("empty the bucket %s: %v", name, err)
	}
}
