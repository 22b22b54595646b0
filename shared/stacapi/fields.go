package stacapi

import (
	"encoding/json"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// The bounds of a list of fields: whoever asks may be a stranger.
const (
	maxFields     = 500
	maxFieldDepth = 16   // names between dots
	maxFieldText  = 1000 // bytes of a path
)

// standardFields are those that an answer has when fields are asked for and none is named to be in it: what makes it an
// item that a client can use (https://github.com/stac-api-extensions/fields, v1.0.0).
var standardFields = []string{
	"type", "stac_version", "stac_extensions", "id", "geometry", "bbox", "collection", "links", "assets", "properties.datetime",
	"properties.start_datetime", "properties.end_datetime",
}

// standardCollectionFields are those of a collection: what makes it one.
var standardCollectionFields = []string{
	"type", "stac_version", "stac_extensions", "id", "title", "description", "keywords", "license", "providers", "extent", "summaries", "links", "assets",
}

// neededFields are in every answer: without them it is no feature, and what was asked for cannot be told apart.
var neededFields = []string{"type", "stac_version", "id", "collection"}

// readFields reads the parameter fields: paths between commas, a minus before those that are to be left out.
func readFields(p *ogcapi.Params, standard []string) stac.Fields {
	if !p.Has("fields") {
		return stac.Fields{}
	}
	var include, exclude []string
	for _, path := range p.List("fields") {
		path = strings.TrimSpace(path)
		switch {
		case path == "":
		case path[0] == '-':
			exclude = append(exclude, path[1:])
		default:
			include = append(include, strings.TrimPrefix(path, "+"))
		}
	}
	f, err := newFields(include, exclude, standard)
	p.Fail(err)
	return f
}

// readFields reads the field fields of a search's body. Where nothing is said of what is to be in the answer, all but what is
// to be left out is in it; an empty list, or null, stands for the standard fields.
func (b *bodyReader) readFields() stac.Fields {
	null := string(b.fields["fields"]) == "null"
	raw := b.take("fields")
	if raw == nil && !null {
		return stac.Fields{}
	}
	lists := map[string][]string{}
	if null || json.Unmarshal(raw, &lists) != nil || unknownList(lists) {
		b.fail(fault.At(fault.Invalid, "fields", `fields is not an object of the lists "include" and "exclude"`))
		return stac.Fields{}
	}
	include, exclude := lists["include"], lists["exclude"]
	standard := standardFields
	if _, given := lists["include"]; !given && len(exclude) > 0 {
		standard = nil
	}
	f, err := newFields(include, exclude, standard)
	b.fail(err)
	return f
}

func unknownList(lists map[string][]string) bool {
	for name := range lists {
		if name != "include" && name != "exclude" {
			return true
		}
	}
	return false
}

// newFields is what an answer holds that was asked for by two lists. Where nothing is to be in it by name, it holds the
// standard fields, and everything where there are none.
func newFields(include, exclude, standard []string) (stac.Fields, error) {
	if len(include)+len(exclude) > maxFields {
		return stac.Fields{}, fault.At(fault.Invalid, "fields", "fields has %d paths, at most %d are possible", len(include)+len(exclude), maxFields)
	}
	for _, path := range slices.Concat(include, exclude) {
		if len(path) > maxFieldText || strings.Count(path, ".") >= maxFieldDepth {
			return stac.Fields{}, fault.At(fault.Invalid, "fields", "a path of fields has at most %d names and %d bytes", maxFieldDepth, maxFieldText)
		}
	}
	everything := len(include) == 0 && standard == nil
	if len(include) == 0 {
		include = without(standard, exclude)
	}
	if !everything {
		include = append(slices.Clone(include), neededFields...)
	}
	needed := func(path string) bool { return slices.Contains(neededFields, path) }
	return stac.Fields{Include: include, Exclude: slices.DeleteFunc(slices.Clone(exclude), needed)}, nil
}

// without is a list of paths without some, and without all that lies below these.
func without(paths, some []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		return slices.ContainsFunc(some, func(out string) bool { return path == out || strings.HasPrefix(path, out+".") })
	})
}
