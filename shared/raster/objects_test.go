package raster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/test/scenes/cog"
)

// folderObjects reads hrefs store:///path as files; what it is asked is not counted.
type folderObjects struct{}

func inFolder(c record.Coverage) record.Coverage {
	c.Href = "store://" + c.Href
	return c
}

func (folderObjects) Size(_ context.Context, href string) (int64, string, error) {
	info, err := os.Stat(strings.TrimPrefix(href, "store://"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, "", fault.New(fault.NotFound, "there is no %s", href)
	}
	if err != nil {
		return 0, "", err
	}
	return info.Size(), "v1", nil
}

func (folderObjects) ReadRange(_ context.Context, href, _ string, offset, n int64) ([]byte, error) {
	f, err := os.Open(strings.TrimPrefix(href, "store://"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n)
	_, err = f.ReadAt(b, offset)
	return b, err
}

// memoryObjects keeps objects in memory, counts requests and fails as it is told.
type memoryObjects struct {
	mu    sync.Mutex
	data  map[string][]byte
	etag  string
	reads []int64 // bytes of each request
	fail  error
	block chan struct{} // closed: reads go on
}

func (m *memoryObjects) Size(_ context.Context, href string) (int64, string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.data[href]
	if !ok {
		return 0, "", fault.New(fault.NotFound, "there is no %s", href)
	}
	return int64(len(d)), m.etag, nil
}

func (m *memoryObjects) ReadRange(ctx context.Context, href, etag string, offset, n int64) ([]byte, error) {
	if m.block != nil {
		select {
		case <-m.block:
		case <-ctx.Done():
			return nil, fault.Classify(fault.Unavailable, ctx.Err(), "reading %s", href)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.fail != nil:
		return nil, m.fail
	case etag != m.etag:
		return nil, fault.New(fault.Conflict, "%s has changed", href)
	}
	m.reads = append(m.reads, n)
	return append([]byte(nil), m.data[href][offset:offset+n]...), nil
}

const object = "s3://bucket/product/A.tif"

// inMemory puts a coverage of n x n pixels of noise into an object store.
func inMemory(t testing.TB, n int) (*memoryObjects, record.Coverage) {
	t.Helper()
	seed := uint32(1)
	c := synthetic(t, "A", cog.Raster{Width: n, Height: n, X: 600000, Y: 5400000, Step: 10}, func(_, _ float64) uint16 {
		seed = seed*1664525 + 1013904223
		return uint16(seed>>20) + 1
	})
	file, err := os.ReadFile(c.Href)
	if err != nil {
		t.Fatal(err)
	}
	c.Href, c.ETag = object, "v1"
	return &memoryObjects{data: map[string][]byte{object: file}, etag: "v1"}, c
}

func overObjects(t *testing.T, o Objects) *Renderer {
	t.Helper()
	r, err := New(Config{Objects: o})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func mapOf(c record.Coverage, n int) Map {
	side := float64(n) * 10
	return Map{CRS: 32633, Bounds: orb.Bound{Min: orb.Point{600000, 5400000 - side}, Max: orb.Point{600000 + side, 5400000}}, Width: n, Height: n,
		Scenes: []Scene{{Coverages: []record.Coverage{c}, Browse: grey("A")}}, Transparent: true}
}

func TestObjectsAreReadInFewRequests(t *testing.T) {
	o, c := inMemory(t, 1024) // 4 blocks of 500 kB
	r := overObjects(t, o)
	m := mapOf(c, 256)
	m.Bounds = orb.Bound{Min: orb.Point{604160, 5393920}, Max: orb.Point{606720, 5396480}} // one chunk, over all four
	draw(t, r, m)
	// The directories, and the four tiles, which follow each other.
	if len(o.reads) != 2 {
		t.Errorf("%d requests: %v", len(o.reads), o.reads)
	}
	var bytes int64
	for _, n := range o.reads {
		bytes += n
	}
	if bytes > int64(len(o.data[object])) {
		t.Errorf("%d bytes were read of an object of %d", bytes, len(o.data[object]))
	}
	before := len(o.reads)
	draw(t, r, m)
	if len(o.reads) != before {
		t.Errorf("the second map asked %d times", len(o.reads)-before)
	}
}

func TestSameBlockIsReadOnceForAll(t *testing.T) {
	o, c := inMemory(t, 512)
	o.block = make(chan struct{})
	r := overObjects(t, o)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() { _, errs[i] = r.Draw(context.Background(), mapOf(c, 256)) })
	}
	close(o.block)
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	large := 0
	for _, n := range o.reads {
		if n > 100_000 {
			large++
		}
	}
	if large != 1 {
		t.Errorf("the block was read %d times: %v", large, o.reads)
	}
}

func TestFailuresOfTheStoreKeepTheirKind(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*memoryObjects)
		want   fault.Kind
	}{
		"gone":      {func(o *memoryObjects) { delete(o.data, object) }, fault.NotFound},
		"down":      {func(o *memoryObjects) { o.fail = fault.New(fault.Unavailable, "no answer") }, fault.Unavailable},
		"forbidden": {func(o *memoryObjects) { o.fail = fault.New(fault.Forbidden, "no access") }, fault.Forbidden},
		"replaced":  {func(o *memoryObjects) { o.etag = "v2" }, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			o, cov := inMemory(t, 300)
			c.change(o)
			r := overObjects(t, o)
			if _, err := r.Draw(context.Background(), mapOf(cov, 100)); fault.KindOf(err) != c.want {
				t.Errorf("drawing answers %v (%v), want %v", err, fault.KindOf(err), c.want)
			}
			if name == "replaced" {
				return
			}
			if _, err := r.Describe(context.Background(), object); fault.KindOf(err) != c.want {
				t.Errorf("describing answers %v (%v), want %v", err, fault.KindOf(err), c.want)
			}
		})
	}
}

// A file that is replaced is described as it is now, however soon after it was described before: register keeps what it
// is told for good.
func TestReplacedFileIsDescribedAnew(t *testing.T) {
	o, _ := inMemory(t, 300)
	larger, _ := inMemory(t, 400)
	r := overObjects(t, o)
	for _, want := range []int{300, 400} {
		d, err := r.Describe(context.Background(), object)
		if err != nil || d.Grid.Width != want {
			t.Errorf("the file has %d columns, described are %d (%v)", want, d.Grid.Width, err)
		}
		o.data[object], o.etag = larger.data[object], "v2"
	}
}

func TestStoreThatComesBackIsUsedAgain(t *testing.T) {
	o, c := inMemory(t, 300)
	r := overObjects(t, o)
	o.fail = fault.New(fault.Unavailable, "no answer")
	if _, err := r.Draw(context.Background(), mapOf(c, 100)); fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("a store that is down answers %v", err)
	}
	o.fail = nil
	draw(t, r, mapOf(c, 100))
}

func TestGivingUpDoesNotFailOthers(t *testing.T) {
	o, c := inMemory(t, 300)
	o.block = make(chan struct{})
	r := overObjects(t, o)
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan error)
	go func() {
		_, err := r.Draw(ctx, mapOf(c, 100))
		gone <- err
	}()
	stays := make(chan error)
	go func() {
		_, err := r.Draw(context.Background(), mapOf(c, 100))
		stays <- err
	}()
	cancel()
	if err := <-gone; fault.KindOf(err) != fault.Unavailable {
		t.Errorf("who gave up got %v", err)
	}
	close(o.block)
	if err := <-stays; err != nil {
		t.Errorf("who stayed got %v", err)
	}
}

func TestOneBadSceneLeavesTheOthers(t *testing.T) {
	o, good := inMemory(t, 300)
	bad := good
	bad.Href = "s3://bucket/product/broken.tif"
	o.data[bad.Href] = []byte("II*\x00 and then nothing that makes sense")
	r := overObjects(t, o)
	m := mapOf(good, 100)
	m.Scenes = append([]Scene{{Coverages: []record.Coverage{bad}, Browse: grey("A")}}, m.Scenes...)
	p, err := r.Draw(context.Background(), m)
	if err != nil {
		t.Fatal(err)
	}
	if !p.Opaque() || len(p.Flaws) != 1 || p.Flaws[0].Scene != 0 || !strings.Contains(p.Flaws[0].Err.Error(), "broken.tif") {
		t.Errorf("flaws are %v", p.Flaws)
	}
	m.Scenes = m.Scenes[:1]
	if _, err := r.Draw(context.Background(), m); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a map of a broken scene alone answers %v", err)
	}
}

// A file that was replaced by one that could not be registered stays what it is for long: it shall not take the other
// scenes with it.
func TestReplacedSceneLeavesTheOthers(t *testing.T) {
	o, good := inMemory(t, 300)
	stale := good
	stale.Href, stale.ETag = "s3://bucket/product/stale.tif", "v0"
	o.data[stale.Href] = o.data[object]
	resized := good
	resized.Href = "s3://bucket/product/resized.tif"
	resized.Grid.Height--
	o.data[resized.Href] = o.data[object]
	for _, bad := range []record.Coverage{stale, resized} {
		m := mapOf(good, 100)
		m.Scenes = append([]Scene{{Coverages: []record.Coverage{bad}, Browse: grey("A")}}, m.Scenes...)
		p, err := overObjects(t, o).Draw(context.Background(), m)
		if err != nil {
			t.Fatalf("%s takes the others with it: %v", bad.Href, err)
		}
		if !p.Opaque() || len(p.Flaws) != 1 || fault.KindOf(p.Flaws[0].Err) != fault.Unavailable || !strings.Contains(p.Flaws[0].Err.Error(), bad.Href) {
			t.Errorf("flaws are %v", p.Flaws)
		}
	}
}

func TestOnlyTheRootIsRead(t *testing.T) {
	_, all := products(t)
	inside := all[0].Coverages[0].Href
	r := renderer(t, filepath.Dir(inside))
	for href, want := range map[string]fault.Kind{
		inside:                   fault.Internal, // no failure
		"file://" + inside:       fault.Internal,
		all[1].Coverages[0].Href: fault.Forbidden,
		filepath.Dir(inside) + "/../../../etc/passwd": fault.Forbidden,
		filepath.Dir(inside) + "/none.tif":            fault.NotFound,
		filepath.Dir(inside):                          fault.Invalid,
		"/etc/passwd":                                 fault.Forbidden,
		"s3://bucket/key":                             fault.Unsupported,
		"/vsimem/x":                                   fault.Forbidden,
		"GTIFF_DIR:1:" + inside:                       fault.Unsupported,
		"":                                            fault.Unsupported,
	} {
		_, err := r.Describe(context.Background(), href)
		if (err == nil) != (want == fault.Internal) || err != nil && fault.KindOf(err) != want {
			t.Errorf("%s answers %v, want %v", href, err, want)
		}
	}
}

func TestHandlesAreKeptWithinLimits(t *testing.T) {
	o, c := inMemory(t, 64)
	r := overObjects(t, o)
	for i := range maxIdle + 20 {
		href := fmt.Sprintf("s3://bucket/%d.tif", i)
		o.data[href] = o.data[object]
		d := c
		d.Href = href
		draw(t, r, mapOf(d, 32))
	}
	if n := len(r.store.idle); n != maxIdle {
		t.Errorf("%d files are open, want %d", n, maxIdle)
	}
}
