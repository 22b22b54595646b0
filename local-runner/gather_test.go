package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/stac"
)

// tree writes files and gives the folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "data")
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func itemWith(id, href string) string {
	return fmt.Sprintf(`{"type": "Feature", "stac_version": "1.0.0", "id": %q, "geometry": {"type": "Point", "coordinates": [15, 45]}, "bbox": [15, 45, 15, 45],
		"properties": {"datetime": "2026-01-01T00:00:00Z"}, "links": [], "assets": {"a": {"href": %q}}}`, id, href)
}

// What an item needs goes before it, and what the item belongs to as well.
func TestGatherInOrder(t *testing.T) {
	root := tree(t, map[string]string{
		"a.json": itemWith("a", "./deep/a.tif"), "deep/a.tif": "II", "deep/b.TIFF": "II", "catalog.json": `{"type": "Catalog"}`,
		"z.json": `{"type": "Collection"}`, "notes.txt": "x", "b.geojson": itemWith("b", "s3://ingest/data/absolute.tif"), "absolute.tif": "II",
		"broken.json": "{", ".hidden/x.tif": "II", ".x.json": "{}", "large.json": strings.Repeat(" ", stac.MaxSize+1),
	})
	all, err := gather("ingest", []string{root})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range all {
		got = append(got, fmt.Sprintf("%d %s", u.role, u.key))
	}
	want := []string{
		"0 data/absolute.tif", "0 data/catalog.json", "0 data/deep/a.tif", "0 data/notes.txt",
		"1 data/deep/b.TIFF", "2 data/z.json", "3 data/a.json", "3 data/b.geojson", "3 data/broken.json", "3 data/large.json",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	one, err := gather("ingest", []string{filepath.Join(root, "deep", "b.TIFF")})
	if err != nil || len(one) != 1 || one[0].key != "b.TIFF" || one[0].role != bare {
		t.Errorf("a file alone: %+v, %v", one, err)
	}
}

func TestMediaTypes(t *testing.T) {
	for want, u := range map[string]upload{
		"application/geo+json": {key: "a.json", role: item}, "application/json": {key: "a.json", role: collection},
		"image/tiff; application=geotiff": {key: "a.TIF"}, "image/png": {key: "a.png"}, "": {key: "README"},
	} {
		if got := mediaType(u); got != want {
			t.Errorf("%s: %q, want %q", u.key, got, want)
		}
	}
}

func TestNamesOfDocuments(t *testing.T) {
	u := upload{key: "folder/a.json"}
	for text, want := range map[string]string{`{"id": "S2A"}`: "S2A", `{"id": 7}`: "folder/a.json", `{`: "folder/a.json", ``: "folder/a.json"} {
		if got := u.name([]byte(text)); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
