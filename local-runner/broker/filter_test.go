package broker

import (
	"encoding/json"
	"strings"
	"testing"

	"perigee/shared/fault"
)

func exact(name, value string) Filter  { return Filter{Exact: map[string]string{name: value}} }
func prefix(name, value string) Filter { return Filter{Prefix: map[string]string{name: value}} }
func suffix(name, value string) Filter { return Filter{Suffix: map[string]string{name: value}} }
func not(f Filter) Filter              { return Filter{Not: &f} }
func sql(text string) Filter           { return Filter{CESQL: text} }

func match(t *testing.T, attributes map[string]string, filters ...Filter) bool {
	t.Helper()
	m, err := Compile(filters)
	if err != nil {
		t.Errorf("%v: %v", filters, err)
	}
	return m.match(attributes)
}

// What Knative's filters answer, attributes that are missing included.
func TestFilters(t *testing.T) {
	event := map[string]string{
		"specversion": "1.0", "id": "1", "type": "com.amazonaws.s3.ObjectCreated:Put", "source": "aws:s3.us-east-1.ingest",
		"subject": "a/b.json", "collection": "S2", "count": "7", "dataschema": "http://schema",
		"datacontenttype": "application/json; charset=utf-8",
	}
	for name, c := range map[string]struct {
		filter Filter
		want   bool
	}{
		"exact":                           {exact("type", "com.amazonaws.s3.ObjectCreated:Put"), true},
		"exact differs":                   {exact("type", "com.amazonaws.s3.ObjectCreated"), false},
		"exact is case sensitive":         {exact("collection", "s2"), false},
		"exact on an extension":           {exact("collection", "S2"), true},
		"exact on an integer extension":   {exact("count", "7"), true},
		"exact on a missing attribute":    {exact("workspace", "x"), false},
		"exact, several at once":          {Filter{Exact: map[string]string{"collection": "S2", "count": "7"}}, true},
		"exact, one of several differs":   {Filter{Exact: map[string]string{"collection": "S2", "count": "8"}}, false},
		"prefix":                          {prefix("type", "com.amazonaws.s3.ObjectCreated"), true},
		"prefix of the whole":             {prefix("collection", "S2"), true},
		"prefix differs":                  {prefix("type", "amazonaws"), false},
		"prefix on a missing attribute":   {prefix("workspace", "x"), false},
		"suffix":                          {suffix("subject", ".json"), true},
		"suffix differs":                  {suffix("subject", ".tif"), false},
		"suffix on a missing attribute":   {suffix("workspace", "Z"), false},
		"a missing time is the zero one":  {suffix("time", "T00:00:00Z"), true},
		"the type of the data alone":      {exact("datamediatype", "application/json"), true},
		"not":                             {not(exact("collection", "S2")), false},
		"not of a difference":             {not(exact("collection", "S1")), true},
		"not of exact on a missing one":   {not(exact("workspace", "x")), true},
		"not of prefix on a missing one":  {not(prefix("workspace", "x")), true},
		"not of not":                      {not(not(exact("collection", "S2"))), true},
		"all":                             {Filter{All: []Filter{exact("collection", "S2"), suffix("subject", ".json")}}, true},
		"all, one fails":                  {Filter{All: []Filter{exact("collection", "S2"), suffix("subject", ".tif")}}, false},
		"any":                             {Filter{Any: []Filter{exact("collection", "S1"), suffix("subject", ".json")}}, true},
		"any, none holds":                 {Filter{Any: []Filter{exact("collection", "S1"), suffix("subject", ".tif")}}, false},
		"nested":                          {Filter{Any: []Filter{exact("id", "2"), {All: []Filter{prefix("source", "aws:"), not(suffix("subject", ".tif"))}}}}, true},
		"the old name of dataschema":      {exact("schemaurl", "http://schema"), true},
		"attributes":                      {Attributes(map[string]string{"collection": "S2", "id": "1"})[0], true},
		"attributes, one differs":         {Attributes(map[string]string{"collection": "S2", "id": "2"})[0], false},
		"attributes, any value":           {Attributes(map[string]string{"subject": ""})[0], true},
		"attributes, any value, missing":  {Attributes(map[string]string{"workspace": ""})[0], false},
		"attributes, any value, optional": {Attributes(map[string]string{"dataref": ""})[0], false},
		"CESQL":                           {sql("type LIKE 'com.amazonaws.s3.ObjectCreated%' AND subject LIKE '%.json'"), true},
		"CESQL differs":                   {sql("collection = 'S1'"), false},
		"CESQL casts":                     {sql("count > 6 AND count < 8"), true},
		"CESQL cannot cast":               {sql("INT(collection) > 1"), false},
		"CESQL on a missing attribute":    {sql("workspace = 'x'"), false},
		"CESQL on a missing one, negated": {sql("NOT (workspace = 'x')"), false},
		"CESQL asks whether it is there":  {sql("NOT EXISTS workspace AND EXISTS collection"), true},
		"not of CESQL":                    {not(sql("workspace = 'x'")), true},
		"CESQL within any within all":     {Filter{All: []Filter{exact("id", "1"), {Any: []Filter{sql("collection = 'S1'"), not(sql("collection IN ('S1', 'S3')"))}}}}, true},
	} {
		if got := match(t, event, c.filter); got != c.want {
			t.Errorf("%s: %v is %t", name, c.filter, got)
		}
	}
	if !match(t, event) || Attributes(nil) != nil {
		t.Error("no filter takes every event")
	}
	if match(t, event, exact("id", "1"), exact("id", "2")) {
		t.Error("all filters of a list must hold")
	}
}

func TestInvalidFilters(t *testing.T) {
	for _, f := range []Filter{
		{}, {Exact: map[string]string{}}, exact("id", ""), exact("Type", "x"), exact("1a", "x"), exact("", "x"), prefix("a-b", "x"),
		{Exact: map[string]string{"id": "1"}, Not: &Filter{}}, not(Filter{}), {All: []Filter{{}}}, {Any: []Filter{exact("id", "1"), suffix("x", "")}},
		{attributes: map[string]string{"ID": ""}}, {All: []Filter{}}, {Any: []Filter{}}, sql("type ="), sql("type = 'a"), sql("nothing("), sql("NOPE(1)"),
		sql("1 + 1"), sql("type"), sql(strings.Repeat("(", maxCESQL+1)), {CESQL: "TRUE", Exact: map[string]string{"id": "1"}}, not(sql("")),
	} {
		if err := f.Validate(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%v: %v", f, err)
		}
	}
}

// What is valid can be decided, printed and negated, whatever it is.
func FuzzFilter(f *testing.F) {
	f.Add(`{"all":[{"exact":{"type":"a"}},{"not":{"prefix":{"subject":"b"}}}]}`, "type", "a")
	f.Add(`{"any":[{"suffix":{"x":"c"}}]}`, "x", "abc")
	f.Add(`{"cesql":"x LIKE '%b%' XOR NOT EXISTS y"}`, "x", "abc")
	f.Fuzz(func(t *testing.T, source, name, value string) {
		var filter Filter
		if json.Unmarshal([]byte(source), &filter) != nil || filter.Validate() != nil {
			return
		}
		attributes := map[string]string{name: value}
		if match(t, attributes, filter) == match(t, attributes, not(filter)) || filter.String() == "" {
			t.Errorf("%s on %v", filter, attributes)
		}
	})
}
