package stac

import (
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
)

func TestDraft(t *testing.T) {
	d := Draft{
		ID: "a<b", Geometry: orb.MultiPolygon{{{{179, 0}, {180, 0}, {180, 1}, {179, 0}}}, {{{-180, 0}, {-179, 0}, {-180, 1}, {-180, 0}}}},
		Properties: map[string]any{"datetime": "2026-04-30T10:00:00Z"},
		Assets:     []DraftAsset{{Key: "z", Fields: map[string]any{"href": "z"}}, {Key: "a", Fields: map[string]any{"href": "a"}}},
	}
	got, err := d.Encode()
	const want = `{"type":"Feature","stac_version":"1.1.0","stac_extensions":[],"id":"a<b","geometry":{"type":"MultiPolygon","coordinates":[[[[179,0],[180,0],[180,1],[179,0]]],[[[-180,0],[-179,0],[-180,1],[-180,0]]]]},"bbox":[179,0,-179,1],"properties":{"datetime":"2026-04-30T10:00:00Z"},"links":[],"assets":{"z":{"href":"z"},"a":{"href":"a"}}}`
	if err != nil || string(got) != want {
		t.Errorf("%s\n%v", got, err)
	}
	if _, err := (Draft{ID: "a"}).Encode(); fault.KindOf(err) != fault.Internal {
		t.Errorf("without a geometry: %v", err)
	}
}
