package postprocess

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// settings takes the settings of a postprocessor out of what was written, and remembers all that is wrong.
type settings struct {
	at     string // place of the settings
	values map[string]any
	known  []string
	errs   []error
}

func (s *settings) fail(key, format string, args ...any) {
	s.errs = append(s.errs, wrongAt(within(s.at, key), format, args...))
}

// take gives a value, nil when there is none.
func (s *settings) take(key string) any {
	s.known = append(s.known, key)
	return s.values[key]
}

func (s *settings) text(key, otherwise string) string {
	switch v := s.take(key).(type) {
	case nil:
		return otherwise
	case string:
		return v
	default:
		s.fail(key, "is no text")
		return otherwise
	}
}

func (s *settings) oneOf(key, otherwise string, words ...string) string {
	word := s.text(key, otherwise)
	if !slices.Contains(words, word) {
		s.fail(key, "is %.40q, not one of %s", word, strings.Join(words, ", "))
	}
	return word
}

// whole is a whole number between two, both included. YAML and JSON have numbers of several types.
func (s *settings) whole(key string, otherwise, least, most int) int {
	n := otherwise
	switch v := s.take(key).(type) {
	case nil:
	case int:
		n = v
	case int64:
		n = int(v)
	case uint64:
		n = int(min(v, 1<<31)) //nolint:gosec // it is bounded
	case float64:
		if n = int(v); float64(n) != v {
			s.fail(key, "is %v, not a whole number", v)
		}
	default:
		s.fail(key, "is no number")
	}
	if n < least || n > most {
		s.fail(key, "is %d, not between %d and %d", n, least, most)
	}
	return n
}

// err is all that is wrong; keys that nobody took are unknown.
func (s *settings) err() error {
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if !slices.Contains(s.known, key) {
			s.fail(key, "is an unknown key; known are: %s", strings.Join(s.known, ", "))
		}
	}
	return errors.Join(s.errs...)
}
