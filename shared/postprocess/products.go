package postprocess

import (
	"context"
	"encoding/json"
	"path"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/landsat"
	"perigee/shared/safe"
	"perigee/shared/stac"
)

// eodata is where CREODIAS mounts its archive, and the bucket that this is.
const (
	eodataMount  = "/eodata/"
	eodataBucket = "s3://EODATA/"
)

// products are the settings of the postprocessors that make items of products' own metadata.
type products struct {
	eodata     string // the address that /eodata/ stands for
	collection string // of the items; empty: as the product says
	bandKeys   bool   // of Sentinel-2: assets are called B04 and visual-10m, as they were before 2023
}

// ofProducts makes a postprocessor that reads products.
func ofProducts(read func(products, context.Context, string, Files) (stac.Draft, error), more ...string) maker {
	return func(at string, kwargs map[string]any) (Postprocessor, error) {
		k := settings{at: at, values: kwargs}
		p := products{eodata: k.text("eodata", eodataBucket), collection: k.text("collection", "")}
		for _, name := range more {
			p.bandKeys = k.oneOf(name, "names", "names", "bands") == "bands"
		}
		return func(ctx context.Context, item []byte, reach Reach) ([]byte, error) {
			if reach.Files == nil {
				return nil, fault.New(fault.Unsupported, "the files of products cannot be read here")
			}
			home, err := p.home(item)
			if err != nil {
				return nil, err
			}
			draft, err := read(p, ctx, home, reach.Files)
			if err != nil {
				return nil, err
			}
			return p.finish(draft)
		}, k.err()
	}
}

// home finds the address of the product that an item is of: properties.productIdentifier, as CREODIAS gives it.
func (p products) home(item []byte) (string, error) {
	var said struct {
		ID         string `json:"id"`
		Properties struct {
			Product string `json:"productIdentifier"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(item, &said); err != nil {
		return "", fault.Classify(fault.Invalid, err, "the item cannot be read")
	}
	home := strings.TrimRight(said.Properties.Product, "/")
	if rest, ok := strings.CutPrefix(home, eodataMount); ok {
		home = strings.TrimSuffix(p.eodata, "/") + "/" + rest
	}
	scheme, rest, ok := strings.Cut(home, "://")
	if !ok || rest == "" || scheme != "s3" && scheme != "http" && scheme != "https" {
		return "", fault.At(fault.Invalid, "properties.productIdentifier",
			"properties.productIdentifier of the item %q is %.200q, which is no address of a product: %s…, s3:// or http(s)://", said.ID, said.Properties.Product, eodataMount)
	}
	return home, nil
}

// finish gives a draft its collection and its title, and writes it.
func (p products) finish(draft stac.Draft) ([]byte, error) {
	if p.collection != "" {
		draft.Collection = p.collection
	}
	draft.Properties["title"] = draft.ID
	return draft.Encode()
}

// manifest reads the manifest of a SAFE product.
func manifest(ctx context.Context, home, name string, files Files) (safe.Manifest, error) {
	text, err := files.Read(ctx, home+"/"+name, safe.MaxManifest)
	if err != nil {
		return safe.Manifest{}, err
	}
	return safe.ReadManifest(home, name, text)
}

// sentinel1 makes the item of a product of Sentinel-1 (HRV-12).
func sentinel1(_ products, ctx context.Context, home string, files Files) (stac.Draft, error) {
	kind := ""
	if parts := strings.Split(path.Base(home), "_"); len(parts) > 2 {
		kind = parts[2]
	}
	collection := ""
	switch {
	case strings.HasPrefix(kind, "GRD"):
		collection = "S1GRD"
	case strings.HasPrefix(kind, "SLC"), strings.HasPrefix(kind, "SL1"):
		collection = "S1SLC"
	default:
		return stac.Draft{}, fault.At(fault.Unsupported, "properties.productIdentifier", "%s is a product of Sentinel-1 of type %q; GRD and SLC are read", path.Base(home), kind)
	}
	m, err := manifest(ctx, home, safe.ManifestName, files)
	if err != nil {
		return stac.Draft{}, err
	}
	annotation, err := firstThere(ctx, files, m.Annotations(), safe.MaxManifest)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return stac.Draft{}, err
	}
	draft, err := safe.Sentinel1(m, annotation)
	draft.Collection = collection
	return draft, err
}

// sentinel2 makes the item of a product of Sentinel-2 (HRV-11).
func sentinel2(p products, ctx context.Context, home string, files Files) (stac.Draft, error) {
	m, err := manifest(ctx, home, safe.ManifestName, files)
	if err != nil {
		return stac.Draft{}, err
	}
	var texts [2][]byte
	for i, is := range []func(string) bool{safe.IsProductMetadata, safe.IsGranuleMetadata} {
		href, ok := m.Find(is)
		if !ok {
			return stac.Draft{}, fault.At(fault.Invalid, "manifest.safe", "the manifest of %s names no %s", m.Name(), [...]string{"MTD_MSIL1C.xml or MTD_MSIL2A.xml", "MTD_TL.xml"}[i])
		}
		if texts[i], err = files.Read(ctx, href, safe.MaxManifest); err != nil {
			return stac.Draft{}, err
		}
	}
	draft, err := safe.Sentinel2(m, texts[0], texts[1])
	if err != nil {
		return stac.Draft{}, err
	}
	draft.Collection, _ = draft.Properties["s2:product_type"].(string)
	if p.bandKeys {
		safe.KeyByBand(draft.Assets)
	}
	return withQuickLook(ctx, draft, home, files)
}

// sentinel3 makes the item of a product of Sentinel-3 (HRV-13).
func sentinel3(_ products, ctx context.Context, home string, files Files) (stac.Draft, error) {
	m, err := manifest(ctx, home, safe.ManifestName3, files)
	if err != nil {
		return stac.Draft{}, err
	}
	draft, err := safe.Sentinel3(m)
	if err != nil {
		return stac.Draft{}, err
	}
	draft.Collection, _ = draft.Properties["s3:productType"].(string)
	return withQuickLook(ctx, draft, home, files)
}

// withQuickLook adds the picture that archives lay beside a product's files, when it is there.
func withQuickLook(ctx context.Context, draft stac.Draft, home string, files Files) (stac.Draft, error) {
	name := path.Base(home)
	return withThose(ctx, draft, files, stac.DraftAsset{Key: "thumbnail", Fields: map[string]any{
		"href": home + "/" + strings.TrimSuffix(name, path.Ext(name)) + "-ql.jpg", "type": "image/jpeg", "roles": []string{"thumbnail"},
	}})
}

// withThose adds the assets whose files are there.
func withThose(ctx context.Context, draft stac.Draft, files Files, assets ...stac.DraftAsset) (stac.Draft, error) {
	for _, a := range assets {
		href, _ := a.Fields["href"].(string)
		there, err := files.Exists(ctx, href)
		if err != nil {
			return stac.Draft{}, err
		}
		if there {
			draft.Assets = append(draft.Assets, a)
		}
	}
	return draft, nil
}

// landsat8 makes the item of a product of Landsat 8 or 9 (HRV-14): of the first of its metadata files that is there.
func landsat8(_ products, ctx context.Context, home string, files Files) (stac.Draft, error) {
	name := home + "/" + path.Base(home)
	text, err := firstThere(ctx, files, []string{name + "_MTL.xml", name + "_MTL.txt", name + "_MTL.json"}, landsat.MaxMTL)
	if err != nil {
		return stac.Draft{}, err
	}
	m, err := landsat.ReadMTL(text)
	if err != nil {
		return stac.Draft{}, err
	}
	angles, err := firstThere(ctx, files, []string{name + "_ANG.txt"}, landsat.MaxAngles)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return stac.Draft{}, err
	}
	draft, err := landsat.Item(m, angles, home)
	if err != nil {
		return stac.Draft{}, err
	}
	if level := m.Level(); m.Platform() == "landsat-8" && (level == "L1TP" || level == "L1GT") {
		draft.Collection = "L8MSI" + level[1:]
	}
	return withThose(ctx, draft, files, landsat.Beside(m, home)...)
}

// firstThere reads the first of the files that is there.
func firstThere(ctx context.Context, files Files, hrefs []string, limit int64) ([]byte, error) {
	for _, href := range hrefs {
		text, err := files.Read(ctx, href, limit)
		if fault.KindOf(err) != fault.NotFound || err == nil {
			return text, err
		}
	}
	return nil, fault.New(fault.NotFound, "none of these files is there: %s", strings.Join(hrefs, ", "))
}
