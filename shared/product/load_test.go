package product

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/fault"
)

const minimal = `collections: {S2: {product_types: [T]}}
productTypes:
  - name: T
    filter: {platform: x}
    collections: [S2]
    coverages: {S2L2A_B04: {assets: [red]}}
    browses: {RED: {grey: {expression: B04, range: [0, 4000]}}}
`

func indent(text string, by int) string {
	pad := strings.Repeat(" ", by)
	return pad + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+pad) + "\n"
}

func TestLoadForms(t *testing.T) {
	for name, text := range map[string]string{
		"bare keys":    minimal,
		"global":       "global:\n" + indent(minimal, 2),
		"chart values": "vs: {renderer: {replicaCount: 2}}\nglobal:\n" + indent(minimal, 2),
		"release":      "apiVersion: helm.toolkit.fluxcd.io/v2beta1\nkind: HelmRelease\nspec:\n  interval: 5m\n  values:\n    global:\n" + indent(minimal, 6),
	} {
		t.Run(name, func(t *testing.T) {
			config, err := Load("products.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := config.TypeNamed("T"); !ok {
				t.Error("the product type T is not there")
			}
			if _, ok := config.CoverageTypeNamed("S2L1C_B8A"); !ok {
				t.Error("the built-in coverage types are not there")
			}
		})
	}
}

func TestLoadNothing(t *testing.T) {
	for _, text := range []string{"", "---\n", "# nothing\n", "global: {}\n"} {
		if _, err := Load("p.yaml", []byte(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Every mistake names the file, the line, the column and the key.
func TestLoadRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, message, locator string }{
		{"unknown key", "layers: []\nlayer: []\n", `p.yaml:2:1: unknown key "layer"`, "layer"},
		{"unknown deep key", "global:\n  productTypes:\n    - name: T\n      browse: {}\n", `p.yaml:4:7: unknown key "browse"`, "browse"},
		{"unknown metadata key", "metadata: {titel: x}\n", `p.yaml:1:12: unknown key "titel"`, "titel"},
		{"unknown chart key", "global: {}\nglobals: {}\n", `p.yaml:2:1: unknown key "globals"`, "globals"},
		{"key twice", "layers: []\nlayers: []\n", "p.yaml:2:1", "layers"},
		{"wrong type", "layers:\n  - id: a\n    grids: WGS84\n", "p.yaml:3:12", ""},
		{"not YAML", "layers: [\n", "p.yaml", ""},
		{"a list", "- a\n", "p.yaml:1:1: a map is expected here", ""},
		{"two documents", "layers: []\n---\nlayers: []\n", "this file has 2", ""},
		{"release without values", "kind: HelmRelease\nspec: {interval: 5m}\n", `the key "values" is missing`, "values"},
		{"release without global", "kind: HelmRelease\nspec: {values: {vs: {}}}\n", `the key "global" is missing`, "global"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load("p.yaml", []byte(c.text))
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.message) {
				t.Fatalf("got %v, want a message with %q", err, c.message)
			}
			if got := fault.LocatorOf(err); c.locator != "" && got != c.locator {
				t.Errorf("locator %q, want %q", got, c.locator)
			}
		})
	}
}

// Inconsistencies are reported together, each where it is.
func TestLoadReportsAllInconsistencies(t *testing.T) {
	text, err := os.ReadFile("testdata/inconsistent.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Load("inconsistent.yaml", text)
	var got strings.Builder
	for _, e := range fault.All(err) {
		if fault.KindOf(e) != fault.Invalid || fault.LocatorOf(e) == "" {
			t.Errorf("%v: kind %v, locator %q", e, fault.KindOf(e), fault.LocatorOf(e))
		}
		got.WriteString(e.Error() + "\n")
	}
	golden(t, "testdata/inconsistent.txt", got.String())
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (UPDATE=1 rewrites it); got:\n%s", file, got)
	}
}

func TestLoadSetting(t *testing.T) {
	read := func(path string) ([]byte, error) {
		if path != "products.yaml" {
			return nil, os.ErrNotExist
		}
		return []byte(minimal), nil
	}
	for value, types := range map[string]int{"": 0, minimal: 1, "layers: []": 0, "products.yaml": 1} {
		config, err := LoadSetting("PRODUCTS", value, read)
		if err != nil || len(config.ProductTypes) != types {
			t.Errorf("%.20q: %d product types, %v", value, len(config.ProductTypes), err)
		}
	}
	if _, err := LoadSetting("PRODUCTS", "nowhere.yaml", read); fault.LocatorOf(err) != "PRODUCTS" || fault.KindOf(err) != fault.Invalid {
		t.Errorf("a file that is not there: %v", err)
	}
}

// Every key that configurations of the original have is known, and what products are made of arrives.
func TestLoadEveryKey(t *testing.T) {
	text, err := os.ReadFile("testdata/global.yaml")
	if err != nil {
		t.Fatal(err)
	}
	config, err := Load("global.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	kind, ok := config.Match(map[string]any{"constellation": "radar-1", "sar:polarizations": []any{"VV", "VH"}, "radar:level": 1.0, "radar:calibrated": true})
	if !ok || kind.Name != "RADAR_DUAL" || kind.Masks["clouds"].Validity || !kind.Masks["validity"].Validity || kind.Browses["COLOUR"].Alpha == nil {
		t.Errorf("%v %+v", ok, kind)
	}
	if _, ok := config.Match(map[string]any{"constellation": "radar-1", "sar:polarizations": []any{"VV"}, "radar:level": 1.0, "radar:calibrated": true}); ok {
		t.Error("a list matches another")
	}
	if c, _ := config.CoverageTypeNamed("RADAR_VV"); len(c.Bands) != 1 || len(c.Bands[0].NilValues) != 1 || c.Bands[0].Wavelength != 55500 {
		t.Errorf("coverage type %+v", c)
	}
	if l := config.Layers[0]; len(l.Grids) != 1 || l.Grids[0].Zoom != 13 || l.Search.HistogramThreshold != 80 || config.Metadata.ContactPosition != "somebody" {
		t.Errorf("layer %+v", l)
	}
}

// The operational configuration of the original loads unchanged (REG-23).
func TestLoadOriginal(t *testing.T) {
	config, err := Load("hr-data-access.yaml", original(t))
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, p := range config.ProductTypes {
		types = append(types, p.Name)
	}
	want := []string{"S2MSI1C", "S2MSI2A", "L8MSI1TP", "L8MSI1GT", "S1IWGRD1C_VVVH", "S1SLC", "S3A_OL_2_LFR"}
	if !slices.Equal(types, want) {
		t.Errorf("product types %v, want %v", types, want)
	}
	if got := config.Metadata.ContactPosition; got != "CTO" {
		t.Errorf("contact position %q", got)
	}
	if n := len(config.Layers); n != 15 {
		t.Errorf("%d layers, want 15", n)
	}
}

// original reads a configuration file of the reference system in place.
func original(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(datatest.Folder(t), "data/eoepca/configs/hr-data-access-creodias-v1.4.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(minimal))
	f.Add([]byte("global:\n  layers: [{id: a__b}]\n"))
	f.Add([]byte("kind: X\nspec: {values: {global: &a {layers: *a}}}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := Load("f", text); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v is %v", err, fault.KindOf(err))
		}
	})
}

// CSC-03: layers are cached in tile matrix sets that the configuration defines.
func TestDefinedGrids(t *testing.T) {
	text := `collections: {S2: {}}
grids: [{name: Alps, crs: "EPSG:3035", extent: [4000000, 2500000, 4800000, 2900000], resolutions: [1000, 250]}]
layers: [{id: S2, grids: [{name: Alps, zoom: 1}, {name: GoogleMapsCompatible, zoom: 9}]}]
`
	config, err := Load("products.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if sets := config.Sets(); len(sets) != 3 || sets[2].ID != "Alps" || sets[2].Levels != 2 {
		t.Errorf("the sets are %+v", sets)
	}
	if nodes := config.LayerTree(nil); len(nodes) != 1 || nodes[0].Grids[0] != (LayerGrid{"Alps", 1}) {
		t.Errorf("the layers are %+v", nodes)
	}
	if whole, err := LoadOverlay("overlay.yaml", []byte("layers: [{id: S2, grids: [{name: Alps, zoom: 0}]}]"), config); err != nil || len(whole.Sets()) != 3 {
		t.Errorf("an overlay has the sets %+v, %v", whole.Sets(), err)
	}
	for bad, want := range map[string]string{
		strings.Replace(text, "1000, 250", "250, 1000", 1):                "products.yaml:2:99: grids[0].resolutions",
		strings.Replace(text, "zoom: 1}", "zoom: 2}", 1):                  "layers[0].grids[0].zoom",
		strings.Replace(text, "{name: Alps, crs", "{name: WGS84, crs", 1): "grids[0].name",
		strings.Replace(text, "3035", "none", 1):                          "grids[0].crs",
	} {
		if _, err := Load("products.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in %v", want, err)
		}
	}
	if _, err := LoadOverlay("overlay.yaml", []byte("grids: []"), config); err == nil || fault.LocatorOf(fault.All(err)[0]) != "grids" {
		t.Errorf("an overlay with sets of its own gives %v", err)
	}
}
