package record

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"perigee/shared/fault"
)

// maxID bounds identifiers, in bytes: they are keys of an index.
const maxID = 512

// CheckID is a fault located at the element or member that has an identifier which cannot be one: it becomes part of
// addresses and keys.
func CheckID(id, at string) error {
	switch {
	case id == "":
		return fault.At(fault.Invalid, at, "%s is missing", at)
	case len(id) > maxID:
		return fault.At(fault.Invalid, at, "%s is longer than %d bytes", at, maxID)
	case id == ".", id == "..":
		return fault.At(fault.Invalid, at, "%s cannot be %q, which no address can carry", at, id)
	case !utf8.ValidString(id), strings.ContainsFunc(id, unicode.IsControl):
		return fault.At(fault.Invalid, at, "%s has control characters in it", at)
	}
	return nil
}
