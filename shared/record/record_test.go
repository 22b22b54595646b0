package record

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"perigee/shared/fault"
	_ "perigee/test/draws" // the same each time
)

func TestParseInterval(t *testing.T) {
	for text, want := range map[string]string{
		"2024-05-01T12:00:00Z":          "2024-05-01T12:00:00Z",
		" 2024-05-01t12:00:00.5+02:00 ": "2024-05-01T10:00:00.5Z",
		"2024-05-01":                    "2024-05-01T00:00:00Z/2024-05-01T23:59:59.999999Z",
		"2024-02":                       "2024-02-01T00:00:00Z/2024-02-29T23:59:59.999999Z",
		"2024":                          "2024-01-01T00:00:00Z/2024-12-31T23:59:59.999999Z",
		"2024-05-01/2024-05-02":         "2024-05-01T00:00:00Z/2024-05-02T23:59:59.999999Z",
		"2024-05-01T12:00:00Z/2024-05-01T12:00:00Z": "2024-05-01T12:00:00Z",
		"2024/..":                          "2024-01-01T00:00:00Z/..",
		"../2024-05-01T12:00:00Z":          "../2024-05-01T12:00:00Z",
		"/2024-05-01T12:00:00Z":            "../2024-05-01T12:00:00Z",
		"2024-05-01T12:00:00.123456789Z/":  "2024-05-01T12:00:00.123456789Z/..",
		"../..":                            "../..",
		"2024-05-01T12:00:00":              "2024-05-01T12:00:00Z",
		"2024-05-01T12:00Z":                "2024-05-01T12:00:00Z",
		"":                                 "",
		"..":                               "",
		"yesterday":                        "",
		"2024-13-01":                       "",
		"2024-02-30T00:00:00Z":             "",
		"2024-05-02/2024-05-01":            "",
		"2024-05-01/2024-05-02/2024-05-03": "",
		"2024-05-01T12:00:00Z/2024-05-01T11:59:59.9Z": "",
		"2024-05-01T25:00:00Z":                        "",
		"2024-05-01T12:00:00Z OR 1=1":                 "",
	} {
		i, err := ParseInterval(text)
		if want == "" {
			if fault.KindOf(err) != fault.Invalid || err == nil {
				t.Errorf("%q is %s, %v", text, i, err)
			}
			continue
		}
		if err != nil || i.String() != want {
			t.Errorf("%q is %s, %v; want %s", text, i, err, want)
		}
	}
}

func FuzzParseInterval(f *testing.F) {
	for _, s := range []string{"2024", "2024-05-01/..", "../2024-05-01T12:00:00.5+02:00", "/", "2024-02-29"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := ParseInterval(s)
		if err != nil {
			return
		}
		again, err := ParseInterval(i.String())
		if err != nil || !again.Start.Equal(i.Start) || !again.End.Equal(i.End) {
			t.Errorf("%q is %s, which is %s, %v", s, i, again, err)
		}
	})
}

// second is an interval of whole seconds, each end possibly open.
func second(r *rapid.T, name string) Interval {
	at := func(n int) time.Time { return time.Date(2024, 5, 1, 0, 0, n, 0, time.UTC) }
	from := rapid.IntRange(0, 9).Draw(r, name)
	i := Interval{Start: at(from), End: at(from + rapid.IntRange(0, 5).Draw(r, "length"))}
	if rapid.IntRange(0, 4).Draw(r, "open start") == 0 {
		i.Start = time.Time{}
	}
	if rapid.IntRange(0, 4).Draw(r, "open end") == 0 {
		i.End = time.Time{}
	}
	return i
}

// seconds are the instants, among enough, that are in an interval.
func seconds(i Interval) map[int]bool {
	in := map[int]bool{}
	for n := -20; n < 40; n++ {
		t := time.Date(2024, 5, 1, 0, 0, n, 0, time.UTC)
		if (i.Start.IsZero() || !t.Before(i.Start)) && (i.End.IsZero() || !t.After(i.End)) {
			in[n] = true
		}
	}
	return in
}

func TestOverlapsProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := second(r, "a"), second(r, "b")
		shared := false
		other := seconds(b)
		for n := range seconds(a) {
			shared = shared || other[n]
		}
		if a.Overlaps(b) != shared || b.Overlaps(a) != shared {
			r.Fatalf("%s and %s overlap: %v", a, b, !shared)
		}
	})
}

func TestUnionProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := second(r, "a"), second(r, "b")
		if a.IsZero() || b.IsZero() {
			return // bounds nothing, adds nothing
		}
		union := seconds(a.Union(b))
		for _, part := range []Interval{a, b} {
			for n := range seconds(part) {
				if !union[n] {
					r.Fatalf("%s and %s are not both in %s", a, b, a.Union(b))
				}
			}
		}
	})
	i := Interval{Start: time.Unix(1, 0), End: time.Unix(2, 0)}
	if i.Union(Interval{}) != i || (Interval{}).Union(i) != i {
		t.Error("nothing adds something")
	}
}

func TestDigestID(t *testing.T) {
	if a := DigestID([]byte("a")); a != "urn:uuid:ca978112-ca1b-8dca-bac2-31b39a23dc4d" || a == DigestID([]byte("b")) || CheckID(a, "id") != nil {
		t.Error(a)
	}
}

// Contacts are kept as the schema of records has them, and read again.
func TestContacts(t *testing.T) {
	var r Record
	full := Contact{
		Name: "Ada", Position: "Curator", Organisation: "Lakes", Phones: []string{"+43 (0)1 555-0100"}, Emails: []string{"ada@lakes.example"}, Href: "https://lakes.example/", Roles: []string{"owner"},
		Addresses: []Address{{Lines: []string{"Seegasse 1"}, City: "Neusiedl", Area: "B", PostalCode: "7100", Country: "AT"}},
	}
	r.SetContacts([]Contact{full, full, {Position: "Desk", Phones: []string{"none", "1234"}, Emails: []string{"nobody"}, Addresses: []Address{{}}}, {}, {Emails: []string{"x@y.example"}, Roles: []string{"author"}}})
	full.Phones = []string{"+4315550100"}
	want := []Contact{full, {Name: "Desk"}, {Name: "x@y.example", Emails: []string{"x@y.example"}, Roles: []string{"author"}}}
	if got := r.Contacts(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	if r.Text(PropertyOrganisation) != "Lakes" || !reflect.DeepEqual(r.Texts(PropertyRole), []string{"owner", "author"}) {
		t.Errorf("%v", r.Properties)
	}
	for _, wrong := range []any{nil, "x", []any{"x"}, []any{map[string]any{"phones": []any{1}, "addresses": []any{2}}}} {
		if got := (&Record{Properties: map[string]any{PropertyContacts: wrong, PropertyThemes: wrong}}); len(got.Themes()) != 0 || len(got.Contacts()) > 1 {
			t.Errorf("%v has %v", wrong, got.Contacts())
		}
	}
}

func TestProperties(t *testing.T) {
	var r Record
	r.SetTexts("none")
	r.SetTexts("one", "", "a", "a")
	r.SetTexts("two", "a", "b", "a")
	r.SetNumber("n", 1.5)
	r.SetFlag("f", true)
	r.SetList("l", []any{"x", 1.0})
	r.SetThemes([]Theme{{[]string{"c"}, "s"}, {nil, "s"}, {[]string{"d"}, ""}})
	n, isNumber := r.Number("n")
	_, isText := r.Number("one")
	if !reflect.DeepEqual(r.Properties["one"], "a") || !reflect.DeepEqual(r.Properties["two"], []any{"a", "b"}) || len(r.Properties) != 6 || n != 1.5 || !isNumber || isText || r.Text("l") != "x" ||
		!reflect.DeepEqual(r.Texts("l"), []string{"x"}) || r.Text("n") != "" || r.Texts("f") != nil || !reflect.DeepEqual(r.Themes(), []Theme{{[]string{"c"}, "s"}}) {
		t.Errorf("%v", r.Properties)
	}
}

// What came as days is written as days, what came as moments as moments.
func TestDates(t *testing.T) {
	for said, want := range map[string][2]string{
		"2006-12-02/2010-01-05":           {"2006-12-02", "2010-01-05"},
		"2006-12-02":                      {"2006-12-02", "2006-12-02"},
		"2006-12":                         {"2006-12-01", "2006-12-31"},
		"2006-12-02/..":                   {"2006-12-02", ""},
		"../2010-01-05":                   {"", "2010-01-05"},
		"2006-12-02T00:00:00Z":            {"2006-12-02T00:00:00Z", "2006-12-02T00:00:00Z"},
		"2006-12-02T10:00:00Z/2010-01-05": {"2006-12-02T10:00:00Z", "2010-01-05"},
		"2006-12-02T00:00:00Z/2010-01-05T12:00:00Z": {"2006-12-02T00:00:00Z", "2010-01-05T12:00:00Z"},
		"2006-12-02T00:00:00Z/2010-01-05T00:00:00Z": {"2006-12-02T00:00:00Z", "2010-01-05T00:00:00Z"},
		"../2010-01-05T23:59:59Z":                   {"", "2010-01-05T23:59:59Z"},
	} {
		i, err := ParseInterval(said)
		start, end := i.Dates()
		if err != nil || [2]string{start, end} != want {
			t.Errorf("%s: %q, %q, %v", said, start, end, err)
		}
		if again, err := ParseInterval(orDots(start) + "/" + orDots(end)); err != nil || again != i {
			t.Errorf("%s is read again as %v, %v", said, again, err)
		}
	}
}

func orDots(s string) string {
	if s == "" {
		return ".."
	}
	return s
}
