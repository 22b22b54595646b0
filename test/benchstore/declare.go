package main

import (
	"context"

	"perigee/shared/catalogue"
)

// declare gives the properties that questions are sorted by their indexes, as the job does that prepares a release.
func (h *house) declare(ctx context.Context) error {
	return catalogue.BuildIndexes(ctx, h.url, map[string]string{"eo:cloud_cover": "number"}, func(string) {})
}
