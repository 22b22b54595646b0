package telling

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/local-runner/notify"
	"perigee/shared/bucket"
)

// The store and the receiver together: changes are told with keys as they are; what changes while nobody listens is
// found by listing; nothing is told twice.
func TestStoreAndReceiver(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	must(t, os.Mkdir(dir+"/data", 0o755))
	must(t, os.Mkdir(dir+"/meta", 0o755))
	var told []string
	take := func() string { all := told; told = nil; slices.Sort(all); return strings.Join(all, "\n") }
	cfg := notify.Config{
		Path: filepath.Join(dir, "told"), Exclude: []string{"cache"}, Grace: time.Millisecond,
		Publish: func(_ context.Context, e event.Event) error {
			told = append(told, strings.TrimPrefix(e.Type(), "com.amazonaws.s3.Object")+" "+e.Source()+" "+e.Subject())
			return nil
		},
		Buckets: func(context.Context) ([]string, error) { return []string{"cache", "ingest"}, nil },
	}
	receiver, err := notify.Open(cfg)
	must(t, err)
	webhook := httptest.NewServer(receiver)
	stop, c := startStoreIn(t, dir, webhook.URL)
	for _, name := range []string{"cache", "ingest"} {
		must(t, c.CreateBucket(ctx, name))
		for _, key := range []string{"a b+c.json", "ü/100%.json", "a%20b.json"} {
			must(t, put(ctx, c, name, key, "text"))
		}
	}
	must(t, c.Delete(ctx, "ingest", "a b+c.json"))
	const source = " aws:s3.us-east-1.ingest "
	if got, want := take(), "Created:Put"+source+"a b+c.json\nCreated:Put"+source+"a%20b.json\nCreated:Put"+source+"ü/100%.json\nRemoved:Delete"+source+"a b+c.json"; got != want {
		t.Errorf("told:\n%s", got)
	}
	stop()
	webhook.Close()
	must(t, receiver.Close())

	_, c = startStoreIn(t, dir, "http://127.0.0.1:1") // nobody is there
	must(t, c.Delete(ctx, "ingest", "ü/100%.json"))
	must(t, put(ctx, c, "ingest", "a%20b.json", "changed"))
	must(t, put(ctx, c, "ingest", "a b+c.json", "back"))
	cfg.Objects = c
	receiver, err = notify.Open(cfg)
	must(t, err)
	defer receiver.Close()
	for _, want := range []string{"Created:Put" + source + "a b+c.json\nCreated:Put" + source + "a%20b.json\nRemoved:Delete" + source + "ü/100%.json", ""} {
		if _, err := receiver.Compare(ctx); err != nil {
			t.Error(err)
		}
		if got := take(); got != want {
			t.Errorf("found:\n%s", got)
		}
	}
}

var _ notify.Lister = (*bucket.Client)(nil)
