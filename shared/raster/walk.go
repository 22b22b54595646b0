package raster

import (
	"context"
	"sync/atomic"
)

// walk is the way of whoever goes through a file unit by unit, as seeding and the reading of a whole map do: the unit that was
// decoded last.
type walk struct{ last atomic.Uint64 }

// stop packs the place of a unit; no place is 0.
func stop(l level, col, row int) uint64 {
	return uint64(l.index+1)<<48 | uint64(col)<<24 | uint64(row)
}

// onward claims the unit to the right of the only one that is to be decoded, where the one to its left was decoded last: it is
// the next that will be asked for, and two are decoded faster together. Only from a disk, since there it costs no request.
func (r *Renderer) onward(ctx context.Context, in *input, l level, mine []*entry) []*entry {
	if len(mine) == 0 || !in.file.onDisk() {
		return mine
	}
	at := mine[len(mine)-1].key
	before := in.file.walk.last.Swap(stop(l, at.col, at.row))
	if len(mine) > 1 || at.col == 0 || before != stop(l, at.col-1, at.row) || at.col+1 >= l.columns() || in.file.tiling(ctx, l) == nil {
		return mine
	}
	next, fresh := r.blocks.claim(in.key(l, at.col+1, at.row))
	if !fresh {
		return mine
	}
	r.claimAlong(in, l, next)
	r.ahead.Add(1)
	in.file.walk.last.Store(stop(l, at.col+1, at.row))
	return append(mine, next)
}
