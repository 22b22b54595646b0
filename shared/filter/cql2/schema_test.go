package cql2

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// schema is as much of JSON Schema (2020-12) as cql2.json uses. It fails on a keyword that it does not know, so that
// nothing is left unchecked.
type schema struct{ root map[string]any }

func readSchema(t testing.TB) schema {
	t.Helper()
	text, err := os.ReadFile("testdata/cql2.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(text, &s.root); err != nil {
		t.Fatal(err)
	}
	return s
}

// validate tells what is wrong with a document.
func (s schema) validate(document []byte) error {
	var v any
	if err := json.Unmarshal(document, &v); err != nil {
		return err
	}
	return s.check(s.root, v, "")
}

func (s schema) check(rules map[string]any, v any, at string) error {
	for keyword, rule := range rules {
		if err := s.keyword(keyword, rule, v, at, rules); err != nil {
			return err
		}
	}
	return nil
}

func (s schema) keyword(keyword string, rule, v any, at string, rules map[string]any) error {
	wrong := func(format string, args ...any) error { return fmt.Errorf("at "+at+": "+format, args...) }
	list, isList := v.([]any)
	members, isObject := v.(map[string]any)
	text, isText := v.(string)
	switch keyword {
	case "$schema", "$dynamicAnchor", "$defs", "title":
	case "$ref":
		return s.check(s.root["$defs"].(map[string]any)[strings.TrimPrefix(rule.(string), "#/$defs/")].(map[string]any), v, at)
	case "$dynamicRef":
		return s.check(s.root, v, at)
	case "oneOf":
		var held []string
		var errs []string
		for _, one := range rule.([]any) {
			if err := s.check(one.(map[string]any), v, at); err == nil {
				held = append(held, fmt.Sprint(one))
			} else {
				errs = append(errs, err.Error())
			}
		}
		if len(held) != 1 {
			return wrong("%v is %d of oneOf: %v; %v", v, len(held), held, errs)
		}
	case "not":
		if s.check(rule.(map[string]any), v, at) == nil {
			return wrong("%v is what it must not be", v)
		}
	case "enum":
		if !slices.ContainsFunc(rule.([]any), func(one any) bool { return reflect.DeepEqual(one, v) }) {
			return wrong("%v is none of %v", v, rule)
		}
	case "type":
		is := map[string]bool{"object": isObject, "array": isList, "string": isText}
		_, is["boolean"] = v.(bool)
		_, is["number"] = v.(float64)
		if !is[rule.(string)] {
			return wrong("%v is no %v", v, rule)
		}
	case "required":
		for _, name := range rule.([]any) {
			if _, ok := members[name.(string)]; isObject && !ok {
				return wrong("%v is missing", name)
			}
		}
	case "properties":
		for name, of := range rule.(map[string]any) {
			if member, ok := members[name]; ok {
				if err := s.check(of.(map[string]any), member, at+"/"+name); err != nil {
					return err
				}
			}
		}
	case "prefixItems":
		for i, of := range rule.([]any) {
			if i < len(list) {
				if err := s.check(of.(map[string]any), list[i], fmt.Sprint(at, "/", i)); err != nil {
					return err
				}
			}
		}
	case "items":
		first, _ := rules["prefixItems"].([]any)
		for i := len(first); i < len(list); i++ {
			if err := s.check(rule.(map[string]any), list[i], fmt.Sprint(at, "/", i)); err != nil {
				return err
			}
		}
	case "minItems":
		if isList && float64(len(list)) < rule.(float64) {
			return wrong("there are %d items, less than %v", len(list), rule)
		}
	case "maxItems":
		if isList && float64(len(list)) > rule.(float64) {
			return wrong("there are %d items, more than %v", len(list), rule)
		}
	case "pattern":
		if isText && !regexp.MustCompile(rule.(string)).MatchString(text) {
			return wrong("%q does not match %v", text, rule)
		}
	default:
		return wrong("the schema's %s is not known here", keyword)
	}
	return nil
}

func TestTheSchemaFindsWhatIsWrong(t *testing.T) {
	s := readSchema(t)
	for document, want := range map[string]bool{
		`true`: true, `{"op":"and","args":[true,false]}`: true, `{"op":"and","args":[true]}`: false, `1`: false,
		`{"op":"=","args":[{"property":"a"},1]}`: true, `{"op":"=","args":[{"property":"a"}]}`: false, `{"op":"t_after","args":[{"property":"a"},"2020-01-01"]}`: false,
		`{"op":"t_after","args":[{"property":"a"},{"date":"2020-01-01"}]}`: true, `{"op":"t_after","args":[{"property":"a"},{"date":"2020-1-1"}]}`: false,
		`{"op":"isNull","args":{"property":"a"}}`: false, `{"op":"f","args":[]}`: true, `{"op":"in","args":[{"property":"a"},[1,"x"]]}`: true,
	} {
		if err := s.validate([]byte(document)); (err == nil) != want {
			t.Errorf("%s: %v", document, err)
		}
	}
}
