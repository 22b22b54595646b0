package xmltree

import (
	"strings"
	"testing"

	"perigee/shared/fault"
)

func TestRead(t *testing.T) {
	root, err := Read([]byte(`<?xml version="1.0"?><!-- c --><n:a xmlns:n="u"><b k="1"> x <!-- y -->z</b><b k="2"/><big><b k="3"/></big><c><b k="4"/></c></n:a>`), "big")
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for e := range root.Below() {
		if k := e.Attr("k"); k != "" {
			keys = append(keys, k)
		}
	}
	if got := strings.Join(keys, " "); got != "1 2 4" || root.Name.Space != "u" || root.At("b").Content() != "xz" || root.At("c/b").Attr("k") != "4" || root.Find("b").Attr("k") != "1" {
		t.Errorf("%q of %+v", got, root)
	}
	if nothing := root.At("x/y").At("z"); nothing.Content() != "" || nothing.Attr("k") != "" || nothing.Find("b") != nil {
		t.Errorf("%v", nothing)
	}
}

// TestSkipped: what is skipped is gone, whatever it holds, and what follows it is there.
func TestSkipped(t *testing.T) {
	for _, text := range []string{
		`<a><big/><b/></a>`, `<a><big /><b/></a>`, `<a><big></big><b/></a>`, `<a><big>1 2 <x>3</x></big ><b/></a>`,
		`<a xmlns:n="u"><n:big k="1"><n:x/></n:big><b/></a>`, `<a><big><bigger></bigger></big><b/></a>`,
	} {
		root, err := Read([]byte(text), "big")
		if err != nil || len(root.Children) != 1 || root.Children[0].Name.Local != "b" {
			t.Errorf("%s: %+v, %v", text, root, err)
		}
	}
}

// TestTextInPieces: text that comes in very many pieces costs no more than its length.
func TestTextInPieces(t *testing.T) {
	const pieces = 500_000
	root, err := Read([]byte("<a>" + strings.Repeat("x<!---->", pieces) + "</a>"))
	if err != nil || len(root.Text) != pieces {
		t.Errorf("%d bytes, %v", len(root.Content()), err)
	}
}

func TestReadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":     "",
		"an entity":   `<a>&x;</a>`,
		"a DTD":       `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`,
		"two roots":   `<a/><b/>`,
		"not closed":  `<a><b></a>`,
		"too deep":    strings.Repeat("<a>", MaxDepth+1) + strings.Repeat("</a>", MaxDepth+1),
		"too many":    "<a>" + strings.Repeat("<b/>", MaxElements) + "</a>",
		"never ended": `<a><big><b></b></a>`,
		"in itself":   `<a><big><big></big></big></a>`,
	} {
		if _, err := Read([]byte(text), "big"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWantedTellsAll(t *testing.T) {
	root, err := Read([]byte(`<a><n>NaN</n><w>1.5</w><ok>2</ok></a>`))
	if err != nil {
		t.Fatal(err)
	}
	w := Wanted{File: "f.xml"}
	w.Text(root, "t")
	w.Number(root, "n")
	w.Whole(root, "w")
	if w.Whole(root, "ok") != 2 || w.Number(root, "ok") != 2 {
		t.Error("2 is 2")
	}
	var at []string
	for _, e := range fault.All(w.Err()) {
		at = append(at, fault.LocatorOf(e))
	}
	if got := strings.Join(at, " "); got != "t n w" {
		t.Errorf("%s: %v", got, w.Err())
	}
}

// FuzzRead: whatever is read is bounded, and taking things out of it does not fail.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`<a b="c">d<e/></a>`))
	f.Fuzz(func(t *testing.T, document []byte) {
		root, err := Read(document, "e")
		if err != nil {
			return
		}
		count := 1
		for range root.Below() {
			count++
		}
		if count > MaxElements {
			t.Errorf("%d elements", count)
		}
	})
}
