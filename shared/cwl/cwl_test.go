package cwl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/datatest"
	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// REG-15: everything that the mapping knows, under whatever prefix, and the workflow that is the main one.
func TestWhole(t *testing.T) {
	p, err := Decode("whole.cwl", read(t, "testdata/whole.cwl"))
	if err != nil {
		t.Fatal(err)
	}
	ada, bob := Person{"Ada Example", "Example Institute", "ada@example.org"}, Person{"Bob", "Another Institute", ""}
	if p.ID != "main" || p.Label != "Burned area" || p.Doc != "Finds burned areas.\nTwice." || p.Author != ada || p.Contributor != bob {
		t.Errorf("package %+v", p)
	}
	d := p.Draft()
	if got := strings.Join(d.Keywords, "|"); got != "softwareVersion:1.4|application|CWL|fire|burned area|severity" {
		t.Errorf("keywords %s", got)
	}
	var links []string
	for _, l := range d.Links {
		links = append(links, l.Rel+" "+l.Href)
	}
	const want = "related https://example.org/notes, working-copy-of https://example.org/code, license https://example.org/licence, icon https://example.org/logo.png"
	if got := strings.Join(links, ", "); got != want {
		t.Errorf("links %s", got)
	}
	if d.Created.Format("2006-01-02") != "2023-05-01" || d.Properties["edition"] != "2" || d.Properties["lineage"] != "https://example.org/notes" || len(d.Contacts) != 2 {
		t.Errorf("draft %+v", d)
	}
}

// REG-15: the packages that EOEPCA's users have, and the values that its registrar's test expects of one of them.
func TestPackagesOfTheOriginal(t *testing.T) {
	shared := datatest.Folder(t)
	data := filepath.Join(shared, "data/eoepca")
	files, err := filepath.Glob(filepath.Join(data, "cwl/*.cwl"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range append(files, filepath.Join(data, "rm-data-access/app-s-expression.dev.0.0.2.cwl")) {
		p, err := Decode(filepath.Base(file), read(t, file))
		if err != nil {
			t.Error(err)
			continue
		}
		text, err := ogcrecord.Compose(p.Draft())
		if err != nil {
			t.Fatal(err)
		}
		rec, err := ogcrecord.Decode(text)
		if err != nil || rec.ID != p.ID || rec.Type != "application" {
			t.Errorf("%s: %+v, %v", file, rec, err)
		}
		if p.ID == "s-expression" && (rec.Title != "s expressions" || rec.Abstract != "Applies s expressions to EO acquisitions" || rec.Keywords[0] != "softwareVersion:0.0.2") {
			t.Errorf("%s: %+v", file, rec)
		}
	}
}

// What is no package says why, and where.
func TestNoPackage(t *testing.T) {
	for text, words := range map[string]string{
		"":                                  "cwlVersion is missing",
		"a: b":                              "cwlVersion is missing",
		"cwlVersion: v1.0":                  "no Workflow",
		"cwlVersion: v1.0\n$graph: [1, {}]": "no Workflow",
		"cwlVersion: v1.0\nclass: Workflow": "id is missing",
		"cwlVersion: v1.0\nclass: CommandLineTool\nid: x": "no Workflow",
		"cwlVersion: [":                      "x.cwl",
		"- a":                                "x.cwl",
		"cwlVersion: &a v":                   "anchors",
		"a: " + strings.Repeat("x", MaxSize): "at most",
	} {
		if _, err := Decode("x.cwl", []byte(text)); err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), words) {
			t.Errorf("%.40q: %v", text, err)
		}
	}
	if p, err := Decode("x", []byte(`{"cwlVersion": "v1.2", "class": "Workflow", "id": "file#x", "s:author": "Ada", "s:keywords": 5, "s:contributor": []}`)); err != nil || p.ID != "x" || p.Author.Name != "Ada" {
		t.Errorf("%+v, %v", p, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("cwlVersion: v1.0\nclass: Workflow\nid: x\ns:author: [{s:name: a}]\n")
	f.Add("{\"cwlVersion\": 1, \"$graph\": [{\"class\": \"Workflow\", \"id\": 1}], \"$namespaces\": {\"s\": 5}}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Decode("x", []byte(text))
		if err != nil {
			return
		}
		composed, err := ogcrecord.Compose(p.Draft())
		if err != nil {
			t.Fatal(err)
		}
		if rec, err := ogcrecord.Decode(composed); err != nil || rec.ID != p.ID {
			t.Errorf("%q became %s: %v", text, composed, err)
		}
	})
}
