package ows

import (
	"io"
	"net/http"
	"time"
)

// Patient gives a reader some time for every piece of a long answer, and not for all together: whoever takes nothing holds no
// place for long.
func Patient(w http.ResponseWriter, patience time.Duration) http.ResponseWriter {
	return patient{w, http.NewResponseController(w), patience}
}

type patient struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

// Write sends a piece.
func (p patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(p.patience)) // where that is not possible, the server's bounds hold
	return p.ResponseWriter.Write(b)
}

// ReadFrom sends what a reader gives, piece by piece.
func (p patient) ReadFrom(from io.Reader) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{p}, from, make([]byte, 256<<10))
}
