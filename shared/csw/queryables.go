package csw

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/record"
)

// anyText is the queryable that stands for all text.
const anyText = "anytext"

// placeProperty is the property of the queryables that stand for a place.
const placeProperty = filter.PropertyGeometry

// The queryables that several properties of records answer: what a record says that it is related to, or that it is a part of, and
// the collection that it belongs to.
const (
	relation filter.Property = "dc:relation"
	parent   filter.Property = "apiso:ParentIdentifier"
	// productType is what a product calls its own type, and the type of this catalogue that it was found to be of.
	productType filter.Property = "eo:productType"
	// alternative and rights are said by ISO 19115 in words of its own.
	alternative filter.Property = "dct:alternative"
	rights      filter.Property = "dc:rights"
	// spectralRange is what a product calls it, and its bands.
	spectralRange filter.Property = "eo:spectralRange"
	// stampProperty is when metadata were changed: by their own word, else by that of the catalogue. The Modified of CSW itself
	// is the latter alone (07-006r1, table 6): whoever asks what is new since the last time finds what is new here, be it old.
	stampProperty filter.Property = "apiso:Modified"
)

// either are the properties of such queryables. A condition on one is a condition on any of them (Certain).
var either = map[filter.Property][]filter.Property{
	relation:    {filter.PropertyCollection, dublincore.PropertyRelation},
	parent:      {filter.PropertyCollection, "parentIdentifier"},
	productType: {"product:type", filter.PropertyProductType},
	alternative: {record.PropertyAlternateTitle, dublincore.PropertyAlternative},
	rights:      {dublincore.PropertyRights, record.PropertyAccessConstraints, record.PropertyOtherConstraints, record.PropertyLicence},

	spectralRange: {"spectralRange", record.PropertyBands},
}

// stored is the property of records that a queryable is sorted by.
func stored(property filter.Property) filter.Property {
	if property == stampProperty {
		return filter.PropertyModified
	}
	if several, known := either[property]; known {
		return several[0]
	}
	return property
}

// queryables maps the queryables of CSW (07-006r1, tables 6 and 53; 12-176r7, table 2) in lower case and without their prefixes, to
// the names by which records know them; those of its ISO profile and of ISO 19115-3 are isoQueryables.
var queryables = map[string]filter.Property{
	"identifier": filter.PropertyID, "title": filter.PropertyTitle, "type": filter.PropertyType, "subject": filter.PropertyKeywords,
	"keywords": filter.PropertyKeywords,
	"abstract": filter.PropertyAbstract, "description": filter.PropertyAbstract, "modified": filter.PropertyModified,
	"date": filter.PropertyDatetime, "temporal": filter.PropertyTime, "relation": relation,
	"alternative": alternative, "contributor": dublincore.PropertyContributor, "creator": dublincore.PropertyCreator,
	"format": dublincore.PropertyFormat, "language": dublincore.PropertyLanguage, "publisher": dublincore.PropertyPublisher,
	"rights": rights, "source": dublincore.PropertySource, "spatial": dublincore.PropertySpatial,
}

// isoQueryables maps the queryables of the ISO profile (07-045, tables 9 to 15) that Dublin Core does not have, in lower case. Those of
// Earth observation are the properties of STAC, so that one question finds items and metadata.
var isoQueryables = map[string]filter.Property{
	"parentidentifier": parent, "tempextent_begin": filter.PropertyStart, "tempextent_end": filter.PropertyEnd, "tempextent": filter.PropertyTime,
	"alternatetitle": alternative, "revisiondate": "revisionDate", "creationdate": "creationDate", "publicationdate": "publicationDate",
	"organisationname": "organisationName", "hassecurityconstraints": "hasSecurityConstraints", "resourcelanguage": "resourceLanguage",
	"resourceidentifier": "resourceIdentifier", "keywordtype": "keywordType", "topiccategory": "topicCategory", "crs": "crs", "edition": "edition",
	"geographicdescriptioncode": "geographicDescriptionCode", "denominator": "denominator", "distancevalue": "distanceValue", "distanceuom": "distanceUOM",
	"servicetype": "serviceType", "servicetypeversion": "serviceTypeVersion", "operation": "operation", "operateson": "operatesOn",
	"operatesonidentifier": "operatesOnIdentifier", "operatesonname": "operatesOnName", "couplingtype": "couplingType",
	"degree": "degree", "accessconstraints": "accessConstraints", "otherconstraints": "otherConstraints", "classification": "classification",
	"conditionapplyingtoaccessanduse": "conditionApplyingToAccessAndUse", "lineage": "lineage", "responsiblepartyrole": "responsiblePartyRole",
	"specificationtitle": "specificationTitle", "specificationdate": "specificationDate", "specificationdatetype": "specificationDateType",
	"platform": "platform", "instrument": "instruments", "sensortype": "sensorType", "cloudcover": "eo:cloud_cover", "bands": "bands",
	"illuminationelevationangle": "view:sun_elevation", "datestamp": "dateStamp", "processinglevel": "processing:level",
	"vertextentmin": record.PropertyMinimumElevation, "vertextentmax": record.PropertyMaximumElevation, "funder": record.PropertyFunder,
}

// coreQueryables are the queryables that capabilities list as those of Dublin Core.
var coreQueryables = []string{
	"csw:AnyText", "dc:contributor", "dc:creator", "dc:date", "dc:format", "dc:identifier", "dc:language", "dc:publisher", "dc:relation", "dc:rights",
	"dc:source", "dc:subject", "dc:title", "dc:type", "dct:abstract", "dct:alternative", "dct:modified", "dct:spatial", "ows:BoundingBox",
}

// isoCore and isoFurther are the queryables that capabilities list as those of the ISO profile, and beyond it.
var (
	isoCore = []string{
		"apiso:Abstract", "apiso:AlternateTitle", "apiso:AnyText", "apiso:BoundingBox", "apiso:CRS", "apiso:CouplingType", "apiso:CreationDate",
		"apiso:Denominator", "apiso:DistanceUOM", "apiso:DistanceValue", "apiso:Edition", "apiso:Format", "apiso:GeographicDescriptionCode",
		"apiso:HasSecurityConstraints", "apiso:Identifier", "apiso:KeywordType", "apiso:Language", "apiso:Modified", "apiso:OperatesOn",
		"apiso:OperatesOnIdentifier", "apiso:OperatesOnName", "apiso:Operation", "apiso:OrganisationName", "apiso:ParentIdentifier",
		"apiso:PublicationDate", "apiso:ResourceLanguage", "apiso:RevisionDate", "apiso:ServiceType", "apiso:ServiceTypeVersion", "apiso:Subject",
		"apiso:TempExtent_begin", "apiso:TempExtent_end", "apiso:Title", "apiso:TopicCategory", "apiso:Type",
	}
	isoFurther = []string{
		"apiso:AccessConstraints", "apiso:Bands", "apiso:Classification", "apiso:CloudCover", "apiso:ConditionApplyingToAccessAndUse",
		"apiso:Contributor", "apiso:Creator", "apiso:Degree", "apiso:IlluminationElevationAngle", "apiso:Instrument", "apiso:Lineage",
		"apiso:OtherConstraints", "apiso:Platform", "apiso:Publisher", "apiso:Relation", "apiso:ResponsiblePartyRole", "apiso:SensorType",
		"apiso:SpecificationDate", "apiso:SpecificationDateType", "apiso:SpecificationTitle",
	}
)

// names are the property names of requests (filter.Names). A name without one of the prefixes that CSW uses is a
// property of the record, such as eo:cloud_cover.
type names struct{}

// Names are the queryables of the catalogue, for the protocols that share them. What is read by them goes through Certain.
var Names filter.Names = names{}

func (names) Property(name string) (property filter.Property, text bool, err error) {
	name = withoutPath(name)
	local := withoutPrefix(name)
	property, known := queryable(local)
	if known && property == filter.PropertyModified && (strings.HasPrefix(name, "apiso:") || strings.HasPrefix(name, "mdb:")) {
		property = stampProperty
	}
	switch {
	case isPlace(local):
		return placeProperty, false, nil
	case strings.EqualFold(local, anyText):
		return "", true, nil
	case known:
		return property, false, nil
	case local != name || name == "":
		return "", false, ows.Invalid("PropertyName", "there is no queryable %q; there are %s and every property of the records", name, strings.Join(coreQueryables, ", "))
	}
	return filter.Property(name), false, nil
}

// queryable is the property of a queryable without its prefix.
func queryable(local string) (property filter.Property, known bool) {
	local = strings.ToLower(local)
	if property, known = queryables[local]; !known {
		property, known = isoQueryables[local]
	}
	return property, known
}

// isQueryable tells whether records may be asked for by a name without its prefix, be it none of the elements of Dublin Core.
func isQueryable(local string) bool {
	_, known := queryable(local)
	return known || isPlace(local) || strings.EqualFold(local, anyText)
}

// isPlace takes the names of the bounding box in CSW and in its ISO profile, and that of a STAC item's geometry.
func isPlace(local string) bool {
	return strings.EqualFold(local, "BoundingBox") || strings.EqualFold(local, "geometry")
}

// withoutPath takes the paths from the root of a record that some clients write: /ows:BoundingBox, /csw:Record/dc:title.
func withoutPath(name string) string {
	name = strings.TrimPrefix(strings.TrimSpace(name), "/")
	for _, root := range []string{"csw:Record/", "csw30:Record/", "rim:RegistryObject/"} {
		name = strings.TrimPrefix(name, root)
	}
	return name
}

// prefixes are those of queryables.
var prefixes = []string{"dc:", "dct:", "dcterms:", "csw:", "csw30:", "ows:", "ows20:", "apiso:", "mdb:", "pycsw:"}

func withoutPrefix(name string) string {
	for _, prefix := range prefixes {
		if local, found := strings.CutPrefix(name, prefix); found {
			return local
		}
	}
	return name
}

func (names) Value(property filter.Property, value string) string {
	switch property {
	case filter.PropertyType:
		return dublincore.Word(value)
	case filter.PropertyDatetime, filter.PropertyStart, filter.PropertyEnd, filter.PropertyModified, filter.PropertyCreated, stampProperty:
		return timestamp(value)
	}
	return value
}

// spaced is a time as databases write it, which clients of pycsw send: a space within, without seconds, without a zone.
var spaced = regexp.MustCompile(`^\s*(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(:\d\d(?:\.\d+)?)?\s*(Z|[+-]\d\d:\d\d)?\s*$`)

// timestamp is such a time as RFC 3339 has it; anything else stays what it is.
func timestamp(value string) string {
	m := spaced.FindStringSubmatch(value)
	if m == nil {
		return value
	}
	return m[1] + "T" + m[2] + cmp.Or(m[3], ":00") + cmp.Or(m[4], "Z")
}

// typesCalled are the types of records that go by a word: STAC has its own for what ISO 19115 calls datasets and series.
func typesCalled(word string) []string {
	if own := dublincore.RecordType(word); own != word {
		return []string{word, own}
	}
	return []string{word}
}

// listOf are the values of a property in the words of the protocol, in their order, each once, and how many records have it: by an
// attribute in 3.0.0, and in 2.0.2, which has none, within the value where counted says so.
func listOf(e *edition, values []Value, property filter.Property, counted bool) *valueList {
	counts := map[string]int64{}
	for _, v := range values {
		text := v.Text
		if property == filter.PropertyType {
			text = dublincore.TypeOf(text)
		}
		counts[text] += v.Count
	}
	list := &valueList{}
	for _, text := range slices.Sorted(maps.Keys(counts)) {
		one, n := domainValue{Text: text}, strconv.FormatInt(counts[text], 10)
		switch {
		case counts[text] == 0: // it is not known
		case e == csw3:
			one.Count = n
		case counted:
			one.Text += " (" + n + ")"
		}
		list.Values = append(list.Values, one)
	}
	return list
}
