package s3

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/tenancy"
)

// The test binary plays the store too.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "store" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := Serve(ctx); err != nil {
		panic(err)
	}
}

func start(t *testing.T, dir, webhook string) *Server {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(context.Background(), Config{Dir: dir, Webhook: webhook, Program: self, Args: []string{"store"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

func client(s *Server) *bucket.Client {
	return bucket.Open(bucket.Config{Endpoint: s.Endpoint(), Region: Region, AccessKey: s.AccessKey(), SecretKey: s.SecretKey(), PathStyle: true})
}

// Objects, their metadata, the address and the credentials stay from one start to the next, whichever way the file
// system keeps metadata.
func TestStoreIsKept(t *testing.T) {
	for name, sidecar := range map[string]bool{"extended attributes": false, "files beside": true} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			k, err := open(dir)
			if err != nil {
				t.Fatal(err)
			}
			k.Sidecar = k.Sidecar || sidecar
			if err := k.save(dir); err != nil {
				t.Fatal(err)
			}
			first := start(t, dir, "")
			write(t, client(first))
			stop(t, first)
			second := start(t, dir, "")
			if second.kept != first.kept {
				t.Errorf("it was %+v and is %+v", first.kept, second.kept)
			}
			read(t, client(second))
			names, err := second.Buckets(context.Background())
			if err != nil || !slices.Equal(names, []string{"ingest"}) {
				t.Errorf("buckets %q, %v", names, err)
			}
		})
	}
}

func write(t *testing.T, c *bucket.Client) {
	t.Helper()
	ctx := context.Background()
	for range 2 { // making a bucket again does nothing
		if err := c.CreateBucket(ctx, "ingest"); err != nil {
			t.Fatal(err)
		}
	}
	options := bucket.PutOptions{ContentType: "application/geo+json", Metadata: map[string]string{"colour": "green"}}
	if _, err := c.Put(ctx, "ingest", "a folder/ü+.json", []byte("{}"), options); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, c *bucket.Client) {
	t.Helper()
	got, err := c.Head(context.Background(), "ingest", "a folder/ü+.json")
	if err != nil || got.ContentType != "application/geo+json" || got.Metadata["colour"] != "green" || got.ETag == "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// Only who signs may read; a web page from anywhere may use an address that was signed for it.
func TestWhoMayRead(t *testing.T) {
	s := start(t, t.TempDir(), "")
	write(t, client(s))
	signed, err := client(s).Presign(context.Background(), "ingest", "a folder/ü+.json", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if resp := from(t, signed); resp.StatusCode != http.StatusOK || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("signed: %s %v", resp.Status, resp.Header)
	}
	anonymous, _, _ := strings.Cut(signed, "?")
	if resp := from(t, anonymous); resp.StatusCode != http.StatusForbidden {
		t.Errorf("anonymous: %s", resp.Status)
	}
	wrong := bucket.Open(bucket.Config{Endpoint: s.Endpoint(), Region: Region, AccessKey: s.AccessKey(), SecretKey: "guessed", PathStyle: true})
	if _, err := wrong.Head(context.Background(), "ingest", "x"); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a guessed secret: %v", err)
	}
}

// from asks as a page of the web would.
func from(t *testing.T, address string) *http.Response {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://map.example")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp
}

// Accounts stay from one start to the next, and so does what they may.
func TestAccountsAreKept(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir, "")
	write(t, client(first))
	accounts, err := tenancy.Open(tenancy.Config{Kind: "versitygw", Endpoint: first.Endpoint(), Region: Region, AccessKey: first.AccessKey(), SecretKey: first.SecretKey()})
	if err != nil {
		t.Fatal(err)
	}
	keys := tenancy.NewCredentials()
	if err := errors.Join(accounts.Ensure(t.Context(), keys), accounts.Give(t.Context(), "ingest", keys.AccessKey)); err != nil {
		t.Fatal(err)
	}
	stop(t, first)
	second := start(t, dir, "")
	own := bucket.Open(bucket.Config{Endpoint: second.Endpoint(), Region: Region, AccessKey: keys.AccessKey, SecretKey: keys.SecretKey, PathStyle: true})
	if _, err := own.Head(t.Context(), "ingest", "a folder/ü+.json"); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(accountsPath(dir)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of the secrets: %v %v", info, err)
	}
}

func TestChangesAreTold(t *testing.T) {
	var mu sync.Mutex
	var told bytes.Buffer
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = io.Copy(&told, r.Body) // what came of it is looked at below
	}))
	defer hook.Close()
	s := start(t, t.TempDir(), hook.URL)
	write(t, client(s))
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		mu.Lock()
		text := told.String()
		mu.Unlock()
		if strings.Contains(text, "ObjectCreated:Put") && strings.Contains(text, `"name":"ingest"`) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("told: %s", text)
		}
	}
}

func TestAnotherPortWhenThatOneIsTaken(t *testing.T) {
	dir := t.TempDir()
	first := start(t, dir, "")
	stop(t, first)
	l, err := net.Listen("tcp", strings.TrimPrefix(first.Endpoint(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if second := start(t, dir, ""); second.Endpoint() == first.Endpoint() {
		t.Errorf("it listens on %s, which is taken", second.Endpoint())
	}
}

func TestStartTellsTheLastWords(t *testing.T) {
	_, err := Start(context.Background(), Config{Dir: t.TempDir(), Program: "/bin/sh", Args: []string{"-c", "echo no room; exit 1"}})
	if err == nil || !strings.Contains(err.Error(), "the object store did not start; its last words:\n    no room") {
		t.Errorf("got %v", err)
	}
	if err := Serve(context.Background()); err == nil || !strings.Contains(err.Error(), "this command is started by the runner itself") {
		t.Errorf("without settings: %v", err)
	}
}

func TestBrokenSettingsAreTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(keptPath(dir), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(context.Background(), Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "reading the object store's settings: "+keptPath(dir)) {
		t.Errorf("got %v", err)
	}
}
