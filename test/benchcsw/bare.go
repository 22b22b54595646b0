package main

import (
	"context"
	"time"

	"perigee/test/measure"
)

// bare is what HTTP alone costs for answers as large, in processor time of a server.
func (h *house) bare(ctx context.Context, k kind, seed uint64, size int) (time.Duration, error) {
	p, err := measure.Bare(ctx, size)
	if err != nil {
		return 0, err
	}
	defer p.Stop()
	t, err := h.drive(ctx, k, seed, h.time/4, p, connect(p))
	if err != nil {
		return 0, err
	}
	return t.cost().server, nil
}
