package raster

import (
	"context"
	"io"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"perigee/shared/fault"
)

// stream is an open file as GDAL reads it: by one thing at a time, so that the context of the request and the failure
// of a read are found here.
type stream struct {
	store *store
	version
	name   string // below scheme
	size   int64
	disk   *os.File // nil: an object
	tree   *tree    // of a folder of objects
	parent *stream  // of an object of a tree: that of the folder, which keeps the failure

	mu  sync.Mutex
	ctx context.Context
	err error // first failure since the request took the stream
}

// opened is the table of streams by name. GDAL calls one reader for the whole process.
var opened = &streams{}

type streams struct {
	byName sync.Map
	count  atomic.Uint64
}

// add makes a name for a stream; the end of the href helps GDAL's messages.
func (s *streams) add(st *stream) {
	s.put(st, strconv.FormatUint(s.count.Add(1), 36)+"/"+strings.Map(plain, path.Base(st.href)))
}

func (s *streams) put(st *stream, name string) {
	st.name = name
	s.byName.Store(name, st)
}

func plain(r rune) rune {
	if r == ':' || r < ' ' || r > '~' {
		return '_'
	}
	return r
}

func (s *streams) remove(st *stream) { s.byName.Delete(st.name) }

// Size is the size of a stream (godal.KeySizerReaderAt).
func (s *streams) Size(name string) (int64, error) {
	st, ok := s.find(name)
	if !ok {
		return -1, os.ErrNotExist
	}
	return st.size, nil
}

// ReadAt reads from a stream.
func (s *streams) ReadAt(name string, buf []byte, offset int64) (int, error) {
	st, ok := s.find(name)
	if !ok {
		return 0, os.ErrNotExist
	}
	return st.readAt(buf, offset)
}

// ReadAtMulti reads several ranges at once, near ones together.
func (s *streams) ReadAtMulti(name string, bufs [][]byte, offsets []int64) ([]int, error) {
	st, ok := s.find(name)
	if !ok {
		return nil, os.ErrNotExist
	}
	return st.readMany(bufs, offsets)
}

// begin lends the stream to a request.
func (st *stream) begin(ctx context.Context) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.ctx, st.err = ctx, nil
}

// failure is the first failure of reading since begin.
func (st *stream) failure() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.err
}

func (st *stream) context() context.Context {
	if st.parent != nil {
		return st.parent.context()
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.ctx
}

func (st *stream) note(err error) error {
	if err == nil {
		return nil
	}
	if st.parent != nil {
		return st.parent.note(err)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.err == nil {
		if fault.KindOf(err) == fault.Conflict {
			err = fault.New(fault.Unavailable, "%s has changed: %w (%v)", st.href, errReplaced, err)
		}
		st.err = err
	}
	return err
}

func (st *stream) readAt(buf []byte, offset int64) (n int, err error) {
	defer recovered(&err)
	if offset < 0 || offset >= st.size {
		return 0, io.EOF
	}
	short := int64(len(buf)) > st.size-offset
	if short {
		buf = buf[:st.size-offset]
	}
	if err := st.note(st.read(buf, offset)); err != nil {
		return 0, err
	}
	if short {
		return len(buf), io.EOF
	}
	return len(buf), nil
}

// read fills buf, all of which lies within the file. Short reads are served from pages that are kept, since the
// directories of a file are read in many of them; long ones, the pixels, pass through.
func (st *stream) read(buf []byte, offset int64) error {
	if st.disk != nil {
		_, err := st.disk.ReadAt(buf, offset)
		return fault.Classify(fault.Unavailable, err, "reading %s", st.href)
	}
	if _, local := st.store.local(st.href); local {
		disk, err := st.openLocalChild()
		if err != nil {
			return err
		}
		defer disk.Close()
		_, err = disk.ReadAt(buf, offset)
		return fault.Classify(fault.Unavailable, err, "reading %s", st.href)
	}
	if len(buf) <= pageBytes/2 {
		return st.store.bytes.read(st, buf, offset)
	}
	return st.fetch(buf, offset)
}

// fetch fills buf from the object store.
func (st *stream) fetch(buf []byte, offset int64) error {
	data, err := st.bytesAt(offset, int64(len(buf)))
	copy(buf, data)
	return err
}

// bytesAt asks the object store for n bytes.
func (st *stream) bytesAt(offset, n int64) ([]byte, error) {
	objects, err := st.store.remote(st.href)
	if err != nil {
		return nil, err
	}
	data, err := objects.ReadRange(st.context(), st.href, st.etag, offset, n)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) < n {
		return nil, fault.New(fault.Unavailable, "%s gave %d bytes where %d were asked for", st.href, len(data), n)
	}
	return data[:n], nil
}

// ranges that are nearer than gap are fetched in one request of at most joined bytes.
const (
	gap    = 32 << 10
	joined = 8 << 20
)

func (st *stream) readMany(bufs [][]byte, offsets []int64) (lengths []int, err error) {
	defer recovered(&err)
	lengths = make([]int, len(bufs))
	for i, b := range bufs {
		if offsets[i] < 0 || offsets[i]+int64(len(b)) > st.size {
			return lengths, st.note(fault.New(fault.Invalid, "%s ends before its pixels do: it is cut off", st.href))
		}
		lengths[i] = len(b)
	}
	g, _ := errgroup.WithContext(context.Background())
	g.SetLimit(4)
	for _, run := range runs(bufs, offsets) {
		g.Go(func() error { return st.readRun(run, bufs, offsets) })
	}
	return lengths, st.note(g.Wait())
}

// runs groups ranges, which GDAL gives in the order of the file, into those fetched together.
func runs(bufs [][]byte, offsets []int64) [][]int {
	var all [][]int
	for i := range bufs {
		if n := len(all); n > 0 {
			first, last := all[n-1][0], all[n-1][len(all[n-1])-1]
			end := offsets[last] + int64(len(bufs[last]))
			if offsets[i] >= end && offsets[i]-end <= gap && offsets[i]+int64(len(bufs[i]))-offsets[first] <= joined {
				all[n-1] = append(all[n-1], i)
				continue
			}
		}
		all = append(all, []int{i})
	}
	return all
}

func (st *stream) readRun(run []int, bufs [][]byte, offsets []int64) (err error) {
	defer recovered(&err)
	first, last := run[0], run[len(run)-1]
	if len(run) == 1 || st.disk != nil {
		for _, i := range run {
			if err := st.read(bufs[i], offsets[i]); err != nil {
				return err
			}
		}
		return nil
	}
	whole := make([]byte, offsets[last]+int64(len(bufs[last]))-offsets[first])
	if err := st.read(whole, offsets[first]); err != nil {
		return err
	}
	for _, i := range run {
		copy(bufs[i], whole[offsets[i]-offsets[first]:])
	}
	return nil
}
