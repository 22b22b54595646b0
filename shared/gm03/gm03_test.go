package gm03

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
		record.PropertyParent, record.PropertyTopicCategory, record.PropertyLineage, record.PropertyFormat, record.PropertyCreationDate, record.PropertyUseLimitation,
		record.PropertyAccessConstraints, record.PropertyGeographicCode, record.PropertyResourceLanguage, record.PropertyCRS, record.PropertyOrganisation, record.PropertyDateStamp,
	)
}

func TestNothing(t *testing.T) { format.Nothing(t) }

func TestRefused(t *testing.T) {
	const opening = `<TRANSFER xmlns="` + Namespace + `"><DATASECTION><b>`
	const closing = "</b></DATASECTION></TRANSFER>"
	for document, at := range map[string]string{
		"": "", "<x/>": "", "<TRANSFER/>": "", opening + closing: "",
		opening + "<C.MD_Metadata><fileIdentifier>..</fileIdentifier></C.MD_Metadata><C.EX_GeographicBoundingBox><westBoundLongitude>x</westBoundLongitude></C.EX_GeographicBoundingBox>" + closing: "westBoundLongitude fileIdentifier",
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

// Real documents are read, one of which has its east and its west exchanged.
func TestRealDocuments(t *testing.T) {
	for _, name := range []string{"gm03_example1.xml", "gm03_example2.xml"} {
		_, rec := format.Real(t, name)
		if rec.Title != "Unterhaltsdienst" || rec.Type != "dataset" || rec.Text(record.PropertyCreationDate) != "1999-12-31" || len(rec.Contacts()) != 1 || rec.Abstract == "" ||
			rec.Footprint == nil || rec.Footprint.Bound().Max[0]-rec.Footprint.Bound().Min[0] > 0.2 {
			t.Errorf("%s: %s", name, metadatatest.Shown(t, rec))
		}
	}
}

func FuzzDecode(f *testing.F) { format.Fuzz(f) }
