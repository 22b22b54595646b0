package opensearch

import (
	"reflect"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// parameters are the names of a protocol: those of the extension without their prefix.
type parameters struct{}

func (parameters) Property(name string) (filter.Property, bool, error) {
	if name == "nonsense" {
		return "", false, fault.At(fault.Invalid, name, "there is no parameter %s", name)
	}
	return filter.Property(strings.TrimPrefix(name, "eo:")), name == "searchTerms", nil
}

func (parameters) Value(property filter.Property, value string) string {
	if property == "orbitDirection" {
		return strings.ToLower(value)
	}
	return value
}

const cover = filter.Property("cloudCover")

func compareOf(op filter.Op, text string) filter.Compare {
	return filter.Compare{Op: op, Left: cover, Right: filter.Untyped{Text: text}}
}

func TestParse(t *testing.T) {
	text := func(text string) filter.Operand { return filter.Untyped{Text: text} }
	for value, want := range map[string]filter.Expr{
		"10":           compareOf(filter.Equal, "10"),
		" -1.5 ":       compareOf(filter.Equal, "-1.5"),
		"S2A,S2B":      compareOf(filter.Equal, "S2A,S2B"),
		"a[1]b":        compareOf(filter.Equal, "a[1]b"),
		"{10}":         filter.In{Operand: cover, Values: []filter.Operand{text("10")}},
		"{10, 20,x y}": filter.In{Operand: cover, Values: []filter.Operand{text("10"), text("20"), text("x y")}},
		"[10,20]":      filter.Between{Operand: cover, Low: text("10"), High: text("20")},
		" [ 10 , 20 ]": filter.Between{Operand: cover, Low: text("10"), High: text("20")},
		"]10,20[":      filter.And{compareOf(filter.Greater, "10"), compareOf(filter.Less, "20")},
		"[10,20[":      filter.And{compareOf(filter.GreaterOrEqual, "10"), compareOf(filter.Less, "20")},
		"]10,20]":      filter.And{compareOf(filter.Greater, "10"), compareOf(filter.LessOrEqual, "20")},
		"[10":          compareOf(filter.GreaterOrEqual, "10"),
		"]10":          compareOf(filter.Greater, "10"),
		"20]":          compareOf(filter.LessOrEqual, "20"),
		"20[":          compareOf(filter.Less, "20"),
		"[2020-01-01T00:00:00Z,2020-02-01[": filter.And{
			compareOf(filter.GreaterOrEqual, "2020-01-01T00:00:00Z"), compareOf(filter.Less, "2020-02-01")},
	} {
		if got, err := Parse("eo:cloudCover", value, parameters{}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s became %#v, %v\n want %#v", value, got, err, want)
		}
	}
	want := filter.Compare{Op: filter.Equal, Left: filter.Property("orbitDirection"), Right: text("ascending")}
	if got, err := Parse("eo:orbitDirection", "ASCENDING", parameters{}); err != nil || got != want {
		t.Errorf("%#v, %v", got, err)
	}
	if got, err := Parse("searchTerms", "[sea, ice]", parameters{}); err != nil || got != (filter.AnyText{Words: "[sea, ice]"}) {
		t.Errorf("%#v, %v", got, err)
	}
}

func TestFailuresSayWhere(t *testing.T) {
	for value, want := range map[string]string{
		"":                                      "at character 1: a value is empty",
		"  ":                                    "at character 1: a value is empty",
		"{":                                     "at character 2: found the end where }",
		"{10,20":                                "at character 7: found the end where }",
		"}":                                     "found the end where }",
		"10,20}":                                `at character 1: found "1" where {`,
		"{}":                                    "at character 2: a value is empty",
		"{10,,20}":                              "at character 5: a value is empty",
		"{10,[20}":                              `at character 5: "[20" is not a value`,
		"[":                                     "at character 2: a value is empty",
		"]":                                     "at character 2: a value is empty",
		"[]":                                    "at character 2: a range between two brackets has two ends",
		"[10]":                                  "at character 4: a range between two brackets",
		"[10,]":                                 "at character 5: a value is empty",
		"[,20]":                                 "at character 2: a value is empty",
		"[é,20,30]":                             "at character 6: a range has two ends",
		"[[10,20]":                              `at character 2: "[10" is not a value`,
		"[10,20]]":                              `"20]" is not a value`,
		"[{10":                                  `"{10" is not a value`,
		"\xff":                                  "no characters of UTF-8",
		"a\x00":                                 "no characters of UTF-8",
		strings.Repeat("x", 70_000):             "longer than 65536 bytes",
		"{1" + strings.Repeat(",1", 5000) + "}": "5000 values at most",
	} {
		got, err := Parse("eo:cloudCover", value, parameters{})
		if fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "eo:cloudCover" || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q became %#v, %v; want %s", value, got, err, want)
		}
	}
	if _, err := Parse("nonsense", "1", parameters{}); fault.LocatorOf(err) != "nonsense" {
		t.Errorf("an unknown parameter: %v", err)
	}
	if _, err := Parse("searchTerms", " ", parameters{}); err == nil {
		t.Error("no words are searched")
	}
}

func FuzzRange(f *testing.F) {
	for _, value := range []string{"10", "{1,2}", "[1,2]", "]1,2[", "[1,2[", "]1,2]", "[1", "]1", "2]", "2[", "[2020-01-01,2020-02-01T00:00:00Z]", "{", "[é]", "[[,]]"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		e, err := Parse("eo:cloudCover", value, parameters{})
		if err == nil && e == nil {
			t.Error("neither a condition nor a failure")
		}
		if err != nil && (fault.KindOf(err) != fault.Invalid || fault.LocatorOf(err) != "eo:cloudCover") {
			t.Errorf("refused by %v at %q", err, fault.LocatorOf(err))
		}
	})
}
