package metadata_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/metadata"
	"perigee/shared/xmldoc"
)

// A record is called what Decode calls it, in documents of every format, by whichever way it is found.
func TestIdentify(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	if shared, found := datatest.Find(); found {
		some, _ := filepath.Glob(filepath.Join(shared, "data", "*", "*.xml"))
		files = append(files, some...)
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sameName(t, file, document)
	}
	const iso = `<m:MD_Metadata xmlns:m="http://www.isotc211.org/2005/gmd" xmlns:g="http://www.isotc211.org/2005/gco">`
	for _, document := range []string{
		iso + "<m:fileIdentifier><g:CharacterString> a </g:CharacterString></m:fileIdentifier></m:MD_Metadata>",
		iso + "<m:language/><m:fileIdentifier><g:CharacterString>a</g:CharacterString></m:fileIdentifier></m:MD_Metadata>",
		iso + "<m:fileIdentifier/><m:fileIdentifier><g:CharacterString>a</g:CharacterString></m:fileIdentifier></m:MD_Metadata>",
		iso + "</m:MD_Metadata>",
		iso + "<m:fileIdentifier><g:CharacterString>a</g:CharacterString></m:fileIdentifier>",
		"<x/>", "no XML",
	} {
		sameName(t, document, []byte(document))
	}
}

func sameName(t *testing.T, what string, document []byte) {
	t.Helper()
	rec, wrong := metadata.Decode(document)
	id, err := metadata.Identify(document)
	if err != nil && fault.KindOf(err) != fault.KindOf(wrong) || wrong == nil && (err != nil || id != rec.ID) {
		t.Errorf("%.200s is called %q (%v), not %q (%v)", what, id, err, rec.ID, wrong)
	}
}

// A document is parsed once, whatever is made of it: its record takes little more memory than its tree, and to know what it is called
// takes none.
func TestReadOnce(t *testing.T) {
	var b strings.Builder
	b.WriteString(`<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco"><gmd:fileIdentifier><gco:CharacterString>a</gco:CharacterString></gmd:fileIdentifier>`)
	for range 5000 { // of which no property is made
		b.WriteString(`<gmd:locale><gmd:PT_Locale><gmd:country><gmd:Country codeList="#Country" codeListValue="AT"/></gmd:country></gmd:PT_Locale></gmd:locale>`)
	}
	b.WriteString("</gmd:MD_Metadata>")
	document := []byte(b.String())
	tree, whole, name := bytesOf(func() { parsed(t, document) }), bytesOf(func() { decoded(t, document) }), bytesOf(func() { identified(t, document) })
	if whole > tree*5/4 {
		t.Errorf("a record takes %d bytes, its tree %d", whole, tree)
	}
	if name > tree/3 {
		t.Errorf("a name takes %d bytes, a tree %d", name, tree)
	}
}

// bytesOf is how many bytes something allocates.
func bytesOf(what func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	what()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func parsed(t *testing.T, document []byte) {
	t.Helper()
	if _, err := xmldoc.Parse(document); err != nil {
		t.Fatal(err)
	}
}

func decoded(t *testing.T, document []byte) {
	t.Helper()
	if rec, err := metadata.Decode(document); err != nil || rec.ID != "a" {
		t.Fatal(rec.ID, err)
	}
}

func identified(t *testing.T, document []byte) {
	t.Helper()
	if id, err := metadata.Identify(document); err != nil || id != "a" {
		t.Fatal(id, err)
	}
}
