// Package literal reads the literals that the filter languages before CQL2 share, however they write the rest: times
// (ISO 8601), distances with a unit, boxes and geometries in a reference system of their own. What fails is Invalid and
// has no locator, which is the language's to say.
package literal
