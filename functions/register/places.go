package main

import (
	"net/url"
	"slices"
	"strings"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/scope"
)

// places says which objects a workspace may refer to.
type places struct {
	ingest   string   // the system's bucket
	cache    string   // the tile cache's, which nobody's documents lie in
	read     []string // further buckets of the system
	endpoint *url.URL // of the object store
}

// object finds the object that an absolute address names: s3://bucket/key, or the object store's own URL of it.
func (p places) object(href string) (name, key string, ok bool) {
	if name, key, ok := bucket.ParseHref(href); ok {
		return name, key, true
	}
	u, err := url.Parse(href)
	if err != nil || p.endpoint == nil || p.endpoint.Host == "" || !strings.EqualFold(u.Host, p.endpoint.Host) {
		return "", "", false
	}
	path, below := strings.CutPrefix(u.Path, strings.TrimSuffix(p.endpoint.Path, "/")+"/")
	name, key, _ = strings.Cut(path, "/")
	return name, key, below && name != "" && key != ""
}

// mayRead refuses buckets that are not the workspace's own. The system has its ingest bucket and those it was given.
func (p places) mayRead(workspace, name string) error {
	if workspace != scope.System && name == workspace && name != p.ingest && name != p.cache {
		return nil
	}
	if workspace == scope.System && (name == p.ingest || slices.Contains(p.read, name)) {
		return nil
	}
	if workspace == scope.System {
		return fault.New(fault.Forbidden, "the bucket %q is not one that the system reads", name)
	}
	return fault.New(fault.Forbidden, "the bucket %q does not belong to the workspace %q", name, workspace)
}
