package product

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/record"
)

func loaded(t testing.TB, text string) Config {
	t.Helper()
	c, err := Load("system", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// summary is what a configuration has, by name.
func summary(c Config) string {
	var all []string
	for _, t := range c.ProductTypes {
		all = append(all, fmt.Sprintf("%s%v%v", t.Name, t.Collections, t.BrowseNames()))
	}
	for _, l := range c.Layers {
		all = append(all, l.ID+"="+l.Title)
	}
	for _, id := range []string{"S2", "MINE"} {
		if c, ok := c.Collections[id]; ok {
			all = append(all, id+fmt.Sprint(c.ProductTypes))
		}
	}
	return strings.Join(all, " ")
}

const system = minimal + `layers:
  - {id: S2, title: Sentinel}
  - {id: S2__RED, title: Red}
`

// What has the same name is replaced as a whole, the rest is added, and the overlay's comes first.
func TestUnder(t *testing.T) {
	for name, c := range map[string]struct{ over, want string }{
		"nothing":  {"", "T[S2][RED] S2=Sentinel S2__RED=Red S2[T]"},
		"comments": {"# nothing yet\n", "T[S2][RED] S2=Sentinel S2__RED=Red S2[T]"},
		"a product type of the same name": {
			"productTypes: [{name: T, collections: [S2], coverages: {S2L2A_B08: {assets: [nir]}}, browses: {NIR: {grey: {expression: B08}}}}]",
			"T[S2][NIR] S2=Sentinel S2__RED=Red S2[T]"},
		"a product type beside": {
			"productTypes: [{name: U, collections: [S2], browses: {PIC: {asset: visual}}}]",
			"U[S2][PIC] T[S2][RED] S2=Sentinel S2__RED=Red S2[T]"},
		"a layer of the same name": {"layers: [{id: S2__RED, title: Rot}]", "T[S2][RED] S2__RED=Rot S2=Sentinel S2[T]"},
		"a collection of its own": {
			"global: {collections: {MINE: {product_types: [T]}}, layers: [{id: MINE, title: Mine}]}",
			"T[S2][RED] MINE=Mine S2=Sentinel S2__RED=Red S2[T] MINE[T]"},
		"a collection of the same name": {"collections: {S2: {product_types: []}}", "T[S2][RED] S2=Sentinel S2__RED=Red S2[]"},
	} {
		t.Run(name, func(t *testing.T) {
			base := loaded(t, system)
			before, _ := base.Fingerprint()
			got, err := LoadOverlay("mine", []byte(c.over), base)
			if err != nil || summary(got) != c.want {
				t.Errorf("%v\ngot  %s\nwant %s", err, summary(got), c.want)
			}
			read, err := ReadOverlay([]byte(c.over))
			if err != nil || !reflect.DeepEqual(base.Under(read), got) {
				t.Errorf("read again: %v %s", err, summary(base.Under(read)))
			}
			if after, _ := base.Fingerprint(); before != after || summary(base) != "T[S2][RED] S2=Sentinel S2__RED=Red S2[T]" {
				t.Error("the system's configuration was changed")
			}
		})
	}
}

// A coverage type of the overlay takes the place of a built-in one, and its product types are asked first.
func TestUnderDecides(t *testing.T) {
	got, err := LoadOverlay("mine", []byte(`
coverageTypes: [{name: S2L2A_B04, bands: [{identifier: ROT}]}]
productTypes:
  - {name: T, filter: {platform: x}, collections: [S2], coverages: {S2L2A_B04: {assets: [red]}}, browses: {RED: {grey: {expression: ROT}}}}
  - {name: ANY, collections: [S2]}
metadata: {title: Mine}
`), loaded(t, minimal))
	if err != nil {
		t.Fatal(err)
	}
	if kind, ok := got.CoverageTypeNamed("S2L2A_B04"); !ok || kind.Bands[0].Identifier != "ROT" {
		t.Errorf("%+v", kind)
	}
	if kind, _ := got.Match(map[string]any{"platform": "x"}); kind.Name != "T" {
		t.Errorf("matched %q", kind.Name)
	}
	if kind, _ := got.Match(map[string]any{"platform": "y"}); kind.Name != "ANY" {
		t.Errorf("matched %q", kind.Name)
	}
	if got.Metadata.Title != "Mine" {
		t.Errorf("%+v", got.Metadata)
	}
}

// Every mistake names the line, the column and the key, those among them that are one only together with the system's.
func TestLoadOverlayRefuses(t *testing.T) {
	deep := strings.Repeat("{a: ", maxFlow+1) + strings.Repeat("}", maxFlow+1)
	for _, c := range []struct{ name, text, message, locator string }{
		{"unknown key", "layers: []\nlayer: []\n", `mine:2:1: unknown key "layer"`, "layer"},
		{"not YAML", "layers: [\n", "mine:1:9:", ""},
		{"wrong type", "layers: 7\n", "mine:1:9:", ""},
		{"a deployment's key", "layers: []\nstorage: {data: {x: {secret_access_key: s}}}\n", `the key "storage" is the deployment's`, "storage"},
		{"values of a chart", "global: {}\nvs: {}\n", `the key "vs" does not belong here`, "vs"},
		{"a missing product type", "collections:\n  MINE: {product_types: [T, U]}\n", `mine:2:29: collections.MINE.product_types[1]: there is no product type "U"`, "collections.MINE.product_types[1]"},
		{"a missing collection", "productTypes:\n  - name: U\n    collections: [NONE]\n", `mine:3:19: productTypes[0].collections[0]: the collection "NONE" is not among collections`, "productTypes[0].collections[0]"},
		{"the system's does not fit", "coverageTypes:\n  - {name: S2L2A_B04, bands: [{identifier: X}]}\n", `productTypes.T.browses.RED.grey.expression: no coverage of the product type has a band "B04"`, "productTypes.T.browses.RED.grey.expression"},
		{"twice", "layers: [{id: S2}, {id: S2}]\n", `layers[1].id: the name "S2" is given twice`, "layers[1].id"},
		{"no name", "collections: {'': {}}\n", "collections: a name is missing", "collections"},
		{"an anchor", "layers: &a []\n", "mine:1:9: anchors, references, tags", "&"},
		{"a reference", "metadata: {title: x}\nlayers: *a\n", "mine:2:9: anchors", "*"},
		{"merging", "metadata:\n  <<: {title: x}\n", "mine:2:3: anchors", "<<"},
		{"a tag", "layers: !!seq []\n", "mine:1:9: anchors", "!!seq"},
		{"too deep", "layers: " + deep, "the text is nested too deeply", "{"},
		{"too deep in lines", "layers:\n  - - - - - x", "mine:2:11: the text is nested too deeply", "-"},
		{"too far right", "layers:\n" + strings.Repeat(" ", maxColumn) + "- {}", "mine:2:121: the text is nested too deeply", "-"},
		{"too large", "#" + strings.Repeat("x", MaxOverlay), "at most 262144 are possible", ""},
		{"too many", "layers:\n" + strings.Repeat("- {id: S2}\n", maxEntries+1), "layers: these are 501, at most 500 are possible", "layers"},
		{"a long name", "collections: {" + strings.Repeat("x", maxName+1) + ": {}}", "has 201 bytes", "collections"},
		{"two documents", "layers: []\n---\nlayers: []\n", "mine:3:7: a product configuration is one document", ""},
		{"no UTF-8", "layers: []\xff", "is not valid UTF-8", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := LoadOverlay("mine", []byte(c.text), loaded(t, system))
			if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.message) {
				t.Fatalf("%v", err)
			}
			if got := fault.LocatorOf(fault.All(err)[0]); got != c.locator && c.locator != "" {
				t.Errorf("the locator is %q", got)
			}
		})
	}
}

// A short text may not become more layers than can be gone through with each request.
func TestLoadOverlayBoundsLayers(t *testing.T) {
	var collections, browses []string
	for i := range 100 {
		collections = append(collections, fmt.Sprintf("C%d", i))
		browses = append(browses, fmt.Sprintf("B%d: {asset: a}", i))
	}
	text := "collections: {" + strings.Join(collections, ": {}, ") + ": {}}\nproductTypes: [{name: U, collections: [" +
		strings.Join(collections, ", ") + "], browses: {" + strings.Join(browses, ", ") + "}}]"
	if _, err := LoadOverlay("mine", []byte(text), loaded(t, system)); err == nil || !strings.Contains(err.Error(), "10100 layers more than the system has") {
		t.Errorf("%v", err)
	}
}

// What YAML writes is read as the same, and as JSON it has the same keys.
func TestYAML(t *testing.T) {
	text, err := os.ReadFile("testdata/global.yaml")
	if err != nil {
		t.Fatal(err)
	}
	before := loaded(t, string(text))
	written, err := before.YAML()
	if err != nil {
		t.Fatal(err)
	}
	after := loaded(t, string(written))
	nodes := func(c Config) string {
		var extents []record.Extent
		for id := range c.Collections {
			extents = append(extents, record.Extent{Collection: id})
		}
		slices.SortFunc(extents, func(a, b record.Extent) int { return strings.Compare(a.Collection, b.Collection) })
		text, err := json.Marshal(c.LayerTree(extents))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if nodes(before) != nodes(after) || summary(before) != summary(after) {
		t.Errorf("%s\nbecame\n%s", nodes(before), nodes(after))
	}
	asJSON, err := YAMLToJSON(written)
	if err != nil || !json.Valid(asJSON) || !strings.Contains(string(asJSON), `"productTypes"`) {
		t.Errorf("%s, %v", asJSON, err)
	}
}

// Whatever text comes ends in an answer, and what was taken is read again as the same.
func FuzzLoadOverlay(f *testing.F) {
	for _, text := range []string{"", minimal, system, "global: {layers: [{id: S2}]}", "a: [&x 1, *x]", "? a", "[[[["} {
		f.Add([]byte(text))
	}
	base := loaded(f, system)
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, err := LoadOverlay("mine", text, base)
		if err != nil {
			return
		}
		over, err := ReadOverlay(text)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := whole.Fingerprint()
		if b, _ := base.Under(over).Fingerprint(); a != b {
			t.Errorf("%q is read differently", text)
		}
	})
}

// Texts that a reader of YAML takes long for are refused, or read, before that.
func TestHostileOverlays(t *testing.T) {
	const n = MaxOverlay
	for name, text := range map[string]string{
		"brackets": strings.Repeat("[", n), "closed brackets": strings.Repeat("[", n/2) + strings.Repeat("]", n/2), "braces": strings.Repeat("{a: ", n/4),
		"dashes": strings.Repeat("- ", n/2), "question marks": strings.Repeat("? ", n/2), "tags": strings.Repeat("! ", n/2), "anchors": strings.Repeat("&a ", n/3),
		"keys": strings.Repeat("a:\n", maxTokens/3), "keys in a line": strings.Repeat("a: ", maxTokens/3), "empty entries": "layers:\n" + strings.Repeat("-\n", maxTokens-10),
		"layers": "layers:\n" + strings.Repeat("- id: a\n", maxTokens/5), "parents": "layers:\n" + strings.Repeat("- {id: S2, parentLayer: x}\n", maxEntries),
		"spaces": strings.Repeat(" ", n), "lines": strings.Repeat("\n", n), "comments": strings.Repeat("#\n", maxTokens/2), "documents": strings.Repeat("---\n", maxTokens/2),
		"a long text": "metadata: {title: \"" + strings.Repeat("x", n-30) + "\"}", "commas": "layers: [" + strings.Repeat(",", maxTokens-10) + "]",
	} {
		if _, err := LoadOverlay("mine", []byte(text), loaded(t, system)); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
