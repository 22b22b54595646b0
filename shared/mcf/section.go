package mcf

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// section is a mapping of a file. One that is not there is empty.
type section struct{ m map[string]any }

func (s section) in(name string) section {
	m, _ := s.m[name].(map[string]any)
	return section{m}
}

// each are the mappings of a list, or of a mapping of mappings, by name.
func (s section) each(name string) []section {
	var all []section
	switch v := s.m[name].(type) {
	case []any:
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				all = append(all, section{m})
			}
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if m, ok := v[key].(map[string]any); ok {
				all = append(all, section{m})
			}
		}
	}
	return all
}

// text is a value as a text, empty for what is no single value.
func (s section) text(name string) string { return words(s.m[name]) }

// list is a list of texts; a text is one of what stands between its commas.
func (s section) list(name string) []string { return listed(s.m[name], false) }

func listed(v any, commas bool) []string {
	var all []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if w := words(e); w != "" {
				all = append(all, w)
			}
		}
	default:
		parts := []string{words(v)}
		if commas {
			parts = strings.Split(parts[0], ",")
		}
		for _, part := range parts {
			if part = strings.TrimSpace(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// said is a text that may be there in several languages: the one of a language, else of any.
func (s section) said(name, language string) string { return words(s.in1(name, language)) }

// saidList is a list that may be there in several languages.
func (s section) saidList(name, language string) []string {
	return listed(s.in1(name, language), true)
}

// in1 is the value of a language: by itself, in a mapping of languages, or by a name that ends in the language.
func (s section) in1(name, language string) any {
	short := language[:min(len(language), 2)]
	if v, given := s.m[name]; given {
		m, several := v.(map[string]any)
		if !several {
			return v
		}
		return ofLanguage(m, "", language, short)
	}
	return ofLanguage(s.m, name+"_", language, short)
}

func ofLanguage(m map[string]any, prefix, language, short string) any {
	for _, key := range []string{prefix + language, prefix + short} {
		if v, given := m[key]; given && key != "" {
			return v
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if rest, is := strings.CutPrefix(key, prefix); is && (len(rest) == 2 || len(rest) == 3) {
			return m[key]
		}
	}
	return nil
}

// words is a single value as it is written.
func words(v any) string {
	switch v := v.(type) {
	case nil, map[string]any, []any:
		return ""
	case string:
		return strings.TrimSpace(v)
	default:
		return fmt.Sprint(v)
	}
}
