// Package cql2 reads and writes the Common Query Language (OGC 21-065r2), as text and as JSON: every conformance class.
//
// The two encodings of a filter give the same tree. The parsers check what the grammar says, which kind of operand may
// stand where, and that geometries lie on the globe; what types properties have and which functions there are, package
// filter checks. They never look back: a parenthesis is read once, whatever it turns out to hold.
//
// # Text
//
// What the standard leaves open, or what is read beyond it:
//   - Where an array may stand (an operand of an array predicate, an argument of a function, an element of an array), a
//     parenthesis that makes up the whole of it is an array, of one element if need be: A_CONTAINS(tags, ('a')).
//   - In character literals a backslash escapes as /req/cql2-text/escaping has it: \' \\ \a \b \t \n \v \f \r. Before any
//     other character it stands for itself, so that '\%' and '\\%' are the same pattern of LIKE.
//   - DATE, TIMESTAMP, POINT and other words that mean something before a parenthesis only may name properties without
//     double quotes; AND, OR, NOT, LIKE, BETWEEN, IN, IS, NULL, TRUE, FALSE and DIV may not. A double quote within double
//     quotes is doubled.
//   - BETWEEN takes any scalar, not numbers alone. Conditions in parentheses may be compared. -x is -1 * x, and may stand
//     before a parenthesis. Powers of powers need parentheses.
//   - Timestamps may have an offset (RFC 3339); they are kept in UTC. BBOX may cross the date line.
//
// # JSON
//
// Names of operators are read without regard to case. Beside the schema, older spellings are read that STAC's clients
// still send: isNull, not, casei and accenti of one operand without its array; {"casei": …} and {"accenti": …};
// {"function": {"name": …, "args": …}}; anyinteracts for t_intersects; == and !=; the bounds of between in an array; texts
// ("2020-01-01T00:00:00Z", "2020-01-01/..") and arrays of two as operands of temporal predicates. A text anywhere else
// stays a text.
//
// # Writing
//
// Trees of other languages hold what CQL2 has no words for. It is written by what means the same:
//   - AnyText: AnyText = 'words' AND AnyText LIKE 'pattern', or one of them, by the name of OGC's catalogues; filter.Names
//     that know it as the queryable of all text give the same tree again.
//   - Distance: distance(a, b) <= metres, or > for Beyond, where both are not null.
//   - MissingIsFalse: the predicate AND the operand IS NOT NULL.
//   - Untyped: a text, within CASEI where it folds case.
//   - A property that is a condition by itself: it = TRUE.
//
// And and Or of no part are TRUE and FALSE, of one part that part. Boxes come out as polygons.
package cql2
