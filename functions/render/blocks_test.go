package main

import (
	"fmt"
	"image"
	"io"
	"mime"
	"mime/multipart"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/grid"
)

// The tiles of a block are what GetMap gives for each, come row by row, and say when they are empty.
func (s *stage) tiles(t *testing.T) {
	set := grid.GoogleMapsCompatible
	mercator, _ := geo.Plain(geo.WebMercator)
	b := s.bounds()
	x, y := mercator.Forward(b.Min[0], b.Max[1])
	first, _, _ := set.Covering(orb.Bound{Min: orb.Point{x, y - 1}, Max: orb.Point{x + 1, y}}, 13)
	first.Col--
	parts := s.block(t, fmt.Sprintf("layer=S2MSI2A__TRUE_COLOR&grid=%s&z=13&col=%d&row=%d&cols=3&rows=2&format=image/png", set.ID, first.Col, first.Row))
	if len(parts) != 6 {
		t.Fatalf("%d tiles", len(parts))
	}
	full, empty := 0, 0
	for i, part := range parts {
		at := grid.Tile{Z: 13, Col: first.Col + i%3, Row: first.Row + i/3}
		if part.at != at {
			t.Fatalf("tile %d is %v, not %v", i, part.at, at)
		}
		img, want := decode(t, part.body), s.tileMap(t, set.Bounds(at))
		if d := difference(img, want); d > .5 {
			t.Errorf("%v differs from GetMap by %.2f", at, d)
		}
		if part.empty != (drawn(img) == 0) {
			t.Errorf("%v: empty %t, but %.2f is drawn", at, part.empty, drawn(img))
		}
		if part.empty {
			empty++
		} else {
			full++
		}
	}
	if full < 2 || empty < 2 {
		t.Errorf("%d tiles with something, %d without", full, empty)
	}
	s.mixedTiles(t, first, parts)
	jpeg := s.block(t, fmt.Sprintf("layer=S2MSI2A&style=default&grid=WGS84&z=12&col=%d&row=%d&format=image/jpeg&time=2026-06-01/..", 0, 0))
	if len(jpeg) != 1 || !jpeg[0].empty || jpeg[0].kind != "image/jpeg" {
		t.Errorf("a tile far away: %+v", jpeg)
	}
}

// Mixed tiles are JPEG where they are full and PNG elsewhere; what is drawn around a block changes none of its pixels.
func (s *stage) mixedTiles(t *testing.T, first grid.Tile, plain []part) {
	t.Helper()
	query := fmt.Sprintf("layer=S2MSI2A__TRUE_COLOR&grid=GoogleMapsCompatible&z=13&col=%d&row=%d&cols=3&rows=2&buffer=16&format=", first.Col, first.Row)
	center := s.bounds().Center()
	mercator, _ := geo.Plain(geo.WebMercator)
	x, y := mercator.Forward(center[0], center[1])
	within, _, _ := grid.GoogleMapsCompatible.Covering(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x, y}}, 18)
	deep := fmt.Sprintf("layer=S2MSI2A__TRUE_COLOR&grid=GoogleMapsCompatible&z=18&col=%d&row=%d&format=", within.Col, within.Row)
	plain = append(plain, s.block(t, deep+"image/png")...)
	kinds := map[string]int{}
	for i, mixed := range append(s.block(t, query+"image/vnd.jpeg-png"), s.block(t, deep+"image/vnd.jpeg-png")...) {
		kinds[mixed.kind]++
		img, want := decode(t, mixed.body), decode(t, plain[i].body)
		full := drawn(want) == 1
		if full != (mixed.kind == "image/jpeg") || mixed.empty != plain[i].empty {
			t.Errorf("%v is %s, empty %t, where %.2f is drawn", mixed.at, mixed.kind, mixed.empty, drawn(want))
		}
		if d := difference(img, want); !full && d > .5 || d > 5 {
			t.Errorf("%v differs by %.2f from the tile drawn without a buffer", mixed.at, d)
		}
	}
	if kinds["image/jpeg"] == 0 || kinds["image/png"] == 0 {
		t.Errorf("the tiles are %v", kinds)
	}
}

func (s *stage) tileMap(t testing.TB, b orb.Bound) image.Image {
	t.Helper()
	w := get(s.handler, fmt.Sprintf("/ows?version=1.3.0&request=GetMap&layers=S2MSI2A__TRUE_COLOR&styles=&crs=EPSG:3857&bbox=%.6f,%.6f,%.6f,%.6f&width=256&height=256&format=image/png&transparent=TRUE",
		b.Min[0], b.Min[1], b.Max[0], b.Max[1]))
	return decode(t, w.Body.Bytes())
}

// part is a tile as it came.
type part struct {
	at    grid.Tile
	kind  string
	empty bool
	body  []byte
}

func (s *stage) block(t testing.TB, query string) []part {
	t.Helper()
	w := get(s.handler, "/internal/tiles?"+query)
	kind, parameters, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if w.Code != 200 || err != nil || kind != "multipart/mixed" || !w.Flushed {
		t.Fatalf("%s: %d %v %.300s", query, w.Code, w.Header(), w.Body)
	}
	var parts []part
	for reader := multipart.NewReader(w.Body, parameters["boundary"]); ; {
		p, err := reader.NextPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		at := grid.Tile{Z: 13}
		if _, err := fmt.Sscan(p.Header.Get("Tile-Col")+" "+p.Header.Get("Tile-Row"), &at.Col, &at.Row); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part{at, p.Header.Get("Content-Type"), p.Header.Get("Tile-Empty") == "true", body})
	}
}
