package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"perigee/shared/scope"
)

// How long the events of a batch wait. Who writes many batches one after the other is not held up by the sending of what
// the first of them left: events are sent when there is a lull, or when they have waited for long enough.
const (
	lull      = 500 * time.Millisecond
	waitsMost = 5 * time.Second
	finishing = 5 * time.Second // for what still waits when the process ends
)

// behind sends the events of workspaces some time after they were committed. Should the process end before, the sweep
// sends them.
type behind struct {
	send    func(ctx context.Context, sc scope.Scope) error
	mutex   sync.Mutex
	waiting map[string]*sending
	running sync.WaitGroup
}

// sending is the sending of a workspace's events that is still to come.
type sending struct {
	since time.Time
	timer *time.Timer
}

// later has the events of a scope's workspace sent in a while, later than was said before if there is something to send
// already.
func (b *behind) later(sc scope.Scope, in time.Duration) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if s := b.waiting[sc.Workspace]; s != nil {
		if time.Since(s.since) < waitsMost && s.timer.Stop() {
			s.timer.Reset(in)
		}
		return
	}
	if b.waiting == nil {
		b.waiting = map[string]*sending{}
	}
	b.running.Add(1)
	b.waiting[sc.Workspace] = &sending{since: time.Now(), timer: time.AfterFunc(in, func() { b.now(sc) })}
}

// waits tells whether events of a workspace are to be sent later.
func (b *behind) waits(workspace string) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.waiting[workspace] != nil
}

func (b *behind) now(sc scope.Scope) {
	defer b.running.Done()
	b.mutex.Lock()
	delete(b.waiting, sc.Workspace) // what comes from now on is sent by another
	b.mutex.Unlock()
	if err := b.send(context.Background(), sc); err != nil {
		slog.Warn("events wait in the outbox", "workspace", sc.Workspace, "error", err)
	}
}

// finish sends what still waits, and waits for it.
func (b *behind) finish() {
	b.mutex.Lock()
	for _, s := range b.waiting {
		if s.timer.Stop() {
			s.timer.Reset(0)
		}
	}
	b.mutex.Unlock()
	done := make(chan struct{})
	go func() { b.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(finishing):
	}
}
