package catalogue

import (
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

const maxSort = 10

// orderKey is one key of an order: an expression over a record called r that is never null, and its type.
type orderKey struct {
	expression string
	sqlType    string
	desc       bool
}

// orderOf makes an order total: what was asked for, then datetime descending, collection, id and workspace.
func orderOf(c *filter.Compiler, sort []Sort) ([]orderKey, error) {
	if len(sort) > maxSort {
		return nil, fault.At(fault.Invalid, "sortby", "the order has %d keys, at most %d are possible", len(sort), maxSort)
	}
	var keys []orderKey
	for _, s := range sort {
		if s.Property == filter.PropertyGeometry {
			return nil, fault.At(fault.Invalid, "sortby", "geometries have no order")
		}
		expression, sqlType := sortable(c, s.Property)
		keys = append(keys, orderKey{expression, sqlType, s.Desc})
	}
	return append(keys,
		orderKey{"r.datetime", "timestamptz", true},
		orderKey{"r.collection", "text", false},
		orderKey{"r.id", "text", false},
		orderKey{"r.workspace", "text", false}), nil
}

// sortable is what records are ordered by: of a long text its beginning, for a paging token holds it. JSON has an order of
// its own, which puts a missing value before texts, texts before numbers.
func sortable(c *filter.Compiler, property filter.Property) (expression, sqlType string) {
	switch property {
	case filter.PropertyID:
		return "r.id", "text"
	case filter.PropertyCollection:
		return "r.collection", "text"
	case filter.PropertyType:
		return "r.type", "text"
	case filter.PropertyTitle:
		return "left(r.title, 250)", "text"
	case filter.PropertyAbstract:
		return "left(r.abstract, 250)", "text"
	case filter.PropertyProductType:
		return "r.product_type", "text"
	case filter.PropertyKeywords:
		return "left(array_to_string(r.keywords, chr(10)), 250)", "text"
	case filter.PropertyDatetime, filter.PropertyTime:
		return "r.datetime", "timestamptz"
	case filter.PropertyStart:
		return "coalesce(r.start_time, '-infinity')", "timestamptz"
	case filter.PropertyEnd:
		return "coalesce(r.end_time, '-infinity')", "timestamptz"
	case filter.PropertyModified:
		return "r.modified", "timestamptz"
	}
	value := "(r.properties -> " + c.Arg(string(property)) + "::text)"
	return "coalesce(case when length(" + value + "::text) <= 1000 then " + value +
		" else to_jsonb(left(" + value + " #>> '{}', 250)) end, 'null'::jsonb)", "jsonb"
}

// orderBy writes the clause; back turns the order around. name gives the expression of a key.
func orderBy(keys []orderKey, back bool, name func(int) string) string {
	terms := make([]string, len(keys))
	for i, k := range keys {
		terms[i] = name(i)
		if k.desc != back {
			terms[i] += " desc"
		}
	}
	return " order by " + strings.Join(terms, ", ")
}

func (k orderKey) column(i int) string { return "k" + strconv.Itoa(i) }

// behind writes the condition that a record comes after the one whose keys are given, in the order or against it. Its
// first part is one that an index can begin at.
func behind(c *filter.Compiler, keys []orderKey, values []string, back bool) string {
	operator := func(k orderKey) string {
		if k.desc != back {
			return " < "
		}
		return " > "
	}
	var condition string
	for i := len(keys) - 1; i >= 0; i-- {
		k, value := keys[i], c.Arg(values[i])+"::text::"+keys[i].sqlType
		further := k.expression + operator(k) + value
		if condition == "" {
			condition = further
		} else {
			condition = further + " or (" + k.expression + " = " + value + " and (" + condition + "))"
		}
		if i == 0 {
			condition = k.expression + strings.TrimRight(operator(k), " ") + "= " + value + " and (" + condition + ")"
		}
	}
	return "(" + condition + ")"
}
