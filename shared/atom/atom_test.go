package atom

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
)

// shown is a record as JSON, without its document.
func shown(t testing.TB, rec record.Record) string {
	t.Helper()
	rec.Document = nil
	text, err := json.MarshalIndent(rec, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func sample(t testing.TB) []byte {
	t.Helper()
	document, err := os.ReadFile("testdata/lakes.xml")
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// RC-09: what a document says, which is harvested or inserted, and what is written of it in each element set.
func TestDecode(t *testing.T) {
	document := sample(t)
	rec, err := Decode(document)
	if err != nil || string(rec.Document) != string(document) {
		t.Fatal(err)
	}
	owstest.Golden(t, "lakes.json", []byte(shown(t, rec)))
	for _, set := range []string{dublincore.Brief, dublincore.Summary, dublincore.Full} {
		owstest.Golden(t, "lakes-"+set+".xml", []byte(strings.ReplaceAll(string(Append(nil, &rec, set)), "><", ">\n<")+"\n"))
	}
}

// What is written in full is read as the same core.
func TestRoundTrip(t *testing.T) {
	want, err := Decode(sample(t))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(Append(nil, &want, dublincore.Full))
	if err != nil || got.ID != want.ID || got.Title != want.Title || got.Abstract != want.Abstract || strings.Join(slices.Sorted(slices.Values(got.Keywords)), "|") != strings.Join(slices.Sorted(slices.Values(want.Keywords)), "|") ||
		got.Time != want.Time || got.Footprint.Bound() != want.Footprint.Bound() || len(got.Links) != len(want.Links) {
		t.Errorf("%s, %v", shown(t, got), err)
	}
	for _, name := range []string{
		record.PropertyDateStamp, record.PropertyPublicationDate, record.PropertyRights, record.PropertyCreator, record.PropertyContributor,
	} {
		if got.Text(name) != want.Text(name) || want.Text(name) == "" {
			t.Errorf("%s is %q, want %q", name, got.Text(name), want.Text(name))
		}
	}
}

func TestNothing(t *testing.T) {
	rec := record.Record{Key: record.Key{ID: "x"}, Type: record.TypeItem, Title: "X"}
	for _, set := range []string{dublincore.Brief, dublincore.Summary, dublincore.Full} {
		if got, err := Decode(Append(nil, &rec, set)); err != nil || got.ID != "x" || got.Title != "X" {
			t.Errorf("%s: %+v, %v", set, got, err)
		}
	}
}

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

func FuzzDecode(f *testing.F) {
	f.Add(string(sample(f)))
	f.Fuzz(func(t *testing.T, document string) {
		if rec, err := Decode([]byte(document)); err == nil && (rec.ID == "" || rec.Title == "" || rec.Type == "") {
			t.Errorf("%q became %+v", document, rec)
		}
	})
}
