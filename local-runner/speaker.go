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
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"perigee/local-runner/stage"
)

// speaker tells people what happens, one whole line at a time whoever speaks.
type speaker struct {
	mu  sync.Mutex
	out io.Writer
	bar bool // one is drawn on the line of the cursor
}

func (s *speaker) line(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar {
		fmt.Fprint(s.out, eraseLine)
	}
	fmt.Fprintln(s.out, printable(fmt.Sprintf(format, args...)))
}

// eraseLine empties the line of the cursor (ECMA-48, EL); a bar is drawn again by itself.
const eraseLine = "\r\x1b[K"

// beside says whether a bar is drawn from now on.
func (s *speaker) beside(bar bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bar = bar
}

// printable shows what would steer a terminal instead of sending it there: keys, identifiers and the words of functions
// may hold what strangers have put into them.
func printable(text string) string {
	if !strings.ContainsFunc(text, steers) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if steers(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// steers is true for control characters but line ends and tabs, for those that turn the direction of writing (Unicode
// UAX #9), and for bytes that are no character.
func steers(r rune) bool {
	switch {
	case r == '\n', r == '\t':
		return false
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f:
		return true
	}
	return unicode.IsControl(r) || r == utf8.RuneError
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
	switch {
	case 0 < d && d < time.Millisecond:
		return "under 1 ms"
	case d < time.Second:
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
