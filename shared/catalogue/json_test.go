package catalogue

import (
	"encoding/json"
	"reflect"
	"testing"

	"perigee/shared/record"
)

var jsonTexts = []string{
	`{}`, `{"a": 1, "b": [], "c": {}, "d": null, "e": true, "f": false}`, `{"a": [1, "x", [2.5, -0.1e-7], {"b": "c"}], "é": "ü"}`, ` {"a" : "b" } `,
	`{"a": "x\n\"y\u00e9\\"}`, `{"a\tb": 1}`, `{"a": 1, "a": {"b": 2}}`, `{"a": 1E400}`, `{"a": 0.1, "b": 12345678901234567890, "c": -0}`, `{"a": 1,}`, `{"a" 1}`, `{"a": }`, `{,}`,
	`{"a": 01}`, `{"a": 1.}`, `{"a": .5}`, `{"a": +1}`, `{"a": -}`, `{"a": 1.e5}`, `{"a": tru}`, `{"a": "b`, `{"a": "\`, `{"a": "\x"}`, `{"a": [1 2]}`, `{"a": [1,]}`, `{"a": "` + "\x01" + `"}`,
	"{\"a\": \"\xff\"}", `{} {}`, `null`, `[]`, `1`, ``, `"x"`, `[{"rel": "self", "href": "http://x/?a=b", "type": "t", "title": "T", "name": "n", "protocol": "p"}, {}]`, `[{"REL": "self"}]`,
	`[{"rel": 1}]`, `[{"rel": null}]`, `[null]`, `[{"rel": "a"},]`, `[{"more": {"a": 1}}]`,
}

// What is read of the database's JSON is what encoding/json reads, or refuses.
func TestJSONAsEncodingJSON(t *testing.T) {
	for _, text := range jsonTexts {
		sameJSON(t, text)
	}
}

func FuzzJSON(f *testing.F) {
	for _, text := range jsonTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { sameJSON(t, text) })
}

func sameJSON(t *testing.T, text string) {
	t.Helper()
	var object map[string]any
	var links []record.Link
	wrong := json.Unmarshal([]byte(text), &object)
	if got, err := propertiesIn(text); (err == nil) != (wrong == nil) || err == nil && !reflect.DeepEqual(got, object) {
		t.Errorf("%q is %#v, %v, want %#v, %v", text, got, err, object, wrong)
	}
	wrong = json.Unmarshal([]byte(text), &links)
	if got, err := linksIn(text); (err == nil) != (wrong == nil) || err == nil && !reflect.DeepEqual(got, links) {
		t.Errorf("%q is %#v, %v, want %#v, %v", text, got, err, links, wrong)
	}
}

const jsonSample = `{"role": "pointOfContact", "type": "dataset", "format": ["a", "b"], "contacts": [{"name": "European Space Agency", "roles": ["pointOfContact"], "emails": [{"value": "data@example.org"}]}],
	"language": "eng", "dateStamp": "2001-02-03", "distanceUOM": "m", "distanceValue": 30, "topicCategory": ["oceans"], "publicationDate": "2001-02-03"}`

func BenchmarkJSON(b *testing.B) {
	b.Run("here", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, _ = propertiesIn(jsonSample)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var object map[string]any
			_ = json.Unmarshal([]byte(jsonSample), &object)
		}
	})
}
