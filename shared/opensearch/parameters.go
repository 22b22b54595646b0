package opensearch

import (
	"maps"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// The namespaces of parameters in templates.
const (
	namespaceOpenSearch = "http://a9.com/-/spec/opensearch/1.1/"
	namespaceParameters = "http://a9.com/-/spec/opensearch/extensions/parameters/1.0/"
	namespaceGeo        = "http://a9.com/-/opensearch/extensions/geo/1.0/"
	namespaceTime       = "http://a9.com/-/opensearch/extensions/time/1.0/"
	namespaceEO         = "http://a9.com/-/opensearch/extensions/eo/1.0/"
	namespaceCQL        = "http://a9.com/-/opensearch/extensions/cql/1.0/"
)

// parameter is one by which is searched.
type parameter struct {
	name     string // of the key-value pair
	template string // in templates
	about    string
	property filter.Property // of earth observation: what it compares
	always   bool            // offered whatever properties records have
	lower    bool            // records have its values in lower case, requests in upper
	options  []string        // the values that it has
	least    string
	most     string
	pattern  string
	profile  string // of geometries: the kinds of WKT
}

// The values of relations (10-032r8 clauses 6.6 and 7.5).
const (
	relationIntersects = "intersects"
	relationContains   = "contains"
	relationDisjoint   = "disjoint"
	relationEquals     = "equals"
	relationDuring     = "during" // as EOxServer calls contains
)

const datePattern = `^[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[\+\-][0-9]{2}:[0-9]{2})?)?)?)?$`

// plain are the parameters of every step.
var plain = []parameter{
	{name: "q", template: "searchTerms", about: "what stands in the texts and the identifiers of what is searched"},
	{name: "count", template: "count", about: "how many are answered", least: "0", most: "200"},
	{name: "startIndex", template: "startIndex", about: "how many are left out before the first", least: "0", most: "1000000"},
	{name: "bbox", template: "geo:box", about: "west, south, east, north in degrees; west beyond east crosses the date line"},
	{name: "geom", template: "geo:geometry", about: "a geometry as WKT, in degrees of longitude and latitude", profile: "http://www.opengis.net/wkt/"},
	{name: "lon", template: "geo:lon", about: "longitude of a place", least: "-180", most: "180"},
	{name: "lat", template: "geo:lat", about: "latitude of a place", least: "-90", most: "90"},
	{name: "r", template: "geo:radius", about: "metres around the place", least: "0"},
	{name: "georel", template: "geo:relation", about: "how footprints lie to what is asked", options: []string{relationIntersects, relationContains, relationDisjoint}},
	{name: "uid", template: "geo:uid", about: "an identifier"},
	{name: "start", template: "time:start", about: "from when on", pattern: datePattern},
	{name: "end", template: "time:end", about: "until when", pattern: datePattern},
	{name: "timerel", template: "time:relation", about: "how times lie to what is asked", options: []string{relationIntersects, relationContains, relationDisjoint, relationEquals}},
}

// condition is the parameter for all that the others cannot say.
var condition = parameter{name: "cql", template: "cql:cql", about: "a condition in CQL"}

// observation are the parameters of earth observation (13-026r9 tables 3 to 6), with the properties by which STAC knows
// them. What STAC has no word for is compared with the property of the same name.
var observation = func() []parameter {
	known := map[string]filter.Property{
		"productType": filter.PropertyProductType, "parentIdentifier": filter.PropertyCollection, "doi": "sci:doi", "platform": "platform", "instrument": "instruments",
		"processingLevel": "processing:level", "orbitNumber": "sat:absolute_orbit", "orbitDirection": "sat:orbit_state", "track": "sat:relative_orbit",
		"cloudCover": "eo:cloud_cover", "snowCover": "eo:snow_cover", "resolution": "gsd", "productVersion": "version", "processingCenter": "processing:facility", "creationDate": "created",
		"modificationDate": "updated", "processingDate": "processing:datetime", "sensorMode": "sar:instrument_mode", "polarisationChannels": "sar:polarizations",
		"polarizationChannels": "sar:polarizations", "antennaLookDirection": "sar:observation_direction", "illuminationAzimuthAngle": "view:sun_azimuth",
		"illuminationElevationAngle": "view:sun_elevation",
	}
	for _, name := range strings.Fields(`platformSerialIdentifier sensorType compositeType orbitType spectralRange wavelength hasSecurityConstraints dissemination recordSchema
		productionStatus acquisitionType frame swathIdentifier lowestLocation highestLocation productQualityStatus productQualityDegradationTag processorName
		archivingCenter processingMode availabilityTime acquisitionStation acquisitionSubType startTimeFromAscendingNode completionTimeFromAscendingNode
		illuminationZenithAngle polarisationMode dopplerFrequency minimumIncidenceAngle maximumIncidenceAngle acrossTrackIncidenceAngle alongTrackIncidenceAngle incidenceAngleVariation`) {
		known[name] = filter.Property(name)
	}
	all := make([]parameter, 0, len(known))
	for _, name := range slices.Sorted(maps.Keys(known)) {
		all = append(all, parameter{
			name: name, template: "eo:" + name, property: known[name], about: "value, {set}, or [range]",
			always: known[name] == filter.PropertyProductType || known[name] == filter.PropertyCollection,
			lower:  name == "orbitDirection" || name == "antennaLookDirection",
		})
	}
	return all
}()

// optionsOf are the values of a parameter as requests have them.
func optionsOf(p parameter, values []string) []string {
	if !p.lower {
		return values
	}
	upper := make([]string, len(values))
	for i, v := range values {
		upper[i] = strings.ToUpper(v)
	}
	return upper
}

// aliases are other names of parameters: those in templates, which the catalogue's clients send as they stand
// (eo:cloudCover), and radius. They are in lower case.
var aliases = func() map[string]string {
	all := map[string]string{"radius": "r", "geo:radius": "r", "eo:parentidentifier": "parentidentifier"}
	for _, p := range slices.Concat(plain, observation, []parameter{condition}) {
		all[strings.ToLower(p.template)] = strings.ToLower(p.name)
	}
	return all
}()

// names are the property names of conditions and of the extension for earth observation (filter.Names).
type names struct{}

// core are the names of what every record has.
var core = map[string]filter.Property{
	"identifier": filter.PropertyID, "id": filter.PropertyID, "title": filter.PropertyTitle, "collection": filter.PropertyCollection, "abstract": filter.PropertyAbstract,
	"begintime": filter.PropertyStart, "begin_time": filter.PropertyStart, "start": filter.PropertyStart, "endtime": filter.PropertyEnd, "end_time": filter.PropertyEnd,
	"end": filter.PropertyEnd, "datetime": filter.PropertyDatetime, "modified": filter.PropertyModified, "footprint": filter.PropertyGeometry, "geometry": filter.PropertyGeometry,
}

// Property gives the name by which records know a property: those of the parameters, of what every record has, and those
// of STAC with a prefix.
func (names) Property(name string) (property filter.Property, text bool, err error) {
	if known, ok := core[strings.ToLower(name)]; ok {
		return known, false, nil
	}
	bare := strings.TrimPrefix(name, "eo:")
	for _, p := range observation {
		if strings.EqualFold(p.name, bare) {
			return p.property, false, nil
		}
	}
	if strings.Contains(strings.Trim(name, ":"), ":") {
		return filter.Property(name), false, nil
	}
	return "", false, fault.At(fault.Invalid, "cql", "%q is not a property that is known here; there are %s, the parameters of earth observation, and the properties of STAC with a prefix, such as eo:cloud_cover",
		name, strings.Join(slices.Sorted(maps.Keys(core)), ", "))
}

// Value gives the value by which records know one.
func (names) Value(property filter.Property, value string) string {
	for _, p := range observation {
		if p.property == property && p.lower {
			return strings.ToLower(value)
		}
	}
	return value
}
