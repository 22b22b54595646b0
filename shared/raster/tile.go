package raster

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
// From a disk each is read by itself, and two make a run, because two are decoded faster together.
func (t *tiling) runs(tiles []tile) [][]tile {
	slices.SortStableFunc(tiles, func(a, b tile) int { return cmp.Compare(a.at, b.at) })
	if t.file.onDisk() {
		return slices.Collect(slices.Chunk(tiles, sideBySide))
	}
	var runs [][]tile
	for _, next := range tiles {
		if n := len(runs) - 1; n >= 0 && next.n > 0 && runs[n][0].n > 0 {
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

// settleTiles fetches and decodes the tiles of a run.
func (r *Renderer) settleTiles(ctx context.Context, st *stream, l level, t *tiling, run []tile) {
	pending := run
	err := func() (err error) {
		defer recovered(&err)
		var rooms [sideBySide]*room
		for i := range rooms {
			rooms[i] = roomPool.Get().(*room)
			defer roomPool.Put(rooms[i])
		}
		data, err := t.fetch(ctx, st, run, rooms)
		if err != nil {
			return err
		}
		for len(pending) > 0 {
			some := pending[:min(len(pending), sideBySide)]
			plain, err := t.decode(ctx, data[len(run)-len(pending):][:len(some)], rooms)
			if err != nil {
				return err
			}
			for i, next := range some {
				blocks, err := t.blocks(ctx, l, next, plain[i])
				if err != nil {
					return err
				}
				pending = pending[1:]
				for k, e := range next.entries {
					r.blocks.settle(e, blocks[k], nil)
				}
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

var roomPool = sync.Pool{New: func() any { return new(room) }}

// fetch reads the bytes of the tiles of a run, none of those that have none.
func (t *tiling) fetch(ctx context.Context, st *stream, run []tile, rooms [sideBySide]*room) ([][]byte, error) {
	if err := cancelled(ctx); err != nil {
		return nil, err
	}
	data := make([][]byte, len(run))
	if st.disk == nil {
		return data, t.fetchJoined(st, run, data)
	}
	for i, one := range run {
		if one.n == 0 {
			continue
		}
		if err := t.fits(st, one.n, 1); err != nil {
			return nil, err
		}
		packed := slices.Grow(rooms[i].packed[:0], int(one.n))[:one.n]
		if rooms[i].packed, data[i] = packed, packed; st.note(st.read(packed, one.at)) != nil {
			return nil, st.failure()
		}
	}
	return data, nil
}

// fetchJoined reads the bytes of tiles that lie together by one request.
func (t *tiling) fetchJoined(st *stream, run []tile, data [][]byte) error {
	first, last := run[0], run[len(run)-1]
	if first.n == 0 {
		return nil
	}
	n := last.at + last.n - first.at
	if err := t.fits(st, n, len(run)); err != nil {
		return err
	}
	all, err := st.bytesAt(first.at, n)
	if st.note(err) != nil {
		return st.failure()
	}
	for i, one := range run {
		data[i] = all[one.at-first.at:][:one.n]
	}
	return nil
}

// fits is a failure when so many bytes are far more than so many tiles hold.
func (t *tiling) fits(st *stream, n int64, tiles int) error {
	if limit := 2*t.tiff.tileBytes(t.level)*int64(tiles) + joined; n > limit {
		return fault.New(fault.Invalid, "%s has a tile of %d bytes, which holds %d", st.href, n, t.tiff.tileBytes(t.level))
	}
	return nil
}

// blocks makes the blocks of a tile from its decoded bytes. What could not be decoded here, or has no bytes, is left to
// GDAL.
func (t *tiling) blocks(ctx context.Context, l level, one tile, plain []byte) ([]*block, error) {
	u := l.unit(one.entries[0].key.col, one.entries[0].key.row)
	if plain != nil {
		return t.split(plain, u, one.entries), nil
	}
	var bands []int
	for _, e := range one.entries {
		bands = append(bands, e.key.band)
	}
	return t.file.read(ctx, bands, l.index, [2]int{l.width, l.height}, u)
}

// decode decodes the bytes of tiles; nothing of those that are not what they should be.
func (t *tiling) decode(ctx context.Context, packed [][]byte, rooms [sideBySide]*room) (plain [sideBySide][]byte, err error) {
	size := t.tiff.tileBytes(t.level)
	if !t.tiff.deflate {
		for i, p := range packed {
			if int64(len(p)) == size {
				plain[i] = p
			}
		}
		return plain, nil
	}
	need := min(int64(len(packed))*size, decodeBytes)
	if err := t.file.store.decodes.Acquire(ctx, need); err != nil {
		return plain, cancelled(ctx)
	}
	defer t.file.store.decodes.Release(need)
	for i := range packed {
		rooms[i].plain = slices.Grow(rooms[i].plain[:0], int(size))[:size]
		plain[i] = rooms[i].plain
	}
	return inflate(packed, plain), nil
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
