package raster

import (
	"container/list"
	"sync"
)

// Pages of files: the unit in which short reads are fetched and kept.
const (
	pageBytes      = 64 << 10
	byteCacheBytes = 32 << 20
)

// byteCache keeps the most recently read pages of objects.
type byteCache struct {
	mu    sync.Mutex
	pages map[pageKey]*list.Element
	order *list.List // of *page, most recent first
	room  int
}

type pageKey struct {
	version
	number int64
}

type page struct {
	key  pageKey
	once sync.Mutex // held while the page is fetched
	data []byte
}

func newByteCache(size int) *byteCache {
	return &byteCache{pages: map[pageKey]*list.Element{}, order: list.New(), room: max(size/pageBytes, 1)}
}

// read fills buf from pages, fetching those that are missing.
func (c *byteCache) read(st *stream, buf []byte, offset int64) error {
	for len(buf) > 0 {
		data, err := c.page(st, offset/pageBytes)
		if err != nil {
			return err
		}
		n := copy(buf, data[offset%pageBytes:])
		buf, offset = buf[n:], offset+int64(n)
	}
	return nil
}

func (c *byteCache) page(st *stream, number int64) ([]byte, error) {
	p := c.entry(pageKey{st.version, number})
	p.once.Lock()
	defer p.once.Unlock()
	if p.data != nil {
		return p.data, nil
	}
	start := number * pageBytes
	data := make([]byte, min(pageBytes, st.size-start))
	if err := st.fetch(data, start); err != nil {
		return nil, err
	}
	p.data = data
	return data, nil
}

func (c *byteCache) entry(key pageKey) *page {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.pages[key]; ok {
		c.order.MoveToFront(e)
		return e.Value.(*page)
	}
	p := &page{key: key}
	c.pages[key] = c.order.PushFront(p)
	for c.order.Len() > c.room {
		last := c.order.Back()
		delete(c.pages, last.Value.(*page).key)
		c.order.Remove(last)
	}
	return p
}
