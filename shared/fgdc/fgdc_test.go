package fgdc

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
		got.Time != want.Time || got.Footprint.Bound() != want.Footprint.Bound() || len(got.Links) != len(want.Links) || got.Properties[record.PropertyCloudCover] != 15.0 {
		t.Errorf("%s, %v", shown(t, got), err)
	}
	for _, name := range []string{
		record.PropertyTopicCategory, record.PropertyLineage, record.PropertyFormat, record.PropertyEdition, record.PropertyPublicationDate, record.PropertyUseLimitation,
		record.PropertyOtherConstraints, record.PropertyClassification, record.PropertyPublisher, record.PropertyCreator, record.PropertyDateStamp,
	} {
		if got.Text(name) != want.Text(name) || want.Text(name) == "" {
			t.Errorf("%s is %q, want %q", name, got.Text(name), want.Text(name))
		}
	}
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
	folder := os.Getenv("PERIGEE_SHARED")
	if folder == "" {
		t.Skip("PERIGEE_SHARED names no folder of real data")
	}
	document, err := os.ReadFile(filepath.Join(folder, "data/catalogue/xml/owslib-records/9250AA67-F3AC-6C12-0CB9-0662231AA181_fgdc.xml"))
	if err != nil {
		t.Skip(err)
	}
	rec, err := Decode(document)
	if err != nil || rec.ID != record.DigestID(document) || rec.Title != "ALLSPECIES" || len(rec.Keywords) < 50 || len(rec.Links) != 2 || len(rec.Contacts()) != 2 || rec.Footprint == nil {
		t.Errorf("%s, %v", shown(t, rec), err)
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
