//go:build qgis

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// qgisScript reads items as layers of features, and the raster of an item by the address of its asset.
const qgisScript = `
import os
import sys
from qgis.core import QgsApplication, QgsDataSourceUri, QgsFeatureRequest, QgsPointXY, QgsRasterLayer, QgsRectangle, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
def layer(collection, **more):
    uri = QgsDataSourceUri()
    for name, value in {"url": sys.argv[1], "typename": collection, "srsname": "OGC:CRS84", "pageSize": "2", "pagingEnabled": "enabled", **more}.items():
        uri.setParam(name, value)
    found = QgsVectorLayer(uri.uri(), collection, "OAPIF")
    assert found.isValid(), found.error().message()
    return found
items = layer("A")
assert len(list(items.getFeatures())) == 4 + 1, items.featureCount()
assert {f["gsd"] for f in items.getFeatures()} == {10}
assert items.featureCount() == 5, items.featureCount()
begins = sorted(f["datetime"].date().day() for f in items.getFeatures())
assert begins == [1, 4, 4, 7, 10], begins
assert len(list(items.getFeatures(QgsFeatureRequest(QgsRectangle(6.2, 40.2, 6.8, 40.7))))) == 1
assert len(list(items.getFeatures(QgsFeatureRequest().setFilterExpression('"gsd" < 5')))) == 0
assert len(list(layer("named only").getFeatures())) == 4
raster = QgsRasterLayer("/vsicurl/" + sys.argv[2], "asset", "gdal")
assert raster.isValid(), raster.error().message()
value, there = raster.dataProvider().sample(QgsPointXY(605000, 5295000), 1)
assert there and value == 42 and raster.crs().authid() == "EPSG:32633", (value, there, raster.crs().authid())
print("read", flush=True)
os._exit(0)  # what is left of layers outlives the application otherwise, and falls
`

// RC-07: the provider of QGIS for OGC API - Features reads the items of collections, by box and by filter, page by page, and
// QGIS opens the asset of one.
func TestQGISReadsItems(t *testing.T) {
	s := filled(t)
	href := s.rasterOf(t)
	command := exec.Command("/usr/bin/python3", "-c", qgisScript, s.URL+"/stac", href)
	command.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen", "HOME="+t.TempDir(), "GDAL_PAM_ENABLED=NO")
	said, err := command.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(said)), "read") {
		t.Errorf("%v\n%s", err, said)
	}
}
