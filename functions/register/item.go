package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"perigee/shared/fault"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/stac"
)

// item makes the change that registers a STAC item: its record, the coverages of its assets, and the layers that show
// them. A product type that takes the item says which assets those are; for an item that none takes, all rasters are,
// and it becomes a layer by itself (REG-05, REG-23, REG-25).
func (r *registrar) item(ctx context.Context, req request, src source) (*record.Change, error) {
	item, err := stac.DecodeItem(src.text)
	if err != nil {
		return nil, err
	}
	rec := r.itemRecord(req, item, src)
	change := &record.Change{Record: rec, Products: &req.products.Revision}
	place := placeOf(src, item.Links)
	if err := r.enrich(ctx, req, item, place, &change.Record); err != nil {
		return nil, err
	}
	drawing, drawn := r.drawing(req)
	kind, typed := req.products.Only(drawing.ProductTypes).Match(item.Properties)
	if change.Record.Footprint == nil {
		if change.Record.Footprint, err = r.placeBeside(ctx, req, item, place, kind); err != nil {
			return nil, err
		}
	}
	if !drawn || change.Record.Footprint == nil { // what has no place is on no map
		return change, nil
	}
	change.Record.Footprint = simplified(change.Record.Footprint, drawing.Tolerance)
	var wanted []wanted
	switch {
	case typed:
		change.Record.ProductType = kind.Name
		wanted = typedAssets(req.products.Config, kind, item)
	case drawing.Auto:
		wanted = untypedAssets(item)
	}
	if change.Coverages, err = r.coverages(ctx, req.scope, place, wanted); err != nil {
		return change, err
	}
	switch {
	case len(change.Coverages) == 0: // nothing to draw
	case typed:
		change.Layers = req.products.Accepted(kind)
	default:
		return change, show(change, product.Auto(item, change.Coverages), drawing)
	}
	return change, nil
}

// drawing is how items are drawn by the route that they come by, or by that of items; drawn is false where they have a
// record only.
func (r *registrar) drawing(req request) (d routes.Drawing, drawn bool) {
	if req.recorded {
		return d, false
	}
	way := req.way
	if way.Kind != routes.Items && way.Kind != routes.Path {
		way = r.itemsWay()
	}
	b, drawn := way.Backend(routes.DataAccess)
	return b.Drawing, drawn
}

// show makes an item a layer by itself when there is a way to draw it, and it is to be listed. Its coverages are of types
// that are called after its own (REG-24).
func show(change *record.Change, rendering product.Type, drawing routes.Drawing) error {
	if rendering.Name != "" {
		for i, c := range change.Coverages {
			change.Coverages[i].Type = rendering.Name + "_" + c.Asset
		}
	}
	if len(rendering.Browses) == 0 {
		return nil
	}
	browses, err := json.Marshal(rendering)
	if err != nil {
		return fault.Classify(fault.Internal, err, "the rendering of %s cannot be encoded", change.Record.ID)
	}
	if change.Browses = browses; drawing.Listed(routes.ServiceWMS) {
		change.Layers = []string{change.Record.ID}
	}
	return nil
}

func (r *registrar) itemRecord(req request, item *stac.Item, src source) record.Record {
	modern(item.Properties)
	rec := item.Record()
	rec.Keywords = append(rec.Keywords, derived(item)...)
	rec.Workspace = req.scope.Workspace
	rec.Document, rec.MediaType, rec.Version = src.text, stac.MediaTypeItem, versionOf(src.text)
	rec.Links = r.itemLinks(req, rec.Key, item, placeOf(src, item.Links))
	return rec
}

// collection makes the change that registers a STAC collection (REG-06, REG-13).
func (r *registrar) collection(_ context.Context, req request, src source) (*record.Change, error) {
	c, err := stac.DecodeCollection(src.text)
	if err != nil {
		return nil, err
	}
	rec := c.Record()
	rec.Workspace, rec.Document, rec.MediaType, rec.Version = req.scope.Workspace, src.text, stac.MediaTypeCollection, versionOf(src.text)
	rec.Links = collectionLinks(c)
	return &record.Change{Record: rec}, nil
}

// placeOf is where a document lies, by its own word when it came by itself.
func placeOf(src source, links []stac.Link) string {
	if src.href != "" {
		return src.href
	}
	for _, l := range links {
		if l.Rel == "self" {
			return l.Href
		}
	}
	return ""
}

// versionOf tells documents apart by their bytes.
func versionOf(document []byte) string {
	sum := sha256.Sum256(document)
	return hex.EncodeToString(sum[:16])
}
