package stacapi

import (
	"encoding/json"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
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
func readSort(p *ogcapi.Params) []Sort {
	if !p.Has("sortby") {
		return nil
	}
	var keys []Sort
	for _, name := range p.List("sortby") {
		name, desc := strings.CutPrefix(strings.TrimLeft(strings.TrimSpace(name), "+ "), "-")
		keys = append(keys, Sort{Property: name, Desc: desc})
	}
	keys, err := checkSort(keys)
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
	keys, err := checkSort(keys)
	b.fail(err)
	return keys
}

// checkSort gives the keys the names by which records know their properties.
func checkSort(keys []Sort) ([]Sort, error) {
	if len(keys) > maxSort {
		return nil, fault.At(fault.Invalid, "sortby", "sortby has %d keys, at most %d are possible", len(keys), maxSort)
	}
	for i := range keys {
		name := strings.TrimPrefix(keys[i].Property, "properties.")
		switch {
		case name == "" || strings.ContainsRune(name, 0):
			return nil, fault.At(fault.Invalid, "sortby", "sortby has a key without the name of a property")
		case name == "geometry" || name == "bbox" || name == "links" || name == "assets":
			return nil, fault.At(fault.Invalid, "sortby", "items cannot be sorted by %s, but by id, collection and their properties", name)
		}
		keys[i].Property = name
	}
	return keys, nil
}
