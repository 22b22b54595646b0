package product

import (
	"encoding/json"
	"testing"

	"perigee/shared/geo"
	"perigee/shared/record"
	"perigee/shared/stac"
)

func number(f float64) *float64 { return &f }

func band(name, common string, low, high float64) record.Band {
	return record.Band{Name: name, CommonName: common, Index: 1, NoData: number(0), Minimum: number(low), Maximum: number(high)}
}

func coverage(asset, dataType string, role string, bands ...record.Band) record.Coverage {
	return record.Coverage{Asset: asset, Roles: []string{role}, Bands: bands, Grid: geo.Grid{DataType: dataType}}
}

// REG-24, REG-29: how an item looks that no product type takes.
func TestAuto(t *testing.T) {
	byCommonName := []record.Coverage{coverage("a", "UInt16", "data", band("a", "blue", 5, 900)), coverage("b", "UInt16", "data", band("b", "green", 1, 700)),
		coverage("c", "UInt16", "data", band("c", "red", 7, 800))}
	for _, c := range []struct {
		name      string
		coverages []record.Coverage
		want      string
	}{
		{"nothing", nil, `{"name":""}`},
		{"visual role", []record.Coverage{coverage("x", "UInt16", "data", band("x", "", 0, 9)), coverage("tci", "Byte", "visual")},
			`{"name":"","default_browse":"PICTURE","browses":{"PICTURE":{"asset":"tci"}}}`},
		{"three unnamed bytes", []record.Coverage{coverage("photo", "Byte", "data", band("r", "", 0, 255), band("g", "", 0, 255), band("b", "", 0, 255))},
			`{"name":"","default_browse":"PICTURE","browses":{"PICTURE":{"asset":"photo"}}}`},
		{"common names, one range", byCommonName,
			`{"name":"","default_browse":"TRUE_COLOR","browses":{"TRUE_COLOR":{"red":{"expression":"c","range":[1,900],"nodata":0},"green":{"expression":"b","range":[1,900],"nodata":0},"blue":{"expression":"a","range":[1,900],"nodata":0}}}}`},
		{"identifiers of Sentinel-2", []record.Coverage{{Grid: geo.Grid{DataType: "UInt16"}, Bands: []record.Band{{Name: "B02"}, {Name: "B03"}, {Name: "B04"}}}},
			`{"name":"","default_browse":"TRUE_COLOR","browses":{"TRUE_COLOR":{"red":{"expression":"B04","range":[0,4000]},"green":{"expression":"B03","range":[0,4000]},"blue":{"expression":"B02","range":[0,4000]}}}}`},
		{"grey prefers data", []record.Coverage{coverage("mask", "Byte", "metadata", band("mask", "", 0, 1)), coverage("dem", "Float32", "data", band("dem", "", -5, 300))},
			`{"name":"","default_browse":"GREY","browses":{"GREY":{"grey":{"expression":"dem","range":[-5,300],"nodata":0}}}}`},
		{"constant", []record.Coverage{coverage("flat", "Float32", "data", band("flat", "", 3, 3))},
			`{"name":"","default_browse":"GREY","browses":{"GREY":{"grey":{"expression":"flat","range":[3,4],"nodata":0}}}}`},
		{"byte without statistics", []record.Coverage{{Asset: "m", Grid: geo.Grid{DataType: "Byte"}, Bands: []record.Band{{Name: "m"}}}},
			`{"name":"","default_browse":"GREY","browses":{"GREY":{"grey":{"expression":"m","range":[0,255]}}}}`},
		{"float without statistics", []record.Coverage{{Asset: "m", Grid: geo.Grid{DataType: "Float32"}, Bands: []record.Band{{Name: "m"}}}},
			`{"name":"","default_browse":"GREY","browses":{"GREY":{"grey":{"expression":"m","range":[0,1]}}}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := json.Marshal(Auto(&stac.Item{}, c.coverages))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// What Auto makes is what BrowseOf reads back from the store.
func TestAutoIsReadBack(t *testing.T) {
	stored, err := json.Marshal(Auto(&stac.Item{Assets: []stac.Asset{{Key: "p", Roles: []string{"overview"}}}}, []record.Coverage{{Asset: "p", Grid: geo.Grid{DataType: "Byte"}}}))
	if err != nil {
		t.Fatal(err)
	}
	if b, ok := (Config{}).BrowseOf(record.Product{Browses: stored}, ""); !ok || b.Asset != "p" {
		t.Errorf("got %+v, %v", b, ok)
	}
}
