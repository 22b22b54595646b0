package filter

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// operand is a value of a filter, made plain: a string, float64, bool, record.Interval (an instant has equal ends) or
// []any of the first three.
type operand any

// operandOf checks a value of a filter on property.
func operandOf(property string, v any) (operand, error) {
	switch v := widen(v).(type) {
	case string:
		return v, textual(property, v)
	case bool:
		return v, nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fault.At(fault.Invalid, property, "a comparison with %v never holds", v)
		}
		return v, nil
	case time.Time:
		if v.Year() < 1 || v.Year() > 9999 {
			return nil, fault.At(fault.Invalid, property, "the year %d cannot be compared with", v.Year())
		}
		return record.Interval{Start: micro(v), End: micro(v)}, nil
	case []any:
		return array(property, v)
	default:
		return nil, fault.At(fault.Invalid, property, "a value of type %T cannot be compared with", v)
	}
}

func array(property string, values []any) (operand, error) {
	plainly := make([]any, len(values))
	for i, v := range values {
		l, err := operandOf(property, v)
		if err != nil {
			return nil, err
		}
		switch l := l.(type) {
		case []any:
			return nil, fault.At(fault.Invalid, property, "an array within an array cannot be compared with")
		case record.Interval:
			plainly[i] = record.Instant(l.Start)
		default:
			plainly[i] = l
		}
	}
	return plainly, nil
}

// maxOperand bounds a text to compare with, in bytes.
const maxOperand = 16 << 10

// textual refuses what no text of the catalogue can hold.
func textual(property, s string) error {
	if len(s) > maxOperand {
		return fault.At(fault.Invalid, cut(property, maxWord), "a text to compare with has %d bytes, at most %d are possible", len(s), maxOperand)
	}
	if strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		return fault.At(fault.Invalid, property, "a text to compare with is not valid UTF-8, or holds a zero character")
	}
	return nil
}

// asTimes reads a literal as times, for properties that are instants; a date stands for the whole day.
func asTimes(l operand) (record.Interval, bool) {
	switch l := l.(type) {
	case record.Interval:
		return l, true
	case string:
		i, err := record.ParseInterval(l)
		if err != nil || i.Start.IsZero() || i.End.IsZero() || i.Start.Year() < 1 {
			return record.Interval{}, false
		}
		return record.Interval{Start: micro(i.Start), End: micro(i.End)}, true
	}
	return record.Interval{}, false
}

// jsonOf writes an array literal as JSON.
func jsonOf(values []any) string {
	text, err := json.Marshal(values)
	if err != nil { // cannot be: the values are strings, finite numbers and truth values
		return "[]"
	}
	return string(text)
}

func truthWord(s string) bool { return s == "true" || s == "false" }

func wordOf(b bool) string { return strconv.FormatBool(b) }

// escaped makes a pattern safe for the end: a backslash there stands for itself.
func escaped(pattern string) string {
	trailing := len(pattern) - len(strings.TrimRight(pattern, `\`))
	if trailing%2 == 1 {
		return pattern + `\`
	}
	return pattern
}

// anywhere is the pattern of texts that have pattern in them.
func anywhere(pattern string) string {
	pattern = "%" + strings.ToLower(escaped(pattern))
	return pattern + "%"
}
