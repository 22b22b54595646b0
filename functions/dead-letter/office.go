package main

import (
	"context"
	"net/http"
	"slices"

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
	return &office{store: store, sink: sink, edge: edge.Wrap}, nil
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

// most is how many dead letters one request replays.
const most = 1000

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

// replayAll sends again, oldest first, what was not yet sent again.
func (o *office) replayAll(w http.ResponseWriter, r *http.Request) error {
	sc := scope.FromContext(r.Context()).Scope
	waiting, more, err := o.waiting(r.Context(), sc)
	if err != nil {
		return err
	}
	done := replayed{Replayed: []string{}, More: more}
	for _, letter := range slices.Backward(waiting) {
		if err := o.replay(r.Context(), sc, letter); err != nil {
			return fault.Classify(fault.KindOf(err), err, "%d of %d dead letters were replayed", len(done.Replayed), len(waiting))
		}
		done.Replayed = append(done.Replayed, letter.ID)
	}
	return answerReplayed(w, r, done)
}

// waiting are the latest dead letters that were not yet replayed.
func (o *office) waiting(ctx context.Context, sc scope.Scope) (all []catalogue.DeadLetter, more bool, err error) {
	for after := ""; ; {
		page, next, err := o.store.DeadLetters(ctx, sc, 100, after)
		if err != nil {
			return nil, false, err
		}
		for _, letter := range page {
			if letter.Replayed.IsZero() && letter.Workspace == sc.Workspace {
				all = append(all, letter)
			}
		}
		if len(all) >= most || next == "" {
			return all[:min(len(all), most)], len(all) > most || next != "", nil
		}
		after = next
	}
}

// replay marks a dead letter, then sends its event: an event that fails again at once comes back as a new dead letter,
// whose mark must not be overwritten. What could not be sent is a dead letter as before.
func (o *office) replay(ctx context.Context, sc scope.Scope, letter catalogue.DeadLetter) error {
	e, err := revive(letter)
	if err != nil {
		return err
	}
	if err := o.store.MarkReplayed(ctx, sc, letter.ID); err != nil {
		return err
	}
	err = o.sink.Send(ctx, e)
	if err == nil || !letter.Replayed.IsZero() {
		return err
	}
	if keep := o.store.KeepDeadLetter(context.WithoutCancel(ctx), sc, letter); keep != nil {
		return fault.Classify(fault.KindOf(err), err, "dead letter %s was not sent, though it is marked so (%v)", letter.ID, keep)
	}
	return err
}
