package stac

import (
	"encoding/json"
	"testing"
)

func TestSelection(t *testing.T) {
	const doc = ` { "type" : "Feature", "id":"a","geometry":null, "properties":{"datetime":"2020-01-01T00:00:00Z","eo:cloud_cover":1.50,"a":{"b":1,"c":2}},
		"assets":{"B01":{"href":"x","title":"B"},"B02":{"href":"y"}},"links":[] }`
	cases := []struct {
		name             string
		include, exclude []string
		want             string
	}{
		{"nothing said", nil, nil, doc},
		{"some", []string{"id", "type"}, nil, `{"type":"Feature","id":"a"}`},
		{"all but one", nil, []string{"properties", "assets", "links"}, `{"type":"Feature","id":"a","geometry":null}`},
		{"numbers as they were spelt", []string{"properties.eo:cloud_cover"}, nil, `{"properties":{"eo:cloud_cover":1.50}}`},
		{"deeper", []string{"assets.B01.href", "properties.a.b"}, nil, `{"properties":{"a":{"b":1}},"assets":{"B01":{"href":"x"}}}`},
		{"a part left out", []string{"properties"}, []string{"properties.a", "properties.datetime"}, `{"properties":{"eo:cloud_cover":1.50}}`},
		{"a part of what is left out", []string{"properties.datetime"}, []string{"properties"}, `{"properties":{"datetime":"2020-01-01T00:00:00Z"}}`},
		{"said both ways", []string{"id", "geometry"}, []string{"geometry"}, `{"id":"a","geometry":null}`},
		{"what is not there", []string{"id", "nothing.at.all", "id.deeper"}, nil, `{"id":"a"}`},
		{"deeper than there is", []string{"id.deeper"}, nil, `{}`},
		{"left out deep down", nil, []string{"geometry", "properties.a.c", "assets.B02", "links", "properties.datetime"},
			`{"type":"Feature","id":"a","properties":{"eo:cloud_cover":1.50,"a":{"b":1}},"assets":{"B01":{"href":"x","title":"B"}}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := NewSelection(Fields{c.include, c.exclude}).Of([]byte(doc))
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
			if !json.Valid(got) {
				t.Error("it is not JSON")
			}
		})
	}
}

func FuzzSelection(f *testing.F) {
	f.Add([]byte(`{"a":{"b":[1,{"c":2}]},"d":"\"}"}`), "a.b", "d")
	f.Add([]byte(`{}`), "", ".")
	f.Fuzz(func(t *testing.T, doc []byte, include, exclude string) {
		if !json.Valid(doc) {
			return
		}
		got, err := NewSelection(Fields{[]string{include}, []string{exclude}}).Of(doc)
		if err == nil && !json.Valid(got) {
			t.Errorf("%q of %q is %q", include, doc, got)
		}
	})
}
