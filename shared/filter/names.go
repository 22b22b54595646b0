package filter

// Names maps the property names of a protocol to those of records, and says which values stand for others. Parsers take
// it; a name that a protocol does not know is its error.
type Names interface {
	// Property gives the name by which records know a queryable, as it was written with or without a prefix. text is
	// true for the queryable that stands for all text of a record. PropertyGeometry and PropertyTime are the names of
	// the record's place and time.
	Property(name string) (property Property, text bool, err error)
	// Value gives the value by which records know what the protocol calls value; most stay what they are.
	Value(property Property, value string) string
}
