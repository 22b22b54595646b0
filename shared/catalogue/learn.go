package catalogue

import (
	"encoding/json"
	"math"
	"regexp"
	"sync"

	"perigee/shared/record"
)

// facts are what is known of a property.
type facts struct {
	typ, format string
	options     map[string]bool
	many        bool // it has more texts than are kept
	seen        int64
	declared    bool
	title       string
}

// learner knows, in this process, which properties the database knows of, so that only news is written. What it forgets is
// written once more.
type learner struct {
	mu    sync.Mutex
	known map[queryableKey]*facts
}

const (
	knownAtMost = 20_000 // properties that a process remembers
	countedUpTo = 10_000 // records with a property, before their number is written
	longestName = 200    // bytes of a property's name
	shownAtMost = 1000   // properties of a record that are looked at
)

// observe gathers what records say of properties that the database does not know yet.
func (l *learner) observe(records []put) map[queryableKey]*facts {
	found := map[queryableKey]*facts{}
	for _, p := range records {
		r := p.by.Record
		if r.Type == record.TypeCollection {
			continue
		}
		looked := 0
		for name, value := range r.Properties {
			if looked++; looked > shownAtMost {
				break
			}
			if value == nil || name == "" || len(name) > longestName || checkTexts(name) != nil {
				continue
			}
			key := queryableKey{r.Workspace, r.Collection, name}
			if found[key] == nil {
				found[key] = &facts{}
			}
			found[key].add(value)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, f := range found {
		if !f.newTo(l.known[key]) {
			l.known[key].seen += f.seen
			delete(found, key)
		} else if before := l.known[key]; before != nil {
			f.seen += before.seen
		}
	}
	return found
}

// keep notes what was written.
func (l *learner) keep(written map[queryableKey]*facts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil || len(l.known) > knownAtMost {
		l.known = map[queryableKey]*facts{}
	}
	for key, f := range written {
		if before := l.known[key]; before != nil {
			f.join(before)
		}
		f.seen = 0
		l.known[key] = f
	}
}

// newTo tells whether the database is to be told; known is what it knows, and how many records it was not told of.
func (f *facts) newTo(known *facts) bool {
	if known == nil || known.seen+f.seen >= countedUpTo || commonType(known.typ, f.typ) != known.typ ||
		f.format != known.format && known.format != "" || f.many && !known.many {
		return true
	}
	if known.many {
		return false
	}
	for option := range f.options {
		if !known.options[option] {
			return true
		}
	}
	return false
}

// join adds what was known before.
func (f *facts) join(before *facts) {
	f.typ = commonType(f.typ, before.typ)
	if f.format != before.format {
		f.format = ""
	}
	for option := range before.options {
		f.option(option)
	}
	f.many = f.many || before.many
}

// add takes a value of one more record.
func (f *facts) add(value any) {
	typ, format := typeOf(value)
	if f.seen == 0 {
		f.typ, f.format = typ, format
	}
	f.typ = commonType(f.typ, typ)
	if f.format != format {
		f.format = ""
	}
	f.seen++
	switch v := value.(type) {
	case string:
		if format == "" {
			f.option(v)
		}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				f.option(s)
			}
		}
	case []string:
		for _, s := range v {
			f.option(s)
		}
	}
}

// option keeps a text, while there are few.
func (f *facts) option(text string) {
	if f.many || f.options[text] {
		return
	}
	if len(text) > maxOption || len(f.options) >= maxOptions || checkTexts(text) != nil {
		f.many, f.options = true, nil
		return
	}
	if f.options == nil {
		f.options = map[string]bool{}
	}
	f.options[text] = true
}

// typeOf is the type and the format of a value of JSON.
func typeOf(value any) (typ, format string) {
	switch v := value.(type) {
	case string:
		return typeString, formatOf(v)
	case bool:
		return typeBoolean, ""
	case float64:
		return numberType(v), ""
	case float32:
		return numberType(float64(v)), ""
	case json.Number:
		if n, err := v.Float64(); err == nil {
			return numberType(n), ""
		}
		return typeNumber, ""
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return typeInteger, ""
	case []any, []string, []float64, []int:
		return typeArray, ""
	}
	return typeObject, ""
}

func numberType(n float64) string {
	if n == math.Trunc(n) {
		return typeInteger
	}
	return typeNumber
}

var (
	dateForm     = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	dateTimeForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$`)
)

func formatOf(s string) string {
	switch {
	case len(s) < 10 || len(s) > 40 || s[4] != '-':
		return ""
	case dateForm.MatchString(s):
		return formatDate
	case dateTimeForm.MatchString(s):
		return formatDateTime
	}
	return ""
}
