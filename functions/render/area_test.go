package main

import (
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/wms"
)

func TestArea(t *testing.T) {
	look := func(crs geo.CRS, west, south, east, north float64) orb.Geometry {
		area, err := areaOf(wms.Map{CRS: crs, Bounds: orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, Width: 100, Height: 100}, testPainter(t, testMemory()).raster.LonLat)
		if err != nil {
			t.Error(err)
		}
		return area
	}
	box := func(west, south, east, north float64) orb.Polygon {
		return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}.ToPolygon()
	}
	mercator, _ := geo.Plain(geo.WebMercator)
	x, y := mercator.Forward(14, 47)
	area := look(geo.WebMercator, x, y, x+1000, y+1000).Bound()
	if !area.Contains(orb.Point{14.004, 47.003}) || area.Max[0]-area.Min[0] > .1 {
		t.Errorf("%v", area)
	}
	for _, c := range []struct {
		bounds [4]float64
		want   orb.Geometry
	}{
		{[4]float64{10, 20, 30, 40}, box(10, 20, 30, 40)},
		{[4]float64{170, -95, 190, 10}, orb.MultiPolygon{box(170, -90, 180, 10), box(-180, -90, -170, 10)}},
		{[4]float64{-185, 0, -175, 5}, orb.MultiPolygon{box(175, 0, 180, 5), box(-180, 0, -175, 5)}},
		{[4]float64{181, 0, 182, 1}, box(-179, 0, -178, 1)},
		{[4]float64{-200, -90, 200, 90}, box(-180, -90, 180, 90)},
		{[4]float64{0, 91, 1, 92}, nil},
	} {
		if got := look(geo.CRS84, c.bounds[0], c.bounds[1], c.bounds[2], c.bounds[3]); !orb.Equal(got, c.want) {
			t.Errorf("%v looks at %v, want %v", c.bounds, got, c.want)
		}
	}
	if area := look(32601, 100_000, 7e6, 500_000, 7.4e6); len(area.(orb.MultiPolygon)) != 2 {
		t.Errorf("beyond the edge of the first zone lies %v", area)
	}
	for _, crs := range []geo.CRS{geo.CRS84, geo.WebMercator, 3035, 32633} {
		if area := look(crs, -1e12, -1e12, 1e12, 1e12); area != nil {
			t.Errorf("%s: from that far away %v is seen", crs, area)
		}
	}
	if area := look(3995, -1e6, -1e6, 1e6, 1e6).Bound(); area.Min[1] < 60 || area.Max[1] != 90 || area.Min[0] != -180 || area.Max[0] != 180 {
		t.Errorf("around the pole lies %v", area)
	}
	if area := look(3035, 4.32e6, 3.2e6, 4.33e6, 3.21e6).Bound(); !area.Contains(orb.Point{10.1, 51.95}) || area.Max[0]-area.Min[0] > 1 {
		t.Errorf("in Europe lies %v", area)
	}
	if _, err := areaOf(wms.Map{CRS: 999999, Bounds: orb.Bound{Max: orb.Point{1, 1}}, Width: 1, Height: 1}, testPainter(t, testMemory()).raster.LonLat); fault.LocatorOf(err) != "crs" {
		t.Errorf("an unknown system: %v", err)
	}
	for _, crs := range []geo.CRS{geo.WebMercator, 3035, 32633} {
		if area := look(crs, -2e7, -2e7, 2e7, 2e7); area == nil || !area.Bound().Contains(orb.Point{16, 48}) {
			t.Errorf("%s: %v", crs, area)
		}
	}
}
