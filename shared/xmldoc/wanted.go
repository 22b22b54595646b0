package xmldoc

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"perigee/shared/fault"
)

// Wanted takes out of a document what must be there, and remembers all that is not.
type Wanted struct {
	File string // in messages
	errs []error
}

// Err is all that is wrong, joined; each fault is located by the path of the element.
func (w *Wanted) Err() error { return errors.Join(w.errs...) }

// Fail adds a fault at a path.
func (w *Wanted) Fail(path, format string, args ...any) {
	w.errs = append(w.errs, fault.At(fault.Invalid, path, w.File+": "+path+" "+format, args...))
}

// Text is the text of the element at a path, which must have some.
func (w *Wanted) Text(e *Node, path string) string {
	text := e.Find(path).Text()
	if text == "" {
		w.Fail(path, "is missing")
	}
	return text
}

// Number is the number at a path, which must be one.
func (w *Wanted) Number(e *Node, path string) float64 {
	text := w.Text(e, path)
	if text == "" {
		return 0
	}
	n, ok := ParseNumber(text)
	if !ok {
		w.Fail(path, "is %.40q, which is not a number", text)
	}
	return n
}

// Whole is the whole number at a path, which must be one.
func (w *Wanted) Whole(e *Node, path string) int {
	text := w.Text(e, path)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		w.Fail(path, "is %.40q, which is not a whole number", text)
	}
	return n
}

// ParseNumber reads a finite number.
func ParseNumber(text string) (n float64, ok bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false
	}
	return n, true
}
