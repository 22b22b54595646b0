package stac

import "iter"

// Member is a member of a JSON object: its name, and its value as it stands there.
type Member struct {
	Name  string
	Value []byte
}

// Members visits the members of a JSON object in their order and never reads inside their values. What is no object, or
// ends in the middle, ends the walk with an error.
func Members(object []byte) iter.Seq2[Member, error] {
	return func(yield func(Member, error) bool) {
		for m, err := range walk(object) {
			if err != nil {
				yield(Member{}, malformed(err))
				return
			}
			if !yield(Member{m.name, object[m.from:m.to]}, nil) {
				return
			}
		}
	}
}

// Elements visits the values of a JSON array, each as it stands there; what is no array has none.
func Elements(array []byte) iter.Seq2[int, []byte] { return elements(array) }

// Text is the text of a JSON string; ok is false for any other value.
func Text(value []byte) (text string, ok bool) { return unquote(value) }
