package main

import (
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/wms"
)

// RND-04: the newest product is on top, and so is the last layer of a request.
func TestScenes(t *testing.T) {
	store := testMemory()
	p := testPainter(t, store)
	m := wms.Map{CRS: geo.CRS84, Bounds: orb.Bound{Min: orb.Point{14, 47}, Max: orb.Point{15, 48}}, Width: 10, Height: 10, Layers: []wms.Layer{{Name: "LOOSE"}, {Name: "S2L2A__NDVI"}}}
	hrefs := func() (list []string) {
		t.Helper()
		shown, _, err := p.shown(t.Context(), system, known(t, p, system), m)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range shown {
			list = append(list, s.Coverages[0].Href)
		}
		return list
	}
	if got := strings.Join(hrefs(), " "); got != "s3://ingest/new.tif s3://ingest/old.tif s3://ingest/loose.tif" {
		t.Errorf("scenes: %s", got)
	}
	m.Layers[1].Times = []record.Interval{{Start: at("2022-07-01T00:00:00Z"), End: at("2022-07-01T23:00:00Z")}, {Start: at("2022-06-01T00:00:00Z")}}
	m.Layers[0].Times = m.Layers[1].Times[:1]
	if got := strings.Join(hrefs(), " "); got != "s3://ingest/new.tif s3://ingest/old.tif" {
		t.Errorf("scenes of two times: %s", got)
	}
	store.products[0].Coverages[0].Href = "s3://other/new.tif"
	if got := strings.Join(hrefs(), " "); got != "s3://ingest/old.tif" {
		t.Errorf("a coverage elsewhere is drawn: %s", got)
	}
	m.Bounds = orb.Bound{Min: orb.Point{500, 500}, Max: orb.Point{600, 600}}
	if got := hrefs(); len(got) != 0 {
		t.Errorf("nowhere on Earth there is %s", got)
	}
}

func TestNewestFirst(t *testing.T) {
	a, b, c := testProduct("S", "a", "2022-07-01", ""), testProduct("S", "b", "2022-07-03", ""), testProduct("S", "c", "2022-07-03", "")
	var ids []string
	for _, p := range newestFirst([]record.Product{a, c, b, a, c}) {
		ids = append(ids, p.ID)
	}
	if strings.Join(ids, "") != "bca" {
		t.Errorf("order: %v", ids)
	}
}
