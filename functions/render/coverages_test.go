package main

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"perigee/shared/ows/owstest"
)

const wcsQuery = "/ows?service=WCS&version=2.0.1&request="

// coverage is the identifier of a band of the first item.
func (s *stage) coverage1() string { return s.items[0].ID + "_B04" }

// shell runs GDAL's programs in a folder of the test.
func shell(t *testing.T) (folder string, run func(name string, args ...string) string) {
	folder = t.TempDir()
	return folder, func(name string, args ...string) string {
		t.Helper()
		command := exec.Command(name, args...)
		command.Dir, command.Env = folder, append(os.Environ(), "HOME="+folder, "GDAL_PAM_ENABLED=YES", "CPL_LOG=", "GDAL_DISABLE_READDIR_ON_OPEN=FALSE")
		said, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %v: %v\n%s", name, args, err, said)
		}
		return string(said)
	}
}

var checksum = regexp.MustCompile(`Checksum=(\d+)`)

// RND-10: all documents are valid, and what they name is there: series, their coverages, and these one by one.
func (s *stage) coverageDocuments(t *testing.T) {
	for query, has := range map[string][]string{
		"GetCapabilities":                                                                {"<wcseo:DatasetSeriesId>S2MSI2A<", "conf/eowcs<", `name="CountDefault"`, "<wcs:formatSupported>image/tiff<"},
		"GetCapabilities&sections=contents":                                              {"<wcs:Contents>"},
		"DescribeCoverage&coverageid=" + s.coverage1():                                   {"<wcs:CoverageSubtype>RectifiedDataset<", `name="B04"`, "eop:Footprint", "EPSG/0/326"},
		"DescribeEOCoverageSet&eoid=S2MSI2A&count=3":                                     {`numberMatched="17"`, `numberReturned="3"`, "<wcseo:DatasetSeriesId>S2MSI2A<"},
		"DescribeEOCoverageSet&eoid=" + s.items[0].ID:                                    {`numberMatched="5"`, "_B08<"},
		"DescribeEOCoverageSet&eoid=S2MSI2A&sections=CoverageDescriptions&startIndex=14": {`numberMatched="16"`, `numberReturned="2"`},
		"GetCapabilities&cql=" + url.QueryEscape(`identifier="`+s.items[1].ID+`"`):       {s.items[1].ID + "_B02<"},
	} {
		w := get(s.handler, wcsQuery+query)
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", query, w.Code, w.Body)
		}
		for _, part := range has {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %s is missing in %s", query, part, w.Body)
			}
		}
		owstest.ValidateEOWCS(t, w.Body.Bytes())
	}
	day := s.items[0].Time.Start.UTC().Format("2006-01-02")
	for query, matched := range map[string]int{
		`subset=phenomenonTime("` + day + `T00:00:00Z","` + day + `T23:59:59Z")`: 9, `subset=phenomenonTime("1990-01-01","1990-02-01")`: 0, "subset=Lat(-10,-9)": 0,
		"subset=Long(-180,180)&subset=Lat(-90,90)&containment=contains": 17,
	} {
		w := get(s.handler, wcsQuery+"DescribeEOCoverageSet&eoid=S2MSI2A&"+strings.ReplaceAll(query, `"`, "%22"))
		if want := fmt.Sprintf(`numberMatched="%d"`, matched); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: not %s: %.600s", query, want, w.Body)
		}
	}
}

// RND-10: GDAL's driver finds the coverages, and the pixels of a window are those of the file.
func (s *stage) coveragePixels(t *testing.T) {
	server := httptest.NewServer(s.handler)
	defer server.Close()
	folder, run := shell(t)
	whole := get(s.handler, wcsQuery+"GetCoverage&coverageid="+s.coverage1())
	if whole.Code != 200 || whole.Header().Get("Content-Length") != fmt.Sprint(whole.Body.Len()) || whole.Header().Get("Content-Type") != "image/tiff" {
		t.Fatalf("%d %v", whole.Code, whole.Header())
	}
	if err := os.WriteFile(filepath.Join(folder, "whole.tif"), whole.Body.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	address := "WCS:" + server.URL + "/ows?coverageSubtype=RectifiedGridCoverage&VERSION=2.0.1&COVERAGE=" + s.coverage1()
	info := run("gdalinfo", address)
	for _, line := range strings.Split(run("gdalinfo", "whole.tif"), "\n") {
		for _, wanted := range []string{"Size is", "Origin =", "Pixel Size ="} {
			if strings.HasPrefix(line, wanted) && !strings.Contains(info, line) {
				t.Errorf("GDAL's driver says nothing of %q:\n%s", line, info)
			}
		}
	}
	run("gdal_translate", "-q", "-srcwin", "100", "60", "200", "150", address, "window.tif")
	run("gdal_translate", "-q", "-srcwin", "100", "60", "200", "150", "whole.tif", "want.tif")
	got, want := run("gdalinfo", "-checksum", "window.tif"), run("gdalinfo", "-checksum", "want.tif")
	if a, b := checksum.FindString(got), checksum.FindString(want); a == "" || a != b {
		t.Errorf("%s, not %s\n%s", a, b, got)
	}
}

// RND-10: all that GetCoverage can be asked for gives a file of the size that was asked for.
func (s *stage) coverageForms(t *testing.T) {
	folder, run := shell(t)
	query := wcsQuery + "GetCoverage&coverageid=" + s.coverage1()
	c := s.items[0].Geometry.Bound().Center()
	latlon := fmt.Sprintf("&subset=Lat(%f,%f)&subset=Long(%f,%f)", c[1]-.003, c[1]+.003, c[0]-.003, c[0]+.003)
	for asked, has := range map[string][]string{
		"&scalefactor=0.5": {"Size is 256, 256", "Type=UInt16"}, "&scalesize=x(100),y(50)&interpolation=http://www.opengis.net/def/interpolation/OGC/1/average": {"Size is 100, 50"},
		"&scaleaxes=x(0.25)": {"Size is 128, 512"}, "&scaleextent=x(0:9),y(0:19)": {"Size is 10, 20"}, "&rangesubset=B04": {"Size is 512, 512"},
		"&outputcrs=http://www.opengis.net/def/crs/EPSG/0/3857&interpolation=bilinear": {"Pseudo-Mercator"}, latlon: {"UTM zone"},
		latlon + "&subsettingcrs=EPSG:4326": {`GEOGCRS["WGS 84"`}, latlon + "&outputcrs=EPSG:3857&scalesize=x(64),y(64)": {"Size is 64, 64", "Pseudo-Mercator"},
		"&geotiff:compression=Deflate&geotiff:predictor=Horizontal&geotiff:tiling=true&geotiff:tilewidth=128&geotiff:tileheight=64": {"COMPRESSION=DEFLATE", "Block=128x64"},
		"&geotiff:tiling=true": {"Block=256x256"}, "&format=image/png": {"Driver: PNG"},
	} {
		w := get(s.handler, query+asked)
		if w.Code != 200 {
			t.Errorf("%s: %d %s", asked, w.Code, w.Body)
			continue
		}
		if err := os.WriteFile(filepath.Join(folder, "one"), w.Body.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		said := run("gdalinfo", "one")
		for _, part := range has {
			if !strings.Contains(said, part) {
				t.Errorf("%s: no %s in\n%s", asked, part, said)
			}
		}
	}
}

// RND-10: an answer in two parts tells of the file in GML, which is valid, and has the same bytes as the file alone.
func (s *stage) coverageParts(t *testing.T) {
	query := wcsQuery + "GetCoverage&coverageid=" + s.coverage1() + "&scalefactor=0.125"
	alone, both := get(s.handler, query), get(s.handler, query+"&mediatype=multipart/related")
	_, params, err := mime.ParseMediaType(both.Header().Get("Content-Type"))
	if err != nil || both.Header().Get("Content-Length") != fmt.Sprint(both.Body.Len()) {
		t.Fatalf("%v %v", err, both.Header())
	}
	parts := multipart.NewReader(bytes.NewReader(both.Body.Bytes()), params["boundary"])
	gml, err := parts.NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(gml)
	owstest.ValidateEOWCS(t, text)
	if !strings.Contains(string(text), "<wcseo:RectifiedDataset") || !strings.Contains(string(text), "<gml:high>63 63</gml:high>") {
		t.Errorf("%s", text)
	}
	file, err := parts.NextRawPart()
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(file); !bytes.Equal(body, alone.Body.Bytes()) {
		t.Errorf("%d bytes, not %d", len(body), alone.Body.Len())
	}
	if w := getWith(s.handler, query, "If-None-Match", alone.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Errorf("of the same: %d", w.Code)
	}
	if w := getWith(s.handler, wcsQuery+"GetCoverage&coverageid="+s.coverage1(), "Range", "bytes=100000-100099"); w.Code != http.StatusPartialContent || w.Body.Len() != 100 {
		t.Errorf("a part: %d, %d bytes", w.Code, w.Body.Len())
	}
}

func getWith(handler http.Handler, target, name, value string) *httptest.ResponseRecorder {
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, target, nil)
	r.Header.Set(name, value)
	handler.ServeHTTP(w, r)
	return w
}

// coverageScript reads the service as OWSLib's users do.
const coverageScript = `
import sys
from owslib.wcs import WebCoverageService
wcs = WebCoverageService(sys.argv[1], version="2.0.1")
assert {o.name for o in wcs.operations} >= {"GetCapabilities", "DescribeCoverage", "GetCoverage", "DescribeEOCoverageSet"}
assert "image/tiff" in wcs.contents[sys.argv[2]].supportedFormats if sys.argv[2] in wcs.contents else True
answer = wcs.getCoverage(identifier=[sys.argv[2]], format="image/tiff", subsets=[("x", float(sys.argv[3]), float(sys.argv[3]) + 1000)])
assert answer.read()[:4] == b"II*\0"
print("read")
`

func (s *stage) coverageOWSLib(t *testing.T) {
	server := httptest.NewServer(s.handler)
	defer server.Close()
	described := get(s.handler, wcsQuery+"DescribeCoverage&coverageid="+s.coverage1()).Body.String()
	west := regexp.MustCompile(`<gml:lowerCorner>([0-9.]+) `).FindStringSubmatch(described)
	if west == nil {
		t.Fatal(described)
	}
	said, err := exec.Command("/usr/bin/python3", "-c", coverageScript, server.URL+"/ows", s.coverage1(), west[1]).CombinedOutput()
	if err != nil || strings.TrimSpace(string(said)) != "read" {
		t.Errorf("%v\n%s", err, said)
	}
}
