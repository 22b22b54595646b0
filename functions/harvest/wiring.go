package main

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/source"
)

const (
	holding = 15 * time.Second       // for which a worker holds a run without saying so again
	asking  = 250 * time.Millisecond // between two looks at a run that somebody else holds
)

// newHarvest checks the configuration and opens what is not asked before the first request.
func newHarvest(c config, store runs) (*harvest, error) {
	harvesters, err := source.LoadSetting("HARVESTERS", c.Harvesters, os.ReadFile)
	if err != nil {
		return nil, err
	}
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "AWS_ENDPOINT_URL is not a URL")
	}
	readers, err := openReaders(c, harvesters)
	if err != nil {
		return nil, err
	}
	sink, err := eventing.NewSink(c.Sink, c.Overrides)
	if err != nil {
		return nil, err
	}
	return &harvest{
		harvesters: harvesters, store: store, readers: readers, send: sink.Send, endpoint: endpoint,
		buckets: scope.Buckets{Ingest: c.IngestBucket, Cache: c.CacheBucket, Shared: c.ReadBuckets},
		budget:  c.Budget, holding: holding, asking: asking, maxNodes: c.MaxNodes,
	}, nil
}

// openReaders gives each harvester the object store as it opens it, by keys of its own or by the deployment's. Another
// store than the deployment's is refused, because register could not read what is found there.
func openReaders(c config, harvesters source.Config) (map[string]source.Reader, error) {
	readers := map[string]source.Reader{}
	for name, s := range harvesters.Stores() {
		if s.Endpoint != "" && strings.TrimSuffix(s.Endpoint, "/") != strings.TrimSuffix(c.Endpoint, "/") {
			return nil, fault.At(fault.Unsupported, "HARVESTERS", "harvester %s: the endpoint_url %s is not the object store of this deployment, which is the one that documents are registered from", name, s.Endpoint)
		}
		keys := bucket.Config{Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey}
		if s.Region != "" {
			keys.Region = s.Region
		}
		if s.AccessKey != "" {
			keys.AccessKey, keys.SecretKey = s.AccessKey, s.SecretKey
		}
		readers[name] = reader{bucket.Open(keys)}
	}
	return readers, nil
}

// reader reads objects by their address.
type reader struct{ objects *bucket.Client }

// Read gives an object of at most limit bytes.
func (r reader) Read(ctx context.Context, href string, limit int64) ([]byte, error) {
	name, key, ok := bucket.ParseHref(href)
	if !ok {
		return nil, fault.New(fault.Invalid, "%s is not an object", href)
	}
	text, _, err := r.objects.ReadAll(ctx, name, key, limit)
	return text, err
}

// handler serves events at the root, where only the broker reaches it, and the operations behind the edge.
func (h *harvest) handler(edge func(http.Handler) http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /{$}", eventing.Handler(h.event))
	mux.Handle("/", edge(h.operations()))
	return mux
}
