package child

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

// maxLine bounds what is kept of one line; the rest of a longer line is dropped.
const maxLine = 64 << 10

func stringReader(s string) io.Reader { return strings.NewReader(s) }

// lines cuts what is written to it into lines.
type lines struct {
	each func(string)

	mu      sync.Mutex
	rest    []byte
	skipped bool // the rest of this line was dropped
}

// Write takes output as it comes; it never fails, so that a program is not stopped by its own log.
func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.add(p)
			return n, nil
		}
		l.add(p[:i])
		l.emit()
		p = p[i+1:]
	}
}

func (l *lines) add(p []byte) {
	if room := maxLine - len(l.rest); len(p) > room {
		p, l.skipped = p[:room], true
	}
	l.rest = append(l.rest, p...)
}

func (l *lines) emit() {
	line := strings.TrimRight(string(l.rest), "\r")
	if l.skipped {
		line += "…"
	}
	l.rest, l.skipped = l.rest[:0], false
	l.each(line)
}

func (l *lines) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.emit()
	}
}

// Tail keeps the last lines of an output.
type Tail struct {
	mu   sync.Mutex
	max  int
	last []string
}

// NewTail keeps at most n lines.
func NewTail(n int) *Tail { return &Tail{max: n} }

// Add takes a line.
func (t *Tail) Add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.last) == t.max {
		t.last = slices.Delete(t.last, 0, 1)
	}
	t.last = append(t.last, line)
}

// Lines are the kept lines, oldest first.
func (t *Tail) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.last)
}

// Indented is the kept lines, each on a line of its own behind four spaces, starting with a line end; empty when
// nothing was kept.
func (t *Tail) Indented() string {
	var b strings.Builder
	for _, line := range t.Lines() {
		b.WriteString("\n    " + line)
	}
	return b.String()
}
