package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
)

// Whatever a route is told, it is read, or a fault of who told it.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{`{"url": "s3://a/b", "type": "OAPROC", "parent_identifier": null}`, `"EODATA/x.SAFE/"`, `{"identifier": 5}`, `[]`, `{"url": {}}`, ``} {
		f.Add(s)
	}
	r := &registrar{places: places{ingest: "ingest"}}
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := readMessage([]byte(s), "url"); err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", s, err)
		}
		path, err := pathOf([]byte(s))
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", s, err)
		}
		if once := r.placed(scopeOf(""), path); strings.Trim(path, "/") != "" && once != r.placed(scopeOf(""), once) {
			t.Errorf("%q is at %q, which is elsewhere", path, once)
		}
	})
}

// Whatever a server answers, a catalogue is recognised or not, and what is recognised is a record.
func FuzzRecognise(f *testing.F) {
	for _, s := range []string{
		`{"title": "x", "conformsTo": ["http://www.opengis.net/spec/ogcapi-records-1/1.0/conf/record-core"], "links": [{"rel": "license", "href": "a"}]}`,
		`{"type": "Catalog", "stac_version": "1.0.0"}`, `<Capabilities xmlns="http://www.opengis.net/cat/csw/2.0.2"/>`, `<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/"><Tags>a</Tags></OpenSearchDescription>`, `{}`, `<`,
	} {
		f.Add(s)
	}
	r := &registrar{}
	f.Fuzz(func(t *testing.T, s string) {
		is, err := r.recognise(context.Background(), "s3://bucket/catalog.json", []byte(s))
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		text, err := ogcrecord.Compose(ogcrecord.Draft{ID: "x", Type: is.typ, Title: is.title, Description: is.abstract, Keywords: is.keywords, Links: is.links})
		if err != nil || !json.Valid(text) {
			t.Errorf("%q: %v", s, err)
		}
		if _, err := ogcrecord.Decode(text); err != nil {
			t.Errorf("%q became %s: %v", s, text, err)
		}
	})
}
