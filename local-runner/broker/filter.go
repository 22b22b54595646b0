package broker

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// Filter is one entry of a Trigger's spec.filters (the dialects of the CloudEvents subscriptions API that Knative
// takes, https://github.com/cloudevents/spec/blob/main/subscriptions/spec.md#324-filters): exactly one field is set.
type Filter struct {
	Exact  map[string]string `yaml:"exact,omitempty" json:"exact,omitempty"`
	Prefix map[string]string `yaml:"prefix,omitempty" json:"prefix,omitempty"`
	Suffix map[string]string `yaml:"suffix,omitempty" json:"suffix,omitempty"`
	All    []Filter          `yaml:"all,omitempty" json:"all,omitempty"`
	Any    []Filter          `yaml:"any,omitempty" json:"any,omitempty"`
	Not    *Filter           `yaml:"not,omitempty" json:"not,omitempty"`

	attributes map[string]string // the old form, where an empty value means any
}

// Attributes is the old form of a filter, spec.filter.attributes: every attribute must be equal, and one whose value is
// empty must merely be there.
func Attributes(attributes map[string]string) []Filter {
	if len(attributes) == 0 {
		return nil
	}
	return []Filter{{attributes: attributes}}
}

// Validate refuses what Knative's webhook refuses, and also what it lets pass as "no filter".
func (f Filter) Validate() error {
	if n := f.dialects(); n != 1 {
		return fault.New(fault.Invalid, "a filter needs exactly one of exact, prefix, suffix, all, any, not; this one has %d", n)
	}
	for name, values := range map[string]map[string]string{"exact": f.Exact, "prefix": f.Prefix, "suffix": f.Suffix} {
		if err := validValues(name, values, false); err != nil {
			return err
		}
	}
	if err := validValues("attributes", f.attributes, true); err != nil {
		return err
	}
	for _, inner := range f.inner() {
		if err := inner.Validate(); err != nil {
			return err
		}
	}
	return nil
}

func (f Filter) dialects() int {
	n := 0
	for _, set := range []bool{f.Exact != nil, f.Prefix != nil, f.Suffix != nil, f.All != nil, f.Any != nil, f.Not != nil, f.attributes != nil} {
		if set {
			n++
		}
	}
	return n
}

func (f Filter) inner() []Filter {
	inner := slices.Concat(f.All, f.Any)
	if f.Not != nil {
		inner = append(inner, *f.Not)
	}
	return inner
}

func validValues(dialect string, values map[string]string, anyValue bool) error {
	if values != nil && len(values) == 0 {
		return fault.At(fault.Invalid, dialect, "the filter %s names no attribute", dialect)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !attributeName(name) {
			return fault.At(fault.Invalid, dialect, "%q is not the name of an attribute: lower case letters and digits, a letter first", name)
		}
		if values[name] == "" && !anyValue {
			return fault.At(fault.Invalid, dialect, "the filter %s on %q has an empty value, which Knative would ignore", dialect, name)
		}
	}
	return nil
}

func attributeName(s string) bool {
	return s != "" && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// match decides on the context attributes of an event in their string form. An attribute that is not there matches
// nothing, hence its negation holds.
func (f Filter) match(attributes map[string]string) bool {
	switch {
	case f.Exact != nil:
		return each(f.Exact, attributes, func(have, want string) bool { return have == want })
	case f.Prefix != nil:
		return each(f.Prefix, attributes, strings.HasPrefix)
	case f.Suffix != nil:
		return each(f.Suffix, attributes, strings.HasSuffix)
	case f.All != nil:
		return matchAll(f.All, attributes)
	case f.Any != nil:
		return slices.ContainsFunc(f.Any, func(inner Filter) bool { return inner.match(attributes) })
	case f.Not != nil:
		return !f.Not.match(attributes)
	default:
		return each(f.attributes, attributes, func(have, want string) bool { return want == "" || have == want })
	}
}

func matchAll(filters []Filter, attributes map[string]string) bool {
	return !slices.ContainsFunc(filters, func(f Filter) bool { return !f.match(attributes) })
}

func each(wanted, attributes map[string]string, holds func(have, want string) bool) bool {
	for name, want := range wanted {
		if name == "schemaurl" { // the name of CloudEvents 0.2, which Knative still knows
			name = "dataschema"
		}
		have, ok := attributes[name]
		if !ok || have == "" || !holds(have, want) {
			return false
		}
	}
	return true
}

// String is the filter in one line, for pages and logs.
func (f Filter) String() string {
	switch {
	case f.All != nil:
		return fmt.Sprintf("all%v", f.All)
	case f.Any != nil:
		return fmt.Sprintf("any%v", f.Any)
	case f.Not != nil:
		return "not " + f.Not.String()
	}
	for name, values := range map[string]map[string]string{"exact": f.Exact, "prefix": f.Prefix, "suffix": f.Suffix, "attributes": f.attributes} {
		if values != nil {
			return strings.Replace(fmt.Sprint(values), "map", name, 1)
		}
	}
	return "nothing"
}
