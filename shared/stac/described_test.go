package stac

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/record"
	_ "perigee/test/draws" // the same each time
)

// RC-07: an item has a time, whatever is known of the time of a record.
func TestTimesOfDescribedItems(t *testing.T) {
	first, last := time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC), time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)
	came := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		when record.Interval
		said map[string]any
		want string
	}{
		{record.Interval{Start: first, End: last}, nil, `null 2020-01-02T00:00:00Z 2021-03-04T05:06:07Z`},
		{record.Interval{Start: first, End: first}, nil, `2020-01-02T00:00:00Z - -`},
		{record.Interval{Start: first}, nil, `2020-01-02T00:00:00Z - -`},
		{record.Interval{End: last}, nil, `2021-03-04T05:06:07Z - -`},
		{record.Interval{}, map[string]any{record.PropertyRevisionDate: "2019", record.PropertyDateStamp: "2018-01-01"}, `2019-01-01T00:00:00Z - -`},
		{record.Interval{}, map[string]any{record.PropertyCreationDate: "long ago", "start_datetime": "1"}, `2026-05-01T00:00:00Z - -`},
	} {
		text, err := ItemOf(record.Record{Key: record.Key{Collection: "c", ID: "a"}, Time: c.when, Properties: c.said, Created: came, Modified: came}, "https://h.example/m", "https://h.example")
		if err != nil {
			t.Fatal(err)
		}
		var made struct{ Properties map[string]any }
		if err := json.Unmarshal(text, &made); err != nil {
			t.Fatal(err)
		}
		got := ""
		for i, name := range []string{"datetime", "start_datetime", "end_datetime"} {
			word, has := "-", false
			var v any
			if v, has = made.Properties[name]; has && v == nil {
				word = "null"
			} else if has {
				word = v.(string)
			}
			got += map[bool]string{true: "", false: " "}[i == 0] + word
		}
		if got != c.want {
			t.Errorf("%v %v: %q, want %q", c.when, c.said, got, c.want)
		}
	}
}

// What is made of a record is an item, whatever strangers wrote into it.
func TestDescribedItemsAreItems(t *testing.T) {
	words := rapid.SampledFrom([]string{"", "a", "metadata", "link-1", "\"<é", "https://f.example/x", "s3://b/k", "no address", "./beside", "/ows?x", "javascript:alert(1)", "enclosure", "preview", "self", "2020-01-01"})
	values := rapid.OneOf(rapid.Map(words, func(s string) any { return s }), rapid.Map(rapid.Float64Range(-10, 10), func(f float64) any { return f }),
		rapid.Map(rapid.SliceOfN(words, 0, 3), func(all []string) any {
			list := make([]any, len(all))
			for i, s := range all {
				list[i] = s
			}
			return list
		}), rapid.Just[any](nil), rapid.Just[any](true))
	names := rapid.SampledFrom([]string{"title", "license", "gsd", "providers", "platform", "instruments", "datetime", "created", "keywords", "n", "eo:cloud_cover", "creationDate"})
	rapid.Check(t, func(r *rapid.T) {
		rec := record.Record{
			Key: record.Key{Collection: "metadata:main", ID: "a" + words.Draw(r, "id")}, Type: "dataset", Title: words.Draw(r, "title"), Abstract: words.Draw(r, "abstract"),
			Keywords: rapid.SliceOfN(words, 0, 3).Draw(r, "keywords"), Properties: rapid.MapOfN(names, values, 0, 6).Draw(r, "properties"), MediaType: words.Draw(r, "type"), Created: time.Unix(1, 0), Modified: time.Unix(2, 0),
		}
		for range rapid.IntRange(0, 4).Draw(r, "links") {
			rec.Links = append(rec.Links, record.Link{Rel: words.Draw(r, "rel"), Href: words.Draw(r, "href"), Name: words.Draw(r, "name"), Title: words.Draw(r, "said")})
		}
		if rapid.Bool().Draw(r, "placed") {
			rec.Footprint = orb.Bound{Min: orb.Point{-180, -10}, Max: orb.Point{180, 10}}.ToPolygon()
		}
		text, err := ItemOf(rec, "https://h.example/m", "https://h.example")
		if err != nil {
			r.Fatal(err)
		}
		item, err := DecodeItem(text)
		if err != nil {
			r.Fatalf("%v in %s", err, text)
		}
		if href, has := AssetHref(text, "metadata"); !has || href != "https://h.example/m" || item.Time.IsZero() {
			r.Errorf("%s", text)
		}
	})
}
