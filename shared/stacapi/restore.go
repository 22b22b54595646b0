package stacapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/stac"
)

// echo is what a document that was read here and comes back has of this API: its links, and the addresses of its assets.
type echo struct {
	Links      []json.RawMessage    `json:"links"`
	Assets     map[string]echoAsset `json:"assets"`
	Templates  map[string]echoAsset `json:"asset_templates"`
	Extensions []string             `json:"stac_extensions"`
}

type echoAsset struct {
	Href      string `json:"href"`
	Alternate map[string]struct {
		Href string `json:"href"`
	} `json:"alternate"`
}

// restored is a document, or a patch, as its author would have written it who never read it here: without the links by
// which this API says where a document stands, and with the places of assets that documents are served with other
// addresses for. Without this an item that is read, changed and written would lose its files. It undoes what edited does;
// all else stays byte for byte.
func (a api) restored(ctx context.Context, on asked, raw []byte, patch bool) ([]byte, error) {
	if !mayEcho(on, raw) {
		return raw, nil
	}
	var e echo
	if json.Unmarshal(raw, &e) != nil {
		return raw, nil // what is wrong with it is told by who writes it
	}
	change := map[string]any{}
	if links, echoed := ownLinks(on, e.Links); echoed {
		change["links"] = links
	}
	placed := map[string]map[string]any{}
	for name, all := range map[string]map[string]echoAsset{"assets": e.Assets, "asset_templates": e.Templates} {
		var err error
		if placed[name], err = a.placed(ctx, on, all, patch); err != nil {
			return nil, err
		}
		if len(placed[name]) > 0 {
			change[name] = placed[name]
		}
	}
	if extensions, echoed := e.ownExtensions(placed); echoed {
		change["stac_extensions"] = extensions
	}
	if len(change) == 0 {
		return raw, nil
	}
	text, err := ogcapi.Encode(change)
	if err != nil {
		return nil, err
	}
	return stac.MergePatch(raw, text)
}

// mayEcho tells, without taking it apart, whether a document may have been read here.
func mayEcho(on asked, raw []byte) bool {
	u, err := url.Parse(on.root)
	return err == nil && bytes.Contains(raw, []byte(u.Host)) || bytes.Contains(raw, []byte(schemeS3)) && bytes.Contains(raw, []byte(`"alternate"`))
}

// given are the relations of links that this API gives documents, to addresses of its own: where they stand, and what
// more it offers of them or their items.
var given = append(slices.Clone(structural), "alternate", "canonical", relQueryables, relAggregate, relAggregations, relEnclosure)

// ownLinks are the links of a document without those that this API gave it.
func ownLinks(on asked, links []json.RawMessage) (own []json.RawMessage, others bool) {
	own = []json.RawMessage{}
	for _, raw := range links {
		var l stac.Link
		here := json.Unmarshal(raw, &l) == nil && (l.Href == on.root || strings.HasPrefix(l.Href, on.root+"/") || strings.HasPrefix(l.Href, on.root+"?"))
		if here && slices.Contains(given, l.Rel) {
			others = true
		} else {
			own = append(own, raw)
		}
	}
	return own, others
}

// ownExtensions are the extensions of a document without that of alternate assets, when no asset has one any more that
// this API did not give it. placed are the changes of the assets.
func (e echo) ownExtensions(placed map[string]map[string]any) (own []string, other bool) {
	changed := 0
	for name, all := range map[string]map[string]echoAsset{"assets": e.Assets, "asset_templates": e.Templates} {
		for key, asset := range all {
			change, some := placed[name][key].(map[string]any)
			if len(asset.Alternate) > 0 && (!some || change["alternate"] != nil) {
				return nil, false
			}
		}
		changed += len(placed[name])
	}
	own = slices.DeleteFunc(slices.Clone(e.Extensions), func(schema string) bool { return schema == alternateSchema })
	return own, changed > 0 && len(own) < len(e.Extensions)
}

// placed is a merge patch that gives assets the places where they lie. An address that leads to nothing goes: with the
// asset, or alone where a patch names it.
func (a api) placed(ctx context.Context, on asked, assets map[string]echoAsset, patch bool) (map[string]any, error) {
	change := map[string]any{}
	for key, asset := range assets {
		here := strings.HasPrefix(asset.Href, on.root+"/collections/")
		if lies := asset.Alternate[alternateName].Href; strings.HasPrefix(lies, schemeS3) && (here || a.isPublic(asset.Href, lies)) {
			change[key] = map[string]any{"href": lies, "alternate": withoutS3(asset)}
			continue
		}
		if !here {
			continue
		}
		href, err := a.lies(ctx, on, asset.Href)
		switch {
		case err != nil:
			return nil, err
		case href != "":
			change[key] = map[string]any{"href": href}
		case patch:
			change[key] = map[string]any{"href": nil}
		default:
			change[key] = nil
		}
	}
	return change, nil
}

// withoutS3 is a merge patch of the alternates of an asset that takes away the place that it lies at.
func withoutS3(asset echoAsset) any {
	if len(asset.Alternate) == 1 {
		return nil
	}
	return map[string]any{alternateName: nil}
}

// isPublic tells whether an address is that at which everybody reads a file.
func (a api) isPublic(address, lies string) bool {
	public, ok := a.Assets.Public(lies)
	return ok && public == address
}

// lies finds where an asset lies that is served under an address, empty where that leads to none.
func (a api) lies(ctx context.Context, on asked, address string) (string, error) {
	parts := strings.Split(strings.TrimPrefix(address, on.root+"/collections/"), "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return "", nil
		}
		parts[i] = plain
	}
	var document []byte
	var source, key string
	var err error
	find := stac.AssetHref
	switch {
	case len(parts) == 8 && parts[1] == "items" && parts[3] == "tiles":
		find = stac.TemplateHref
		item, failed := a.Store.Item(ctx, on.scope, parts[0], parts[2])
		document, source, key, err = item.Document, item.Source, parts[4], failed
	case len(parts) == 5 && parts[1] == "items" && parts[3] == "assets":
		item, failed := a.Store.Item(ctx, on.scope, parts[0], parts[2])
		document, source, key, err = item.Document, item.Source, parts[4], failed
	case len(parts) == 3 && parts[1] == "assets":
		c, failed := a.Store.Collection(ctx, on.scope, parts[0])
		document, source, key, err = c.Document, c.Source, parts[2], failed
	}
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", err
	}
	href, ok := find(document, key)
	if err != nil || !ok {
		return "", nil
	}
	return resolved(document, source, href), nil
}
