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
var neededFields = []string{"type", "id", "collection"}

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

// readFields reads the field fields of a search's body.
func (b *bodyReader) readFields() stac.Fields {
	var lists struct{ Include, Exclude []string }
	raw := b.take("fields")
	if raw == nil {
		return stac.Fields{}
	}
	if err := json.Unmarshal(raw, &lists); err != nil {
		b.fail(fault.At(fault.Invalid, "fields", `fields is not an object of the lists "include" and "exclude"`))
		return stac.Fields{}
	}
	f, err := newFields(lists.Include, lists.Exclude, standardFields)
	b.fail(err)
	return f
}

// newFields is what an answer holds that was asked for by two lists. Where nothing is to be in it by name, it holds the
// standard fields.
func newFields(include, exclude, standard []string) (stac.Fields, error) {
	if len(include)+len(exclude) > maxFields {
		return stac.Fields{}, fault.At(fault.Invalid, "fields", "fields has %d paths, at most %d are possible", len(include)+len(exclude), maxFields)
	}
	for _, path := range slices.Concat(include, exclude) {
		if len(path) > maxFieldText || strings.Count(path, ".") >= maxFieldDepth {
			return stac.Fields{}, fault.At(fault.Invalid, "fields", "a path of fields has at most %d names and %d bytes", maxFieldDepth, maxFieldText)
		}
	}
	if len(include) == 0 {
		include = standard
	}
	needed := func(path string) bool { return slices.Contains(neededFields, path) }
	return stac.Fields{Include: append(slices.Clone(include), neededFields...), Exclude: slices.DeleteFunc(slices.Clone(exclude), needed)}, nil
}
