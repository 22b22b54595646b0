package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"perigee/local-runner/stage"
)

// speaker tells people what happens, one whole line at a time whoever speaks.
type speaker struct {
	mu  sync.Mutex
	out io.Writer
}

func (s *speaker) line(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, format+"\n", args...)
}

func (s *speaker) step(name, told string, took time.Duration) {
	s.line("  %-13s %s (%s)", name, strings.TrimSpace(told), brief(took))
}

// notice tells what a function has to say.
func (s *speaker) notice(n stage.Notice) {
	kind := "warns"
	if n.Serious {
		kind = "fails"
	}
	text := fmt.Sprintf("%s %s: %s", n.Service, kind, n.Text)
	for _, line := range n.Lines {
		text += "\n    " + line
	}
	s.line("%s", text)
}

// brief is a duration as people read it.
func brief(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// onTerminal tells whether somebody watches.
func onTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// loud writes a log, and says its warnings and errors aloud too.
type loud struct {
	slog.Handler
	say *speaker
}

// Handle takes one record of the log.
func (l loud) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelWarn {
		text := r.Message
		r.Attrs(func(a slog.Attr) bool {
			text += fmt.Sprintf(" %s=%v", a.Key, a.Value)
			return true
		})
		l.say.line("%s", text)
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs keeps the loudness.
func (l loud) WithAttrs(attrs []slog.Attr) slog.Handler {
	return loud{l.Handler.WithAttrs(attrs), l.say}
}

// WithGroup keeps the loudness.
func (l loud) WithGroup(name string) slog.Handler { return loud{l.Handler.WithGroup(name), l.say} }
