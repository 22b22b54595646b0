// Package filter is the one filter language inside: every protocol's filter parses into this syntax tree, one compiler
// writes parametrised SQL from it, one evaluator decides on an item in memory. The languages themselves are read by the
// packages below it (cql2, cql, fes, opensearch). The two decide alike; these are the rules.
//
// # Unknown
//
// A condition is true, false or unknown. What an item does not have, and what has no result, is null, and what is said
// of null is unknown; so is its contrary. And, Or and Not are those of SQL. A record is taken when the condition is true.
// With MissingIsFalse a spatial or temporal relation is false where it would be unknown, and its contrary true.
//
// # Types
//
// A value is a text, a number, a truth value, an instant (a date or a timestamp), an interval, an array or a geometry.
// Core properties have a type, others have that by which Types declares them. Two operands of different types are
// refused before anything is asked. A property without a type is read as the type of what it is compared with, and a
// value of another type is null: a text that writes a number counts as that number, a text that writes a date or an RFC
// 3339 timestamp as that instant. Two such properties are compared where both are texts, numbers, truth values or arrays.
//
// An Untyped literal is read as the type it is compared with, and refused when it cannot be. Beside a property without a
// type each record decides: its text is compared as a text, its number and its truth value when the literal writes one,
// its array when the comparison holds for any element (<> is the contrary of =; Match says it otherwise). So it is with
// keywords.
//
// Texts are compared by code points. CaseI folds both sides by the full mappings of Unicode, AccentI takes the marks of
// the blocks of combining diacritical marks off both; together accents go first. A LIKE holds for an array when it does
// for any element, and is asked of a core instant as record.Instant writes it. False is less than true. Arrays are equal
// or not, element by element.
//
// Numbers are zero or between 1e-300 and 1e300 in size; literals beyond are refused, values are null. Arithmetic is that
// of float64; a division by zero and what leaves the range is null. Div truncates towards zero, Modulo is what it
// leaves.
//
// # Time
//
// A timestamp is a moment, to the microsecond; a date is its whole day (UTC). Of two instants exactly one is before,
// equal or after: a date is before what lies behind the day, after what lies before it, and equal to what lies in it.
// An Untyped month or year is all of it. Temporal relations are those of the W3C Time Ontology, to which CQL2 refers,
// by the same comparisons of the ends; intervals are closed; a nil end is before, or after, everything and equal to
// itself. T_AFTER, T_BEFORE, T_DISJOINT, T_EQUALS and T_INTERSECTS take instants too, the others are refused with one.
// PropertyTime is the record's interval: an end that is not known is open, and it is null when both are not.
//
// # Places
//
// Spatial relations are those of OGC 06-103r4 in the plane of longitude and latitude. A geometry that crosses the date
// line is cut there. Of a collection of geometries all parts count for S_INTERSECTS and S_DISJOINT, for other relations
// those of the highest dimension. Distances are metres and areas square metres on the WGS 84 ellipsoid, of edges that are
// straight in the plane.
//
// # Arrays
//
// A_EQUALS, A_CONTAINS, A_CONTAINEDBY and A_OVERLAPS are relations of sets. Elements are texts, numbers and truth
// values; a date in a list is the text that it is written as, and whatever else an array holds counts as null, which
// equals null.
//
// # Bounds
//
// A condition has at most 5000 parts, is at most 100 deep, has at most 100 geometries; a text in it has at most 16 KiB.
// The SQL holds no value and no name that is not declared, and does not fail whatever the data are.
package filter
