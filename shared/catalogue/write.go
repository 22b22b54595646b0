package catalogue

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"perigee/shared/record"
)

// writes is everything that a batch writes.
type writes struct {
	workspace string
	now       time.Time
	put       []put
	adopted   []put // the same record, of another document or a later time
	removed   []int64
	sources   map[string]source
	tombs     map[record.Key]time.Time
	untombed  []record.Key
	events    []Event
	spots     map[spot]bool
	days      map[layerDay]*extent

	undeclared []string // collections that are gone
}

// put is a record to be written.
type put struct {
	pk       int64
	replaces bool // one that is in the database
	*held
}

// writes compares what the catalogue holds with what it is to hold. pks are numbers for new records.
func (b *batch) writes(workspace string, pks []int64) (*writes, error) {
	w := &writes{
		workspace: workspace, now: b.now.UTC(), sources: map[string]source{}, tombs: map[record.Key]time.Time{},
		spots: map[spot]bool{}, days: map[layerDay]*extent{},
	}
	for _, key := range b.allKeys() {
		var err error
		if pks, err = w.compare(key, b.stored[key], b.current[key], b.tombs[key], pks); err != nil {
			return nil, err
		}
	}
	for href := range b.touched.sources {
		w.sources[href] = b.sources[href]
	}
	for key := range b.touched.tombs {
		if at, deleted := b.tombs[key]; deleted {
			w.tombs[key] = at
		} else {
			w.untombed = append(w.untombed, key)
		}
	}
	return w, nil
}

func (b *batch) allKeys() []record.Key {
	all := maps.Clone(b.stored)
	maps.Copy(all, b.current)
	return slices.SortedFunc(maps.Keys(all), func(x, y record.Key) int {
		return cmp.Or(cmp.Compare(x.Collection, y.Collection), cmp.Compare(x.ID, y.ID))
	})
}

func (w *writes) compare(key record.Key, before, after *held, tomb time.Time, pks []int64) ([]int64, error) {
	switch {
	case after == nil:
		w.removed = append(w.removed, before.pk)
		if before.typ == record.TypeCollection {
			w.undeclared = append(w.undeclared, key.ID)
		}
		w.show(before, nil)
		w.events = append(w.events, deletion(key, before.typ, tomb, w.now))
		return pks, nil
	case after.by == nil:
		if after.href != before.href || !after.time.Equal(before.time) {
			w.adopted = append(w.adopted, put{before.pk, true, after})
		}
		return pks, nil
	}
	p := put{held: after, replaces: before != nil}
	if before != nil {
		p.pk = before.pk
	} else {
		p.pk, pks = pks[0], pks[1:]
	}
	w.put = append(w.put, p)
	w.show(before, after)
	event, err := arrival(after, before != nil, w.now)
	w.events = append(w.events, event)
	return pks, err
}

// show notes where a record showed and where it shows now.
func (w *writes) show(before, after *held) {
	if before != nil {
		w.stale(before.trace)
		for _, d := range before.trace.days() {
			w.day(d).items--
		}
	}
	if after != nil {
		w.stale(after.trace)
		for _, d := range after.trace.days() {
			w.day(d).add(after.trace)
		}
	}
}

func (w *writes) stale(t trace) {
	for _, s := range t.spots() {
		w.spots[s] = true
	}
}

func (w *writes) day(d layerDay) *extent {
	if w.days[d] == nil {
		w.days[d] = &extent{}
	}
	return w.days[d]
}

// questions are the statements, those that there is something for, but the last one, which bumps the revisions.
func (w *writes) questions() []question {
	var all []question
	add := func(needed bool, q ...question) {
		if needed {
			all = append(all, q...)
		}
	}
	add(len(w.removed) > 0, w.remove()...)
	add(len(w.put) > 0, w.putRecords(), w.putDocuments())
	known := w.known()
	add(len(known) > 0, question{sql: clearAssetsSQL, args: []any{known}}, question{sql: clearCoveragesSQL, args: []any{known}})
	drawn := w.drawn()
	add(len(drawn) > 0, putCoverages(drawn), putAssets(drawn))
	add(len(w.adopted) > 0, w.adopt())
	add(len(w.sources) > 0, w.putSources())
	add(len(w.tombs) > 0, w.putTombs())
	add(len(w.untombed) > 0, w.clearTombs())
	add(len(w.events) > 0, w.putEvents())
	add(len(w.days) > 0, w.putDays(), w.clearDays())
	return all
}

// bumps is the last statement.
func (w *writes) bumps() []question {
	if len(w.spots) == 0 {
		return nil
	}
	return []question{w.bump()}
}

// queryables writes what is news of properties, and what collections say of them.
func (w *writes) queryables(news map[queryableKey]*facts) []question {
	var all []question
	declared, collections := declarations(w.put)
	collections = append(collections, w.undeclared...)
	if len(collections) > 0 {
		all = append(all, undeclare(w.workspace, collections))
	}
	for key, f := range news {
		if d := declared[key]; d != nil {
			f.declared, f.title = true, d.title
		}
		declared[key] = f
	}
	if len(declared) > 0 {
		all = append(all, putQueryables(declared, w.now))
	}
	return all
}
