package stac

import (
	"bytes"
	"slices"

	"perigee/shared/fault"
)

// maxPatched is how deep a patch may be nested: each level is read once more.
const maxPatched = maxDepth

// MergePatch changes a JSON document as a merge patch says (RFC 7396): members that the patch gives null are taken away,
// objects are merged, everything else is put in the place of what was there. What the patch does not name stays byte for
// byte, and in its place; what is new stands behind what was there.
func MergePatch(document, patch []byte) ([]byte, error) {
	if err := check(patch); err != nil {
		return nil, fault.At(fault.Invalid, "patch", "the patch: %w", err)
	}
	if patch = bytes.TrimSpace(patch); patch[0] != '{' {
		return nil, fault.At(fault.Invalid, "patch", "the patch is not a JSON object (RFC 7396)")
	}
	if err := check(document); err != nil {
		return nil, err
	}
	return merged(document, patch, 0)
}

// merged is the outcome of a patch that is an object.
func merged(target, patch []byte, depth int) ([]byte, error) {
	if depth > maxPatched {
		return nil, fault.At(fault.Invalid, "patch", "the patch is nested deeper than %d levels", maxPatched)
	}
	given, err := members(patch)
	if err != nil {
		return nil, err
	}
	if target[space(target, 0)] != '{' {
		target = []byte("{}")
	}
	all, err := members(target)
	if err != nil {
		return nil, err
	}
	r := rewriting{raw: target, all: all, there: lastOf(all), values: map[string][]byte{}}
	last := lastOf(given)
	for i, g := range given {
		if last[g.name] != i {
			continue // of members with the same name the last counts
		}
		if err := r.merge(g.name, patch[g.from:g.to], depth); err != nil {
			return nil, err
		}
	}
	return r.bytes(), nil
}

// lastOf is where the member of each name stands that counts.
func lastOf(all []member) map[string]int {
	last := make(map[string]int, len(all))
	for i, m := range all {
		last[m.name] = i
	}
	return last
}

// rewriting is an object some of whose members are given other values, or none.
type rewriting struct {
	raw    []byte
	all    []member
	there  map[string]int    // where the member of each name stands
	values map[string][]byte // by name; nil: the member is taken away
	added  []string          // names of new members
}

// merge merges the value of a patch's member into the object.
func (r *rewriting) merge(name string, value []byte, depth int) error {
	at, there := r.there[name]
	switch {
	case string(value) == "null":
		r.values[name] = nil
		return nil
	case value[0] == '{':
		target := []byte("{}")
		if there {
			target = r.raw[r.all[at].from:r.all[at].to]
		}
		var err error
		if value, err = merged(target, value, depth+1); err != nil {
			return err
		}
	}
	if r.values[name] = value; !there {
		r.added = append(r.added, name)
	}
	return nil
}

// bytes is the object as it is then. Between members stands what stood there.
func (r *rewriting) bytes() []byte {
	begin := space(r.raw, 0) + 1 // behind the brace
	first, end := space(r.raw, begin), begin
	if len(r.all) > 0 {
		end = r.all[len(r.all)-1].to
	}
	out, between := slices.Clone(r.raw[:first]), []byte(",")
	if len(r.all) == 0 {
		out = slices.Clone(r.raw[:begin])
	}
	empty := true
	part := func(gap []byte, pieces ...[]byte) {
		if !empty {
			out = append(out, gap...)
		}
		empty = false
		out = append(out, slices.Concat(pieces...)...)
	}
	for i, m := range r.all {
		from, gap := first, between
		if i > 0 {
			before := r.all[i-1].to
			from = space(r.raw, space(r.raw, before)+1)
			gap, between = r.raw[before:from], r.raw[before:from]
		}
		value, changed := r.values[m.name]
		switch {
		case !changed:
			part(gap, r.raw[from:m.to])
		case value != nil:
			part(gap, r.raw[from:m.from], value)
		}
	}
	for _, name := range r.added {
		part(between, quote(name), []byte(":"), r.values[name])
	}
	return append(out, r.raw[end:]...)
}
