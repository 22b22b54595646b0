//go:build qgis

package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// qgisScript reads the service as the data source manager of QGIS does.
const qgisScript = `
import os
import sys
from qgis.core import QgsApplication, QgsFeatureRequest, QgsRectangle, QgsVectorLayer, QgsDataSourceUri
app = QgsApplication([], False)
app.initQgis()
def layer(collection, crs="OGC:CRS84", **more):
    uri = QgsDataSourceUri()
    uri.setParam("url", sys.argv[1])
    uri.setParam("typename", collection)
    uri.setParam("srsname", crs)
    uri.setParam("pageSize", "2")
    uri.setParam("pagingEnabled", "enabled")
    for name, value in more.items():
        uri.setParam(name, value)
    found = QgsVectorLayer(uri.uri(), collection, "OAPIF")
    assert found.isValid(), found.error().message()
    return found
s2 = layer("S2")
titles = sorted(f["title"] for f in s2.getFeatures())
assert titles == ["Scene %d" % n for n in range(6)], titles
clouds = {f["title"]: f["eo:cloud_cover"] for f in s2.getFeatures()}
assert clouds["Scene 5"] == 50.5, clouds
box = QgsRectangle(2.5, 40.2, 3.5, 40.7)
assert sorted(f["title"] for f in s2.getFeatures(QgsFeatureRequest(box))) == ["Scene 2", "Scene 3"]
assert s2.featureCount() == 6, s2.featureCount()
filtered = QgsFeatureRequest().setFilterExpression("\"platform\" = 'p1'")
assert sorted(f["title"] for f in s2.getFeatures(filtered)) == ["Scene 1", "Scene 4"]
assert s2.extent().xMinimum() == 0 and s2.extent().yMaximum() == 41, s2.extent().toString()
assert len(list(layer("named only").getFeatures())) == 2
print("read", flush=True)
os._exit(0)  # what is left of layers outlives the application otherwise, and falls
`

// RC-05: the provider of QGIS for OGC API - Features reads the records of collections, by box and by filter, page by page.
func TestQGISReadsRecords(t *testing.T) {
	s := filled(t)
	command := exec.Command("/usr/bin/python3", "-c", qgisScript, s.URL+"/records")
	command.Env = append(os.Environ(), "QT_QPA_PLATFORM=offscreen", "HOME="+t.TempDir())
	said, err := command.CombinedOutput()
	if err != nil || !strings.HasSuffix(strings.TrimSpace(string(said)), "read") {
		t.Errorf("%v\n%s", err, said)
	}
}
