package iso19139

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/dublincore"
	"perigee/shared/metadata/metadatatest"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
)

// schema is that of the application profile (07-045, annex).
const schema = "csw/2.0.2/profiles/apiso/1.0.0/apiso.xsd"

var sets = []string{dublincore.Brief, dublincore.Summary, dublincore.Full}

// item is a record as a STAC item leaves it.
func item() *record.Record {
	at := time.Date(2026, 6, 10, 10, 0, 31, 500_000_000, time.UTC)
	return &record.Record{
		Key: record.Key{Collection: "S2", ID: "S2A & co"}, Type: record.TypeItem, Title: "A < B", Abstract: "sea", Keywords: []string{"x", "y"},
		Time: record.Interval{Start: at, End: at.Add(time.Second)}, Modified: at, MediaType: "application/geo+json",
		Footprint: orb.Bound{Min: orb.Point{14.5, 47.25}, Max: orb.Point{16, 48}}.ToPolygon(),
		Links:     []record.Link{{Rel: "enclosure", Href: "https://x.example/b.tif", Type: "image/tiff", Title: "B"}, {Rel: "preview", Href: "https://x.example/b.png", Type: "image/png"}},
		Properties: map[string]any{
			"eo:cloud_cover": 12.5, "platform": "sentinel-2a", "instruments": []any{"msi"}, "gsd": 10.0, "proj:code": "EPSG:32633", "license": "CC-BY-4.0", "created": "2026-06-11T00:00:00Z",
			"updated": "2026-06-12T00:00:00Z", "view:sun_elevation": 50.0, "processing:level": "L2A", "sci:doi": "10.5555/x", "eo:bands": []any{map[string]any{"name": "B04", "center_wavelength": 0.665, "full_width_half_max": 0.038}},
			"providers": []any{map[string]any{"name": "ESA", "url": "https://esa.example", "roles": []any{"producer", "licensor"}}},
		},
	}
}

// RC-03: each record is written in each element set, whatever it came as, so that it is valid; a golden file holds each.
func TestAppend(t *testing.T) {
	records := map[string]*record.Record{"item": item(), "nothing": {Key: record.Key{ID: "1"}, Type: "dataset"}, "bare-service": {Key: record.Key{ID: "s"}, Type: "service"}}
	for _, name := range []string{"scene", "service"} {
		document, err := os.ReadFile("testdata/" + name + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		rec, err := Decode(document)
		if err != nil {
			t.Fatal(err)
		}
		records[name] = &rec
	}
	for name, rec := range records {
		for _, set := range sets {
			got := Append(nil, rec, set)
			owstest.Golden(t, "encoded/"+name+"-"+set+".xml", []byte(strings.ReplaceAll(string(got), "><", ">\n<")+"\n"))
			t.Run(name+" "+set, func(t *testing.T) { owstest.Validate(t, schema, got) })
		}
	}
}

// What is written of a document in full says the same as the document.
func TestRoundTrip(t *testing.T) {
	for _, name := range []string{"scene", "service"} {
		document, err := os.ReadFile("testdata/" + name + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		want, err := Decode(document)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(Append(nil, &want, dublincore.Full))
		if err != nil {
			t.Fatal(err)
		}
		for _, lost := range []string{record.PropertyPlatform, record.PropertyInstruments, record.PropertySensorType, record.PropertyKeywordType} { // which gmd has no place for, or nobody asks for
			delete(want.Properties, lost)
		}
		if got, want := metadatatest.Shown(t, got), metadatatest.Shown(t, want); got != want {
			t.Errorf("%s became\n%s\nwant\n%s", name, got, want)
		}
	}
}

// Boxes over the date line keep west beyond east.
func TestDateLine(t *testing.T) {
	first, err := Decode([]byte(extent(box("170", "0", "-170", "1"))))
	if err != nil {
		t.Fatal(err)
	}
	text := string(Append(nil, &first, dublincore.Brief))
	if !strings.Contains(text, "<gmd:westBoundLongitude><gco:Decimal>170<") || !strings.Contains(text, "<gmd:eastBoundLongitude><gco:Decimal>-170<") {
		t.Error(text)
	}
}

// Outlines that are no boxes are written beside the box, in full.
func TestOutlines(t *testing.T) {
	triangle := orb.Polygon{{{1, 2}, {3, 2}, {3, 4}, {1, 2}}}
	hole := orb.Polygon{{{10, 10}, {20, 10}, {20, 20}, {10, 20}, {10, 10}}, {{12, 12}, {12, 14}, {14, 12}, {12, 12}}}
	two := orb.MultiPolygon{orb.Bound{Min: orb.Point{1, 1}, Max: orb.Point{2, 2}}.ToPolygon(), orb.Bound{Min: orb.Point{5, 5}, Max: orb.Point{6, 6}}.ToPolygon()}
	for _, g := range []orb.Geometry{triangle, hole, orb.MultiPolygon{triangle, hole}, two} {
		rec := &record.Record{Key: record.Key{ID: "a b"}, Type: "dataset", Footprint: g}
		text := Append(nil, rec, dublincore.Full)
		got, err := Decode(text)
		if err != nil || !orb.Equal(got.Footprint, g) {
			t.Errorf("%v became %v, %v", g, got.Footprint, err)
		}
		t.Run("valid", func(t *testing.T) { owstest.Validate(t, schema, text) })
		if got, err := Decode(Append(nil, rec, dublincore.Summary)); err != nil || got.Footprint.Bound() != g.Bound() {
			t.Errorf("%v is %v in the summary, %v", g, got.Footprint, err)
		}
	}
}

// Real documents, written anew in each set, are valid.
func TestRealDocumentsWritten(t *testing.T) {
	eachReal(t, func(name string, document []byte) {
		rec, err := Decode(document)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, set := range sets {
			t.Run(name+" "+set, func(t *testing.T) { owstest.Validate(t, schema, Append(nil, &rec, set)) })
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	rec := item()
	var buffer []byte
	b.ReportAllocs()
	for b.Loop() {
		buffer = Append(buffer[:0], rec, dublincore.Full)
	}
	b.SetBytes(int64(len(buffer)))
}
