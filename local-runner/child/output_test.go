package child

import (
	"strings"
	"testing"
)

func TestLongLinesAreCut(t *testing.T) {
	var got []string
	l := &lines{each: func(line string) { got = append(got, line) }}
	for _, text := range []string{strings.Repeat("x", maxLine-1), "yz", "\r\nshort\r\n", "\n", "rest"} {
		if n, err := l.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	l.flush()
	l.flush()
	if len(got) != 4 || got[0] != strings.Repeat("x", maxLine-1)+"y…" || strings.Join(got[1:], "|") != "short||rest" {
		t.Errorf("%d lines, the last %q", len(got), got[1:])
	}
}

func TestTailKeepsTheLast(t *testing.T) {
	tail := NewTail(2)
	if tail.Indented() != "" {
		t.Error("something out of nothing")
	}
	for _, line := range []string{"a", "b", "c"} {
		tail.Add(line)
	}
	if got := tail.Indented(); got != "\n    b\n    c" {
		t.Errorf("%q", got)
	}
}
