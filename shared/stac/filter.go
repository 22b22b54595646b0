package stac

import (
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// Names are the properties of items by the names that filters use (filter.Names): those of the item's own properties, with
// or without "properties." before them, beside id, collection and geometry.
type Names struct{}

// notQueryable are members of items that are no properties, and words that mean something else to the catalogue.
var notQueryable = []string{"", "bbox", "links", "assets", "type", "stac_version", "stac_extensions", "properties", "time"}

// Property gives the name by which records know a property.
func (Names) Property(name string) (property filter.Property, text bool, err error) {
	name, own := strings.CutPrefix(name, "properties.")
	if slices.Contains(notQueryable, name) || own && name == "geometry" {
		return "", false, fault.At(fault.Invalid, "filter", "items are not found by %q, but by id, collection, geometry, datetime and their properties", name)
	}
	return filter.Property(name), false, nil
}

// Value leaves values as they are.
func (Names) Value(_ filter.Property, value string) string { return value }

// WithTimes takes datetime for the item's whole time where times are related to each other: that of an item is an interval
// when it has a start and an end.
func WithTimes(e filter.Expr) filter.Expr {
	return filter.Rewrite(e, func(e filter.Expr) filter.Expr {
		if related, is := e.(filter.Temporal); is {
			related.Left, related.Right = wholeTime(related.Left), wholeTime(related.Right)
			return related
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
