package main

import (
	"image"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"perigee/shared/geo"
)

func TestStory(t *testing.T) {
	s := newStage(t)
	t.Run("capabilities", s.capabilities)
	t.Run("same place", s.samePlace)
	t.Run("time", s.time)
	t.Run("items", s.singleItems)
	t.Run("grammar", s.grammar)
	t.Run("parameters", s.parameters)
	t.Run("defects", s.defects)
	t.Run("downloads", s.downloads)
	t.Run("legends", s.legends)
	t.Run("gdal", s.gdal)
	t.Run("owslib", s.owslib)
	t.Run("conditional", s.conditional)
	t.Run("coverage documents", s.coverageDocuments)
	t.Run("coverage pixels", s.coveragePixels)
	t.Run("coverage forms", s.coverageForms)
	t.Run("coverage parts", s.coverageParts)
	t.Run("coverages by OWSLib", s.coverageOWSLib)
	t.Run("tiles", s.tiles)
	t.Run("far away", s.farAway)
	t.Run("broken", s.broken)
}

func (s *stage) capabilities(t *testing.T) {
	body := get(s.handler, "/ows?service=WMS&request=GetCapabilities").Body.String()
	for _, part := range []string{"<Name>S2MSI2A</Name>", "<Name>S2MSI2A__NDVI</Name>", ">2026-06-10,2026-06-15</Dimension>", "<CRS>EPSG:32633</CRS>"} {
		if !strings.Contains(body, part) {
			t.Errorf("%s is missing in %s", part, body)
		}
	}
}

// The same place is the same picture, whatever the system and the order of its axes.
func (s *stage) samePlace(t *testing.T) {
	b := s.bounds()
	plain, _ := s.getMap(t, "S2MSI2A__TRUE_COLOR", "1.3.0", geo.CRS84, b, 256, "")
	if share := drawn(plain); share < .5 {
		t.Fatalf("only %.2f of the map is drawn", share)
	}
	for name, other := range map[string]struct {
		version string
		crs     geo.CRS
		limit   float64
	}{
		"4326, latitude first":  {"1.3.0", geo.WGS84, 0},
		"4326, longitude first": {"1.1.1", geo.WGS84, 0},
		"web mercator":          {"1.3.0", geo.WebMercator, 3},
	} {
		img, _ := s.getMap(t, "S2MSI2A__TRUE_COLOR", other.version, other.crs, b, 256, "")
		if d := difference(plain, img); d > other.limit {
			t.Errorf("%s differs by %.2f", name, d)
		}
	}
	if first, _ := s.getMap(t, "S2MSI2A", "1.3.0", geo.CRS84, b, 256, ""); difference(plain, first) != 0 {
		t.Error("the collection does not show its default browse")
	}
	if ndvi, _ := s.getMap(t, "S2MSI2A__NDVI", "1.3.0", geo.CRS84, b, 256, ""); difference(plain, ndvi) < 5 {
		t.Error("NDVI looks like TRUE_COLOR")
	}
}

// TIME selects the date; without it the newest is on top, and what it leaves free shows the older one.
func (s *stage) time(t *testing.T) {
	b := s.bounds()
	ask := func(time string) image.Image {
		img, _ := s.getMap(t, "S2MSI2A", "1.3.0", geo.CRS84, b, 128, time)
		return img
	}
	older, newer, all := ask("&time=2026-06-10"), ask("&time=2026-06-15"), ask("")
	if difference(older, newer) < 1 {
		t.Error("both dates look the same")
	}
	if drawn(newer) >= drawn(older) || drawn(all) < drawn(older) {
		t.Errorf("drawn: older %.2f, newer (crossed by the edge of the swath) %.2f, both %.2f", drawn(older), drawn(newer), drawn(all))
	}
	for query, want := range map[string]image.Image{"&time=current": newer, "&time=2026-06-15T10:00:31.024Z": newer, "&time=2026-06-10,2026-06-15": all, "&time=2026": all, "&time=2026-06-01/2026-06-12": older} {
		if d := difference(ask(query), want); d != 0 {
			t.Errorf("%s differs by %.2f", query, d)
		}
	}
	if drawn(ask("&time=1999")) != 0 {
		t.Error("something was there in 1999")
	}
}

// RND-03: an item of a collection is a layer by its id.
func (s *stage) singleItems(t *testing.T) {
	item := s.items[0]
	img, _ := s.getMap(t, item.ID+"__NDVI", "1.3.0", geo.CRS84, item.Geometry.Bound(), 64, "")
	if drawn(img) < .5 {
		t.Errorf("only %.2f is drawn", drawn(img))
	}
	body := get(s.handler, "/ows?service=WMS&request=GetCapabilities&cql="+url.QueryEscape(`identifier="`+item.ID+`"`)).Body.String()
	if strings.Count(body, "<Name>"+item.ID) != 25 || // itself, three browses, outlines, outlined, three looks of each of five masks, four coverages
		strings.Contains(body, "<Name>S2MSI2A") {
		t.Errorf("the capabilities of an item: %s", body)
	}
}

func (s *stage) conditional(t *testing.T) {
	_, first := s.getMap(t, "S2MSI2A", "1.3.0", geo.CRS84, s.bounds(), 64, "")
	r := httptest.NewRequest(http.MethodGet, "/ows?"+mapQuery(s.bounds()), nil)
	r.Header.Set("If-None-Match", first.Header().Get("ETag"))
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("%d, %d bytes", w.Code, w.Body.Len())
	}
}

// Maps of the whole world and beyond are drawn, if only as a background (ETS bbox-outside-crs, bbox-no-overlap).
func (s *stage) farAway(t *testing.T) {
	for _, where := range []string{
		"crs=EPSG:4326&bbox=-90,-180,90,180", "crs=EPSG:4326&bbox=-900,-1800,900,1800", "crs=EPSG:4326&bbox=-10,170,10,190", "crs=EPSG:3857&bbox=-30000000,-30000000,30000000,30000000",
		"crs=EPSG:32633&bbox=-1e7,-1e7,1e7,1e7", "crs=EPSG:32633&bbox=-1e12,-1e12,1e12,1e12", "crs=EPSG:3035&bbox=-1e9,-1e9,1e9,1e9",
	} {
		w := get(s.handler, "/ows?version=1.3.0&request=GetMap&layers=S2MSI2A&styles=&width=64&height=64&format=image/png&"+where)
		if w.Code != 200 || w.Header().Get("Content-Type") != "image/png" {
			t.Errorf("%s: %d %s", where, w.Code, w.Body)
		}
	}
}

// What register asks about a file that is not there, or no raster, fails in words.
func (s *stage) broken(t *testing.T) {
	document := s.items[0].ID + "/" + s.items[0].ID + ".json"
	for name, status := range map[string]int{"nothing.tif": 404, document: 400} {
		w := get(s.handler, "/internal/describe?href="+url.QueryEscape("s3://"+s.bucket+"/"+name))
		if w.Code != status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
