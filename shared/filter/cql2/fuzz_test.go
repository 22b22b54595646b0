package cql2

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// again checks that what was read is written, and read as the same again.
func again(t *testing.T, e filter.Expr) {
	text, err := Text(e)
	if err != nil {
		t.Fatalf("%#v: %v", e, err)
	}
	document, err := JSON(e)
	if err != nil || !utf8.Valid(document) {
		t.Fatalf("%s: %v", text, err)
	}
	same, err := ParseText(text, names{})
	if !beyond(err) && !reflect.DeepEqual(same, e) {
		t.Errorf("%s became\n%#v, %v\nnot\n%#v", text, same, err, e)
	}
	same, err = ParseJSON(document, names{})
	if !beyond(err) && !reflect.DeepEqual(same, e) {
		t.Errorf("%s became\n%#v, %v\nnot\n%#v", document, same, err, e)
	}
}

// beyond tells whether a failure is one of a bound: one encoding is longer than the other, and goes deeper.
func beyond(err error) bool {
	return err != nil && (strings.Contains(err.Error(), "nested deeper than") || strings.Contains(err.Error(), "more than"))
}

// refused checks that a failure is one of the input, which says where.
func refused(t *testing.T, err error) {
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Locator != "filter" || !utf8.ValidString(err.Error()) || len(err.Error()) > 1000 {
		t.Errorf("it fails with %v", err)
	}
}

func seeds(t testing.TB, extension string) []string {
	files, err := filepath.Glob("testdata/examples/*" + extension)
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no examples: %v", err)
	}
	var all []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

func FuzzText(f *testing.F) {
	for _, text := range seeds(f, ".txt") {
		f.Add(text)
	}
	for text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseText(text, names{})
		if err != nil {
			refused(t, err)
			return
		}
		again(t, e)
	})
}

func FuzzJSON(f *testing.F) {
	for _, text := range seeds(f, ".json") {
		f.Add([]byte(text))
	}
	for text := range documents {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseJSON(data, names{})
		if err != nil {
			refused(t, err)
			return
		}
		again(t, e)
	})
}
