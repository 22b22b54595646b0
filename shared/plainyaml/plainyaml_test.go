package plainyaml

import (
	"strings"
	"testing"

	"perigee/shared/fault"
)

func TestDecode(t *testing.T) {
	var got struct {
		A []int          `yaml:"a"`
		B map[string]any `yaml:"b"`
	}
	if err := Decode("x.yaml", []byte("a: [1, 2]\nb: {c: d}"), &got); err != nil || len(got.A) != 2 || got.B["c"] != "d" {
		t.Errorf("%+v, %v", got, err)
	}
	for text, words := range map[string]string{
		"a: &x [1]":                            "x.yaml:1:4: anchors",
		"a: !!int x":                           "x.yaml:1:4: anchors",
		"a: x":                                 "x.yaml:1:4",
		"a: [":                                 "x.yaml",
		"a: \xff":                              "UTF-8",
		strings.Repeat("#", MaxSize+1):         "at most",
		strings.Repeat("a: ", MaxTokens):       "words",
		"b: " + strings.Repeat("[", MaxFlow+1): "nested too deeply",
		"b:\n  - - - - - x":                    "nested too deeply",
	} {
		if err := Decode("x.yaml", []byte(text), &got); err == nil || fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), words) {
			t.Errorf("%.30q: %v", text, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"a: b", "- [x, {y: z}]", "? a\n: b", "a: |\n  b\n", "{", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var v any
		if err := Decode("x", []byte(s), &v); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", s, err)
		}
	})
}
