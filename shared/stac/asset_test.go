package stac

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"perigee/shared/geo"
)

// REG-25: golden items of both versions of the standard, and of the older forms that are about, with what is read
// of their assets beside them. UPDATE_GOLDEN=1 writes them anew.
func TestAssetsGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.item.json")
	if err != nil || len(names) < 3 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		item, err := DecodeItem(raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := json.MarshalIndent(item.Assets, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		golden := name[:len(name)-len(".item.json")] + ".assets.json"
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || string(want) != string(got)+"\n" {
			t.Errorf("%s differs (%v): %s", golden, err, got)
		}
	}
}

func TestAssetOrder(t *testing.T) {
	got, err := DecodeItem([]byte(item(`"id":"a","assets":{"z":{"href":"1"},"a":{"href":"2"},"m":{"href":"3"}}`, square, `"datetime":"2026-01-01T00:00:00Z"`)))
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, a := range got.Assets {
		keys = append(keys, a.Key)
	}
	if !reflect.DeepEqual(keys, []string{"z", "a", "m"}) {
		t.Error(keys)
	}
	if a, ok := got.Asset("m"); !ok || a.Href != "3" {
		t.Error(a)
	}
}

func TestAssetGrid(t *testing.T) {
	whole := Asset{EPSG: 32633, Shape: []int{200, 100}, Transform: []float64{10, 0, 600000, 0, -10, 5300000}}
	g, ok := whole.Grid()
	want := geo.Grid{CRS: 32633, Transform: [6]float64{600000, 10, 0, 5300000, 0, -10}, Width: 100, Height: 200}
	if !ok || !reflect.DeepEqual(g, want) {
		t.Errorf("%+v", g)
	}
	if g.Bounds().Max[0] != 601000 || g.Bounds().Min[1] != 5298000 {
		t.Errorf("%v", g.Bounds())
	}
	for _, a := range []Asset{{}, {EPSG: 32633, Shape: whole.Shape}, {Shape: whole.Shape, Transform: whole.Transform}, {EPSG: 32633, Shape: whole.Shape, Transform: make([]float64, 6)}} {
		if _, ok := a.Grid(); ok {
			t.Errorf("%+v has a grid", a)
		}
	}
}

// References to the item's bands are counted and read in time, though each may lead to the last of very many.
func TestBandsByIndex(t *testing.T) {
	common := strings.Repeat(`{},`, maxBands-1) + `{"name":"last","common_name":"red"}`
	references := strings.Repeat(fmt.Sprintf("%d,", maxBands-1), maxBands-3) + `-1,1e9,"named"`
	var assets []string
	for i := range 200 {
		assets = append(assets, fmt.Sprintf(`"a%d":{"href":"x","eo:bands":[%s]}`, i, references))
	}
	raw := fmt.Sprintf(`{"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"datetime":"2026-01-01T00:00:00Z","eo:bands":[%s]},"assets":{%s}}`,
		common, strings.Join(assets, ","))
	item, err := DecodeItem([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	got := item.Assets[199].Bands
	if len(got) != maxBands || got[0].Name != "last" || got[0].CommonName != "red" || got[maxBands-2].Name != "" || got[maxBands-1].Name != "named" {
		t.Errorf("%d bands: %+v … %+v", len(got), got[0], got[len(got)-3:])
	}
}
