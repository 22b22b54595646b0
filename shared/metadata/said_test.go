package metadata_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"perigee/shared/metadata"
)

// What no property of a record tells is searched as well (AnyText): each text of a document of every format.
func TestSaid(t *testing.T) {
	files, err := filepath.Glob("testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal(err, len(files))
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rec, err := metadata.Decode(document)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		there := map[string]bool{"": true}
		for line := range strings.Lines(rec.Said) {
			there[strings.TrimSpace(line)] = true
		}
		tokens := xml.NewDecoder(strings.NewReader(string(document)))
		for token, err := tokens.Token(); err == nil; token, err = tokens.Token() {
			if text, is := token.(xml.CharData); is {
				for line := range strings.Lines(strings.TrimSpace(string(text))) {
					if !there[strings.TrimSpace(line)] {
						t.Errorf("%s: %q is not said", file, line)
					}
				}
			}
		}
	}
	long := "<csw:Record xmlns:csw='http://www.opengis.net/cat/csw/2.0.2' xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:identifier>a</dc:identifier>" + strings.Repeat("<dc:relation>sea ice of the north</dc:relation>", 1<<13) + "</csw:Record>"
	if rec, err := metadata.Decode([]byte(long)); err != nil || len(rec.Said) > 64<<10 {
		t.Errorf("%d bytes are said: %v", len(rec.Said), err)
	}
}
