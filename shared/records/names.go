package records

import (
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/record"
)

// known are the properties of records that the catalogue knows by other names, or that every record has.
var known = map[string]filter.Property{
	"id": filter.PropertyID, "type": filter.PropertyType, "title": filter.PropertyTitle, "description": filter.PropertyAbstract,
	"keywords": filter.PropertyKeywords, "created": filter.PropertyCreated, "updated": filter.PropertyModified, "collection": filter.PropertyCollection,
	"geometry": filter.PropertyGeometry, "bbox": filter.PropertyGeometry, "time": filter.PropertyTime, "datetime": filter.PropertyDatetime,
	"start_datetime": filter.PropertyStart, "end_datetime": filter.PropertyEnd,
	"parentidentifier": filter.PropertyCollection, "abstract": filter.PropertyAbstract,
}

// notQueryable are members of records that are no properties, and words that mean something else to the catalogue.
var notQueryable = []string{"", "links", "properties", "conformsTo", string(filter.PropertyCreated), string(filter.PropertyModified)}

// names are the properties of records by the names that filters use (filter.Names).
type names struct{}

// Property takes the names of properties with or without "properties." before them; anytext stands for all text.
func (names) Property(name string) (property filter.Property, text bool, err error) {
	name, own := strings.CutPrefix(name, "properties.")
	if p, found := knownAs(name); found && !(own && p == filter.PropertyGeometry) {
		return p, false, nil
	}
	if strings.EqualFold(name, "anytext") {
		return "", true, nil
	}
	if slices.Contains(notQueryable, name) || own && name == "geometry" {
		return "", false, fault.At(fault.Invalid, "filter", "records are not found by %q, but by id, geometry, time, collection, anytext and their properties", name)
	}
	return filter.Property(name), false, nil
}

// knownAs finds a property by its name; that of the parent is written in several ways.
func knownAs(name string) (filter.Property, bool) {
	if strings.EqualFold(name, "parentIdentifier") {
		return filter.PropertyCollection, true
	}
	p, found := known[name]
	return p, found
}

// Value leaves values as they are: types are put in their place by inRecords, because one word stands for several.
func (names) Value(_ filter.Property, value string) string { return value }

// typesOf are the types of records that a word for a type stands for.
func typesOf(word string) []string {
	own := dublincore.RecordType(word)
	if strings.EqualFold(word, "collection") {
		own = record.TypeCollection
	}
	if own == word {
		return []string{word}
	}
	if lower := strings.ToLower(word); lower != word {
		return []string{own, lower, word}
	}
	return []string{own, word}
}

// inRecords makes a filter as clients write it one of records as they are kept: words for types become the types of records,
// and the datetime of a record its whole time where times are related to each other.
func inRecords(e filter.Expr) filter.Expr {
	return filter.Rewrite(e, func(e filter.Expr) filter.Expr {
		switch e := e.(type) {
		case filter.Temporal:
			e.Left, e.Right = wholeTime(e.Left), wholeTime(e.Right)
			return e
		case filter.Compare:
			return typeCompared(e)
		case filter.In:
			if e.Operand == filter.PropertyType {
				return filter.In{Operand: e.Operand, Values: types(e.Values)}
			}
		}
		return e
	})
}

func wholeTime(o filter.Operand) filter.Operand {
	if o == filter.PropertyDatetime {
		return filter.PropertyTime
	}
	return o
}

// typeCompared is the comparison of a type with a word for one.
func typeCompared(c filter.Compare) filter.Expr {
	word, property := c.Right, c.Left
	if property != filter.PropertyType {
		word, property = c.Left, c.Right
	}
	text, ok := word.(filter.Text)
	if property != filter.PropertyType || !ok || c.Op != filter.Equal && c.Op != filter.NotEqual {
		return c
	}
	is := filter.OneOf(filter.PropertyType, typesOf(string(text))...)
	if c.Op == filter.NotEqual {
		return filter.Not{Expr: is}
	}
	return is
}

func types(values []filter.Operand) []filter.Operand {
	var all []filter.Operand
	for _, v := range values {
		text, ok := v.(filter.Text)
		if !ok {
			all = append(all, v)
			continue
		}
		for _, t := range typesOf(string(text)) {
			all = append(all, filter.Text(t))
		}
	}
	return all
}
