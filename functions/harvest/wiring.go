package main

import (
	"net/http"
	"net/url"
	"os"
	"time"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/outward"
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
	means, err := newMeans(c)
	if err != nil {
		return nil, err
	}
	if err := checkFolders(c, harvesters); err != nil {
		return nil, err
	}
	sink, err := eventing.NewSink(c.Sink, c.Overrides)
	if err != nil {
		return nil, err
	}
	return &harvest{
		harvesters: harvesters, store: store, means: means, send: sink.Send,
		budget: c.Budget, holding: holding, asking: asking, maxNodes: c.MaxNodes, patience: c.Patience, backlog: c.Backlog,
	}, nil
}

// newMeans opens what is read.
func newMeans(c config) (*means, error) {
	endpoint, err := url.Parse(c.Endpoint)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "AWS_ENDPOINT_URL is not a URL")
	}
	guard, err := outward.ParseGuard(c.Allow)
	if err != nil {
		return nil, fault.At(fault.Invalid, "REACHABLE", "REACHABLE: %w", err)
	}
	own := objects{bucket.Open(bucket.Config{Endpoint: c.Endpoint, Region: c.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey})}
	m := &means{
		buckets: scope.Buckets{Ingest: c.IngestBucket, Cache: c.CacheBucket, Shared: c.ReadBuckets}, endpoint: endpoint, region: c.Region, own: own, ownLists: own, guard: guard,
		asking: outward.Config{Guard: guard, Timeout: c.Timeout, Tries: c.Tries}, inner: map[string]*outward.Client{},
	}
	m.outer = outward.New(m.asking)
	if c.EODATA != "" {
		m.eodata = objects{bucket.Open(bucket.Config{Endpoint: c.EODATA, Region: c.EODATARegion, AccessKey: c.EODATAKey, SecretKey: c.EODATASecret})}
	}
	return m, nil
}

// checkFolders refuses harvesters of folders where the deployment has none to read.
func checkFolders(c config, harvesters source.Config) error {
	all, err := harvesters.All()
	if err != nil || c.Local {
		return err
	}
	for _, h := range all {
		if h.Store.Kind == source.KindLocal {
			return fault.At(fault.Forbidden, "HARVESTERS", "harvester %s reads a folder of the machine, which HARVEST_FOLDERS does not allow", h.Name)
		}
	}
	return nil
}

// handler serves events at the root, where only the broker reaches it, and the operations behind the edge.
func (h *harvest) handler(edge func(http.Handler) http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /{$}", eventing.Handler(h.event))
	mux.Handle("/", edge(h.operations()))
	return mux
}
