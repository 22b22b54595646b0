package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/geo"
)

// GDAL's driver reads maps, and lists the layers as its subdatasets.
func (s *stage) gdal(t *testing.T) {
	server := httptest.NewServer(s.handler)
	defer server.Close()
	folder := t.TempDir()
	gdal := func(name string, args ...string) string {
		t.Helper()
		command := exec.Command(name, args...)
		command.Dir, command.Env = folder, append(os.Environ(), "XDG_CACHE_HOME="+folder, "GDAL_DEFAULT_WMS_CACHE_PATH="+folder)
		said, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, said)
		}
		return string(said)
	}
	if said := gdal("gdalinfo", "WMS:"+server.URL+"/ows"); !strings.Contains(said, "LAYERS=S2MSI2A__NDVI") || !strings.Contains(said, "LAYERS=S2MSI2A__heatmap") {
		t.Errorf("subdatasets: %s", said)
	}
	b := s.bounds()
	for _, version := range []string{"1.3.0&CRS=CRS:84", "1.1.1&SRS=EPSG:4326"} {
		target := fmt.Sprintf("WMS:%s/ows?SERVICE=WMS&VERSION=%s&REQUEST=GetMap&LAYERS=S2MSI2A&STYLES=&FORMAT=image/png&TRANSPARENT=TRUE&BBOX=%.9f,%.9f,%.9f,%.9f", server.URL, version, b.Min[0], b.Min[1], b.Max[0], b.Max[1])
		gdal("gdal_translate", "-q", "-of", "PNG", "-outsize", "64", "64", target, "map.png")
		body, err := os.ReadFile(filepath.Join(folder, "map.png"))
		if err != nil {
			t.Fatal(err)
		}
		ours, _ := s.getMap(t, "S2MSI2A", "1.3.0", geo.CRS84, b, 64, "")
		if d := difference(decode(t, body), ours); d > 40 { // GDAL asks for larger maps, and resamples them
			t.Errorf("%s: GDAL's map differs by %.2f", version, d)
		}
	}
}

// owslibScript reads the service as its users do.
const owslibScript = `
import sys
from owslib.wms import WebMapService
for version in ("1.1.1", "1.3.0"):
    wms = WebMapService(sys.argv[1], version=version)
    layer = wms["S2MSI2A__NDVI"]
    assert "viridis" in layer.styles and layer.queryable, (layer.styles, layer.queryable)
    assert wms["S2MSI2A"].timepositions, "no times"
    assert {o.name for o in wms.operations} >= {"GetCapabilities", "GetMap", "GetFeatureInfo"}
    box = wms["S2MSI2A"].boundingBoxWGS84
    asked = dict(layers=["S2MSI2A__NDVI"], styles=["viridis"], srs="EPSG:4326", bbox=box, size=(64, 64), format="image/png", transparent=True)
    picture = wms.getmap(**asked).read()
    assert picture[:4] == b"\x89PNG", picture[:80]
    told = wms.getfeatureinfo(query_layers=["S2MSI2A__NDVI"], info_format="text/plain", xy=(20, 32), feature_count=1, **asked).read()
    assert b"_MSIL2A_" in told, told
print("read")
`

// OWSLib reads the capabilities, maps and information of both versions.
func (s *stage) owslib(t *testing.T) {
	server := httptest.NewServer(s.handler)
	defer server.Close()
	said, err := exec.Command("/usr/bin/python3", "-c", owslibScript, server.URL+"/ows").CombinedOutput()
	if err != nil || strings.TrimSpace(string(said)) != "read" {
		t.Errorf("%v\n%s", err, said)
	}
}
