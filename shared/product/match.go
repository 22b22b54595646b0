package product

import (
	"slices"

	"perigee/shared/filter"
	"perigee/shared/record"
)

// Match finds the product type of an item: the first one whose filter holds for the item's properties (REG-23).
func (c Config) Match(properties map[string]any) (Type, bool) {
	rec := record.Record{Properties: properties}
	for _, t := range c.ProductTypes {
		if filter.Holds(t.Condition(), rec) {
			return t, true
		}
	}
	return Type{}, false
}

// TypeNamed finds a product type by its name.
func (c Config) TypeNamed(name string) (Type, bool) {
	i := slices.IndexFunc(c.ProductTypes, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return c.ProductTypes[i], true
}

// CoverageTypeNamed finds a coverage type by its name.
func (c Config) CoverageTypeNamed(name string) (CoverageType, bool) {
	i := slices.IndexFunc(c.CoverageTypes, func(t CoverageType) bool { return t.Name == name })
	if i < 0 {
		return CoverageType{}, false
	}
	return c.CoverageTypes[i], true
}

// normalise makes what was read comparable with what JSON gives, and adds the built-in coverage types that the file
// does not define anew.
func (c *Config) normalise() {
	c.plainFilters()
	for _, built := range builtinCoverageTypes() {
		if _, ok := c.CoverageTypeNamed(built.Name); !ok {
			c.CoverageTypes = append(c.CoverageTypes, built)
		}
	}
}

func (c *Config) plainFilters() {
	for _, t := range c.ProductTypes {
		for property, value := range t.Filter {
			t.Filter[property] = plainValue(value)
		}
	}
}

func (c *Config) coverageTypes() map[string]CoverageType {
	types := map[string]CoverageType{}
	for _, t := range append(builtinCoverageTypes(), c.CoverageTypes...) {
		types[t.Name] = t
	}
	return types
}

// plainValue gives a value the type that filter.Compare knows: numbers become float64, in lists too.
func plainValue(value any) any {
	switch v := value.(type) {
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case int:
		return float64(v)
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = plainValue(element)
		}
		return list
	}
	return value
}

func filterable(value any) bool {
	switch v := plainValue(value).(type) {
	case string, bool, float64:
		return true
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { _, nested := e.([]any); return nested || !filterable(e) })
	}
	return false
}

// Only is the configuration with the product types of the names alone; without names, with all.
func (c Config) Only(names []string) Config {
	if len(names) == 0 {
		return c
	}
	c.ProductTypes = slices.DeleteFunc(slices.Clone(c.ProductTypes), func(t Type) bool { return !slices.Contains(names, t.Name) })
	return c
}

// Accepted are the collections of a product type that take it: one that names the types it takes refuses others (REG-23).
func (c Config) Accepted(t Type) []string {
	return slices.DeleteFunc(slices.Clone(t.Collections), func(id string) bool {
		takes := c.Collections[id].ProductTypes
		return len(takes) > 0 && !slices.Contains(takes, t.Name)
	})
}
