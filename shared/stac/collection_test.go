package stac

import (
	"fmt"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

func collection(fields, spatial, temporal string) string {
	return `{"type":"Collection",` + fields + `"extent":{"spatial":{"bbox":` + spatial + `},"temporal":{"interval":` + temporal + `}}}`
}

// REG-06.
func TestDecodeCollection(t *testing.T) {
	raw := collection(`"id":"S2","title":"T","description":"D","license":"proprietary","keywords":["a","b"],"links":[{"rel":"license","href":"x"}],`,
		`[[170,-10,0,-170,10,100],[0,0,1,1]]`, `[["2015-06-23T00:00:00Z",null]]`)
	c, err := DecodeCollection([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != "S2" || c.Title != "T" || c.Description != "D" || c.License != "proprietary" || len(c.Keywords) != 2 || len(c.Links) != 1 || string(c.Raw) != raw {
		t.Errorf("%+v", c)
	}
	if len(c.Bounds) != 2 || c.Time.String() != "2015-06-23T00:00:00Z/.." {
		t.Errorf("%v %s", c.Bounds, c.Time)
	}
	if m, ok := c.Footprint().(orb.MultiPolygon); !ok || len(m) != 2 {
		t.Errorf("across the date line: %v", c.Footprint())
	}
}

// What a collection says of itself is found by, but not what has a form of its own.
func TestRecordOfCollection(t *testing.T) {
	c, err := DecodeCollection([]byte(collection(`"id":"S2","description":"D","license":"other","sci:doi":"10.1/x","gsd":10,"missions":["a",2,null],"providers":[{"name":"x"}],"cube:dimensions":{"x":1},"nested":[["a"]],"none":null,"stac_version":"1.1.0",`,
		`[[0,1,2,3]]`, `[[null,null]]`)))
	if err != nil {
		t.Fatal(err)
	}
	rec := c.Record()
	if got := fmt.Sprint(rec.Properties); got != "map[gsd:10 license:other missions:[a 2 <nil>] sci:doi:10.1/x]" {
		t.Error(got)
	}
	if rec.ID != "S2" || rec.Title != "S2" || rec.Abstract != "D" || rec.Type != "collection" || rec.Collection != "" {
		t.Errorf("%+v", rec)
	}
}

func TestDecodeCollectionFaults(t *testing.T) {
	const id, world, open = `"id":"a",`, `[[-180,-90,180,90]]`, `[[null,null]]`
	cases := []struct{ raw, want string }{
		{`{"type":"Collection"}`, "id extent.spatial.bbox extent.temporal.interval"},
		{`{"type":"Feature","id":"a"}`, "type extent.spatial.bbox extent.temporal.interval"},
		{collection(id, `[]`, open), "extent.spatial.bbox"},
		{collection(id, `[1,2,3,4]`, open), strings.TrimSpace(strings.Repeat("extent.spatial.bbox[%d] ", 4))},
		{collection(id, `[[1,2,3]]`, open), "extent.spatial.bbox[0]"},
		{collection(id, `[[1,2,3,95]]`, open), "extent.spatial.bbox[0]"},
		{collection(id, `[[1,3,3,2]]`, open), "extent.spatial.bbox[0]"},
		{collection(id, world, `[]`), "extent.temporal.interval"},
		{collection(id, world, `[[null]]`), "extent.temporal.interval[0]"},
		{collection(id, world, `[["2026-01-02T00:00:00Z","2026-01-01T00:00:00Z"]]`), "extent.temporal.interval[0]"},
		{collection(id, world, `[["soon",null]]`), "extent.temporal.interval[0][0]"},
		{collection(id+`"keywords":"a",`, world, open), "keywords"},
	}
	for _, c := range cases {
		_, err := DecodeCollection([]byte(c.raw))
		want := c.want
		for i := range 4 {
			want = strings.Replace(want, "%d", string(rune('0'+i)), 1)
		}
		if got := locators(err); got != want {
			t.Errorf("%s: faults at %q, want %q: %v", c.raw, got, want, err)
		}
	}
}
