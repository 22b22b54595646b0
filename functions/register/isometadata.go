package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/stac"
)

// isoMetadata is the asset by which an item names a metadata document of its own.
const isoMetadata = "iso-metadata"

// enrich adds to the record of an item what the metadata document says that lies beside it (REG-10). The original registers
// that document in the item's place; here the item stays what it is for those who know STAC, and is found by what the
// document says as well, which its record leads to. A document that is not there, or not understood, adds nothing.
func (r *registrar) enrich(ctx context.Context, req request, item *stac.Item, place string, rec *record.Record) error {
	asset, ok := item.Asset(isoMetadata)
	if !ok {
		return nil
	}
	href := r.absolute(place, asset.Href)
	said, err := r.readMetadata(ctx, req, href)
	if err != nil && !fault.KindOf(err).Permanent() {
		return err
	}
	if err != nil {
		slog.Info("a metadata document adds nothing", "id", rec.ID, "href", href, "why", err)
		return nil
	}
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
	maps.Copy(properties, rec.Properties) // the item's own word counts
	rec.Properties = properties
	rec.Links = append(rec.Links, record.Link{Rel: "describedby", Href: href, Type: said.MediaType, Title: "Metadata", Name: isoMetadata})
	return nil
}

// readMetadata reads a metadata document of any of the formats that are known.
func (r *registrar) readMetadata(ctx context.Context, req request, href string) (record.Record, error) {
	w := &work{href: href}
	if err := r.locate(req.scope, w); err != nil {
		return record.Record{}, err
	}
	src, err := r.read(ctx, req.scope, w)
	if err != nil {
		return record.Record{}, err
	}
	read, err := formatOfXML(src.text)
	if err != nil {
		return record.Record{}, err
	}
	return read(src.text)
}
