package catalogue

import (
	"fmt"
	"strconv"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/filter"
)

// filters counts the records of each condition.
func (f facet) filters() string {
	counts := make([]string, len(f.Filters))
	for i := range f.Filters {
		counts[i] = fmt.Sprintf("(select %d, null::text, null::text, null::text, count(*) filter (where %s_%d), 0, %d::bigint from found)", f.index, f.k(), i, i+1)
	}
	return strings.Join(counts, " union all ")
}

// conditions are the conditions on a record, a column for each.
func (f facet) conditions(c *filter.Compiler) (string, error) {
	if len(f.Filters) == 0 || len(f.Filters) > maxFacetFilters {
		return "", fault.At(fault.Invalid, f.Name, "a facet has 1 to %d filters, not %d", maxFacetFilters, len(f.Filters))
	}
	columns := make([]string, len(f.Filters))
	for i, named := range f.Filters {
		condition, err := c.Compile(named.Filter)
		if err != nil {
			return "", fmt.Errorf("the filter %q of the facet %q: %w", named.Name, f.Name, err)
		}
		columns[i] = condition + " as " + f.k() + "_" + strconv.Itoa(i)
	}
	return strings.Join(columns, ", "), nil
}
