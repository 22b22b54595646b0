package main

import (
	"context"

	"perigee/shared/product"
	"perigee/shared/scope"
)

// productsOf is the configuration of products of a scope's workspace as it is now. That of the system's is a setting;
// another's may have changed, of which the catalogue tells no more than that, unless it did. The catalogue refuses what
// was made by another one than is current when it is written: then the request is repeated.
func (r *registrar) productsOf(ctx context.Context, sc scope.Scope) (product.Own, error) {
	if sc.Workspace == scope.System {
		return r.products.Of(sc.Workspace), nil
	}
	return r.products.Ask(sc.Workspace, func(known int64) (int64, []byte, error) {
		overlay, err := r.store.Overlay(ctx, sc, known)
		return overlay.Revision, overlay.Text, err
	})
}
