package csw

import (
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/ows"
)

// queryables maps the queryables of CSW 2.0.2 (07-006r1, tables 3 and 53) to the names by which records know them.
var queryables = map[string]filter.Property{
	"identifier": filter.PropertyID, "title": filter.PropertyTitle, "type": filter.PropertyType, "subject": filter.PropertyKeywords,
	"abstract": filter.PropertyAbstract, "description": filter.PropertyAbstract, "modified": filter.PropertyModified,
	"date": filter.PropertyDatetime, "relation": filter.PropertyCollection, "parentidentifier": filter.PropertyCollection,
}

// anyText is the queryable that stands for all text.
const anyText = "anytext"

// advertised are the queryables that the capabilities list.
var advertised = []string{
	"csw:AnyText", "dc:date", "dc:identifier", "dc:relation", "dc:subject", "dc:title", "dc:type", "dct:abstract", "dct:modified", "ows:BoundingBox",
}

// names are the property names of requests (filter.Names). A name without one of the prefixes that CSW uses is a
// property of the record, such as eo:cloud_cover.
type names struct{}

// Names are the queryables of the catalogue, for the protocols that share them.
var Names filter.Names = names{}

func (names) Property(name string) (property filter.Property, text bool, err error) {
	name = withoutPath(name)
	local := withoutPrefix(name)
	property, known := queryables[strings.ToLower(local)]
	switch {
	case isPlace(local):
		return filter.PropertyGeometry, false, nil
	case strings.EqualFold(local, anyText):
		return "", true, nil
	case known:
		return property, false, nil
	case local != name || name == "":
		return "", false, ows.Invalid("PropertyName", "there is no queryable %q; there are %s and every property of the records", name, strings.Join(advertised, ", "))
	}
	return filter.Property(name), false, nil
}

// isPlace takes the names of the bounding box in CSW and in its ISO profile, and that of a STAC item's geometry.
func isPlace(local string) bool {
	return strings.EqualFold(local, "BoundingBox") || strings.EqualFold(local, "geometry")
}

// withoutPath takes the paths from the root of a record that some clients write: /ows:BoundingBox, /csw:Record/dc:title.
func withoutPath(name string) string {
	name = strings.TrimPrefix(strings.TrimSpace(name), "/")
	return strings.TrimPrefix(name, "csw:Record/")
}

func withoutPrefix(name string) string {
	for _, prefix := range []string{"dc:", "dct:", "dcterms:", "csw:", "ows:", "apiso:"} {
		if local, found := strings.CutPrefix(name, prefix); found {
			return local
		}
	}
	return name
}

func (names) Value(property filter.Property, value string) string {
	if property == filter.PropertyType {
		return dublincore.RecordType(value)
	}
	return value
}
