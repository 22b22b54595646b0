// Package xmldoc reads metadata documents as trees and writes them by appending to bytes: what encodings of XML share.
//
// A tree is made in one pass over the document; its texts are parts of it. Documents come from strangers: their size,
// their depth and their number of elements are bounded, there are no document types, hence no entities but the five of
// XML (https://www.w3.org/TR/xml/), and prefixes are declared (https://www.w3.org/TR/xml-names/).
package xmldoc

import (
	"encoding/xml"
	"iter"
	"strings"
)

// The bounds of a document.
const (
	MaxBytes    = 16 << 20 // of the document
	maxDepth    = 100      // elements within each other
	maxElements = 200_000
)

// Node is an element. All methods take nil for an element that is not there: it has no text and no children.
type Node struct {
	Space string // the namespace
	Local string // the name without a prefix
	Attrs []Attr // without declarations of namespaces
	text  string // the first run of characters
	more  []string

	first, last, next *Node
}

// Attr is an attribute.
type Attr struct {
	Space string
	Local string
	Value string
}

// Name is the name of an element.
func (n *Node) Name() xml.Name {
	if n == nil {
		return xml.Name{}
	}
	return xml.Name{Space: n.Space, Local: n.Local}
}

// Attr is the value of the attribute of a local name, whatever its namespace; empty when there is none.
func (n *Node) Attr(local string) string {
	if n == nil {
		return ""
	}
	for i := range n.Attrs {
		if n.Attrs[i].Local == local {
			return n.Attrs[i].Value
		}
	}
	return ""
}

// Text is the text of the element itself, without white space around it.
func (n *Node) Text() string {
	if n == nil {
		return ""
	}
	if len(n.more) == 0 {
		return strings.TrimSpace(n.text)
	}
	return strings.TrimSpace(n.text + strings.Join(n.more, ""))
}

// Deep is the text of the element and of all within it, a space between those of different elements.
func (n *Node) Deep() string {
	if n == nil {
		return ""
	}
	var parts []string
	n.gather(&parts)
	return strings.Join(parts, " ")
}

func (n *Node) gather(parts *[]string) {
	if own := n.Text(); own != "" {
		*parts = append(*parts, own)
	}
	for c := n.first; c != nil; c = c.next {
		c.gather(parts)
	}
}

// Children are the elements within the element.
func (n *Node) Children() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		if n == nil {
			return
		}
		for c := n.first; c != nil; c = c.next {
			if !yield(c) {
				return
			}
		}
	}
}

// Below are the elements of a local name at any depth below the element, each before what it holds; a star stands for any
// name.
func (n *Node) Below(local string) iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.below(local, yield) }
}

func (n *Node) below(local string, yield func(*Node) bool) bool {
	for c := range n.Children() {
		if (local == "*" || c.Local == local) && !yield(c) || !c.below(local, yield) {
			return false
		}
	}
	return true
}

// Has tells whether there is an element at a path.
func (n *Node) Has(path string) bool { return n.Find(path) != nil }

// Find is the first element at a path, nil when there is none: local names between slashes, from the children of the
// element on; a star stands for any name.
func (n *Node) Find(path string) *Node {
	var found *Node
	n.walk(path, func(at *Node) bool { found = at; return false })
	return found
}

// All are the elements at a path, as Find reads it, in the order of the document.
func (n *Node) All(path string) iter.Seq[*Node] {
	return func(yield func(*Node) bool) { n.walk(path, yield) }
}

func (n *Node) walk(path string, yield func(*Node) bool) bool {
	if n == nil {
		return true
	}
	step, rest, deeper := strings.Cut(path, "/")
	for c := n.first; c != nil; c = c.next {
		if step != "*" && c.Local != step {
			continue
		}
		if deeper && !c.walk(rest, yield) || !deeper && !yield(c) {
			return false
		}
	}
	return true
}

// TextAt is the text of the first element at a path that has any.
func (n *Node) TextAt(path string) string {
	for at := range n.All(path) {
		if text := at.Text(); text != "" {
			return text
		}
	}
	return ""
}

// TextsAt are the texts of the elements at a path that have any.
func (n *Node) TextsAt(path string) []string {
	var texts []string
	for at := range n.All(path) {
		if text := at.Text(); text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}
