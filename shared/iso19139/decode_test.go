package iso19139

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/metadata/metadatatest"
	"perigee/shared/record"
)

var update = flag.Bool("update", false, "write the golden files")

// RC-03: what records of the ISO application profile say, a document beside each record that it becomes.
func TestDecode(t *testing.T) {
	documents, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(documents) == 0 {
		t.Fatal(documents, err)
	}
	for _, name := range documents {
		document, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := Decode(document)
		if err != nil || string(rec.Document) != string(document) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		golden := strings.TrimSuffix(name, ".xml") + ".json"
		if *update {
			if err := os.WriteFile(golden, []byte(metadatatest.Shown(t, rec)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || metadatatest.Shown(t, rec) != string(want) {
			t.Errorf("%s became\n%s\nwant\n%s\n%v", name, metadatatest.Shown(t, rec), want, err)
		}
	}
}

const opening = `<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco" xmlns:gml="http://www.opengis.net/gml/3.2">`

// extent is a document of a resource with the given elements in its extent.
func extent(elements string) string {
	return opening + `<gmd:fileIdentifier><gco:CharacterString>a</gco:CharacterString></gmd:fileIdentifier><gmd:identificationInfo><gmd:MD_DataIdentification><gmd:extent><gmd:EX_Extent>` +
		elements + `</gmd:EX_Extent></gmd:extent></gmd:MD_DataIdentification></gmd:identificationInfo></gmd:MD_Metadata>`
}

func box(west, south, east, north string) string {
	side := func(name, n string) string {
		return "<gmd:" + name + "><gco:Decimal>" + n + "</gco:Decimal></gmd:" + name + ">"
	}
	return "<gmd:geographicElement><gmd:EX_GeographicBoundingBox>" + side("westBoundLongitude", west) + side("eastBoundLongitude", east) +
		side("southBoundLatitude", south) + side("northBoundLatitude", north) + "</gmd:EX_GeographicBoundingBox></gmd:geographicElement>"
}

func polygon(srs, positions string) string {
	return `<gmd:geographicElement><gmd:EX_BoundingPolygon><gmd:polygon><gml:Polygon srsName="` + srs + `"><gml:exterior><gml:LinearRing><gml:posList>` + positions +
		`</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gmd:polygon></gmd:EX_BoundingPolygon></gmd:geographicElement>`
}

func during(inner string) string {
	return `<gmd:temporalElement><gmd:EX_TemporalExtent><gmd:extent>` + inner + `</gmd:extent></gmd:EX_TemporalExtent></gmd:temporalElement>`
}

// Where resources are: boxes, several of them, across the date line, and polygons where they agree with the box.
func TestPlaces(t *testing.T) {
	const urn = "urn:ogc:def:crs:EPSG::4326"
	for elements, want := range map[string]string{
		box("1", "2", "3", "4"):                                           `[[[1,2],[3,2],[3,4],[1,4],[1,2]]]`,
		box("1", "2", "1", "2"):                                           `[1,2]`,
		box("170", "0", "-170", "1"):                                      `[[[[170,0],[180,0],[180,1],[170,1],[170,0]]],[[[-180,0],[-170,0],[-170,1],[-180,1],[-180,0]]]]`,
		box("", "", "", ""):                                               `null`,
		box("1", "2", "3", "4") + box("5", "2", "6", "4"):                 `[[[[1,2],[3,2],[3,4],[1,4],[1,2]]],[[[5,2],[6,2],[6,4],[5,4],[5,2]]]]`,
		box("1", "2", "3", "4") + box("2", "2", "6", "4"):                 `[[[1,2],[6,2],[6,4],[1,4],[1,2]]]`,
		polygon(urn, "2 1 2 3 4 3 2 1"):                                   `[[[1,2],[3,2],[3,4],[1,2]]]`,
		polygon("", "1 2 3 2 3 4 1 2"):                                    `[[[1,2],[3,2],[3,4],[1,2]]]`,
		polygon(urn, "2 1 2 3 4 3 2 1") + box("1", "2", "3", "4"):         `[[[1,2],[3,2],[3,4],[1,2]]]`,
		polygon("", "52 9 52 10 53 10 52 9") + box("9", "52", "10", "53"): `[[[9,52],[10,52],[10,53],[9,53],[9,52]]]`,
		polygon("", "1 2 3") + box("1", "2", "3", "4"):                    `[[[1,2],[3,2],[3,4],[1,4],[1,2]]]`,
	} {
		rec, err := Decode([]byte(extent(elements)))
		got, jsonErr := json.Marshal(rec.Footprint)
		if err != nil || jsonErr != nil || string(got) != want {
			t.Errorf("%s is %s, want %s: %v", elements, got, want, err)
		}
	}
}

func TestTimes(t *testing.T) {
	for elements, want := range map[string]string{
		during(`<gml:TimePeriod><gml:beginPosition>2011-04</gml:beginPosition><gml:endPosition>2011-05-02T01:00:00Z</gml:endPosition></gml:TimePeriod>`):                                                                                              "2011-04-01T00:00:00Z/2011-05-02T01:00:00Z",
		during(`<gml:TimePeriod><gml:beginPosition>2011</gml:beginPosition><gml:endPosition indeterminatePosition="now"/></gml:TimePeriod>`):                                                                                                          "2011-01-01T00:00:00Z/..",
		during(`<gml:TimePeriod><gml:begin><gml:TimeInstant><gml:timePosition>2011</gml:timePosition></gml:TimeInstant></gml:begin><gml:end><gml:TimeInstant><gml:timePosition>2010</gml:timePosition></gml:TimeInstant></gml:end></gml:TimePeriod>`): "2011-01-01T00:00:00Z",
		during(`<gml:TimeInstant><gml:timePosition>2011-04-05T06:07:08Z</gml:timePosition></gml:TimeInstant>`):                                                                                                                                        "2011-04-05T06:07:08Z",
		during(`<gml:TimeInstant><gml:timePosition>in spring</gml:timePosition></gml:TimeInstant>`):                                                                                                                                                   "../..",
		during(""): "../..",
		during(`<gml:TimeInstant><gml:timePosition>2011</gml:timePosition></gml:TimeInstant>`) + during(`<gml:TimeInstant><gml:timePosition>2013</gml:timePosition></gml:TimeInstant>`): "2011-01-01T00:00:00Z/2013-12-31T23:59:59.999999Z",
	} {
		if rec, err := Decode([]byte(extent(elements))); err != nil || rec.Time.String() != want {
			t.Errorf("%s is %s, want %s: %v", elements, rec.Time, want, err)
		}
	}
}

func TestDecodeTellsAllThatIsWrong(t *testing.T) {
	for document, want := range map[string]string{
		"":     " ",
		"<x/>": " ",
		strings.Replace(extent(""), ">a<", ">..<", 1): "fileIdentifier",
		extent(box("1", "x", "1", "2")):               "southBoundLatitude",
		extent(box("1", "", "1", "2")):                "EX_GeographicBoundingBox",
		strings.Replace(extent(box("1", "3", "1", "2")+box("1", "-91", "1", "2")), ">a<", ">.<", 1): "EX_GeographicBoundingBox EX_GeographicBoundingBox fileIdentifier",
	} {
		_, err := Decode([]byte(document))
		var at []string
		for _, e := range fault.All(err) {
			if fault.KindOf(e) != fault.Invalid {
				t.Errorf("%s: %v", document, e)
			}
			at = append(at, fault.LocatorOf(e))
		}
		if got := strings.Join(at, " "); err == nil || got != strings.TrimSpace(want) {
			t.Errorf("%s: %q, want %q: %v", document, got, want, err)
		}
	}
}

// eachReal calls a function with every real document, of which there is none without a folder of them.
func eachReal(t *testing.T, of func(name string, document []byte)) {
	t.Helper()
	folder := datatest.Folder(t)
	count := 0
	for _, pattern := range []string{"data/pycsw-suites/apiso/data/*.xml", "data/catalogue/xml/*/*.xml"} {
		names, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			document, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(document), `http://www.isotc211.org/2005/gmd"`) && !strings.Contains(string(document[:1000]), "GetRecord") {
				count++
				of(filepath.Base(name), document)
			}
		}
	}
	if count == 0 {
		t.Fatal("there are no real documents below " + folder)
	}
}

// Real documents are read: those of the suite of the profile, and of other catalogues.
func TestRealDocuments(t *testing.T) {
	eachReal(t, func(name string, document []byte) {
		if rec, err := Decode(document); err != nil || rec.ID == "" || rec.Abstract == "" {
			t.Errorf("%s: %.300s, %v", name, metadatatest.Shown(t, rec), err)
		}
	})
}

// A document that has no identifier gets the same each time.
func TestNoIdentifier(t *testing.T) {
	document := []byte(opening + "</gmd:MD_Metadata>")
	if rec, err := Decode(document); err != nil || rec.ID != record.DigestID(document) || rec.Title != rec.ID || rec.Type != "dataset" {
		t.Errorf("%+v, %v", rec, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(extent(box("1", "2", "3", "4") + polygon("urn:ogc:def:crs:EPSG::4326", "2 1 2 3 4 3 2 1") + during(`<gml:TimeInstant><gml:timePosition>2011</gml:timePosition></gml:TimeInstant>`)))
	f.Fuzz(func(t *testing.T, document string) {
		if rec, err := Decode([]byte(document)); err == nil && (rec.ID == "" || rec.Title == "" || rec.Type == "") {
			t.Errorf("%q became %+v", document, rec)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	document, err := os.ReadFile("testdata/service.xml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(document)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(document); err != nil {
			b.Fatal(err)
		}
	}
}
