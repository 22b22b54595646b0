package sru

import (
	"strings"
	"testing"

	"perigee/shared/dublincore"
	"perigee/shared/record"
)

// RC-08: a record in Dublin Core tells who made it, and what may be done with it.
func TestDublinCore(t *testing.T) {
	said := map[string]any{
		dublincore.PropertyCreator: "Maker", dublincore.PropertyPublisher: []any{"One", "Two"}, dublincore.PropertyContributor: "Helper", dublincore.PropertySource: "Before",
		dublincore.PropertyLanguage: "eng", dublincore.PropertyRights: "CC-BY-4.0", dublincore.PropertySpatial: "GR-22",
	}
	made, err := encodeDC(record.Record{Key: record.Key{ID: "a"}, Type: "dataset", Properties: said})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<dc:creator>Maker</dc:creator>", "<dc:publisher>One</dc:publisher><dc:publisher>Two</dc:publisher>", "<dc:contributor>Helper</dc:contributor>", "<dc:source>Before</dc:source>",
		"<dc:language>eng</dc:language>", "<dc:rights>CC-BY-4.0</dc:rights>", "<dc:coverage>GR-22</dc:coverage>",
	} {
		if !strings.Contains(string(made), want) {
			t.Errorf("%s is not in %s", want, made)
		}
	}
}
