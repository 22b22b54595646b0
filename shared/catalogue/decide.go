package catalogue

import (
	"cmp"
	"slices"
	"time"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// held is a record as the catalogue holds it, or will when the batch is written.
type held struct {
	pk       int64 // 0: not in the database yet
	typ      string
	version  string
	href     string    // of the document that owns it
	time     time.Time // of its state
	modified time.Time // when it was last written; not known of what is to be
	trace    trace
	by       *change // that it is to be written from; nil: it is in the database like this
}

// source is what the document at an address was last known to be.
type source struct {
	key     record.Key // without an id: it was gone before it was ever read
	version string
	time    time.Time
	deleted bool
}

// batch decides what becomes of changes. It begins with what the catalogue holds of everything that they touch, takes
// one change after the other in the order of their times, and ends with what is to be written. The rules make the end
// the same in whatever order, and however often, changes come:
//
//   - What a document at an address said last counts, by time; a deletion counts before a creation of the same time.
//   - What was said last of a record counts, whichever document said it. When that document says something else by now,
//     or is gone, the record is gone; it does not fall back to what an older document said.
//   - So deleting a document, or writing another record into it, removes the record that it owns, and no other.
//   - The same content again changes nothing but who owns it and since when.
//   - A change with a condition counts behind all that is known of its record, or is refused. It is no part of what comes
//     in any order: it speaks of what it finds.
//
// A tombstone is the time up to which nothing brings a record back: one of a key, or of an id in all collections.
type batch struct {
	stored     map[record.Key]*held
	current    map[record.Key]*held
	sources    map[string]source
	tombs      map[record.Key]time.Time
	gatherings map[string]gathering // by the id of the collection, of those that conditions speak of
	touched    touched
	results    []record.Applied
	now        time.Time // when the batch is written
}

// touched is what of the state is to be written besides records.
type touched struct {
	sources map[string]bool
	tombs   map[record.Key]bool
}

func newBatch(results []record.Applied) *batch {
	return &batch{
		stored: map[record.Key]*held{}, current: map[record.Key]*held{}, sources: map[string]source{}, tombs: map[record.Key]time.Time{},
		gatherings: map[string]gathering{},
		touched:    touched{sources: map[string]bool{}, tombs: map[record.Key]bool{}}, results: results,
	}
}

// keep puts a record of the database into the state.
func (b *batch) keep(key record.Key, h held) {
	copied := h
	b.stored[key], b.current[key] = &h, &copied
}

// decide takes all changes.
func (b *batch) decide(changes []*change) {
	for _, c := range inOrder(changes) {
		result := &b.results[c.index]
		result.Key = c.Record.Key
		switch result.Err = b.expect(c); {
		case result.Err != nil:
		case c.Delete:
			result.Key, result.Outcome = b.delete(c)
		default:
			result.Outcome, result.Err = b.put(c)
			result.Version = c.versionAfter(result.Outcome)
		}
	}
}

// versionAfter is the version of the record when the outcome is that it holds what the change says.
func (c *change) versionAfter(o record.Outcome) string {
	switch o {
	case record.Created, record.Replaced, record.Unchanged:
		return c.version
	}
	return ""
}

// inOrder sorts changes by time, a deletion behind what else happened then.
func inOrder(changes []*change) []*change {
	return slices.SortedStableFunc(slices.Values(changes), func(x, y *change) int {
		return cmp.Or(x.time.Compare(y.time), cmp.Compare(rank(x), rank(y)))
	})
}

func rank(c *change) int {
	if c.Delete {
		return 1
	}
	return 0
}

// put creates or replaces a record.
func (b *batch) put(c *change) (record.Outcome, error) {
	key, r := c.Record.Key, b.current[c.Record.Key]
	if b.overtaken(c) {
		return b.bury(c, r), nil
	}
	if r != nil && r.version == c.version {
		b.confirm(c, r)
		return record.Unchanged, nil
	}
	if tomb, deleted := b.tomb(key); deleted && !tomb.Before(c.time) || r != nil && r.newer(c) {
		b.claim(c)
		return record.Stale, nil
	}
	if err := b.refuse(c, r); err != nil {
		return "", err
	}
	b.claim(c)
	b.clearTomb(key)
	outcome := record.Created
	if b.stored[key] != nil {
		outcome = record.Replaced
	}
	b.supersede(r)
	b.current[key] = b.written(c)
	return outcome, nil
}

// overtaken tells whether the document is known to have said something else since.
func (b *batch) overtaken(c *change) bool {
	s, known := b.sources[c.Source.Href]
	return known && (s.time.After(c.time) || s.deleted && s.time.Equal(c.time))
}

// bury takes a late word of a document that has said something else since: an older state of the record is gone as it
// would be had the word come in time.
func (b *batch) bury(c *change, r *held) record.Outcome {
	switch {
	case r == nil:
		b.setTomb(c.Record.Key, c.time)
	case r.version == c.version && !r.time.Before(c.time):
		return record.Unchanged
	case r.time.Before(c.time):
		b.supersede(r)
		b.setTomb(c.Record.Key, c.time)
		delete(b.current, c.Record.Key)
	}
	return record.Stale
}

func (b *batch) written(c *change) *held {
	h := &held{typ: c.Record.Type, version: c.version, href: c.Source.Href, time: c.time, trace: traceOf(c), by: c}
	if before := b.stored[c.Record.Key]; before != nil {
		h.pk = before.pk
	}
	return h
}

// newer tells whether the record has a later state than the change. Of two documents of the same time one must count,
// whichever comes first.
func (h *held) newer(c *change) bool {
	return h.time.After(c.time) || h.time.Equal(c.time) && h.href > c.Source.Href
}

func (b *batch) refuse(c *change, r *held) error {
	switch before := b.stored[c.Record.Key]; {
	case r == nil || before == nil:
		return nil
	case family(r.typ) != family(c.Record.Type):
		return fault.At(fault.Conflict, "id", "%q is the id of a record of type %s already", c.Record.ID, r.typ)
	case !c.Replace:
		return fault.At(fault.Conflict, "id", "there is a different record %q already, and replacing was not asked for", c.Record.ID)
	}
	return nil
}

// supersede notes that a change of this batch was overtaken by a later one.
func (b *batch) supersede(r *held) {
	if r != nil && r.by != nil {
		before := &b.results[r.by.index]
		before.Outcome, before.Version = record.Stale, ""
	}
}

// confirm notes that a document says what the record holds already. The later document owns it.
func (b *batch) confirm(c *change, r *held) {
	b.claim(c)
	if r.newer(c) {
		return
	}
	r.time, r.href = c.time, c.Source.Href
}

// claim notes that a document holds a record now, and leaves the one it held before.
func (b *batch) claim(c *change) {
	href := c.Source.Href
	if href == "" {
		return
	}
	if s, known := b.sources[href]; known && !s.deleted && s.key.ID != "" && s.key != c.Record.Key {
		b.leave(s.key, href)
	}
	b.setSource(href, source{key: c.Record.Key, version: c.Source.Version, time: c.time})
}

// leave removes a record if the document at href owns it. Older states of it stay away; a newer one, of another
// document, may come.
func (b *batch) leave(key record.Key, href string) bool {
	r := b.current[key]
	if r == nil || r.href != href {
		return false
	}
	b.supersede(r)
	b.setTomb(key, r.time)
	delete(b.current, key)
	return true
}

// delete removes a record by the address of its document, by its key, or by its id.
func (b *batch) delete(c *change) (record.Key, record.Outcome) {
	if c.Anywhere {
		return b.deleteAnywhere(c)
	}
	if c.Source.Href == "" {
		return c.Record.Key, b.deleteKey(c, c.Record.Key)
	}
	s, known := b.sources[c.Source.Href]
	if !known {
		s.key = record.Key{Workspace: c.Record.Workspace, Collection: c.Record.Collection, ID: c.Record.ID}
	}
	if known && s.time.After(c.time) {
		return s.key, record.Stale
	}
	wasDeleted := s.deleted
	s.time, s.deleted = c.time, true
	b.setSource(c.Source.Href, s)
	if wasDeleted || s.key.ID == "" {
		return s.key, record.Absent
	}
	return s.key, b.gone(s.key, b.leave(s.key, c.Source.Href))
}

// deleteAnywhere removes what has an id in any collection, of which there may be none yet.
func (b *batch) deleteAnywhere(c *change) (record.Key, record.Outcome) {
	b.setTomb(c.Record.Key, c.time)
	told, outcome := record.Key{Workspace: c.Record.Workspace, ID: c.Record.ID}, record.Absent
	for _, key := range b.allKeys() {
		if key.ID != c.Record.ID || b.current[key] == nil {
			continue
		}
		if of := b.deleteKey(c, key); outcome != record.Deleted && of != record.Absent {
			told, outcome = key, of
		}
	}
	return told, outcome
}

func (b *batch) deleteKey(c *change, key record.Key) record.Outcome {
	r := b.current[key]
	if r != nil && r.time.After(c.time) {
		return record.Stale
	}
	if tomb, deleted := b.tombs[key]; !deleted || tomb.Before(c.time) {
		b.setTomb(key, c.time)
	}
	if r == nil {
		return record.Absent
	}
	b.supersede(r)
	delete(b.current, key)
	return b.gone(key, true)
}

// gone is the outcome of a deletion: what was created in this very batch was never there.
func (b *batch) gone(key record.Key, removed bool) record.Outcome {
	if removed && b.stored[key] != nil {
		return record.Deleted
	}
	return record.Absent
}

func (b *batch) setSource(href string, s source) {
	b.sources[href], b.touched.sources[href] = s, true
}

// tomb is until when nothing brings a record back, by its own tombstone or by that of its id.
func (b *batch) tomb(key record.Key) (at time.Time, deleted bool) {
	at, deleted = b.tombs[key]
	key.Collection = anyCollection
	if all, too := b.tombs[key]; too && all.After(at) {
		return all, true
	}
	return at, deleted
}

func (b *batch) setTomb(key record.Key, t time.Time) {
	if before, deleted := b.tombs[key]; deleted && !before.Before(t) {
		return
	}
	b.tombs[key], b.touched.tombs[key] = t, true
}

func (b *batch) clearTomb(key record.Key) {
	if _, deleted := b.tombs[key]; deleted {
		delete(b.tombs, key)
		b.touched.tombs[key] = true
	}
}
