package tilecache

import (
	"container/list"
	"sync"
)

// overhead is what an entry costs beside its body: the key, the stamp, the list element.
const overhead = 512

// memory remembers the tiles used last, up to a number of bytes.
type memory struct {
	mu      sync.Mutex
	limit   int64
	used    int64
	order   *list.List // of *entry, the one used last in front
	entries map[string]*list.Element
}

type entry struct {
	key  string
	tile kept
	size int64
}

func newMemory(limit int64) *memory {
	return &memory{limit: limit, order: list.New(), entries: map[string]*list.Element{}}
}

func (m *memory) get(key string) (kept, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok {
		return kept{}, false
	}
	m.order.MoveToFront(e)
	return e.Value.(*entry).tile, true
}

func (m *memory) put(key string, tile kept) {
	size := int64(len(key)) + overhead
	if !tile.Empty { // the body of empty tiles is shared
		size += int64(len(tile.Body))
	}
	if size > m.limit {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e, ok := m.entries[key]; ok {
		m.remove(e)
	}
	m.entries[key] = m.order.PushFront(&entry{key, tile, size})
	m.used += size
	for m.used > m.limit {
		m.remove(m.order.Back())
	}
}

func (m *memory) remove(e *list.Element) {
	old := m.order.Remove(e).(*entry)
	delete(m.entries, old.key)
	m.used -= old.size
}
