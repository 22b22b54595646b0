package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/stac"
)

func TestTimeOfAFile(t *testing.T) {
	for name, want := range map[string]string{
		"S2A_MSIL2A_20260610T100031_N0500.tif": "2026-06-10T10:00:31Z",
		"scene-2026-06-10.tif":                 "2026-06-10T00:00:00Z",
		"2026_06_10.tif":                       "2026-06-10T00:00:00Z",
		"ortho 2026-06-10 10:00:31.tif":        "2026-06-10T00:00:00Z",
		"20260610_100031.tif":                  "2026-06-10T10:00:31Z",
		"dir20250101/20260610.tif":             "2026-06-10T00:00:00Z",
	} {
		if got := timeOf(name).Format(time.RFC3339); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	path := filepath.Join(t.TempDir(), "no-date-120260610.tif")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	changed := time.Date(2020, 5, 6, 7, 8, 9, 0, time.UTC)
	if err := os.Chtimes(path, changed, changed); err != nil {
		t.Fatal(err)
	}
	if got := timeOf(path); !got.Equal(changed) {
		t.Errorf("without a date in its name: %v", got)
	}
}

// The item that is made for a GeoTIFF is one that the catalogue reads.
func TestMadeItemIsValid(t *testing.T) {
	outline := orb.Polygon{{{15, 45}, {15.1, 45}, {15.1, 45.2}, {15, 45.2}, {15, 45}}}
	d := described{
		Grid:      geo.Grid{CRS: 32633, Transform: [6]float64{500000, 10, 0, 5000000, 0, -10}, Width: 20, Height: 10, DataType: "UInt16"},
		Bands:     []record.Band{{Name: "b1", Index: 1}},
		Footprint: geojson.NewGeometry(outline),
	}
	at := time.Date(2026, 6, 10, 10, 0, 31, 0, time.UTC)
	text, err := makeItem("folder/my file.tif", d, at)
	if err != nil {
		t.Fatal(err)
	}
	item, err := stac.DecodeItem(text)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if item.ID != "my file" || !item.Time.End.Equal(at) || !orb.Equal(item.Geometry, outline) {
		t.Errorf("%+v", item)
	}
	asset, ok := item.Asset("data")
	grid, known := asset.Grid()
	if !ok || !known || asset.Href != "./my file.tif" || !asset.HasRole("data") || grid.CRS != 32633 || grid.Transform != d.Grid.Transform || grid.Width != 20 || grid.Height != 10 {
		t.Errorf("%+v %+v", asset, grid)
	}
	d.Grid.DataType, d.Bands = "Byte", make([]record.Band, 3)
	if text, err = makeItem("picture.tif", d, at); err != nil {
		t.Fatal(err)
	}
	var made madeItem
	if err := json.Unmarshal(text, &made); err != nil || made.Assets["visual"].Roles[0] != "visual" {
		t.Errorf("%v %s", err, text)
	}
	if _, err := makeItem("nowhere.tif", described{}, at); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a file that lies nowhere: %v", err)
	}
}

func TestMiddleTile(t *testing.T) {
	for bounds, want := range map[orb.Bound][3]uint32{
		{Min: orb.Point{-180, -85}, Max: orb.Point{180, 85}}: {0, 0, 0},
		{Min: orb.Point{15, 45}, Max: orb.Point{16.4, 46}}:   {8, 139, 91},
		{Min: orb.Point{15, 45}, Max: orb.Point{15, 45}}:     {12, 2218, 1473},
	} {
		if got := middleTile(bounds); got.Z != 0 && [3]uint32{uint32(got.Z), got.X, got.Y} != want {
			t.Errorf("%v: %v, want %v", bounds, got, want)
		}
	}
}

func TestDocumentRoles(t *testing.T) {
	for text, want := range map[string]role{
		`{"type": "Feature"}`: item, `{"type": "Collection"}`: collection, `{"type": "Catalog"}`: asset,
		`{`: item, ``: item, `{"a": 1}`: asset, `[1]`: asset, `{"stac_version": "1.0.0"}`: item, `{"type": "FeatureCollection"}`: item,
	} {
		if got := documentRole([]byte(text)); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestWordsForFigures(t *testing.T) {
	for n, want := range map[int64]string{0: "1 kB", 999: "1 kB", 25_300: "25 kB", 2_400_000: "2 MB", 1_260_000_000: "1.3 GB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0 ms", 400 * time.Microsecond: "under 1 ms", 38400 * time.Microsecond: "38 ms", 1260 * time.Millisecond: "1.3 s"} {
		if got := brief(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	if got := quoted("it's"); got != `'it'\''s'` {
		t.Errorf("%s", got)
	}
}
