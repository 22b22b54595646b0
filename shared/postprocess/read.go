package postprocess

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"perigee/shared/fault"
)

const maxSteps = 32 // of one chain

// Read reads a chain as configurations write it, decoded from YAML or JSON: a list of postprocessors, or one alone. Each
// is a mapping: of a type that is the name of a postprocessor (EOEPCA 1.1), or of the type external, whose process names
// one and whose kwargs say more (View Server 4). All that is wrong comes back joined, each fault located by its place
// within the value, such as [0].kwargs.url.
func Read(written any) (Chain, error) {
	var chain Chain
	var wrong []error
	for at, one := range listed(written) {
		step, err := readStep(at, one)
		chain, wrong = append(chain, step), append(wrong, err)
	}
	if len(chain) > maxSteps {
		wrong = append(wrong, fault.New(fault.Invalid, "the chain has %d postprocessors, more than %d", len(chain), maxSteps))
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return chain, nil
}

// listed gives the postprocessors and the place of each.
func listed(written any) func(func(string, any) bool) {
	return func(yield func(string, any) bool) {
		switch written := written.(type) {
		case nil:
		case []any:
			for i, one := range written {
				if !yield(fmt.Sprintf("[%d]", i), one) {
					return
				}
			}
		case map[string]any:
			if len(written) > 0 {
				yield("", written)
			}
		default:
			yield("", written)
		}
	}
}

// readStep reads one postprocessor.
func readStep(at string, written any) (Postprocessor, error) {
	m, ok := written.(map[string]any)
	if !ok {
		return nil, wrongAt(at, "is no mapping with a type")
	}
	var wrong []error
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if key != "type" && key != "process" && key != "kwargs" {
			wrong = append(wrong, wrongAt(within(at, key), "is an unknown key; type, process and kwargs are known"))
		}
	}
	named, key := m["type"], "type"
	if named == typeExternal && m["process"] != nil {
		named, key = m["process"], "process"
	}
	name, ok := named.(string)
	if !ok {
		return nil, errors.Join(append(wrong, wrongAt(within(at, key), "is no name of a postprocessor"))...)
	}
	kwargs, err := readKwargs(at, m["kwargs"])
	step, err2 := lookup(at, key, name, kwargs)
	return step, errors.Join(append(wrong, err, err2)...)
}

func readKwargs(at string, written any) (map[string]any, error) {
	if written == nil {
		return nil, nil
	}
	kwargs, ok := written.(map[string]any)
	if !ok {
		return nil, wrongAt(within(at, "kwargs"), "is no mapping")
	}
	return kwargs, nil
}

func wrongAt(at, format string, args ...any) error {
	if at == "" {
		at = "the postprocessor"
	}
	return fault.At(fault.Invalid, at, at+" "+format, args...)
}
