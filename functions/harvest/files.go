package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/outward"
	"perigee/shared/source"
)

// files are what a harvester and its postprocessors read, wherever it lies.
type files struct {
	*means
	places source.Places
	web    *web
	store  objects // of the harvester itself
	folder string  // of a local file system
}

// eodata are the names of the bucket of all satellite data of CREODIAS.
var eodata = []string{"eodata", "EODATA"}

// of finds the object store that an object lies in, as far as it may be read: the harvester's own, the deployment's, or that
// of CREODIAS.
func (f *files) of(href string) (interface {
	source.Reader
	source.Lister
}, error) {
	name, _, ok := bucket.ParseHref(href)
	if !ok {
		if name, _, _ = strings.Cut(strings.TrimPrefix(href, "s3://"), "/"); !strings.HasPrefix(href, "s3://") {
			return nil, fault.New(fault.Invalid, "%s is not an object", href)
		}
	}
	if f.places.Kind == source.KindS3 && name == f.places.Bucket {
		return f.store, nil
	}
	refused := f.buckets.MayRead(f.places.Workspace, name)
	switch {
	case refused == nil && f.store.client != nil && f.places.Kind == "":
		return f.store, nil // the deployment's store, by keys of the harvester
	case refused == nil:
		return ownStore{f.own, f.ownLists}, nil
	case slices.Contains(eodata, name) && f.eodata.client != nil:
		return f.eodata, nil
	}
	return nil, refused
}

// ownStore is the deployment's object store.
type ownStore struct {
	source.Reader
	source.Lister
}

// Read gives a file of at most limit bytes.
func (f *files) Read(ctx context.Context, href string, limit int64) ([]byte, error) {
	switch {
	case strings.HasPrefix(href, "s3://"):
		store, err := f.of(href)
		if err != nil {
			return nil, err
		}
		return store.Read(ctx, href, limit)
	case strings.HasPrefix(href, "file://"):
		return f.readLocal(href, limit)
	}
	a, err := f.web.ask(ctx, outward.Request{URL: href, Limit: limit})
	return a.Body, err
}

// Exists tells whether there is a file.
func (f *files) Exists(ctx context.Context, href string) (bool, error) {
	store, err := f.of(href)
	if strings.HasPrefix(href, "s3://") && err != nil {
		return false, err
	}
	if looked, ok := store.(objects); ok {
		return looked.Exists(ctx, href)
	}
	if own, ok := store.(ownStore); ok {
		if looked, ok := own.Reader.(objects); ok {
			return looked.Exists(ctx, href)
		}
	}
	const enough = 64 << 20
	if _, err = f.Read(ctx, href, enough); fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}

// List gives addresses behind another one.
func (f *files) List(ctx context.Context, prefix, behind string, limit int) ([]string, error) {
	if strings.HasPrefix(prefix, "file://") {
		return f.listLocal(prefix, behind, limit)
	}
	store, err := f.of(prefix)
	if err != nil {
		return nil, err
	}
	return store.List(ctx, prefix, behind, limit)
}

// local opens the folder, which nothing leads out of, and the path of an address in it.
func (f *files) local(href string) (*os.Root, string, error) {
	if f.folder == "" {
		return nil, "", fault.New(fault.Forbidden, "%s is a local file, which this harvester does not read", href)
	}
	at, err := url.PathUnescape(strings.TrimPrefix(href, "file://"))
	if err != nil {
		return nil, "", fault.New(fault.Invalid, "%s is not an address of a file", href)
	}
	root, err := os.OpenRoot(f.folder)
	if err != nil {
		return nil, "", fault.New(fault.NotFound, "the folder of the file system cannot be opened")
	}
	return root, strings.TrimPrefix(path.Clean("/"+at), "/"), nil
}

func (f *files) readLocal(href string, limit int64) ([]byte, error) {
	root, at, err := f.local(href)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	file, err := root.Open(at)
	if err != nil {
		return nil, localFault(href, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch {
	case err != nil:
		return nil, localFault(href, err)
	case int64(len(text)) > limit:
		return nil, fault.New(fault.Invalid, "%s is larger than the %d bytes that are read", href, limit)
	}
	return text, nil
}

func localFault(href string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.New(fault.NotFound, "there is no %s", href)
	}
	return fault.New(fault.Invalid, "%s cannot be read", href)
}

// listLocal walks the folder.
func (f *files) listLocal(prefix, behind string, limit int) ([]string, error) {
	root, at, err := f.local(prefix)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var all []string
	err = fs.WalkDir(root.FS(), path.Join(".", at), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if href := "file:///" + name; href > behind {
			all = append(all, href)
		}
		return nil
	})
	if err != nil {
		return nil, localFault(prefix, err)
	}
	slices.Sort(all)
	return all[:min(len(all), limit)], nil
}
