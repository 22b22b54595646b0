package broker

import (
	"cmp"
	"fmt"
	"maps"
	"mime"
	"slices"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

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
	CESQL  string            `yaml:"cesql,omitempty" json:"cesql,omitempty"`

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
		return fault.New(fault.Invalid, "a filter needs exactly one of exact, prefix, suffix, all, any, not, cesql; this one has %d", n)
	}
	if f.All != nil && len(f.All) == 0 || f.Any != nil && len(f.Any) == 0 {
		return fault.New(fault.Invalid, "a filter all or any without filters in it, which Knative would ignore")
	}
	if f.CESQL != "" {
		if _, err := parseCESQL(f.CESQL); err != nil {
			return err
		}
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
	for _, set := range []bool{f.Exact != nil, f.Prefix != nil, f.Suffix != nil, f.All != nil, f.Any != nil, f.Not != nil, f.CESQL != "", f.attributes != nil} {
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

// predicate decides on an event.
type predicate func(c *candidate) bool

// candidate is an event as filters see it: its context attributes in their string form.
type candidate struct {
	attributes map[string]string
	event      *event.Event // for CESQL, once it was asked for
}

// Matcher is the filters of a Trigger, ready to decide.
type Matcher struct{ all []predicate }

// Compile makes one decision of filters, all of which must hold; none at all take every event. What Validate refuses is
// Invalid.
func Compile(filters []Filter) (Matcher, error) {
	for _, f := range filters {
		if err := f.Validate(); err != nil {
			return Matcher{}, err
		}
	}
	all, err := compileAll(filters)
	return Matcher{all}, err
}

// Match decides on an event as it would be published; one that could not be is Invalid.
func (m Matcher) Match(e event.Event) (bool, error) {
	kept, err := newMessage(e)
	if err != nil {
		return false, err
	}
	return m.match(kept.Attributes), nil
}

func (m Matcher) match(attributes map[string]string) bool {
	return allHold(m.all, &candidate{attributes: attributes})
}

func allHold(all []predicate, c *candidate) bool {
	return !slices.ContainsFunc(all, func(holds predicate) bool { return !holds(c) })
}

func compileAll(filters []Filter) ([]predicate, error) {
	all := make([]predicate, len(filters))
	for i, f := range filters {
		var err error
		if all[i], err = f.compile(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// compile makes a decision of a valid filter. An attribute that is not there matches nothing, hence its negation holds.
func (f Filter) compile() (predicate, error) {
	switch {
	case f.Exact != nil:
		return each(f.Exact, func(have, want string) bool { return have == want }), nil
	case f.Prefix != nil:
		return each(f.Prefix, strings.HasPrefix), nil
	case f.Suffix != nil:
		return each(f.Suffix, strings.HasSuffix), nil
	case f.CESQL != "":
		return compileCESQL(f.CESQL)
	case f.attributes != nil:
		return each(f.attributes, func(have, want string) bool { return want == "" || have == want }), nil
	}
	inner, err := compileAll(f.inner())
	switch {
	case f.Not != nil:
		return func(c *candidate) bool { return !inner[0](c) }, err
	case f.Any != nil:
		return func(c *candidate) bool {
			return slices.ContainsFunc(inner, func(holds predicate) bool { return holds(c) })
		}, err
	}
	return func(c *candidate) bool { return allHold(inner, c) }, err
}

func each(wanted map[string]string, holds func(have, want string) bool) predicate {
	return func(c *candidate) bool {
		for name, want := range wanted {
			if have := c.attribute(name); have == "" || !holds(have, want) {
				return false
			}
		}
		return true
	}
}

// zeroTime is what Knative's filters see as the time of an event that has none.
const zeroTime = "0001-01-01T00:00:00Z"

// attribute is what Knative finds under a name, empty when nothing is there.
func (c *candidate) attribute(name string) string {
	switch name {
	case "schemaurl": // the name of CloudEvents 0.2
		return c.attributes["dataschema"]
	case "datamediatype":
		mediaType, _, _ := mime.ParseMediaType(c.attributes["datacontenttype"]) // what is none is empty
		return mediaType
	case "time":
		return cmp.Or(c.attributes["time"], zeroTime)
	}
	return c.attributes[name]
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
	case f.CESQL != "":
		return "cesql " + f.CESQL
	}
	for name, values := range map[string]map[string]string{"exact": f.Exact, "prefix": f.Prefix, "suffix": f.Suffix, "attributes": f.attributes} {
		if values != nil {
			return strings.Replace(fmt.Sprint(values), "map", name, 1)
		}
	}
	return "nothing"
}
