package filter

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"perigee/shared/record"
	_ "perigee/test/draws" // the same each time
)

// How many of several values a comparison holds for: OGC 09-026r2, 7.7.3.3.
func TestMatchActions(t *testing.T) {
	several := record.Record{Keywords: []string{"ice", "sea", "sea"}, Title: "sea", Properties: map[string]any{
		"bands": []any{"VV", "VH"}, "numbers": []any{1.0, 2.0, "3"}, "mixed": []any{"a", 1.0, nil, []any{"a"}}, "none": []any{}, "one": "VV"}}
	for _, c := range []struct {
		property      Property
		op            Op
		literal       string
		any, all, one truth
	}{
		{"bands", Equal, "VV", yes, no, yes}, {"bands", NotEqual, "VV", yes, no, yes}, {"bands", NotEqual, "HH", yes, yes, no}, {"bands", Equal, "HH", no, no, no},
		{"bands", Greater, "VA", yes, yes, no}, {"numbers", Greater, "0", yes, yes, no}, {"numbers", Less, "2", yes, no, yes},
		{"mixed", Equal, "a", yes, no, yes}, {"mixed", NotEqual, "b", yes, no, yes}, {"none", Equal, "a", no, no, no}, {"one", Equal, "VV", yes, yes, yes},
		{"one", NotEqual, "VV", no, no, no}, {"missing", Equal, "a", unknown, unknown, unknown}, {PropertyTitle, Equal, "sea", yes, yes, yes},
		{PropertyKeywords, Equal, "sea", yes, no, no}, {PropertyKeywords, Equal, "ice", yes, no, yes}, {PropertyKeywords, NotEqual, "ice", yes, no, no},
		{PropertyKeywords, GreaterOrEqual, "ice", yes, yes, no},
	} {
		for action, want := range map[MatchAction]truth{MatchAny: c.any, MatchAll: c.all, MatchOne: c.one} {
			for _, of := range []Compare{{c.op, c.property, Untyped{Text: c.literal}}, {c.op.turned(), Untyped{Text: c.literal}, c.property}} {
				p, err := Prepare(Match{action, of}, nil)
				if err != nil || p.condition.eval(&several) != want {
					t.Errorf("%s %+v: %v", action, of, err)
				}
			}
		}
	}
	if err := Check(Match{"Some", Compare{Equal, PropertyTitle, Text("a")}}, nil); err == nil {
		t.Error("a match action that there is not is taken")
	}
}

// The rules of the package, case by case; what is unknown neither holds nor does its contrary.
func TestHolds(t *testing.T) {
	p := func(name string) Operand { return Property(name) }
	untyped := func(s string) Operand { return Untyped{Text: s} }
	missing := Compare{Equal, Property("missing"), Number(1)}
	for _, c := range []struct {
		expr Expr
		want truth
	}{
		{nil, yes}, {And{}, yes}, {Or{}, no},
		{Compare{Equal, PropertyID, Text("scene")}, yes},
		{Compare{Equal, p("ID"), Text("scene")}, unknown},
		{Compare{Equal, PropertyTitle, Text("SEA ICE")}, no},
		{Compare{Equal, CaseI{PropertyTitle}, Text("SEA ICE")}, yes},
		{Compare{Equal, PropertyTitle, Untyped{"SEA ICE", true}}, yes},
		{Compare{Equal, p("city"), Text("STRASSE IN ÅRHUS")}, no},
		{Compare{Equal, p("city"), CaseI{Text("STRASSE IN ÅRHUS")}}, yes},
		{Compare{Equal, AccentI{CaseI{p("city")}}, Text("STRASSE IN ARHUS")}, yes},
		{Compare{Equal, AccentI{p("city")}, Text("strasse in arhus")}, no},
		{Compare{Equal, PropertyAbstract, Text("")}, unknown},
		{Compare{Less, p("cloud"), Number(20)}, yes},
		{Compare{Less, Number(20), p("cloud")}, no},
		{Compare{Less, p("cloud"), untyped("20")}, yes},
		{Compare{Greater, untyped("20"), p("cloud")}, yes},
		{Compare{Less, p("cloud"), Text("20")}, unknown},
		{Compare{Less, p("cloud"), untyped("many")}, unknown},
		{Compare{Equal, p("count"), Number(3)}, yes},
		{Compare{Greater, p("large"), Number(9e15)}, yes},
		{Compare{Equal, p("orbit"), Number(33)}, yes},
		{Compare{Equal, p("orbit"), Text("33")}, yes},
		{Compare{Equal, p("orbit"), untyped("33.0")}, no},
		{Compare{Equal, p("level"), Number(2)}, unknown},
		{Compare{GreaterOrEqual, p("level"), Text("L1")}, yes},
		{Compare{Equal, p("done"), Boolean(true)}, yes},
		{Compare{Greater, p("done"), Boolean(false)}, yes},
		{Compare{NotEqual, p("done"), untyped("true")}, no},
		{Compare{Equal, p("done"), untyped("1")}, unknown},
		{Truth{p("done")}, yes}, {Truth{p("level")}, unknown}, {Not{Truth{Boolean(false)}}, yes},
		{Truth{Condition{IsNull{p("level")}}}, no},
		{Compare{Equal, Condition{missing}, Boolean(false)}, unknown},
		{IsNull{Condition{missing}}, yes},
		{Compare{Equal, p("nothing"), Number(1)}, unknown},
		{missing, unknown}, {Compare{NotEqual, p("missing"), Number(1)}, unknown},
		{Compare{Equal, p("more"), Text("a")}, unknown},
		{Compare{Equal, p("bands"), List{Text("VV"), Text("VH")}}, yes},
		{Compare{Equal, p("bands"), List{Text("VH"), Text("VV")}}, no},
		{Compare{NotEqual, p("bands"), List{Text("VV")}}, yes},
		{Compare{Equal, p("bands"), Text("VV")}, unknown},
		{Compare{Equal, p("bands"), untyped("VV")}, yes},
		{Compare{NotEqual, p("bands"), untyped("VV")}, no},
		{Compare{Equal, p("mixed"), untyped("1")}, yes},
		{Compare{NotEqual, p("empty"), untyped("1")}, yes},
		{Compare{Equal, p("names"), List{Text("a")}}, yes},
		{Compare{Equal, PropertyKeywords, untyped("polar")}, yes},
		{Compare{NotEqual, PropertyKeywords, untyped("polar")}, no},
		{Compare{NotEqual, PropertyKeywords, untyped("land")}, yes},
		{Compare{Equal, PropertyKeywords, Untyped{"ice", true}}, yes},
		{Compare{Equal, PropertyKeywords, List{Text("polar"), Text("Ice")}}, yes},
		{Array{AEquals, PropertyKeywords, List{Text("Ice"), Text("polar"), Text("Ice")}}, yes},
		{Array{AContains, p("bands"), List{Text("VH")}}, yes}, {Array{AContains, p("bands"), List{}}, yes},
		{Array{AContainedBy, p("bands"), List{Text("VH")}}, no}, {Array{AContainedBy, p("empty"), List{}}, yes},
		{Array{AOverlaps, p("bands"), List{Text("HH"), Text("VH")}}, yes}, {Array{AOverlaps, p("empty"), p("bands")}, no},
		{Array{AContains, p("mixed"), List{Number(1), Text("1"), Boolean(true)}}, yes},
		{Array{AContains, p("level"), List{}}, unknown},
		{Array{AContains, List{Text("L2A"), p("cloud")}, List{Number(12.5)}}, yes},
		{Compare{Equal, p("made"), Timestamp{time.Date(2024, 4, 30, 22, 0, 0, 0, time.UTC)}}, yes},
		{Compare{Equal, p("made"), Date{noon}}, no},
		{Compare{Equal, p("day"), Date{noon}}, yes}, {Compare{Equal, p("day"), Timestamp{noon}}, yes},
		{Compare{Less, p("day"), Timestamp{noon}}, no}, {Compare{LessOrEqual, p("day"), Timestamp{noon}}, yes},
		{Compare{Equal, p("day"), Text("2024-05-01")}, yes},
		{Compare{Less, p("level"), Timestamp{noon}}, unknown},
		{Compare{Equal, p("at"), Timestamp{noon}}, yes},
		{Compare{Equal, PropertyDatetime, Timestamp{noon}}, yes}, {Compare{Equal, PropertyDatetime, p("at")}, yes},
		{Compare{Equal, PropertyDatetime, untyped("2024-05-01")}, yes},
		{Compare{Less, PropertyDatetime, untyped("2024-05")}, no},
		{Compare{GreaterOrEqual, PropertyEnd, untyped("2024")}, yes},
		{Compare{Less, PropertyModified, Timestamp{noon}}, unknown}, {Compare{Less, PropertyCreated, Timestamp{noon}}, unknown},
		{Compare{Equal, p("count"), p("orbit")}, unknown}, {Compare{Less, p("count"), p("cloud")}, yes}, {Compare{Equal, p("bands"), p("bands")}, yes},
		{Compare{Less, p("bands"), p("bands")}, unknown}, {Compare{NotEqual, p("level"), p("orbit")}, yes}, {Compare{Equal, p("done"), p("done")}, yes},
		{Compare{Equal, p("more"), p("more")}, unknown},
		{Compare{Equal, PropertyTitle, p("level")}, no},
		{Like{PropertyTitle, Text("S_a%")}, yes}, {Like{PropertyTitle, Text("s_a%")}, no}, {Like{PropertyTitle, CaseI{Text("s_a%")}}, yes},
		{Like{AccentI{p("city")}, Text("%Arh_s")}, yes}, {Like{PropertyKeywords, Text("I%")}, yes}, {Like{p("bands"), Text("_H")}, yes},
		{Like{p("cloud"), Text("1%")}, unknown}, {Like{PropertyAbstract, Text("%")}, unknown}, {Like{Text("abc"), Text("a%")}, yes},
		{Like{PropertyDatetime, Text("202_-05-%")}, yes}, {Like{PropertyEnd, Text("%t13:00:00z")}, yes}, {Like{PropertyModified, Text("%")}, unknown},
		{Between{p("cloud"), Number(12.5), Number(13)}, yes}, {Between{p("cloud"), Number(13), p("level")}, no}, {Between{p("missing"), Number(1), Number(2)}, unknown},
		{In{p("level"), []Operand{Text("L1C"), Text("L2A")}}, yes}, {In{CaseI{p("level")}, []Operand{Text("l1c"), Text("l2a")}}, yes},
		{In{p("twelve"), []Operand{Number(1), Number(12)}}, yes}, {In{p("twelve"), []Operand{Text("1"), Text("12")}}, unknown},
		{In{p("twelve"), []Operand{untyped("1"), untyped("12")}}, yes}, {In{p("level"), nil}, no},
		{IsNull{PropertyAbstract}, yes}, {IsNull{PropertyTitle}, no}, {IsNull{p("nothing")}, yes}, {IsNull{p("missing")}, yes}, {IsNull{p("cloud")}, no},
		{IsNull{PropertyID}, no}, {IsNull{PropertyTime}, no}, {IsNull{PropertyGeometry}, no}, {IsNull{PropertyModified}, yes},
		{IsNull{Arithmetic{Divide, p("cloud"), p("zero")}}, yes}, {IsNull{Function{"lower", []Operand{p("cloud")}}}, yes},
		{Compare{Equal, Arithmetic{Add, p("cloud"), p("half")}, Number(13)}, yes},
		{Compare{Equal, Arithmetic{Div, Number(-7), Number(2)}, Number(-3)}, yes}, {Compare{Equal, Arithmetic{Modulo, Number(-7), Number(2)}, Number(-1)}, yes},
		{Compare{Equal, Arithmetic{Power, Number(2), Number(10)}, Number(1024)}, yes}, {IsNull{Arithmetic{Power, Number(-2), Number(0.5)}}, yes},
		{IsNull{Arithmetic{Multiply, Number(1e200), Number(1e200)}}, yes}, {IsNull{Arithmetic{Multiply, Number(1e-200), Number(1e-200)}}, yes},
		{Compare{Equal, Function{"Upper", []Operand{p("level")}}, Text("L2A")}, yes}, {Compare{Equal, Function{"length", []Operand{p("city")}}, Number(15)}, yes},
		{Compare{Equal, Function{"year", []Operand{PropertyDatetime}}, Number(2024)}, yes}, {Compare{Equal, Function{"round", []Operand{p("cloud")}}, Number(12)}, yes},
		{Compare{Greater, Function{"distance", []Operand{PropertyGeometry, Geometry{orb.Point{12, 40.5}}}}, Number(80_000)}, yes},
		{Compare{Equal, Function{"max", []Operand{p("cloud"), p("missing")}}, Number(12.5)}, unknown},
		{Intersects(orb.Point{10.5, 40.5}), yes}, {Intersects(orb.Point{20, 40.5}), no}, {Not{Intersects(orb.Point{20, 40.5})}, yes},
		{Spatial{Op: STouches, Left: PropertyGeometry, Right: Geometry{orb.Point{10, 40.5}}}, yes},
		{Distance{PropertyGeometry, Geometry{orb.Point{12, 40.5}}, 90_000, false}, yes}, {Distance{PropertyGeometry, Geometry{orb.Point{12, 40.5}}, 80_000, false}, no},
		{Distance{PropertyGeometry, Geometry{orb.Point{12, 40.5}}, 80_000, true}, yes},
		{During(record.Interval{Start: noon.Add(time.Hour)}), yes}, {During(record.Interval{End: noon.Add(-1000)}), no}, {During(record.Interval{}), yes},
		{Temporal{Op: TIntersects, Left: PropertyTime, Right: Untyped{Text: "2024-05-01/.."}}, yes},
		{Temporal{Op: TDuring, Left: PropertyTime, Right: Interval{p("made"), p("missing")}}, unknown},
		{Temporal{Op: TDuring, Left: PropertyTime, Right: Interval{p("made"), p("missing")}, MissingIsFalse: true}, no},
		{AnyText{Words: "ICE polar"}, yes}, {AnyText{Words: "ice land"}, no}, {AnyText{Words: "-"}, no}, {AnyText{Words: "L2A"}, yes},
		{AnyText{Pattern: "EA I"}, yes}, {AnyText{Pattern: "ea_ice"}, yes}, {AnyText{Pattern: "eaice"}, no}, {AnyText{}, yes}, {AnyText{Words: "2024"}, no},
		{Not{missing}, unknown}, {Certain{missing}, no}, {Not{Certain{missing}}, yes}, {And{During(record.Interval{}), missing}, unknown}, {And{Or{}, missing}, no}, {Or{And{}, missing}, yes},
	} {
		rec := sample()
		decided, err := resolve(c.expr, nil)
		if err != nil {
			t.Errorf("%#v: %v", c.expr, err)
			continue
		}
		if got := decided.eval(&rec); got != c.want {
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

// A declared type decides how a literal without a type is read.
func TestDeclaredTypesDecide(t *testing.T) {
	for _, c := range []struct {
		property Property
		is       Type
		text     string
		want     bool
	}{
		{"orbit", TypeNumber, "33.0", true}, {"orbit", TypeText, "33.0", false}, {"done", TypeBoolean, "1", true},
		{"made", TypeTimestamp, "2024-04-30T22:00:00Z", true}, {"day", TypeDate, "2024-05", true}, {"bands", TypeArray, "VH", true}, {"level", TypeNumber, "2", false},
	} {
		p, err := Prepare(Compare{Equal, c.property, Untyped{Text: c.text}}, TypeMap{c.property: c.is})
		if err != nil || p.Holds(sample()) != c.want {
			t.Errorf("%s, a %s, equals %q: %v, %v", c.property, c.is, c.text, !c.want, err)
		}
	}
}

// Without a footprint a relation is unknown, or false where that is asked for; so with a time.
func TestWithoutAPlaceOrATime(t *testing.T) {
	for _, e := range []Expr{
		Intersects(orb.Point{1, 2}), During(record.Interval{Start: noon}), Distance{PropertyGeometry, Geometry{orb.Point{1, 2}}, 1e9, false},
		Distance{PropertyGeometry, Geometry{orb.Point{1, 2}}, 1e9, true}, Spatial{SDisjoint, PropertyGeometry, Geometry{orb.Point{1, 2}}, true},
	} {
		if Holds(e, record.Record{}) || !Holds(Not{e}, record.Record{}) {
			t.Errorf("%#v", e)
		}
	}
	for _, e := range []Expr{
		Spatial{Op: SDisjoint, Left: PropertyGeometry, Right: Geometry{orb.Point{1, 2}}}, Temporal{Op: TDisjoint, Left: PropertyTime, Right: Interval{nil, Date{noon}}},
	} {
		if Holds(e, record.Record{}) || Holds(Not{e}, record.Record{}) {
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
		got, ok := instant(s)
		if ok != (want != "") || ok && record.Instant(got.lo) != want {
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

func TestTextOf(t *testing.T) {
	rec := sample()
	rec.Properties = map[string]any{"level": "L2A", "bands": []any{"VV", "VH"}, "names": []string{"a"}, "orbit": "33", "made": "2024-05-01T00:00:00+02:00", "cloud": 1.5}
	rec.Links = []record.Link{{Title: "Download"}}
	rec.Said = "Polar Institute\n2020-01-02\npolar\n-6.17 48.2\n 7\n"
	if got, want := TextOf(rec), "Sea ice\nscene\nS2\npolar\nIce\nVV\nVH\nL2A\na\n33\nDownload\nPolar Institute\n"; got != want {
		t.Errorf("the text is %q, want %q", got, want)
	}
	rec.Abstract = strings.Repeat("x", maxText)
	if got := TextOf(rec); len(got) > maxText || !strings.Contains(got, "Download") {
		t.Errorf("a long text has %d bytes", len(got))
	}
}

func TestCore(t *testing.T) {
	for _, p := range []Property{"id", "collection", "type", "title", "abstract", "keywords", "product_type", "datetime", "start_datetime", "end_datetime", "modified", "time", "geometry"} {
		if !Core(p) {
			t.Errorf("%s is not core", p)
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
