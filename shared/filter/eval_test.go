package filter

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/record"
)

func sample() record.Record {
	return record.Record{
		Key: record.Key{Collection: "S2", ID: "scene"}, Type: record.TypeItem, Title: "Sea ice", Keywords: []string{"polar", "Ice"},
		Time: record.Interval{Start: noon, End: noon.Add(time.Hour)}, Footprint: orb.Bound{Min: orb.Point{10, 40}, Max: orb.Point{11, 41}},
		Properties: map[string]any{
			"cloud": 12.5, "count": 3, "large": json.Number("9007199254740993"), "orbit": "33", "level": "L2A", "done": true, "nothing": nil,
			"bands": []any{"VV", "VH"}, "names": []string{"a"}, "made": "2024-05-01T00:00:00+02:00", "at": noon, "more": map[string]any{"a": 1},
		},
	}
}

// The table of compare, case by case; what is unknown neither holds nor does its contrary.
func TestHolds(t *testing.T) {
	for _, c := range []struct {
		expr Expr
		want truth
	}{
		{nil, yes}, {And{}, yes}, {Or{}, no},
		{Compare{Op: Equal, Property: "id", Value: "scene"}, yes},
		{Compare{Op: Equal, Property: "ID", Value: "scene"}, unknown},
		{Compare{Op: Equal, Property: "title", Value: "SEA ICE"}, no},
		{Compare{Op: Equal, Property: "title", Value: "SEA ICE", FoldCase: true}, yes},
		{Compare{Op: Equal, Property: "abstract", Value: ""}, unknown},
		{Compare{Op: Equal, Property: "product_type", Value: "S2"}, unknown},
		{Compare{Op: Equal, Property: "title", Value: 5}, unknown},
		{Compare{Op: Less, Property: "cloud", Value: 20}, yes},
		{Compare{Op: Less, Property: "cloud", Value: uint8(12)}, no},
		{Compare{Op: Less, Property: "cloud", Value: "20"}, yes},
		{Compare{Op: Less, Property: "cloud", Value: "many"}, unknown},
		{Compare{Op: Equal, Property: "count", Value: json.Number("3.0")}, yes},
		{Compare{Op: Greater, Property: "large", Value: 9e15}, yes},
		{Compare{Op: Equal, Property: "orbit", Value: 33}, yes},
		{Compare{Op: Equal, Property: "orbit", Value: "33.0"}, no},
		{Compare{Op: Equal, Property: "level", Value: 2}, unknown},
		{Compare{Op: GreaterOrEqual, Property: "level", Value: "L1"}, yes},
		{Compare{Op: Equal, Property: "done", Value: true}, yes},
		{Compare{Op: NotEqual, Property: "done", Value: "true"}, no},
		{Compare{Op: Equal, Property: "done", Value: "1"}, unknown},
		{Compare{Op: Less, Property: "done", Value: true}, unknown},
		{Compare{Op: Equal, Property: "nothing", Value: 1}, unknown},
		{Compare{Op: Equal, Property: "missing", Value: 1}, unknown},
		{Compare{Op: NotEqual, Property: "missing", Value: 1}, unknown},
		{Compare{Op: Equal, Property: "more", Value: "a"}, unknown},
		{Compare{Op: Equal, Property: "bands", Value: []any{"VV", "VH"}}, yes},
		{Compare{Op: Equal, Property: "bands", Value: []any{"VH", "VV"}}, no},
		{Compare{Op: NotEqual, Property: "bands", Value: []any{"VV"}}, yes},
		{Compare{Op: Equal, Property: "bands", Value: "VV"}, unknown},
		{Compare{Op: Equal, Property: "names", Value: []any{"a"}}, yes},
		{Compare{Op: Equal, Property: "keywords", Value: "polar"}, yes},
		{Compare{Op: NotEqual, Property: "keywords", Value: "polar"}, no},
		{Compare{Op: NotEqual, Property: "keywords", Value: "land"}, yes},
		{Compare{Op: Equal, Property: "keywords", Value: "ice", FoldCase: true}, yes},
		{Compare{Op: Equal, Property: "keywords", Value: []any{"polar", "Ice"}}, yes},
		{Compare{Op: Equal, Property: "keywords", Value: 1}, unknown},
		{Compare{Op: Equal, Property: "made", Value: time.Date(2024, 4, 30, 22, 0, 0, 0, time.UTC)}, yes},
		{Compare{Op: Less, Property: "level", Value: noon}, unknown},
		{Compare{Op: Equal, Property: "at", Value: noon}, yes},
		{Compare{Op: Equal, Property: "datetime", Value: noon}, yes},
		{Compare{Op: Equal, Property: "datetime", Value: "2024-05-01"}, yes},
		{Compare{Op: Less, Property: "datetime", Value: "2024-05"}, no},
		{Compare{Op: GreaterOrEqual, Property: "end_datetime", Value: "2024"}, yes},
		{Compare{Op: Less, Property: "modified", Value: noon}, unknown},
		{Like{Property: "title", Pattern: "S_a%"}, yes},
		{Like{Property: "title", Pattern: "s_a%"}, no},
		{Like{Property: "keywords", Pattern: "I%"}, yes},
		{Like{Property: "cloud", Pattern: "1%"}, unknown},
		{Like{Property: "abstract", Pattern: "%"}, unknown},
		{Like{Property: "datetime", Pattern: "202_-05-%"}, yes},
		{Like{Property: "end_datetime", Pattern: "%t13:00:00z"}, yes},
		{Like{Property: "datetime", Pattern: "2025%"}, no},
		{Like{Property: "modified", Pattern: "%"}, unknown},
		{Between{Property: "cloud", Low: 12.5, High: 13}, yes},
		{Between{Property: "cloud", Low: 13, High: "x"}, no},
		{Between{Property: "missing", Low: 1, High: 2}, unknown},
		{In{Property: "level", Values: []any{"L1C", "L2A"}}, yes},
		{In{Property: "level", Values: []any{"L1C", 2}}, unknown},
		{In{Property: "level"}, no},
		{IsNull{"abstract"}, yes}, {IsNull{"title"}, no}, {IsNull{"nothing"}, yes}, {IsNull{"missing"}, yes}, {IsNull{"cloud"}, no}, {IsNull{"id"}, no},
		{Intersects{orb.Point{10.5, 40.5}}, yes}, {Intersects{orb.Point{20, 40.5}}, no},
		{During{record.Interval{Start: noon.Add(time.Hour)}}, yes}, {During{record.Interval{End: noon.Add(-1)}}, no}, {During{}, yes},
		{AnyText{Words: "ICE polar"}, yes}, {AnyText{Words: "ice land"}, no}, {AnyText{Words: "-"}, no}, {AnyText{Words: "L2A"}, yes},
		{AnyText{Pattern: "EA I"}, yes}, {AnyText{Pattern: "ea_ice"}, yes}, {AnyText{Pattern: "eaice"}, no}, {AnyText{}, yes},
		{AnyText{Words: "2024"}, no},
		{Not{Compare{Op: Equal, Property: "missing", Value: 1}}, unknown},
		{Not{Intersects{orb.Point{20, 40.5}}}, yes},
		{And{During{}, Compare{Op: Equal, Property: "missing", Value: 1}}, unknown},
		{And{Or{}, Compare{Op: Equal, Property: "missing", Value: 1}}, no},
		{Or{And{}, Compare{Op: Equal, Property: "missing", Value: 1}}, yes},
	} {
		rec := sample()
		if got := eval(c.expr, rec); got != c.want {
			t.Errorf("%#v is %d, want %d", c.expr, got, c.want)
		}
		if Holds(c.expr, rec) != (c.want == yes) {
			t.Errorf("%#v holds: %v", c.expr, c.want != yes)
		}
		if c.expr != nil && Holds(Not{c.expr}, rec) != (c.want == no) {
			t.Errorf("not %#v holds: %v", c.expr, c.want != no)
		}
	}
}

// Without a footprint a spatial condition is false, not unknown, so that its contrary holds; so with a time.
func TestWithoutAPlaceOrATime(t *testing.T) {
	for _, e := range []Expr{Intersects{orb.Point{1, 2}}, During{record.Interval{Start: noon}}} {
		if Holds(e, record.Record{}) || !Holds(Not{e}, record.Record{}) {
			t.Errorf("%#v", e)
		}
	}
}

func TestInstants(t *testing.T) {
	for s, want := range map[string]string{
		"2024-05-01": "2024-05-01T00:00:00Z", "2024-05-01T12:30:00z": "2024-05-01T12:30:00Z", "2024-05-01t12:30:00.1234567+01:30": "2024-05-01T11:00:00.123456Z",
		"2024-02-29": "2024-02-29T00:00:00Z", "2023-02-29": "", "2024-04-31": "", "0000-01-01": "", "2024-05-01T24:00:00Z": "", "2024-05-01T12:00:60Z": "",
		"2024-05-01T12:30:00": "", "2024-05-01 12:30:00Z": "", "2024-05": "", "20240501": "", "": "", "2024-05-01T12:30:00+15:00": "",
	} {
		got, ok := parseInstant(s)
		if ok != (want != "") || ok && record.Instant(got) != want {
			t.Errorf("%q is %v, %v; want %q", s, got, ok, want)
		}
	}
}

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                              nil,
		"S2A_MSIL2A, sea-ice; Sea":      {"ice", "msil2a", "s2a", "sea"},
		"Größe ÜBER 日本語":                {"größe", "über", "日本語"},
		"cafe\u0301":                    {"cafe\u0301"},
		strings.Repeat("ü", 150) + " a": {"a", strings.Repeat("ü", 100)},
	} {
		if got := Words(text); !slices.Equal(got, want) && len(got)+len(want) > 0 {
			t.Errorf("%q has the words %q", text, got)
		}
	}
}

func TestText(t *testing.T) {
	rec := sample()
	rec.Links = []record.Link{{Title: "Download"}}
	if got, want := Text(rec), "Sea ice\nscene\nS2\npolar\nIce\nVV\nVH\nL2A\na\n33\nDownload\n"; got != want {
		t.Errorf("the text is %q, want %q", got, want)
	}
	rec.Abstract = strings.Repeat("x", maxText)
	if got := Text(rec); len(got) > maxText || !strings.Contains(got, "Download") {
		t.Errorf("a long text has %d bytes", len(got))
	}
}

func TestCore(t *testing.T) {
	for _, name := range []string{"id", "collection", "type", "title", "abstract", "keywords", "product_type", "datetime", "start_datetime", "end_datetime", "modified"} {
		if !Core(name) {
			t.Errorf("%s is not core", name)
		}
	}
	if Core("eo:cloud_cover") || Core("") || Core("ID") {
		t.Error("too much is core")
	}
}

// A pattern without wildcards matches itself; with % around it, everything that contains it.
func TestPatterns(t *testing.T) {
	quote := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune(`ab%_\ü`)), 0, 12, -1).Draw(r, "text")
		part := rapid.StringOfN(rapid.RuneFrom([]rune(`ab%_\ü`)), 0, 3, -1).Draw(r, "part")
		if !matches(text, quote(text)) {
			r.Fatalf("%q does not match itself", text)
		}
		if got := matches(text, "%"+quote(part)+"%"); got != strings.Contains(text, part) {
			r.Fatalf("%q contains %q: %v", text, part, got)
		}
		if got := matches(text, quote(part)+"%"); got != strings.HasPrefix(text, part) {
			r.Fatalf("%q begins with %q: %v", text, part, got)
		}
		if got := matches(text, strings.Repeat("_", len([]rune(text)))); !got {
			r.Fatalf("%q is not as long as it is", text)
		}
	})
}

// Patterns of strangers end soon, whatever they are.
func TestPatternsEnd(t *testing.T) {
	if matches(strings.Repeat("a", 10_000), strings.Repeat("%a", 1000)+"b") {
		t.Error("it does not end with b")
	}
}
