package xmldoc

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"perigee/shared/fault"
)

func parse(t *testing.T, document string) *Node {
	t.Helper()
	root, err := Parse([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestParse(t *testing.T) {
	root := parse(t, `<?xml version="1.0"?><!-- c --><?p i?>
<a:x xmlns:a="urn:a" xmlns="urn:d" a:k=' &lt;&#65;' k="v"> <y>one</y><a:y>t<![CDATA[<w>]]>o</a:y><z/><y xmlns="urn:e">&amp;</y><w><y>deep</y><!-- c -->er</w></a:x>
`)
	if root.Name() != (xml.Name{Space: "urn:a", Local: "x"}) || root.Attrs[0] != (Attr{"urn:a", "k", " <A"}) || root.Attr("none") != "" || len(root.Attrs) != 2 {
		t.Errorf("%+v", root)
	}
	if got := strings.Join(root.TextsAt("y"), "|"); got != "one|t<w>o|&" {
		t.Errorf("the texts are %s", got)
	}
	if root.TextAt("*") != "one" || root.TextAt("w/y") != "deep" || root.Find("w").Deep() != "er deep" || root.Has("w/z") || root.Find("z").Text() != "" {
		t.Errorf("%+v", root)
	}
	var none *Node
	if none.Find("x").TextAt("y") != "" || none.Attr("k") != "" || none.Deep() != "" || none.Name().Local != "" {
		t.Error("what is not there has something")
	}
	for range none.Children() {
		t.Error("what is not there has a child")
	}
	count := 0
	for c := range root.Children() {
		if count++; c.Local == "" {
			t.Errorf("%+v", c)
		}
	}
	if count != 5 {
		t.Errorf("%d children", count)
	}
}

func TestEncodings(t *testing.T) {
	for document, want := range map[string]string{
		"\xef\xbb\xbf<a>ä</a>":                                   "ä",
		"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>": "ä",
		"<?xml version=\"1.0\" encoding=\"utf-8\"?><a>ä</a>":     "ä",
		"\xff\xfe<\x00a\x00>\x00\xe4\x00<\x00/\x00a\x00>\x00":    "ä",
		"\xfe\xff\x00<\x00a\x00>\x00\xe4\x00<\x00/\x00a\x00>":    "ä",
	} {
		if got := parse(t, document).Text(); got != want {
			t.Errorf("%q is %q", document, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, document := range []string{
		"", " ", "x", "<a>", "<a></b>", "<a/><b/>", "<a/>x", "<a b=c/>", "<a b='1' b='2'/>", "<a b='<'/>", "<a b='1'c='2'/>", "<a>&x;</a>", "<a>&lt</a>", "<a>&#0;</a>", "<a>&#xFFFE;</a>",
		"<p:a/>", "<a p:b='1'/>", "<a:b:c xmlns:a='u'/>", "<a xmlns:p=''/>", "<!DOCTYPE a><a/>", `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`, "<a><!ELEMENT b></a>", "<a>\x01</a>", "<a>\xff</a>", "<1/>", "< a/>", "<a",
		"<a>]]></a>", "<a><![CDATA[</a>", "<!-- ", "<a><!-- </a>", "<?xml", "<?xml version='1.0' encoding='KOI8-R'?><a/>", "<a>\xef\xbf\xbe</a>",
		strings.Repeat("<a>", maxDepth+1) + strings.Repeat("</a>", maxDepth+1), "<a>" + strings.Repeat("<b/>", maxElements) + "</a>", strings.Repeat(" ", MaxBytes+1),
	} {
		if _, err := Parse([]byte(document)); err == nil || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%.60q: %v", document, err)
		}
	}
	if _, err := Parse([]byte("<a>\n<b>\n</c></a>")); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("the error does not say where: %v", err)
	}
}

func TestRoot(t *testing.T) {
	for document, want := range map[string]string{
		"<?xml version='1.0'?>\n<!-- x --> <p:a xmlns:p='u' b='1'>not <closed": "u a true", "<a/>": " a true", "": "  false", "{}": "  false", "<!DOCTYPE a><a/>": "  false", "<a": "  false", "\xff": "  false",
	} {
		space, local, found := Root([]byte(document))
		if got := space + " " + local + map[bool]string{true: " true", false: " false"}[found]; got != want {
			t.Errorf("%q is %q, want %q", document, got, want)
		}
	}
	for document, want := range map[string]string{
		"<?xml version='1.0'?> <a b='>'>c</a>": "<?xml version='1.0'?> <a b='>'>", "<a/>b": "<a/>", "": "", "{}": "", "\xef\xbb\xbf<a>": "", "<a\r\n>": "",
		"<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xe9'>": "", "\xfe\xff\x00<\x00a\x00>": "",
	} {
		if got := string(Beginning([]byte(document))); got != want {
			t.Errorf("%q begins with %q, want %q", document, got, want)
		}
	}
}

func TestWriter(t *testing.T) {
	w := &Writer{Bytes: []byte("|")}
	w.Within("a/b", func() {
		w.Empty("c", "k", `<"&>`, "none", "")
		w.Nested("d/e", "x\r\x01\xff")
		w.Optional("f/g", "")
		w.Element("h", "é", "k", "1")
	})
	if got, want := string(w.Bytes), `|<a><b><c k="&lt;&quot;&amp;&gt;"/><d><e>x&#xD;��</e></d><h k="1">é</h></b></a>`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if Number(1e-7) != "0.0000001" || Number(12) != "12" {
		t.Error(Number(1e-7), Number(12))
	}
}

// What is accepted here encoding/xml accepts, and it finds the same elements, attributes and texts.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`<a x="1">t<b xmlns="u"/>&#x41;<![CDATA[c]]></a>`, `<?xml version="1.0"?><p:a xmlns:p="u"><!-- c --></p:a>`, "<a>\r\n</a>", "<ä/>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, document string) {
		root, err := Parse([]byte(document))
		if err != nil {
			return
		}
		if space, local, found := Root([]byte(document)); !found || space != root.Space || local != root.Local {
			t.Errorf("the root of %q is %s %s", document, space, local)
		}
		sameDecoded(t, document, root)
		if begins := Beginning([]byte(document)); len(begins) > 0 {
			if space, local, found := Root(append(begins[:len(begins):len(begins)], "and more"...)); !found || space != root.Space || local != root.Local {
				t.Errorf("the root of what begins with %q is %s %s", begins, space, local)
			}
		}
		again, err := Parse(AppendFragment(nil, []byte(document)))
		if err != nil || strings.Join(namesOf(again, nil), ",") != strings.Join(namesOf(root, nil), ",") {
			t.Errorf("the fragment of %q is another: %v", document, err)
		}
		if strings.HasPrefix(document, "<?xml") || !strings.HasPrefix(document, "<") || strings.Contains(document, "\r") {
			return
		}
		var names []string
		decoder := xml.NewDecoder(strings.NewReader(document))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return // names beyond ASCII, colons, and comments are read less strictly here
			}
			if start, ok := token.(xml.StartElement); ok {
				names = append(names, start.Name.Space+" "+start.Name.Local)
			}
		}
		if got := strings.Join(namesOf(root, nil), ","); got != strings.Join(names, ",") {
			t.Errorf("%q has the elements %s, want %s", document, got, names)
		}
	})
}

func namesOf(n *Node, names []string) []string {
	names = append(names, n.Space+" "+n.Local)
	for c := range n.Children() {
		names = namesOf(c, names)
	}
	return names
}

// A document becomes part of another byte for byte, and says the same there.
func TestAppendFragment(t *testing.T) {
	for document, want := range map[string]string{
		"<?xml version='1.0'?>\r\n<!-- > --><?p >?>\n<a>\r\n<b/></a>\n<!-- </a> > --> <?p?>\n": "|<a>\r\n<b/></a>",
		"\xef\xbb\xbf<a/>": "|<a/>", "<a/>": "|<a/>", "<a><!-- x --></a>": "|<a><!-- x --></a>",
		"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>": "|<a>ä</a>", "\xff\xfe<\x00a\x00/\x00>\x00": "|<a/>", "<?x": "|", "": "|", "<!--": "|", "<!-- -->": "|",
	} {
		if got := string(AppendFragment([]byte("|"), []byte(document))); got != want {
			t.Errorf("%q is %q, want %q", document, got, want)
		}
	}
}
