package catalogue

import (
	"encoding/json"
	"maps"
	"slices"

	"perigee/shared/record"
)

// declaredBy are the properties that a collection's document speaks of: those of its member queryables, which are to be
// asked for, and those of its summaries (STAC collections, Summaries). What cannot be read is left out: documents come from
// strangers.
func declaredBy(document []byte) map[string]*facts {
	var members struct {
		Queryables json.RawMessage            `json:"queryables"`
		Summaries  map[string]json.RawMessage `json:"summaries"`
	}
	found := map[string]*facts{}
	if json.Unmarshal(document, &members) != nil {
		return found
	}
	for name, text := range members.Summaries {
		if f := summary(text); f != nil {
			found[name] = f
		}
	}
	for name, text := range queryableMembers(members.Queryables) {
		f := schema(text)
		f.declared = true
		if before := found[name]; before != nil && f.typ == "" {
			f.typ, f.format, f.options, f.many = before.typ, before.format, before.options, before.many
		}
		found[name] = f
	}
	maps.DeleteFunc(found, func(name string, _ *facts) bool {
		return name == "" || len(name) > longestName || checkTexts(name) != nil
	})
	for _, name := range slices.Sorted(maps.Keys(found))[min(len(found), maxQueryables):] {
		delete(found, name)
	}
	return found
}

// queryableMembers reads a JSON Schema with properties, an object of schemas by name, or a list of names.
func queryableMembers(text json.RawMessage) map[string]json.RawMessage {
	var names []string
	if json.Unmarshal(text, &names) == nil {
		found := map[string]json.RawMessage{}
		for _, name := range names {
			found[name] = nil
		}
		return found
	}
	var whole struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(text, &whole) == nil && len(whole.Properties) > 0 {
		return whole.Properties
	}
	var found map[string]json.RawMessage
	if json.Unmarshal(text, &found) != nil {
		return nil
	}
	return found
}

// schema reads what is needed of a JSON Schema.
func schema(text json.RawMessage) *facts {
	var s struct {
		Title, Type, Format string
		Enum                []any
	}
	f := &facts{}
	if json.Unmarshal(text, &s) != nil {
		return f
	}
	if len(s.Title) <= longestName && checkTexts(s.Title) == nil {
		f.title = s.Title
	}
	switch s.Type {
	case typeString, typeNumber, typeInteger, typeBoolean, typeArray, typeObject:
		f.typ = s.Type
	}
	if f.typ == typeString && (s.Format == formatDate || s.Format == formatDateTime) {
		f.format = s.Format
	}
	f.take(s.Enum)
	return f
}

// summary reads a list of values, a range of them, or a schema.
func summary(text json.RawMessage) *facts {
	var values []any
	if json.Unmarshal(text, &values) == nil {
		f := &facts{}
		f.take(values)
		return f
	}
	var span struct{ Minimum, Maximum any }
	if json.Unmarshal(text, &span) == nil && span.Minimum != nil && span.Maximum != nil {
		f := &facts{}
		f.add(span.Minimum)
		f.add(span.Maximum)
		f.seen, f.many, f.options = 0, true, nil
		return f
	}
	if f := schema(text); f.typ != "" {
		return f
	}
	return nil
}

// take learns from values that no record was seen with.
func (f *facts) take(values []any) {
	if len(values) == 0 {
		return
	}
	typ, format := f.typ, f.format
	for _, v := range values[:min(len(values), maxOptions+1)] {
		f.add(v)
	}
	if typ != "" {
		f.typ, f.format = typ, format
	}
	f.seen = 0
}

// declarations are what the collections among the records declare, and the collections themselves.
func declarations(records []put) (found map[queryableKey]*facts, collections []string) {
	found = map[queryableKey]*facts{}
	for _, p := range records {
		r := p.by.Record
		if r.Type != record.TypeCollection {
			continue
		}
		collections = append(collections, r.ID)
		for name, f := range declaredBy(r.Document) {
			found[queryableKey{r.Workspace, r.ID, name}] = f
		}
	}
	return found, collections
}
