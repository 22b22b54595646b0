package source

import (
	"encoding/json"

	"perigee/shared/fault"
	"perigee/shared/filter"
	"perigee/shared/filter/cql2"
	"perigee/shared/stac"
)

// readFilter reads the filter of an entry, which says what of its items is registered (HRV-09): CQL2 JSON (OGC 21-065r2,
// 8.3), or YAML of the same form. It is nil when there is none. A failure tells by a JSON pointer where it lies. What the
// filter takes is what the catalogue would find by it.
func readFilter(written any) (filter.Expr, error) {
	if isEmpty(written) {
		return nil, nil
	}
	text, err := json.Marshal(written)
	if err != nil {
		return nil, fault.Classify(fault.Invalid, err, "it is nothing that JSON can write")
	}
	e, err := cql2.ParseJSON(text, stac.Names{})
	if err != nil {
		return nil, err
	}
	e = stac.WithTimes(e)
	return e, filter.Check(e, nil)
}
