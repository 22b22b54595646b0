package raster

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
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
		return nil, fault.New(fault.Unavailable, "%s is version %q now, not %q as registered: %w", f.href, etag, f.etag, errReplaced)
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
	return fault.New(fault.Invalid, "%s cannot be read as a raster: %s", f.href, m.text(st.name))
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
		return godal.Band{}, fault.New(fault.Unavailable, "%s has not the overviews that were registered: %w", h.file.href, errReplaced)
	}
	return h.levels[band-1][level-1], nil
}
