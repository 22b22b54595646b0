package tenancy_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/fault"
	"perigee/shared/tenancy"
)

// open gives the accounts of the tests' object store.
func open(t *testing.T) tenancy.Accounts {
	t.Helper()
	c := buckettest.Config(t)
	accounts, err := tenancy.Open(tenancy.Config{Kind: "versitygw", Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	return accounts
}

// tenant is an account with a bucket of its own.
type tenant struct {
	tenancy.Credentials
	bucket string
	client *bucket.Client
	s3     *s3.Client
}

func newTenant(t *testing.T, accounts tenancy.Accounts) tenant {
	t.Helper()
	_, name := buckettest.Open(t)
	n := tenant{Credentials: tenancy.NewCredentials(), bucket: name}
	for range 2 { // asked twice, it is what it was
		if err := errors.Join(accounts.Ensure(t.Context(), n.Credentials), accounts.Give(t.Context(), name, n.AccessKey)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = accounts.Withdraw(context.Background(), name, n.AccessKey) }) // it may be gone
	c := buckettest.Config(t)
	c.AccessKey, c.SecretKey = n.AccessKey, n.SecretKey
	n.client = bucket.Open(c)
	n.s3 = s3.New(s3.Options{
		BaseEndpoint: &c.Endpoint, Region: c.Region, UsePathStyle: true, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(n.AccessKey, n.SecretKey, ""),
	})
	return n
}

// WS-20, BKT-06: an account does all that an upload needs in its own bucket.
func TestAnAccountUsesItsBucket(t *testing.T) {
	own := newTenant(t, open(t))
	ctx := t.Context()
	if _, err := own.client.Put(ctx, own.bucket, "a/b.json", []byte("{}"), bucket.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	large := strings.NewReader(strings.Repeat("x", 17<<20))
	if _, err := own.client.Upload(ctx, own.bucket, "large", large, large.Size(), bucket.PutOptions{}, nil); err != nil {
		t.Error(err)
	}
	if text, _, err := own.client.ReadAll(ctx, own.bucket, "a/b.json", 100); err != nil || string(text) != "{}" {
		t.Errorf("%s %v", text, err)
	}
	n := 0
	for _, err := range own.client.List(ctx, own.bucket, "") {
		if n++; err != nil {
			t.Error(err)
		}
	}
	if err := own.client.DeleteAll(ctx, own.bucket, []string{"a/b.json", "large"}); err != nil || n != 2 {
		t.Errorf("%d objects, %v", n, err)
	}
	system, _ := buckettest.Open(t)
	if _, err := system.Put(ctx, own.bucket, "of the system", nil, bucket.PutOptions{}); err != nil {
		t.Errorf("the system in the workspace's bucket: %v", err)
	}
}

// The credentials of a workspace list, read, write and delete nothing outside its bucket, change nobody's rights, and
// do not even show the names of other buckets.
func TestAnAccountReachesNothingElse(t *testing.T) {
	accounts := open(t)
	a, b := newTenant(t, accounts), newTenant(t, accounts)
	root, ingest := buckettest.Open(t)
	for _, name := range []string{a.bucket, b.bucket, ingest} {
		if _, err := root.Put(t.Context(), name, "x", []byte("secret"), bucket.PutOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	key, text := aws.String("x"), strings.NewReader
	for _, name := range []string{b.bucket, ingest} {
		ctx := t.Context()
		for what, do := range map[string]func() error{
			"list": func() error { _, err := a.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &name}); return err },
			"head": func() error { _, err := a.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name}); return err },
			"look": func() error { _, err := a.s3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &name, Key: key}); return err },
			"read": func() error { _, err := a.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: &name, Key: key}); return err },
			"write": func() error {
				_, err := a.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: &name, Key: key, Body: text("y")})
				return err
			},
			"delete": func() error {
				_, err := a.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &name, Key: key})
				return err
			},
			"parts": func() error {
				_, err := a.s3.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &name, Key: key})
				return err
			},
			"copy from": func() error {
				_, err := a.s3.CopyObject(ctx, &s3.CopyObjectInput{Bucket: &a.bucket, Key: aws.String("stolen"), CopySource: aws.String(name + "/x")})
				return err
			},
			"policy": func() error { _, err := a.s3.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &name}); return err },
		} {
			if err := do(); status(err) != http.StatusForbidden {
				t.Errorf("%s in another's bucket: %v", what, err)
			}
		}
	}
	everybody := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"]}]}`
	for what, do := range map[string]func() error{
		"opens its bucket": func() error {
			_, err := a.s3.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &a.bucket, Policy: aws.String(fmt.Sprintf(everybody, a.bucket))})
			return err
		},
		"makes a bucket": func() error {
			_, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("ws-more-of-it")})
			return err
		},
		"removes its own": func() error {
			_, err := a.s3.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: &a.bucket})
			return err
		},
		"drops its policy": func() error {
			_, err := a.s3.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: &a.bucket})
			return err
		},
		"makes its own CORS": func() error {
			_, err := a.s3.DeleteBucketCors(t.Context(), &s3.DeleteBucketCorsInput{Bucket: &a.bucket})
			return err
		},
	} {
		if err := do(); status(err) != http.StatusForbidden {
			t.Errorf("it %s: %v", what, err)
		}
	}
	list, err := a.s3.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil || len(list.Buckets) != 1 || *list.Buckets[0].Name != a.bucket {
		t.Errorf("it sees the buckets %+v, %v", list, err)
	}
	c := buckettest.Config(t)
	climber, err := tenancy.Open(tenancy.Config{Kind: "versitygw", Endpoint: c.Endpoint, Region: c.Region, AccessKey: a.AccessKey, SecretKey: a.SecretKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := climber.Ensure(t.Context(), tenancy.NewCredentials()); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("it makes accounts: %v", err)
	}
	if err := climber.Give(t.Context(), b.bucket, a.AccessKey); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("it takes buckets: %v", err)
	}
}

func status(err error) int {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// Access ends with the withdrawal, at once; the objects stay the system's. An account that has come back has the secret
// that it was given then.
func TestWithdrawal(t *testing.T) {
	accounts := open(t)
	own := newTenant(t, accounts)
	if _, err := own.client.Put(t.Context(), own.bucket, "x", []byte("1"), bucket.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	signed, err := own.client.Presign(t.Context(), own.bucket, "x", 60e9)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := accounts.Withdraw(t.Context(), own.bucket, own.AccessKey); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := own.client.Head(t.Context(), own.bucket, "x"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("it still looks: %v", err)
	}
	if r, err := http.Get(signed); err != nil || r.StatusCode != http.StatusForbidden {
		t.Errorf("an address that it signed: %v %v", r, err)
	}
	system, _ := buckettest.Open(t)
	if _, err := system.Head(t.Context(), own.bucket, "x"); err != nil {
		t.Errorf("the data: %v", err)
	}
	changed := tenancy.Credentials{AccessKey: own.AccessKey, SecretKey: "another secret"}
	for _, c := range []tenancy.Credentials{own.Credentials, changed} {
		if err := errors.Join(accounts.Ensure(t.Context(), c), accounts.Give(t.Context(), own.bucket, c.AccessKey)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := own.client.Head(t.Context(), own.bucket, "x"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("with the former secret: %v", err)
	}
	if err := accounts.Withdraw(t.Context(), "no-such-bucket", "NOBODY"); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}

// What goes wrong is classified, and says nothing secret.
func TestFailures(t *testing.T) {
	var answer int
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(answer)
		fmt.Fprint(w, "<Error><Code>Sorry</Code><Message>not today</Message></Error>")
	}))
	defer store.Close()
	cfg := tenancy.Config{Kind: "versitygw", Endpoint: store.URL, Region: "us-east-1", AccessKey: "root", SecretKey: "rootsecret"}
	accounts, err := tenancy.Open(cfg)
	if err != nil || !accounts.Own() {
		t.Fatal(err)
	}
	c := tenancy.NewCredentials()
	for status, kind := range map[int]fault.Kind{503: fault.Unavailable, 403: fault.Forbidden, 500: fault.Unavailable, 400: fault.Internal, 429: fault.Unavailable, 302: fault.Internal, 501: fault.Unsupported} {
		answer = status
		for what, err := range map[string]error{"ensure": accounts.Ensure(t.Context(), c), "give": accounts.Give(t.Context(), "b", c.AccessKey), "withdraw": accounts.Withdraw(t.Context(), "b", c.AccessKey)} {
			if err == nil || fault.KindOf(err) != kind || strings.Contains(err.Error(), c.SecretKey) || strings.Contains(err.Error(), "rootsecret") {
				t.Errorf("%d to %s: %v", status, what, err)
			}
		}
	}
	store.Close()
	if err := accounts.Ensure(t.Context(), c); fault.KindOf(err) != fault.Unavailable || strings.Contains(err.Error(), c.SecretKey) {
		t.Errorf("a store that is away: %v", err)
	}
	for _, bad := range []tenancy.Config{{Kind: "minio"}, {Kind: "versitygw"}, {Kind: "versitygw", Endpoint: "localhost"}, {Kind: "versitygw", Endpoint: store.URL}} {
		if _, err := tenancy.Open(bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if nobody, err := tenancy.Open(tenancy.Config{Kind: "none"}); err != nil || nobody.Own() || nobody.Ensure(t.Context(), c) != nil {
		t.Errorf("none: %v", err)
	}
	if text := fmt.Sprintf("%v %s", c, c); strings.Contains(text, c.SecretKey) {
		t.Errorf("printed as %s", text)
	}
}

func TestSeal(t *testing.T) {
	first, second := tenancy.NewKey(), tenancy.NewKey()
	seal, err := tenancy.NewSeal(first)
	if err != nil {
		t.Fatal(err)
	}
	sealed := seal.Close("secret", "ws/1")
	if again := seal.Close("secret", "ws/1"); string(again) == string(sealed) || strings.Contains(string(sealed), "secret") {
		t.Errorf("%q", sealed)
	}
	if open, err := seal.Open(sealed, "ws/1"); err != nil || open != "secret" {
		t.Errorf("%q %v", open, err)
	}
	changed, err := tenancy.NewSeal(second + ", " + first)
	if err != nil {
		t.Fatal(err)
	}
	if open, err := changed.Open(sealed, "ws/1"); err != nil || open != "secret" {
		t.Errorf("after a change of keys: %q %v", open, err)
	}
	sealed[len(sealed)-1]++
	for name, bad := range map[string][]byte{"changed": sealed, "nothing": nil, "short": sealed[:3]} {
		if _, err := seal.Open(bad, "ws/1"); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
	if _, err := seal.Open(changed.Close("secret", "ws/1"), "ws/1"); err == nil {
		t.Error("another key's was opened")
	}
	if _, err := seal.Open(seal.Close("secret", "ws/1"), "ws/2"); err == nil {
		t.Error("another workspace's was opened")
	}
	for _, bad := range []string{"", "short", "c2hvcnQ=", first + ",", "not base64 " + first} {
		if _, err := tenancy.NewSeal(bad); fault.KindOf(err) != fault.Invalid || (bad != "" && strings.Contains(err.Error(), bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
