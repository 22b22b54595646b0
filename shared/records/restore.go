package records

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// given are the relations of links that this API gives records, and the STAC API items, to addresses of their own.
var given = []string{"self", "alternate", "canonical", "collection", "parent", "root"}

// restored is a record, or a patch, as its author would have written it who never read it here: without the links that
// this API gave it, or the STAC API, which gave it other addresses of its files, too. All else stays byte for byte.
func restored(on asked, raw []byte) ([]byte, error) {
	if !bytes.Contains(raw, []byte(on.root)) && !bytes.Contains(raw, []byte(on.base+stacRoot)) {
		return raw, nil
	}
	e, err := stac.NewEditor(raw)
	if err != nil {
		return raw, nil // what is wrong with it is told by who writes it
	}
	if links, err := e.Links(); err == nil {
		own := slices.DeleteFunc(slices.Clone(links), on.gave)
		if len(own) < len(links) {
			own = slices.DeleteFunc(own, func(l stac.Link) bool { return l.Rel == "profile" && l.Href == profileRecord })
			if err := e.SetLinks(own); err != nil {
				return nil, err
			}
		}
	}
	return on.unserved(e.Bytes())
}

// gave tells whether a link says where a document stands here.
func (on asked) gave(l stac.Link) bool {
	here := strings.HasPrefix(l.Href, on.root+"/") || l.Href == on.base+stacRoot || strings.HasPrefix(l.Href, on.base+stacRoot+"/")
	return here && slices.Contains(given, l.Rel)
}

// stacRoot is where the STAC API is.
const stacRoot = "/stac"

// served are the assets of a document, and its extensions, as the STAC API answers with them.
type served struct {
	Assets map[string]struct {
		Href      string
		Alternate map[string]struct{ Href string }
	}
	Extensions []string `json:"stac_extensions"`
}

// unserved gives the assets of an item that was read by the STAC API the addresses that they have for their author: it kept them
// beside its own (https://github.com/stac-extensions/alternate-assets). A picture that it offers of an item without one goes.
func (on asked) unserved(raw []byte) ([]byte, error) {
	var was served
	if json.Unmarshal(raw, &was) != nil {
		return raw, nil
	}
	assets, alternates := map[string]any{}, 0
	for key, a := range was.Assets {
		lies := a.Alternate["s3"].Href
		switch here := strings.HasPrefix(a.Href, on.base+stacRoot+"/collections/"); {
		case here && lies == "":
			assets[key] = nil
		case here && len(a.Alternate) == 1:
			assets[key] = map[string]any{"href": lies, "alternate": nil}
		case here:
			assets[key] = map[string]any{"href": lies, "alternate": map[string]any{"s3": nil}}
			alternates++
		default:
			alternates += len(a.Alternate)
		}
	}
	if len(assets) == 0 {
		return raw, nil
	}
	change := map[string]any{"assets": assets}
	if own := slices.DeleteFunc(slices.Clone(was.Extensions), isAlternates); alternates == 0 && len(own) < len(was.Extensions) {
		change["stac_extensions"] = own
	}
	text, err := ogcapi.Encode(change)
	if err != nil {
		return nil, err
	}
	return stac.MergePatch(raw, text)
}

// isAlternates tells whether an extension is that of alternate assets.
func isAlternates(schema string) bool {
	return strings.HasPrefix(schema, "https://stac-extensions.github.io/alternate-assets/")
}
