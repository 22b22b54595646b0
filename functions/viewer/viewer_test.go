package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/identity"
)

// leaflet makes a folder as Debian's package has it.
func leaflet(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"leaflet.js": "var L", "leaflet.css": ".l{}", "images/marker-icon.png": "png", "leaflet.js.gz": "gz", "secret.txt": "s", "images/x.sh": "sh"} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// behindEdge is the function as it is served.
func behindEdge(t *testing.T, leaflet string) http.Handler {
	t.Helper()
	h, err := newHandler(leaflet)
	if err != nil {
		t.Fatal(err)
	}
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		t.Fatal(err)
	}
	return edge.Wrap(h)
}

func TestRoutes(t *testing.T) {
	h := behindEdge(t, leaflet(t))
	for target, want := range map[string]struct {
		status int
		kind   string
		text   string
	}{
		"/":                                 {200, "text/html; charset=utf-8", "<title>Perigee</title>"},
		"/workspaces/alice/":                {200, "text/html; charset=utf-8", "<title>Perigee</title>"},
		"/viewer/viewer.js":                 {200, "text/javascript; charset=utf-8", "L.map"},
		"/viewer/viewer.css":                {200, "text/css; charset=utf-8", "#map"},
		"/workspaces/alice/viewer/state.js": {200, "text/javascript; charset=utf-8", "export"},
		"/leaflet/leaflet.js":               {200, "text/javascript; charset=utf-8", "var L"},
		"/workspaces/a/leaflet/leaflet.css": {200, "text/css; charset=utf-8", ".l{}"},
		"/leaflet/images/marker-icon.png":   {200, "image/png", "png"},
		"/leaflet/leaflet.js.gz":            {404, "", ""},
		"/leaflet/secret.txt":               {404, "", ""},
		"/leaflet/images/x.sh":              {404, "", ""},
		"/leaflet/images/../secret.txt":     {404, "", ""},
		"/leaflet/":                         {404, "", ""},
		"/viewer/index.html":                {404, "", ""},
		"/viewer/nothing.js":                {404, "", ""},
		"/elsewhere":                        {404, "", ""},
		"/index.html":                       {404, "", ""},
		"/viewer":                           {308, "", ""},
		"/viewer/":                          {308, "", ""},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != want.status || !strings.Contains(w.Body.String(), want.text) || want.kind != "" && w.Header().Get("Content-Type") != want.kind {
			t.Errorf("%s: %d %q, want %d %q", target, w.Code, w.Header().Get("Content-Type"), want.status, want.kind)
		}
		if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'self';") {
			t.Errorf("%s: Content-Security-Policy %q", target, got)
		}
	}
}

func TestRedirectKeepsTheWorkspace(t *testing.T) {
	w := httptest.NewRecorder()
	behindEdge(t, leaflet(t)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://eo.example/workspaces/alice/viewer", nil))
	if got := w.Header().Get("Location"); got != "http://eo.example/workspaces/alice/" {
		t.Errorf("the page is at %q", got)
	}
}

func TestCaching(t *testing.T) {
	h := behindEdge(t, leaflet(t))
	for target, want := range map[string]string{"/": "no-cache", "/viewer/viewer.js": "no-cache", "/leaflet/leaflet.js": leafletAge} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if got := w.Header().Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", target, got, want)
		}
		again := httptest.NewRequest(http.MethodGet, target, nil)
		again.Header.Set("If-None-Match", w.Header().Get("ETag"))
		again.Header.Set("If-Modified-Since", w.Header().Get("Last-Modified"))
		w = httptest.NewRecorder()
		if h.ServeHTTP(w, again); w.Code != http.StatusNotModified {
			t.Errorf("%s: asked again it is %d", target, w.Code)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	w := httptest.NewRecorder()
	if behindEdge(t, leaflet(t)).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("x"))); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST gives %d", w.Code)
	}
}

func TestFolderWithoutLeaflet(t *testing.T) {
	if _, err := newHandler(t.TempDir()); fault.LocatorOf(err) != "LEAFLET" || !strings.Contains(err.Error(), "libjs-leaflet") {
		t.Errorf("a folder without Leaflet gives %v", err)
	}
}

var (
	outside   = regexp.MustCompile(`(?i)\b(https?|wss?|ftp):|["'(]//[a-z]|@import`)
	reference = regexp.MustCompile(`(?:src|href)="([^"#]+)"|from '([^']+)'`)
)

// CSC-07: the page asks nobody but its own host, and nothing of it lies at an absolute path, so that it serves every
// workspace.
func TestPageAsksItsOwnHostOnly(t *testing.T) {
	files, err := readPage()
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range files {
		text := string(file.Body)
		if found := outside.FindString(text); found != "" {
			t.Errorf("%s goes elsewhere: %q", name, found)
		}
		if strings.Contains(text, "<style") || strings.Contains(text, " style=") || strings.Contains(text, " onclick=") {
			t.Errorf("%s holds what the content security policy forbids", name)
		}
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			target := strings.TrimPrefix(m[1]+m[2], "./")
			if strings.HasPrefix(target, "/") {
				t.Errorf("%s refers to %q, which is the same in every workspace", name, target)
			}
			own, isOwn := strings.CutPrefix(target, "viewer/")
			if m[2] != "" {
				own, isOwn = target, true
			}
			if _, ok := files[own]; isOwn && !ok {
				t.Errorf("%s refers to %q, which is not there", name, target)
			}
		}
	}
	if len(files) < 3 || files["index.html"].Body == nil {
		t.Errorf("the page has %d files", len(files))
	}
}

func TestHead(t *testing.T) {
	w := httptest.NewRecorder()
	behindEdge(t, leaflet(t)).ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/", nil))
	if body, _ := io.ReadAll(w.Body); w.Code != 200 || len(body) != 0 {
		t.Errorf("HEAD gives %d and %d bytes", w.Code, len(body))
	}
}
