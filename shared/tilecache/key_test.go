package tilecache

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/record"
)

func TestKey(t *testing.T) {
	day := time.Date(2024, 5, 6, 0, 0, 0, 0, time.UTC)
	base := Tile{Layer: "S2L2A__NDVI", Style: "default", Set: grid.WGS84, At: grid.Tile{Z: 7, Col: 130, Row: 40}, Format: PNG}
	for want, change := range map[string]func(*Tile){
		"_/S2L2A__NDVI/default/WGS84/default/7/130/40.png":                                    func(*Tile) {},
		"alice/S2L2A__NDVI/default/WGS84/default/7/130/40.jpg":                                func(t *Tile) { t.Workspace, t.Format = "alice", JPEG },
		"%5F/S2L2A__NDVI/_/WGS84/default/7/130/40.png":                                        func(t *Tile) { t.Workspace, t.Style = "_", "" },
		"%2E./%2Fetc%2F..%2Fpasswd/a%00b%C3%A9/WGS84/default/7/130/40.png":                    func(t *Tile) { t.Workspace, t.Layer, t.Style = "..", "/etc/../passwd", "a\x00bé" },
		"_/S2L2A__NDVI/default/WGS84/2024-05-06T00:00:00Z/7/130/40.png":                       func(t *Tile) { t.Time = record.Interval{Start: day, End: day} },
		"_/S2L2A__NDVI/default/WGS84/2024-05-06T00:00:00Z--2024-05-07T00:00:00Z/7/130/40.png": func(t *Tile) { t.Time = record.Interval{Start: day, End: day.AddDate(0, 0, 1)} },
		"_/S2L2A__NDVI/default/WGS84/2024-05-06T00:00:00Z--../7/130/40.png":                   func(t *Tile) { t.Time = record.Interval{Start: day} },
	} {
		tile := base
		change(&tile)
		if got, err := tile.Key(); err != nil || got != want {
			t.Errorf("Key() = %q, %v, want %q", got, err, want)
		}
	}
}

func TestKeyOfUnknownFormat(t *testing.T) {
	if _, err := (Tile{Set: grid.WGS84, Format: "image/tiff"}).Key(); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a key of image/tiff gives %v", err)
	}
}

// FuzzPart checks that no part of a key leaves its place, and that no two parts share one.
func FuzzPart(f *testing.F) {
	for _, s := range []string{"", "_", ".", "..", "a/b", "~x", "%5F", "é", "2020-01-01T00:00:00Z--..", strings.Repeat("x", 300)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := part(s)
		if got == "" || strings.ContainsAny(got, "/\\ \x00?#") || got[0] == '.' || len(got) > longest {
			t.Fatalf("part(%q) = %q leaves its place", s, got)
		}
		if strings.HasPrefix(got, "~") {
			return // a hash
		}
		back := ""
		if got != "_" {
			var err error
			if back, err = url.PathUnescape(got); err != nil {
				t.Fatalf("part(%q) = %q cannot be read back: %v", s, got, err)
			}
		}
		if back != s {
			t.Fatalf("part(%q) = %q reads back as %q", s, got, back)
		}
	})
}

func TestStampReadsBack(t *testing.T) {
	for _, revisions := range [][]int64{{0}, {7}, {3, 12, 0}} {
		s := Stamp{Made: "m", Revisions: revisions}
		if back, ok := ParseStamp("m", s.String()); !ok || !back.Equal(s) {
			t.Errorf("%v reads back as %v", s, back)
		}
	}
	for _, wrong := range []string{"", "x", "1.", "-1", "1..2", "99999999999999999999"} {
		if _, ok := ParseStamp("m", wrong); ok {
			t.Errorf("%q was read as a stamp", wrong)
		}
	}
}
