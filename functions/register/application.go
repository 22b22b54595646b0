package main

import (
	"context"
	"path"

	"perigee/shared/cwl"
	"perigee/shared/record"
	"perigee/shared/routes"
)

// application registers a CWL application package: where its manifest lies, and where everybody can get it (REG-15).
func (r *registrar) application(ctx context.Context, req request, w *work, b routes.Backend) ([]record.Change, error) {
	src, err := r.read(ctx, req.scope, w)
	if err != nil {
		return nil, err
	}
	p, err := cwl.Decode(path.Base(w.href), src.text)
	if err != nil {
		return nil, err
	}
	d := p.Draft()
	links := []record.Link{{Rel: "manifest", Href: w.href, Type: cwl.MediaType, Title: "Application package", Name: "manifest"}}
	public := w.href
	if w.object.Key != "" {
		public = b.PublicHref(w.object.Bucket, w.object.Key)
	}
	if public != "" {
		links = append(links, record.Link{Rel: "data", Href: public, Type: cwl.MediaType, Title: "Application package", Name: "data"})
	}
	d.Links = append(links, d.Links...)
	change, err := composed(req, d, w.said.Parent)
	return []record.Change{change}, err
}
