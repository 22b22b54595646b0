package geoparquet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Files that other programs wrote (their names say which, in which version of pages and by which codec) are read, with
// types that are never written here. UPDATE_GOLDEN=1 writes the goldens anew.
func TestFilesOfOthers(t *testing.T) {
	files, err := filepath.Glob("testdata/*.parquet")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		items := readBack(t, file)
		got := append(bytes.Join(items[:3], []byte("\n")), '\n')
		golden := strings.TrimSuffix(name, ".parquet") + ".ndjson"
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is read as\n%s, not as %s (%v)", name, got, golden, err)
		}
		for _, item := range items {
			if !bytes.Contains(item, []byte(`"collection":"S2"`)) || !bytes.Contains(item, []byte(`"geometry":{"type":"`)) {
				t.Errorf("%s: %s", name, item)
			}
		}
	}
}
