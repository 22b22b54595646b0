package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// source is a document as it was read.
type source struct {
	href string // empty for one that came by itself
	text []byte
}

// parser makes a change of a document of one kind.
type parser func(ctx context.Context, req request, src source) (*record.Change, error)

// parserOf is the way from a document's kind to what is written of it. Each route names the kind it takes; objects are
// taken as what they are at present.
func (r *registrar) parserOf(kind string, w *work, route eventing.Route) (parser, error) {
	routes := map[string]struct {
		route eventing.Route
		parse parser
	}{
		stac.TypeItem:       {eventing.RouteItems, r.item},
		stac.TypeCollection: {eventing.RouteCollections, r.collection},
	}
	found, ok := routes[kind]
	if !ok {
		return nil, fault.At(fault.Invalid, "type", "the document is a STAC %s: items and collections are registered", kind)
	}
	if w.document.Href == "" && route != found.route {
		return nil, fault.At(fault.Invalid, "type", "the document is a %s, not one of the %s that belong here", kind, route)
	}
	return found.parse, nil
}

// look finds out what a document asks for at present, and sets the change.
func (r *registrar) look(ctx context.Context, req request, w *work) error {
	w.object, w.looked, w.status = bucket.Object{}, time.Now(), r.newStatus(req, w)
	w.present = w.document.Href != "" && w.mode == eventing.ModeReplace && !req.explicit
	if w.asked != nil {
		return r.carryOut(ctx, req, w)
	}
	if w.document.Href != "" {
		if err := r.locate(req.scope, w); err != nil {
			return err
		}
	}
	if w.mode == eventing.ModeDeregister {
		return r.removal(ctx, req, w)
	}
	return r.addition(ctx, req, w)
}

// locate gives a document's address the form s3://bucket/key, in a bucket that the workspace may read.
func (r *registrar) locate(sc scope.Scope, w *work) error {
	name, key, ok := r.places.object(w.document.Href)
	if !ok {
		return fault.At(fault.Invalid, "url", "%s is not an object of the object store (s3://bucket/key)", w.document.Href)
	}
	w.document.Href = bucket.Href(name, key)
	w.status.Href = w.document.Href
	w.object.Bucket, w.object.Key = name, key
	return r.places.mayRead(sc.Workspace, name)
}

// addition reads the document and makes the change that registers it. An object that is gone is removed when the present
// state was asked for; its own notification may come before or after.
func (r *registrar) addition(ctx context.Context, req request, w *work) error {
	src, err := r.read(ctx, w)
	if fault.KindOf(err) == fault.NotFound && w.present {
		w.observed = true
		r.remove(w, record.Key{Workspace: req.scope.Workspace})
		return nil
	}
	if err != nil {
		return err
	}
	w.status.Collection, w.status.ID = names(src.text)
	kind, err := stac.Type(src.text)
	if err != nil {
		return err
	}
	parse, err := r.parserOf(kind, w, req.route)
	if err != nil {
		return err
	}
	w.change, err = parse(ctx, req, src)
	if err != nil {
		return err
	}
	w.change.Replace = w.mode == eventing.ModeReplace || r.replace
	w.change.Source = record.Source{Href: src.href, Version: w.object.ETag, Time: w.time()}
	w.change.Record.Source = src.href
	w.status.Collection, w.status.ID = w.change.Record.Collection, w.change.Record.ID
	return nil
}

func (r *registrar) read(ctx context.Context, w *work) (source, error) {
	if w.document.Href == "" {
		if len(w.document.Content) == 0 {
			return source{}, fault.New(fault.Invalid, "there is neither an address nor a document to register")
		}
		return source{text: w.document.Content}, nil
	}
	text, object, err := r.objects.ReadAll(ctx, w.object.Bucket, w.object.Key, stac.MaxSize)
	if err != nil {
		return source{}, err
	}
	w.object = object
	return source{href: w.document.Href, text: text}, nil
}

// names reads who a document says it is, as far as that goes, for the status of one that is not understood.
func names(text []byte) (collection, id string) {
	var who struct{ Collection, ID any }
	if json.Unmarshal(text, &who) != nil {
		return "", ""
	}
	collection, _ = who.Collection.(string)
	id, _ = who.ID.(string)
	return collection, id
}

// removal makes the change that removes a document's record. A notification says to look: what is there again is
// registered. An object that was there before the request is left alone, and its record removed as asked.
func (r *registrar) removal(ctx context.Context, req request, w *work) error {
	if w.document.Href == "" {
		return r.removalOf(ctx, req, w)
	}
	if !req.explicit {
		object, err := r.objects.Head(ctx, w.object.Bucket, w.object.Key)
		switch {
		case err == nil && !object.Modified.Before(w.document.Time.Truncate(time.Second)):
			slog.Info("the object is there again", "href", w.document.Href)
			w.mode, w.present = eventing.ModeReplace, true
			return r.addition(ctx, req, w)
		case err != nil && fault.KindOf(err) != fault.NotFound:
			return err
		}
		w.present, w.observed = err != nil, err != nil
	}
	r.remove(w, record.Key{Workspace: req.scope.Workspace})
	return nil
}

// removalOf removes the record of an id. Products that were registered under the name of their SAFE folder are found
// without its ending (REG-19).
func (r *registrar) removalOf(ctx context.Context, req request, w *work) error {
	if w.document.ID == "" {
		return fault.New(fault.Invalid, "there is neither an address nor an id to deregister")
	}
	w.status.Collection, w.status.ID = w.document.Collection, w.document.ID
	for _, id := range []string{w.document.ID, w.document.ID + ".SAFE"} {
		found, err := r.store.Record(ctx, req.scope.In(req.scope.Workspace), "", w.document.Collection, id)
		if err == nil {
			w.status.Collection, w.status.ID = found.Collection, found.ID
			r.remove(w, found.Key)
			w.change.Record.Type = found.Type
			return nil
		}
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	if req.explicit {
		return fault.At(fault.NotFound, "identifier", "there is no record %q", w.document.ID)
	}
	w.applied.Outcome = record.Absent
	return nil
}

func (r *registrar) remove(w *work, key record.Key) {
	w.mode = eventing.ModeDeregister
	w.change = &record.Change{Delete: true, Record: record.Record{Key: key}, Source: record.Source{Href: w.document.Href, Time: w.time()}}
}

// time orders the states of a document: when the object was last modified or the change was asked for, whichever is
// later; or when it was looked at, where that is known to be the latest state.
func (w *work) time() time.Time {
	asked := w.document.Time
	switch {
	case w.observed:
		return w.looked
	case w.document.Href != "" && w.object.Modified.After(asked):
		return w.object.Modified
	case asked.IsZero():
		return w.looked
	}
	return asked
}
