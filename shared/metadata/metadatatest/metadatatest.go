// Package metadatatest has the tests that every metadata format passes, whose sample is testdata/lakes.xml.
package metadatatest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/dublincore"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
)

// Format is a format that is tested.
type Format struct {
	Decode func(document []byte) (record.Record, error)
	Append func(b []byte, rec *record.Record, set string) []byte
}

// Shown is a record as JSON, without its document.
func Shown(t testing.TB, rec record.Record) string {
	t.Helper()
	rec.Document = nil
	text, err := json.MarshalIndent(rec, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

// Sample is the sample of the format.
func Sample(t testing.TB) []byte {
	t.Helper()
	document, err := os.ReadFile("testdata/lakes.xml")
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// Golden compares what the sample says, and what is written of it in each element set, with golden files.
func (f Format) Golden(t *testing.T) {
	t.Helper()
	document := Sample(t)
	rec, err := f.Decode(document)
	if err != nil || string(rec.Document) != string(document) {
		t.Fatal(err)
	}
	owstest.Golden(t, "lakes.json", []byte(Shown(t, rec)))
	for _, set := range []string{dublincore.Brief, dublincore.Summary, dublincore.Full} {
		owstest.Golden(t, "lakes-"+set+".xml", []byte(strings.ReplaceAll(string(f.Append(nil, &rec, set)), "><", ">\n<")+"\n"))
	}
}

// RoundTrip tests that what is written in full of the sample is read as the same core, and the same texts of properties,
// none of which is empty.
func (f Format) RoundTrip(t *testing.T, properties ...string) {
	t.Helper()
	want, err := f.Decode(Sample(t))
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Decode(f.Append(nil, &want, dublincore.Full))
	if err != nil || got.ID != want.ID || got.Title != want.Title || got.Abstract != want.Abstract || sorted(got.Keywords) != sorted(want.Keywords) ||
		got.Time != want.Time || got.Footprint.Bound() != want.Footprint.Bound() || len(got.Links) != len(want.Links) ||
		got.Properties[record.PropertyCloudCover] != want.Properties[record.PropertyCloudCover] {
		t.Errorf("%s, %v", Shown(t, got), err)
	}
	for _, name := range properties {
		if got.Text(name) != want.Text(name) || want.Text(name) == "" {
			t.Errorf("%s is %q, want %q", name, got.Text(name), want.Text(name))
		}
	}
}

func sorted(keywords []string) string {
	return strings.Join(slices.Sorted(slices.Values(keywords)), "|")
}

// Real reads a real document of those that OWSLib is tested with.
func (f Format) Real(t *testing.T, name string) (document []byte, rec record.Record) {
	t.Helper()
	document, err := os.ReadFile(filepath.Join(datatest.Folder(t), "data/catalogue/xml/owslib-records", name))
	if err != nil {
		t.Fatal(err)
	}
	if rec, err = f.Decode(document); err != nil {
		t.Errorf("%s: %s, %v", name, Shown(t, rec), err)
	}
	return document, rec
}

// AllSpecies tests that the real document of all species is read, which is there in several formats.
func (f Format) AllSpecies(t *testing.T, name string) record.Record {
	t.Helper()
	document, rec := f.Real(t, name)
	if rec.ID != record.DigestID(document) || rec.Title != "ALLSPECIES" || len(rec.Keywords) < 50 || len(rec.Links) != 2 || len(rec.Contacts()) != 2 {
		t.Error(Shown(t, rec))
	}
	return rec
}

// Nothing tests that a record of which next to nothing is known is written in each element set, and read.
func (f Format) Nothing(t *testing.T) {
	t.Helper()
	rec := record.Record{Key: record.Key{ID: "x"}, Type: record.TypeItem, Title: "X"}
	for _, set := range []string{dublincore.Brief, dublincore.Summary, dublincore.Full} {
		if got, err := f.Decode(f.Append(nil, &rec, set)); err != nil || got.ID != "x" || got.Title != "X" {
			t.Errorf("%s: %+v, %v", set, got, err)
		}
	}
}

// Fuzz tests that what is read has what each record has.
func (f Format) Fuzz(fuzz *testing.F) {
	fuzz.Helper()
	fuzz.Add(string(Sample(fuzz)))
	fuzz.Fuzz(func(t *testing.T, document string) {
		if rec, err := f.Decode([]byte(document)); err == nil && (rec.ID == "" || rec.Title == "" || rec.Type == "") {
			t.Errorf("%q became %+v", document, rec)
		}
	})
}
