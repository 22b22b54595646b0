package main

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/metadata"
	"perigee/shared/xmldoc"
)

// skeleton is the elements of a document with their attributes, without texts.
func skeleton(t *testing.T, document []byte) string {
	t.Helper()
	root, err := xmldoc.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	var walk func(n *xmldoc.Node)
	walk = func(n *xmldoc.Node) {
		b.WriteString("<" + n.Space + " " + n.Local)
		for _, a := range n.Attrs {
			b.WriteString(" " + a.Local)
		}
		for c := range n.Children() {
			walk(c)
		}
		b.WriteString(">")
	}
	walk(root)
	return b.String()
}

// Records are read, each is another, and all are built alike.
func TestRecords(t *testing.T) {
	var g generator
	seen := map[string]bool{}
	first := skeleton(t, g.record(0))
	for number := range 500 {
		document := g.record(number)
		rec, err := metadata.Decode(document)
		if err != nil || rec.ID != idOf(number) || seen[rec.ID] || rec.Footprint == nil || rec.Time.Start.IsZero() || rec.Time.End.IsZero() || len(rec.Keywords) != 5 || len(rec.Links) != 3 {
			t.Fatalf("%v %+v", err, rec)
		}
		if seen[rec.ID] = true; skeleton(t, document) != first {
			t.Fatalf("%s is built otherwise", document)
		}
		if string(g.record(number)) != string(document) {
			t.Fatal("the same number makes another record")
		}
	}
}

// Records are like those that pycsw was measured with.
func TestRecordsAreLikeTheMeasured(t *testing.T) {
	script := filepath.Join(datatest.Folder(t), "bench", "gen_catalogue.py")
	folder := t.TempDir()
	if out, err := exec.Command("python3", script, folder, "--iso", "100", "--stac", "0").CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: the generator of those records does not run: %v %s", err, out)
	}
	files, _ := filepath.Glob(filepath.Join(folder, "iso", "*.xml"))
	var g generator
	theirs, ours := 0, 0
	for number, name := range files {
		document, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		mine := g.record(number)
		if theirs, ours = theirs+len(document), ours+len(mine); skeleton(t, document) != skeleton(t, mine) {
			t.Fatalf("%s\nis not like\n%s", mine, document)
		}
	}
	if len(files) != 100 || ours < theirs*95/100 || ours > theirs*105/100 {
		t.Errorf("%d records of %d bytes, ours are %d", len(files), theirs, ours)
	}
}

// Requests are documents, and ask for something.
func TestQuestions(t *testing.T) {
	h := &house{options: options{n: 10}}
	g := &generator{}
	g.record(1)
	for _, k := range kinds() {
		a := k.make(h, g)
		if (a.body == "") == (a.query == "") || k.byHand != nil && a.find == nil && a.id == "" {
			t.Errorf("%s asks for nothing: %+v", k.name, a)
		}
		if a.body != "" && xml.Unmarshal([]byte(a.body), new(struct{})) != nil {
			t.Errorf("%s is no XML: %s", k.name, a.body)
		}
	}
}
