package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"perigee/shared/record"
)

func named(id string) []record.Key {
	if id == "" {
		return nil
	}
	return []record.Key{{ID: id}}
}

// What comes during a look is looked at by the next one, together, and each is told what came of its own.
func TestLooksAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, goOn := newRounds(), make(chan struct{})
		var looks [][]record.Key
		broken := errors.New("broken")
		at := func(_ context.Context, items []record.Key) error {
			looks = append(looks, items)
			<-goOn
			if len(items) > 1 {
				return broken
			}
			return nil
		}
		outcomes := make(chan error, 10)
		look := func(workspace, id string) {
			go func() { outcomes <- r.look(t.Context(), workspace, named(id), at) }()
			synctest.Wait()
		}
		look("a", "first")
		for i := range 3 {
			look("a", fmt.Sprint(i))
		}
		look("a", "") // a deletion
		look("b", "other")
		gone, leave := context.WithCancel(t.Context())
		leave()
		if err := r.look(gone, "a", nil, at); !errors.Is(err, context.Canceled) {
			t.Errorf("who left was told %v", err)
		}
		close(goOn)
		synctest.Wait()
		failed := 0
		for range 6 {
			if err := <-outcomes; err != nil {
				failed++
			}
		}
		if len(looks) != 3 || len(looks[1])+len(looks[2]) != 4 || failed != 4 {
			t.Errorf("%d were told of a failure, not 4, of the looks %v", failed, looks)
		}
		if len(r.waiting) != 0 {
			t.Errorf("%v still wait", r.waiting)
		}
	})
}
