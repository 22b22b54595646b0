package raster

import (
	"context"
	"sync/atomic"
)

// within does something that cannot be given up itself, a call of GDAL, and gives it up when the context ends: the
// request goes on, and what comes out at last goes to late.
func within[T any](ctx context.Context, do func() (T, error), late func(T)) (T, error) {
	if ctx.Done() == nil {
		return do()
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	var taken atomic.Bool // by whichever comes first: the result or the end of the context
	go func() {
		var r result
		func() {
			defer recovered(&r.err)
			r.value, r.err = do()
		}()
		if taken.CompareAndSwap(false, true) {
			done <- r
		} else {
			late(r.value)
		}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		if taken.CompareAndSwap(false, true) {
			var none T
			return none, cancelled(ctx)
		}
		r := <-done
		return r.value, r.err
	}
}
