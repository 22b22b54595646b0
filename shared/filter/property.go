package filter

// The core properties of every record, by the names that filters and orders use. Any other name is that of a property
// of record.Record.Properties.
const (
	PropertyID          Property = "id"
	PropertyCollection  Property = "collection"
	PropertyType        Property = "type" // record.TypeItem, record.TypeCollection
	PropertyTitle       Property = "title"
	PropertyAbstract    Property = "abstract"
	PropertyKeywords    Property = "keywords" // an array of texts
	PropertyProductType Property = "product_type"
	PropertyDatetime    Property = "datetime" // the start of the record's time
	PropertyStart       Property = "start_datetime"
	PropertyEnd         Property = "end_datetime"
	PropertyCreated     Property = "record_created" // when the catalogue got the record; documents say otherwise by created
	PropertyModified    Property = "modified"
	PropertyTime        Property = "time"     // the record's time, an interval (an instant has equal ends)
	PropertyGeometry    Property = "geometry" // the record's footprint
)

// Core tells whether a property is a core property.
func Core(property Property) bool { return coreKind(property) != coreNone }
