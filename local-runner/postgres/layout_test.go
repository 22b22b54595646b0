package postgres

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder that is closed to the server's user is found, wherever it is above the data.
func TestClosedParent(t *testing.T) {
	root, err := os.MkdirTemp("/tmp", "perigee-closed-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	open := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(open, 0o755); err != nil {
		t.Fatal(err)
	}
	const somebody = 54321
	for mode, want := range map[os.FileMode]string{0o755: "", 0o711: "", 0o700: root, 0o750: root} {
		if err := os.Chmod(root, mode); err != nil {
			t.Fatal(err)
		}
		if got := closedParent(open, somebody, somebody); got != want {
			t.Errorf("with %o: %q, want %q", mode, got, want)
		}
		if got := closedParent(open, uint32(os.Getuid()), uint32(os.Getgid())); mode&0o100 != 0 && got != "" {
			t.Errorf("its owner cannot enter %q with %o", got, mode)
		}
	}
}

func TestHeldCapabilities(t *testing.T) {
	held, err := heldCapabilities()
	if err != nil || (os.Getuid() == 0) != (held != 0) {
		t.Errorf("%x as user %d, %v", held, os.Getuid(), err)
	}
}

func TestReadLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postmaster.pid")
	for text, want := range map[string]lock{
		"12\n":                           {pid: 12},
		"12\n/d\n1\n2\n/s\n*\n3\nready ": {pid: 12, status: "ready"},
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := readLock(path); got != want || err != nil {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	if err := os.WriteFile(path, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readLock(path); err == nil {
		t.Error("nonsense is a lock")
	}
}

func TestBrokenPlaceIsTold(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "place.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := prepare(dir); err == nil || !strings.Contains(err.Error(), "reading where the database is: "+dir) {
		t.Errorf("got %v", err)
	}
}

func TestInstalledServers(t *testing.T) {
	found, err := find(t.TempDir())
	if err != nil || found.major < minimum {
		t.Errorf("%+v, %v", found, err)
	}
	for text, want := range map[string]int{"15\n": 15, "nonsense": 0} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := madeBy(dir); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
