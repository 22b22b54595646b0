package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"perigee/shared/bucket"
	"perigee/shared/stac"
)

// role says what is done with a file, and in which order: assets go first, so that an item finds them.
type role int

const (
	asset role = iota
	bare       // a GeoTIFF that no item refers to
	collection
	item
)

// upload is one object to be written.
type upload struct {
	path string // on disk; empty for a document that was made
	made []byte
	key  string
	size int64
	role role
}

// gather lists the files to upload: those named, and everything in the folders named except what is hidden.
func gather(bucketName string, args []string) ([]upload, error) {
	var all []upload
	for _, arg := range args {
		found, err := walk(arg)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	referred := map[string]bool{}
	for i := range all {
		if err := all[i].classify(bucketName, referred); err != nil {
			return nil, err
		}
	}
	for i := range all {
		if all[i].role == asset && isTIFF(all[i].key) && !referred[bucket.Href(bucketName, all[i].key)] {
			all[i].role = bare
		}
	}
	slices.SortStableFunc(all, func(a, b upload) int { return int(a.role) - int(b.role) })
	return all, nil
}

// walk lists a file or a folder. The keys of a folder's files begin with its name.
func walk(root string) ([]upload, error) {
	whole, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", root, err)
	}
	var all []upload
	err = filepath.WalkDir(whole, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch hidden := strings.HasPrefix(d.Name(), ".") && file != whole; {
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		key, err := filepath.Rel(filepath.Dir(whole), file)
		all = append(all, upload{path: file, key: filepath.ToSlash(key), size: info.Size()})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking through %s: %w", root, err)
	}
	return all, nil
}

func isTIFF(key string) bool {
	extension := strings.ToLower(path.Ext(key))
	return extension == ".tif" || extension == ".tiff"
}

func isJSON(key string) bool {
	extension := strings.ToLower(path.Ext(key))
	return extension == ".json" || extension == ".geojson"
}

// classify tells documents from assets, and notes what the items refer to.
func (u *upload) classify(bucketName string, referred map[string]bool) error {
	if !isJSON(u.key) {
		return nil
	}
	if u.size > stac.MaxSize {
		u.role = item // too large to be one, which its registration will say
		return nil
	}
	text, err := os.ReadFile(u.path)
	if err != nil {
		return fmt.Errorf("reading a document: %w", err)
	}
	u.role = documentRole(text)
	if u.role == item {
		if read, err := stac.DecodeItem(text); err == nil {
			for _, a := range read.Assets {
				referred[stac.ResolveHref(bucket.Href(bucketName, u.key), a.Href)] = true
			}
		}
	}
	return nil
}

// documentRole is the role of a JSON file. One that is broken, or that was meant to be STAC, goes the way of an item, where
// its failure is told; other JSON and catalogues, which nobody registers, are assets.
func documentRole(text []byte) role {
	switch kind, err := stac.Type(text); {
	case kind == stac.TypeCollection:
		return collection
	case kind == stac.TypeItem, !json.Valid(text):
		return item
	case err == nil:
		return asset
	}
	var said struct {
		Version string `json:"stac_version"`
		Type    string `json:"type"`
	}
	if json.Unmarshal(text, &said) == nil && (said.Version != "" || strings.HasPrefix(said.Type, "Feature")) {
		return item
	}
	return asset
}

// name is what a document is called in messages: its id, or where it goes.
func (u upload) name(text []byte) string {
	var said struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(text, &said) == nil && said.ID != "" {
		return said.ID
	}
	return u.key
}
