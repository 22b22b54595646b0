package tilecache

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Revisions keeps a RevisionMap up to date.
type Revisions struct {
	source   Source
	interval time.Duration // a map refreshed this long ago is current
	log      *slog.Logger

	mu      sync.Mutex
	known   *RevisionMap
	fresh   time.Time     // when the last refresh that succeeded began
	tried   time.Time     // when the last refresh began
	running chan struct{} // closed when the refresh under way ends
	failing bool          // the last refresh failed or nobody had the patience for it
}

// refreshTime bounds one refresh; nobody waits longer than patience for it.
const (
	refreshTime = 10 * time.Second
	patience    = 2 * time.Second
)

// NewRevisions begins with nothing known of the source; a map refreshed an interval ago is current.
func NewRevisions(source Source, interval time.Duration, log *slog.Logger) *Revisions {
	return &Revisions{source: source, interval: interval, log: log, known: NewRevisionMap()}
}

// Current gives the map, and whether it is not older than the interval. It waits for a refresh where one is due, except
// after one that failed: then the next goes on behind the scenes, and nobody waits for a store that is down.
func (r *Revisions) Current(ctx context.Context) (*RevisionMap, bool) {
	return r.NotBefore(ctx, time.Now().Add(-r.interval))
}

// NotBefore gives the map, and whether it holds everything that was committed before the given time.
func (r *Revisions) NotBefore(ctx context.Context, since time.Time) (*RevisionMap, bool) {
	var timeout *time.Timer // made when there is something to wait for
	for {
		known, ok, running := r.look(ctx, since)
		if ok || running == nil {
			return known, ok
		}
		if timeout == nil {
			timeout = time.NewTimer(patience)
			defer timeout.Stop()
		}
		select {
		case <-running:
		case <-timeout.C:
			r.giveUp()
			return known, false
		case <-ctx.Done():
			return known, false
		}
	}
}

// look gives the map if it is fresh enough; otherwise it sees to a refresh and gives what to wait for, nil for nothing.
func (r *Revisions) look(ctx context.Context, since time.Time) (known *RevisionMap, ok bool, wait <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.fresh.IsZero() && !r.fresh.Before(since) {
		return r.known, true, nil
	}
	if r.running == nil && !(r.failing && time.Since(r.tried) < r.interval) {
		r.running, r.tried = make(chan struct{}), time.Now()
		go r.refresh(context.WithoutCancel(ctx), r.running)
	}
	if r.failing {
		return r.known, false, nil
	}
	return r.known, false, r.running
}

func (r *Revisions) giveUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing = true
}

// refresh asks the source once for what changed. Revisions that went back mean another database: the map begins anew.
func (r *Revisions) refresh(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, refreshTime)
	defer cancel()
	began := time.Now()
	known := r.known // only refreshes change it, and only one runs at a time
	since := known.Latest()
	changed, latest, err := r.source.Revisions(ctx, since)
	if err == nil && wentBack(since, latest) {
		known = NewRevisionMap()
		changed, latest, err = r.source.Revisions(ctx, nil)
	}
	if err == nil {
		known.Add(changed, latest)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil && !r.failing {
		r.log.Warn("the revisions of the catalogue cannot be read; kept tiles are served as stale", "error", err)
	}
	if r.failing = err != nil; err == nil {
		r.known, r.fresh = known, began
	}
	r.running = nil
	close(done)
}

func wentBack(since, latest map[string]int64) bool {
	for workspace, revision := range latest {
		if revision < since[workspace] {
			return true
		}
	}
	return false
}
