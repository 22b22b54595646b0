package dublincore

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/record"
)

const opening = `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/" xmlns:ows="http://www.opengis.net/ows">`

func decode(t testing.TB, document string) (record.Record, error) {
	t.Helper()
	var r Received
	if err := xml.Unmarshal([]byte(document), &r); err != nil {
		t.Fatal(err)
	}
	return r.Record()
}

// RC-11: what is written of a record is read again.
func TestWhatIsEncodedIsDecoded(t *testing.T) {
	want := sample()
	rec, err := decode(t, opening+strings.TrimPrefix(encode(t, want, Full), "<csw:Record>"))
	if err != nil || rec.ID != want.ID || rec.Title != want.Title || rec.Abstract != want.Abstract || rec.Type != TypeDataset || rec.Time != want.Time || rec.MediaType != MediaType ||
		!reflect.DeepEqual(rec.Keywords, want.Keywords) || rec.Footprint.Bound() != want.Footprint.Bound() || len(rec.Links) != 2 || rec.Links[0].Protocol != "OGC:WMS" ||
		rec.Properties["format"] != "application/geo+json" || rec.Properties["relation"] != "S2" {
		t.Errorf("%+v, %v", rec, err)
	}
}

func TestDecode(t *testing.T) {
	box := func(crs, lower, upper string) string {
		return `<ows:BoundingBox` + crs + `><ows:LowerCorner>` + lower + `</ows:LowerCorner><ows:UpperCorner>` + upper + `</ows:UpperCorner></ows:BoundingBox>`
	}
	with := func(elements string) string {
		return opening + `<dc:title> T </dc:title><dc:identifier/><dc:identifier>a</dc:identifier>` + elements + `</csw:Record>`
	}
	bounds := orb.Bound{Min: orb.Point{10, 40}, Max: orb.Point{20, 50}}
	for elements, want := range map[string]orb.Bound{
		box(` crs="urn:x-ogc:def:crs:EPSG:6.11:4326"`, "40 10", "50 20"): bounds, box(` crs="CRS:84"`, "10 40", "20 50"): bounds, box("", "40 10", "50 20"): bounds,
		strings.ReplaceAll(box("", "10 40", "20 50"), "BoundingBox", "WGS84BoundingBox"): bounds,
	} {
		if rec, err := decode(t, with(elements)); err != nil || rec.Footprint == nil || rec.Footprint.Bound() != want {
			t.Errorf("%s: %v, %v", elements, rec.Footprint, err)
		}
	}
	rec, err := decode(t, with(`<dc:type>http://purl.org/dc/dcmitype/Service</dc:type><dc:description>D</dc:description><dct:temporal>in spring</dct:temporal><dc:date>2024-05</dc:date>
		<dc:creator>x</dc:creator><dc:creator>y</dc:creator>`))
	if err != nil || rec.ID != "a" || rec.Title != "T" || rec.Type != "service" || rec.Abstract != "D" || rec.Time.String() != "2024-05-01T00:00:00Z/2024-05-31T23:59:59.999999Z" ||
		!reflect.DeepEqual(rec.Properties["creator"], []any{"x", "y"}) {
		t.Errorf("%+v, %v", rec, err)
	}
	if rec, err = decode(t, with(`<dc:type>Collection</dc:type>`)); err != nil || rec.Type != TypeDataset || !rec.Time.IsZero() {
		t.Errorf("%+v, %v", rec, err)
	}
}

// The words of a type and of a date are written as they came.
func TestWordsStayWhatTheyAre(t *testing.T) {
	text := opening + `<dc:identifier>a</dc:identifier><dc:type>http://purl.org/dc/dcmitype/Image</dc:type><dc:date>2006-05-12</dc:date></csw:Record>`
	rec, err := Decode([]byte(text))
	if err != nil || rec.Type != "image" || rec.Time.Start.Day() != 12 {
		t.Fatalf("%+v, %v", rec, err)
	}
	if got := string(Encode(rec, Full).Append(nil)); !strings.Contains(got, "<dc:type>http://purl.org/dc/dcmitype/Image</dc:type>") || !strings.Contains(got, "<dc:date>2006-05-12</dc:date>") {
		t.Error(got)
	}
}

func TestDecodeTellsAllThatIsWrong(t *testing.T) {
	for document, want := range map[string]string{
		`<Record/>`: ", dc:identifier",
		opening + `<ows:BoundingBox><ows:LowerCorner>1</ows:LowerCorner></ows:BoundingBox></csw:Record>`:                                                                            "dc:identifier, ows:BoundingBox",
		opening + `<dc:identifier>a</dc:identifier><ows:BoundingBox crs="x"/></csw:Record>`:                                                                                         "ows:BoundingBox",
		opening + `<dc:identifier>..</dc:identifier><ows:BoundingBox><ows:LowerCorner>NaN 1</ows:LowerCorner><ows:UpperCorner>2 2</ows:UpperCorner></ows:BoundingBox></csw:Record>`: "dc:identifier, ows:BoundingBox",
	} {
		_, err := decode(t, document)
		var at []string
		for _, e := range fault.All(err) {
			if fault.KindOf(e) != fault.Invalid {
				t.Errorf("%s: %v", document, e)
			}
			at = append(at, fault.LocatorOf(e))
		}
		if got := strings.Join(at, ", "); got != want || err == nil {
			t.Errorf("%s: %q, want %q: %v", document, got, want, err)
		}
	}
}

// A record of a real catalogue is read.
func TestRealRecord(t *testing.T) {
	folder := datatest.Folder(t)
	raw, err := os.ReadFile(filepath.Join(folder, "data/catalogue/xml/owslib-records/9250AA67-F3AC-6C12-0CB9-0662231AA181_dc.xml"))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := decode(t, strings.Replace(string(raw), "ISO-8859-1", "UTF-8", 1))
	if err != nil || rec.ID != "9250AA67-F3AC-6C12-0CB9-0662231AA181" || rec.Type != TypeDataset || len(rec.Keywords) != 24 || rec.Footprint.Bound() != (orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}) {
		t.Errorf("%+v, %v", rec, err)
	}
}

// A real description in RDF is read.
func TestRealDescription(t *testing.T) {
	folder := datatest.Folder(t)
	document, err := os.ReadFile(filepath.Join(folder, "data/catalogue/xml/owslib-records/9250AA67-F3AC-6C12-0CB9-0662231AA181_dc2.xml"))
	if err != nil {
		t.Fatal(err)
	}
	if rec, err := DecodePlain(document); err != nil || rec.ID != "10.3390/rs12142299" || rec.Title == "" || rec.Abstract == "" {
		t.Errorf("%+v, %v", rec, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(opening + `<dc:identifier>a</dc:identifier><ows:BoundingBox crs="EPSG:32633"><ows:LowerCorner>1 2</ows:LowerCorner><ows:UpperCorner>3 4</ows:UpperCorner></ows:BoundingBox></csw:Record>`)
	f.Fuzz(func(t *testing.T, document string) {
		var r Received
		if xml.Unmarshal([]byte(document), &r) != nil {
			return
		}
		if rec, err := r.Record(); err == nil && (rec.ID == "" || rec.Type == "") {
			t.Errorf("%q became %+v", document, rec)
		}
	})
}

// RC-10: terms that refine the elements are read as what they say of the resource, and the addresses that GeoNetwork writes as links.
func TestTerms(t *testing.T) {
	rec, err := Decode([]byte(opening + `<dc:identifier>a</dc:identifier><dct:isPartOf>series</dct:isPartOf><dct:created>2001-01-01</dct:created><dct:issued>2002-02-02</dct:issued>
		<dct:license>CC-BY-4.0</dct:license><dct:accessRights>public</dct:accessRights><dct:rightsHolder>Holder</dct:rightsHolder><dct:references scheme="OGC:WMS">http://x/ows</dct:references>
		<dc:URI protocol="WWW:DOWNLOAD" name="b" description="Band">http://x/b.tif</dc:URI><dc:URI/></csw:Record>`))
	if err != nil {
		t.Fatal(err)
	}
	for property, want := range map[string]string{
		record.PropertyParent: "series", record.PropertyCreationDate: "2001-01-01", record.PropertyPublicationDate: "2002-02-02", record.PropertyLicence: "CC-BY-4.0",
		record.PropertyAccessConstraints: "public", record.PropertyOrganisation: "Holder",
	} {
		if got := rec.Text(property); got != want {
			t.Errorf("%s is %q, want %q", property, got, want)
		}
	}
	links := []record.Link{{Rel: "related", Href: "http://x/ows", Protocol: "OGC:WMS"}, {Rel: "related", Href: "http://x/b.tif", Protocol: "WWW:DOWNLOAD", Name: "b", Title: "Band"}}
	if !reflect.DeepEqual(rec.Links, links) {
		t.Errorf("the links are %+v", rec.Links)
	}
}

// RC-03: metadata of ISO 19115 have another title and their constraints in Dublin Core too.
func TestFurtherFromISO(t *testing.T) {
	full := Encode(record.Record{Properties: map[string]any{
		record.PropertyAlternateTitle: "Short", record.PropertyAccessConstraints: []any{"copyright", "license"}, record.PropertyOtherConstraints: "ask first",
	}}, Full)
	if !reflect.DeepEqual(full.Alternatives, []string{"Short"}) || !reflect.DeepEqual(full.Rights, []string{"copyright", "license", "ask first"}) {
		t.Errorf("%+v", full)
	}
}

// RC-02, RC-10: a record of 3.0 has its time as an extent, which may be open.
func TestTemporalExtent(t *testing.T) {
	for extent, want := range map[string]string{
		"<csw:begin>2020-01-01</csw:begin><csw:end>2020-02-01T00:00:00Z</csw:end>": "2020-01-01T00:00:00Z/2020-02-01T00:00:00Z", "<csw:begin>2020-01-01</csw:begin>": "2020-01-01T00:00:00Z/..",
		"<csw:end>2020-02-01T00:00:00Z</csw:end>": "../2020-02-01T00:00:00Z", "": "",
	} {
		rec, err := Decode([]byte(`<csw:Record xmlns:csw="` + NamespaceCSW3 + `" xmlns:dc="` + NamespaceDC + `"><dc:identifier>a</dc:identifier><csw:TemporalExtent>` + extent + `</csw:TemporalExtent></csw:Record>`))
		if got := rec.Time; err != nil || !got.IsZero() && got.String() != want || got.IsZero() != (want == "") {
			t.Errorf("%s is %v, want %s: %v", extent, got, want, err)
		}
	}
}
