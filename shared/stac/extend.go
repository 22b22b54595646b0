package stac

import (
	"slices"
	"strings"
)

// AddAsset adds an asset, which is a JSON object, behind the others. There must be none of the key.
func (e *Editor) AddAsset(key string, asset []byte) error {
	list, ok := find(e.top, "assets")
	if !ok || e.raw[list.from] != '{' {
		e.Set("assets", slices.Concat([]byte("{"), quote(key), []byte(":"), asset, []byte("}")))
		return nil
	}
	all, err := members(e.raw[list.from:list.to])
	if err != nil {
		return malformed(err)
	}
	e.set(list.from, all, key, asset)
	return nil
}

// AddExtension lists the schema of an extension among stac_extensions, unless it lists one that begins like it: another
// version of the extension, by which the document was written.
func (e *Editor) AddExtension(schema, family string) {
	list, ok := find(e.top, "stac_extensions")
	if !ok || e.raw[list.from] != '[' {
		e.Set("stac_extensions", slices.Concat([]byte("["), quote(schema), []byte("]")))
		return
	}
	text := quote(schema)
	for _, one := range elements(e.raw[list.from:list.to]) {
		if name, _ := unquote(one); strings.HasPrefix(name, family) {
			return
		}
		text = slices.Concat([]byte(","), quote(schema))
	}
	end := list.to - 1
	for space(e.raw, end-1) > end-1 {
		end--
	}
	e.replace(end, end, text)
}

// ShowsThumbnail tells whether the document has a small picture of itself: an asset with the role or the name of one, or
// a link to a preview (STAC 1.1.0 best practices, asset roles and relation types).
func (e *Editor) ShowsThumbnail(links []Link) bool {
	for _, l := range links {
		if l.Rel == "preview" || l.Rel == RoleThumbnail || l.Rel == "icon" {
			return true
		}
	}
	list, ok := find(e.top, "assets")
	if !ok {
		return false
	}
	for m, err := range walk(e.raw[list.from:list.to]) {
		if err != nil {
			return false
		}
		if m.name == RoleThumbnail || isThumbnail(e.raw[list.from+m.from:list.from+m.to]) {
			return true
		}
	}
	return false
}

// RoleThumbnail is the role of an asset that is a small picture of the item.
const RoleThumbnail = "thumbnail"

func isThumbnail(asset []byte) bool {
	for m, err := range walk(asset) {
		if err != nil {
			return false
		}
		if m.name != "roles" {
			continue
		}
		for _, role := range elements(asset[m.from:m.to]) {
			if name, _ := unquote(role); name == RoleThumbnail {
				return true
			}
		}
	}
	return false
}
