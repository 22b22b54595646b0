package main

import (
	"context"
	"net/url"

	"perigee/shared/fault"
	"perigee/shared/ogcrecord"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/transaction"
)

// backend makes the changes that a document of a JSON route asks for: that of the record that stands for it first, then
// those of its parts (REG-09).
type backend func(ctx context.Context, req request, w *work, b routes.Backend) ([]record.Change, error)

// dispatchJSON has each backend of a JSON route make its changes.
func (r *registrar) dispatchJSON(ctx context.Context, req request, w *work) ([]record.Change, error) {
	known := map[routes.BackendKind]backend{
		routes.CatalogueJSON: r.jsonRecord, routes.CatalogueXML: addressed(r.xmlRecord), routes.CatalogueApplication: addressed(r.application),
		routes.CatalogueProcesses: addressed(r.processes), routes.CatalogueService: addressed(r.catalogueService),
	}
	var all []record.Change
	for _, b := range w.way.Backends {
		changes, err := known[b.Kind](ctx, req, w, b)
		if err != nil {
			return nil, err
		}
		for i := range changes {
			if w.href != "" && len(all) > 0 && changes[i].Source.Href == "" {
				changes[i].Source.Href = part(w.href, string(b.Kind))
			}
		}
		all = append(all, changes...)
	}
	return all, nil
}

// addressed is a backend that is told where a document lies; XML may come as a text, as harvests send it.
func addressed(next backend) backend {
	return func(ctx context.Context, req request, w *work, b routes.Backend) ([]record.Change, error) {
		if w.href == "" && (w.text == nil || b.Kind != routes.CatalogueXML) {
			return nil, fault.At(fault.Invalid, w.way.HrefField, "%s is missing: it says where the document lies", w.way.HrefField)
		}
		return next(ctx, req, w, b)
	}
}

// jsonRecord registers a record as it comes: a STAC item or collection, or a record of OGC API Records. Items are not drawn
// (REG-17).
func (r *registrar) jsonRecord(ctx context.Context, req request, w *work, _ routes.Backend) ([]record.Change, error) {
	src, err := r.read(ctx, req.scope, w)
	if err != nil {
		return nil, err
	}
	w.status.Collection, w.status.ID = names(src.text)
	kind, read, err := kindOf(ogcrecord.MediaType, src.text)
	if err != nil {
		return nil, err
	}
	parse := map[string]parser{record.TypeItem: r.item, record.TypeCollection: r.collection}[kind]
	if kind == transaction.Record {
		return recorded(read, req, src, "")
	}
	req.recorded = true
	change, err := parse(ctx, req, src)
	if err != nil {
		return nil, err
	}
	return []record.Change{*change}, nil
}

// xmlRecord registers a metadata document, whatever of the formats that are read it is of (REG-17).
func (r *registrar) xmlRecord(ctx context.Context, req request, w *work, _ routes.Backend) ([]record.Change, error) {
	src, err := r.read(ctx, req.scope, w)
	if err != nil {
		return nil, err
	}
	read, err := formatOfXML(src.text)
	if err != nil {
		return nil, err
	}
	return recorded(read, req, src, w.said.Parent)
}

// recorded makes the change that writes a document as a record; parent is the record that it belongs to, if its own words do
// not say.
func recorded(read recordFormat, req request, src source, parent string) ([]record.Change, error) {
	rec, err := read(src.text)
	if err != nil {
		return nil, err
	}
	rec.Workspace, rec.Document, rec.Version = req.scope.Workspace, src.text, versionOf(src.text)
	if parent != "" {
		rec.Collection = parent
	}
	return []record.Change{{Record: rec}}, nil
}

// composed makes the change that writes a record that is made here.
func composed(req request, d ogcrecord.Draft, parent string) (record.Change, error) {
	text, err := ogcrecord.Compose(d)
	if err != nil {
		return record.Change{}, err
	}
	changes, err := recorded(ogcrecord.Decode, req, source{text: text}, parent)
	if err != nil {
		return record.Change{}, err
	}
	links := changes[0].Record.Links
	for i := range links {
		if i < len(d.Links) {
			links[i].Protocol, links[i].Name = d.Links[i].Protocol, d.Links[i].Name
		}
	}
	return changes[0], nil
}

// identifierOf is the identifier of a service: its address with a hyphen for whatever is neither letter nor digit (REG-14).
func identifierOf(address string) string {
	id := []byte(address)
	for i, c := range id {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			id[i] = '-'
		}
	}
	return string(id)
}

// below is the address of something under that of a service.
func below(address, path string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.JoinPath(path).String()
}
