package oaipmh

import (
	"context"
	"slices"
	"strings"

	"perigee/shared/dublincore"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The sets that every repository has: what records are.
var kinds = []struct {
	spec, name string
	types      []string
}{
	{"datasets", "Datasets", []string{record.TypeItem, dublincore.TypeDataset}},
	{"series", "Series and collections of datasets", []string{record.TypeCollection, dublincore.TypeSeries}},
	{"interactiveResources", "Services", []string{"service"}},
}

// collectionPrefix begins the set of a collection.
const collectionPrefix = "collection:"

// specOf is the set of a collection, empty when its name has characters that no set may have (clause 2.6).
func specOf(collection string) string {
	if collection == "" || strings.ContainsFunc(collection, func(r rune) bool { return !unreserved(r) }) {
		return ""
	}
	return collectionPrefix + collection
}

func unreserved(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.!~*'()", r)
}

// ofSet is what is asked of the store for a set. A set that nobody has is one of a collection that is not there.
func ofSet(spec string) (types []string, collection string) {
	for _, k := range kinds {
		if k.spec == spec {
			return k.types, ""
		}
	}
	return nil, strings.TrimPrefix(spec, collectionPrefix)
}

// setsOf are the sets that a record is in.
func setsOf(r record.Record) (specs []string) {
	for _, k := range kinds {
		if slices.Contains(k.types, r.Type) {
			specs = append(specs, k.spec)
		}
	}
	if spec := specOf(r.Collection); spec != "" {
		specs = append(specs, spec)
	}
	return specs
}

// listSets gives a part of the list of sets.
func (h handler) listSets(ctx context.Context, asked scope.Asked, q request, a *answer) ([]problem, error) {
	names, err := h.store.Collections(ctx, asked.Scope, q.after, headersSize)
	if q.resumed && fault.KindOf(err) == fault.Invalid {
		return []problem{badToken()}, nil
	}
	if err != nil {
		return nil, err
	}
	a.Sets = &sets{}
	if !q.resumed {
		for _, k := range kinds {
			a.Sets.Sets = append(a.Sets.Sets, set{Spec: k.spec, Name: k.name})
		}
	}
	for _, name := range names {
		if spec := specOf(name); spec != "" {
			a.Sets.Sets = append(a.Sets.Sets, set{Spec: spec, Name: name})
		}
	}
	switch {
	case len(names) == headersSize:
		a.Sets.Token = &resumption{Text: token{After: names[len(names)-1]}.String()}
	case q.resumed:
		a.Sets.Token = &resumption{}
	}
	return nil, nil
}
