package main

import (
	"context"
	"errors"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// word makes the change that writes a document at somebody's word, as registering does. All that is wrong with it is told
// together.
func (r *registrar) word(ctx context.Context, req request, w *work, document []byte, expected *record.Condition) error {
	document, err := ofControlFile(w.asked, document)
	if err != nil {
		return err
	}
	read, err := r.readerOf(ctx, req, w.asked, document)
	if err != nil {
		return err
	}
	text, err := read.complete(w.asked, document)
	if err != nil {
		return err
	}
	change, err := read.parse(ctx, req, source{text: text})
	if err != nil {
		return err
	}
	if w.asked.Kind == transaction.Record && w.asked.Operation == transaction.Create {
		// the parent that a record in XML names may come later, or never
		expected.Collected = change.Record.Collection != "" && change.Record.Collection != record.Uncollected && (w.asked.Collection != "" || isSTAC(change.Record.Type))
	}
	change.Replace, change.If, change.Source.Time = true, expected, w.document.Time
	w.change, w.written = change, text
	w.status.Collection, w.status.ID = change.Record.Collection, change.Record.ID
	return nil
}

// reading is how documents of a kind are read that somebody writes: completed by what their address says, with all that is
// wrong with them, and parsed.
type reading struct {
	complete func(c *transaction.Change, document []byte) ([]byte, error)
	parse    parser
}

func (r *registrar) readerOf(ctx context.Context, req request, c *transaction.Change, document []byte) (reading, error) {
	switch c.Kind {
	case record.TypeItem:
		return reading{wholeItem, r.item}, nil
	case record.TypeCollection:
		return reading{wholeCollection, r.collection}, nil
	case transaction.Record:
		return r.recordReader(ctx, req, c, document)
	}
	return reading{}, fault.At(fault.Invalid, "kind", "there is no kind %q of records", c.Kind)
}

func wholeItem(c *transaction.Change, document []byte) ([]byte, error) {
	text, err := stac.CompleteItem(document, c.Collection, c.ID)
	if text != nil && err != nil {
		_, wrong := stac.DecodeItem(text)
		err = errors.Join(err, wrong)
	}
	return text, err
}

func wholeCollection(c *transaction.Change, document []byte) ([]byte, error) {
	text, err := stac.CompleteCollection(document, c.ID)
	if text != nil && err != nil {
		_, wrong := stac.DecodeCollection(text)
		err = errors.Join(err, wrong)
	}
	return text, err
}

// deletion makes the change that removes a record.
func (r *registrar) deletion(ctx context.Context, req request, w *work, expected *record.Condition) error {
	key, typ := record.Key{Workspace: req.scope.Workspace, Collection: w.asked.Collection, ID: w.asked.ID}, typeOf(w.asked.Kind)
	if typ == "" {
		found, err := r.standing(ctx, req, w.asked)
		if err != nil {
			return err
		}
		key, typ = found.Key, found.Type
		expected.Empty = typ == record.TypeCollection
	}
	r.remove(w, key)
	w.change.Record.Type, w.change.If = typ, expected
	w.status.Collection, w.status.ID = key.Collection, key.ID
	return nil
}

// patched is the document that a patch leads to from the record as it is now, in which it must still be when that is
// written.
func (r *registrar) patched(ctx context.Context, req request, c *transaction.Change, expected *record.Condition) ([]byte, error) {
	found, err := r.standing(ctx, req, c)
	if err != nil {
		return nil, err
	}
	if c.Kind == transaction.Record && (isSTAC(found.Type) || !isJSON(found.MediaType)) {
		return nil, fault.At(fault.Conflict, "id", "the record %q came as %s of another standard, by which it is changed", c.ID, found.MediaType)
	}
	expected.Present = true
	if len(expected.Versions) == 0 {
		expected.Versions = []string{found.Version}
	}
	document, err := apart(found)
	if err != nil {
		return nil, err
	}
	return stac.MergePatch(document, c.Document)
}

// standing is the record that a change is about, as it is now.
func (r *registrar) standing(ctx context.Context, req request, c *transaction.Change) (record.Record, error) {
	found, err := r.store.Record(ctx, req.scope.In(req.scope.Workspace), typeOf(c.Kind), c.Collection, c.ID)
	if fault.KindOf(err) == fault.NotFound && c.Kind == record.TypeCollection {
		return found, fault.At(fault.NotFound, "id", "nobody described a collection %q: there is nothing to patch", c.ID)
	}
	return found, err
}

// apart is a record's document as it can stand by itself: what it refers to beside the place where it lies is named with
// that place. Everything else keeps its bytes.
func apart(found record.Record) ([]byte, error) {
	if found.Source == "" {
		return found.Document, nil
	}
	e, err := stac.NewEditor(found.Document)
	if err != nil {
		return nil, err
	}
	links, err := e.Links()
	if err != nil {
		return nil, err
	}
	moved := false
	for i, l := range links {
		if href := stac.ResolveHref(found.Source, l.Href); href != l.Href {
			links[i], moved = l.Moved(href), true
		}
	}
	if moved {
		if err := e.SetLinks(links); err != nil {
			return nil, err
		}
	}
	err = e.EditAssets(func(_, href string) stac.AssetEdit { return stac.AssetEdit{Href: stac.ResolveHref(found.Source, href)} })
	return e.Bytes(), err
}

// overtaken tells whether a patch came too late for the state that it was made from, which nobody named.
func (w *work) overtaken() bool {
	return w.asked != nil && w.asked.Operation == transaction.Patch && len(w.asked.Versions) == 0 && fault.KindOf(w.err) == fault.Outdated
}

// typeOf is the type of records that a kind of change is about, empty for any.
func typeOf(kind string) string {
	if kind == transaction.Record {
		return ""
	}
	return kind
}
