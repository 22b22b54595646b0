package stac

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/geo"
	"perigee/shared/stac/stactest"
)

// REG-05, REG-06: the items and collections of real providers decode as they are.
func TestRealDocuments(t *testing.T) {
	stactest.Documents(t, func(t *testing.T, name string, raw []byte) {
		kind, err := Type(raw)
		switch {
		case err != nil:
			if fault.KindOf(err) != fault.Invalid {
				t.Error(err)
			}
		case kind == TypeItem:
			realItem(t, name, raw)
		case kind == TypeCollection:
			c, err := DecodeCollection(raw)
			if err != nil {
				t.Fatal(err)
			}
			if c.ID == "" || len(c.Bounds) == 0 || c.Footprint() == nil {
				t.Errorf("%+v", c)
			}
		}
	})
}

func realItem(t *testing.T, name string, raw []byte) {
	item, err := DecodeItem(raw)
	if strings.HasSuffix(name, "/mask.json") { // a GeoJSON feature that is no STAC item
		if got := locators(err); got != "id properties.datetime" {
			t.Errorf("faults at %q", got)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var plain struct {
		ID         string         `json:"id"`
		Properties map[string]any `json:"properties"`
		Assets     map[string]any `json:"assets"`
		Links      []any          `json:"links"`
	}
	if err := json.Unmarshal(raw, &plain); err != nil {
		t.Fatal(err)
	}
	if item.ID != plain.ID || len(item.Assets) != len(plain.Assets) || len(item.Links) != len(plain.Links) {
		t.Errorf("got %s, %d assets, %d links", item.ID, len(item.Assets), len(item.Links))
	}
	got, _ := json.Marshal(item.Properties)
	want, _ := json.Marshal(plain.Properties)
	if string(got) != string(want) {
		t.Errorf("properties\n got %s\nwant %s", got, want)
	}
	if err := geo.Check(item.Geometry); item.Time.IsZero() || err != nil {
		t.Errorf("time %v, geometry %v: %v", item.Time, item.Geometry, err)
	}
}

func locators(err error) string {
	var all []string
	for _, e := range fault.All(err) {
		all = append(all, fault.LocatorOf(e))
	}
	return strings.Join(all, " ")
}

const square = `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1],[0,0]]]}`

// REG-27: an item may say that it has no place.
func TestDecodeItemWithoutPlace(t *testing.T) {
	got, err := DecodeItem([]byte(item(`"id":"a"`, "null", `"datetime":"2026-01-01T00:00:00Z"`)))
	if err != nil || got.Geometry != nil || got.Record().Footprint != nil {
		t.Errorf("%+v: %v", got, err)
	}
}

// REG-27, and what of an item is refused: each case names the paths at fault.
func TestDecodeItemFaults(t *testing.T) {
	cases := []struct{ name, raw, want, words string }{
		{"no geometry", `{"type":"Feature","id":"a","properties":{"datetime":"2026-01-01T00:00:00Z"},"bbox":[0,0,1,1]}`, "geometry", "needs a geometry"},
		{"no geometry's text", `{"type":"Feature","id":"a","geometry":"null","properties":{"datetime":"2026-01-01T00:00:00Z"}}`, "geometry", "a string"},
		{"everything", `{"type":"Feature","properties":{},"assets":{"x":{}}}`, "id geometry properties.datetime assets.x.href", "4 "},
		{"no properties", `{"type":"Feature","id":"a","geometry":` + square + `}`, "properties.datetime properties", ""},
		{"type", `{"type":"Collection","id":"a","geometry":` + square + `,"properties":{"datetime":"2026-01-01T00:00:00Z"}}`, "type", "Collection"},
		{"id a number", item(`"id":1`, square, `"datetime":"2026-01-01T00:00:00Z"`), "id", "a number, not a string"},
		{"id a dot", item(`"id":".."`, square, `"datetime":"2026-01-01T00:00:00Z"`), "id", "address"},
		{"id too long", item(`"id":"`+strings.Repeat("x", 513)+`"`, square, `"datetime":"2026-01-01T00:00:00Z"`), "id", "longer"},
		{"id twice", item(`"id":"a","id":"b"`, square, `"datetime":"2026-01-01T00:00:00Z"`), "id", "twice"},
		{"zero character", item(`"id":"a"`, square, `"datetime":"2026-01-01T00:00:00Z","title":"a\u0000b"`), "properties.title", "zero character"},
		{"newline in id", item(`"id":"a\nb"`, square, `"datetime":"2026-01-01T00:00:00Z"`), "id", "control"},
		{"huge number", item(`"id":"a"`, square, `"datetime":"2026-01-01T00:00:00Z","n":1e999`), "properties.n", "too large"},
		{"deep", item(`"id":"a"`, square, `"datetime":"2026-01-01T00:00:00Z","n":`+strings.Repeat("[", 50)+strings.Repeat("]", 50)), "properties.n" + strings.Repeat("[0]", 32), "deeper"},
		{"only a year", item(`"id":"a"`, square, `"datetime":"2026"`), "properties.datetime", "2026-04-30T10:00:31Z"},
		{"nonsense time", item(`"id":"a"`, square, `"datetime":"yesterday"`), "properties.datetime", "yesterday"},
		{"null without interval", item(`"id":"a"`, square, `"datetime":null,"start_datetime":"2026-01-01T00:00:00Z"`), "properties.datetime", "end_datetime"},
		{"backwards", item(`"id":"a"`, square, `"datetime":null,"start_datetime":"2026-01-02T00:00:00Z","end_datetime":"2026-01-01T00:00:00Z"`), "properties.end_datetime", "before"},
		{"href empty", item(`"id":"a","assets":{"b":{"href":""}}`, square, `"datetime":"2026-01-01T00:00:00Z"`), "assets.b.href", "empty"},
		{"roles", item(`"id":"a","assets":{"b":{"href":"x","roles":["data",3]}}`, square, `"datetime":"2026-01-01T00:00:00Z"`), "assets.b.roles[1]", "string"},
		{"shape", item(`"id":"a","assets":{"b":{"href":"x","proj:shape":[0,1]}}`, square, `"datetime":"2026-01-01T00:00:00Z"`), "assets.b.proj:shape", "rows"},
		{"transform", item(`"id":"a","assets":{"b":{"href":"x","proj:transform":[0,1]}}`, square, `"datetime":"2026-01-01T00:00:00Z"`), "assets.b.proj:transform", "6 or 9"},
		{"nodata", item(`"id":"a","assets":{"b":{"href":"x","raster:bands":[{"nodata":"none"}]}}`, square, `"datetime":"2026-01-01T00:00:00Z"`), "assets.b.raster:bands[0].nodata", "nan"},
		{"link", item(`"id":"a","links":[{"rel":"self"}]`, square, `"datetime":"2026-01-01T00:00:00Z"`), "links[0].href", "missing"},
		{"links an object", item(`"id":"a","links":{}`, square, `"datetime":"2026-01-01T00:00:00Z"`), "links", "not an array"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := DecodeItem([]byte(c.raw))
			if got := locators(err); got != c.want {
				t.Errorf("faults at %q, want %q: %v", got, c.want, err)
			}
			if c.words != "4 " && !strings.Contains(err.Error(), c.words) {
				t.Errorf("%q does not say %q", err, c.words)
			}
			if fault.KindOf(err) != fault.Invalid && len(fault.All(err)) < 2 {
				t.Errorf("kind %s", fault.KindOf(err))
			}
		})
	}
}

func item(fields, geometry, properties string) string {
	return `{"type":"Feature",` + fields + `,"geometry":` + geometry + `,"properties":{` + properties + `}}`
}

func TestSyntaxIsLocated(t *testing.T) {
	cases := []struct{ raw, want string }{
		{"{\n  \"type\": \"Feature\",\n  \"id\": }\n", "line 3, column 9"},
		{"{\"type\": \"Feature\"", "unexpected end"},
		{"", "empty"},
		{"  \n ", "empty"},
		{"[1,2]", "not a JSON object"},
		{"\"x\"", "not a JSON object"},
		{"{\"a\": \"\xff\"}", "line 1, column 8 is not UTF-8"},
		{"\xef\xbb\xbf{}", "line 1, column 1"},
		{strings.Repeat("[", 20000), "exceeded max depth"},
	}
	for _, c := range cases {
		for _, decode := range []func([]byte) error{
			func(raw []byte) error { _, err := DecodeItem(raw); return err },
			func(raw []byte) error { _, err := DecodeCollection(raw); return err },
		} {
			if err := decode([]byte(c.raw)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%.40q: %v, want %q", c.raw, err, c.want)
			}
		}
	}
	if _, err := DecodeItem(make([]byte, MaxSize+1)); !strings.Contains(err.Error(), "bytes") {
		t.Error(err)
	}
}

func TestType(t *testing.T) {
	cases := []struct{ raw, want, err string }{
		{`{"type":"Feature"}`, TypeItem, ""},
		{` {"a":{"type":"Feature"},"type" : "Collection"}`, TypeCollection, ""},
		{`{"id":"x\"}","type":"Catalog"}`, TypeCatalog, ""},
		{`{"type":"Feature", broken`, TypeItem, ""}, // decoding says what is wrong with the rest
		{`{"type":"FeatureCollection"}`, "", "FeatureCollection"},
		{`{"type":7}`, "", "not a string"},
		{`{"id":"x"}`, "", "type is missing"},
		{`{"id":`, "", "line 1, column"},
		{`hello`, "", "line 1, column 1"},
		{`[]`, "", "not a JSON object"},
	}
	for _, c := range cases {
		got, err := Type([]byte(c.raw))
		if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q, %v", c.raw, got, err)
		}
	}
}

// REG-27: which of the times counts.
func TestItemTime(t *testing.T) {
	cases := []struct{ properties, want string }{
		{`"datetime":"2026-04-30T10:00:31.5Z"`, "2026-04-30T10:00:31.5Z"},
		{`"datetime":"2026-04-30T12:00:31+02:00"`, "2026-04-30T10:00:31Z"},
		{`"datetime":"2026-04-30T10:00:31"`, "2026-04-30T10:00:31Z"},
		{`"datetime":"2026-04-30"`, "2026-04-30T00:00:00Z/2026-04-30T23:59:59.999999Z"},
		{`"datetime":null,"start_datetime":"2026-04-01T00:00:00Z","end_datetime":"2026-04-30T00:00:00Z"`, "2026-04-01T00:00:00Z/2026-04-30T00:00:00Z"},
		{`"datetime":"2026-04-03T00:00:00Z","start_datetime":"2026-04-01T00:00:00Z","end_datetime":"2026-04-30T00:00:00Z"`, "2026-04-01T00:00:00Z/2026-04-30T00:00:00Z"},
		{`"start_time":"2026-04-01T00:00:00Z","end_time":"2026-04-30T00:00:00Z"`, "2026-04-01T00:00:00Z/2026-04-30T00:00:00Z"},
		{`"datetime":"2026-04-03T00:00:00Z","start_datetime":"2026-04-01T00:00:00Z"`, "2026-04-03T00:00:00Z"},
	}
	for _, c := range cases {
		got, err := DecodeItem([]byte(item(`"id":"a"`, square, c.properties)))
		if err != nil {
			t.Errorf("%s: %v", c.properties, err)
		} else if got.Time.String() != c.want {
			t.Errorf("%s: %s", c.properties, got.Time)
		}
	}
}

// Of many faults all but the first are counted, and none is lost.
func TestManyFaults(t *testing.T) {
	var assets []string
	for i := range 50 {
		assets = append(assets, `"a`+strings.Repeat("x", i)+`":{}`)
	}
	_, err := DecodeItem([]byte(item(`"id":"a","assets":{`+strings.Join(assets, ",")+`}`, square, `"datetime":"2026-01-01T00:00:00Z"`)))
	all := fault.All(err)
	if len(all) != maxErrors+1 || !strings.Contains(all[maxErrors].Error(), "30 more") {
		t.Errorf("%d faults, the last %v", len(all), all[len(all)-1])
	}
	var one *fault.Error
	if !errors.As(err, &one) || one.Kind != fault.Invalid {
		t.Errorf("%v is not invalid", err)
	}
}

func TestNumbersAreKept(t *testing.T) {
	got, err := DecodeItem([]byte(item(`"id":"a"`, square, `"datetime":"2026-01-01T00:00:00Z","big":12345678901234567890,"small":42,"f":0.1,"list":[1,"a",null,{"b":true}]`)))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(got.Properties)
	want := `{"big":12345678901234567890,"datetime":"2026-01-01T00:00:00Z","f":0.1,"list":[1,"a",null,{"b":true}],"small":42}`
	if string(text) != want {
		t.Errorf("%s", text)
	}
	if _, ok := got.Properties["small"].(float64); !ok {
		t.Errorf("a small number is a %T", got.Properties["small"])
	}
}
