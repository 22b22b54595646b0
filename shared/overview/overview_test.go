package overview

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"perigee/shared/grid"
	_ "perigee/test/draws" // the same each time
)

// The metadata of a chunk come back as they were written, whatever bands and types are called.
func TestMetaReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Meta{
			Revisions: rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 1, 3).Draw(t, "revisions"), State: Filled,
			Bands: rapid.SliceOfN(rapid.StringN(1, 8, -1), 1, 5).Draw(t, "bands"), Kind: "Int16", NoData: -32768, Type: rapid.String().Draw(t, "type"),
		}
		got, ok := ParseMeta(m.Map())
		if !ok || !reflect.DeepEqual(got, m) {
			t.Fatalf("%+v, %v", got, ok)
		}
		for name, value := range m.Map() {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Fatalf("%s is %q, which no header holds", name, value)
			}
		}
	})
	for _, m := range []Meta{{Revisions: []int64{7}, State: Empty}, {Revisions: []int64{7, 8}, State: Apart}} {
		if got, ok := ParseMeta(m.Map()); !ok || !reflect.DeepEqual(got, m) {
			t.Errorf("%+v is read as %+v", m, got)
		}
	}
	for _, all := range []map[string]string{{}, {"revision": "1"}, {"revision": "-1", "state": "empty"}, {"revision": "1", "state": "filled", "bands": "a", "nodata": "0", "kind": "CFloat32"}, {"revision": "1", "state": "filled", "kind": "Int16", "nodata": "0"}} {
		if m, ok := ParseMeta(all); ok {
			t.Errorf("%v is read as %+v", all, m)
		}
	}
}

// Keys tell chunks apart, and none leaves its place.
func TestKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func() Chunk {
			return Chunk{Workspace: rapid.SampledFrom([]string{"", "_", "a", "a/b", "..", "%5F"}).Draw(t, "workspace"), Layer: rapid.SampledFrom([]string{"", "_", "S2", "a/b", "..", "Ö", strings.Repeat("x", 300)}).Draw(t, "layer"),
				At: grid.Tile{Z: rapid.IntRange(0, Finest).Draw(t, "z"), Col: rapid.IntRange(0, 3).Draw(t, "col"), Row: rapid.IntRange(0, 3).Draw(t, "row")}}
		}
		a, b := draw(), draw()
		if (a.Key() == b.Key()) != (a == b) {
			t.Fatalf("%+v and %+v are %s and %s", a, b, a.Key(), b.Key())
		}
		if parts := strings.Split(a.Key(), "/"); len(parts) != 6 || strings.Contains(a.Key(), "/.") {
			t.Fatalf("%+v is %s", a, a.Key())
		}
	})
}

// Tiles of the levels 0 to 6 have chunks that are as fine, finer ones have none.
func TestLevel(t *testing.T) {
	for z, want := range []int{0, 0, 1, 2, 3, 4, 5} {
		if got, ok := Level(grid.GoogleMapsCompatible.Resolution(z)); !ok || got != want {
			t.Errorf("tiles of level %d are made of chunks of level %d, %v", z, got, ok)
		}
	}
	if _, ok := Level(grid.GoogleMapsCompatible.Resolution(7)); ok {
		t.Error("tiles of level 7 are made of chunks")
	}
	c := Chunk{At: grid.Tile{Z: 2, Col: 1, Row: 3}}
	whole := Grid().Bounds(c.At)
	united := Grid().Bounds(c.Children()[0].At)
	for _, child := range c.Children() {
		united = united.Union(Grid().Bounds(child.At))
	}
	far := max(math.Abs(united.Min[0]-whole.Min[0]), math.Abs(united.Min[1]-whole.Min[1]), math.Abs(united.Max[0]-whole.Max[0]), math.Abs(united.Max[1]-whole.Max[1]))
	if far > 1e-6 || (Chunk{At: grid.Tile{Z: Finest}}).Children() != nil {
		t.Errorf("the children of %+v lie in %v", c, united)
	}
}
