package cwl

import (
	"maps"
	"slices"
	"strings"
)

// annotations are what a package, and its workflow, say by the properties of schema.org.
type annotations struct {
	prefixes []string
	places   []map[string]any // the first that says something counts
}

// prefixes are those that a document gives to schema.org, and the customary one.
func prefixes(top map[string]any) []string {
	all := []string{"s"}
	named, _ := top["$namespaces"].(map[string]any)
	for _, prefix := range slices.Sorted(maps.Keys(named)) {
		_, place, _ := strings.Cut(words(named[prefix]), "://")
		if strings.TrimRight(place, "/#") == "schema.org" && prefix != "s" {
			all = append(all, prefix)
		}
	}
	return all
}

func (a annotations) value(name string) any { return first(a.prefixes, name, a.places...) }

func first(prefixes []string, name string, places ...map[string]any) any {
	for _, place := range places {
		for _, prefix := range prefixes {
			if v, ok := place[prefix+":"+name]; ok && v != nil {
				return v
			}
		}
	}
	return nil
}

// text is a property's text; of something with a name, or an address, that.
func (a annotations) text(name string) string { return a.named(a.value(name)) }

func (a annotations) named(v any) string {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	thing, ok := v.(map[string]any)
	if !ok {
		return words(v)
	}
	for _, name := range []string{"name", "url"} {
		if text := words(first(a.prefixes, name, thing)); text != "" {
			return text
		}
	}
	return words(thing["@id"])
}

// list is a property whose texts stand one by one, or with commas between them.
func (a annotations) list(name string) []string {
	v := a.value(name)
	texts, ok := v.([]any)
	if !ok {
		texts = []any{v}
	}
	var all []string
	for _, one := range texts {
		for part := range strings.SplitSeq(words(one), ",") {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// person is the first one that a property names.
func (a annotations) person(name string) Person {
	v := a.value(name)
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	said, ok := v.(map[string]any)
	if !ok {
		return Person{Name: words(v)}
	}
	return Person{
		Name: words(first(a.prefixes, "name", said)), Affiliation: a.named(first(a.prefixes, "affiliation", said)),
		Email: strings.TrimPrefix(words(first(a.prefixes, "email", said)), "mailto:"),
	}
}
