package fgdc

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
		record.PropertyTopicCategory, record.PropertyLineage, record.PropertyFormat, record.PropertyEdition, record.PropertyPublicationDate, record.PropertyUseLimitation,
		record.PropertyOtherConstraints, record.PropertyClassification, record.PropertyPublisher, record.PropertyCreator, record.PropertyDateStamp,
	)
}

func TestTimes(t *testing.T) {
	for inner, want := range map[string]string{
		"<sngdate><caldate>20240601</caldate></sngdate>":                                                                "2024-06-01T00:00:00Z/2024-06-01T23:59:59.999999Z",
		"<sngdate><caldate>1990</caldate></sngdate>":                                                                    "1990-01-01T00:00:00Z/1990-12-31T23:59:59.999999Z",
		"<mdattim><sngdate><caldate>199001</caldate></sngdate><sngdate><caldate>19920202</caldate></sngdate></mdattim>": "1990-01-01T00:00:00Z/1992-02-02T23:59:59.999999Z",
		"<rngdates><begdate>20240601</begdate><enddate>present</enddate></rngdates>":                                    "2024-06-01T00:00:00Z/..",
		"<rngdates><begdate>Unknown</begdate><enddate>20240601</enddate></rngdates>":                                    "../2024-06-01T23:59:59.999999Z",
		"<rngdates><begdate>2024</begdate><enddate>2023</enddate></rngdates>":                                           "2024-01-01T00:00:00Z/..",
		"": "../..",
	} {
		rec, err := Decode([]byte("<metadata><idinfo><timeperd><timeinfo>" + inner + "</timeinfo></timeperd></idinfo></metadata>"))
		if err != nil || rec.Time.String() != want {
			t.Errorf("%s is %s, want %s: %v", inner, rec.Time, want, err)
		}
	}
}

func TestNothing(t *testing.T) { format.Nothing(t) }

func TestRefused(t *testing.T) {
	for document, at := range map[string]string{
		"": "", "<x/>": "", "<metadata": "", "<metadata/>": "",
		"<metadata><idinfo><datasetid>..</datasetid><spdom><bounding><westbc>x</westbc></bounding></spdom></idinfo><dataqual><cloud>y</cloud></dataqual></metadata>": "cloud westbc datasetid",
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
	if rec := format.AllSpecies(t, "9250AA67-F3AC-6C12-0CB9-0662231AA181_fgdc.xml"); rec.Footprint == nil {
		t.Error(metadatatest.Shown(t, rec))
	}
}

func FuzzDecode(f *testing.F) { format.Fuzz(f) }
