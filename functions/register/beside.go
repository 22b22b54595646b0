package main

import (
	"context"
	"log/slog"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/iso19139"
	"perigee/shared/landsat"
	"perigee/shared/metadata"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/safe"
	"perigee/shared/stac"
	"perigee/shared/xmldoc"
)

// Metadata documents that lie beside an item (REG-10). The original registers some of them in the item's place, or makes
// others of them; here the item stays what it is for those who know STAC, and is found by what they say as well, which its
// record leads to. What is not there, or not understood, adds nothing, and what a host elsewhere does not answer in time neither:
// nobody here answers for that, and what comes with the item is not to wait for it.

// The assets by which an item names metadata documents of its own.
const (
	isoMetadata     = "iso-metadata"
	inspireMetadata = "inspire-metadata"
	productMetadata = "product-metadata"
)

// besides is how long all documents beside an item may take.
const besides = 30 * time.Second

// lookBeside adds to the record of an item what lies beside it says, and its place, if it says none itself.
func (r *registrar) lookBeside(ctx context.Context, req request, item *stac.Item, place string, kind product.Type, rec *record.Record) error {
	ctx, cancel := context.WithTimeout(ctx, besides)
	defer cancel()
	err := r.enrich(ctx, req, item, place, rec)
	if err == nil && rec.Footprint == nil {
		rec.Footprint, err = r.placeBeside(ctx, req, item, place, kind)
	}
	return err
}

// enrich adds to the record of an item what the metadata documents say that lie beside it.
func (r *registrar) enrich(ctx context.Context, req request, item *stac.Item, place string, rec *record.Record) error {
	for _, b := range []struct {
		key string
		add func(href string, text []byte, rec *record.Record) error
	}{{isoMetadata, addISO}, {productMetadata, addProduct}, {inspireMetadata, addINSPIRE}} {
		asset, ok := item.Asset(b.key)
		if !ok {
			continue
		}
		href := r.absolute(place, asset.Href)
		text, err := r.readBeside(ctx, req, href)
		if err == nil {
			err = b.add(href, text, rec)
		}
		if waited(href, err) {
			return err
		}
		if err != nil {
			slog.Info("a metadata document adds nothing", "id", rec.ID, "href", href, "why", err)
			continue
		}
		rec.Links = append(rec.Links, record.Link{Rel: "describedby", Href: href, Type: iso19139.MediaType, Title: "Metadata", Name: b.key})
	}
	return nil
}

// addISO adds what a metadata document says of any of the formats that are known.
func addISO(_ string, text []byte, rec *record.Record) error {
	read, err := formatOfXML(text)
	if err != nil {
		return err
	}
	said, err := read(text)
	if err == nil {
		addSaid(rec, said)
	}
	return err
}

// addProduct adds what the metadata of a product of Sentinel-2 say, and the way to its images (REG-12).
func addProduct(href string, text []byte, rec *record.Record) error {
	said, err := safe.Record(path.Dir(href), text)
	if err != nil {
		return err
	}
	addSaid(rec, said)
	known := map[string]bool{}
	for _, l := range rec.Links {
		known[l.Href] = true
	}
	for _, l := range said.Links {
		if !known[l.Href] && len(rec.Links) < maxLinks {
			rec.Links = append(rec.Links, l)
		}
	}
	return nil
}

// addINSPIRE adds the words of a document of INSPIRE by which products of Sentinel-2 are found; all else they say better
// themselves.
func addINSPIRE(_ string, text []byte, rec *record.Record) error {
	read, err := formatOfXML(text)
	if err != nil {
		return err
	}
	said, err := read(text)
	if err != nil {
		return err
	}
	words := record.Record{Keywords: said.Keywords, Footprint: said.Footprint, Properties: map[string]any{}}
	for _, name := range []string{record.PropertyThemes, record.PropertyTopicCategory, record.PropertyAccessConstraints} {
		if v, ok := said.Properties[name]; ok {
			words.Properties[name] = v
		}
	}
	addSaid(rec, words)
	return nil
}

// addSaid adds to a record what another document says of the same. The item's own word counts.
func addSaid(rec *record.Record, said record.Record) {
	if rec.Title == rec.ID && said.Title != "" {
		rec.Title = said.Title
	}
	if rec.Footprint == nil {
		rec.Footprint = said.Footprint
	}
	if rec.Abstract == "" {
		rec.Abstract = said.Abstract
	}
	for _, k := range said.Keywords {
		if !slices.Contains(rec.Keywords, k) {
			rec.Keywords = append(slices.Clip(rec.Keywords), k)
		}
	}
	properties := maps.Clone(said.Properties)
	if properties == nil {
		properties = map[string]any{}
	}
	maps.Copy(properties, rec.Properties)
	rec.Properties = properties
}

// readBeside reads a document that an item names.
func (r *registrar) readBeside(ctx context.Context, req request, href string) ([]byte, error) {
	w := &work{href: href}
	if err := r.locate(req.scope, w); err != nil {
		return nil, err
	}
	src, err := r.read(ctx, req.scope, w)
	return src.text, err
}

// waited tells whether a document that could not be read is worth another try of the whole: one of the object store's.
func waited(href string, err error) bool {
	return err != nil && !fault.KindOf(err).Permanent() && !isWeb(href)
}

// maxBeside is how many documents are asked for the place of an item that does not say it.
const maxBeside = 8

// placeBeside is the place of an item that says none, by the documents that describe its product: manifests of SAFE, the
// metadata of products of Sentinel-2 and of Landsat, observations (OGC 10-157r4), and all that records are read of; nil where none says it (REG-27).
func (r *registrar) placeBeside(ctx context.Context, req request, item *stac.Item, place string, kind product.Type) (orb.Geometry, error) {
	asked := 0
	for _, a := range item.Assets {
		if !describes(a, kind) {
			continue
		}
		if asked++; asked > maxBeside {
			break
		}
		href := r.absolute(place, a.Href)
		text, err := r.readBeside(ctx, req, href)
		var footprint orb.Geometry
		if err == nil {
			footprint, err = footprintOf(text)
		}
		switch {
		case waited(href, err):
			return nil, err
		case err != nil:
			slog.Info("a metadata document says no place", "id", item.ID, "href", href, "why", err)
		case footprint != nil:
			return footprint, nil
		}
	}
	return nil, nil
}

// describes tells whether an asset is a text that describes the product: one that its product type names, or that has the
// role, or is called as such texts are.
func describes(a stac.Asset, kind product.Type) bool {
	name := path.Base(a.Href)
	extension := strings.ToLower(path.Ext(name))
	if !slices.Contains([]string{".xml", ".safe", ".txt", ".json"}, extension) && !isXML(a.Type) {
		return false
	}
	return a.HasRole("metadata") || slices.Contains(kind.MetadataAssets, a.Key) || name == safe.ManifestName || name == safe.ManifestName3 ||
		name == "INSPIRE.xml" || safe.IsProductMetadata(name) || strings.Contains(name, "_MTL.")
}

// footprintOf is the place that a document says, by what it is.
func footprintOf(text []byte) (orb.Geometry, error) {
	_, root, isXML := xmldoc.Root(text)
	switch {
	case isXML && safe.IsDescription(root):
		return safe.Footprint(text)
	case !isXML || root == "LANDSAT_METADATA_FILE" || root == "L1_METADATA_FILE":
		mtl, err := landsat.ReadMTL(text)
		if err != nil {
			return nil, err
		}
		return mtl.Footprint()
	}
	said, err := metadata.Decode(text)
	return said.Footprint, err
}
