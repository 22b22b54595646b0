package telling

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
	"golang.org/x/sync/errgroup"

	"perigee/local-runner/child"
	"perigee/shared/bucket"
)

// What the process of the store is told.
var (
	storeDir     = flag.String("store.dir", "", "of the store (for the tests that need one)")
	storeAddress = flag.String("store.address", "", "of the store")
	storeWebhook = flag.String("store.webhook", "", "that it tells")
)

// TestStore is not a test by itself: it is the process of the object store of the others.
func TestStore(t *testing.T) {
	if *storeDir == "" {
		return
	}
	sidecar := filepath.Join(filepath.Dir(*storeDir), "meta")
	storer, err := meta.NewSideCar(sidecar)
	if err != nil {
		t.Fatal(err)
	}
	b, err := posix.New(*storeDir, storer, posix.PosixOpts{SideCarDir: sidecar, CopyObjectThreshold: 5 << 30})
	if err != nil {
		t.Fatal(err)
	}
	err = embedgw.RunVersityGW(context.Background(), Wrap(b, *storeWebhook), &embedgw.Config{
		RootUserAccess: "key", RootUserSecret: "secret", Region: region, Ports: []string{*storeAddress}, MaxConnections: 100, MaxRequests: 100,
		MultipartMaxParts: 1000, Quiet: true, HealthPath: "/healthz", DisableACLs: true, KeepAlive: true,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// startStore starts a store and gives a client of it.
func startStore(t *testing.T, webhook string) *bucket.Client {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{dir + "/data", dir + "/meta"} {
		must(t, os.Mkdir(d, 0o755))
	}
	_, c := startStoreIn(t, dir, webhook)
	return c
}

// startStoreIn starts a store on what another has left.
func startStoreIn(t *testing.T, dir, webhook string) (stop func(), client *bucket.Client) {
	t.Helper()
	port, err := child.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	c := exec.Command(os.Args[0], "-test.run=^TestStore$", "-store.dir="+dir+"/data", "-store.address="+address, "-store.webhook="+webhook)
	var output bytes.Buffer
	c.Stdout, c.Stderr = &output, &output
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() { c.Process.Kill(); c.Wait() }
	t.Cleanup(stop)
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if response, err := http.Get("http://" + address + "/healthz"); err == nil {
			response.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(output.String())
		}
	}
	return stop, bucket.Open(bucket.Config{Endpoint: "http://" + address, Region: region, AccessKey: "key", SecretKey: "secret"})
}

// listener is who is told.
type listener struct {
	*httptest.Server
	mu      sync.Mutex
	records []record
	status  int
}

func listen(t *testing.T) *listener {
	l := &listener{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.status != 0 {
			http.Error(w, "not now", l.status)
			l.status = 0
			return
		}
		var n struct{ Records []record }
		if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
			t.Error(err)
		}
		l.records = append(l.records, n.Records...)
		w.WriteHeader(204)
	}))
	t.Cleanup(l.Close)
	return l
}

// take is what was told since the last take, sorted.
func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, r := range l.records {
		all = append(all, r.EventName+" "+r.S3.Bucket.Name+"/"+r.S3.Object.Key)
	}
	l.records = nil
	slices.Sort(all)
	return all
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func put(ctx context.Context, c *bucket.Client, name, key, text string) error {
	_, err := c.Put(ctx, name, key, []byte(text), bucket.PutOptions{})
	return err
}

// Each change is told by the time it is answered, with the key as it is and the tag that the store gives.
func TestTelling(t *testing.T) {
	l, ctx := listen(t), t.Context()
	c := startStore(t, l.URL)
	must(t, c.CreateBucket(ctx, "ingest"))
	for _, key := range []string{"a b+c.json", "ü/100%.json", "a%20b", "x/y"} {
		must(t, put(ctx, c, "ingest", key, "text"))
		l.mu.Lock()
		r := l.records[len(l.records)-1]
		l.mu.Unlock()
		o, err := c.Head(ctx, "ingest", key)
		must(t, err)
		if got := r.S3.Object; got.Key != key || strings.Trim(got.ETag, `"`) != o.ETag || got.Size != 4 || r.S3.Bucket.Name != "ingest" {
			t.Errorf("%q: %+v", key, r)
		}
	}
	l.take()
	large := strings.Repeat("0123456789abcdef", 20<<20/16)
	_, err := c.Upload(ctx, "ingest", "large.tif", strings.NewReader(large), int64(len(large)), bucket.PutOptions{}, nil)
	must(t, err)
	must(t, c.Delete(ctx, "ingest", "a%20b"))
	must(t, c.DeleteAll(ctx, "ingest", []string{"a b+c.json", "x/y"}))
	if _, err := c.Head(ctx, "ingest", "nothing"); err == nil {
		t.Error("it is there")
	}
	want := []string{"ObjectCreated:CompleteMultipartUpload ingest/large.tif", "ObjectRemoved:Delete ingest/a b+c.json", "ObjectRemoved:Delete ingest/a%20b", "ObjectRemoved:Delete ingest/x/y"}
	if got := l.take(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// Under load every change is told once, and nothing else.
func TestTellingUnderLoad(t *testing.T) {
	l, ctx := listen(t), t.Context()
	c := startStore(t, l.URL)
	var want []string
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for _, name := range []string{"cache", "ingest", "workspace-one"} {
		must(t, c.CreateBucket(t.Context(), name))
	}
	for i := range 300 {
		name, key := []string{"cache", "ingest", "workspace-one"}[i%3], fmt.Sprintf("%s/%d.json", strings.Repeat("x", i%40+1), i)
		want = append(want, "ObjectCreated:Put "+name+"/"+key)
		group.Go(func() error { return put(ctx, c, name, key, key) })
	}
	must(t, group.Wait())
	slices.Sort(want)
	if got := l.take(); !slices.Equal(got, want) {
		t.Errorf("%d told, %d wanted", len(got), len(want))
	}
}

// A receiver that fails once is told again; one that is not there does not prevent the change.
func TestNobodyListens(t *testing.T) {
	l, ctx := listen(t), t.Context()
	c := startStore(t, l.URL)
	must(t, c.CreateBucket(ctx, "ingest"))
	l.status = 503
	must(t, put(ctx, c, "ingest", "a", "text"))
	if got := l.take(); len(got) != 1 {
		t.Errorf("%q", got)
	}
	l.Close()
	must(t, put(ctx, c, "ingest", "b", "text"))
	body, _, err := c.Get(ctx, "ingest", "b")
	must(t, err)
	defer body.Close()
	if text, _ := io.ReadAll(body); string(text) != "text" {
		t.Errorf("%q", text)
	}
}
