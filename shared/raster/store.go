package raster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"perigee/shared/fault"
)

// store knows where files are and keeps them open.
type store struct {
	objects Objects
	http    Objects
	root    *os.Root // nil: no local files
	dir     string
	bytes   *byteCache
	decodes *semaphore.Weighted // bytes that GDAL may need at the same time to decode

	mu    sync.Mutex
	files map[version]*file
	known map[string]identity // of hrefs asked for without a version
	next  uint64
	idle  []*handle // oldest first
}

// version names one state of an object.
type version struct {
	href, etag string
}

// errReplaced is in the chain of a failure that comes of a file being another than the registered one.
var errReplaced = errors.New("it is being replaced")

// identity is what an object was when it was last looked at.
type identity struct {
	size  int64
	etag  string
	until time.Time
}

const (
	identityLife = 5 * time.Second // how long the version of an object is believed that nobody stored
	maxFiles     = 20000           // entries in the tables, not open files
	maxIdle      = 128             // open files kept
	decodeBytes  = 2 * maxBlockBytes
)

func newStore(objects, http Objects, root string) (*store, error) {
	s := &store{objects: objects, http: http, bytes: newByteCache(byteCacheBytes), decodes: semaphore.NewWeighted(decodeBytes), files: map[version]*file{}, known: map[string]identity{}}
	if root == "" {
		return s, nil
	}
	dir, err := filepath.Abs(root)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the folder of files %q", root)
	}
	s.dir = dir
	if s.root, err = os.OpenRoot(dir); err != nil {
		return nil, fault.Classify(fault.Invalid, err, "the folder of files")
	}
	return s, nil
}

// local gives the path below the root of an href that names a file.
func (s *store) local(href string) (string, bool) {
	path := href
	if u, err := url.Parse(href); err == nil && u.Scheme == "file" {
		path = u.Path
	}
	return path, filepath.IsAbs(path)
}

// file finds the file of an href; with no etag it is the version that was there a moment ago.
func (s *store) file(ctx context.Context, href, etag string) (*file, error) {
	if _, local := s.local(href); etag != "" && !local {
		return s.version(version{href, etag}, -1), nil
	}
	id, err := s.identify(ctx, href)
	if err != nil {
		return nil, err
	}
	return s.version(version{href, id.etag}, id.size), nil
}

// present finds the file of an href as it is now.
func (s *store) present(ctx context.Context, href string) (*file, error) {
	id, err := s.inspect(ctx, href)
	if err != nil {
		return nil, err
	}
	return s.version(version{href, id.etag}, id.size), nil
}

// version gives the file of a version, whose size is -1 if it is not known.
func (s *store) version(v version, size int64) *file {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.files[v]; ok {
		return f
	}
	if len(s.files) >= maxFiles {
		s.forget()
	}
	s.next++
	f := &file{store: s, version: v, id: s.next, meeting: make(chan struct{}, 1)}
	f.size.Store(size)
	s.files[v] = f
	return f
}

// forget drops the files that are not in use; their blocks grow old in the cache.
func (s *store) forget() {
	for v, f := range s.files {
		if len(f.idle) == 0 {
			delete(s.files, v)
		}
	}
}

// identify tells what an object was when it was last looked at, if that is not too long ago.
func (s *store) identify(ctx context.Context, href string) (identity, error) {
	s.mu.Lock()
	id, ok := s.known[href]
	s.mu.Unlock()
	if ok && time.Now().Before(id.until) {
		return id, nil
	}
	return s.inspect(ctx, href)
}

// inspect looks at an object.
func (s *store) inspect(ctx context.Context, href string) (identity, error) {
	size, etag, err := s.size(ctx, href)
	if err != nil {
		return identity{}, err
	}
	id := identity{size: size, etag: etag, until: time.Now().Add(identityLife)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= maxFiles {
		clear(s.known)
	}
	s.known[href] = id
	return id, nil
}

// size asks for the size and version of an object.
func (s *store) size(ctx context.Context, href string) (int64, string, error) {
	t := targetOf(href)
	if err := t.check(); err != nil {
		return 0, "", err
	}
	if href = t.object; t.tree() {
		return s.inspectTree(ctx, href)
	}
	if _, ok := s.local(href); ok {
		f, info, err := s.openLocal(href)
		if err != nil {
			return 0, "", err
		}
		return info.Size(), fmt.Sprintf("%d-%d", info.ModTime().UnixNano(), info.Size()), f.Close()
	}
	objects, err := s.remote(href)
	if err != nil {
		return 0, "", err
	}
	size, etag, err := objects.Size(ctx, href)
	if err != nil {
		return 0, "", fmt.Errorf("%s: %w", href, err)
	}
	return size, etag, nil
}

// remote finds what reads the object of an href.
func (s *store) remote(href string) (Objects, error) {
	scheme, _, ok := strings.Cut(href, "://")
	objects := s.objects
	if scheme = strings.ToLower(scheme); scheme == "http" || scheme == "https" {
		objects = s.http
	}
	if !ok || objects == nil {
		return nil, fault.At(fault.Unsupported, "href", "%q cannot be read here", href)
	}
	return objects, nil
}

// openLocal opens a file below the root.
func (s *store) openLocal(href string) (*os.File, os.FileInfo, error) {
	path, _ := s.local(href)
	rel, err := filepath.Rel(s.dir, path)
	if s.root == nil || err != nil || !filepath.IsLocal(rel) {
		return nil, nil, fault.At(fault.Forbidden, "href", "%q is not a file that may be read here", href)
	}
	f, err := s.root.Open(rel)
	if err != nil {
		kind := fault.Unavailable
		if errors.Is(err, fs.ErrNotExist) {
			kind = fault.NotFound
		}
		return nil, nil, fault.Classify(kind, err, "opening %s", href)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fault.New(fault.Invalid, "%s is not a file", href)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

func (s *store) close() {
	s.mu.Lock()
	idle := s.idle
	s.idle, s.files = nil, map[version]*file{}
	s.mu.Unlock()
	for _, h := range idle {
		h.close()
	}
	if s.root != nil {
		s.root.Close()
	}
}
