package atom

import (
	"encoding/json"
	"strings"
	"testing"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/metadata/metadatatest"
	"perigee/shared/record"
)

var format = metadatatest.Format{Decode: Decode, Append: Append}

// RC-09: what a document says, which is harvested or inserted, and what is written of it in each element set.
func TestDecode(t *testing.T) { format.Golden(t) }

// What is written in full is read as the same core.
func TestRoundTrip(t *testing.T) {
	format.RoundTrip(t,
		record.PropertyDateStamp, record.PropertyPublicationDate, record.PropertyRights, record.PropertyCreator, record.PropertyContributor,
	)
}

func TestNothing(t *testing.T) { format.Nothing(t) }

func TestRefused(t *testing.T) {
	for document, at := range map[string]string{
		"": "", "<x/>": "", "<entry/>": "", entry("<id>..</id>"): "id", entry("<georss:box>1 2 3</georss:box>"): "georss:box", entry("<georss:box>1 2</georss:box>"): "georss:box",
		entry("<georss:point>x 2</georss:point>"): "georss:point", entry("<georss:polygon>1 2 3 4 1 2</georss:polygon>"): "georss:polygon", entry("<georss:point>91 0</georss:point>"): "georss:point",
	} {
		_, err := Decode([]byte(document))
		var got []string
		for _, e := range fault.All(err) {
			got = append(got, fault.LocatorOf(e))
		}
		if err == nil || fault.KindOf(err) != fault.Invalid || strings.Join(got, " ") != at {
			t.Errorf("%s: at %v: %v", document, got, err)
		}
	}
}

// entry is an entry with elements.
func entry(elements string) string {
	return `<entry xmlns="` + Namespace + `" xmlns:georss="` + NamespaceGeoRSS + `" xmlns:gml="http://www.opengis.net/gml">` + elements + "</entry>"
}

// RC-09: the places of GeoRSS, simple and of GML.
func TestPlaces(t *testing.T) {
	for elements, want := range map[string]string{
		"": "null", "<georss:point>2 1</georss:point>": "[1,2]", "<georss:box>2 1 4 3</georss:box>": "[[[1,2],[3,2],[3,4],[1,4],[1,2]]]", "<georss:line>2,1 4,3</georss:line>": "[[1,2],[3,4]]",
		"<georss:polygon>2 1 2 3 4 3 2 1</georss:polygon>": "[[[1,2],[3,2],[3,4],[1,2]]]",
		"<georss:where><gml:Envelope><gml:lowerCorner>2 1</gml:lowerCorner><gml:upperCorner>4 3</gml:upperCorner></gml:Envelope></georss:where>": "[[[1,2],[3,2],[3,4],[1,4],[1,2]]]",
		"<georss:where><gml:Point><gml:pos>2 1</gml:pos></gml:Point></georss:where>":                                                             "[1,2]",
	} {
		rec, err := Decode([]byte(entry(elements)))
		got, jsonErr := json.Marshal(rec.Footprint)
		if err != nil || jsonErr != nil || string(got) != want {
			t.Errorf("%s is %s, want %s: %v", elements, got, want, err)
		}
		if rec.Footprint == nil || want == "[[1,2],[3,4]]" {
			continue
		}
		again, err := Decode(Append(nil, &rec, dublincore.Brief))
		if err != nil || again.Footprint.Bound() != rec.Footprint.Bound() {
			t.Errorf("%s became %v, %v", elements, again.Footprint, err)
		}
	}
}

func FuzzDecode(f *testing.F) { format.Fuzz(f) }
