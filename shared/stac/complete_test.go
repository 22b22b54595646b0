package stac

import (
	"strings"
	"testing"

	"perigee/shared/fault"
)

const whole = `{"type":"Feature", "stac_version" : "1.1.0","id":"a","collection":"C","geometry":{"type":"Point","coordinates":[1,2]},"bbox":[1.0,2,1,2],` +
	`"properties":{"datetime":"2024-05-01T12:00:00Z","n":1.50},"links":[],"assets":{}}` + "\n"

// RC-07: a document that says everything is not touched; what is missing is added behind what it says.
func TestCompleteItem(t *testing.T) {
	const dateline = `{"type":"MultiPolygon","coordinates":[[[[170,0],[180,0],[180,5],[170,5],[170,0]]],[[[-180,0],[-175,0],[-175,5],[-180,5],[-180,0]]]]}`
	for _, c := range []struct{ raw, want string }{
		{whole, whole},
		{`{"id":"a"}`, `{"id":"a","collection":"C","stac_version":"1.0.0","links":[],"assets":{}}`},
		{`{ }`, `{"id":"a","collection":"C","stac_version":"1.0.0","links":[],"assets":{} }`},
		{`{"collection":null,"id":"a","stac_version":"1.0.0-rc.2","links":[1],"assets":{},"geometry":null}`, `{"collection":"C","id":"a","stac_version":"1.0.0-rc.2","links":[1],"assets":{},"geometry":null}`},
		{`{"links":0,"assets":0,"stac_version":"1.1.0","id":"a","collection":"C","geometry":{"type":"Polygon","coordinates":[[[1.5,2],[3,2],[3,4.25],[1.5,2]]]}}`,
			`{"links":0,"assets":0,"stac_version":"1.1.0","id":"a","collection":"C","geometry":{"type":"Polygon","coordinates":[[[1.5,2],[3,2],[3,4.25],[1.5,2]]]},"bbox":[1.5,2,3,4.25]}`},
		{`{"links":0,"assets":0,"stac_version":"1.1.0","id":"a","collection":"C","geometry":` + dateline + `}`,
			`{"links":0,"assets":0,"stac_version":"1.1.0","id":"a","collection":"C","geometry":` + dateline + `,"bbox":[170,0,-175,5]}`},
		// OGC records, whose time stands beside their properties
		{timedItem(`{"timestamp":"2026-01-02T03:04:05Z"}`, `{"title":"t"}`), timedItem(`{"timestamp":"2026-01-02T03:04:05Z"}`, `{"datetime":"2026-01-02T03:04:05Z","title":"t"}`)},
		{timedItem(`{"date":"2026-01-02"}`, `{ }`), timedItem(`{"date":"2026-01-02"}`, `{"datetime":null,"start_datetime":"2026-01-02T00:00:00Z","end_datetime":"2026-01-02T23:59:59Z" }`)},
		{timedItem(`{"interval":["2026-01-02T03:04:05Z","2026-02-03"]}`, `{ "n": 1.0}`),
			timedItem(`{"interval":["2026-01-02T03:04:05Z","2026-02-03"]}`, `{"datetime":null,"start_datetime":"2026-01-02T03:04:05Z","end_datetime":"2026-02-03T23:59:59Z", "n": 1.0}`)},
		{timedItem(`{"interval":["2026-01-02",".."]}`, `{}`), timedItem(`{"interval":["2026-01-02",".."]}`, `{}`)},
		{timedItem(`{"date":"2026-01-02"}`, `{"datetime":null}`), timedItem(`{"date":"2026-01-02"}`, `{"datetime":null}`)},
		{timedItem(`{"date":5}`, `{}`), timedItem(`{"date":5}`, `{}`)},
		{timedItem(`null`, `{}`), timedItem(`null`, `{}`)},
	} {
		got, err := CompleteItem([]byte(c.raw), "C", "a")
		if err != nil || string(got) != c.want {
			t.Errorf("%s\n got %s, %v\nwant %s", c.raw, got, err, c.want)
		}
	}
	if got, err := CompleteItem([]byte(`{"stac_version":"1.0.0","links":0,"assets":0}`), "", ""); err != nil || string(got) != `{"stac_version":"1.0.0","links":0,"assets":0}` {
		t.Errorf("without an address: %s, %v", got, err)
	}
}

// timedItem is an item whose time stands beside its properties.
func timedItem(when, properties string) string {
	return `{"links":0,"assets":0,"stac_version":"1.1.0","id":"a","collection":"C","time":` + when + `,"properties":` + properties + `}`
}

func TestCompleteItemTellsAllThatIsWrong(t *testing.T) {
	_, err := CompleteItem([]byte(`{"id":"b","collection":7,"stac_version":"0.9.0"}`), "C", "a")
	var at []string
	for _, e := range fault.All(err) {
		at = append(at, fault.LocatorOf(e)+": "+fault.KindOf(e).String())
	}
	if got := strings.Join(at, ", "); got != "id: invalid, collection: invalid, stac_version: invalid" {
		t.Errorf("%s (%v)", got, err)
	}
	for _, raw := range []string{"", "[]", "{", "\xff{}", `"x"`} {
		if got, err := CompleteItem([]byte(raw), "C", "a"); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%q: %s, %v", raw, got, err)
		}
	}
}

func TestCompleteCollection(t *testing.T) {
	got, err := CompleteCollection([]byte(`{"type":"Collection","description":"d","license":"other"}`), "C")
	if err != nil || string(got) != `{"type":"Collection","description":"d","license":"other","id":"C","stac_version":"1.0.0","links":[]}` {
		t.Errorf("%s, %v", got, err)
	}
	_, err = CompleteCollection([]byte(`{"id":"D","license":""}`), "C")
	if n := len(fault.All(err)); n != 3 {
		t.Errorf("%d faults: %v", n, err)
	}
}
