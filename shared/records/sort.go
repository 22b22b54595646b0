package records

import (
	"context"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/ogcapi"
)

// Sort is one key of an order.
type Sort struct {
	Property filter.Property
	Desc     bool

	name string // by which it was asked
}

// relevance orders records by where they have the words of the parameter q.
const relevance = "relevance"

// maxSort is how many keys an order may have.
const maxSort = 10

// readSort reads sortby: names between commas, a minus before one whose order is descending (/req/sorting/sortby-param). A
// plus, which an address spells as a blank, says nothing.
func readSort(p *ogcapi.Params) []Sort {
	var keys []Sort
	for _, name := range p.List("sortby") {
		name, desc := strings.CutPrefix(strings.TrimLeft(strings.TrimSpace(name), "+ "), "-")
		property, text, err := names{}.Property(name)
		if err != nil || text || property == filter.PropertyGeometry || strings.ContainsRune(name, 0) {
			p.Fail(unsortable(name))
			continue
		}
		keys = append(keys, Sort{Property: property, Desc: desc, name: name})
	}
	if len(keys) > maxSort {
		p.Fail(fault.At(fault.Invalid, "sortby", "sortby has %d keys, at most %d are possible", len(keys), maxSort))
		return nil
	}
	return keys
}

func unsortable(name string) error {
	return fault.At(fault.Invalid, "sortby", "records cannot be sorted by %q: /sortables lists by what they can", name)
}

// checkSort refuses keys that no record has (/req/sorting/sortby-response).
func (a api) checkSort(ctx context.Context, on asked, p *ogcapi.Params, q Query) error {
	wanted := make([]string, len(q.Sort))
	for i, k := range q.Sort {
		wanted[i] = k.name
	}
	have, err := a.knownQueryables(ctx, on, q.Collections, wanted)
	if err != nil {
		return err
	}
	for _, k := range q.Sort {
		if k.name == relevance && p.Has("q") {
			continue
		}
		if _, has := have(k.Property); !has {
			p.Fail(unsortable(k.name))
		}
	}
	return nil
}
