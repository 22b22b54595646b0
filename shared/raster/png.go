package raster

// #include "png.h"
import "C"

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"
	"unsafe"

	"perigee/shared/fault"
)

// The colour types of PNG (W3C PNG, table 11.1) that are written here.
const (
	pngGrey      = 0
	pngRGB       = 2
	pngPalette   = 3
	pngGreyAlpha = 4
	pngRGBA      = 6
)

// pngLayout says how a picture is laid out in a PNG: the smallest form that holds it without loss.
type pngLayout struct {
	colour      uint8
	depth       uint8
	channels    int
	palette     *palette
	transparent int // of pngGrey: the level that stands for transparency, -1 for none
}

// encodePNG writes a picture: a palette when it has few colours, else grey when it has no colours, else red, green and
// blue, with alpha only where there is some to tell.
func encodePNG(p *Picture) ([]byte, error) {
	layout := layoutOf(p)
	r := pages.Get().(*room)
	defer pages.Put(r)
	w := &bitWriter{out: append(r.packed[:0], "\x89PNG\r\n\x1a\n"...)}
	head := binary.BigEndian.AppendUint32(nil, uint32(p.Width))
	head = binary.BigEndian.AppendUint32(head, uint32(p.Height))
	writeChunk(w, "IHDR", append(head, layout.depth, layout.colour, 0, 0, 0))
	layout.chunks(w)
	if err := layout.pixels(w, p, r); err != nil {
		return nil, err
	}
	writeChunk(w, "IEND", nil)
	r.packed = w.out
	return bytes.Clone(w.out), nil
}

// writeChunk writes a chunk with its length and checksum (W3C PNG, 5.3).
func writeChunk(w *bitWriter, kind string, data []byte) {
	at := beginChunk(w, kind)
	w.out = append(w.out, data...)
	endChunk(w, at)
}

// beginChunk writes the head of a chunk whose data follows, and says where it is.
func beginChunk(w *bitWriter, kind string) (at int) {
	at = len(w.out)
	w.out = append(append(w.out, 0, 0, 0, 0), kind...)
	return at
}

// endChunk fills in the length of the chunk that began at a place, and writes its checksum.
func endChunk(w *bitWriter, at int) {
	chunk := w.out[at:]
	binary.BigEndian.PutUint32(chunk, uint32(len(chunk)-8))
	w.out = binary.BigEndian.AppendUint32(w.out, uint32(C.perigee_crc32(0, (*C.uint8_t)(&chunk[4]), C.int64_t(len(chunk)-4))))
}

// chunks writes PLTE and tRNS where the layout has them.
func (l pngLayout) chunks(w *bitWriter) {
	switch {
	case l.palette != nil:
		var colours, alphas []byte
		last := 0
		for i, c := range l.palette.colours {
			colours = append(colours, c[0], c[1], c[2])
			if alphas = append(alphas, c[3]); c[3] != 255 {
				last = i + 1
			}
		}
		writeChunk(w, "PLTE", colours)
		if last > 0 {
			writeChunk(w, "tRNS", alphas[:last])
		}
	case l.colour == pngGrey && l.transparent >= 0:
		writeChunk(w, "tRNS", []byte{0, byte(l.transparent)})
	}
}

// pages keeps the memory for rows and for what they are compressed to between pictures.
var pages = sync.Pool{New: func() any { return new(room) }}

// pixels appends the chunk of the compressed rows of a picture: by the codes of bytes alone for a photograph, whose rows
// hold few repetitions, and with matching for what is flat.
func (l pngLayout) pixels(w *bitWriter, p *Picture, r *room) error {
	at := beginChunk(w, "IDAT")
	if l.palette != nil {
		r.plain = l.indices(r.plain[:0], p)
	} else {
		size := (p.Width*l.channels + 1) * p.Height
		r.plain = slices.Grow(r.plain[:0], size)[:size]
		C.perigee_png_rows((*C.uint8_t)(&p.Pix[0]), C.int64_t(p.Stride), C.int32_t(p.Width), C.int32_t(p.Height), C.int32_t(l.channels), C.int32_t(l.transparent), (*C.uint8_t)(&r.plain[0]))
	}
	if l.palette != nil || !photograph(w, r.plain) {
		if err := deflate(w, r.plain); err != nil {
			return err
		}
	}
	endChunk(w, at)
	return nil
}

// portion is how many bytes share their codes.
const portion = 256 << 10

// photograph writes bytes as a zlib stream (RFC 1950) of their codes and of runs of zeros; nothing if most of them are in
// such runs.
func photograph(w *bitWriter, bytes []byte) bool {
	at := len(w.out)
	w.out = append(w.out, 0x78, 1) // DEFLATE, quickly made
	for rest := bytes; len(rest) > 0; {
		part := rest[:min(len(rest), portion)]
		rest = rest[len(part):]
		var counts [256 + C.PERIGEE_PNG_RUNS]C.uint32_t
		C.perigee_png_count((*C.uint8_t)(&part[0]), C.int64_t(len(part)), &counts[0])
		if flat(counts[256:], len(part)) {
			w.out, w.bits, w.have = w.out[:at], 0, 0
			return false
		}
		w.coded(part, &counts, len(rest) == 0)
	}
	w.align()
	w.out = binary.BigEndian.AppendUint32(w.out, uint32(C.perigee_adler32(1, (*C.uint8_t)(&bytes[0]), C.int64_t(len(bytes)))))
	return true
}

// flat tells whether most bytes are in runs.
func flat(runs []C.uint32_t, n int) bool {
	covered := 0
	for i, times := range runs {
		covered += 8 * (i + 1) * int(times)
	}
	return 2*covered > n
}

// coded writes a block of bytes with codes of its own.
func (w *bitWriter) coded(bytes []byte, found *[256 + C.PERIGEE_PNG_RUNS]C.uint32_t, last bool) {
	counts := make([]uint32, symbolsInAll)
	for i := range 256 {
		counts[i] = uint32(found[i])
	}
	counts[symbolEnd] = 1
	for i := range C.PERIGEE_PNG_RUNS {
		symbol, _, _ := lengthOf(8 * (i + 1))
		counts[symbol] += uint32(found[256+i])
	}
	const longest = 14 // see perigee_png_code
	lengths := lengthsOf(counts, longest)
	codes := codesOf(lengths)
	var table [256 + C.PERIGEE_PNG_RUNS]C.uint32_t
	for i := range 256 {
		table[i] = C.uint32_t(codes[i] | uint32(lengths[i])<<24)
	}
	for i := range C.PERIGEE_PNG_RUNS {
		symbol, bits, extra := lengthOf(8 * (i + 1))
		n := int(lengths[symbol])
		table[256+i] = C.uint32_t(codes[symbol] | bits<<n | uint32(n+extra+1)<<24) // the distance, 1, is a bit that is 0
	}
	w.dynamicHead(lengths, last)
	w.out = slices.Grow(w.out, 2*len(bytes)+16)
	state := C.struct_perigee_bits{bits: C.uint64_t(w.bits), have: C.int32_t(w.have)}
	state = C.perigee_png_code((*C.uint8_t)(&bytes[0]), C.int64_t(len(bytes)), &table[0], (*C.uint8_t)(unsafe.SliceData(w.out[len(w.out):cap(w.out)])), state)
	w.out, w.bits, w.have = w.out[:len(w.out)+int(state.at)], uint64(state.bits), int(state.have)
	w.put(codes[symbolEnd], int(lengths[symbolEnd]))
}

// deflate writes bytes as a zlib stream in which repetitions are found.
func deflate(w *bitWriter, bytes []byte) error {
	room := int(C.perigee_deflate_bound(C.int64_t(len(bytes))))
	w.out = slices.Grow(w.out, room)
	n := C.perigee_deflate((*C.uint8_t)(&bytes[0]), C.int64_t(len(bytes)), (*C.uint8_t)(unsafe.SliceData(w.out[len(w.out):cap(w.out)])), C.int64_t(room))
	if n == 0 {
		return fault.New(fault.Unavailable, "there is no memory to compress a picture")
	}
	w.out = w.out[:len(w.out)+int(n)]
	return nil
}
