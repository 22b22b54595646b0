package xmldoc

import (
	"strings"
	"testing"

	"perigee/shared/fault"
)

// What is passed over is empty, whatever it holds, and what follows it is there.
func TestPassedOver(t *testing.T) {
	for _, document := range []string{
		`<a><big/><b/></a>`, `<a><big /><b/></a>`, `<a><big></big><b/></a>`, `<a><big>1 & 2 <x>3</y></big ><b/></a>`,
		`<a><big><big></big></big><b/></a>`, `<a><big><big x="/>"><c/></big><big/><big y='>'/></big><b/></a>`, `<a xmlns:n="u"><n:big k="1"><n:x/></n:big><b/></a>`, `<a><big><bigger></bigger></big><b/></a>`,
	} {
		root, err := Parse([]byte(document), "big")
		if err != nil || strings.Join(namesOf(root, nil), "") != " a big b" && strings.Join(namesOf(root, nil), "") != " au big b" || root.Find("big").Deep() != "" {
			t.Errorf("%s: %v, %v", document, namesOf(root, nil), err)
		}
	}
	if root, err := Parse([]byte(`<big><b/></big>`), "big"); err != nil || !root.Has("b") {
		t.Errorf("a root is passed over: %v", err)
	}
	for name, document := range map[string]string{
		"never ended": `<a><big><b></b></a>`,
		"ended short": `<a><big></big`,
		"in itself":   `<a><big><big></big></a>`,
	} {
		if _, err := Parse([]byte(document), "big"); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Text that comes in very many pieces costs no more than its length.
func TestTextInPieces(t *testing.T) {
	const pieces = 500_000
	if got := parse(t, "<a>"+strings.Repeat("x<!---->", pieces)+"</a>").Text(); len(got) != pieces {
		t.Errorf("%d bytes", len(got))
	}
}

func TestBelow(t *testing.T) {
	root := parse(t, `<a><b k="1"/><c><b k="2"><b k="3"/></b></c><b k="4"/></a>`)
	keys, count := "", 0
	for b := range root.Below("b") {
		keys += b.Attr("k")
	}
	for e := range root.Below("*") {
		if count++; e.Attr("k") == "3" {
			break
		}
	}
	if keys != "1234" || count != 4 {
		t.Errorf("%s, %d", keys, count)
	}
	for range (*Node)(nil).Below("*") {
		t.Error("what is not there holds something")
	}
}

// What is passed over makes no difference to the rest of a document that is well formed.
func FuzzPassedOver(f *testing.F) {
	f.Add(`<a b="c">d<e>f<g/></e><h>i</h></a>`)
	f.Fuzz(func(t *testing.T, document string) {
		whole, err := Parse([]byte(document))
		if err != nil || strings.Contains(document, "<!") || strings.Contains(document, "<?") {
			return
		}
		passed, err := Parse([]byte(document), "e")
		if err != nil {
			return // an e within an e
		}
		if got, want := outline(passed, true), outline(whole, true); got != want {
			t.Errorf("%q is %s, want %s", document, got, want)
		}
	})
}

// outline writes a tree without what is in elements e.
func outline(n *Node, root bool) string {
	if n.Local == "e" && !root {
		return "e"
	}
	text := n.Local + "(" + n.Text()
	for c := range n.Children() {
		text += " " + outline(c, false)
	}
	return text + ")"
}
