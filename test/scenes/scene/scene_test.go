package scene

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/geo"
)

func made(t *testing.T, o Options) (string, []string) {
	t.Helper()
	o.Dir = t.TempDir()
	items, err := Make(o)
	if err != nil {
		t.Fatal(err)
	}
	return o.Dir, items
}

func TestTwoRunsWriteTheSameFiles(t *testing.T) {
	o := Options{Products: 2, Dates: 1, Size: 96, Seed: 5, Format: Visual}
	a, _ := made(t, o)
	b, _ := made(t, o)
	files := 0
	err := filepath.WalkDir(a, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		rel, _ := filepath.Rel(a, path)
		one, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		two, err := os.ReadFile(filepath.Join(b, rel))
		if err != nil {
			return err
		}
		if !bytes.Equal(one, two) {
			t.Errorf("%s differs", rel)
		}
		return nil
	})
	if err != nil || files != 1+2*8 {
		t.Errorf("%d files, %v", files, err)
	}
}

func readItem(t *testing.T, path string) item {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var it item
	if err := json.Unmarshal(b, &it); err != nil {
		t.Fatal(err)
	}
	return it
}

func TestItemDescribesItsFiles(t *testing.T) {
	_, items := made(t, Options{Products: 4, Dates: 2, Size: 128, Seed: 1, Format: Bands})
	if len(items) != 4 {
		t.Fatalf("%d items", len(items))
	}
	it := readItem(t, items[0])
	if want := "S2A_MSIL2A_20260610T100031_N0500_R122_T33UXP_20260610T130000"; it.ID != want || filepath.Base(items[0]) != want+".json" {
		t.Errorf("the first item is %s", it.ID)
	}
	for _, key := range []string{"B02", "B03", "B04", "B08", "SCL", "thumbnail"} {
		a, ok := it.Assets[key]
		if !ok || !strings.HasPrefix(a.Href, "./") {
			t.Fatalf("asset %s: %+v", key, a)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(items[0]), a.Href)); err != nil {
			t.Error(err)
		}
	}
	b := it.Assets["B04"]
	if b.EPSG != 32633 || b.Shape[0] != 128 || b.Transform[0] != 10 || b.Transform[2] != 600000 || b.Transform[5] != 5400000 || b.Raster[0].Statistics.Maximum == 0 {
		t.Errorf("B04 is %+v", b)
	}
	if s := it.Assets["SCL"]; s.Shape[0] != 64 || s.Transform[0] != 20 {
		t.Errorf("SCL is %+v", s)
	}
	lon, lat := utm.Inverse(600000, 5400000-1280)
	if math.Abs(it.BBox[0]-lon) > .001 || math.Abs(it.BBox[1]-lat) > .001 {
		t.Errorf("bbox %v does not begin near %f %f", it.BBox, lon, lat)
	}
}

func TestTilesOverlapAndLieWhereTheRealOnesLie(t *testing.T) {
	full := tiles(3, 10980)
	for i, want := range []tile{{"T33UXP", 600000, 5400000, 10980}, {"T33UWP", 499980 + 0, 5400000, 10980}, {"T33UYP", 700020, 5400000, 10980}} {
		if math.Abs(full[i].x-want.x) > 60 || full[i].y != want.y || full[i].name != want.name {
			t.Errorf("tile %d is %+v, want about %+v", i, full[i], want)
		}
	}
	for _, size := range []int{64, 1024, 2048} {
		two := tiles(2, size)
		overlap := two[1].x + two[1].side() - two[0].x
		if overlap <= 0 || overlap > two[0].side()/5 || math.Mod(overlap, 20) != 0 {
			t.Errorf("tiles of %d pixels overlap by %f m", size, overlap)
		}
	}
}

func TestSwathEdgeCutsTheFootprint(t *testing.T) {
	cut := 0
	for _, p := range plan(Options{Products: 8, Dates: 4, Size: 512}) {
		bound := p.footprint().Bound()
		lon, lat := utm.Inverse(p.x+p.side()/2, p.y-p.side()/2)
		if p.edge == nil {
			if lon < bound.Min[0] || lon > bound.Max[0] || lat < bound.Min[1] || lat > bound.Max[1] {
				t.Errorf("%s: the middle is outside its footprint", p.id)
			}
			continue
		}
		cut++
		for _, c := range p.footprint()[0] {
			if x, y := utm.Forward(c[0], c[1]); !p.edge.seen(x, y) && !p.edge.seen(x+1, y) && !p.edge.seen(x-1, y) {
				t.Errorf("%s: corner %v was not seen", p.id, c)
			}
		}
	}
	if cut == 0 {
		t.Error("no product has a swath edge")
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	good := Options{Products: 2, Dates: 1, Size: 64, Format: Bands}
	for name, change := range map[string]func(*Options){
		"odd size":       func(o *Options) { o.Size = 65 },
		"huge size":      func(o *Options) { o.Size = 20000 },
		"no product":     func(o *Options) { o.Products = 0 },
		"too many tiles": func(o *Options) { o.Products = 100 },
		"format":         func(o *Options) { o.Format = "jp2" },
	} {
		o := good
		change(&o)
		o.Dir = filepath.Join(t.TempDir(), "out")
		if _, err := Make(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestThereIsAProjection(t *testing.T) {
	if _, ok := geo.Plain(geo.CRS(epsg)); !ok {
		t.Error("the zone is not a plain one")
	}
}
