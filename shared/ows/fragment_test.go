package ows

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"perigee/shared/fault"
)

func inserted(path []xml.Name) bool { return len(path) == 3 && path[1].Local == "Insert" }

// An element keeps its bytes, and has the prefixes declared that it uses from further out.
func TestFragments(t *testing.T) {
	const document = `<?xml version="1.0"?><t:T xmlns:t="urn:t" xmlns="urn:d" xmlns:a="urn:a" xmlns:b="urn:&quot;b"><t:Insert xmlns:a="urn:nearer"><a:x  a='1'><!-- c --><b:y/></a:x><z/></t:Insert><t:Insert><a:w xmlns:a="urn:own" xmlns=""/></t:Insert><t:Delete><a:v/></t:Delete></t:T>`
	found, err := Fragments([]byte(document), inserted)
	if err != nil {
		t.Fatal(err)
	}
	want := []Fragment{
		{xml.Name{Space: "urn:nearer", Local: "x"}, []byte(`<a:x xmlns:a="urn:nearer" xmlns="urn:d" xmlns:b="urn:&#34;b"  a='1'><!-- c --><b:y/></a:x>`)},
		{xml.Name{Space: "urn:d", Local: "z"}, []byte(`<z xmlns="urn:d"/>`)},
		{xml.Name{Space: "urn:own", Local: "w"}, []byte(`<a:w xmlns:a="urn:own" xmlns=""/>`)},
	}
	if len(found) != len(want) {
		t.Fatalf("%s", found)
	}
	for i, f := range found {
		if f.Name != want[i].Name || string(f.Document) != string(want[i].Document) {
			t.Errorf("%s is %s", f.Name, f.Document)
		}
	}
	if _, rest, err := Cut([]byte(document), inserted); err != nil || !strings.Contains(string(rest), `<t:Insert xmlns:a="urn:nearer"></t:Insert><t:Insert></t:Insert><t:Delete><a:v/>`) {
		t.Errorf("what is left is %s, %v", rest, err)
	}
	if _, err := Fragments([]byte("<a><b></a>"), inserted); err == nil {
		t.Error("what is not well formed has fragments")
	}
}

func FuzzFragments(f *testing.F) {
	f.Add(`<a xmlns:p="urn:p"><Insert><p:x q="1"/></Insert></a>`)
	f.Fuzz(func(t *testing.T, document string) {
		if _, err := CheckXML([]byte(document)); err != nil {
			return
		}
		clean, err := UTF8([]byte(document))
		if err != nil {
			return
		}
		found, err := Fragments(clean, inserted)
		if err != nil {
			return
		}
		for _, one := range found {
			if Root(one.Document).Local != one.Name.Local {
				t.Errorf("%q became %q", document, one.Document)
			}
		}
	})
}

func TestBodyAndRoot(t *testing.T) {
	const document = "<?xml version='1.0'?>\n<!-- c -->\n<a:b xmlns:a='urn:a'/>\n"
	if got := string(Body([]byte(document))); got != "<a:b xmlns:a='urn:a'/>" {
		t.Error(got)
	}
	if got := Root([]byte(document)); got != (xml.Name{Space: "urn:a", Local: "b"}) || Root([]byte("x")) != (xml.Name{}) {
		t.Error(got)
	}
}

func TestUTF8(t *testing.T) {
	for document, want := range map[string]string{
		"\xef\xbb\xbf<a/>": "<a/>", "<?xml version='1.0' encoding='utf-8'?><a/>": "<?xml version='1.0' encoding='utf-8'?><a/>",
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\" standalone=\"no\"?><a>\xe9</a>": "<a>é</a>", "<?xml version='1.0' encoding='ebcdic'?><a/>": "",
	} {
		got, err := UTF8([]byte(document))
		if string(got) != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", document, got, err)
		}
	}
}

func TestSetText(t *testing.T) {
	const document = `<r><a><b>old <i>x</i></b><b>second</b></a><e k='1' /><c/></r>`
	for path, want := range map[string]string{
		"a/b": `<r><a><b>n &amp; w</b><b>second</b></a><e k='1' /><c/></r>`, "*/b": `<r><a><b>n &amp; w</b><b>second</b></a><e k='1' /><c/></r>`,
		"E": `<r><a><b>old <i>x</i></b><b>second</b></a><e k='1'>n &amp; w</e><c/></r>`, "c": `<r><a><b>old <i>x</i></b><b>second</b></a><e k='1' /><c>n &amp; w</c></r>`, "d": "",
	} {
		got, found, err := SetText([]byte(document), path, "n & w")
		if err != nil || found != (want != "") || found && string(got) != want {
			t.Errorf("%s: %s, %v, %v", path, got, found, err)
		}
	}
	const dates = `<r><d><t code="made">Made</t><v>1</v></d><d><t code='told' /><v>2</v></d></r>`
	for path, want := range map[string]string{
		"d[told]/v": strings.Replace(dates, "2", "n", 1), "d[Made]/v": strings.Replace(dates, "1", "n", 1), "d[made]/t": strings.Replace(strings.Replace(dates, "made", "n", 1), "Made", "n", 1),
		"d[told]/t": strings.Replace(dates, `<t code='told' />`, `<t code='n'>n</t>`, 1), "d[mad]/v": "", "d/v": strings.Replace(dates, "1", "n", 1),
	} {
		if got, found, err := SetText([]byte(dates), path, "n", "other", "code"); err != nil || found != (want != "") || found && string(got) != want {
			t.Errorf("%s: %s, %v, %v", path, got, found, err)
		}
	}
	if got, err := Insert([]byte("<r><a/></r>"), []byte("<z/>")); err != nil || string(got) != "<r><a/><z/></r>" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := Insert([]byte("<r/>"), []byte("<z/>")); err == nil {
		t.Error("there is no end to insert before")
	}
}

func TestJSON(t *testing.T) {
	got, err := JSON([]byte(`<?xml version="1.0"?><a:r xmlns:a="urn:a" v="1"><x>1</x><a:y xmlns:b="urn:b"/><x k="2"> t "q" </x><z><w/></z></a:r>`))
	const want = `{"a:r": {"@xmlns:a": "urn:a", "@v": "1", "x": ["1",{"@k": "2", "#text": "t \"q\""}], "a:y": null, "z": {"w": null}}}` + "\n"
	if err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := JSON([]byte("<a>")); err == nil {
		t.Error("what is not well formed was written")
	}
}

func TestSOAP(t *testing.T) {
	for _, envelope := range []string{SOAP11, SOAP12} {
		wrapped := Wrap(envelope, []byte("<?xml version='1.0'?><q:r xmlns:q='urn:q'/>"))
		root, err := CheckXML(wrapped)
		if err != nil {
			t.Fatal(err)
		}
		inner, name, space, err := Unwrap(wrapped, root)
		if err != nil || string(inner) != "<q:r xmlns:q='urn:q'/>" || name.Local != "r" || space != envelope {
			t.Errorf("%s %v %s %v", inner, name, space, err)
		}
		fault := string(Fault(envelope, true, []byte("<report/>")))
		if _, err := CheckXML([]byte(fault)); err != nil || !strings.Contains(fault, "<report/>") {
			t.Errorf("%s %v", fault, err)
		}
	}
	envelope := xml.Name{Space: SOAP12, Local: "Envelope"}
	for _, body := range []string{"", "<s:Body/>", "<s:Body><a/><b/></s:Body>"} {
		if _, _, _, err := Unwrap([]byte(`<s:Envelope xmlns:s="`+SOAP12+`">`+body+"</s:Envelope>"), envelope); err == nil {
			t.Errorf("%s holds one request", body)
		}
	}
	if same, _, space, err := Unwrap([]byte("<a/>"), xml.Name{Local: "a"}); string(same) != "<a/>" || space != "" || err != nil {
		t.Errorf("%s %s %v", same, space, err)
	}
}

// TestFragmentsAreBounded: neither a long declaration that every part repeats, nor very many of them or of parts, make much of a short
// document.
func TestFragmentsAreBounded(t *testing.T) {
	var many strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&many, ` xmlns:p%d="u"`, i)
	}
	for name, document := range map[string]string{
		"a long declaration": `<a xmlns="` + strings.Repeat("u", 100_000) + `">` + strings.Repeat("<b/>", 5000) + `</a>`,
		"many declarations":  `<a` + many.String() + `>` + strings.Repeat("<b/>", 10) + `</a>`,
		"many parts":         `<a>` + strings.Repeat("<b/>", maxFragments+1) + `</a>`,
	} {
		found, err := Fragments([]byte(document), func(path []xml.Name) bool { return len(path) == 2 })
		if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %d parts, %v", name, len(found), err)
		}
	}
}

// Whatever a path and a text are, a document that is well formed stays so.
func FuzzSetText(f *testing.F) {
	f.Add(`<r><d><t code="made">Made</t><v>1</v></d><d a="1" code='told' /></r>`, "d[Made]/t", "n & w")
	f.Add(`<r xmlns:a="urn:a"><a:d code= "x">1</a:d></r>`, "*", `"'<`)
	f.Fuzz(func(t *testing.T, document, path, text string) {
		if _, err := CheckXML([]byte(document)); err != nil {
			return
		}
		changed, _, err := SetText([]byte(document), path, text, "code")
		if err != nil {
			return
		}
		if _, err := CheckXML(changed); err != nil {
			t.Errorf("%q at %q became %q: %v", document, path, changed, err)
		}
	})
}
