package stacapi

import (
	"net/http"
	"regexp"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// Assets in tiles: an item may have a template of the references of tiles instead of one file
// (https://github.com/stac-extensions/tiled-assets, v1.0.0). One that leads into the object store is answered as one that
// leads here.

// tileVariables are those of a tile's place, as the references of WMTS have them, and what may stand for each: nothing by
// which a key of the object store would lead to another folder.
var tileVariables = []struct {
	name, parameter string
	value           *regexp.Regexp
}{
	{"{TileMatrix}", "matrix", regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_:-]{0,99}$`)},
	{"{TileRow}", "row", regexp.MustCompile(`^[0-9]{1,10}$`)},
	{"{TileCol}", "column", regexp.MustCompile(`^[0-9]{1,10}$`)},
}

// tilePath is the end of the address of a tile.
const tilePath = "/{TileMatrix}/{TileRow}/{TileCol}"

// openTemplate gives the tiles of a template addresses that open them, as openAssets does with assets. A template with
// other variables stays.
func (a api) openTemplate(self, key, href string) stac.AssetEdit {
	plain := href
	for _, v := range tileVariables {
		plain = strings.ReplaceAll(plain, v.name, "")
	}
	if !strings.HasPrefix(href, schemeS3) || strings.Contains(plain, "{") {
		return stac.AssetEdit{Href: href}
	}
	address, ok := a.Assets.Public(href)
	if !ok {
		address = ogcapi.Href(self, "tiles", key) + tilePath
	}
	for _, v := range tileVariables {
		name := strings.Trim(v.name, "{}")
		address = strings.ReplaceAll(address, "%7B"+name+"%7D", v.name) // variables are no part of what is escaped
	}
	return stac.AssetEdit{Href: address, AlternateName: alternateName, Alternate: href}
}

// itemTile leads to a tile of an item.
func (a api) itemTile(w http.ResponseWriter, r *http.Request) error {
	item, err := a.Store.Item(r.Context(), ask(r).scope, r.PathValue("collection"), r.PathValue("item"))
	if err != nil {
		return err
	}
	if err := ogcapi.ReadParams(r).Err(); err != nil {
		return err
	}
	key := r.PathValue("template")
	href, ok := stac.TemplateHref(item.Document, key)
	if !ok {
		return fault.At(fault.NotFound, "template", "there is no template %q here", key)
	}
	if href = a.Assets.Place(resolved(item.Document, item.Source, href)); !strings.HasPrefix(href, schemeS3) {
		return fault.At(fault.NotFound, "template", "the tiles of %q do not lie in the object store", key)
	}
	for _, v := range tileVariables {
		value := r.PathValue(v.parameter)
		if !v.value.MatchString(value) {
			return fault.At(fault.NotFound, v.parameter, "there is no tile with the %s %q", v.parameter, clipped(value))
		}
		href = strings.ReplaceAll(href, v.name, value)
	}
	return a.open(w, r, item.Workspace, href)
}
