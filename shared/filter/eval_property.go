package filter

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"perigee/shared/record"
)

type coreType int

const (
	coreNone    coreType = iota
	coreText             // never unknown, possibly empty
	coreName             // a text that is unknown when it is empty
	coreInstant          // unknown when it is zero
	coreTexts
)

func coreKind(property string) coreType {
	switch property {
	case PropertyID, PropertyCollection, PropertyType:
		return coreText
	case PropertyTitle, PropertyAbstract, PropertyProductType:
		return coreName
	case PropertyDatetime, PropertyStart, PropertyEnd, PropertyModified:
		return coreInstant
	case PropertyKeywords:
		return coreTexts
	}
	return coreNone
}

// value is what a record says of a property: nil when it says nothing, else a string, float64, bool, time.Time,
// []string, or whatever JSON holds.
func value(property string, rec record.Record) any {
	switch coreKind(property) {
	case coreText, coreName:
		return coreString(property, rec)
	case coreInstant:
		return orNone(coreTime(property, rec))
	case coreTexts:
		if len(rec.Keywords) == 0 {
			return nil
		}
		return rec.Keywords
	}
	return asJSON(rec.Properties[property])
}

// asJSON is a property as it comes back from JSON.
func asJSON(v any) any {
	switch v := v.(type) {
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case []string:
		elements := make([]any, len(v))
		for i, s := range v {
			elements[i] = s
		}
		return elements
	}
	return widen(v)
}

func coreString(property string, rec record.Record) any {
	switch property {
	case PropertyID:
		return rec.ID
	case PropertyCollection:
		return rec.Collection
	case PropertyType:
		return rec.Type
	}
	name := rec.Title
	switch property {
	case PropertyAbstract:
		name = rec.Abstract
	case PropertyProductType:
		name = rec.ProductType
	}
	if name == "" {
		return nil
	}
	return name
}

func coreTime(property string, rec record.Record) time.Time {
	switch property {
	case PropertyEnd:
		return rec.Time.End
	case PropertyModified:
		return rec.Modified
	}
	return rec.Time.Start
}

func orNone(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micro(t)
}

// micro is the precision that the catalogue keeps.
func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// widen turns every Go number into a float64, so that properties may come from any decoder.
func widen(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case int8:
		return float64(v)
	case int16:
		return float64(v)
	case int32:
		return float64(v)
	case int64:
		return float64(v)
	case uint:
		return float64(v)
	case uint8:
		return float64(v)
	case uint16:
		return float64(v)
	case uint32:
		return float64(v)
	case uint64:
		return float64(v)
	case float32:
		return float64(v)
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f
		}
	}
	return v
}

// Numbers and instants that come as text count as such when they are written like this. The database's functions
// perigee.number and perigee.instant follow the same expressions.
var (
	numberForm  = regexp.MustCompile(`^[+-]?\d{1,100}(\.\d{1,100})?([eE][+-]?\d{1,2})?$`)
	instantForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:[Tt](([01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d{1,9})?([Zz]|[+-](0\d|1[0-4]):[0-5]\d))?$`)
)

// numeric reads a property as a number, unless it is beyond what the database's function takes.
func numeric(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		size := math.Abs(v)
		return v, size == 0 || size > 1e-300 && size < 1e300
	case string:
		if numberForm.MatchString(v) {
			f, err := strconv.ParseFloat(v, 64)
			return f, err == nil
		}
	}
	return 0, false
}

// instant reads a property as an instant; a date alone is its first one.
func instant(v any) (time.Time, bool) {
	switch v := v.(type) {
	case time.Time:
		return micro(v), true
	case string:
		return parseInstant(v)
	}
	return time.Time{}, false
}

func parseInstant(s string) (time.Time, bool) {
	m := instantForm.FindStringSubmatch(s)
	if m == nil || strings.HasPrefix(s, "0000") {
		return time.Time{}, false
	}
	text := m[1] + "T00:00:00Z"
	if m[2] != "" {
		text = m[1] + "T" + m[2] + m[4] + strings.ToUpper(m[5])
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	return micro(t), err == nil
}
