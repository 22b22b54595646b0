package raster

import (
	"bytes"
	"context"
	"io"
	"time"
	"unsafe"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
)

// samples makes room for so many samples of a type, as GDAL fills it and as it lies in memory, which is the order of bytes that GDAL
// writes files in; nil for a type that is not read here.
func samples(dataType string, n int) (typed any, memory []byte) {
	switch dataType {
	case "Byte":
		return laidOut[byte](n)
	case "UInt16":
		return laidOut[uint16](n)
	case "Int16":
		return laidOut[int16](n)
	case "UInt32":
		return laidOut[uint32](n)
	case "Int32":
		return laidOut[int32](n)
	case "Float32":
		return laidOut[float32](n)
	case "Float64":
		return laidOut[float64](n)
	}
	return nil, nil
}

func laidOut[T any](n int) (any, []byte) {
	s := make([]T, n)
	if n == 0 {
		return s, nil
	}
	return s, unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), n*int(unsafe.Sizeof(s[0])))
}

// streamed is a GeoTIFF whose samples are read when they are sent: a header that GDAL wrote for a file without any, the places
// of its strips or tiles, and then these, one behind the other.
type streamed struct {
	ctx         context.Context
	patience    time.Duration // with a reading
	piece       *Piece
	header      []byte
	arrangement arrangement
	at          int64
	slab        []byte // of the samples, from
	from        int64
}

// stream begins the file of a piece.
func (p *Piece) stream(ctx context.Context, patience time.Duration) (Content, error) {
	s := &streamed{ctx: ctx, patience: patience, piece: p, arrangement: p.arrangementOf()}
	brief, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	header, err := p.header(brief, s.arrangement)
	if err != nil {
		return nil, err
	}
	s.header, err = withPlaces(header, s.arrangement)
	return s, err
}

// Size is that of the whole file.
func (s *streamed) Size() int64 { return int64(len(s.header)) + s.arrangement.size() }

// Seek goes somewhere else.
func (s *streamed) Seek(offset int64, whence int) (int64, error) {
	at := map[int]int64{io.SeekStart: 0, io.SeekCurrent: s.at, io.SeekEnd: s.Size()}[whence] + offset
	if at < 0 {
		return 0, fault.New(fault.Invalid, "a place before the file")
	}
	s.at = at
	return at, nil
}

// Read gives what lies here.
func (s *streamed) Read(b []byte) (n int, err error) {
	switch head := int64(len(s.header)); {
	case s.at >= s.Size():
		return 0, io.EOF
	case s.at < head:
		n = copy(b, s.header[s.at:])
	default:
		at := s.at - head
		if at < s.from || at >= s.from+int64(len(s.slab)) {
			if err := s.read(at); err != nil {
				return 0, err
			}
		}
		n = copy(b, s.slab[at-s.from:])
	}
	s.at += int64(n)
	return n, nil
}

// read reads the rows around a place in the samples.
func (s *streamed) read(at int64) (err error) {
	defer recovered(&err)
	sh := s.arrangement
	plane, within := int(at/sh.plane()), at%sh.plane()
	if sh.tiled() {
		perRow := sh.block(0) * int64(sh.across())
		down := int(within / perRow)
		s.from = int64(plane)*sh.plane() + int64(down)*perRow
		first := down * sh.blockHeight
		raw, err := s.rows(plane, first, min(sh.blockHeight, sh.height-first))
		s.slab = sh.tiles(raw)
		return err
	}
	_, together := sh.planes()
	row := int64(sh.width * together * sh.sample)
	begin, end := sh.around(int(within / row))
	s.from = int64(plane)*sh.plane() + int64(begin)*row
	s.slab, err = s.rows(plane, begin, end-begin)
	return err
}

// rows reads rows of a plane.
func (s *streamed) rows(plane, first, count int) ([]byte, error) {
	bands, w := s.piece.bands, s.piece.plan.window
	if s.arrangement.planar {
		bands = bands[plane : plane+1]
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.patience)
	defer cancel()
	return s.piece.file.samples(ctx, bands, s.piece.cut.Coverage.Grid.DataType, window{w.x, w.y + first, w.width, count})
}

// samples reads a window of bands as they are, pixel by pixel.
func (f *file) samples(ctx context.Context, bands []int, dataType string, w window) ([]byte, error) {
	h, err := f.take(ctx)
	if err != nil {
		return nil, err
	}
	need := min(2*int64(len(bands))*int64(w.width)*int64(w.height)*bytesPerSample(dataType), decodeBytes)
	if err := f.store.decodes.Acquire(ctx, need); err != nil {
		f.give(h)
		return nil, cancelled(ctx)
	}
	return within(ctx, func() ([]byte, error) {
		raw, err := h.samples(bands, dataType, w)
		f.store.decodes.Release(need)
		if err != nil && (fault.KindOf(err) == fault.Internal || ctx.Err() != nil) {
			h.close()
			return nil, err
		}
		f.give(h)
		return raw, err
	}, func([]byte) {})
}

func (h *handle) samples(bands []int, dataType string, w window) (_ []byte, err error) {
	defer recovered(&err)
	s := h.ds.Structure()
	if w.x+w.width > s.SizeX || w.y+w.height > s.SizeY {
		return nil, fault.New(fault.Unavailable, "%s is %d x %d pixels, fewer than registered: %w", h.file.href, s.SizeX, s.SizeY, errReplaced)
	}
	buffer, raw := samples(dataType, w.width*w.height*len(bands))
	if len(bands) == 1 {
		band, err := h.level(bands[0], 0)
		if err != nil {
			return nil, err
		}
		return raw, h.fill(band, buffer, w)
	}
	places := make([]int, len(bands))
	for i, band := range bands {
		if _, err := h.level(band, 0); err != nil {
			return nil, err
		}
		places[i] = band - 1
	}
	var m messages
	err = h.ds.Read(w.x, w.y, buffer, w.width, w.height, godal.Bands(places...), godal.ErrLogger(m.handle))
	if err != nil || h.failure() != nil {
		return nil, h.unreadable(&m)
	}
	return raw, nil
}

// held is a file in memory.
type held struct {
	*bytes.Reader
}

// Size is that of the file.
func (h held) Size() int64 { return h.Reader.Size() }
