package main

import (
	"context"
	"log/slog"

	"perigee/shared/product"
	"perigee/shared/scope"
)

// productsOf is the configuration of products of a scope's workspace as it is now. That of the system's is a setting;
// another's may have changed, of which the catalogue tells no more than that, unless it did. The catalogue refuses what
// was made by another one than is current when it is written: then the request is repeated.
func (r *registrar) productsOf(ctx context.Context, sc scope.Scope) (product.Own, error) {
	own := r.products.Of(sc.Workspace)
	if sc.Workspace == scope.System {
		return own, nil
	}
	overlay, err := r.store.Overlay(ctx, sc, own.Revision)
	if err != nil {
		return own, err
	}
	own, err = r.products.Learn(sc.Workspace, own, overlay.Revision, overlay.Text)
	if err != nil {
		slog.Error("the products of a workspace cannot be read", "workspace", sc.Workspace, "error", err)
	}
	return own, nil
}
