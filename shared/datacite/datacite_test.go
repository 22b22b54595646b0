package datacite

import (
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/metadata/metadatatest"
	"perigee/shared/record"
)

var format = metadatatest.Format{Decode: Decode, Append: Append}

// RC-08: what a document says, which is harvested or inserted, and what is written of it in each element set.
func TestDecode(t *testing.T) { format.Golden(t) }

// What is written in full is read as the same core.
func TestRoundTrip(t *testing.T) {
	format.RoundTrip(t,
		record.PropertyParent, record.PropertyFormat, record.PropertyEdition, record.PropertyUseLimitation, record.PropertyGeographicCode, record.PropertyPublisher, record.PropertyCreator, record.PropertyResourceLanguage, record.PropertyCreationDate, record.PropertyPublicationDate, record.PropertyResourceIdentifier,
	)
}

func TestNothing(t *testing.T) { format.Nothing(t) }

func TestRefused(t *testing.T) {
	for document, at := range map[string]string{
		"": "", "<x/>": "", "<resource/>": "",
		`<resource xmlns="` + Namespace + `"><identifier>..</identifier><geoLocations><geoLocation><geoLocationBox><westBoundLongitude>x</westBoundLongitude></geoLocationBox></geoLocation></geoLocations></resource>`: "westBoundLongitude identifier",
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

func FuzzDecode(f *testing.F) { format.Fuzz(f) }
