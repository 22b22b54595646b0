package raster

// #cgo LDFLAGS: -ldeflate
// #include "tile.h"
import "C"

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"unsafe"

	"perigee/shared/fault"
)

// tiling is a level of a file whose tiles are decoded here, without GDAL: they are its units of reading.
type tiling struct {
	file  *file
	tiff  *tiff
	level tiffLevel
}

// tiling gives that of a level; nil if GDAL decodes it.
func (f *file) tiling(ctx context.Context, l level) *tiling {
	if l.reduced {
		return nil
	}
	facts, err := f.facts(ctx)
	if err != nil || facts.tiff == nil || l.index >= len(facts.tiff.levels) {
		return nil // whoever asks GDAL will be told
	}
	t := &tiling{f, facts.tiff, facts.tiff.levels[l.index]}
	if t.level.width != l.width || t.level.height != l.height || t.level.tileWidth != l.blockWidth || t.level.tileHeight != l.blockHeight {
		return nil
	}
	return t
}

// tile is a tile to be decoded, and the entries that it settles.
type tile struct {
	piece
	entries []*entry // of one unit, by band
}

// fulfilTiles settles entries and those along with them from the tiles of a file.
func (r *Renderer) fulfilTiles(ctx context.Context, l level, t *tiling, entries []*entry) {
	st, err := t.file.stream(ctx, targetOf(t.file.href))
	if err != nil {
		r.settleAll(entries, err)
		return
	}
	if st.disk != nil {
		defer st.disk.Close()
	}
	tiles, err := t.find(st, l, entries)
	if err != nil {
		r.settleAll(entries, err)
		return
	}
	runs := t.runs(tiles)
	if len(runs) == 1 {
		r.settleTiles(ctx, st, l, t, runs[0])
		return
	}
	limit := readers
	if st.disk != nil {
		limit = workers()
	}
	g, ctx := newGroup(ctx, limit)
	for _, run := range runs {
		g.run(func() error {
			r.settleTiles(ctx, st, l, t, run)
			return nil
		})
	}
	g.Wait()
}

func (r *Renderer) settleAll(entries []*entry, err error) {
	for _, e := range entries {
		r.blocks.settle(e, nil, err)
		for _, o := range e.along {
			r.blocks.settle(o, nil, err)
		}
	}
}

// find finds the tiles of entries.
func (t *tiling) find(st *stream, l level, entries []*entry) ([]tile, error) {
	var all []tile
	for _, e := range entries {
		groups := [][]*entry{append([]*entry{e}, e.along...)}
		if t.tiff.planar {
			groups = nil
			for _, one := range append([]*entry{e}, e.along...) {
				groups = append(groups, []*entry{one})
			}
		}
		for _, g := range groups {
			at, err := t.tiff.tile(st, l.index, g[0].key.band, e.key.col, e.key.row)
			if err != nil {
				if failure := st.failure(); failure != nil {
					err = failure
				}
				return nil, err
			}
			all = append(all, tile{at, g})
		}
	}
	return all, nil
}

// runs groups tiles that are fetched in one request: those that follow each other in an object, nearly without a gap.
// On a disk each is read by itself.
func (t *tiling) runs(tiles []tile) [][]tile {
	slices.SortStableFunc(tiles, func(a, b tile) int { return cmp.Compare(a.at, b.at) })
	var runs [][]tile
	for _, next := range tiles {
		if n := len(runs) - 1; n >= 0 && !t.file.onDisk() && next.n > 0 && runs[n][0].n > 0 {
			first, last := runs[n][0], runs[n][len(runs[n])-1]
			if gap := next.at - last.at - last.n; gap >= 0 && gap <= maxTileGap && next.at+next.n-first.at <= joined {
				runs[n] = append(runs[n], next)
				continue
			}
		}
		runs = append(runs, []tile{next})
	}
	return runs
}

// maxTileGap is how many bytes between two tiles are fetched with them, rather than asking twice: COGs have eight there.
const maxTileGap = 4 << 10

// settleTiles fetches and decodes tiles that lie together.
func (r *Renderer) settleTiles(ctx context.Context, st *stream, l level, t *tiling, run []tile) {
	pending := run
	err := func() (err error) {
		defer recovered(&err)
		room := rooms.Get().(*room)
		defer rooms.Put(room)
		data, err := t.fetch(ctx, st, run, room)
		if err != nil {
			return err
		}
		for len(pending) > 0 {
			next := pending[0]
			blocks, err := t.blocks(ctx, l, next, data[min(next.at-run[0].at, int64(len(data))):], room)
			if err != nil {
				return err
			}
			pending = pending[1:]
			for i, e := range next.entries {
				r.blocks.settle(e, blocks[i], nil)
			}
		}
		return nil
	}()
	for _, next := range pending {
		for _, e := range next.entries {
			r.blocks.settle(e, nil, err)
		}
	}
}

// room is memory for a tile as it is compressed and as it is decoded.
type room struct{ packed, plain []byte }

var rooms = sync.Pool{New: func() any { return new(room) }}

// fetch reads the bytes of tiles that lie together.
func (t *tiling) fetch(ctx context.Context, st *stream, run []tile, room *room) ([]byte, error) {
	first, last := run[0], run[len(run)-1]
	n := last.at + last.n - first.at
	if first.n == 0 {
		return nil, nil
	}
	if err := cancelled(ctx); err != nil {
		return nil, err
	}
	if limit := 2*t.tiff.tileBytes(t.level)*int64(len(run)) + joined; n > limit {
		return nil, fault.New(fault.Invalid, "%s has a tile of %d bytes, which holds %d", st.href, n, t.tiff.tileBytes(t.level))
	}
	if st.disk != nil {
		room.packed = slices.Grow(room.packed[:0], int(n))[:n]
		return room.packed, st.note(st.read(room.packed, first.at))
	}
	data, err := st.bytesAt(first.at, n)
	if st.note(err) != nil {
		return nil, st.failure()
	}
	return data, nil
}

// blocks makes the blocks of a tile, whose bytes come first in data. What cannot be decoded here, or has no bytes, is left
// to GDAL.
func (t *tiling) blocks(ctx context.Context, l level, one tile, data []byte, room *room) ([]*block, error) {
	u := l.unit(one.entries[0].key.col, one.entries[0].key.row)
	if one.n > 0 {
		blocks, err := t.decode(ctx, data[:one.n], u, one.entries, room)
		if err != nil || blocks != nil {
			return blocks, err
		}
	}
	var bands []int
	for _, e := range one.entries {
		bands = append(bands, e.key.band)
	}
	return t.file.read(ctx, bands, l.index, [2]int{l.width, l.height}, u)
}

// decode decodes the bytes of a tile; nil if they are not what they should be.
func (t *tiling) decode(ctx context.Context, packed []byte, u window, entries []*entry, room *room) ([]*block, error) {
	size := t.tiff.tileBytes(t.level)
	need := min(size, decodeBytes)
	if err := t.file.store.decodes.Acquire(ctx, need); err != nil {
		return nil, cancelled(ctx)
	}
	defer t.file.store.decodes.Release(need)
	plain := packed
	if t.tiff.deflate {
		plain = slices.Grow(room.plain[:0], int(size))[:size]
		room.plain = plain
		if C.perigee_inflate((*C.uint8_t)(&packed[0]), C.int64_t(len(packed)), (*C.uint8_t)(&plain[0]), C.int64_t(size)) == 0 {
			return nil, nil
		}
	}
	if int64(len(plain)) != size {
		return nil, nil
	}
	return t.split(plain, u, entries), nil
}

// split takes the bands of entries out of a decoded tile.
func (t *tiling) split(plain []byte, u window, entries []*entry) []*block {
	shape := C.struct_perigee_layout{
		predictor: C.int32_t(t.level.predictor), size: C.int32_t(t.tiff.sampleBytes()), bands: C.int32_t(t.tiff.together()),
		width: C.int32_t(t.level.tileWidth), height: C.int32_t(t.level.tileHeight), columns: C.int32_t(u.width), rows: C.int32_t(u.height),
	}
	blocks := make([]*block, len(entries))
	places := make([]unsafe.Pointer, t.tiff.together())
	for i, e := range entries {
		blocks[i] = newBlock(t.tiff.kind, u.width, u.height)
		if t.tiff.planar {
			places[0] = blocks[i].start()
		} else {
			places[e.key.band-1] = blocks[i].start()
		}
	}
	for first := 0; first < len(places); first += 4 {
		var four [4]unsafe.Pointer
		if copy(four[:], places[first:]); four == [4]unsafe.Pointer{} {
			continue
		}
		C.perigee_split((*C.uint8_t)(&plain[0]), shape, C.int32_t(first), four[0], four[1], four[2], four[3])
		if shape.predictor == 3 {
			shape.predictor = 1 // it is undone now, for all bands
		}
	}
	return blocks
}

// start is where the samples of a block begin.
func (b *block) start() unsafe.Pointer {
	switch s := b.samples.(type) {
	case []uint8:
		return unsafe.Pointer(&s[0])
	case []uint16:
		return unsafe.Pointer(&s[0])
	case []int16:
		return unsafe.Pointer(&s[0])
	case []float32:
		return unsafe.Pointer(&s[0])
	}
	return nil
}
