package xmldoc

import (
	"encoding/xml"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// decodedElement is any element, as encoding/xml decodes it.
type decodedElement struct {
	XMLName  xml.Name
	Attrs    []xml.Attr       `xml:",any,attr"`
	Text     string           `xml:",chardata"`
	Children []decodedElement `xml:",any"`
}

// plain leaves out what Tokens leave out.
func (e *decodedElement) plain() {
	e.Attrs = slices.DeleteFunc(e.Attrs, func(a xml.Attr) bool { return a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" })
	if len(e.Attrs) == 0 {
		e.Attrs = nil
	}
	e.Text = strings.TrimSpace(e.Text)
	for i := range e.Children {
		e.Children[i].plain()
	}
}

// sameDecoded holds what is decoded from the tokens of a document that Parse accepts against what encoding/xml decodes by itself.
func sameDecoded(t *testing.T, document string, root *Node) {
	t.Helper()
	var got, want decodedElement
	if err := xml.Unmarshal([]byte(strings.TrimPrefix(document, "\ufeff")), &want); err != nil {
		return // of an encoding that it does not read
	}
	if err := xml.NewTokenDecoder(root.Tokens()).Decode(&got); err != nil {
		t.Errorf("%q: %v", document, err)
	}
	got.plain()
	want.plain()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q is\n%+v, want\n%+v", document, got, want)
	}
}

func TestTokens(t *testing.T) {
	for _, document := range []string{
		`<a/>`, `<p:a xmlns:p="u" p:x="1" y="&lt;2"><p:b xmlns:p="v">t</p:b><c xmlns="w"><d/></c></p:a>`, "<a> \n<b> x </b> <![CDATA[ <y> ]]> z<!-- - --><c/>&#65;</a>", `<a xml:lang="en"><b>1</b><b>2</b></a>`,
	} {
		root, err := Parse([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		sameDecoded(t, document, root)
	}
	start, found := RootStart([]byte(`<?xml version="1.0"?><p:a xmlns:p="u" p:x="1" y="2"><b>`))
	if want := (xml.StartElement{Name: xml.Name{Space: "u", Local: "a"}, Attr: []xml.Attr{{Name: xml.Name{Space: "u", Local: "x"}, Value: "1"}, {Name: xml.Name{Local: "y"}, Value: "2"}}}); !found || !reflect.DeepEqual(start, want) {
		t.Errorf("%+v %t", start, found)
	}
	if _, found := RootStart([]byte("{}")); found {
		t.Error("a root element is found where there is none")
	}
}
