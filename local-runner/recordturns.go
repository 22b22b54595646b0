package main

import (
	"context"
	"sync"
)

// loadWaiting bounds the bytes of the files that wait for others of their records.
const loadWaiting = 64 << 20

// turns says whose turn it is of files with the same record: each is in a transaction of its own, in their order. The others wait, and files
// of other records go before them.
type turns struct {
	mu      sync.Mutex
	taken   map[string]bool    // identifiers of the records whose file has its turn, until its transaction has ended
	waiting map[string]*inLine // by identifier
	size    int                // bytes of what waits
	free    []recordFile       // those that waited and have their turn now
	ended   chan struct{}      // holds something when a transaction has ended
}

// inLine are files of one record that wait.
type inLine struct {
	files []recordFile
	there bool // the catalogue has the record by now
}

func newTurns() *turns {
	return &turns{taken: map[string]bool{}, waiting: map[string]*inLine{}, ended: make(chan struct{}, 1)}
}

// join tells whether a file has its turn at once; otherwise it waits.
func (t *turns) join(f recordFile) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.taken[f.id] {
		t.taken[f.id] = true
		return true
	}
	line := t.waiting[f.id]
	if line == nil {
		line = &inLine{}
		t.waiting[f.id] = line
	}
	line.files, t.size = append(line.files, f), t.size+len(f.document)
	return false
}

// next is a file that waited and has its turn now.
func (t *turns) next() (f recordFile, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.free) == 0 {
		return f, false
	}
	f, t.free = t.free[0], t.free[1:]
	return f, true
}

// found notes that the catalogue has the records of files that have their turn.
func (t *turns) found(files []recordFile) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range files {
		if line := t.waiting[f.id]; line != nil {
			line.there = true
		}
	}
}

// end gives the turns of files on.
func (t *turns) end(files []recordFile) {
	t.mu.Lock()
	for _, f := range files {
		line := t.waiting[f.id]
		if line == nil {
			delete(t.taken, f.id)
			continue
		}
		next := line.files[0]
		next.there = line.there
		t.free, t.size = append(t.free, next), t.size-len(next.document)
		if line.files = line.files[1:]; len(line.files) == 0 {
			delete(t.waiting, f.id)
		}
	}
	t.mu.Unlock()
	select {
	case t.ended <- struct{}{}:
	default: // it holds something already
	}
}

// left tells whether files wait, and whether so many do that no more are to be read.
func (t *turns) left() (some, full bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.waiting)+len(t.free) > 0, t.size >= loadWaiting
}

// batches hands files on by the hundred, until all are on their way.
func (l *loading) batches(ctx context.Context, cancel context.CancelCauseFunc) error {
	for context.Cause(ctx) == nil {
		batch := l.gather(ctx)
		if len(batch) > 0 {
			l.start(ctx, cancel, batch)
			continue
		}
		if some, _ := l.turns.left(); !some && len(l.unread) == 0 {
			return nil
		}
		select { // what is left waits for what is on its way
		case <-l.turns.ended:
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

// gather is the next batch.
func (l *loading) gather(ctx context.Context) []recordFile {
	var batch []recordFile
	size := 0
	for context.Cause(ctx) == nil {
		f, ok := l.one()
		if !ok {
			break
		}
		if len(batch) == loadDocuments || len(batch) > 0 && size+len(f.document) > loadBytes {
			l.over = &f
			break
		}
		batch, size = append(batch, f), size+len(f.document)
	}
	return batch
}

// one is the next file: the one that the last batch had no room for, one that waited, or one that was not read yet.
func (l *loading) one() (f recordFile, ok bool) {
	if l.over != nil {
		f, l.over = *l.over, nil
		return f, true
	}
	if f, ok = l.turns.next(); ok {
		return f, true
	}
	for len(l.unread) > 0 {
		if _, full := l.turns.left(); full {
			break
		}
		name := l.unread[0]
		l.unread = l.unread[1:]
		f, err := readRecord(name)
		if err != nil {
			l.fail(name, err)
			continue
		}
		if l.turns.join(f) {
			return f, true
		}
	}
	return f, false
}

// start has a batch loaded, as soon as there is room for its transaction. A failure of the house ends all.
func (l *loading) start(ctx context.Context, cancel context.CancelCauseFunc, batch []recordFile) {
	l.rounds.Go(func() error {
		defer l.turns.end(batch)
		err := l.batch(ctx, batch)
		if err != nil {
			cancel(err)
		}
		return err
	})
}
