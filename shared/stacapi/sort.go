package stacapi

import (
	"encoding/json"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// Sort is one key of an order: a property by its name, without "properties." before it.
type Sort struct {
	Property string
	Desc     bool
}

// maxSort is how many keys an order may have.
const maxSort = 10

// readSort reads the parameter sortby: names between commas, a minus before one whose order is descending
// (https://github.com/stac-api-extensions/sort, v1.1.0). A plus, which an address spells as a blank, says nothing.
func readSort(p *ogcapi.Params, by filter.Names) []Sort {
	if !p.Has("sortby") {
		return nil
	}
	var keys []Sort
	for _, name := range p.List("sortby") {
		name, desc := strings.CutPrefix(strings.TrimLeft(strings.TrimSpace(name), "+ "), "-")
		keys = append(keys, Sort{Property: name, Desc: desc})
	}
	keys, err := checkSort(keys, by)
	p.Fail(err)
	return keys
}

// readSort reads the field sortby of a search's body.
func (b *bodyReader) readSort() []Sort {
	raw := b.take("sortby")
	if raw == nil {
		return nil
	}
	var list []struct{ Field, Direction string }
	if err := json.Unmarshal(raw, &list); err != nil {
		b.fail(fault.At(fault.Invalid, "sortby", `sortby is not an array of objects with "field" and "direction"`))
		return nil
	}
	var keys []Sort
	for _, k := range list {
		if k.Direction != "asc" && k.Direction != "desc" && k.Direction != "" {
			b.fail(fault.At(fault.Invalid, "sortby", "the direction %q is not asc or desc", k.Direction))
		}
		keys = append(keys, Sort{Property: k.Field, Desc: k.Direction == "desc"})
	}
	keys, err := checkSort(keys, stac.Names{})
	b.fail(err)
	return keys
}

// checkSort gives the keys the names by which records know their properties.
func checkSort(keys []Sort, by filter.Names) ([]Sort, error) {
	if len(keys) > maxSort {
		return nil, fault.At(fault.Invalid, "sortby", "sortby has %d keys, at most %d are possible", len(keys), maxSort)
	}
	for i, k := range keys {
		property, _, err := by.Property(k.Property)
		switch {
		case strings.TrimPrefix(k.Property, "properties.") == "" || strings.ContainsRune(k.Property, 0):
			return nil, fault.At(fault.Invalid, "sortby", "sortby has a key without the name of a property")
		case err != nil || property == filter.PropertyGeometry:
			return nil, fault.At(fault.Invalid, "sortby", "the answer cannot be sorted by %s, but by id and by properties that are texts, numbers or times", k.Property)
		}
		keys[i].Property = string(property)
	}
	return keys, nil
}
