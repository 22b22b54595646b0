package dublincore

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/datatest"
	"perigee/shared/record"
)

func sample() record.Record {
	at := time.Date(2026, 6, 10, 10, 0, 31, 0, time.UTC)
	return record.Record{
		Key: record.Key{Collection: "S2", ID: "S2A"}, Type: record.TypeItem, Title: "A & B", Abstract: "sea", Keywords: []string{"x", "y"},
		Time: record.Interval{Start: at, End: at}, Modified: at, MediaType: "application/geo+json",
		Properties: map[string]any{
			"alternative": "A", "creator": "C & co", "publisher": []any{"P", "Q", 1}, "contributor": []string{"D"}, "language": "en", "source": "S", "rights": "R",
			"spatial": "sea", "other": true,
		},
		Footprint: orb.Bound{Min: orb.Point{14.5, 47.25}, Max: orb.Point{16, 48}}.ToPolygon(),
		Links:     []record.Link{{Href: "http://x/ows", Protocol: "OGC:WMS"}, {Href: "http://x/b.tif", Type: "image/tiff"}},
	}
}

func encode(t *testing.T, r record.Record, set string) string {
	t.Helper()
	out, err := xml.Marshal(Encode(r, set))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestElementSets(t *testing.T) {
	const box = `<ows:BoundingBox crs="urn:x-ogc:def:crs:EPSG:6.11:4326" dimensions="2"><ows:LowerCorner>47.25 14.5</ows:LowerCorner><ows:UpperCorner>48 16</ows:UpperCorner></ows:BoundingBox>`
	const begin = `<dc:identifier>S2A</dc:identifier><dc:title>A &amp; B</dc:title><dc:type>dataset</dc:type>`
	const middle = `<dc:subject>x</dc:subject><dc:subject>y</dc:subject><dc:format>application/geo+json</dc:format><dc:relation>S2</dc:relation><dct:modified>2026-06-10T10:00:31Z</dct:modified><dct:abstract>sea</dct:abstract><dct:spatial>sea</dct:spatial>`
	for set, want := range map[string]string{
		Brief:   `<csw:BriefRecord>` + begin + box + `</csw:BriefRecord>`,
		Summary: `<csw:SummaryRecord>` + begin + middle + box + `</csw:SummaryRecord>`,
		Full: `<csw:Record>` + begin + middle + `<dct:references scheme="OGC:WMS">http://x/ows</dct:references><dct:references scheme="image/tiff">http://x/b.tif</dct:references>` +
			`<dc:date>2026-06-10T10:00:31Z</dc:date><dct:temporal>2026-06-10T10:00:31Z</dct:temporal>` +
			`<dct:alternative>A</dct:alternative><dc:creator>C &amp; co</dc:creator><dc:publisher>P</dc:publisher><dc:publisher>Q</dc:publisher>` +
			`<dc:contributor>D</dc:contributor><dc:language>en</dc:language><dc:source>S</dc:source><dc:rights>R</dc:rights>` + box + `</csw:Record>`,
	} {
		if got := encode(t, sample(), set); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", set, got, want)
		}
		rec := sample()
		got := string(Append([]byte("|"), &rec, set))
		if name := want[:strings.IndexByte(want, '>')]; !strings.HasPrefix(got, "|"+name+" xmlns:csw=") || got[strings.IndexByte(got, '>'):] != want[strings.IndexByte(want, '>'):] {
			t.Errorf("%s is appended as\n%s\nwant\n%s", set, got, want)
		}
		validate(t, "csw/2.0.2/record.xsd", got[1:])
	}
}

// What the standard of CSW 3.0 calls otherwise, and what it has more.
func TestCSW3(t *testing.T) {
	rec := sample()
	for _, set := range []string{Brief, Summary, Full} {
		got := string(Append3(nil, &rec, set))
		if !strings.Contains(got, `xmlns:csw="http://www.opengis.net/cat/csw/3.0"`) || !strings.Contains(got, `xmlns:ows="http://www.opengis.net/ows/2.0"`) ||
			strings.Contains(got, "<csw:TemporalExtent><csw:begin>2026-06-10T10:00:31Z</csw:begin><csw:end>2026-06-10T10:00:31Z</csw:end></csw:TemporalExtent>") != (set != Brief) {
			t.Errorf("%s: %s", set, got)
		}
		validate(t, "cat/csw/3.0/record.xsd", got)
	}
}

// validate checks a record against a schema, which is not part of this repository.
func validate(t *testing.T, schema, document string) {
	t.Helper()
	root := filepath.Join(datatest.Folder(t), "data", "schemas", "pycsw-ogc")
	path := filepath.Join(t.TempDir(), "record.xml")
	if err := os.WriteFile(path, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	lint := exec.Command("xmllint", "--nonet", "--noout", "--schema", filepath.Join(root, "ogc", schema), path)
	lint.Env = append(os.Environ(), "XML_CATALOG_FILES="+filepath.Join(root, "catalog.xml"))
	if said, err := lint.CombinedOutput(); err != nil {
		t.Errorf("not valid against %s: %v\n%s\n%s", schema, err, said, document)
	}
}

// Each element can be asked for by itself, and all of them make the full record.
func TestElements(t *testing.T) {
	for _, name := range Elements() {
		out, err := xml.Marshal(EncodeElements(sample(), []string{name, "dc:nothing"}))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(out); !strings.HasPrefix(got, "<csw:Record><"+name) || !strings.HasSuffix(got, "</"+name+"></csw:Record>") {
			t.Errorf("%s: %s", name, got)
		}
	}
	all, err := xml.Marshal(EncodeElements(sample(), Elements()))
	if err != nil || string(all) != encode(t, sample(), Full) {
		t.Errorf("%s, %v", all, err)
	}
}

func TestWhatIsMissingIsLeftOut(t *testing.T) {
	r := record.Record{Key: record.Key{ID: "x"}, Type: record.TypeCollection}
	if got, want := encode(t, r, Full), `<csw:Record><dc:identifier>x</dc:identifier><dc:type>series</dc:type></csw:Record>`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got, want := string(Encode(r, Brief).Append(nil)), `<csw:BriefRecord><dc:identifier>x</dc:identifier><dc:title/><dc:type>series</dc:type></csw:BriefRecord>`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// Metadata say when they were changed, or nobody does.
func TestModified(t *testing.T) {
	const document = `<csw:Record xmlns:csw="http://www.opengis.net/cat/csw/2.0.2" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/"><dc:identifier>x</dc:identifier>%s</csw:Record>`
	for said, want := range map[string]string{"": "", "<dct:modified>2009-10</dct:modified>": "2009-10"} {
		rec, err := Decode([]byte(strings.Replace(document, "%s", said, 1)))
		rec.Modified = time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC)
		if got := Encode(rec, Summary).Modified; err != nil || got != want {
			t.Errorf("%q says %q, %v", said, got, err)
		}
	}
}

func TestTypesGoBothWays(t *testing.T) {
	for _, typ := range []string{record.TypeItem, record.TypeCollection, "service"} {
		if got := RecordType(strings.ToUpper(TypeOf(typ))); !strings.EqualFold(got, typ) {
			t.Errorf("%s came back as %s", typ, got)
		}
	}
}

// What is appended is what encoding/xml writes.
func TestAppend(t *testing.T) {
	r := sample()
	r.Title, r.Abstract = "a \x00 \ufffe <&>\"'\t\r\n\xff", "über 𝄞"
	r.Links = append(r.Links, record.Link{Href: "http://x/?a=1&b=2"})
	for _, set := range []string{Brief, Summary, Full} {
		if got, want := string(Encode(r, set).Append([]byte("x"))), "x"+encode(t, r, set); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", set, got, want)
		}
	}
	if got := string(EncodeElements(r, []string{"dc:type"}).Append(nil)); got != "<csw:Record><dc:type>dataset</dc:type></csw:Record>" {
		t.Error(got)
	}
}
