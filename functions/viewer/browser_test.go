//go:build browser

package main

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// onePixel is a transparent PNG.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

const layersJSON = `{"title":"Tiles","layers":[{"name":"S2L2A","title":"Sentinel-2 <i>","base":"S2L2A","bounds":[13,45,15,47],"dates":["2024-06-05","2024-05-06"],"zoom":14,
	"layers":[{"name":"S2L2A__TRUE_COLOR","title":"t","base":"S2L2A","browse":"TRUE_COLOR","bounds":[13,45,15,47],"dates":[],"zoom":14},
	{"name":"S2L2A__NDVI","title":"n","base":"S2L2A","browse":"NDVI","bounds":[13,45,15,47],"dates":[],"zoom":14}]},
	{"name":"a,b;c/d","title":"A file","base":"a,b;c/d","item":"a,b;c/d","bounds":[14,46,14.2,46.2],"dates":[],"zoom":14}]}`

const searchJSON = `{"type":"FeatureCollection","features":[{"type":"Feature","id":"S2A_1","collection":"sentinel-2","properties":{"datetime":"2024-06-05T10:00:31Z","eo:cloud_cover":12.4,"title":"<b>Scene</b>"},
	"geometry":{"type":"Polygon","coordinates":[[[13,45],[15,45],[15,47],[13,47],[13,45]]]}}]}`

// platform is the page's host: the function, and what it asks of others.
type platform struct {
	http.Handler
	mu    sync.Mutex
	asked []string
	fails string // what paths hold that are answered 503
}

func newPlatform(t *testing.T) (*platform, string) {
	t.Helper()
	p := &platform{Handler: behindEdge(t, "/usr/share/javascript/leaflet")}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return p, server.URL
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.URL.String())
	p.mu.Unlock()
	switch path := strings.TrimPrefix(r.URL.Path, "/workspaces/alice"); {
	case p.fails != "" && strings.Contains(path, p.fails):
		w.WriteHeader(http.StatusServiceUnavailable)
	case path == "/cache/layers.json":
		_, _ = w.Write([]byte(layersJSON))
	case strings.HasPrefix(path, "/cache/xyz/"):
		tile, _ := base64.StdEncoding.DecodeString(onePixel)
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(tile)
	case path == "/stac/search":
		_, _ = w.Write([]byte(searchJSON))
	default:
		p.Handler.ServeHTTP(w, r)
	}
}

func (p *platform) has(part string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.asked {
		if strings.Contains(a, part) {
			return true
		}
	}
	return false
}

// open gives the document as headless Chromium has it after a while, and what it logged.
func open(t *testing.T, url string) (document, log string) {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("no chromium to open the page with: `make test-browser` installs it")
	}
	if _, err := os.Stat("/usr/share/javascript/leaflet/leaflet.js"); err != nil {
		t.Fatalf("no Leaflet to open the page with: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir="+t.TempDir(), "--window-size=1400,900",
		"--virtual-time-budget=5000", "--enable-logging=stderr", "--dump-dom", url)
	var errors strings.Builder
	run.Stderr = &errors
	text, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errors.String())
	}
	return string(text), errors.String()
}

// CSC-08: the page of a workspace shows its layers, dates and scenes, asks nobody else, and complains of nothing.
func TestPageInBrowser(t *testing.T) {
	p, url := newPlatform(t)
	document, log := open(t, url+"/workspaces/alice/")
	for _, text := range []string{"Sentinel-2 &lt;i&gt;", "True color", ">NDVI<", "A file", "Newest on top", "2024-05-06", "&lt;b&gt;Scene&lt;/b&gt;", "12 % cloud", "leaflet-interactive", "alice"} {
		if !strings.Contains(document, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	for _, asked := range []string{"/cache/xyz/S2L2A__TRUE_COLOR/", "/stac/search?bbox="} {
		if !p.has("/workspaces/alice" + asked) {
			t.Errorf("nothing asked for %s in %q", asked, p.asked)
		}
	}
	for _, asked := range p.asked {
		if !strings.HasPrefix(asked, "/workspaces/alice/") {
			t.Errorf("%s is not of the workspace", asked)
		}
	}
	if strings.Contains(document, "<b>Scene") || p.has("cache/xyz/S2L2A/") {
		t.Error("markup of a title was taken, or the default is shown beside what it is")
	}
	if strings.Contains(log, "CONSOLE") {
		t.Errorf("the browser complains: %s", log)
	}
}

// The address of the page is the address of the view.
func TestPermalinkInBrowser(t *testing.T) {
	p, url := newPlatform(t)
	document, _ := open(t, url+"/#map=9/46.1000/14.1000&layers=S2L2A__NDVI;40,a%252Cb%253Bc%252Fd&date=2024-05-06&outlines=0")
	for _, asked := range []string{"/cache/xyz/S2L2A__NDVI/9/", "/cache/xyz/a%2Cb%3Bc%2Fd/9/", "time=2024-05-06", "datetime=2024-05-06T00%3A00%3A00Z%2F2024-05-06T23%3A59%3A59Z"} {
		if !p.has(asked) {
			t.Errorf("nothing asked for %s in %q", asked, p.asked)
		}
	}
	if p.has("TRUE_COLOR") || strings.Contains(document, "leaflet-interactive") || !strings.Contains(document, "opacity: 0.4") {
		t.Errorf("the view is not the one of its address: %s", document)
	}
}

// What cannot be had is told in words, and stays told; the rest of the page works.
func TestFailuresInBrowser(t *testing.T) {
	for fails, wants := range map[string][]string{
		"layers.json": {"Layers cannot be shown: the server is busy or starting", "12 % cloud"},
		"/search":     {"Scenes cannot be shown: the server is busy or starting", "True color"},
		"/cache/xyz/": {"Parts of Sentinel-2 &lt;i&gt; cannot be drawn", "True color", "12 % cloud"},
	} {
		t.Run(fails, func(t *testing.T) {
			p, url := newPlatform(t)
			p.fails = fails
			document, _ := open(t, url+"/")
			for _, want := range wants {
				if !strings.Contains(document, want) {
					t.Errorf("the page does not say %q", want)
				}
			}
		})
	}
}

// An address that was cut short or made up opens the page all the same.
func TestBrokenPermalinkInBrowser(t *testing.T) {
	p, url := newPlatform(t)
	document, log := open(t, url+"/#map=9/x&layers=%25E0,S2L2A__NDVI;x&date=yesterday")
	if !strings.Contains(document, "12 % cloud") || !p.has("/cache/xyz/S2L2A__NDVI/") || p.has("yesterday") || strings.Contains(log, "CONSOLE") {
		t.Errorf("asked %q; the browser says %s", p.asked, log)
	}
}
