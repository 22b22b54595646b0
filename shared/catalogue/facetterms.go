package catalogue

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// The shapes of a record in which a term was found; added up when there are both.
const (
	shapeScalar  = 1
	shapeElement = 2
)

// term is the JSON of a property in which terms are looked for. What its index does not know has none, as filters have it.
func (f facet) term(c *filter.Compiler) (string, error) {
	k := " as " + f.k()
	switch f.Property {
	case filter.PropertyID, filter.PropertyCollection, filter.PropertyType:
		return "to_jsonb(r." + string(f.Property) + ")" + k, nil
	case filter.PropertyTitle, filter.PropertyAbstract, filter.PropertyProductType:
		return "to_jsonb(nullif(r." + string(f.Property) + ", ''))" + k, nil
	case filter.PropertyKeywords:
		return "to_jsonb(r.keywords)" + k, nil
	}
	j, err := f.json(c)
	switch f.typ {
	case typeString:
		j = "case when jsonb_typeof(" + j + ") = 'string' then " + j + " end"
	case typeInstant:
		j = "case when perigee.instant(" + j + ") is not null then " + j + " end"
	case typeArray:
		j = "case when jsonb_typeof(" + j + ") = 'array' then " + j + " end"
	case typeNumber:
		j = "to_jsonb(perigee.number(" + j + "))"
	}
	return j + k, err
}

// json is the value of a property that is no core property.
func (f facet) json(c *filter.Compiler) (string, error) {
	if err := checkTexts(string(f.Property)); err != nil || f.Property == "" || filter.Core(f.Property) {
		return "", fault.At(fault.Invalid, f.Name, "records cannot be divided by the %s of the property %q", f.Kind, f.Property)
	}
	return "(r.properties -> " + c.Arg(string(f.Property)) + "::text)", nil
}

// terms counts the records by term. A record counts once however often an array has it.
func (f facet) terms(c *filter.Compiler) string {
	k := f.k()
	found := fmt.Sprintf(`select case when jsonb_typeof(%[1]s) = 'number' then to_jsonb(perigee.number(%[1]s)) else %[1]s end as v, %[2]d as shape
			from found where jsonb_typeof(%[1]s) in ('string', 'number', 'boolean')
		union all select e, %[3]d from found, lateral (select distinct e from jsonb_array_elements(perigee.elements(%[1]s)) e) e where jsonb_typeof(%[1]s) = 'array'`,
		k, shapeScalar, shapeElement)
	buckets := "select v, v::text as k, null::text as low, null::text as high, count(*) as n, bit_or(shape) as shape from (" + found +
		") terms where jsonb_typeof(v) in ('string', 'number', 'boolean') and char_length(v #>> '{}') <= " + strconv.Itoa(longestTerm) + " group by v"
	return f.limited(c, buckets, "jsonb_typeof(v)", "case when jsonb_typeof(v) = 'number' then v::float8 end", `(v #>> '{}') collate "C"`)
}

// termBucket is the bucket of a term, which is written as JSON.
func (f facet) termBucket(key string, shape int) (FacetBucket, error) {
	var value any
	if err := json.NewDecoder(strings.NewReader(key)).Decode(&value); err != nil {
		return FacetBucket{}, fmt.Errorf("read a term of the database: %w", err)
	}
	literal, _ := filter.Literal(value)
	if text, ok := literal.(filter.Text); ok && f.typ == typeInstant {
		literal = filter.Untyped{Text: string(text)}
	}
	var either filter.Or
	if shape&shapeScalar > 0 {
		either = append(either, filter.Compare{Op: filter.Equal, Left: f.Property, Right: literal})
	}
	if shape&shapeElement > 0 {
		either = append(either, filter.Array{Op: filter.AContains, Left: f.Property, Right: filter.List{literal}})
	}
	if len(either) == 1 {
		return FacetBucket{Value: value, Filter: either[0]}, nil
	}
	return FacetBucket{Value: value, Filter: either}, nil
}
