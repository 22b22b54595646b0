package catalogue

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// Apply writes changes to the scope's workspace in one transaction: records, documents, coverages, what lay where,
// tombstones, events and revisions. A change that can never work, or may not, has its reason in its result, and the
// others are written; with an error all may be tried again. The same changes may come any number of times and in any
// order.
func (s *Store) Apply(ctx context.Context, sc scope.Scope, changes []record.Change) ([]record.Applied, error) {
	return s.applyEach(ctx, sc, changes, s.write)
}

// ApplyAll is Apply of changes that belong together: when one is refused, none is written, and results say why; those of the
// others have no outcome.
func (s *Store) ApplyAll(ctx context.Context, sc scope.Scope, changes []record.Change) ([]record.Applied, error) {
	results, err := s.applyEach(ctx, sc, changes, s.writeAll)
	for i := range results {
		if slices.ContainsFunc(results, func(r record.Applied) bool { return r.Err != nil }) {
			results[i].Outcome, results[i].Version = "", ""
		}
	}
	return results, err
}

// writer writes changes that are ready, and says in results what became of them.
type writer func(ctx context.Context, workspace string, changes []*change, results []record.Applied) error

func (s *Store) applyEach(ctx context.Context, sc scope.Scope, changes []record.Change, write writer) ([]record.Applied, error) {
	if err := sc.MayWrite(); err != nil {
		return nil, err
	}
	if len(changes) > MaxChanges {
		return nil, fault.New(fault.Invalid, "%d changes at once, at most %d are possible", len(changes), MaxChanges)
	}
	results := make([]record.Applied, len(changes))
	ready := prepareChanges(sc.Workspace, changes, results)
	if len(ready) == 0 {
		return results, nil
	}
	if err := write(ctx, sc.Workspace, ready, results); err != nil {
		return nil, err
	}
	s.mergeTally(ctx, len(ready))
	return results, nil
}

// write writes changes in one transaction. Data that only the database knows it cannot hold fails that transaction; then
// the changes are written one by one, so that the one at fault is refused and no other.
func (s *Store) write(ctx context.Context, workspace string, changes []*change, results []record.Applied) error {
	err := s.transaction(ctx, "write changes", func(ctx context.Context, tx sender) error {
		return s.apply(ctx, tx, workspace, changes, results)
	})
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	if len(changes) == 1 {
		r := &results[changes[0].index]
		r.Outcome, r.Err = "", err
		return nil
	}
	for _, c := range changes {
		results[c.index] = record.Applied{Key: c.Record.Key}
	}
	for _, c := range inOrder(changes) {
		if err := s.write(ctx, workspace, []*change{c}, results); err != nil {
			return err
		}
	}
	return nil
}

// errRefused ends the transaction of changes that belong together.
var errRefused = errors.New("a change was refused")

// writeAll writes all changes in one transaction, or none.
func (s *Store) writeAll(ctx context.Context, workspace string, changes []*change, results []record.Applied) error {
	if len(changes) < len(results) {
		return nil // one was refused already
	}
	err := s.transaction(ctx, "write changes", func(ctx context.Context, tx sender) error {
		return s.applyIf(ctx, tx, workspace, changes, results, func() error {
			if slices.ContainsFunc(results, func(r record.Applied) bool { return r.Err != nil }) {
				return errRefused
			}
			return nil
		})
	})
	switch {
	case errors.Is(err, errRefused):
		return nil
	case fault.KindOf(err) == fault.Invalid:
		results[changes[0].index].Err = err
		return nil
	}
	return err
}

func prepareChanges(workspace string, changes []record.Change, results []record.Applied) []*change {
	now := micro(time.Now())
	var ready []*change
	for i, given := range changes {
		c, err := newChange(i, workspace, given, now)
		results[i] = record.Applied{Key: c.Record.Key, Err: err}
		if err == nil {
			ready = append(ready, c)
		}
	}
	return ready
}

// apply takes three round trips: what the documents were and whether the geometries are valid, what the catalogue holds
// of the records, and everything that is to be written.
func (s *Store) apply(ctx context.Context, tx sender, workspace string, changes []*change, results []record.Applied) error {
	return s.applyIf(ctx, tx, workspace, changes, results, func() error { return nil })
}

// applyIf is apply that writes when what was decided is accepted.
func (s *Store) applyIf(ctx context.Context, tx sender, workspace string, changes []*change, results []record.Applied, accept func() error) error {
	b := newBatch(results)
	valid, err := s.readSources(ctx, tx, workspace, changes, b)
	if err != nil {
		return err
	}
	pks, err := readRecords(ctx, tx, workspace, valid, b)
	if err != nil {
		return err
	}
	b.decide(valid)
	if err := accept(); err != nil {
		return err
	}
	w, err := b.writes(workspace, pks)
	if err != nil {
		return err
	}
	news := s.learning.observe(w.put)
	words, noting := s.lexicon.news(w.put), []question(nil)
	if len(w.put) > 0 {
		noting = []question{noteWords(words)}
	}
	if err := send(ctx, tx, slices.Concat(noting, w.questions(), w.queryables(news), w.bumps(), []question{commit})); err != nil {
		return err
	}
	s.learning.keep(news)
	s.lexicon.keep(words)
	return nil
}

// mergedPer is how many changes are written for each merger of tallies: it takes away about as many rows as those left.
const mergedPer = 1000

// mergeTally adds up rows that batches left, now and then. Should that fail, another time does it.
func (s *Store) mergeTally(ctx context.Context, changes int) {
	if rand.IntN(mergedPer) >= changes {
		return
	}
	if err := s.ask(ctx, "add up its tallies", question{sql: "select perigee.merge_tally()"}); err != nil {
		slog.Debug("tallies were not added up", "error", err)
	}
}
