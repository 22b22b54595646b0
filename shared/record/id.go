package record

import (
	"crypto/sha256"
	"fmt"
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

// DigestID is the identifier of a document that has none of its own: the same for the same bytes (a UUID of version 8, RFC
// 9562, 5.8).
func DigestID(document []byte) string {
	sum := sha256.Sum256(document)
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}
