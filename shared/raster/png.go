package raster

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"
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
	var out bytes.Buffer
	out.Grow(p.Width*p.Height*layout.channels*3/4 + 1024) // what a photograph takes
	out.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(nil, uint32(p.Width))
	head = binary.BigEndian.AppendUint32(head, uint32(p.Height))
	writeChunk(&out, "IHDR", append(head, layout.depth, layout.colour, 0, 0, 0))
	layout.chunks(&out)
	room := rows.Get().(*[]byte)
	defer rows.Put(room)
	var flat bool
	*room, flat = filtered((*room)[:0], p, layout)
	if err := writePixels(&out, *room, flat); err != nil {
		return nil, err
	}
	writeChunk(&out, "IEND", nil)
	return out.Bytes(), nil
}

// writeChunk writes a chunk with its length and checksum (W3C PNG, 5.3).
func writeChunk(out *bytes.Buffer, kind string, data []byte) {
	at := beginChunk(out, kind)
	out.Write(data)
	endChunk(out, at)
}

// beginChunk writes the head of a chunk whose data follows, and says where it is.
func beginChunk(out *bytes.Buffer, kind string) (at int) {
	at = out.Len()
	out.WriteString("\x00\x00\x00\x00")
	out.WriteString(kind)
	return at
}

// endChunk fills in the length of the chunk that began at a place, and writes its checksum.
func endChunk(out *bytes.Buffer, at int) {
	chunk := out.Bytes()[at:]
	binary.BigEndian.PutUint32(chunk, uint32(len(chunk)-8))
	out.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk[4:])))
}

// chunks writes PLTE and tRNS where the layout has them.
func (l pngLayout) chunks(out *bytes.Buffer) {
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
		writeChunk(out, "PLTE", colours)
		if last > 0 {
			writeChunk(out, "tRNS", alphas[:last])
		}
	case l.colour == pngGrey && l.transparent >= 0:
		writeChunk(out, "tRNS", []byte{0, byte(l.transparent)})
	}
}

// rows keeps the memory for filtered rows between pictures.
var rows = sync.Pool{New: func() any { return new([]byte) }}

// writePixels writes the chunk of the compressed rows: by Huffman coding alone for a photograph, whose rows hold few
// repetitions, and with matching for what is flat.
func writePixels(out *bytes.Buffer, raw []byte, flat bool) error {
	pool := &photoWriters
	if flat {
		pool = &flatWriters
	}
	w := pool.Get().(*zlib.Writer)
	defer pool.Put(w)
	at := beginChunk(out, "IDAT")
	w.Reset(out)
	if _, err := w.Write(raw); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	endChunk(out, at)
	return nil
}

func writers(level int) sync.Pool {
	return sync.Pool{New: func() any {
		w, _ := zlib.NewWriterLevel(io.Discard, level) // fails for unknown levels only
		return w
	}}
}

var photoWriters, flatWriters = writers(zlib.HuffmanOnly), writers(zlib.BestSpeed)
