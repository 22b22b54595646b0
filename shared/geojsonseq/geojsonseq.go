// Package geojsonseq writes and reads GeoJSON objects one after the other: on a line each (newline-delimited JSON,
// application/x-ndjson), or as the text sequences of RFC 8142 (application/geo+json-seq), in which a record separator
// begins each.
package geojsonseq

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"perigee/shared/fault"
)

// The media types.
const (
	MediaTypeLines    = "application/x-ndjson"
	MediaTypeSequence = "application/geo+json-seq"
)

// separator begins a text of a sequence (RFC 8142, 2.1; RFC 7464, 2.2).
const separator = 0x1e

// Writer writes objects.
type Writer struct {
	out    io.Writer
	before []byte
	line   bytes.Buffer
}

// NewLines begins newline-delimited JSON.
func NewLines(out io.Writer) *Writer { return &Writer{out: out} }

// NewSequence begins a text sequence.
func NewSequence(out io.Writer) *Writer { return &Writer{out: out, before: []byte{separator}} }

// Write takes an object, whose insignificant blanks are left out.
func (w *Writer) Write(object []byte) error {
	w.line.Reset()
	w.line.Write(w.before)
	if err := json.Compact(&w.line, object); err != nil {
		return fault.Classify(fault.Internal, err, "a document is not JSON")
	}
	w.line.WriteByte('\n')
	_, err := w.out.Write(w.line.Bytes())
	return err
}

// Close ends what is written; there is nothing to be said at the end.
func (w *Writer) Close() error { return nil }

// Reader reads objects, whichever way they are separated.
type Reader struct {
	in    *bufio.Reader
	limit int
	line  int
}

// NewReader reads objects of at most so many bytes.
func NewReader(in io.Reader, limit int) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 64<<10), limit: limit}
}

// Line is the number of the line that was read last, from 1.
func (r *Reader) Line() int { return r.line }

// Next gives the next object, unread; io.EOF is behind the last one. One that is too long is a failure of the kind
// Invalid, behind which there may be further ones. Lines of nothing are passed over. What it gives holds until it is
// called again.
func (r *Reader) Next() ([]byte, error) {
	for {
		text, err := r.next()
		if err != nil {
			return nil, err
		}
		text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte{separator}))
		if len(text) > 0 {
			return text, nil
		}
	}
}

func (r *Reader) next() ([]byte, error) {
	var whole []byte
	size := 0
	for {
		part, err := r.in.ReadSlice('\n')
		if size += len(part); size > 0 && whole == nil && !errors.Is(err, bufio.ErrBufferFull) {
			whole = part
		} else if size <= r.limit {
			whole = append(whole, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && size == 0:
			return nil, io.EOF
		case err != nil && err != io.EOF:
			return nil, err
		}
		r.line++
		if size > r.limit {
			return nil, fault.New(fault.Invalid, "the object has %d bytes, more than the %d that are read", size, r.limit)
		}
		return whole, nil
	}
}
