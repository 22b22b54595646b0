package sru

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// catalogue are the names of a protocol.
type catalogue struct{}

func (catalogue) Property(name string) (filter.Property, bool, error) {
	switch local := strings.TrimPrefix(name, "dc:"); local {
	case "nonsense":
		return "", false, fault.At(fault.NotFound, "PropertyName", "there is no queryable %s", local)
	case "subject":
		return filter.PropertyKeywords, false, nil
	case "csw:AnyText":
		return "", true, nil
	default:
		return filter.Property(local), false, nil
	}
}

func (catalogue) Value(property filter.Property, value string) string {
	if property == filter.PropertyType {
		return strings.ToLower(value)
	}
	return value
}

func anyOf(property filter.Property, op filter.Op, text string) filter.Expr {
	return filter.Match{Action: filter.MatchAny, Compare: filter.Compare{Op: op, Left: property, Right: filter.Untyped{Text: text}}}
}

func like(property filter.Property, pattern string) filter.Expr {
	return filter.Like{Operand: filter.CaseI{Operand: property}, Pattern: filter.CaseI{Operand: filter.Text(pattern)}}
}

func words(text string) filter.Expr   { return filter.AnyText{Words: text} }
func pattern(text string) filter.Expr { return filter.AnyText{Pattern: text} }

// RC-08: queries of SRU become the one tree of conditions.
func TestParse(t *testing.T) {
	for source, want := range map[string]filter.Expr{
		`ice`:                                 pattern("%ice%"),
		`"sea ice"`:                           pattern("%sea ice%"),
		`ic*`:                                 pattern("%ic%%"),
		`"50\*"`:                              pattern("%50*%"),
		`cql.serverChoice scr ic`:             pattern("%ic%"),
		`cql.anywhere all "sea ice"`:          filter.And{words("sea"), words("ice")},
		`cql.anywhere = ice`:                  words("ice"),
		`csw.AnyText like '%rem%'`:            pattern("%rem%"),
		`dc.title = ice`:                      like("title", "%ice%"),
		`dc:title like '%rem%'`:               like("title", "%rem%"),
		`title == "Sea ice"`:                  anyOf("title", filter.Equal, "Sea ice"),
		`title exact "Sea ice"`:               anyOf("title", filter.Equal, "Sea ice"),
		`title any "sea 5%"`:                  filter.Or{like("title", "%sea%"), like("title", `%5\%%`)},
		`subject any "optical radar"`:         filter.Or{anyOf("keywords", filter.Equal, "optical"), anyOf("keywords", filter.Equal, "radar")},
		`platform = sentinel-2?`:              like("platform", "sentinel-2_"),
		`type = Dataset`:                      anyOf("type", filter.Equal, "dataset"),
		`eo:cloud_cover <= 20`:                anyOf("eo:cloud_cover", filter.LessOrEqual, "20"),
		`date within "2024-05-01 2024-06-01"`: filter.Between{Operand: filter.Property("date"), Low: filter.Untyped{Text: "2024-05-01"}, High: filter.Untyped{Text: "2024-06-01"}},
		`a and b or c not d`:                  filter.And{filter.Or{filter.And{pattern("%a%"), pattern("%b%")}, pattern("%c%")}, filter.Not{Expr: pattern("%d%")}},
		`a and (b OR c)`:                      filter.And{pattern("%a%"), filter.Or{pattern("%b%"), pattern("%c%")}},
		`title =/ignoreCase/cql.word ice`:     like("title", "%ice%"),
		`"and"`:                               pattern("%and%"),
		`^ice^`:                               pattern("%ice%"),
	} {
		got, err := Parse(source, catalogue{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n became %#v, %v\n want   %#v", source, got, err, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for source, want := range map[string]string{
		"":                                  "query at character 1: found the end where a term was expected",
		"a and":                             "query at character 6: found the end where a term was expected",
		"(a":                                "query at character 3: found the end where ) was expected",
		"a)":                                `query at character 2: found ")" where the end or and, or, not was expected`,
		`"a`:                                "query at character 1: the quotation mark is never closed",
		"sea ice":                           `relation at character 5: the relation "ice" is not offered; a term of several words stands in quotation marks`,
		"title encloses x":                  `relation at character 7: the relation "encloses" is not offered; a term of several words stands in quotation marks`,
		"a prox b":                          "relation at character 3: the boolean prox is not offered",
		"title =/stem x":                    `relation at character 9: the modifier "stem" is not offered`,
		"dc.nonsense = x":                   "index at character 1: there is no queryable nonsense",
		"date within 2024":                  `query at character 13: within has two values between quotation marks, as "2024-05-01 2024-05-31"`,
		"cql.anywhere < x":                  "relation at character 16: all text is not compared by <",
		"title =":                           "query at character 8: found the end where a term was expected",
		`""`:                                "query at character 1: the term is empty",
		strings.Repeat("(", 200):            "query at character 101: the query is nested deeper than 100",
		strings.Repeat("a or ", 2000) + "a": "query at character 10001: a query of more than 2000 parts is not read",
		`title any "` + strings.Repeat("a ", 3000) + `"`: "query at character 6013: a query of more than 2000 parts is not read",
		strings.Repeat("a", maxLength+1):                 "query the query is longer than 65536 bytes",
		"\xff":                                           "query the query has bytes that are no characters of UTF-8",
	} {
		_, err := Parse(source, catalogue{})
		if got := fault.LocatorOf(err) + " "; err == nil || got+err.Error() != want {
			t.Errorf("%.40q is refused by %q %v\n want %q", source, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, source := range []string{`"sea ice" and dc.title any "a b"`, `a not (b or c =/word "x\"y")`, `date within "2024 2025"`} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		e, err := Parse(source, catalogue{})
		if (e == nil) == (err == nil) {
			t.Fatalf("%q became %v, %v", source, e, err)
		}
		if err != nil && !utf8.ValidString(err.Error()) {
			t.Errorf("%q is refused by %q", source, err)
		}
	})
}
