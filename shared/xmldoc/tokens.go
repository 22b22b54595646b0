package xmldoc

import (
	"encoding/xml"
	"io"
	"strings"
)

// Tokens gives an element and all within it as encoding/xml reads them, whose decoders take them from it (xml.NewTokenDecoder): to read a document
// here and have it decoded there takes half of the time. Names have their namespaces already, declarations are left out, and the text of an element
// comes before the elements in it.
func (n *Node) Tokens() xml.TokenReader { return &tokens{begins: n} }

type tokens struct {
	begins *Node // an element whose start comes next
	open   []place
}

// place is how far an element was told.
type place struct {
	node *Node
	text bool  // its text is to come
	next *Node // the element in it that is to come
}

// Token gives the next token.
func (t *tokens) Token() (xml.Token, error) {
	if t.begins != nil {
		n := t.begins
		t.begins, t.open = nil, append(t.open, place{n, n.text != "", n.first})
		return n.Start(), nil
	}
	if len(t.open) == 0 {
		return nil, io.EOF
	}
	top := &t.open[len(t.open)-1]
	switch {
	case top.text:
		top.text = false
		return xml.CharData(top.node.text + strings.Join(top.node.more, "")), nil
	case top.next != nil:
		t.begins, top.next = top.next, top.next.next
		return t.Token()
	}
	t.open = t.open[:len(t.open)-1]
	return xml.EndElement{Name: top.node.Name()}, nil
}

// Start is the start tag of an element.
func (n *Node) Start() xml.StartElement {
	start := xml.StartElement{Name: n.Name(), Attr: make([]xml.Attr, len(n.Attrs))}
	for i, a := range n.Attrs {
		start.Attr[i] = xml.Attr{Name: xml.Name{Space: a.Space, Local: a.Local}, Value: a.Value}
	}
	return start
}

// RootStart is the start tag of the root element of a document; found is false where Root finds none.
func RootStart(document []byte) (start xml.StartElement, found bool) {
	root, _ := beginning(document)
	if root == nil {
		return start, false
	}
	return root.Start(), true
}
