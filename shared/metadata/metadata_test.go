package metadata

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/xmldoc"
)

// samples are documents by the namespaces of their formats.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	names, err := filepath.Glob("testdata/*.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		document, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f := Of(document)
		if f == nil {
			t.Fatalf("%s is of no format", name)
		}
		all[f.Namespace] = document
	}
	return all
}

// RC-03: a document of each format becomes a record, which is answered in it byte for byte, and in every other format,
// where it still has its identity; what is read of that says the same of the core.
func TestFormats(t *testing.T) {
	documents := samples(t)
	for _, from := range Formats() {
		document, given := documents[from.Namespace]
		if !given {
			t.Errorf("there is no sample of %s", from.Namespace)
			continue
		}
		rec, err := Decode(document)
		if err != nil || rec.MediaType != dublincore.MediaType || string(rec.Document) != string(document) {
			t.Errorf("%s: %v", from.Namespace, err)
			continue
		}
		if got := string(from.Append(nil, &rec, dublincore.Full)); got != strings.TrimSpace(got) || !strings.Contains(string(document), got) || len(got) < len(document)-100 {
			t.Errorf("%s in full is not what it was:\n%s", from.Namespace, got)
		}
		for _, to := range Formats() {
			for _, set := range []string{dublincore.Brief, dublincore.Summary, dublincore.Full} {
				checkWritten(t, to, rec, set)
			}
		}
	}
}

func checkWritten(t *testing.T, to *Format, rec record.Record, set string) {
	t.Helper()
	got := to.append([]byte("|"), &rec, set)[1:]
	if Of(got) != to {
		t.Errorf("in %s it is not of the format:\n%s", to.Namespace, got)
		return
	}
	if _, err := xmldoc.Parse(got); err != nil {
		t.Errorf("in %s it is not well formed: %v\n%s", to.Namespace, err, got)
	}
	again, err := to.Decode(got)
	if err != nil || again.ID != rec.ID || again.Title != rec.Title {
		t.Errorf("%s in %s became %s, %q: %v", rec.ID, to.Namespace, again.ID, again.Title, err)
	}
	if set == dublincore.Full && (again.Abstract != rec.Abstract || rec.Footprint != nil && (again.Footprint == nil || again.Footprint.Bound() != rec.Footprint.Bound())) {
		t.Errorf("%s in %s became %q in %v", rec.ID, to.Namespace, again.Abstract, again.Footprint)
	}
}

func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Formats() {
		if ByNamespace(f.Namespace) != f || seen[f.Prefix] || f.Prefix == "" || f.Schema == "" {
			t.Errorf("%+v", f)
		}
		seen[f.Prefix] = true
	}
	if ByNamespace("urn:x") != nil || ByRoot(xml.Name{Local: "x"}) != nil || Of([]byte("{}")) != nil || !slices.Contains(Formats(), ByNamespace(dublincore.NamespaceCSW)) {
		t.Error("there are formats that there are not")
	}
	for document, kind := range map[string]fault.Kind{"<x/>": fault.Unsupported, "<x>": fault.Invalid, "": fault.Invalid, "<gmd:MD_Metadata xmlns:gmd='http://www.isotc211.org/2005/gmd'>": fault.Invalid} {
		if _, err := Decode([]byte(document)); err == nil || fault.KindOf(err) != kind {
			t.Errorf("%s: %v", document, err)
		}
	}
}

// RC-10: Dublin Core outside of CSW is read, and written in every format, but not as it came.
func TestInputs(t *testing.T) {
	for root, about := range map[string]string{
		`<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">%</oai_dc:dc>`:                                                                 "",
		`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description rdf:about="urn:x">%</rdf:Description><rdf:Description/></rdf:RDF>`: "urn:x",
	} {
		document := []byte(strings.Replace(root, "%", "<dc:title>Lakes</dc:title><dc:description>Water.</dc:description><dc:type>http://purl.org/dc/dcmitype/Image</dc:type><dc:creator>Ada</dc:creator>", 1))
		if about == "" {
			about = record.DigestID(document)
		}
		rec, err := Decode(document)
		if err != nil || rec.ID != about || rec.Title != "Lakes" || rec.Type != "image" || rec.Text(record.PropertyCreator) != "Ada" {
			t.Errorf("%s is %+v, %v", document, rec, err)
			continue
		}
		for _, to := range Formats() {
			if to.Came(&rec) {
				t.Errorf("%s came in %s", document, to.Namespace)
			}
			checkWritten(t, to, rec, dublincore.Full)
		}
	}
	for _, document := range []string{`<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>`} {
		if rec, err := Decode([]byte(document)); err != nil || rec.ID != record.DigestID([]byte(document)) {
			t.Errorf("%+v, %v", rec, err)
		}
	}
}

// RC-06: the parent that a document names is the collection of its record.
func TestParent(t *testing.T) {
	rec, err := Decode(samples(t)["http://www.isotc211.org/2005/gmd"])
	if err != nil || rec.Collection != "lakes" {
		t.Errorf("%q, %v", rec.Collection, err)
	}
}

// A page of a hundred records in a format: as they came, and made of the core.
func BenchmarkPage(b *testing.B) {
	iso, mdb := ByNamespace("http://www.isotc211.org/2005/gmd"), ByNamespace("http://standards.iso.org/iso/19115/-3/mdb/2.0")
	rec, err := Decode(samples(b)[iso.Namespace])
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		f    *Format
		set  string
	}{{"stored", iso, dublincore.Full}, {"summary", iso, dublincore.Summary}, {"other", mdb, dublincore.Full}} {
		b.Run(c.name, func(b *testing.B) {
			var page []byte
			b.ReportAllocs()
			for b.Loop() {
				page = page[:0]
				for range 100 {
					page = c.f.Append(page, &rec, c.set)
				}
			}
		})
	}
}
