package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ows"
	"perigee/shared/wms"
)

// queryables are the names of properties in conditions and orders of EO-WMS, by their names in records: those of
// EOxServer beside those of STAC. A name with a prefix (eo:cloud_cover) is that of any property of STAC.
var queryables = map[string]string{
	"identifier": filter.PropertyID, "id": filter.PropertyID, "collection": filter.PropertyCollection, "title": filter.PropertyTitle,
	"datetime": filter.PropertyDatetime, "beginTime": filter.PropertyStart, "begin_time": filter.PropertyStart, "start_datetime": filter.PropertyStart,
	"endTime": filter.PropertyEnd, "end_time": filter.PropertyEnd, "end_datetime": filter.PropertyEnd, "modified": filter.PropertyModified,
	"productType": filter.PropertyProductType, "footprint": "geometry", "geometry": "geometry", "boundingBox": "geometry",
	"cloudCover": "eo:cloud_cover", "snowCover": "eo:snow_cover", "platform": "platform", "constellation": "constellation", "mission": "mission",
	"instruments": "instruments", "gsd": "gsd", "created": "created", "updated": "updated", "creationDate": "created", "modificationDate": "updated",
	"orbitNumber": "sat:absolute_orbit", "orbitDirection": "sat:orbit_state", "track": "sat:relative_orbit", "processingLevel": "processing:level",
	"sensorMode": "sar:instrument_mode", "polarizationChannels": "sar:polarizations", "illuminationAzimuthAngle": "view:sun_azimuth",
	"illuminationElevationAngle": "view:sun_elevation", "elevation": "elevation",
}

// names are the property names of conditions (filter.Names).
type names struct{}

// Property gives the name by which records know a property.
func (names) Property(name string) (property string, text bool, err error) {
	if known, ok := queryables[name]; ok {
		return known, false, nil
	}
	for written, known := range queryables {
		if strings.EqualFold(written, name) {
			return known, false, nil
		}
	}
	if strings.Contains(strings.Trim(name, ":"), ":") {
		return name, false, nil
	}
	return "", false, fault.At(fault.Invalid, "cql", "%q is not a property that is known here; there are %s, and those of STAC with a prefix, such as eo:cloud_cover",
		name, strings.Join(slices.Sorted(maps.Keys(queryables)), ", "))
}

// Place refuses the name of what is not the place of a product.
func (names) Place(name string) error {
	if property, _, err := (names{}).Property(name); err != nil || property != "geometry" {
		return fault.At(fault.Invalid, "cql", "%q is not the place of a product, which is called footprint or geometry", name)
	}
	return nil
}

// Value leaves values as they are.
func (names) Value(_, value string) any { return value }

// quotedIdentifier is the condition with which records of the catalogue link here, whose value stands between the quotes
// of names (REG-11).
var quotedIdentifier = regexp.MustCompile(`^\s*(?i:identifier)\s*=\s*"([^"]*)"\s*$`)

// conditionOf reads a condition on products, and the elevations that are asked for: a product that says no elevation is
// at any. It is nil for none.
func conditionOf(cql string, elevations []wms.Range) (filter.Expr, error) {
	var all filter.And
	if found := quotedIdentifier.FindStringSubmatch(cql); found != nil {
		cql = "identifier = '" + strings.ReplaceAll(found[1], "'", "''") + "'"
	}
	texts := []string{cql, elevationCondition(elevations)}
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			continue
		}
		e, err := filter.CQL(text, names{})
		if err != nil {
			return nil, ows.Invalid("cql", "%v", err)
		}
		all = append(all, e)
	}
	if len(all) == 0 {
		return nil, nil
	}
	return all, nil
}

func elevationCondition(elevations []wms.Range) string {
	if len(elevations) == 0 {
		return ""
	}
	at := []string{"elevation IS NULL"}
	for _, e := range elevations {
		at = append(at, fmt.Sprintf("elevation BETWEEN %s AND %s", strconv.FormatFloat(e.Low, 'f', -1, 64), strconv.FormatFloat(e.High, 'f', -1, 64)))
	}
	return strings.Join(at, " OR ")
}

// orderOf is the order of products as the catalogue knows it.
func orderOf(keys []wms.Sort) ([]catalogue.Sort, error) {
	var all []catalogue.Sort
	for _, k := range keys {
		property, _, err := (names{}).Property(k.Property)
		if err != nil || property == "geometry" {
			return nil, ows.Invalid("sortBy", "products are not ordered by %q; they are by %s", k.Property, strings.Join(slices.Sorted(maps.Keys(queryables)), ", "))
		}
		all = append(all, catalogue.Sort{Property: property, Desc: k.Descending})
	}
	return all, nil
}
