package main

import (
	"maps"
	"path"
	"slices"
	"strings"

	"perigee/shared/product"
	"perigee/shared/stac"
)

// wanted is an asset that is to become a coverage.
type wanted struct {
	asset    stac.Asset
	kind     product.CoverageType // zero when the configuration names none
	optional bool                 // the product is whole without it: a picture, a mask
	placed   bool                 // without a place on earth it is a fault; else it is left out
	apart    bool                 // its bands take no part in expressions by the names of bands
}

// typedAssets lists the assets that a product type draws: the first present one for each of its coverages, else one
// whose bands say that it holds them; and the ready-made pictures and masks that the item has.
func typedAssets(products product.Config, t product.Type, item *stac.Item) []wanted {
	var all []wanted
	taken := map[string]bool{}
	add := func(w wanted) {
		if !taken[w.asset.Key] {
			taken[w.asset.Key] = true
			all = append(all, w)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Coverages)) {
		kind, _ := products.CoverageTypeNamed(name)
		if asset, ok := firstAsset(item, t.Coverages[name].Assets); ok {
			add(wanted{asset: asset, kind: kind, placed: true})
		} else if asset, ok := assetWithBands(item, kind); ok {
			add(wanted{asset: asset, placed: true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Browses)) {
		if asset, ok := item.Asset(t.Browses[name].Asset); ok {
			add(wanted{asset: asset, optional: true, apart: true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Masks)) {
		if asset, ok := item.Asset(t.Masks[name].Asset); ok {
			add(wanted{asset: asset, optional: true, apart: true})
		}
	}
	return all
}

func firstAsset(item *stac.Item, keys []string) (stac.Asset, bool) {
	for _, key := range keys {
		if asset, ok := item.Asset(key); ok {
			return asset, true
		}
	}
	return stac.Asset{}, false
}

// assetWithBands finds a data asset with all the bands of a coverage type (REG-25).
func assetWithBands(item *stac.Item, kind product.CoverageType) (stac.Asset, bool) {
	for _, asset := range item.Assets {
		if len(kind.Bands) == 0 || !asset.HasRole("data") {
			continue
		}
		has := func(b product.Band) bool {
			return slices.ContainsFunc(asset.Bands, func(o stac.Band) bool { return o.Name == b.Identifier })
		}
		if !slices.ContainsFunc(kind.Bands, func(b product.Band) bool { return !has(b) }) {
			return asset, true
		}
	}
	return stac.Asset{}, false
}

// untypedAssets lists the rasters of an item that no product type takes.
func untypedAssets(item *stac.Item) []wanted {
	var all []wanted
	for _, asset := range item.Assets {
		if !isRaster(asset) || asset.HasRole("thumbnail") || asset.HasRole("metadata") {
			continue
		}
		data := len(asset.Roles) == 0 || asset.HasRole("data")
		all = append(all, wanted{asset: asset, optional: !data && !asset.HasRole("visual"), apart: asset.HasRole("visual") || asset.HasRole("overview")})
	}
	return all
}

// isRaster tells by the media type, or without one by the name, whether an asset is a GeoTIFF or JPEG 2000 file.
func isRaster(asset stac.Asset) bool {
	kind, name := strings.ToLower(asset.Type), asset.Href
	if asset.Within != "" {
		kind, name = "", asset.Within
	}
	if kind == "" || strings.HasPrefix(kind, "application/octet-stream") {
		switch strings.ToLower(path.Ext(name)) {
		case ".tif", ".tiff", ".jp2":
			return true
		}
		return false
	}
	return strings.Contains(kind, "tiff") || strings.Contains(kind, "jp2") || strings.Contains(kind, "jpeg2000")
}
