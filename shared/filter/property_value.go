package filter

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"perigee/shared/record"
)

type coreType int

const (
	coreNone      coreType = iota
	coreText               // never unknown, possibly empty
	coreName               // a text that is unknown when it is empty
	coreInstant            // unknown when it is zero
	coreTexts              // unknown when there are none
	corePeriod             // unknown when neither end is known
	coreFootprint          // unknown when there is none
)

var coreTypes = map[coreType]Type{
	coreText: TypeText, coreName: TypeText, coreInstant: TypeTimestamp, coreTexts: TypeArray, corePeriod: TypeInterval, coreFootprint: TypeGeometry,
}

func coreKind(p Property) coreType {
	switch p {
	case PropertyID, PropertyCollection, PropertyType:
		return coreText
	case PropertyTitle, PropertyAbstract, PropertyProductType:
		return coreName
	case PropertyDatetime, PropertyStart, PropertyEnd, PropertyCreated, PropertyModified:
		return coreInstant
	case PropertyKeywords:
		return coreTexts
	case PropertyTime:
		return corePeriod
	case PropertyGeometry:
		return coreFootprint
	}
	return coreNone
}

// propertyValue is what a record says of a property: nil when it says nothing, else a string, float64, bool, time.Time,
// []any, or whatever else JSON, or the record, holds.
func propertyValue(p Property, rec *record.Record) any {
	switch coreKind(p) {
	case coreText, coreName:
		return coreString(p, rec)
	case coreInstant:
		return orNone(coreTime(p, rec))
	case coreTexts:
		if len(rec.Keywords) == 0 {
			return nil
		}
		return asJSON(rec.Keywords)
	case corePeriod:
		if rec.Time.IsZero() {
			return nil
		}
		return rec.Time
	case coreFootprint:
		if rec.Footprint == nil {
			return nil
		}
		return rec.Footprint
	}
	return asJSON(rec.Properties[string(p)])
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

func coreString(property Property, rec *record.Record) any {
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

func coreTime(property Property, rec *record.Record) time.Time {
	switch property {
	case PropertyEnd:
		return rec.Time.End
	case PropertyCreated:
		return rec.Created
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

// numeric reads a property as a number, unless it is out of range.
func numeric(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, inRange(v)
	case string:
		if numberForm.MatchString(v) {
			f, err := strconv.ParseFloat(v, 64)
			return f, err == nil
		}
	}
	return 0, false
}

// instant reads a property as a moment or a day.
func instant(v any) (span, bool) {
	s, ok := v.(string)
	if !ok {
		return span{}, false
	}
	m := instantForm.FindStringSubmatch(s)
	if m == nil || strings.HasPrefix(s, "0000") {
		return span{}, false
	}
	text := m[1] + "T00:00:00Z"
	if m[2] != "" {
		text = m[1] + "T" + m[2] + m[4] + strings.ToUpper(m[5])
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if m[2] == "" {
		return day(t), err == nil
	}
	return span{micro(t), micro(t)}, err == nil
}
