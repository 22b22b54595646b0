package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/identity"
	"perigee/shared/ogcapi"
	"perigee/shared/scope"
)

// office is where letters that cannot be delivered end up.
type office struct {
	store *catalogue.Store
	sink  *eventing.Sink
	edge  func(http.Handler) http.Handler

	retention time.Duration // of letters; 0: for ever
	mutex     sync.Mutex
	tidied    time.Time
}

func newOffice(c config, store *catalogue.Store) (*office, error) {
	edge, err := identity.New(c.Config)
	if err != nil {
		return nil, err
	}
	sink, err := eventing.NewSink(c.Sink, "")
	if err != nil {
		return nil, err
	}
	if c.Retention < 0 {
		return nil, fault.New(fault.Invalid, "RETENTION is %s: letters cannot be kept for less than no time", c.Retention)
	}
	return &office{store: store, sink: sink, edge: edge.Wrap, retention: c.Retention}, nil
}

// handler serves events at the root, where only the broker reaches it, and the operations behind the edge.
func (o *office) handler() http.Handler {
	var operations ogcapi.Routes
	operations.Handle("GET /dead-letters", o.list)
	operations.Handle("GET /dead-letters/{id}", o.show)
	operations.Handle("POST /dead-letters/replay", o.replayAll)
	operations.Handle("POST /dead-letters/{id}/replay", o.replayOne)
	mux := http.NewServeMux()
	mux.Handle("POST /{$}", eventing.Handler(o.receive))
	mux.Handle("/", o.edge(&operations))
	return mux
}

// tidying is how often letters are looked for that were kept long enough: when one comes or somebody asks for them, and no
// more often than this.
const tidying = time.Hour

// tidy forgets letters that were kept long enough. What is left over, the next time takes.
func (o *office) tidy(ctx context.Context) {
	o.mutex.Lock()
	due := o.retention > 0 && time.Since(o.tidied) > tidying
	if due {
		o.tidied = time.Now()
	}
	o.mutex.Unlock()
	all := scope.New(scope.System, "events", scope.Admin)
	for more := due; more; {
		var err error
		if more, err = o.store.ForgetDeadLetters(ctx, all, time.Now().Add(-o.retention)); err != nil {
			slog.Warn("old dead letters were not forgotten", "error", err)
			return
		}
	}
}

const (
	most   = 1000 // dead letters that one request replays
	atOnce = 10   // of them in memory
)

// replayed is the answer to a request to replay.
type replayed struct {
	Replayed []string `json:"replayed"`       // the ids of the dead letters
	More     bool     `json:"more,omitempty"` // there are others left: ask again
}

func (o *office) replayOne(w http.ResponseWriter, r *http.Request) error {
	sc := scope.FromContext(r.Context()).Scope
	letter, err := o.store.DeadLetter(r.Context(), sc, r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := o.replay(r.Context(), sc, letter); err != nil {
		return err
	}
	return answerReplayed(w, r, replayed{Replayed: []string{letter.ID}})
}

// replayAll sends again, oldest first and each once, what was not yet sent again.
func (o *office) replayAll(w http.ResponseWriter, r *http.Request) error {
	ctx, sc := r.Context(), scope.FromContext(r.Context()).Scope
	done, seen := replayed{Replayed: []string{}}, map[string]bool{}
	for last := (catalogue.DeadLetter{}); ; {
		waiting, err := o.store.WaitingLetters(ctx, sc, last, atOnce)
		if err != nil {
			return err
		}
		for _, letter := range waiting {
			last = letter
			switch {
			case seen[letter.ID]: // it came back already
				continue
			case len(seen) == most:
				done.More = true
				return answerReplayed(w, r, done)
			}
			if err := o.replay(ctx, sc, letter); err != nil {
				return fault.Classify(fault.KindOf(err), err, "after %d dead letters were replayed", len(done.Replayed))
			}
			seen[letter.ID] = true
			done.Replayed = append(done.Replayed, letter.ID)
		}
		if len(waiting) < atOnce {
			return answerReplayed(w, r, done)
		}
	}
}

// replay sends the event of a dead letter, then notes that: what ends in between is sent again by the next one who asks,
// and receivers know the event by its id. One that failed again at once has come back by now, and is left as it came.
func (o *office) replay(ctx context.Context, sc scope.Scope, letter catalogue.DeadLetter) error {
	e, err := revive(letter)
	if err != nil {
		return err
	}
	if err := o.sink.Send(ctx, e); err != nil {
		return err
	}
	_, err = o.store.MarkReplayed(context.WithoutCancel(ctx), sc, letter)
	return err
}
