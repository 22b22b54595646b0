package raster

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
)

func TestFilesAreReadByHTTP(t *testing.T) {
	o, c := inMemory(t, 300)
	etag, mode := `"v1"`, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch mode {
		case "no ranges":
			_, _ = w.Write(o.data[object])
			return
		case "down":
			w.WriteHeader(http.StatusBadGateway)
			return
		case "forbidden":
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if !strings.HasSuffix(r.URL.Path, "A.tif") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("ETag", etag)
		http.ServeContent(w, r, "A.tif", time.Time{}, bytes.NewReader(o.data[object]))
	}))
	defer server.Close()
	r, err := New(Config{HTTP: HTTPObjects(server.Client())})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c.Href, c.ETag = server.URL+"/A.tif", "v1"
	want := draw(t, overObjects(t, o), Map{CRS: 32633, Bounds: c.Grid.Bounds(), Width: 50, Height: 50, Scenes: mapOf(withHref(c, object), 50).Scenes})
	if got := draw(t, r, Map{CRS: 32633, Bounds: c.Grid.Bounds(), Width: 50, Height: 50, Scenes: mapOf(c, 50).Scenes}); !bytes.Equal(got.Pix, want.Pix) {
		t.Error("the picture differs")
	}
	for name, kind := range map[string]fault.Kind{"no ranges": fault.Unsupported, "down": fault.Unavailable, "forbidden": fault.Forbidden} {
		mode = name
		if _, err := r.Describe(context.Background(), server.URL+"/"+name+"A.tif"); fault.KindOf(err) != kind {
			t.Errorf("%s answers %v", name, err)
		}
	}
	mode = ""
	if _, err := r.Describe(context.Background(), server.URL+"/none"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("what is not there answers %v", err)
	}
	etag = `"v2"`
	c.Href = server.URL + "/x/A.tif"
	if _, err := r.Draw(context.Background(), mapOf(c, 50)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("another version answers %v", err)
	}
}

// Nothing inside is reached, by whatever name.
func TestNothingInsideIsReached(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	r, err := New(Config{HTTP: HTTPObjects(nil)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, href := range []string{server.URL + "/a.tif", strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/a.tif", strings.Replace(server.URL, "127.0.0.1", "[::1]", 1) + "/a.tif"} {
		if _, err := r.Describe(context.Background(), href); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s answers %v", href, err)
		}
	}
	for address, want := range map[string]bool{
		"8.8.8.8:443": true, "[2606:4700::1111]:443": true, "127.0.0.1:80": false, "10.1.2.3:80": false, "169.254.169.254:80": false, "172.16.0.1:80": false, "192.168.1.1:80": false,
		"0.0.0.0:80": false, "100.64.0.1:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false, "[::1]:80": false, "[fe80::1%eth0]:80": false, "[fd00::1]:80": false,
		"[::ffff:127.0.0.1]:80": false, "[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false, "[::7f00:1]:80": false, "[fec0::1]:80": false, "[::]:80": false, "nonsense": false,
	} {
		if public(address) != want {
			t.Errorf("%s is outside: %v", address, !want)
		}
	}
	if _, err := renderer(t, os.TempDir()).Describe(context.Background(), "https://example.com/a.tif"); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("without a client: %v", err)
	}
}
