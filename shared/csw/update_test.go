package csw

import (
	"testing"

	"perigee/shared/metadata"
	"perigee/shared/record"
)

// RC-10: queryables are given new values in documents of every format, and are read from there again.
func TestSetProperty(t *testing.T) {
	rec := record.Record{Key: record.Key{ID: "one"}, Type: "dataset", Title: "Before", Abstract: "Said before", Keywords: []string{"ice"}, Modified: day(1)}
	for _, f := range metadata.Formats() {
		if f.Prefix == "gm03" || f.Prefix == "ebrim" { // whose documents have references and attributes in place of paths
			continue
		}
		document := f.Append(nil, &rec, "full")
		for _, name := range []string{"apiso:Title", "dct:abstract"} {
			var err error
			if document, err = setProperty(document, name, "A & B"); err != nil {
				t.Fatalf("%s of %s: %v\n%s", name, f.Prefix, err, document)
			}
		}
		got, err := metadata.Decode(document)
		if err != nil || got.Title != "A & B" || got.Abstract != "A & B" || got.ID != "one" {
			t.Errorf("%s: %q %q %q, %v\n%s", f.Prefix, got.ID, got.Title, got.Abstract, err, document)
		}
		if _, err := setProperty(document, "apiso:Degree", "true"); err == nil {
			t.Errorf("%s: a degree was set", f.Prefix)
		}
	}
}
