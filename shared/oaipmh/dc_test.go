package oaipmh

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/record"
)

// RC-08: oai_dc says with its fifteen elements all that a record has of them, people and rights too.
func TestDublinCore(t *testing.T) {
	said := map[string]any{
		dublincore.PropertyCreator: "Maker", dublincore.PropertyPublisher: []any{"One", "Two"}, dublincore.PropertyContributor: "Helper", dublincore.PropertySource: "Before",
		dublincore.PropertyLanguage: "eng", dublincore.PropertyRights: "CC-BY-4.0", dublincore.PropertySpatial: "GR-22", dublincore.PropertyFormat: "GeoTIFF", dublincore.PropertyRelation: "other",
		"dc:date": "2024-05-01",
	}
	made, err := encodeDC(record.Record{
		Key: record.Key{ID: "a"}, Type: "dataset", Title: "Ice", Abstract: "About ice", Keywords: []string{"ice"}, Properties: said, Footprint: orb.Bound{Min: orb.Point{1, 2}, Max: orb.Point{3, 4}}.ToPolygon(),
	})
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Elements []struct {
			XMLName xml.Name
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal(made, &read); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range read.Elements {
		got = append(got, e.XMLName.Local+"="+e.Text)
	}
	want := "title=Ice creator=Maker subject=ice description=About ice publisher=One publisher=Two contributor=Helper date=2024-05-01 type=dataset format=GeoTIFF identifier=a source=Before " +
		"language=eng relation=other coverage=GR-22 coverage=northlimit=4; southlimit=2; westlimit=1; eastlimit=3; units=signed decimal degrees rights=CC-BY-4.0"
	if strings.Join(got, " ") != want {
		t.Errorf("the elements are\n%s, want\n%s", strings.Join(got, " "), want)
	}
}
