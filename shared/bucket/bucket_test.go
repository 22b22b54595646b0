package bucket_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/bucket"
	"perigee/shared/bucket/buckettest"
	"perigee/shared/fault"
	_ "perigee/test/draws" // the same each time
)

func TestContract(t *testing.T) {
	client, name := buckettest.Open(t)
	buckettest.Run(t, client, name)
}

func TestHref(t *testing.T) {
	for _, c := range []struct {
		href, bucket, key string
		ok                bool
	}{
		{"s3://ingest/a/b.json", "ingest", "a/b.json", true},
		{"s3://ingest/with space+ü%20?#.json", "ingest", "with space+ü%20?#.json", true},
		{"s3://ingest//double", "ingest", "/double", true},
		{"s3://ingest/", "", "", false},
		{"s3://ingest", "", "", false},
		{"s3:///key", "", "", false},
		{"S3://ingest/key", "", "", false},
		{"https://example.org/ingest/key", "", "", false},
		{"", "", "", false},
	} {
		name, key, ok := bucket.ParseHref(c.href)
		if name != c.bucket || key != c.key || ok != c.ok {
			t.Errorf("%q: %q %q %v", c.href, name, key, ok)
		}
	}
}

func TestHrefProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.StringMatching(`[a-z0-9][a-z0-9.-]{1,20}`).Draw(r, "bucket")
		key := rapid.StringN(1, 40, -1).Draw(r, "key")
		gotName, gotKey, ok := bucket.ParseHref(bucket.Href(name, key))
		if !ok || gotName != name || gotKey != key {
			r.Fatalf("%q %q came back as %q %q %v", name, key, gotName, gotKey, ok)
		}
	})
}

// answering is a store that gives one answer to everything.
func answering(t *testing.T, status int, body string) *bucket.Client {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return bucket.Open(bucket.Config{Endpoint: server.URL, AccessKey: "key", SecretKey: "secret"})
}

func TestAnswersAreClassified(t *testing.T) {
	code := func(s string) string {
		return `<?xml version="1.0"?><Error><Code>` + s + `</Code><Message>why</Message></Error>`
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   fault.Kind
	}{
		{"no such bucket", 404, code("NoSuchBucket"), fault.NotFound},
		{"denied", 403, code("AccessDenied"), fault.Forbidden},
		{"a wrong key", 403, code("SignatureDoesNotMatch"), fault.Forbidden},
		{"an old token", 400, code("ExpiredToken"), fault.Forbidden},
		{"too slow", 400, code("RequestTimeout"), fault.Unavailable},
		{"a bad request", 400, code("InvalidArgument"), fault.Invalid},
		{"slow down", 503, code("SlowDown"), fault.Unavailable},
		{"a broken store", 500, "oops", fault.Unavailable},
		{"a gateway without a store", 502, "<html>", fault.Unavailable},
		{"precondition", 412, code("PreconditionFailed"), fault.Conflict},
		{"two writers at once", 409, code("ConditionalRequestConflict"), fault.Conflict},
		{"not offered", 501, code("NotImplemented"), fault.Unsupported},
		{"another region", 301, code("PermanentRedirect"), fault.Internal},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := answering(t, c.status, c.body).Get(t.Context(), "ingest", "a/b.json")
			if err == nil || fault.KindOf(err) != c.kind {
				t.Errorf("kind %v: %v", fault.KindOf(err), err)
			}
			if !strings.Contains(err.Error(), "s3://ingest/a/b.json") {
				t.Errorf("the failure does not name the object: %v", err)
			}
		})
	}
}

func TestAStoreThatIsAway(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	client := bucket.Open(bucket.Config{Endpoint: server.URL, AccessKey: "key", SecretKey: "secret"})
	if _, err := client.Head(t.Context(), "ingest", "a"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("kind %v: %v", fault.KindOf(err), err)
	}
}

func TestAWrongSecretIsForbidden(t *testing.T) {
	cfg := buckettest.Config(t)
	cfg.SecretKey += "x"
	_, name := buckettest.Open(t)
	_, err := bucket.Open(cfg).Head(t.Context(), name, "a")
	if fault.KindOf(err) != fault.Forbidden {
		t.Errorf("kind %v: %v", fault.KindOf(err), err)
	}
}

func TestAStoreThatIgnoresRanges(t *testing.T) {
	client := answering(t, 200, "0123456789")
	if data, err := client.ReadRange(t.Context(), "b", "k", "", 0, 4); err != nil || string(data) != "0123" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := client.ReadRange(t.Context(), "b", "k", "", 4, 4); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("kind %v: %v", fault.KindOf(err), err)
	}
}

func TestAnAnswerThatIsCutShort(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte("only this"))
	}))
	t.Cleanup(server.Close)
	client := bucket.Open(bucket.Config{Endpoint: server.URL, AccessKey: "key", SecretKey: "secret"})
	if _, _, err := client.ReadAll(t.Context(), "b", "k", 2000); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("kind %v: %v", fault.KindOf(err), err)
	}
	if _, err := client.ReadRange(t.Context(), "b", "k", "", 0, 2000); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("kind %v: %v", fault.KindOf(err), err)
	}
}
