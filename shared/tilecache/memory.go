package tilecache

import (
	"container/list"
	"sync"
)

// overhead is what an entry costs beside its body: the place, the stamp, the list element.
const overhead = 640

// memory remembers the tiles used last, up to a number of bytes.
type memory struct {
	mu      sync.Mutex
	limit   int64
	used    int64
	order   *list.List // of *entry, the one used last in front
	entries map[place]*list.Element
}

type entry struct {
	at   place
	tile kept
	size int64
}

func newMemory(limit int64) *memory {
	return &memory{limit: limit, order: list.New(), entries: map[place]*list.Element{}}
}

func (m *memory) get(at place) (kept, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[at]
	if !ok {
		return kept{}, false
	}
	m.order.MoveToFront(e)
	return e.Value.(*entry).tile, true
}

func (m *memory) put(at place, tile kept) {
	size := int64(overhead)
	if !tile.Empty { // the body of empty tiles is shared
		size += int64(len(tile.Body))
	}
	if size > m.limit {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entries[at]; ok {
		m.remove(e)
	}
	m.entries[at] = m.order.PushFront(&entry{at, tile, size})
	m.used += size
	for m.used > m.limit {
		m.remove(m.order.Back())
	}
}

func (m *memory) remove(e *list.Element) {
	old := m.order.Remove(e).(*entry)
	delete(m.entries, old.at)
	m.used -= old.size
}
