package csw

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"perigee/shared/filter"
	"perigee/shared/scope"
)

// known is a store whose properties have values.
type known struct {
	memory
	domains map[filter.Property]Domain
}

func (s known) Domain(_ context.Context, _ scope.Scope, property filter.Property) (Domain, error) {
	return s.domains[property], nil
}

var toldValue = regexp.MustCompile(`<csw:(?:Value|MinValue|MaxValue)[^>]*>([^<]*)`)

// RC-01, RC-03: GetDomain gives the values of all properties that a queryable is answered by, and the dates that metadata have themselves.
func TestDomains(t *testing.T) {
	several := map[filter.Property]Domain{
		filter.PropertyCollection: {Values: []Value{{"S2", 3}}}, "relation": {Values: []Value{{"S1", 1}, {"S2", 2}}}, "parentIdentifier": {Values: []Value{{"P", 1}}},
		filter.PropertyModified: {Min: "2026-06-01T00:00:00Z", Max: "2026-06-02T00:00:00Z"}, "accessConstraints": {Values: []Value{{"license", 1}}}, "alternateTitle": {Values: []Value{{"Short", 1}}},
	}
	types := map[filter.Property]Domain{
		filter.PropertyType: {Values: []Value{{"collection", 1}, {"item", 2}, {"dataset", 2}, {"text", 1}}},
		"dc:type":           {Values: []Value{{"http://purl.org/dc/dcmitype/Dataset", 1}, {"http://purl.org/dc/dcmitype/Text", 1}}},
	}
	uncounted := map[filter.Property]Domain{filter.PropertyType: {Values: []Value{{"text", 0}}}, "dc:type": {Values: []Value{{"http://purl.org/dc/dcmitype/Text", 0}}}}
	stamped := map[filter.Property]Domain{"dateStamp": {Values: []Value{{"2009-10-09", 1}}}, filter.PropertyModified: several[filter.PropertyModified]}
	for _, c := range []struct {
		domains map[filter.Property]Domain
		name    string
		want    string
	}{
		{several, "dc:relation", "S1 S2"}, {several, "apiso:ParentIdentifier", "P S2"}, {several, "dc:rights", "license"}, {several, "dct:alternative", "Short"},
		{several, "apiso:Modified", "2026-06-01T00:00:00Z 2026-06-02T00:00:00Z"}, {stamped, "apiso:Modified", "2009-10-09"}, {stamped, "dct:modified", "2026-06-01T00:00:00Z 2026-06-02T00:00:00Z"},
		{types, "dc:type", "dataset http://purl.org/dc/dcmitype/Dataset http://purl.org/dc/dcmitype/Text series"}, {map[filter.Property]Domain{filter.PropertyType: types[filter.PropertyType]}, "dc:type", "dataset series text"},
		{uncounted, "dc:type", "http://purl.org/dc/dcmitype/Text text"},
	} {
		h := New(Config{Store: known{domains: c.domains}, Path: "/csw"})
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/csw?service=CSW&version=2.0.2&request=GetDomain&propertyName="+c.name, nil)
		h.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, "test")})))
		var got []string
		for _, m := range toldValue.FindAllStringSubmatch(w.Body.String(), -1) {
			got = append(got, m[1])
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s has %v, want %s, in %s", c.name, got, c.want, w.Body)
		}
	}
}

// Domains of several properties are one, the ends of a part of them too.
func TestDomainWith(t *testing.T) {
	d := Domain{Values: []Value{{"b", 1}, {"d", 1}}, Min: "b", Max: "x"}.with(Domain{Values: []Value{{"a", 1}}})
	if d.Min != "a" || d.Max != "x" || len(d.Values) != 3 || d.Values[0].Text != "a" {
		t.Errorf("%+v", d)
	}
	if d := (Domain{}).with(Domain{Min: "1", Max: "2"}); d.Min != "1" || d.Max != "2" || d.Values != nil {
		t.Errorf("%+v", d)
	}
}
