package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/function"
	"perigee/shared/tenancy"
)

// step is a part of making or removing a workspace. It makes a state, whatever there was before, so that it may be done
// again. One that takes long does a part of its work and says that there is more.
type step struct {
	name string
	do   func(context.Context, *catalogue.Workspace) (more bool, err error)
}

// steps lead to the state that a workspace is becoming, or repair the one that it has.
func (k *keeper) steps(w *catalogue.Workspace) []step {
	switch {
	case w.State == catalogue.WorkspaceDeleting: // the access twice: a worker that was late may have given it meanwhile
		return []step{{"access", k.withdraw}, {"records", k.clear}, {"objects", k.purge}, {"end", k.withdraw}}
	case w.State == catalogue.WorkspaceCreating && w.Generation > 1 && w.Step == "": // events that came late may have left something
		return []step{{"records", k.clear}, {"bucket", k.bucket}, {"account", k.account}, {"access", k.give}}
	}
	return []step{{"bucket", k.bucket}, {"account", k.account}, {"access", k.give}}
}

// settle does the steps of a workspace that was taken, each noted before the next. Within the budget all of them may not
// be done: then it is left to somebody else.
func (k *keeper) settle(ctx context.Context, w *catalogue.Workspace) (done bool, err error) {
	over, removing := time.Now().Add(k.budget), w.State == catalogue.WorkspaceDeleting
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.budget+stepTime)
	defer cancel()
	for _, s := range k.steps(w) {
		for more := true; more; {
			if more, err = s.do(ctx, w); err != nil {
				return false, k.stumble(ctx, w, s, err)
			}
			if !more {
				w.Step = s.name
			}
			late := more && time.Now().After(over)
			if err := k.note(ctx, w, late); err != nil || late {
				return false, err
			}
		}
	}
	w.Step = ""
	if w.State = catalogue.WorkspaceActive; removing {
		w.State = catalogue.WorkspaceDeleted
	}
	if err := k.note(ctx, w, true); err != nil {
		return false, err
	}
	function.Count("perigee_workspaces_settled_total", 1, "state", string(w.State))
	return true, nil
}

// note writes what was done, and with release lets the workspace go.
func (k *keeper) note(ctx context.Context, w *catalogue.Workspace, release bool) error {
	w.Error = ""
	if release {
		return k.store.AdvanceWorkspace(ctx, w, 0)
	}
	return k.store.AdvanceWorkspace(ctx, w, k.lease)
}

// stumble notes why a step was not done.
func (k *keeper) stumble(ctx context.Context, w *catalogue.Workspace, s step, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	w.Error = fmt.Sprintf("%s: %v", s.name, err)
	if note := k.store.AdvanceWorkspace(ctx, w, 0); note != nil {
		slog.Warn("a failure was not noted; the workspace is free when its lease ends", "workspace", w.Name, "error", note)
	}
	return fault.Classify(fault.KindOf(err), err, "the workspace %s: %s", w.Name, s.name)
}

func (k *keeper) bucket(ctx context.Context, w *catalogue.Workspace) (bool, error) {
	w.Kept = true
	return false, k.objects.CreateBucket(ctx, w.Name)
}

func (k *keeper) account(ctx context.Context, w *catalogue.Workspace) (bool, error) {
	c, err := k.credentials(w)
	if err != nil {
		return false, err
	}
	return false, k.accounts.Ensure(ctx, c)
}

func (k *keeper) give(ctx context.Context, w *catalogue.Workspace) (bool, error) {
	return false, k.accounts.Give(ctx, w.Name, w.AccessKey)
}

func (k *keeper) withdraw(ctx context.Context, w *catalogue.Workspace) (bool, error) {
	return false, k.accounts.Withdraw(ctx, w.Name, w.AccessKey)
}

// clear removes records, layers and statuses, a part at a time, and tells of each part before the next.
func (k *keeper) clear(ctx context.Context, w *catalogue.Workspace) (more bool, err error) {
	more, err = k.store.ClearWorkspace(ctx, system, w.Name)
	if err != nil || !more {
		return false, err
	}
	return true, k.flushRecords(ctx, w.Name)
}

// emptied is how many objects are removed at once.
const emptied = 1000

// purge removes the objects where that was asked for, and notes whether the bucket holds any.
func (k *keeper) purge(ctx context.Context, w *catalogue.Workspace) (more bool, err error) {
	var keys []string
	for object, err := range k.objects.List(ctx, w.Name, "") {
		switch {
		case fault.KindOf(err) == fault.NotFound && err != nil: // the bucket
			w.Kept = false
			return false, nil
		case err != nil:
			return false, err
		}
		if keys = append(keys, object.Key); !w.Purge || len(keys) == emptied {
			break
		}
	}
	if w.Kept = len(keys) > 0; !w.Kept || !w.Purge {
		return false, nil
	}
	return true, k.objects.DeleteAll(ctx, w.Name, keys)
}

// belongs is what the secret of a workspace is sealed for.
func belongs(name, accessKey string) string { return name + "/" + accessKey }

// credentials are those of the workspace, opened.
func (k *keeper) credentials(w *catalogue.Workspace) (tenancy.Credentials, error) {
	secret, err := k.seal.Open(w.Secret, belongs(w.Name, w.AccessKey))
	return tenancy.Credentials{AccessKey: w.AccessKey, SecretKey: secret}, err
}
