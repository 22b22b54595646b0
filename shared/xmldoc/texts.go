package xmldoc

import (
	"iter"
	"strings"
)

// Texts are the texts of the element and of all within it, as they stand between its tags, without the white space around each:
// those of an element before those of what it holds. Those of white space alone are left out.
func (n *Node) Texts() iter.Seq[string] {
	return func(yield func(string) bool) { n.texts(yield) }
}

func (n *Node) texts(yield func(string) bool) bool {
	if n == nil {
		return true
	}
	if text := strings.TrimSpace(n.text); text != "" && !yield(text) {
		return false
	}
	for _, more := range n.more {
		if text := strings.TrimSpace(more); text != "" && !yield(text) {
			return false
		}
	}
	for c := n.first; c != nil; c = c.next {
		if !c.texts(yield) {
			return false
		}
	}
	return true
}
