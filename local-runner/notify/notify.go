// Package notify makes events of what happens in buckets. An object store tells of a change and does not tell again; so
// what it says is stored in the broker before it is answered, and at the start, every few minutes, and soon after something
// could not be stored the buckets are listed and compared with what was told, so that nothing is missed: not a lost
// notification, not what changed while nobody listened, not a deletion. The runner's own store tells through package telling.
//
//	r, err := notify.Open(notify.Config{Path: state + "/buckets.jsonl", Publish: publish, Objects: client, Buckets: names, Exclude: []string{"cache"}})
//	mux.Handle("/_notify", r)   // the object store's webhook; must be listening before the store starts
//	go r.Run(ctx)               // compares, at once and from time to time
package notify

import (
	"cmp"
	"context"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/shared/bucket"
)

// Lister lists a bucket; bucket.Client does.
type Lister interface {
	List(ctx context.Context, bucket, prefix string) iter.Seq2[bucket.Object, error]
}

// Config is what a Receiver needs.
type Config struct {
	Path    string                                         // of the file that remembers what was told
	Publish func(ctx context.Context, e event.Event) error // nil: the event is durable
	Objects Lister
	Buckets func(ctx context.Context) ([]string, error) // that there are
	Exclude []string                                    // buckets of which nothing is told: the tile cache
	Every   time.Duration                               // between two comparisons; default 5 minutes
	Grace   time.Duration                               // for a notification that is still on its way; default 5 s
	Region  string                                      // default us-east-1
	Log     *slog.Logger
}

// Receiver turns notifications and differences into events.
type Receiver struct {
	cfg       Config
	log       *slog.Logger
	told      *told
	comparing sync.Mutex
	missed    chan struct{} // holds something when a notification was not taken
}

// Open reads what was told before.
func Open(cfg Config) (*Receiver, error) {
	cfg.Every = cmp.Or(cfg.Every, 5*time.Minute)
	cfg.Grace = cmp.Or(cfg.Grace, 5*time.Second)
	cfg.Region = cmp.Or(cfg.Region, "us-east-1")
	cfg.Log = cmp.Or(cfg.Log, slog.Default())
	t, err := openTold(cfg.Path)
	if err != nil {
		return nil, err
	}
	return &Receiver{cfg: cfg, log: cfg.Log.With("part", "notifications"), told: t, missed: make(chan struct{}, 1)}, nil
}

// Close ends the writing of what was told.
func (r *Receiver) Close() error { return r.told.close() }

// Run compares at once, from time to time, and soon after a notification was not taken, until ctx ends. What cannot be compared is
// tried again soon, then less and less often.
func (r *Receiver) Run(ctx context.Context) {
	ticker := time.NewTicker(r.cfg.Every)
	defer ticker.Stop()
	for pause := r.cfg.Grace; ; {
		report, err := r.Compare(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			r.log.Warn("buckets could not be compared; they will be again", "error", err)
			r.miss()
		case report.Created+report.Removed > 0:
			r.log.Info("missed notifications were made up for", "created", report.Created, "removed", report.Removed)
			pause = r.cfg.Grace
		default:
			pause = r.cfg.Grace
		}
		select {
		case <-ticker.C:
		case <-r.missed:
			if wait(ctx, pause) != nil {
				return
			}
			pause = min(2*pause, r.cfg.Every)
		case <-ctx.Done():
			return
		}
	}
}

// miss has the buckets compared soon.
func (r *Receiver) miss() {
	select {
	case r.missed <- struct{}{}:
	default: // it will be anyway
	}
}

func (r *Receiver) excluded(bucket string) bool { return slices.Contains(r.cfg.Exclude, bucket) }
