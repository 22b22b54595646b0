package source

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"strings"

	"perigee/shared/fault"
)

// MaxValues bounds what a request lays over a configuration, in bytes.
const MaxValues = 64 << 10

// normal writes a harvester in the keys of the second generation, where each type of resource has a section of its name,
// and postprocessors are a list. typed is the type when the text has none. What both generations say is told.
func normal(written map[string]any, typed string) (map[string]any, *problem) {
	all := maps.Clone(written)
	if one, given := all["postprocess"]; given {
		if !isEmpty(one) && !isEmpty(all["postprocessors"]) {
			return nil, wrong("postprocess", "postprocessors are given twice")
		}
		delete(all, "postprocess")
		if _, list := one.([]any); !list && !isEmpty(one) {
			one = []any{one}
		}
		if all["postprocessors"] == nil {
			all["postprocessors"] = one
		}
	}
	if section, ok := all["filter"].(map[string]any); ok && len(section) == 0 {
		delete(all, "filter")
	}
	resource, ok := all["resource"].(map[string]any)
	if !ok {
		return all, nil
	}
	resource = maps.Clone(resource)
	all["resource"] = resource
	if given, ok := resource["type"].(string); ok {
		typed = given
	}
	return all, sectioned(resource, strings.ToLower(typed))
}

// sectioned moves what the first generation has beside the type into the section of the type.
func sectioned(resource map[string]any, name string) *problem {
	section := map[string]any{}
	if given, ok := resource[name].(map[string]any); ok {
		section = maps.Clone(given)
	}
	for _, key := range []string{"url", "query", "root_path", "collection_id", "pattern", "format_config"} {
		value, given := resource[key]
		if !given {
			continue
		}
		delete(resource, key)
		if key == "format_config" {
			key, value = "format", format(value)
		}
		if _, twice := section[key]; twice {
			return wrong("resource."+name+"."+key, "%s is given twice", key)
		}
		section[key] = value
	}
	if len(section) > 0 {
		resource[name] = section
	}
	return nil
}

// format writes a format_config as a format.
func format(value any) any {
	old, ok := value.(map[string]any)
	if !ok {
		return value
	}
	all := maps.Clone(old)
	if mapping, given := all["property_mapping"]; given {
		delete(all, "property_mapping")
		all["json"] = map[string]any{"property_mapping": mapping}
	}
	return all
}

// overlaid lays values over what is written.
func overlaid(base map[string]any, values []byte) (map[string]any, error) {
	if len(values) == 0 || string(values) == "null" {
		return base, nil
	}
	if len(values) > MaxValues {
		return nil, fault.At(fault.Invalid, "values", "the values have %d bytes, more than the %d that are read", len(values), MaxValues)
	}
	var strict entry
	if err := decode(values, &strict); err != nil {
		return nil, err
	}
	var over map[string]any
	if err := json.Unmarshal(values, &over); err != nil {
		return nil, fault.At(fault.Invalid, "values", "values: %s", err)
	}
	below, _ := base["resource"].(map[string]any)
	typed, _ := below["type"].(string)
	over, twice := normal(plainKeys(over), typed)
	if twice != nil {
		return nil, fault.At(fault.Invalid, "values."+twice.at, "values.%s: %s", twice.at, twice.text)
	}
	merged, _ := merge(base, over).(map[string]any)
	return merged, keeps(base, merged)
}

// plainKeys spells the keys of the configuration as they are, which JSON takes in any case; what lies in the parts that
// people name themselves stays.
func plainKeys(all map[string]any) map[string]any {
	spelt := map[string]any{}
	for key, value := range all {
		if key = strings.ToLower(key); key == "resource" {
			if inner, ok := value.(map[string]any); ok {
				value = lowerKeys(inner)
			}
		}
		spelt[key] = value
	}
	return spelt
}

func lowerKeys(all map[string]any) map[string]any {
	spelt := map[string]any{}
	for key, value := range all {
		key = strings.ToLower(key)
		if inner, ok := value.(map[string]any); ok && key != "extra_params" && key != "property_mapping" {
			value = lowerKeys(inner)
		}
		spelt[key] = value
	}
	return spelt
}

// decode reads values strictly.
func decode(text []byte, into any) error {
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(into); err != nil {
		return fault.At(fault.Invalid, "values", "values: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := in.Token(); err != io.EOF {
		return fault.At(fault.Invalid, "values", "values: something follows the object")
	}
	return nil
}

// read reads what is written in the keys of the second generation.
func read(written map[string]any) (entry, error) {
	var e entry
	text, err := json.Marshal(written)
	if err != nil {
		return e, fault.Classify(fault.Invalid, err, "the configuration is nothing that JSON can write")
	}
	return e, decode(text, &e)
}

// merge lays a value over another: maps are merged, all else is replaced.
func merge(base, over any) any {
	below, ok := base.(map[string]any)
	above, too := over.(map[string]any)
	if !ok || !too {
		return over
	}
	merged := maps.Clone(below)
	for key, value := range above {
		merged[key] = merge(below[key], value)
	}
	return merged
}

// keeps refuses values that change what the deployment alone says.
func keeps(base, merged map[string]any) error {
	before, err := read(base)
	if err != nil {
		return err
	}
	after, err := read(merged)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		at      string
		changed bool
	}{
		{"name", after.Name != before.Name},
		{"resource.type", after.Resource.Type != before.Resource.Type},
		{"resource.source", after.Resource.Source != before.Resource.Source},
		{"resource." + strings.ToLower(before.Resource.Type) + ".filesystem", after.Resource.filesystem() != before.Resource.filesystem()},
	} {
		if c.changed {
			return fault.At(fault.Forbidden, "values."+c.at, "values.%s: that is for the deployment to say, not for a request", c.at)
		}
	}
	return nil
}

// foreign tells whether a request says where else to look than the deployment does.
func foreign(before, after entry) bool {
	b, a := before.Resource.service(), after.Resource.service()
	if isWeb(after.Resource.STACCatalog.RootPath) && after.Resource.STACCatalog.RootPath != before.Resource.STACCatalog.RootPath {
		return true
	}
	return b.URL != a.URL
}
