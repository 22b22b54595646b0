package tilecache_test

import (
	"os"
	"path/filepath"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/tilecache"
	"perigee/shared/tilecache/tilecachetest"
)

// CSC-04: a local folder keeps tiles as a bucket does.
func TestFolderKeeps(t *testing.T) {
	folder, err := tilecache.NewFolder(filepath.Join(t.TempDir(), "deep", "cache"))
	if err != nil {
		t.Fatal(err)
	}
	tilecachetest.Keeps(t, folder)
}

// No key leads out of the folder, and what lies there that is no whole tile is none.
func TestFolderIsConfined(t *testing.T) {
	root := t.TempDir()
	folder, err := tilecache.NewFolder(filepath.Join(root, "cache"))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"", "/etc/passwd", "../x", "a/../../x", "a\x00b", "..\\x"} {
		if _, err := folder.Get(t.Context(), key); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Get(%q) gives %v", key, err)
		}
		if err := folder.Put(t.Context(), key, tilecache.Object{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Put(%q) gives %v", key, err)
		}
		if err := folder.Delete(t.Context(), []string{key}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("Delete(%q) gives %v", key, err)
		}
	}
	for _, text := range []string{"", "PNG", "perigee-tile 1\n", "perigee-tile 1\nContent-Length: 3\n\nab", "perigee-tile 1\nContent-Type: image/png\n\n", "perigee-tile 2\nContent-Length: 2\n\nab"} {
		if err := os.WriteFile(filepath.Join(root, "cache", "a.png"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if o, err := folder.Get(t.Context(), "a.png"); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q gives %+v, %v", text, o, err)
		}
	}
	if err := folder.Put(t.Context(), "a.png", tilecache.Object{Metadata: map[string]string{"a": "b\nc"}}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("metadata of two lines gives %v", err)
	}
	if err := folder.Put(t.Context(), "a.png", tilecache.Object{Body: make([]byte, 5<<20)}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a tile of 5 MB gives %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(root, "cache", ".new-*")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
	if _, err := tilecache.NewFolder(filepath.Join(root, "cache", "a.png", "b")); err == nil {
		t.Error("a folder below a file was made")
	}
}
