package csw

import (
	"context"
	"sync"

	"perigee/shared/record"
	"perigee/shared/scope"
)

// came is which formats the records of whole pages were lately found to have come in, and which not. Of those that did no more has to be
// read than their documents.
type came struct{ formats sync.Map }

// likely tells whether the records of a page will have come in a format; without a sign to the contrary they will.
func (c *came) likely(namespace string) bool {
	all, known := c.formats.Load(namespace)
	return !known || all == true
}

// note remembers whether all records of a page came in the format that they are answered in.
func (c *came) note(v view, found []record.Record) bool {
	all := v.Schema.CameAll(found)
	c.formats.Store(v.Schema.Namespace, all)
	return all
}

// find asks the store for a page. Where records are answered as they came, it is asked for their documents first.
func (h handler) find(ctx context.Context, sc scope.Scope, q Query, v view) (found []record.Record, matched int, err error) {
	if q.Limit == 0 || !q.Documents {
		return h.Store.Find(ctx, sc, q)
	}
	if h.came.likely(v.Schema.Namespace) {
		q.Bare = true
		if found, matched, err = h.Store.Find(ctx, sc, q); err != nil || h.came.note(v, found) {
			return found, matched, err
		}
		q.Bare, q.Uncounted = false, true // the number is known
		found, _, err = h.Store.Find(ctx, sc, q)
		return found, matched, err
	}
	found, matched, err = h.Store.Find(ctx, sc, q)
	if err == nil {
		h.came.note(v, found)
	}
	return found, matched, err
}
