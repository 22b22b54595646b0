package dif

import (
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/metadata/metadatatest"
	"perigee/shared/record"
)

var format = metadatatest.Format{Decode: Decode, Append: Append}

// RC-10: what a document says, which is harvested or inserted, and what is written of it in each element set.
func TestDecode(t *testing.T) { format.Golden(t) }

// What is written in full is read as the same core.
func TestRoundTrip(t *testing.T) {
	format.RoundTrip(t,
		record.PropertyParent, record.PropertyTopicCategory, record.PropertyLineage, record.PropertyPlatform, record.PropertyFormat, record.PropertyEdition,
		record.PropertyPublicationDate, record.PropertyUseLimitation, record.PropertyGeographicCode, record.PropertyPublisher, record.PropertyCreator, record.PropertyResourceLanguage,
	)
}

func TestNothing(t *testing.T) { format.Nothing(t) }

func TestRefused(t *testing.T) {
	for document, at := range map[string]string{
		"": "", "<x/>": "", "<DIF": "",
		"<DIF><Spatial_Coverage><Southernmost_Latitude>x</Southernmost_Latitude></Spatial_Coverage></DIF>":                        "Southernmost_Latitude",
		"<DIF><Entry_ID>..</Entry_ID><Spatial_Coverage><Southernmost_Latitude>1</Southernmost_Latitude></Spatial_Coverage></DIF>": "Spatial_Coverage Entry_ID",
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

// A real document is read, though it has no identifier: it gets the same each time.
func TestRealDocument(t *testing.T) {
	format.AllSpecies(t, "9250AA67-F3AC-6C12-0CB9-0662231AA181_dif.xml")
}

func FuzzDecode(f *testing.F) { format.Fuzz(f) }
