package wms

import (
	"regexp"
	"strings"

	"perigee/shared/ows"
)

// The catalogue's records link to the capabilities with the layers of one item: cql=identifier="…" (REG-11, RND-01).
var identifierForm = regexp.MustCompile(`^(?i:identifier)\s*=\s*(?:'((?:[^']|'')*)'|"([^"]*)")$`)

// identifier is the item to which the capabilities are confined; empty for none.
func (c *call) identifier() string {
	value := c.params.Get("cql")
	if value == "" {
		return ""
	}
	found := identifierForm.FindStringSubmatch(value)
	if found == nil {
		c.params.Fail(ows.Invalid("cql", "the condition %q is not of the form identifier = '…', the one queryable here", value))
		return ""
	}
	return strings.ReplaceAll(found[1], "''", "'") + found[2]
}
