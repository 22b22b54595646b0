// Package datatest finds, for tests, what is not part of the repository: real documents, configurations, products and schemas.
package datatest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Folder is the folder that PERIGEE_SHARED names, by default ../shared beside the repository. A test that needs it is skipped
// where there is none, visibly; what is missing in one that is there is a failure of the test.
func Folder(t testing.TB) string {
	t.Helper()
	folder, found := Find()
	if !found {
		t.Skipf("SKIPPED: there is no folder of real data at %s; PERIGEE_SHARED names one", folder)
	}
	return folder
}

// Find gives the folder, and whether it is there.
func Find() (folder string, found bool) {
	folder = os.Getenv("PERIGEE_SHARED")
	if folder == "" {
		root, err := repository()
		if err != nil {
			return "", false
		}
		folder = filepath.Join(root, "..", "shared")
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return folder, false
	}
	_, err = os.Stat(filepath.Join(folder, "data"))
	return folder, err == nil
}

// repository is the folder of go.mod, above the package that is tested.
func repository() (string, error) {
	at, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		up := filepath.Dir(at)
		if up == at {
			return "", errors.New("there is no go.mod above " + at)
		}
		at = up
	}
}
