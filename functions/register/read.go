package main

import (
	"context"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// read gives the document of a work as it is at present, behind the handlers of its route: what came with the request, the
// object, or what a public address answers.
func (r *registrar) read(ctx context.Context, sc scope.Scope, w *work) (source, error) {
	src, err := r.fetch(ctx, sc, w)
	if err != nil {
		return src, err
	}
	return r.before(ctx, w, src)
}

func (r *registrar) fetch(ctx context.Context, sc scope.Scope, w *work) (source, error) {
	switch {
	case w.href == "" && len(w.document.Content) == 0:
		return source{}, fault.New(fault.Invalid, "there is neither an address nor a document to register")
	case w.href == "" && w.text != nil:
		return source{text: w.text}, nil
	case w.href == "":
		return source{text: w.document.Content}, nil
	case w.object.Key == "":
		answer, err := r.get(ctx, w.href, acceptJSON)
		return source{href: w.href, text: answer.Body, mediaType: answer.Header.Get("Content-Type")}, err
	}
	text, object, err := r.storeOf(sc.Workspace, w.object.Bucket).ReadAll(ctx, w.object.Bucket, w.object.Key, stac.MaxSize)
	if err != nil {
		return source{}, err
	}
	w.object = object
	return source{href: w.href, text: text, mediaType: object.ContentType}, nil
}

// partMark is between the address of a document and the name of a part of it that is a record by itself.
const partMark = "#"

// part is the address of a part of the document at href.
func part(href, name string) string { return href + partMark + name }

// forsaken adds the removal of the parts that a document had and no longer has. Only what is read at public addresses has
// parts.
func (r *registrar) forsaken(ctx context.Context, req request, w *work) error {
	if w.object.Key != "" || w.href == "" {
		return nil
	}
	return r.left(ctx, req, w, w.href)
}

// left adds the removal of the parts of the document at href that are not among those that a work writes.
func (r *registrar) left(ctx context.Context, req request, w *work, href string) error {
	if !isWeb(href) {
		return nil
	}
	hrefs, err := r.store.SourcesWithin(ctx, req.scope, href+partMark)
	if err != nil {
		return err
	}
	written := map[string]bool{}
	for _, c := range w.parts {
		written[c.Source.Href] = true
	}
	for _, href := range hrefs {
		if !written[href] {
			key := record.Key{Workspace: req.scope.Workspace}
			w.parts = append(w.parts, record.Change{Delete: true, Record: record.Record{Key: key}, Source: record.Source{Href: href, Time: w.time()}})
		}
	}
	return nil
}
