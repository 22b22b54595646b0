package main

import (
	"slices"

	"perigee/shared/filter"
	"perigee/shared/record"
	"perigee/shared/stacapi"
)

// A filter may name collections too. What it restricts a query to is looked through as if the query named them itself; where it
// names stacapi.Metadata in another way, beside other conditions that may hold, so is what belongs to none.

// named takes the collections that a query is restricted to: its own, else those of its filter, which is then without them.
func named(q stacapi.Query) (collections []string, rest filter.Expr) {
	if len(q.Collections) > 0 {
		return q.Collections, q.Filter
	}
	return restricted(q.Filter)
}

// restricted takes the first condition that a filter puts on the collection alone, as one of some names.
func restricted(e filter.Expr) (collections []string, rest filter.Expr) {
	all, is := e.(filter.And)
	if !is {
		if names := namesOf(e); len(names) > 0 {
			return names, nil
		}
		return nil, e
	}
	for i, part := range all {
		if names, left := restricted(part); len(names) > 0 {
			others := slices.Delete(slices.Clone(all), i, i+1)
			if left != nil {
				others = append(others, left)
			}
			if len(others) == 0 {
				return names, nil
			}
			return names, others
		}
	}
	return nil, e
}

// namesOf are the collections of one of which a condition says to be, and nothing else.
func namesOf(e filter.Expr) []string {
	switch e := e.(type) {
	case filter.Compare:
		if e.Op == filter.Equal && e.Left == filter.PropertyCollection {
			return texts(e.Right)
		}
		if e.Op == filter.Equal && e.Right == filter.PropertyCollection {
			return texts(e.Left)
		}
	case filter.In:
		if e.Operand == filter.PropertyCollection {
			return texts(e.Values...)
		}
	case filter.Or:
		var all []string
		for _, part := range e {
			names := namesOf(part)
			if len(names) == 0 {
				return nil
			}
			all = append(all, names...)
		}
		return all
	}
	return nil
}

// texts are operands that are nothing but texts; of others there are none.
func texts(operands ...filter.Operand) []string {
	var all []string
	for _, o := range operands {
		text, is := o.(filter.Text)
		if !is {
			return nil
		}
		all = append(all, string(text))
	}
	return all
}

// withMetadata has the conditions of a filter on the collection hold for what belongs to none as they hold for stacapi.Metadata.
// metadata tells that one of them names that.
func withMetadata(e filter.Expr) (rewritten filter.Expr, metadata bool) {
	none := filter.OneOf(filter.PropertyCollection, noCollection)
	rewritten = filter.Rewrite(e, func(leaf filter.Expr) filter.Expr {
		if !onCollection(leaf) {
			return leaf
		}
		of := func(collection string) bool {
			return filter.Holds(leaf, record.Record{Key: record.Key{Collection: collection}})
		}
		switch here, there := of(stacapi.Metadata), of(noCollection); {
		case here && !there:
			metadata = true
			return filter.Or{leaf, none}
		case there && !here:
			return filter.And{leaf, filter.Not{Expr: none}}
		}
		return leaf
	})
	return rewritten, metadata
}

// onCollection tells whether a condition is one of the collection and of texts alone.
func onCollection(e filter.Expr) bool {
	var operands []filter.Operand
	switch e := e.(type) {
	case filter.Compare:
		operands = []filter.Operand{e.Left, e.Right}
	case filter.Like:
		operands = []filter.Operand{e.Operand, e.Pattern}
	case filter.In:
		operands = append(operands, e.Operand)
		operands = append(operands, e.Values...)
	}
	names := 0
	for _, o := range operands {
		switch plain(o).(type) {
		case filter.Property:
			if names++; plain(o) != filter.PropertyCollection {
				return false
			}
		case filter.Text, filter.Untyped:
		default:
			return false
		}
	}
	return names > 0
}

// plain is an operand whatever its case or accents.
func plain(o filter.Operand) filter.Operand {
	switch of := o.(type) {
	case filter.CaseI:
		return plain(of.Operand)
	case filter.AccentI:
		return plain(of.Operand)
	}
	return o
}
