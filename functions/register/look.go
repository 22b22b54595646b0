package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"perigee/eventing"
	"perigee/shared/bucket"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// source is a document as it was read.
type source struct {
	href      string // empty for one that came by itself
	text      []byte
	mediaType string // as it was told with an answer
}

// parser makes a change of a document of one kind.
type parser func(ctx context.Context, req request, src source) (*record.Change, error)

// parserOf is the way from a document's kind to what is written of it. Each route names the kind it takes; objects are
// taken as what they are at present.
func (r *registrar) parserOf(kind string, w *work) (parser, error) {
	known := map[string]struct {
		route routes.Kind
		parse parser
	}{
		stac.TypeItem:       {routes.Items, r.item},
		stac.TypeCollection: {routes.Collections, r.collection},
	}
	found, ok := known[kind]
	if !ok {
		return nil, fault.At(fault.Invalid, "type", "the document is a STAC %s: items and collections are registered", kind)
	}
	if w.href == "" && w.way.Kind != found.route || w.way.Kind == routes.Path && kind != stac.TypeItem {
		return nil, fault.At(fault.Invalid, "type", "the document is a %s, not one of the %s that belong here", kind, w.way.Name)
	}
	return found.parse, nil
}

// look finds out what a document asks for at present, and sets the change.
func (r *registrar) look(ctx context.Context, req request, w *work) error {
	w.object, w.looked, w.href, w.status = bucket.Object{}, time.Now(), w.document.Href, r.newStatus(req, w)
	if w.asked != nil {
		return r.carryOut(ctx, req, w)
	}
	if err := r.listen(req.scope, w); err != nil {
		return err
	}
	if w.href != "" {
		if err := r.locate(req.scope, w); err != nil {
			return err
		}
	}
	w.present = w.object.Key != "" && w.mode == eventing.ModeReplace && !req.explicit
	if w.mode == eventing.ModeDeregister {
		return r.removal(ctx, req, w)
	}
	return r.addition(ctx, req, w)
}

// locate gives a document's address its one form: s3://bucket/key, in a bucket that the workspace may read, or that of a
// public place.
func (r *registrar) locate(sc scope.Scope, w *work) error {
	w.status.Href = w.href
	name, key, ok := r.places.object(w.href)
	if !ok && isWeb(w.href) {
		return nil
	}
	if !ok {
		return fault.At(fault.Invalid, "url", "%s is not an object of the object store (s3://bucket/key), nor at an address of http or https", w.href)
	}
	w.href = bucket.Href(name, key)
	w.status.Href = w.href
	w.object.Bucket, w.object.Key = name, key
	return r.mayRead(sc.Workspace, name)
}

// addition reads the document and makes the changes that register it. An object that is gone is removed when the present
// state was asked for; its own notification may come before or after.
func (r *registrar) addition(ctx context.Context, req request, w *work) error {
	changes, err := r.changesOf(ctx, req, w)
	if fault.KindOf(err) == fault.NotFound && w.present && w.object.ETag == "" {
		w.observed = true
		r.remove(w, record.Key{Workspace: req.scope.Workspace})
		return nil
	}
	if len(changes) == 0 || err != nil {
		return err
	}
	for i := range changes {
		r.complete(req, w, &changes[i])
	}
	w.change, w.parts = &changes[0], changes[1:]
	w.status.Collection, w.status.ID = w.change.Record.Collection, w.change.Record.ID
	return r.forsaken(ctx, req, w)
}

// complete sets what a change has of its document.
func (r *registrar) complete(req request, w *work, c *record.Change) {
	c.Replace = w.mode == eventing.ModeReplace || r.replace || w.way.Replace
	c.Source.Time = w.time()
	if w.href == "" {
		return
	}
	if c.Source.Href == "" {
		c.Source.Href = w.href
	}
	c.Source.Version, c.Record.Source = w.object.ETag, c.Source.Href
}

// changesOf is what a document asks for on its way: the change of the record that stands for it, and those of its parts.
func (r *registrar) changesOf(ctx context.Context, req request, w *work) ([]record.Change, error) {
	if w.way.Kind == routes.JSON {
		return r.dispatchJSON(ctx, req, w)
	}
	var src source
	var err error
	if reader := readerOfProduct(w.href); reader != "" && w.way.Kind == routes.Path {
		src, err = r.product(ctx, req, w, reader)
	} else {
		src, err = r.read(ctx, req.scope, w)
	}
	if err != nil {
		return nil, err
	}
	w.status.Collection, w.status.ID = names(src.text)
	kind, err := stac.Type(src.text)
	if err != nil {
		return nil, err
	}
	parse, err := r.parserOf(kind, w)
	if err != nil {
		return nil, err
	}
	req.way = w.way
	change, err := parse(ctx, req, src)
	if err != nil {
		return nil, err
	}
	return []record.Change{*change}, nil
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
	if w.href == "" {
		return r.removalOf(ctx, req, w)
	}
	noticed := !req.explicit && len(w.document.Content) == 0 // by a bucket: somebody else asks for what he says
	if noticed && readerOfProduct(w.href) != "" && w.way.Kind == routes.Path {
		w.mode, w.present = eventing.ModeReplace, true // a file of the product went, or did: what is there counts
		return r.addition(ctx, req, w)
	}
	if noticed && w.object.Key != "" {
		object, err := r.storeOf(req.scope.Workspace, w.object.Bucket).Head(ctx, w.object.Bucket, w.object.Key)
		switch {
		case err == nil && !object.Modified.Before(w.document.Time.Truncate(time.Second)):
			slog.Info("the object is there again", "href", w.href)
			w.mode, w.present = eventing.ModeReplace, true
			return r.addition(ctx, req, w)
		case err != nil && fault.KindOf(err) != fault.NotFound:
			return err
		}
		w.present, w.observed = err != nil, err != nil
	}
	r.remove(w, record.Key{Workspace: req.scope.Workspace})
	return r.forsaken(ctx, req, w)
}

// removalOf removes the record of an id. Products that were registered under the name of their SAFE folder are found
// without its ending (REG-19).
func (r *registrar) removalOf(ctx context.Context, req request, w *work) error {
	name := cmp.Or(w.document.ID, w.said.Identifier)
	if name == "" {
		return fault.New(fault.Invalid, "there is neither an address nor an id to deregister")
	}
	w.status.Collection, w.status.ID = w.document.Collection, name
	for _, id := range []string{name, name + safeEnding} {
		found, err := r.store.Record(ctx, req.scope.In(req.scope.Workspace), "", w.document.Collection, id)
		if err == nil {
			w.status.Collection, w.status.ID = found.Collection, found.ID
			r.remove(w, found.Key)
			w.change.Record.Type = found.Type
			return r.left(ctx, req, w, found.Source)
		}
		if fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	if req.explicit {
		return fault.At(fault.NotFound, "identifier", "there is no record %q", name)
	}
	r.removeLater(req, w, name)
	return nil
}

// removeLater keeps records of the names of something that is not there from being created by what is told late.
func (r *registrar) removeLater(req request, w *work, name string) {
	collection := w.document.Collection
	r.remove(w, record.Key{Workspace: req.scope.Workspace, Collection: collection, ID: name})
	w.change.Anywhere = collection == ""
	also := *w.change
	also.Record.ID = name + safeEnding
	w.parts = append(w.parts, also)
}

// safeEnding is that of the names of products' folders.
const safeEnding = ".SAFE"

func (r *registrar) remove(w *work, key record.Key) {
	w.mode = eventing.ModeDeregister
	w.change = &record.Change{Delete: true, Record: record.Record{Key: key}, Source: record.Source{Href: w.href, Time: w.time()}}
}

// time orders the states of a document: when the object was last modified or the change was asked for, whichever is
// later; or when it was looked at, where that is known to be the latest state.
func (w *work) time() time.Time {
	asked := w.document.Time
	switch {
	case w.observed:
		return w.looked
	case w.href != "" && w.object.Modified.After(asked):
		return w.object.Modified
	case asked.IsZero():
		return w.looked
	}
	return asked
}
