package raster

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"
	"unsafe"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
)

// samples makes room for so many samples of a type; nil for one that is not read here.
func samples(dataType string, n int) any {
	switch dataType {
	case "Byte":
		return make([]byte, n)
	case "UInt16":
		return make([]uint16, n)
	case "Int16":
		return make([]int16, n)
	case "UInt32":
		return make([]uint32, n)
	case "Int32":
		return make([]int32, n)
	case "Float32":
		return make([]float32, n)
	case "Float64":
		return make([]float64, n)
	}
	return nil
}

// memory is samples as they lie in memory, which is the order of bytes that GDAL writes files in.
func memory(buffer any) []byte {
	switch s := buffer.(type) {
	case []byte:
		return s
	case []uint16:
		return rawOf(s)
	case []int16:
		return rawOf(s)
	case []uint32:
		return rawOf(s)
	case []int32:
		return rawOf(s)
	case []float32:
		return rawOf(s)
	case []float64:
		return rawOf(s)
	}
	return nil
}

func rawOf[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
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

// arrangement is how the samples of a file are laid out.
type arrangement struct {
	width, height, bands int
	sample               int // bytes
	planar               bool
	blockWidth           int // of a tile, or the width
	blockHeight          int // of a tile, or the rows of a strip
	rows                 int // that are read at once
	first                int // row of the grid that the rows read are counted from
}

// tiled tells whether the file has tiles.
func (s arrangement) tiled() bool { return s.blockWidth != s.width }

// planes is how often all pixels come, and together the samples of each.
func (s arrangement) planes() (planes, together int) {
	if s.planar {
		return s.bands, 1
	}
	return 1, s.bands
}

func (s arrangement) across() int { return (s.width + s.blockWidth - 1) / s.blockWidth }
func (s arrangement) down() int   { return (s.height + s.blockHeight - 1) / s.blockHeight }

// block is the bytes of a tile, or of a strip, of which the last is shorter.
func (s arrangement) block(row int) int64 {
	_, together := s.planes()
	height := s.blockHeight
	if !s.tiled() {
		height = min(height, s.height-row*height)
	}
	return int64(s.blockWidth) * int64(height) * int64(together*s.sample)
}

// plane is the bytes of all blocks of a plane.
func (s arrangement) plane() int64 {
	_, together := s.planes()
	if s.tiled() {
		return s.block(0) * int64(s.across()) * int64(s.down())
	}
	return int64(s.width) * int64(s.height) * int64(together*s.sample)
}

// size is the bytes of all samples.
func (s arrangement) size() int64 {
	planes, _ := s.planes()
	return s.plane() * int64(planes)
}

// The sizes of what is read and of what is written at once.
const (
	stripBytes = 256 << 10
	slabBytes  = 8 << 20
	maxSlab    = 32 << 20
	tileSide   = 256
)

// arrangementOf lays out a piece: its strips are of some rows, and what is read at once ends where the blocks of the file do.
func (p *Piece) arrangementOf() arrangement {
	e, g := p.cut.Encoding, p.Grid
	s := arrangement{width: g.Width, height: g.Height, bands: len(p.bands), sample: int(bytesPerSample(g.DataType)), planar: e.ByBand && len(p.bands) > 1, first: p.plan.window.y}
	_, together := s.planes()
	row := s.width * together * s.sample
	if e.Tile != [2]int{} {
		s.blockWidth, s.blockHeight = e.Tile[0], e.Tile[1]
		s.rows, s.first = s.blockHeight, 0
		return s
	}
	s.blockWidth, s.blockHeight = s.width, min(s.height, max(1, stripBytes/row))
	block := max(p.cut.Coverage.Grid.BlockHeight, 1)
	switch {
	case block*row > maxSlab:
		s.rows = max(1, slabBytes/row)
	default:
		s.rows = block * max(1, slabBytes/(block*row))
	}
	return s
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

// around is the rows that are read with one.
func (s arrangement) around(row int) (begin, end int) {
	at := (s.first + row) / s.rows * s.rows
	return max(at-s.first, 0), min(at+s.rows-s.first, s.height)
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

// tiles cuts rows into tiles, which are filled up with zeros.
func (s arrangement) tiles(raw []byte) []byte {
	if len(raw) == 0 {
		return nil
	}
	_, together := s.planes()
	pixel := together * s.sample
	stride, wide, rows := s.width*pixel, s.blockWidth*pixel, len(raw)/(s.width*pixel)
	out := make([]byte, s.block(0)*int64(s.across()))
	for col := range s.across() {
		tile := out[int64(col)*s.block(0):]
		for y := range rows {
			copy(tile[y*wide:][:wide], raw[y*stride+col*wide:(y+1)*stride])
		}
	}
	return out
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
	buffer := samples(dataType, w.width*w.height*len(bands))
	if len(bands) == 1 {
		band, err := h.level(bands[0], 0)
		if err != nil {
			return nil, err
		}
		return memory(buffer), h.fill(band, buffer, w)
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
	return memory(buffer), nil
}

// header lets GDAL write the file without its samples.
func (p *Piece) header(ctx context.Context, s arrangement) (_ []byte, err error) {
	h, err := p.file.take(ctx)
	if err != nil {
		return nil, err
	}
	defer p.file.give(h)
	if h.file.seen.Load() == nil {
		return nil, h.unreadable(new(messages))
	}
	options := []string{"SPARSE_OK=TRUE", "BIGTIFF=NO", fmt.Sprintf("BLOCKYSIZE=%d", s.blockHeight)}
	if s.tiled() {
		options = append(options, "TILED=YES", fmt.Sprintf("BLOCKXSIZE=%d", s.blockWidth))
	}
	if s.planar {
		options = append(options, "INTERLEAVE=BAND")
	}
	var m messages
	quiet := godal.ErrLogger(m.handle)
	name := temporary("tif")
	defer godal.VSIUnlink(name, godal.ErrLogger(new(messages).handle))
	ds, err := godal.Create(godal.GTiff, name, s.bands, h.bands[p.bands[0]-1].Structure().DataType, s.width, s.height, godal.CreationOption(options...), quiet)
	if err != nil {
		return nil, failed(&m, err)
	}
	if err := errorsOf(p.describe(h, ds), ds.Close(quiet)); err != nil {
		return nil, failed(&m, err)
	}
	return wholeFile(name)
}

// describe tells a new file all that is known of the samples.
func (p *Piece) describe(h *handle, ds *godal.Dataset) error {
	sr, err := systemOf(p.Grid).ref()
	if err != nil {
		return err
	}
	defer sr.Close()
	if err := errorsOf(ds.SetSpatialRef(sr), ds.SetGeoTransform(p.Grid.Transform)); err != nil {
		return err
	}
	if value := h.ds.Metadata("AREA_OR_POINT"); value != "" {
		if err := ds.SetMetadata("AREA_OR_POINT", value); err != nil {
			return err
		}
	}
	for i, band := range ds.Bands() {
		if err := p.describeBand(h.bands[p.bands[i]-1], band); err != nil {
			return err
		}
	}
	return nil
}

func (p *Piece) describeBand(from, to godal.Band) error {
	nodata, known := from.NoData()
	if registered := p.nodata(); registered != nil && !known {
		nodata, known = *registered, true
	}
	var err error
	if known {
		err = to.SetNoData(nodata)
	}
	if s := from.Structure(); s.Scale != 1 || s.Offset != 0 {
		err = errorsOf(err, to.SetScaleOffset(s.Scale, s.Offset))
	}
	if from.ColorInterp() == godal.CIPalette {
		err = errorsOf(err, to.SetColorTable(from.ColorTable()))
	}
	if text := from.Description(); text != "" {
		err = errorsOf(err, to.SetDescription(text))
	}
	return err
}

// The tags of a TIFF (revision 6.0, sections 8 and 15) that say where strips or tiles lie.
const (
	tagStripOffsets, tagStripCounts = 273, 279

	typeLong   = 4
	entryBytes = 12
)

// withPlaces adds the places and lengths of strips or tiles to a header, behind which they will stand one after the other.
func withPlaces(header []byte, s arrangement) ([]byte, error) {
	if len(header) < 8 || string(header[:2]) != "II" {
		return nil, fault.New(fault.Internal, "a header of %d bytes, which is no little-endian TIFF", len(header))
	}
	planes, _ := s.planes()
	n := planes * s.across() * s.down()
	header = append(header, make([]byte, len(header)%2)...)
	offsetsAt := len(header)
	countsAt := offsetsAt + 4*n
	at := uint32(countsAt + 4*n)
	var offsets, counts []byte
	for range planes {
		for row := range s.down() {
			for range s.across() {
				offsets, counts = binary.LittleEndian.AppendUint32(offsets, at), binary.LittleEndian.AppendUint32(counts, uint32(s.block(row)))
				at += uint32(s.block(row))
			}
		}
	}
	directory := int(binary.LittleEndian.Uint32(header[4:]))
	if directory+2 > len(header) {
		return nil, fault.New(fault.Internal, "a header without a directory")
	}
	entries := header[directory+2:]
	for range binary.LittleEndian.Uint16(header[directory:]) {
		switch tag := binary.LittleEndian.Uint16(entries); tag {
		case tagStripOffsets, tagTileOffsets:
			putPlaces(entries, n, offsets, offsetsAt)
		case tagStripCounts, tagTileSizes:
			putPlaces(entries, n, counts, countsAt)
		}
		entries = entries[entryBytes:]
	}
	return append(append(header, offsets...), counts...), nil
}

// putPlaces makes an entry of a directory hold numbers, or say where they lie.
func putPlaces(entry []byte, n int, numbers []byte, at int) {
	binary.LittleEndian.PutUint16(entry[2:], typeLong)
	binary.LittleEndian.PutUint32(entry[4:], uint32(n))
	if n == 1 {
		copy(entry[8:], numbers)
		return
	}
	binary.LittleEndian.PutUint32(entry[8:], uint32(at))
}

// held is a file in memory.
type held struct {
	*bytes.Reader
}

// Size is that of the file.
func (h held) Size() int64 { return h.Reader.Size() }
