package raster

import (
	"context"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
	"perigee/shared/geo"
)

// file is one version of an object, with the handles by which it is open. A handle is used by one goroutine at a time;
// as many as needed are opened.
type file struct {
	store *store
	version
	id   uint64
	size atomic.Int64          // -1: not known yet
	seen atomic.Pointer[facts] // nil before the file was first open
	idle []*handle             // guarded by store.mu
}

// facts are what an open file tells about itself.
type facts struct {
	width, height, bands    int
	dataType                string
	blockWidth, blockHeight int
	overviews               []geo.Size
	masked                  bool // a mask says which pixels are valid
	palette                 [][4]uint8
	alpha                   int // the band of opacity, counted from 1; 0: none
	nodata                  []*float64
	transform               [6]float64
	crs                     geo.CRS
}

// The bounds of a file that is opened at all: what a header may claim.
const (
	maxSide       = 4 << 20   // pixels
	maxBands      = 1000      //
	maxBlockBytes = 128 << 20 // of a decoded block
	// In files so large that a read of GDAL could exceed what its binding can pass on, blocks have to be smaller:
	// libtiff reads at most ten times the size of a decoded block.
	largeFile          = 256 << 20
	maxLargeBlockBytes = 24 << 20
)

// The flags of a mask (GDAL, GDALGetMaskFlags).
const (
	maskPerDataset = 2
	maskAlpha      = 4
)

// handle is an open file.
type handle struct {
	file   *file
	stream *stream
	ds     *godal.Dataset
	bands  []godal.Band
	levels [][]godal.Band // by band and overview; filled when first used
}

// take lends a handle, opening one if all are in use.
func (f *file) take(ctx context.Context) (*handle, error) {
	s := f.store
	s.mu.Lock()
	if n := len(f.idle); n > 0 {
		h := f.idle[n-1]
		f.idle = f.idle[:n-1]
		s.idle = slices.DeleteFunc(s.idle, func(o *handle) bool { return o == h })
		s.mu.Unlock()
		h.stream.begin(ctx)
		return h, nil
	}
	s.mu.Unlock()
	return f.open(ctx)
}

// give takes a handle back, closing the one that was unused for longest if there are too many.
func (f *file) give(h *handle) {
	s := f.store
	s.mu.Lock()
	f.idle = append(f.idle, h)
	s.idle = append(s.idle, h)
	var old *handle
	if len(s.idle) > maxIdle {
		old = s.idle[0]
		s.idle = s.idle[1:]
		old.file.idle = slices.DeleteFunc(old.file.idle, func(o *handle) bool { return o == old })
	}
	s.mu.Unlock()
	if old != nil {
		old.close()
	}
}

func (h *handle) close() {
	opened.remove(h.stream)
	h.ds.Close(godal.ErrLogger(new(messages).handle))
	if h.stream.disk != nil {
		h.stream.disk.Close()
	}
}

// open opens the file once more.
func (f *file) open(ctx context.Context) (*handle, error) {
	st, err := f.stream(ctx)
	if err != nil {
		return nil, err
	}
	opened.add(st)
	var m messages
	ds, err := godal.Open(scheme+st.name, godal.Drivers(drivers...), godal.RasterOnly(), godal.ErrLogger(m.handle))
	if err != nil || st.failure() != nil {
		if err == nil {
			ds.Close()
		}
		opened.remove(st)
		if st.disk != nil {
			st.disk.Close()
		}
		return nil, f.unreadable(st, &m)
	}
	h := &handle{file: f, stream: st, ds: ds, bands: ds.Bands()}
	if err := f.acquaint(h); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

// stream opens the bytes of the file, making sure of its version.
func (f *file) stream(ctx context.Context) (*stream, error) {
	st := &stream{store: f.store, version: f.version, ctx: ctx, size: f.size.Load()}
	if f.onDisk() {
		disk, info, err := f.store.openLocal(f.href)
		if err != nil {
			return nil, err
		}
		st.disk, st.size = disk, info.Size()
		return st, nil
	}
	if st.size >= 0 {
		return st, nil
	}
	size, etag, err := f.store.size(ctx, f.href)
	switch {
	case err != nil:
		return nil, err
	case etag != f.etag:
		return nil, fault.New(fault.Unavailable, "%s is being replaced: it is version %q now, not %q", f.href, etag, f.etag)
	}
	f.size.Store(size)
	st.size = size
	return st, nil
}

// unreadable is the failure to open or read: of the storage if that failed, otherwise of the file.
func (f *file) unreadable(st *stream, m *messages) error {
	if err := st.failure(); err != nil {
		return err
	}
	return fault.New(fault.Invalid, "%s cannot be read as a raster: %s", f.href, m.text(scheme+st.name))
}

// acquaint learns the facts from the first handle and refuses what cannot be worked with.
func (f *file) acquaint(h *handle) error {
	if f.seen.Load() != nil {
		return nil
	}
	facts, err := learn(h)
	if err == nil {
		f.seen.Store(facts)
	}
	return err
}

// onDisk tells whether the file lies below the root, not in the object store.
func (f *file) onDisk() bool {
	_, local := f.store.local(f.href)
	return local
}

// facts gives what is known of the file, opening it if it never was.
func (f *file) facts(ctx context.Context) (*facts, error) {
	if seen := f.seen.Load(); seen != nil {
		return seen, nil
	}
	h, err := f.take(ctx)
	if err != nil {
		return nil, err
	}
	f.give(h)
	return f.seen.Load(), nil
}

func learn(h *handle) (*facts, error) {
	href := h.file.href
	if len(h.bands) == 0 || len(h.bands) > maxBands {
		return nil, fault.New(fault.Invalid, "%s has %d bands; 1 to %d can be drawn", href, len(h.bands), maxBands)
	}
	s := h.bands[0].Structure()
	if s.SizeX > maxSide || s.SizeY > maxSide {
		return nil, fault.New(fault.Invalid, "%s says it is %d x %d pixels; a side has at most %d here", href, s.SizeX, s.SizeY, maxSide)
	}
	block := int64(s.BlockSizeX) * int64(s.BlockSizeY) * int64(s.DataType.Size())
	if h.ds.Metadata("INTERLEAVE", godal.Domain("IMAGE_STRUCTURE")) == "PIXEL" {
		block *= int64(len(h.bands))
	}
	if limit := blockLimit(h.stream.size); block > limit {
		return nil, fault.New(fault.Invalid, "%s has blocks of %d x %d pixels that take %d MiB each; at most %d MiB can be read", href, s.BlockSizeX, s.BlockSizeY, block>>20, limit>>20)
	}
	f := &facts{width: s.SizeX, height: s.SizeY, bands: len(h.bands), dataType: s.DataType.String(), blockWidth: s.BlockSizeX, blockHeight: s.BlockSizeY}
	for _, o := range h.bands[0].Overviews() {
		size := o.Structure()
		f.overviews = append(f.overviews, geo.Size{Width: size.SizeX, Height: size.SizeY})
	}
	for i, b := range h.bands {
		if b.ColorInterp() == godal.CIAlpha {
			f.alpha = i + 1
		}
		var nodata *float64
		if v, ok := b.NoData(); ok {
			nodata = &v
		}
		f.nodata = append(f.nodata, nodata)
	}
	f.masked = h.bands[0].MaskFlags()&maskPerDataset != 0
	f.palette = paletteOf(h.bands)
	f.transform, f.crs = georeference(h.ds)
	return f, nil
}

func blockLimit(size int64) int64 {
	if size > largeFile {
		return maxLargeBlockBytes
	}
	return maxBlockBytes
}

// paletteOf gives the colours of a single band of indices.
func paletteOf(bands []godal.Band) [][4]uint8 {
	if len(bands) != 1 || bands[0].ColorInterp() != godal.CIPalette {
		return nil
	}
	var colours [][4]uint8
	for _, e := range bands[0].ColorTable().Entries {
		colours = append(colours, [4]uint8{uint8(e[0]), uint8(e[1]), uint8(e[2]), uint8(e[3])})
	}
	return colours
}

// georeference reads where the grid lies; the CRS is 0 when it has no EPSG code or the file no georeference.
func georeference(ds *godal.Dataset) ([6]float64, geo.CRS) {
	quiet := godal.ErrLogger(new(messages).handle)
	transform, err := ds.GeoTransform(quiet)
	if err != nil {
		return [6]float64{}, 0
	}
	sr := ds.SpatialRef()
	if sr == nil {
		return transform, 0
	}
	defer sr.Close()
	if code, err := strconv.Atoi(sr.AuthorityCode("")); err == nil && sr.AuthorityName("") == "EPSG" {
		return transform, geo.CRS(code)
	}
	if sr.AutoIdentifyEPSG() == nil {
		if code, err := strconv.Atoi(sr.AuthorityCode("")); err == nil {
			return transform, geo.CRS(code)
		}
	}
	return transform, 0
}

// level gives a band at a level: 0 is the full resolution, then come the overviews.
func (h *handle) level(band, level int) (godal.Band, error) {
	if band < 1 || band > len(h.bands) {
		return godal.Band{}, fault.New(fault.Invalid, "%s has %d bands, not %d", h.file.href, len(h.bands), band)
	}
	if level == 0 {
		return h.bands[band-1], nil
	}
	if h.levels == nil {
		h.levels = make([][]godal.Band, len(h.bands))
	}
	if h.levels[band-1] == nil {
		h.levels[band-1] = h.bands[band-1].Overviews()
	}
	if level > len(h.levels[band-1]) {
		return godal.Band{}, fault.New(fault.Unavailable, "%s has not the overviews that were registered: it is being replaced", h.file.href)
	}
	return h.levels[band-1][level-1], nil
}
