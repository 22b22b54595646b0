// Package raster draws maps of coverages; it is the one door to GDAL. A map is planned from the stored grids, without
// opening a file; pixels are read block by block from the overview that fits, decoded by GDAL, kept in a cache for all
// requests, and resampled, evaluated, composed and encoded here.
package raster

import (
	"context"
	"runtime"
	"runtime/debug"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"perigee/shared/fault"
)

// Objects is where files are read from. Failures are classified (package fault).
type Objects interface {
	// Size tells how many bytes an object has and which version of it there is.
	Size(ctx context.Context, href string) (size int64, etag string, err error)
	// ReadRange reads n bytes of that version from an offset; fault.Conflict when it is no longer there.
	ReadRange(ctx context.Context, href, etag string, offset, n int64) ([]byte, error)
}

// Config sets up a Renderer. The zero value of a number means its default.
type Config struct {
	CacheBytes int64   // of decoded blocks; 256 MiB
	MaxPixels  int     // of a map; 4096 x 4096
	MaxScenes  int     // of a map; 1000
	Objects    Objects // of s3 hrefs
	HTTP       Objects // of http and https hrefs; none when nil
	Root       string  // folder below which files are allowed too, as file hrefs or paths; none when empty
}

// The defaults of Config.
const (
	defaultCacheBytes = 256 << 20
	defaultMaxPixels  = 4096 * 4096
	defaultMaxScenes  = 1000
)

// Renderer draws maps and describes files. It is used by many goroutines at once.
type Renderer struct {
	cfg         Config
	store       *store
	blocks      *blockCache
	transforms  *transforms
	expressions *expressions
	forks       chan struct{} // holds one for each goroutine that was begun to make a part of a reduction
	ahead       atomic.Int64  // units that were decoded before anybody asked for them
}

// New makes a renderer.
func New(cfg Config) (*Renderer, error) {
	if cfg.CacheBytes <= 0 {
		cfg.CacheBytes = defaultCacheBytes
	}
	if cfg.MaxPixels <= 0 {
		cfg.MaxPixels = defaultMaxPixels
	}
	if cfg.MaxScenes <= 0 {
		cfg.MaxScenes = defaultMaxScenes
	}
	if err := prepareGDAL(); err != nil {
		return nil, err
	}
	store, err := newStore(cfg.Objects, cfg.HTTP, cfg.Root)
	if err != nil {
		return nil, err
	}
	return &Renderer{cfg: cfg, store: store, blocks: newBlockCache(cfg.CacheBytes), transforms: newTransforms(), expressions: &expressions{}, forks: make(chan struct{}, readers)}, nil
}

// Close closes the files that are kept open. No request may be under way.
func (r *Renderer) Close() error {
	r.store.close()
	r.transforms.close()
	return nil
}

// recovered turns a panic into a failure of this one request. GDAL's binding panics where a buffer is too small.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fault.New(fault.Internal, "drawing failed: %v\n%s", p, debug.Stack())
	}
}

// group runs functions at the same time, a few at once, and keeps the first failure. Their panics are failures too.
type group struct {
	*errgroup.Group
}

func newGroup(ctx context.Context, limit int) (group, context.Context) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(limit)
	return group{g}, ctx
}

func (g group) run(f func() error) {
	g.Go(func() (err error) {
		defer recovered(&err)
		return f()
	})
}

// workers is how many goroutines compute at the same time.
func workers() int { return runtime.GOMAXPROCS(0) }

// readers is how many blocks of a map are read at the same time; more than processors, since objects are far away.
const readers = 12

// cancelled is the failure of a request that nobody waits for any more.
func cancelled(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fault.New(fault.Unavailable, "drawing was given up: %w", context.Cause(ctx))
}
