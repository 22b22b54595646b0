package main

import (
	"net/url"
	"path/filepath"
	"strings"

	"perigee/shared/bucket"
	"perigee/shared/scope"
)

// places says which objects a workspace may refer to.
type places struct {
	ingest   string   // the system's bucket
	cache    string   // the tile cache's, which nobody's documents lie in
	read     []string // further buckets of the system
	endpoint *url.URL // of the object store
	web      bool     // files at public addresses are drawn too
	folder   string   // whose files the system's items may refer to; empty: none
}

// object finds the object that an absolute address names: s3://bucket/key, or the object store's own URL of it.
func (p places) object(href string) (name, key string, ok bool) {
	if name, key, ok := bucket.ParseHref(href); ok {
		return name, key, true
	}
	if p.endpoint == nil || p.endpoint.Host == "" || !leadsTo(href, p.endpoint.Host) {
		return "", "", false
	}
	u, err := url.Parse(href)
	if err != nil || !strings.EqualFold(u.Host, p.endpoint.Host) {
		return "", "", false
	}
	path, below := strings.CutPrefix(u.Path, strings.TrimSuffix(p.endpoint.Path, "/")+"/")
	name, key, _ = strings.Cut(path, "/")
	return name, key, below && name != "" && key != ""
}

// leadsTo tells whether an address may lead to a host, without taking it apart: items have many that do not.
func leadsTo(href, host string) bool {
	_, rest, found := strings.Cut(href, "//")
	authority := rest[:max(0, strings.IndexAny(rest+"/", "/?#"))]
	return found && len(authority) >= len(host) && strings.EqualFold(authority[len(authority)-len(host):], host)
}

// outside tells whether a file outside the object store may be drawn for a workspace.
func (p places) outside(workspace, href string) bool {
	scheme, path, _ := strings.Cut(href, "://")
	switch strings.ToLower(scheme) {
	case "http", "https":
		return p.web
	case "file":
	default:
		return false
	}
	return p.folder != "" && workspace == scope.System && filepath.IsAbs(path) && path == filepath.Clean(path) &&
		strings.HasPrefix(path, strings.TrimSuffix(p.folder, "/")+"/")
}

// mayRead refuses buckets that are not the workspace's own. The system has its ingest bucket and those it was given.
func (p places) mayRead(workspace, name string) error {
	return scope.Buckets{Ingest: p.ingest, Cache: p.cache, Shared: p.read}.MayRead(workspace, name)
}
