package raster

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/airbusgeo/godal"

	"perigee/shared/fault"
)

// file is one version of an object, with the handles by which it is open. A handle is used by one goroutine at a time;
// as many as needed are opened.
type file struct {
	store *store
	version
	id        uint64
	size      atomic.Int64              // -1: not known yet
	side      atomic.Pointer[[]sidecar] // nil: not looked for yet
	seen      atomic.Pointer[facts]     // nil before the file was first open
	idle      []*handle                 // guarded by store.mu
	summaries sync.Map                  // of *summary by summaryKey
	meeting   chan struct{}             // holds one while the file is opened for the first time
	walk      walk
}

// handle is an open file.
type handle struct {
	file    *file
	stream  *stream
	besides []*stream // of its sidecars
	ds      *godal.Dataset
	bands   []godal.Band
	levels  [][]godal.Band // by band and overview; filled when first used
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
		h.begin(ctx)
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

// streams are those of a file and its sidecars.
func (h *handle) streams() []*stream { return append([]*stream{h.stream}, h.besides...) }

// begin lends the handle to a request.
func (h *handle) begin(ctx context.Context) {
	h.stream.begin(ctx)
	for _, st := range h.besides {
		st.begin(ctx)
	}
}

// failure is the first failure of reading since begin.
func (h *handle) failure() error {
	for _, st := range h.besides {
		if err := st.failure(); err != nil {
			return err
		}
	}
	return h.stream.failure()
}

func (h *handle) close() {
	if h.ds != nil {
		_ = h.ds.Close(godal.ErrLogger(new(messages).handle))
	}
	for _, st := range h.streams() {
		opened.remove(st)
		if st.disk != nil {
			st.disk.Close()
		}
	}
}

// open opens the file once more. The first time it is looked whether sidecars lie beside it.
func (f *file) open(ctx context.Context) (*handle, error) {
	side := f.side.Load()
	if side != nil {
		return f.openKnown(ctx, *side)
	}
	h, err := f.openWith(ctx, nil)
	if err != nil {
		return nil, err
	}
	found, err := f.beside(ctx, h.sidecarsFor())
	if err != nil {
		h.close()
		return nil, err
	}
	if len(found) > 0 {
		h.close()
		f.side.Store(&found)
		return f.openKnown(ctx, found)
	}
	f.side.Store(&found)
	return h, f.meet(h)
}

// openKnown opens the file with the sidecars that it is known to have.
func (f *file) openKnown(ctx context.Context, sidecars []sidecar) (*handle, error) {
	h, err := f.openWith(ctx, sidecars)
	if err != nil {
		return nil, err
	}
	return h, f.meet(h)
}

// meet learns the facts from a handle, which is closed when it cannot be worked with.
func (f *file) meet(h *handle) error {
	err := f.acquaint(h)
	if err != nil {
		h.close()
	}
	return err
}

// openWith opens the file and sidecars.
func (f *file) openWith(ctx context.Context, sidecars []sidecar) (*handle, error) {
	t := targetOf(f.href)
	if err := t.check(); err != nil {
		return nil, err
	}
	st, err := f.stream(ctx, t)
	if err != nil {
		return nil, err
	}
	opened.add(st)
	h := &handle{file: f, stream: st}
	if err := h.accompany(ctx, sidecars); err != nil {
		h.close()
		return nil, err
	}
	return within(ctx, func() (*handle, error) {
		if err := h.openGDAL(t); err != nil {
			h.close()
			return nil, err
		}
		return h, nil
	}, func(late *handle) {
		if late != nil {
			late.close()
		}
	})
}

// openGDAL opens the streams of a handle with GDAL; of a file with several variables, the first.
func (h *handle) openGDAL(t target) error {
	name := t.name(scheme + h.stream.name)
	for range 2 {
		var m messages
		ds, err := godal.Open(name, godal.Drivers(t.drivers()...), godal.RasterOnly(), godal.SiblingFiles(h.siblings()...), godal.ErrLogger(m.handle))
		if err == nil {
			h.ds, h.bands = ds, ds.Bands()
			err = h.failure()
		}
		if err != nil {
			return h.unreadable(&m)
		}
		first := ds.Metadata("SUBDATASET_1_NAME", godal.Domain("SUBDATASETS"))
		if len(h.bands) > 0 || first == "" || variables[extension(t.last())] == "" {
			return nil
		}
		_ = ds.Close(godal.ErrLogger(m.handle))
		h.ds, h.bands, name = nil, nil, first
	}
	return fault.New(fault.Invalid, "%s has no raster; name a variable after #", h.file.href)
}

// stream opens the bytes of the file, making sure of its version.
func (f *file) stream(ctx context.Context, t target) (*stream, error) {
	st := &stream{store: f.store, version: version{t.object, f.etag}, ctx: ctx, size: f.size.Load()}
	if t.tree() {
		st.tree = &tree{root: st}
		return st, nil
	}
	if f.onDisk() {
		disk, info, err := f.store.openLocal(t.object)
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
func (h *handle) unreadable(m *messages) error {
	if err := h.failure(); err != nil {
		return err
	}
	return fault.New(fault.Invalid, "%s cannot be read as a raster: %s", h.file.href, m.text(h.stream.name))
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
	_, local := f.store.local(f.href) // as is what lies in it
	return local
}

// facts gives what is known of the file, opening it if it never was.
func (f *file) facts(ctx context.Context) (*facts, error) {
	if seen := f.seen.Load(); seen != nil {
		return seen, nil
	}
	select {
	case f.meeting <- struct{}{}: // others want the same
		defer func() { <-f.meeting }()
	case <-ctx.Done():
		return nil, cancelled(ctx)
	}
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
