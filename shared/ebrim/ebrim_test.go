package ebrim

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/metadata/metadatatest"
	"perigee/shared/record"
)

var format = metadatatest.Format{Decode: Decode, Append: Append}

// RC-03: objects of the model are read, and written so that they say the same again.
func TestRoundTrip(t *testing.T) {
	rec, err := Decode(metadatatest.Sample(t))
	want := record.Record{
		Key: record.Key{ID: "urn:x-perigee:lakes"}, Type: "dataset", Title: "Lakes of Austria", Abstract: `Where there is water, and "ice".`, Keywords: []string{"lakes", "water & ice"},
		Time:       record.Interval{Start: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 5, 31, 12, 0, 0, 0, time.UTC)},
		Footprint:  orb.Bound{Min: orb.Point{9.25, 46.5}, Max: orb.Point{17, 49}}.ToPolygon(),
		Properties: map[string]any{"dateStamp": "2026-05-31", "creator": "Ada"},
		Links:      []record.Link{{Rel: "related", Href: "https://eo.example/lakes.tif"}}, Document: metadatatest.Sample(t), MediaType: MediaType,
	}
	if err != nil || !reflect.DeepEqual(rec, want) {
		t.Fatalf("it became\n%+v, %v\nnot\n%+v", rec, err, want)
	}
	again, err := Decode(Append(nil, &rec, dublincore.Full))
	want.Document, again.Document = nil, nil
	if err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("again it became\n%+v, %v", again, err)
	}
	brief, summary := string(Append(nil, &rec, dublincore.Brief)), string(Append(nil, &rec, dublincore.Summary))
	if strings.Contains(brief, "Slot") || !strings.Contains(brief, "<rim:Name>") || !strings.Contains(summary, "water &amp; ice") || strings.Contains(summary, "references") {
		t.Errorf("%s\n%s", brief, summary)
	}
}

func TestRefusals(t *testing.T) {
	const root = `<rim:RegistryObject xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0" `
	for document, want := range map[string]string{
		"<x/>":                    "not rim:ExtrinsicObject",
		root + `id=".."/>`:        "id cannot be",
		root + `id="x"><rim:Slot`: "",
		root + `id="x"><rim:Slot><rim:ValueList><rim:AnyValue><rim:Envelope><rim:lowerCorner>1</rim:lowerCorner></rim:Envelope></rim:AnyValue></rim:ValueList></rim:Slot></rim:RegistryObject>`: "not two numbers each",
		root + `id="x"><rim:Slot><rim:ValueList><rim:AnyValue><rim:Envelope srsName="none"/></rim:AnyValue></rim:ValueList></rim:Slot></rim:RegistryObject>`:                                    "none",
	} {
		if _, err := Decode([]byte(document)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", document, err)
		}
	}
	rec, err := Decode([]byte(root + `objectType="urn:x:Service"/>`))
	if err != nil || rec.Type != "service" || rec.ID != record.DigestID(rec.Document) || rec.Title != rec.ID {
		t.Errorf("%+v, %v", rec, err)
	}
}

func TestGolden(t *testing.T) { format.Golden(t) }

func TestNothing(t *testing.T) { format.Nothing(t) }

func FuzzDecode(f *testing.F) { format.Fuzz(f) }
