package ows

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// JSON writes an XML document as JSON, as clients of catalogues know it: an element is a member by its name with its prefix, an
// attribute one whose name begins with @ (declarations of prefixes only that of the root), elements of the same name are an array; what has no more than text is a text, beside
// attributes it is #text, and what has nothing is null.
func JSON(document []byte) ([]byte, error) {
	root, err := readNode(document)
	if err != nil {
		return nil, notXML(err)
	}
	var b bytes.Buffer
	w := jsonWriter{&b}
	b.WriteByte('{')
	w.name(root.name)
	w.node(root)
	b.WriteString("}\n")
	return b.Bytes(), nil
}

// node is an element as it is written: names have their prefixes.
type node struct {
	name     string
	attrs    []xml.Attr
	text     strings.Builder
	children []*node
}

func readNode(document []byte) (*node, error) {
	decoder := newDecoder(document)
	top := &node{}
	path := []*node{top}
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) && len(top.children) == 1 && len(path) == 1 {
			return top.children[0], nil
		}
		if err != nil {
			return nil, err
		}
		at := path[len(path)-1]
		switch t := token.(type) {
		case xml.StartElement:
			child := &node{name: prefixed(t.Name), attrs: t.Copy().Attr}
			if len(path) > 1 {
				child.attrs = slices.DeleteFunc(child.attrs, declares)
			}
			at.children, path = append(at.children, child), append(path, child)
		case xml.EndElement:
			path = path[:len(path)-1]
		case xml.CharData:
			at.text.Write(t)
		}
	}
}

// declares tells whether an attribute declares a prefix, which says nothing where names have theirs.
func declares(a xml.Attr) bool {
	return a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"})
}

func prefixed(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}

type jsonWriter struct{ *bytes.Buffer }

func (w jsonWriter) name(s string) {
	w.value(s)
	w.WriteString(": ")
}

func (w jsonWriter) value(s string) {
	text, _ := json.Marshal(s) // of a string always
	w.Write(text)
}

func (w jsonWriter) node(n *node) {
	text := strings.TrimSpace(n.text.String())
	switch {
	case len(n.attrs)+len(n.children) > 0:
		w.object(n, text)
	case text == "":
		w.WriteString("null")
	default:
		w.value(text)
	}
}

func (w jsonWriter) object(n *node, text string) {
	separator := "{"
	next := func(name string) {
		w.WriteString(separator)
		w.name(name)
		separator = ", "
	}
	for _, a := range n.attrs {
		next("@" + prefixed(a.Name))
		w.value(a.Value)
	}
	for _, group := range grouped(n.children) {
		next(group[0].name)
		w.group(group)
	}
	if text != "" {
		next("#text")
		w.value(text)
	}
	w.WriteByte('}')
}

// group writes elements of one name.
func (w jsonWriter) group(group []*node) {
	if len(group) == 1 {
		w.node(group[0])
		return
	}
	separator := byte('[')
	for _, n := range group {
		w.WriteByte(separator)
		w.node(n)
		separator = ','
	}
	w.WriteByte(']')
}

// grouped takes elements of one name together, in the order in which the first of each comes.
func grouped(all []*node) [][]*node {
	var groups [][]*node
	at := map[string]int{}
	for _, n := range all {
		i, known := at[n.name]
		if !known {
			i = len(groups)
			at[n.name], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], n)
	}
	return groups
}
