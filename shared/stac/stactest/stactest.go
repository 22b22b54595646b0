// Package stactest gives tests the STAC documents of real providers. They lie outside the repository, in the folder that
// PERIGEE_SHARED names, by default ../shared beside it, and are read in place.
package stactest

import (
	"io/fs"
	"os"
	"path/filepath"
	"perigee/shared/datatest"
	"strings"
	"testing"
)

const atLeast = 90 // documents: fewer mean that they were looked for in the wrong place

// Documents runs visit for every JSON document as a test of its own. Without the folder the test is skipped, visibly.
func Documents(t *testing.T, visit func(t *testing.T, name string, raw []byte)) {
	t.Helper()
	root := datatest.Folder(t)
	found := 0
	for _, part := range []string{"data/catalogue/stac", "data/eoepca"} {
		err := fs.WalkDir(os.DirFS(root), part, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".json") {
				return err
			}
			raw, err := os.ReadFile(filepath.Join(root, name))
			found++
			t.Run(filepath.Base(name), func(t *testing.T) { visit(t, name, raw) })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < atLeast {
		t.Errorf("only %d documents in %s", found, root)
	}
}

// Schemas is the folder of the JSON Schemas of STAC and its extensions, by host and path. Without it the test is skipped,
// visibly.
func Schemas(t *testing.T) string {
	t.Helper()
	return filepath.Join(datatest.Folder(t), "data/schemas/json")
}
