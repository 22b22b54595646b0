package main

import (
	"context"
	"errors"
	"slices"

	"perigee/shared/catalogue"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// apply writes the changes, as many in one transaction as the catalogue takes. What a document holds is written at once.
func (r *registrar) apply(ctx context.Context, sc scope.Scope, pending []*work) error {
	var changing []*work
	for _, w := range pending {
		if w.err == nil && w.change != nil {
			changing = append(changing, w)
		}
	}
	var late []record.Change
	for len(changing) > 0 {
		changes, n := batchOf(changing)
		applied, err := r.store.Apply(ctx, sc, changes)
		if err != nil {
			return err
		}
		for _, w := range changing[:n] {
			own := applied[:1+len(w.parts)]
			w.applied, w.err, applied = own[0], failureOf(own), applied[len(own):]
			late = append(late, w.partsOfTheLate()...)
		}
		changing = changing[n:]
	}
	return r.takeBack(ctx, sc, late)
}

// partsOfTheLate are the removals of the parts of a document that came too late: they have no later word of their own, when
// nobody knew of them before.
func (w *work) partsOfTheLate() []record.Change {
	if w.applied.Outcome != record.Stale {
		return nil
	}
	var all []record.Change
	for _, c := range w.parts {
		if !c.Delete {
			key := record.Key{Workspace: c.Record.Workspace}
			all = append(all, record.Change{Delete: true, Record: record.Record{Key: key}, Source: record.Source{Href: c.Source.Href, Time: c.Source.Time}})
		}
	}
	return all
}

func (r *registrar) takeBack(ctx context.Context, sc scope.Scope, late []record.Change) error {
	for some := range slices.Chunk(late, catalogue.MaxChanges) {
		if _, err := r.store.Apply(ctx, sc, some); err != nil {
			return err
		}
	}
	return nil
}

// batchOf takes as many works as fit into one transaction, and gives their changes: each work's own, and its parts'.
func batchOf(changing []*work) (changes []record.Change, n int) {
	for _, w := range changing {
		if n > 0 && len(changes)+1+len(w.parts) > catalogue.MaxChanges {
			break
		}
		changes, n = append(append(changes, *w.change), w.parts...), n+1
	}
	return changes, n
}

// failureOf is why a document's changes were not all made.
func failureOf(applied []record.Applied) error {
	var errs []error
	for _, a := range applied {
		errs = append(errs, a.Err)
	}
	return errors.Join(errs...)
}
