package raster

import (
	"context"
	"os"
	"strings"
	"sync"

	"perigee/shared/fault"
)

// tree is a folder of objects that GDAL reads as one file, as Zarr is. Its objects are looked at when GDAL asks.
type tree struct {
	root *stream // names the folder; it has no bytes of its own

	mu       sync.Mutex
	children map[string]*stream // by path below the folder; nil: there is none
}

// maxChildren is how many objects of a tree are remembered.
const maxChildren = 4096

// markers are the objects of which a tree has one, by which its version is told.
var markers = []string{"/.zmetadata", "/.zgroup", "/.zarray"}

// child finds the object at a path below the folder.
func (t *tree) child(name string) (*stream, bool) {
	t.mu.Lock()
	st, known := t.children[name]
	t.mu.Unlock()
	if known {
		return st, st != nil
	}
	if !cleanPath(name) {
		return nil, false
	}
	ctx := t.root.context()
	href := t.root.href + "/" + name
	size, etag, err := t.root.store.size(ctx, href)
	switch {
	case err == nil:
		st = &stream{store: t.root.store, version: version{href, etag}, ctx: ctx, size: size, parent: t.root}
	case !fault.KindOf(err).Permanent():
		_ = t.root.note(err)
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.children == nil || len(t.children) >= maxChildren {
		t.children = map[string]*stream{}
	}
	t.children[name] = st
	return st, st != nil
}

// find finds a stream by its name, or the object of a tree.
func (s *streams) find(name string) (*stream, bool) {
	if st, ok := s.byName.Load(name); ok {
		return st.(*stream), true
	}
	id, rest, _ := strings.Cut(name, "/")
	folder, path, ok := strings.Cut(rest, "/")
	if !ok {
		return nil, false // GDAL looks for files beside the one it reads
	}
	root, ok := s.byName.Load(id + "/" + folder)
	if !ok || root.(*stream).tree == nil {
		return nil, false
	}
	return root.(*stream).tree.child(path)
}

// inspectTree tells the version of a tree by the first of its markers.
func (s *store) inspectTree(ctx context.Context, folder string) (size int64, etag string, err error) {
	for _, marker := range markers {
		if size, etag, err = s.size(ctx, folder+marker); err == nil || !fault.KindOf(err).Permanent() {
			return size, etag, err
		}
	}
	return 0, "", err
}

// openLocalChild opens a local object of a tree for one read.
func (st *stream) openLocalChild() (*os.File, error) {
	f, _, err := st.store.openLocal(st.href)
	return f, err
}
