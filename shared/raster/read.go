package raster

import (
	"context"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
)

// block is a decoded part of a band at a level.
type block struct {
	width, height int
	samples       any     // []uint8, []uint16, []int16 or []float32; row by row
	mask          []uint8 // 0 where a pixel is not valid; nil: the samples alone tell
}

// newBlock makes room for samples of a kind, by GDAL's name.
func newBlock(kind string, width, height int) *block {
	b, n := &block{width: width, height: height}, width*height
	switch kind {
	case "Byte":
		b.samples = make([]uint8, n)
	case "UInt16":
		b.samples = make([]uint16, n)
	case "Int16":
		b.samples = make([]int16, n)
	default:
		b.samples = make([]float32, n)
	}
	return b
}

func (b *block) bytes() int64 {
	n := int64(b.width) * int64(b.height)
	size := int64(4)
	switch b.samples.(type) {
	case []uint8:
		size = 1
	case []uint16, []int16:
		size = 2
	}
	return n*size + int64(len(b.mask)) + 128
}

// window is a rectangle of pixels.
type window struct {
	x, y, width, height int
}

// read decodes a window of bands at a level.
func (f *file) read(ctx context.Context, bands []int, level int, size [2]int, w window) ([]*block, error) {
	h, err := f.take(ctx)
	if err != nil {
		return nil, err
	}
	// A block as it is compressed, and as it is decoded.
	need := min(2*max(h.file.seen.Load().blockBytes, int64(len(bands))*int64(w.width)*int64(w.height)), decodeBytes)
	if err := f.store.decodes.Acquire(ctx, need); err != nil {
		f.give(h)
		return nil, cancelled(ctx)
	}
	return within(ctx, func() ([]*block, error) {
		b, err := h.readAll(bands, level, size, w)
		f.store.decodes.Release(need)
		if err != nil && (fault.KindOf(err) == fault.Internal || ctx.Err() != nil) {
			h.close()
			return nil, err
		}
		f.give(h)
		return b, err
	}, func([]*block) {})
}

// readAll reads bands one after the other: of a file in which they lie together, GDAL decodes all with the first.
func (h *handle) readAll(bands []int, level int, size [2]int, w window) ([]*block, error) {
	var all []*block
	for _, band := range bands {
		b, err := h.read(band, level, size, w)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

func (h *handle) read(band, level int, size [2]int, w window) (_ *block, err error) {
	defer recovered(&err)
	src, err := h.level(band, level)
	if err != nil {
		return nil, err
	}
	s := src.Structure()
	if s.SizeX != size[0] || s.SizeY != size[1] {
		return nil, fault.New(fault.Unavailable, "%s is %d x %d pixels at level %d, not %d x %d as registered: %w", h.file.href, s.SizeX, s.SizeY, level, size[0], size[1], errReplaced)
	}
	b := newBlock(s.DataType.String(), w.width, w.height)
	if err := h.fill(src, b.samples, w); err != nil {
		return nil, err
	}
	if seen := h.file.seen.Load(); seen.masked && seen.alpha != band {
		b.mask = make([]uint8, w.width*w.height)
		return b, h.fill(src.MaskBand(), b.mask, w)
	}
	return b, nil
}

func (h *handle) fill(src godal.Band, buffer any, w window) error {
	var m messages
	err := src.Read(w.x, w.y, buffer, w.width, w.height, godal.ErrLogger(m.handle))
	if err != nil || h.failure() != nil {
		return h.unreadable(&m)
	}
	return nil
}

// cut takes a window out of a block that was read as a whole.
func (b *block) cut(w window) *block {
	if w == (window{0, 0, b.width, b.height}) {
		return b
	}
	out := &block{width: w.width, height: w.height}
	switch s := b.samples.(type) {
	case []uint8:
		out.samples = part(s, b.width, w)
	case []uint16:
		out.samples = part(s, b.width, w)
	case []int16:
		out.samples = part(s, b.width, w)
	case []float32:
		out.samples = part(s, b.width, w)
	}
	if b.mask != nil {
		out.mask = part(b.mask, b.width, w)
	}
	return out
}

func part[T any](from []T, stride int, w window) []T {
	out := make([]T, 0, w.width*w.height)
	for y := range w.height {
		out = append(out, from[(w.y+y)*stride+w.x:][:w.width]...)
	}
	return out
}
