package product

import "testing"

// RND-03: the whole grammar of what stands behind the first separator.
func TestLooks(t *testing.T) {
	browses, masks := []string{"TRUE_COLOR", "NDVI"}, []string{"clouds", "snow_ice"}
	for suffix, want := range map[string]Look{
		"": {Kind: LookPicture}, "bands": {Kind: LookPicture}, "outlines": {Kind: LookOutlines}, "outlined": {Kind: LookOutlined}, "heatmap": {Kind: LookHeatmap},
		"NDVI": {Kind: LookPicture, Browse: "NDVI"}, "clouds": {Kind: LookMask, Mask: "clouds"},
		"masked_clouds": {Kind: LookPicture, Mask: "clouds"}, "masked_snow_ice": {Kind: LookPicture, Mask: "snow_ice"},
		"outlines_masked_clouds": {Kind: LookOutlines, Mask: "clouds"}, "NDVI__masked_snow_ice": {Kind: LookPicture, Browse: "NDVI", Mask: "snow_ice"},
	} {
		got, ok := ParseLook(suffix, browses, masks)
		if !ok || got != want {
			t.Errorf("%q: %+v %t", suffix, got, ok)
		}
		if suffix != "bands" && got.String() != suffix {
			t.Errorf("%q is written %q", suffix, got)
		}
	}
	for _, suffix := range []string{"SEPIA", "masked_", "masked_rain", "outlines_masked_", "NDVI__clouds", "NDVI__", "SEPIA__masked_clouds", "__masked_clouds", "masked_clouds__NDVI", "outlined_masked_clouds", "NDVI__masked_clouds__x"} {
		if look, ok := ParseLook(suffix, browses, masks); ok {
			t.Errorf("%q is read as %+v", suffix, look)
		}
	}
}

// A configured layer with a look that is no browse is a layer of the tree, below its collection.
func TestConfiguredLooks(t *testing.T) {
	c := Config{
		Collections:  map[string]Collection{"S2": {}},
		ProductTypes: []Type{{Name: "T", Collections: []string{"S2"}, Browses: map[string]Browse{"NDVI": {Asset: "x"}}, Masks: map[string]Mask{"clouds": {}}}},
		Layers:       []Layer{{ID: "S2"}, {ID: "S2__masked_clouds", Title: "Without clouds"}, {ID: "S2__masked_rain"}},
	}
	nodes := c.LayerTree(nil)
	if len(nodes) != 1 || len(nodes[0].Children) != 2 || nodes[0].Children[1].Name != "S2__masked_clouds" || nodes[0].Children[1].Title != "Without clouds" {
		t.Errorf("%+v", nodes)
	}
	if target, err := c.Resolve("S2__NDVI__masked_clouds", nil); err != nil || target.Base != "S2" || target.Browse != "NDVI__masked_clouds" {
		t.Errorf("%+v %v", target, err)
	}
}
