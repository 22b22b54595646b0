package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/shared/trace"
)

// semantics are what EOxServer calls the kinds of files that tell of a product or coverage, and the roles by which STAC
// knows them (STAC 1.1.0 best practices, list of asset roles). Each is also the name of an asset.
var semantics = map[string][]string{
	"description":   {"metadata"},
	"documentation": {"documentation"},
	"thumbnail":     {stac.RoleThumbnail},
	"other":         {"other"},
}

// metadata leads to a file that tells of an item or of one of its coverages, at the address that EOxServer has for it:
// GET /coverages/metadata/{id}/{semantic}, where format chooses among several. Who may read it, the function stac decides,
// which also has a thumbnail drawn where an item brings none.
func (p *painter) metadata(w http.ResponseWriter, r *http.Request) error {
	trace.Name(r.Context(), "metadata")
	semantic := r.PathValue("semantic")
	roles, ok := semantics[semantic]
	if !ok {
		return fault.At(fault.NotFound, "semantic", "%q is none of description, documentation, thumbnail and other", semantic)
	}
	asked := scope.FromContext(r.Context())
	found, err := p.itemOf(r.Context(), asked.Scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	item, err := stac.DecodeItem(found.Document)
	if err != nil {
		return fault.At(fault.NotFound, "id", "the item %q is not described by STAC, and has no files", found.ID)
	}
	asset, ok := fileOf(item.Assets, semantic, roles, ows.KVP(r).Get("format"))
	if !ok && semantic != stac.RoleThumbnail {
		return fault.At(fault.NotFound, "semantic", "the item %q has no file of %s", found.ID, semantic)
	}
	http.Redirect(w, r, asked.Base+documentPath(found.Key)+"/assets/"+url.PathEscape(asset), http.StatusFound)
	return nil
}

// itemOf finds an item by its id, or by that of one of its coverages (REG-25).
func (p *painter) itemOf(ctx context.Context, sc scope.Scope, id string) (record.Record, error) {
	found, err := p.store.Record(ctx, sc, record.TypeItem, "", id)
	if at := strings.LastIndexByte(id, '_'); fault.KindOf(err) == fault.NotFound && at > 0 {
		if whole, err := p.store.Record(ctx, sc, record.TypeItem, "", id[:at]); err == nil {
			if _, ok := stac.AssetHref(whole.Document, id[at+1:]); ok {
				return whole, nil
			}
		}
	}
	return found, err
}

// fileOf is the name of the asset with one of the roles, or of that name, and of the media type if one is wanted. Where
// there are several, XML tells most.
func fileOf(assets []stac.Asset, name string, roles []string, format string) (key string, ok bool) {
	key = name
	for _, a := range assets {
		fits := a.Key == name || slices.ContainsFunc(a.Roles, func(role string) bool { return slices.Contains(roles, role) })
		if !fits || format != "" && a.Type != format {
			continue
		}
		if xml := strings.Contains(a.Type, "xml"); !ok || xml {
			if key, ok = a.Key, true; xml {
				break
			}
		}
	}
	return key, ok
}
