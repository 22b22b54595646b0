package measure

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Table is written line by line, each as soon as it is known: a measurement that is cut off has told what it found until then.
type Table struct {
	to     io.Writer
	widths []int
}

// leastWidth is that of a column whose head is short: most figures have room in it.
const leastWidth = 10

// NewTable begins a table: names are the longest that its first column has, beside its head.
func NewTable(to io.Writer, names []string, heads ...string) *Table {
	t := &Table{to: to}
	for _, head := range heads {
		t.widths = append(t.widths, max(leastWidth, utf8.RuneCountInString(head)+2))
	}
	for _, name := range names {
		t.widths[0] = max(t.widths[0], utf8.RuneCountInString(name))
	}
	t.Row(heads...)
	return t
}

// Row writes a line. One with fewer cells than there are columns ends early.
func (t *Table) Row(cells ...string) {
	var line strings.Builder
	for i, cell := range cells {
		fmt.Fprintf(&line, "%*s", t.widths[i], cell)
	}
	fmt.Fprintln(t.to, line.String())
}
