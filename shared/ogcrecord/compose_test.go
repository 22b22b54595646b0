package ogcrecord

import (
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/record"
)

// What is composed is a record that is read: with everything, and with nothing but an id.
func TestCompose(t *testing.T) {
	text, err := Compose(Draft{
		ID: "s", Type: "service", Title: "A service", Description: "of processes", Keywords: []string{"a", "b"}, World: true, Created: time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC),
		License: "proprietary", Contacts: NewContact("author", "Ada", "", "ada@example.org"), Formats: []string{"CWL"}, Properties: map[string]any{"edition": "1"},
		Links: []record.Link{{Rel: "service", Href: "https://example.org/", Type: "text/html"}, {Rel: "license", Href: "https://example.org/licence"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := Decode(text)
	if err != nil || rec.ID != "s" || rec.Type != "service" || rec.Title != "A service" || rec.Abstract != "of processes" || len(rec.Keywords) != 2 || len(rec.Links) != 2 {
		t.Errorf("%s is %+v, %v", text, rec, err)
	}
	if p, ok := rec.Footprint.(orb.Polygon); !ok || p.Bound() != (orb.Bound{Min: orb.Point{-180, -90}, Max: orb.Point{180, 90}}) {
		t.Errorf("it is at %v", rec.Footprint)
	}
	for _, part := range []string{`"created":"2024-05-01T00:00:00Z"`, `"contacts":[{"name":"Ada","emails":[{"value":"ada@example.org"}],"roles":["author"]}]`, `"formats":[{"name":"CWL"}]`, `"time":null`, `"rel":"license","href":"https://example.org/licence"}`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s lacks %s", text, part)
		}
	}
	text, err = Compose(Draft{ID: "bare"})
	if rec, wrong := Decode(text); err != nil || wrong != nil || rec.Title != "bare" || rec.Type != TypeDataset || rec.Footprint != nil {
		t.Errorf("%s is %+v, %v, %v", text, rec, err, wrong)
	}
	if c := NewContact("author", "", "", ""); c != nil {
		t.Errorf("nobody is %+v", c)
	}
	if c := NewContact("author", "", "", "x@example.org"); len(c) != 1 || c[0].Name != "x@example.org" {
		t.Errorf("an address is %+v", c)
	}
}
