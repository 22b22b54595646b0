package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/bucket"
	"perigee/shared/scope"
)

// rasterOf registers an item with a raster that really lies in the object store, and gives the address of its asset.
func (s service) rasterOf(t *testing.T) (href string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "scene.tif")
	made, err := exec.Command("gdal_create", "-q", "-of", "GTiff", "-outsize", "1024", "1024", "-bands", "1", "-burn", "42", "-ot", "UInt16",
		"-a_srs", "EPSG:32633", "-a_ullr", "600000", "5300000", "610240", "5289760", "-co", "TILED=YES", file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, made)
	}
	raster, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const key = "A/with space & ü/seen.tif" // the address of an asset does not show it
	if _, err := s.objects.Put(t.Context(), s.bucket, key, raster, bucket.PutOptions{ContentType: "image/tiff; application=geotiff"}); err != nil {
		t.Fatal(err)
	}
	raw := strings.Replace(string(item("A", "seen", 3)), "./seen.tif", "with space & ü/seen.tif", 1)
	s.register(t, scope.System, "s3://"+s.bucket+"/A/seen.json", []byte(raw))
	var got document
	s.get(t, s.URL+"/stac/collections/A/items/seen", &got)
	href, _ = got.Assets["data"]["href"].(string)
	return href
}

// RC-07: GDAL opens an asset by its address, as QGIS does.
func TestGDALOpensAssets(t *testing.T) {
	href := start(t).rasterOf(t)
	command := exec.Command("gdalinfo", "-stats", "--config", "GDAL_PAM_ENABLED", "NO", "/vsicurl/"+href)
	said, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "Size is 1024, 1024") || !strings.Contains(string(said), "STATISTICS_MEAN=42") {
		t.Errorf("%v\n%s", err, said)
	}
}

// rasterioScript reads a window of an asset in the ways that people do.
const rasterioScript = `
import sys
import rasterio
from rasterio.windows import Window
for options in ({}, {"CPL_VSIL_CURL_USE_HEAD": "NO"}, {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}):
    with rasterio.Env(**options):
        with rasterio.open(sys.argv[1]) as scene:
            assert scene.crs.to_epsg() == 32633 and scene.shape == (1024, 1024), (scene.crs, scene.shape)
            assert (scene.read(1, window=Window(500, 700, 30, 20)) == 42).all()
print("read")
`

// RC-07: rasterio opens an asset by its address.
func TestRasterioOpensAssets(t *testing.T) {
	said, err := exec.Command("/usr/bin/python3", "-c", rasterioScript, start(t).rasterOf(t)).CombinedOutput()
	if err != nil || strings.TrimSpace(string(said)) != "read" {
		t.Errorf("%v\n%s", err, said)
	}
}

// RC-07: a page of another origin reads parts of an asset: it is asked for leave here and at the object store, and the
// browser forgets which origin it was at the second step (Fetch, 4.4: a redirection to a third origin makes it opaque).
func TestBrowsersReadAssets(t *testing.T) {
	href := start(t).rasterOf(t)
	ask := func(method, address string, header ...string) *http.Response {
		t.Helper()
		r, err := http.NewRequest(method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	at := href
	for _, origin := range []string{"https://browser.example", "null"} {
		leave := ask(http.MethodOptions, at, "Origin", origin, "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "range")
		allowed := strings.ToLower(leave.Header.Get("Access-Control-Allow-Headers"))
		if leave.StatusCode/100 != 2 || leave.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(allowed, "range") && allowed != "*" {
			t.Errorf("%s is not given leave: %d %v", origin, leave.StatusCode, leave.Header)
		}
		got := ask(http.MethodGet, at, "Origin", origin, "Range", "bytes=0-3")
		if got.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s may not read: %d %v", origin, got.StatusCode, got.Header)
		}
		if at = got.Header.Get("Location"); at != "" {
			continue
		}
		body, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != http.StatusPartialContent || fmt.Sprintf("%q", body) != `"II*\x00"` || !strings.HasPrefix(got.Header.Get("Content-Range"), "bytes 0-3/") {
			t.Errorf("%d %q %v", got.StatusCode, body, got.Header)
		}
	}
	if at != "" {
		t.Errorf("led to %s", at)
	}
	head := ask(http.MethodHead, href, "Origin", "https://browser.example")
	if exposed := head.Header.Get("Access-Control-Expose-Headers"); head.StatusCode != 200 || !strings.Contains(exposed, "Content-Length") || !strings.Contains(exposed, "Accept-Ranges") {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
}
