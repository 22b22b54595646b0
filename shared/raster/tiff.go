package raster

import (
	"encoding/binary"
	"math"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// tiff says where the tiles of a TIFF lie that are decoded here: of the most common kind, little-endian with tiles that
// are compressed by DEFLATE or not at all. It is read once, when GDAL has opened the file, and used only if it says the
// same of it as GDAL; everything else is read by GDAL.
type tiff struct {
	bands   int // samples of a pixel
	planar  bool
	kind    string // by GDAL's name
	deflate bool
	levels  []tiffLevel // the full resolution, then the overviews
}

// tiffLevel is one directory of the file.
type tiffLevel struct {
	width, height         int
	tileWidth, tileHeight int
	predictor             int
	offsets, sizes        tiffArray
}

// The tags of TIFF 6.0 that are looked at.
const (
	tagSubfileType     = 254
	tagWidth           = 256
	tagHeight          = 257
	tagBits            = 258
	tagCompression     = 259
	tagFillOrder       = 266
	tagSamples         = 277
	tagPlanar          = 284
	tagPredictor       = 317
	tagTileWidth       = 322
	tagTileHeight      = 323
	tagTileOffsets     = 324
	tagTileSizes       = 325
	tagSampleFormat    = 339
	planarSeparate     = 2
	compressionNone    = 1
	compressionDeflate = 8
	compressionOld     = 32946 // the same
	subfileReduced     = 1
)

// The bounds of a file that is looked at.
const (
	maxDirectories = 40
	maxEntries     = 400
	maxAlike       = 8 << 10 // values of a tag that says the same of every band
)

// tiffArray is where the values of a tag lie.
type tiffArray struct {
	count int64
	bytes int64 // of a value
	at    int64
}

// tiffReader reads the directories of a stream, and keeps the first failure.
type tiffReader struct {
	st   *stream
	big  bool // BigTIFF
	fail error
}

var errNotOurs = fault.New(fault.Unsupported, "it is read by GDAL")

func (r *tiffReader) give(up bool) {
	if up && r.fail == nil {
		r.fail = errNotOurs
	}
}

func (r *tiffReader) bytes(at, n int64) []byte {
	buf := make([]byte, n)
	if r.give(at < 0 || at > r.st.size-n); r.fail == nil {
		r.fail = r.st.read(buf, at)
	}
	return buf
}

func (r *tiffReader) number(at, n int64) int64 {
	b := make([]byte, 8)
	copy(b, r.bytes(at, n))
	v := binary.LittleEndian.Uint64(b)
	r.give(v > math.MaxInt64)
	return int64(v & math.MaxInt64)
}

// readTIFF reads the directories of a file; nil if it is not of the kind that is decoded here.
func readTIFF(st *stream) (*tiff, error) {
	r := &tiffReader{st: st}
	next := r.head()
	t := &tiff{}
	for n := 0; next > 0 && r.fail == nil; n++ {
		var d directory
		d, next = r.directory(next)
		if r.give(n >= maxDirectories); r.fail == nil {
			r.fail = t.add(d, n == 0)
		}
	}
	if r.fail == errNotOurs {
		return nil, nil
	}
	return t, r.fail
}

// head reads the head of the file: where the first directory lies.
func (r *tiffReader) head() int64 {
	if r.st.size < 16 {
		r.give(true)
		return 0
	}
	switch h := r.bytes(0, 16); {
	case string(h[:4]) == "II*\x00":
		return int64(binary.LittleEndian.Uint32(h[4:]))
	case string(h[:8]) == "II+\x00\x08\x00\x00\x00":
		r.big = true
		return int64(binary.LittleEndian.Uint64(h[8:]) & math.MaxInt64)
	}
	r.give(true)
	return 0
}

// directory is what a directory says.
type directory struct {
	r      *tiffReader
	values map[int]tiffArray
}

// directory reads the directory at a place, and where the next one lies.
func (r *tiffReader) directory(at int64) (_ directory, next int64) {
	head, entry, value := int64(2), int64(12), int64(4)
	if r.big {
		head, entry, value = 8, 20, 8
	}
	d := directory{r, map[int]tiffArray{}}
	n := r.number(at, head)
	if r.give(n > maxEntries); r.fail != nil {
		return d, 0
	}
	whole := r.bytes(at+head, n*entry+value)
	for i := range n {
		e := whole[i*entry:][:entry]
		a := tiffArray{bytes: typeBytes(binary.LittleEndian.Uint16(e[2:])), at: at + head + i*entry + entry - value}
		if r.big {
			a.count = int64(binary.LittleEndian.Uint64(e[4:]) & math.MaxInt64)
		} else {
			a.count = int64(binary.LittleEndian.Uint32(e[4:]))
		}
		if a.count > value/max(a.bytes, 1) {
			a.at = le(e[entry-value:])
		}
		d.values[int(binary.LittleEndian.Uint16(e))] = a
	}
	return d, le(whole[n*entry:])
}

func le(b []byte) int64 {
	if len(b) == 4 {
		return int64(binary.LittleEndian.Uint32(b))
	}
	return int64(binary.LittleEndian.Uint64(b) & math.MaxInt64)
}

// typeBytes is how many bytes a whole number of a type has, 0 for other types.
func typeBytes(typ uint16) int64 {
	switch typ {
	case 1:
		return 1
	case 3:
		return 2
	case 4:
		return 4
	case 16: // LONG8
		return 8
	}
	return 0
}

// value is a value of an array. It is read when it is needed, through the pages that are kept.
func (a tiffArray) value(r *tiffReader, i int64) int64 {
	if r.give(i < 0 || i >= a.count || a.bytes == 0); r.fail != nil {
		return 0
	}
	return r.number(a.at+i*a.bytes, a.bytes)
}

// one is the value of a tag that is the same for all bands.
func (d directory) one(tag int, otherwise int64) int64 {
	a, ok := d.values[tag]
	if !ok {
		return otherwise
	}
	if d.r.give(a.bytes == 0 || a.count < 1 || a.count > maxAlike); d.r.fail != nil {
		return 0
	}
	all := d.r.bytes(a.at, a.count*a.bytes)
	first := le8(all[:a.bytes])
	for i := int64(1); i < a.count; i++ {
		d.r.give(le8(all[i*a.bytes:][:a.bytes]) != first)
	}
	return first
}

func le8(b []byte) int64 {
	var whole [8]byte
	copy(whole[:], b)
	return int64(binary.LittleEndian.Uint64(whole[:]) & math.MaxInt64)
}

// add takes a directory: the first is the full resolution, the others its overviews.
func (t *tiff) add(d directory, first bool) error {
	compression, format := d.one(tagCompression, compressionNone), d.one(tagSampleFormat, 1)
	kind := map[[2]int64]string{{1, 8}: "Byte", {1, 16}: "UInt16", {2, 16}: "Int16", {3, 32}: "Float32"}[[2]int64{format, d.one(tagBits, 1)}]
	deflate := compression == compressionDeflate || compression == compressionOld
	bands, planar := d.one(tagSamples, 1), d.one(tagPlanar, 1) == planarSeparate
	subfile := int64(subfileReduced)
	if first {
		subfile = 0
	}
	d.r.give(kind == "" || !deflate && compression != compressionNone || bands < 1 || bands > maxBands || d.one(tagFillOrder, 1) != 1 || d.one(tagSubfileType, 0) != subfile)
	l := tiffLevel{
		width: int(d.one(tagWidth, 0)), height: int(d.one(tagHeight, 0)), tileWidth: int(d.one(tagTileWidth, 0)), tileHeight: int(d.one(tagTileHeight, 0)),
		predictor: int(d.one(tagPredictor, 1)), offsets: d.values[tagTileOffsets], sizes: d.values[tagTileSizes],
	}
	if first {
		t.kind, t.deflate, t.bands, t.planar = kind, deflate, int(bands), planar
	}
	d.r.give(kind != t.kind || deflate != t.deflate || int(bands) != t.bands || planar != t.planar || !t.fits(l))
	t.levels = append(t.levels, l)
	return d.r.fail
}

// fits tells whether a level can be decoded here.
func (t *tiff) fits(l tiffLevel) bool {
	if l.width < 1 || l.height < 1 || l.width > maxSide || l.height > maxSide || l.tileWidth < minUnit || l.tileWidth > maxUnit || l.tileHeight < minUnit || l.tileHeight > maxUnit {
		return false
	}
	switch l.predictor {
	case 1:
	case 2:
		if !t.deflate || t.kind == "Float32" {
			return false
		}
	case 3:
		if !t.deflate || t.kind != "Float32" || l.tileWidth*t.together() > 4*maxUnit {
			return false
		}
	default:
		return false
	}
	n := l.across() * l.down()
	if t.planar {
		n *= int64(t.bands)
	}
	return l.offsets.count == n && l.sizes.count == n && t.tileBytes(l) <= maxLargeBlockBytes
}

// across and down are the numbers of tiles of a level.
func (l tiffLevel) across() int64 { return int64((l.width + l.tileWidth - 1) / l.tileWidth) }
func (l tiffLevel) down() int64   { return int64((l.height + l.tileHeight - 1) / l.tileHeight) }

// together is how many samples of a pixel lie together in a tile.
func (t *tiff) together() int {
	if t.planar {
		return 1
	}
	return t.bands
}

func (t *tiff) sampleBytes() int {
	return map[string]int{"Byte": 1, "UInt16": 2, "Int16": 2, "Float32": 4}[t.kind]
}

// tileBytes is how many bytes a tile has that is not compressed.
func (t *tiff) tileBytes(l tiffLevel) int64 {
	return int64(l.tileWidth) * int64(l.tileHeight) * int64(t.together()) * int64(t.sampleBytes())
}

// agrees tells whether GDAL says the same of the file.
func (t *tiff) agrees(f *facts) bool {
	if t.bands != f.bands || t.kind != f.dataType || len(t.levels) != len(f.overviews)+1 || f.masked {
		return false
	}
	full := t.levels[0]
	if full.tileWidth != f.blockWidth || full.tileHeight != f.blockHeight || full.width != f.width || full.height != f.height {
		return false
	}
	for i, o := range f.overviews {
		if l := t.levels[i+1]; o != (geo.Size{Width: l.width, Height: l.height}) {
			return false
		}
	}
	return true
}

// piece is where bytes lie in a file.
type piece struct{ at, n int64 }

// tile finds a tile of a level; with separate bands that of a band, counted from 1. It has no bytes where all is no data.
func (t *tiff) tile(st *stream, level, band, col, row int) (piece, error) {
	l := t.levels[level]
	i := int64(row)*l.across() + int64(col)
	if t.planar {
		i += int64(band-1) * l.across() * l.down()
	}
	r := &tiffReader{st: st}
	e := piece{l.offsets.value(r, i), l.sizes.value(r, i)}
	if r.fail == nil && e.n > 0 && (e.at < 1 || e.at > st.size-e.n) {
		return e, fault.New(fault.Invalid, "%s ends before its pixels do: it is cut off", st.href)
	}
	return e, r.fail
}
