package yamlfile

import (
	"errors"
	"testing"

	"perigee/shared/fault"
)

func TestSetting(t *testing.T) {
	read := func(path string) ([]byte, error) {
		if path != "there.yaml" {
			return nil, errors.New("no such file")
		}
		return []byte("a: 1"), nil
	}
	for value, want := range map[string]string{"": "X|", "b: 2": "X|b: 2", "\n": "X|\n", "there.yaml": "there.yaml|a: 1"} {
		if file, text, err := Setting("X", value, read); err != nil || file+"|"+string(text) != want {
			t.Errorf("%q is %s|%s, %v", value, file, text, err)
		}
	}
	if _, _, err := Setting("X", "nowhere.yaml", read); fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "X" {
		t.Error(err)
	}
}

// What is wrong is told with its place.
func TestPlaces(t *testing.T) {
	f := File{Name: "f.yaml"}
	read := func(text string) error {
		node, err := f.Document([]byte(text), "an example")
		if err != nil || node == nil {
			return err
		}
		m, err := f.Map(node)
		if err != nil {
			return err
		}
		if Child(m, "none") != nil {
			return f.At(Child(m, "none"), "none", "%d is too much", 1)
		}
		var into struct{ A, B int }
		return f.Decode(m, &into)
	}
	for text, want := range map[string]string{
		"": "", "# c": "", "---\na: 1\n": "", "a: 1\nb: 2": "",
		"a: 1\n---\na: 2": "f.yaml:3:2: an example is one document, this file has 2",
		"- a":             "f.yaml:1:1: a map is expected here, not Sequence",
		"a: 1\nc: 2":      `f.yaml:2:1: unknown key "c"`,
		"a: 1\nnone: x":   "f.yaml:2:7: 1 is too much",
	} {
		got := ""
		if err := read(text); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if err := read("a: [1"); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}
