package gm03

import (
	"encoding/json"
	"os"
	"path/filepath"
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

// RC-10: what a document says, which is harvested or inserted, and what is written of it in each element set.
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
		record.PropertyParent, record.PropertyTopicCategory, record.PropertyLineage, record.PropertyFormat, record.PropertyCreationDate, record.PropertyUseLimitation,
		record.PropertyAccessConstraints, record.PropertyGeographicCode, record.PropertyResourceLanguage, record.PropertyCRS, record.PropertyOrganisation, record.PropertyDateStamp,
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
	folder := os.Getenv("PERIGEE_SHARED")
	if folder == "" {
		t.Skip("PERIGEE_SHARED names no folder of real data")
	}
	for _, name := range []string{"gm03_example1.xml", "gm03_example2.xml"} {
		document, err := os.ReadFile(filepath.Join(folder, "data/catalogue/xml/owslib-records", name))
		if err != nil {
			t.Skip(err)
		}
		rec, err := Decode(document)
		if err != nil || rec.Title != "Unterhaltsdienst" || rec.Type != "dataset" || rec.Text(record.PropertyCreationDate) != "1999-12-31" || len(rec.Contacts()) != 1 || rec.Abstract == "" ||
			rec.Footprint == nil || rec.Footprint.Bound().Max[0]-rec.Footprint.Bound().Min[0] > 0.2 {
			t.Errorf("%s: %s, %v", name, shown(t, rec), err)
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
