package cql2

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"perigee/shared/filter"
)

// names knows every property but those called unknown, and AnyText as all text.
type names struct{}

func (names) Property(name string) (filter.Property, bool, error) {
	if strings.HasPrefix(name, "unknown") {
		return "", false, fmt.Errorf("there is no queryable %q", name)
	}
	return filter.Property(name), name == "AnyText", nil
}

func (names) Value(p filter.Property, value string) string {
	if p == "type" && value == "dataset" {
		return "item"
	}
	return value
}

// both checks that a tree comes back from either encoding, that its JSON keeps to the schema where it can, and gives
// the two.
func both(t interface {
	Helper()
	Fatalf(string, ...any)
}, e filter.Expr, s schema) (text, document string) {
	t.Helper()
	text, err := Text(e)
	if err != nil {
		t.Fatalf("%#v: %v", e, err)
	}
	again, err := ParseText(text, names{})
	if err != nil || !reflect.DeepEqual(again, e) {
		t.Fatalf("%s\nbecame %#v, %v\n   not %#v", text, again, err, e)
	}
	data, err := JSON(e)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	again, err = ParseJSON(data, names{})
	if err != nil || !reflect.DeepEqual(again, e) {
		t.Fatalf("%s\nbecame %#v, %v\n   not %#v", data, again, err, e)
	}
	if s.root != nil {
		if err := s.validate(data); err != nil {
			t.Fatalf("%s\nis not of the schema: %v", data, err)
		}
	}
	return text, string(data)
}

func TestExamplesOfTheStandard(t *testing.T) {
	s := readSchema(t)
	files, err := filepath.Glob("testdata/examples/*.txt")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e, err := ParseText(string(text), names{})
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		both(t, e, s)
		data, err := os.ReadFile(strings.TrimSuffix(file, ".txt") + ".json")
		if errors.Is(err, os.ErrNotExist) && strings.Contains(file, "-alt") {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		same, err := ParseJSON(data, names{})
		if err != nil || !reflect.DeepEqual(e, same) {
			t.Errorf("%s: the text is\n%#v, the JSON\n%#v, %v", file, e, same, err)
		}
	}
}

// TestAbstractTestSuite reads the 351 predicates of Annex A and writes them in both encodings.
func TestAbstractTestSuite(t *testing.T) {
	s := readSchema(t)
	table, err := os.ReadFile("testdata/ats.tsv")
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSpace(string(table)), "\n")[1:]
	if len(rows) != 351 {
		t.Errorf("there are %d predicates", len(rows))
	}
	for _, row := range rows {
		text := strings.Split(row, "\t")[2]
		e, err := ParseText(text, names{})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		both(t, e, s)
	}
}
