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
	change := &record.Change{Record: r.itemRecord(req, item, src), Products: &req.products.Revision}
	place := placeOf(src, item.Links)
	how := r.drawing(req, item)
	if err := r.lookBeside(ctx, req, item, place, how.kind, &change.Record); err != nil {
		return nil, err
	}
	if !how.drawn {
		return change, nil
	}
	return change, r.draw(ctx, req, item, place, how, change)
}

// draw adds to an item's change what is drawn of it. One that says no place has that of its rasters (REG-27); without any it is
// on no map.
func (r *registrar) draw(ctx context.Context, req request, item *stac.Item, place string, how drawing, change *record.Change) error {
	var wanted []wanted
	switch {
	case how.typed:
		change.Record.ProductType = how.kind.Name
		wanted = typedAssets(req.products.Config, how.kind, item)
	case how.Auto:
		wanted = untypedAssets(item)
	}
	coverages, outline, err := r.coverages(ctx, req.scope, place, wanted)
	if err != nil {
		return err
	}
	if change.Record.Footprint == nil {
		change.Record.Footprint = outline
	}
	if change.Record.Footprint == nil {
		return nil
	}
	change.Record.Footprint, change.Coverages = simplified(change.Record.Footprint, how.Tolerance), coverages
	switch {
	case len(change.Coverages) == 0: // nothing to draw
	case how.typed:
		change.Layers = req.products.Accepted(how.kind)
	default:
		return show(change, product.Auto(item, change.Coverages), how.Drawing)
	}
	return nil
}

// drawing is how an item is drawn by the route that it comes by, or by that of items; drawn is false where it has a record only.
type drawing struct {
	routes.Drawing
	drawn bool
	kind  product.Type // that takes the item
	typed bool         // there is one
}

func (r *registrar) drawing(req request, item *stac.Item) (d drawing) {
	if !req.recorded {
		way := req.way
		if way.Kind != routes.Items && way.Kind != routes.Path {
			way = r.itemsWay()
		}
		var b routes.Backend
		b, d.drawn = way.Backend(routes.DataAccess)
		d.Drawing = b.Drawing
	}
	d.kind, d.typed = req.products.Only(d.ProductTypes).Match(item.Properties)
	return d
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
