package stac

import "perigee/shared/fault"

// The values of a document's top-level "type".
const (
	TypeItem       = "Feature"
	TypeCollection = "Collection"
	TypeCatalog    = "Catalog"
)

// Type tells what a document says it is, TypeItem, TypeCollection or TypeCatalog, and reads no further than that.
func Type(raw []byte) (string, error) {
	if len(raw) > MaxSize {
		return "", check(raw)
	}
	for m, err := range walk(raw) {
		if err != nil {
			return "", notAnObject(raw)
		}
		if m.name == "type" {
			return knownType(raw[m.from:m.to])
		}
	}
	if err := check(raw); err != nil {
		return "", err
	}
	return "", fault.At(fault.Invalid, "type", "type is missing: a STAC document says Feature, Collection or Catalog here")
}

func notAnObject(raw []byte) error {
	if err := check(raw); err != nil {
		return err
	}
	return fault.New(fault.Invalid, "the document is not a JSON object")
}

func knownType(raw []byte) (string, error) {
	name, ok := unquote(raw)
	if !ok {
		return "", fault.At(fault.Invalid, "type", "type is not a string")
	}
	switch name {
	case TypeItem, TypeCollection, TypeCatalog:
		return name, nil
	}
	return "", fault.At(fault.Invalid, "type", "type is %.80q, which is not Feature, Collection or Catalog", name)
}

// openDocument checks a whole document and opens its top level.
func openDocument(r *reader, raw []byte, want string) (object, error) {
	if err := check(raw); err != nil {
		return object{}, err
	}
	from := space(raw, 0)
	if raw[from] != '{' {
		return object{}, notAnObject(raw)
	}
	top := node{r: r, raw: raw[from:]}.open()
	if got := top.get("type"); got.text() != want {
		got.fail("is %s, not %q", orMissing(got), want)
	}
	return top, nil
}

func orMissing(n node) string {
	if n.absent() {
		return n.kind()
	}
	return string(n.raw[:min(len(n.raw), 40)])
}

const maxID = 512 // bytes: identifiers are keys of an index

// id reads an identifier, which becomes part of addresses and keys.
func (n node) id() string {
	id := n.required()
	switch {
	case len(id) > maxID:
		n.fail("is longer than %d bytes", maxID)
	case id == "." || id == "..":
		n.fail("cannot be %q, which no address can carry", id)
	case hasControl(id):
		n.fail("has control characters in it")
	}
	return id
}

func hasControl(s string) bool {
	for _, c := range s {
		if c < ' ' || c == 0x7f {
			return true
		}
	}
	return false
}

// Check refuses what is not JSON in UTF-8, or larger than what is read, naming the line and column.
func Check(raw []byte) error { return check(raw) }
