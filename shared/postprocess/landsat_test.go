package postprocess

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"perigee/shared/stac"
	"perigee/shared/stac/stactest"
)

const scene = "LC08_L2SP_005009_20150710_20200908_02_T2"

// TestLandsat: HRV-14. The item agrees with the one that USGS gives, once that is read as STAC 1, but where it says.
func TestLandsat(t *testing.T) {
	home := "s3://EODATA/Landsat-8/" + scene
	data := folder{home, stactest.Data(t, "eoepca/landsat")}
	want := upgraded(t, golden(t, data.path+"/"+scene+"_SR_stac.json", home), home)
	meant := map[string]string{
		`\.stac_(version|extensions)`:          "STAC 1.1 instead of 0.7",
		`\.(geometry|bbox)`:                    "the metadata file tells the corners of the image, not the outline of what was seen",
		`\.collection: missing`:                "products of level 2 have no collection of EOEPCA's; kwargs.collection names one",
		`\.links`:                              "USGS's catalogue is not ours; the product is cited by its DOI",
		`\.description: missing`:               "items of STAC 1 have no description of their own",
		`\.properties\.title`:                  "EOEPCA's harvester sets it (HRV-15)",
		`\.properties\.datetime`:               "the moment is told, not the day alone",
		`\.properties\.landsat:wrs_(path|row)`: "three digits, as the extension wants",
		`\.properties\.(gsd|landsat:correction|sci:doi|proj:\w+): .*not missing`:                "STAC 1 has these fields",
		`\.assets\.(ST_\w+): .*not missing`:                                                     "USGS has an item of its own for surface temperature; a product is one item",
		`\.assets\.(index|reduced_resolution_browse): missing`:                                  "a page of USGS, and a picture that is not beside the product",
		`\.assets\.\w+(\.\w+)?\.roles: .*not missing`:                                           "EOEPCA's harvester gives roles",
		`\.assets\.\w+\.(proj:\w+|raster:bands|gsd): .*not missing`:                             "STAC 1 has these fields",
		`\.assets\.\w+\.eo:bands\[0\]\.full_width_half_max: .*not missing`:                      "known of the instrument",
		`\.assets\.(\w+_QA_AEROSOL|QA_PIXEL|QA_RADSAT|ANG\.txt|MTL\.\w+)\.description: missing`: "the title says it",
	}
	chain := `[{"type":"harvester_eoepca.postprocess.CREODIASOpenSearchLandsat8Postprocessor"}]`
	first := process(t, chain, "/eodata/Landsat-8/"+scene, data)
	only(t, stactest.Differences(t, first, want), meant)

	for _, form := range []string{"txt", "json"} {
		copied := t.TempDir()
		if err := os.CopyFS(copied, os.DirFS(data.path)); err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{"xml", "txt"} {
			if other != form {
				if err := os.Remove(copied + "/" + scene + "_MTL." + other); err != nil {
					t.Fatal(err)
				}
			}
		}
		if item := process(t, chain, "/eodata/Landsat-8/"+scene, folder{home, copied}); !bytes.Equal(item, first) {
			t.Errorf("of %s comes another item: %v", form, stactest.Differences(t, item, first))
		}
	}
}

// upgraded writes an item of STAC 0.7 with the names and forms of STAC 1.
func upgraded(t *testing.T, raw []byte, home string) []byte {
	t.Helper()
	var item map[string]any
	if err := json.Unmarshal(raw, &item); err != nil {
		t.Fatal(err)
	}
	p := item["properties"].(map[string]any)
	bands := p["eo:bands"].([]any)
	for old, name := range map[string]string{"eo:sun_azimuth": "view:sun_azimuth", "eo:sun_elevation": "view:sun_elevation", "eo:off_nadir": "view:off_nadir"} {
		p[name] = p[old]
		delete(p, old)
	}
	p["platform"] = strings.ToLower(strings.ReplaceAll(p["eo:platform"].(string), "_", "-"))
	p["instruments"] = []any{"oli", "tirs"}
	delete(p, "eo:platform")
	delete(p, "eo:instrument")
	delete(p, "eo:bands")
	assets := map[string]any{}
	for key, a := range item["assets"].(map[string]any) {
		asset := a.(map[string]any)
		href := asset["href"].(string)
		asset["href"] = home + href[strings.LastIndexByte(href, '/'):]
		if asset["type"] == "image/vnd.stac.geotiff; cloud-optimized=true" {
			asset["type"] = "image/tiff; application=geotiff; profile=cloud-optimized"
		}
		if index, ok := asset["eo:bands"].([]any); ok {
			band := bands[int(index[0].(float64))].(map[string]any)
			delete(band, "gsd") // it is the asset's
			asset["eo:bands"] = []any{band}
		}
		assets[strings.TrimSuffix(key, ".TIF")] = asset
	}
	item["assets"] = assets
	text, err := json.Marshal(item)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestLandsatLevel1: HRV-14. Products of collection 1 have other groups and names in their metadata; EOEPCA's product types
// ask for their bands by the keys of surface reflectance.
func TestLandsatLevel1(t *testing.T) {
	const name = "LC08_L1TP_190026_20190910_20190917_01_T1"
	home := "s3://bucket/" + name
	item, err := stac.DecodeItem(process(t, `{"type":"landsat8"}`, home+"/", folder{home, "testdata/" + name}))
	if err != nil {
		t.Fatal(err)
	}
	b8, ok := item.Asset("SR_B8")
	if grid, has := b8.Grid(); !ok || !has || grid.Width != 15301 || grid.Transform[1] != 15 || grid.Transform[0] != 469192.5 || b8.Bands[0].Name != "B8" {
		t.Errorf("%+v", b8)
	}
	b4, _ := item.Asset("SR_B4")
	if b4.Href != home+"/"+name+"_B4.TIF" || b4.Bands[0].Scale != 2e-5 || b4.Bands[0].Offset != -0.1 || b4.Type != "image/tiff; application=geotiff" {
		t.Errorf("%+v", b4)
	}
	if p := item.Properties; item.Collection != "L8MSI1TP" || p["landsat:correction"] != "L1TP" || p["platform"] != "landsat-8" || p["view:sun_azimuth"] != 350.5 || p["eo:cloud_cover"] != nil {
		t.Errorf("%s %v", item.Collection, p)
	}
}
