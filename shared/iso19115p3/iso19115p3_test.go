package iso19115p3

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/datatest"
	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/iso19139"
	"perigee/shared/metadata/metadatatest"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
)

// older are the documents of ISO 19139 by which the two encodings are compared.
func older(t *testing.T, name string) record.Record {
	t.Helper()
	document, err := os.ReadFile("../iso19139/testdata/" + name + ".xml")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := iso19139.Decode(document)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// RC-03: what a record of one encoding says, it says in the other, which is read as the same; a golden file holds each
// element set.
func TestAppend(t *testing.T) {
	for _, name := range []string{"scene", "service"} {
		want := older(t, name)
		for _, set := range []string{dublincore.Brief, dublincore.Summary, dublincore.Full} {
			got := Append(nil, &want, set)
			owstest.Golden(t, "encoded/"+name+"-"+set+".xml", []byte(strings.ReplaceAll(string(got), "><", ">\n<")+"\n"))
		}
		got, err := Decode(Append(nil, &want, dublincore.Full))
		if err != nil {
			t.Fatal(err)
		}
		delete(want.Properties, record.PropertyKeywordType) // which nobody asks for
		if got, want := metadatatest.Shown(t, got), metadatatest.Shown(t, want); got != want {
			t.Errorf("%s became\n%s\nwant\n%s", name, got, want)
		}
	}
}

// A record of which nothing is known is written in each set, and read.
func TestNothing(t *testing.T) {
	for _, typ := range []string{record.TypeItem, record.TypeCollection, "service", "dataset"} {
		rec := record.Record{Key: record.Key{ID: "x"}, Type: typ}
		for _, set := range []string{dublincore.Brief, dublincore.Full} {
			if got, err := Decode(Append(nil, &rec, set)); err != nil || got.ID != "x" || got.Type != dublincore.TypeOf(typ) {
				t.Errorf("%s %s: %+v, %v", typ, set, got, err)
			}
		}
	}
}

// Outlines that are no boxes are written beside the box.
func TestOutlines(t *testing.T) {
	g := orb.Polygon{{{1, 2}, {3, 2}, {3, 4}, {1, 2}}}
	rec := &record.Record{Key: record.Key{ID: "a"}, Type: "dataset", Footprint: g}
	if got, err := Decode(Append(nil, rec, dublincore.Full)); err != nil || !orb.Equal(got.Footprint, g) {
		t.Errorf("%v became %v, %v", g, got.Footprint, err)
	}
}

// A document as other catalogues write it.
func TestDecode(t *testing.T) {
	document, err := os.ReadFile("testdata/series.xml")
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Decode(document)
	if err != nil || string(rec.Document) != string(document) {
		t.Fatal(err)
	}
	owstest.Golden(t, "series.json", []byte(metadatatest.Shown(t, rec)))
}

func TestRefused(t *testing.T) {
	for _, document := range []string{"", "<x/>", `<mdb:MD_Metadata xmlns:mdb="` + Namespace + `">`} {
		if rec, err := Decode([]byte(document)); err == nil || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s is %+v, %v", document, rec, err)
		}
	}
}

// Real documents are read.
func TestRealDocuments(t *testing.T) {
	folder := datatest.Folder(t)
	names, err := filepath.Glob(filepath.Join(folder, "data/catalogue/xml/owslib-iso19115-3/*.xml"))
	if err != nil || len(names) == 0 {
		t.Fatal("there are no real documents below "+folder, err)
	}
	for _, name := range names {
		document, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := Decode(document)
		if err != nil || rec.ID == "" || rec.Abstract == "" || rec.Footprint == nil || len(rec.Keywords) == 0 || rec.Text(record.PropertyDateStamp) == "" || len(rec.Contacts()) == 0 {
			t.Errorf("%s: %.3000s, %v", name, metadatatest.Shown(t, rec), err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	document, err := os.ReadFile("testdata/series.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(document))
	f.Fuzz(func(t *testing.T, document string) {
		if rec, err := Decode([]byte(document)); err == nil && (rec.ID == "" || rec.Title == "" || rec.Type == "") {
			t.Errorf("%q became %+v", document, rec)
		}
	})
}
