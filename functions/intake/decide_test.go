package main

import (
	"testing"

	"perigee/eventing"
)

// Whatever lies in a bucket, the decision on it is made, and the subject of the event can travel in a header.
func FuzzClassify(f *testing.F) {
	for _, text := range []string{anItem, aCollection, `{"type":"Catalog"}`, `{"id":"a\nb","type":"Feature"}`, `[]`, `{"type":`, ""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d := decision{route: "items", subject: "key"}
		classify(text, &d)
		if d.subject == "" || eventing.Attribute(d.subject) != d.subject {
			t.Errorf("subject %q", d.subject)
		}
	})
}

func TestTopString(t *testing.T) {
	for text, want := range map[string]string{
		`{"id":"a","x":1}`:            "a",
		`{"x":{"id":"no"},"id":"b"}`:  "b",
		`{"x":[1,2],"id":"c","cut":[`: "c",
		`{"x":[1,2],"cut":["`:         "",
		`{"id":7}`:                    "",
		`["id"]`:                      "",
		``:                            "",
	} {
		if got := topString([]byte(text), "id"); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
