package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// RC-05: GDAL's driver for OGC API - Features lists the collections, knows the properties of records by their schema, reads
// them page by page, and has its filters decided here.
func TestGDALReadsRecords(t *testing.T) {
	s := filled(t)
	folder := t.TempDir()
	gdal := func(name string, args ...string) string {
		t.Helper()
		command := exec.Command(name, args...)
		command.Dir, command.Env = folder, append(os.Environ(), "XDG_CACHE_HOME="+folder)
		said, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, said)
		}
		return string(said)
	}
	source := "OAPIF:" + s.URL + "/records"
	listed := gdal("ogrinfo", "-ro", source)
	for _, name := range []string{"metadata:main", "S2", "series", "named only"} {
		if !strings.Contains(listed, name) {
			t.Errorf("no %s in %s", name, listed)
		}
	}
	all := gdal("ogrinfo", "-ro", "-al", "-oo", "PAGE_SIZE=2", source, "S2")
	for _, want := range []string{"Feature Count: 6", "eo:cloud_cover (Real", "eo:cloud_cover (Real) = 50.5", "title (String) = Scene 3", "Geometry: Polygon"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-spat", "2.5", "40.2", "3.5", "40.7"}, "Feature Count: 2"},
		{[]string{"-where", `platform = 'p1'`}, "Feature Count: 2"},
		{[]string{"-where", `"eo:cloud_cover" > 25`}, "Feature Count: 3"},
		{[]string{"-where", `title = 'Scene 3'`}, "Feature Count: 1"},
	} {
		if said := gdal("ogrinfo", append(append([]string{"-ro", "-so"}, c.args...), source, "S2")...); !strings.Contains(said, c.want) {
			t.Errorf("%v: no %q in %s", c.args, c.want, said)
		}
	}
	written := filepath.Join(folder, "out.geojson")
	gdal("ogr2ogr", "-f", "GeoJSON", "-oo", "PAGE_SIZE=3", written, source, "metadata:main")
	copied, err := os.ReadFile(written)
	if err != nil || strings.Count(string(copied), `"type": "Feature",`) != 11 {
		t.Errorf("%v %s", err, copied)
	}
}

// owslibScript reads the service as its users do.
const owslibScript = `
import json
import sys
from owslib.ogcapi.records import Records
w = Records(sys.argv[1])
assert w.api()["openapi"].startswith("3.0"), w.api()
assert any("ogcapi-records-1/1.0/conf/record-core" in c for c in w.conformance()["conformsTo"]), w.conformance()
assert w.records() == ["metadata:main", "S2", "series", "named only"], w.records()
assert w.collection("metadata:main")["itemType"] == "record"
assert "eo:cloud_cover" in w.collection_queryables("metadata:main")["properties"]
ids = lambda found: [f["id"] for f in found["features"]]
def ask(**kwargs):
    return w.collection_items("metadata:main", **kwargs)
assert ask(limit=3)["numberMatched"] == 11
assert ids(ask(bbox=[2.5, 40.2, 3.5, 40.7], type="dataset")) == ["s03", "s02"]
assert ids(ask(q="ice", limit=2, offset=2)) == ["s03", "s01"]
assert ids(ask(filter="title LIKE 'Scene%' AND \"eo:cloud_cover\" < 15", sortby="title")) == ["s00", "s01"]
cql = {"op": ">", "args": [{"property": "eo:cloud_cover"}, 65]}
assert ids(ask(cql=json.dumps(cql), limit=5)) == ["s08", "s07"], ask(cql=json.dumps(cql))
record = w.collection_item("metadata:main", "s03")
assert record["properties"]["title"] == "Scene 3" and record["time"]["timestamp"] == "2026-01-04T00:00:00Z", record
try:
    ask(colour="red")
    raise AssertionError("an unknown parameter is taken")
except RuntimeError as refused:
    assert "colour" in str(refused), refused
print("read")
`

// RC-05: OWSLib's client for OGC API - Records walks, searches and pages, by CQL2 text and by CQL2 JSON in a body.
func TestOWSLibReadsRecords(t *testing.T) {
	s := filled(t)
	said, err := exec.Command("/usr/bin/python3", "-c", owslibScript, s.URL+"/records").CombinedOutput()
	if err != nil || strings.TrimSpace(string(said)) != "read" {
		t.Errorf("%v\n%s", err, said)
	}
}
