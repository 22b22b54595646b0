package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/local-runner/broker"
	"perigee/local-runner/ingress"
	"perigee/local-runner/manifest"
	"perigee/local-runner/notify"
	"perigee/local-runner/s3"
	"perigee/local-runner/stage"
	"perigee/manifests"
)

// listenPublic takes the public address, before anything else is started for it.
func (h *house) listenPublic(context.Context) (string, error) {
	listener, err := net.Listen("tcp", h.listen)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "", fmt.Errorf("somebody already listens on %s: stop it, or choose another address with --listen", h.listen)
	case errors.Is(err, syscall.EACCES):
		return "", fmt.Errorf("this user may not listen on %s: choose a port above 1023 with --listen", h.listen)
	case err != nil:
		return "", fmt.Errorf("%s cannot be listened on: %w", h.listen, err)
	}
	h.url = publicURL(listener.Addr())
	h.door = ingress.New(listener.Addr().String())
	h.public = &http.Server{Addr: listener.Addr().String(), Handler: h.door, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = h.public.Serve(listener) }() // it ends with the server's Close
	h.onStop(func(context.Context) error { return h.public.Close() })
	return "", nil
}

// publicURL is how the address is called from this machine.
func publicURL(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsUnspecified() {
		return "http://127.0.0.1:" + port
	}
	return "http://" + a.String()
}

// leafletFolder is where Debian's package libjs-leaflet has the web client's map library.
const leafletFolder = "/usr/share/javascript/leaflet"

// values fills the placeholders of the overlay.
func (h *house) values() map[string]string {
	v := map[string]string{
		"DATABASE_URL": "", "AWS_ENDPOINT_URL": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
		"AWS_REGION": s3.Region, "PUBLIC_URL": h.url, "LEAFLET": leafletFolder, "WORKSPACE_KEY": "",
	}
	if h.database != nil && h.store != nil {
		v["DATABASE_URL"], v["AWS_ENDPOINT_URL"] = h.database.URL(), h.store.Endpoint()
		v["AWS_ACCESS_KEY_ID"], v["AWS_SECRET_ACCESS_KEY"] = h.store.AccessKey(), h.store.SecretKey()
		v["WORKSPACE_KEY"] = workspaceKey(h.store.SecretKey())
	}
	return v
}

// workspaceKey is the key that seals the credentials of workspaces: made from the secret of the store that has them, it
// stays as long as that.
func workspaceKey(secret string) string {
	sum := sha256.Sum256([]byte("perigee workspaces\x00" + secret))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// layers are the manifests: those in this binary, or a folder, which may have an overlay of its own.
func (h *house) layers() []manifest.Layer {
	base := manifest.Layer{Name: "manifests/base", Files: manifests.Base()}
	local := manifest.Layer{Name: "manifests/local", Files: manifests.Local(), Values: h.values()}
	if h.manifests == "" {
		return []manifest.Layer{base, local}
	}
	base.Name, base.Files = h.manifests, os.DirFS(h.manifests)
	if isFolder(h.manifests, "base") {
		base.Name = filepath.Join(h.manifests, "base")
		base.Files = os.DirFS(base.Name)
	}
	if isFolder(h.manifests, "local") {
		local.Name = filepath.Join(h.manifests, "local")
		local.Files = os.DirFS(local.Name)
	}
	return []manifest.Layer{base, local}
}

func isFolder(parts ...string) bool {
	info, err := os.Stat(filepath.Join(parts...))
	return err == nil && info.IsDir()
}

// checkManifests reads the manifests before anything is started, so that a mistake in them costs no time.
func (h *house) checkManifests(context.Context) (string, error) {
	set, err := manifest.Load(h.layers()...)
	if err != nil {
		return "", fmt.Errorf("the manifests cannot be honoured:\n%w", err)
	}
	if err := h.env.apply(set); err != nil {
		return "", err
	}
	h.main, err = mainBroker(set)
	return "", err
}

// loadManifests reads them again, now that the placeholders have their values, and makes the buckets they name.
func (h *house) loadManifests(ctx context.Context) (string, error) {
	var err error
	if h.set, err = manifest.Load(h.layers()...); err != nil {
		return "", err
	}
	if err := h.env.apply(h.set); err != nil {
		return "", err
	}
	for _, name := range []string{h.ingestBucket(), h.cacheBucket()} {
		if err := h.objects.CreateBucket(ctx, name); err != nil {
			return "", fmt.Errorf("making the bucket %s: %w", name, err)
		}
	}
	return "", nil
}

func (h *house) ingestBucket() string { return setting(h.set, "INGEST_BUCKET", "ingest") }
func (h *house) cacheBucket() string  { return setting(h.set, "CACHE_BUCKET", "cache") }

func (h *house) runJobs(ctx context.Context) (string, error) {
	told := ""
	for _, job := range h.set.Jobs {
		if err := stage.RunJob(ctx, stage.Config{Bin: h.bin, Logs: h.state.path("logs")}, job); err != nil {
			return "", err
		}
		told += job.Name.Name + " "
	}
	return told, nil
}

// openReceiver turns what the object store tells into events.
func (h *house) openReceiver() error {
	var err error
	h.receiver, err = notify.Open(notify.Config{
		Path: h.state.path("told.jsonl"), Objects: h.objects, Buckets: h.store.Buckets, Exclude: []string{h.cacheBucket()}, Log: h.log,
		Publish: func(ctx context.Context, e event.Event) error { return h.broker.Publish(ctx, h.main, e) },
	})
	if err != nil {
		return err
	}
	h.onStop(func(context.Context) error { return h.receiver.Close() })
	h.back.setNotify(h.receiver)
	return nil
}

// openDoors starts what runs by itself, and opens the ingress.
func (h *house) openDoors(context.Context) (string, error) {
	h.stage.Start()
	if err := h.broker.Start(); err != nil {
		return "", err
	}
	router, err := ingress.NewRouter(h.set.Routes, func(name broker.Name) http.Handler { return h.stage.Service(name) })
	if err != nil {
		return "", err
	}
	h.compare()
	open := &ingress.House{Router: router, Stage: h.stage, Broker: h.broker, Sources: h.sources}
	if render := named(h.stage, "render"); render != nil {
		open.Describer = render
	}
	if err := h.state.announce(h.instance()); err != nil {
		return "", err
	}
	h.door.Ready(open)
	h.onStop(func(context.Context) error { h.door.Close(); return nil })
	return "", nil
}

// compare looks for changes in the buckets that nobody told of, now and from time to time.
func (h *house) compare() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.receiver.Run(ctx)
	}()
	h.onStop(func(context.Context) error {
		cancel()
		<-done
		return nil
	})
}

func (h *house) instance() instance {
	at := instance{
		PID: os.Getpid(), URL: h.url, Broker: h.back.url + brokerPath, Events: h.main.String(), Endpoint: h.store.Endpoint(),
		AccessKey: h.store.AccessKey(), SecretKey: h.store.SecretKey(), Region: s3.Region,
		Ingest: h.ingestBucket(), Started: h.began,
	}
	if h.database != nil {
		at.Database = h.database.URL()
	}
	return at
}
