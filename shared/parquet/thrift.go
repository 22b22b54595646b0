package parquet

import (
	"encoding/binary"
	"io"
	"math"
)

// The types of Thrift's compact protocol
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftMap    = 11
	thriftStruct = 12
)

// source is what Thrift is read from.
type source interface {
	io.Reader
	io.ByteReader
}

// thriftReader reads a structure of at most so many bytes. Its first failure stays.
type thriftReader struct {
	from  source
	left  int64
	depth int
	err   error
}

func (r *thriftReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = invalid(format, args...)
	}
}

func (r *thriftReader) byte() byte {
	if r.err != nil {
		return 0
	}
	if r.left--; r.left < 0 {
		r.fail("has a structure that is too long")
		return 0
	}
	b, err := r.from.ReadByte()
	if err != nil {
		r.fail("ends within a structure")
	}
	return b
}

func (r *thriftReader) unsigned() uint64 {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		b := r.byte()
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
	r.fail("has a number that is too long")
	return 0
}

func (r *thriftReader) int() int64 {
	v := r.unsigned()
	return int64(v>>1) ^ -int64(v&1)
}

// int32 is a whole number that fits an int32.
func (r *thriftReader) int32() int {
	v := r.int()
	if v < math.MinInt32 || v > math.MaxInt32 {
		r.fail("has the number %d where one of 32 bits belongs", v)
		return 0
	}
	return int(v)
}

func (r *thriftReader) bytes() []byte {
	n := r.unsigned()
	if r.err != nil {
		return nil
	}
	if n > uint64(max(r.left, 0)) {
		r.fail("has a text of %d bytes, which is more than there are", n)
		return nil
	}
	text := make([]byte, n)
	r.left -= int64(n)
	if _, err := io.ReadFull(r.from, text); err != nil {
		r.fail("ends within a structure")
	}
	return text
}

func (r *thriftReader) string() string { return string(r.bytes()) }

// structure reads a structure; field takes or skips the value of each field.
func (r *thriftReader) structure(field func(id int, kind byte)) {
	if r.depth++; r.depth > maxDepth {
		r.fail("has structures within structures, too many")
	}
	id := 0
	for r.err == nil {
		head := r.byte()
		if head == 0 {
			break
		}
		if delta := int(head >> 4); delta != 0 {
			id += delta
		} else {
			id = r.int32()
		}
		field(id, head&15)
	}
	r.depth--
}

// list reads a list of values of a kind; element takes each. Each takes a byte at least.
func (r *thriftReader) list(kind byte, most int, element func()) {
	head := r.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = r.unsigned()
	}
	switch {
	case r.err != nil:
		return
	case head&15 != kind && n > 0:
		r.fail("has a list of another type than belongs there")
		return
	case n > uint64(max(r.left, 0)) || n > uint64(most):
		r.fail("has a list of %d, which is too many", n)
		return
	}
	for range n {
		if r.err != nil {
			return
		}
		element()
	}
}

// skip reads over a value.
func (r *thriftReader) skip(kind byte) {
	if r.depth++; r.depth > maxDepth {
		r.fail("has structures within structures, too many")
	}
	switch kind {
	case thriftTrue, thriftFalse:
	case thriftByte:
		r.byte()
	case thriftI16, thriftI32, thriftI64:
		r.unsigned()
	case thriftDouble:
		for range 8 {
			r.byte()
		}
	case thriftBinary:
		for n := r.unsigned(); n > 0 && r.err == nil; n-- {
			r.byte()
		}
	case thriftList, thriftSet:
		r.skipList()
	case thriftMap:
		r.skipMap()
	case thriftStruct:
		r.structure(func(_ int, kind byte) { r.skip(kind) })
	default:
		r.fail("has a value of the type %d, which there is not", kind)
	}
	r.depth--
}

func (r *thriftReader) skipList() {
	head := r.byte()
	n := uint64(head >> 4)
	if n == 15 {
		n = r.unsigned()
	}
	for ; n > 0 && r.err == nil; n-- {
		r.skipElement(head & 15)
	}
}

func (r *thriftReader) skipMap() {
	n := r.unsigned()
	if n == 0 {
		return
	}
	kinds := r.byte()
	for ; n > 0 && r.err == nil; n-- {
		r.skipElement(kinds >> 4)
		r.skipElement(kinds & 15)
	}
}

// skipElement reads over a value of a collection, in which a truth value takes a byte.
func (r *thriftReader) skipElement(kind byte) {
	if kind == thriftTrue || kind == thriftFalse {
		kind = thriftByte
	}
	r.skip(kind)
}

// thriftWriter writes structures.
type thriftWriter struct {
	out  []byte
	last []int // ids of the fields written last, of the open structures
}

func (w *thriftWriter) open() { w.last = append(w.last, 0) }
func (w *thriftWriter) close() {
	w.out = append(w.out, 0)
	w.last = w.last[:len(w.last)-1]
}

func (w *thriftWriter) field(id int, kind byte) {
	last := &w.last[len(w.last)-1]
	w.out = append(w.out, byte(id-*last)<<4|kind) // ids here are less than 16 apart
	*last = id
}

func (w *thriftWriter) varint(v int64) {
	w.out = binary.AppendUvarint(w.out, uint64(v<<1)^uint64(v>>63))
}

func (w *thriftWriter) int32(id int, v int) {
	w.field(id, thriftI32)
	w.varint(int64(v))
}

func (w *thriftWriter) int64(id int, v int64) {
	w.field(id, thriftI64)
	w.varint(v)
}

func (w *thriftWriter) bool(id int, v bool) {
	if v {
		w.field(id, thriftTrue)
	} else {
		w.field(id, thriftFalse)
	}
}

func (w *thriftWriter) text(v []byte) {
	w.out = append(binary.AppendUvarint(w.out, uint64(len(v))), v...)
}

func (w *thriftWriter) bytes(id int, v []byte) {
	w.field(id, thriftBinary)
	w.text(v)
}

func (w *thriftWriter) list(id, n int, kind byte) {
	w.field(id, thriftList)
	if n < 15 {
		w.out = append(w.out, byte(n)<<4|kind)
	} else {
		w.out = binary.AppendUvarint(append(w.out, 0xf0|kind), uint64(n))
	}
}

// structure writes a field that is a structure.
func (w *thriftWriter) structure(id int, fields func()) {
	w.field(id, thriftStruct)
	w.open()
	fields()
	w.close()
}
