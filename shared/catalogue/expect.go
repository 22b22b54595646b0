package catalogue

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/record"
)

// gathering is what the catalogue holds of a collection besides its record.
type gathering struct {
	described bool // there is a record of it: a collection, or one that stands in none and may be the parent of others
	members   bool // there are records in it
}

// awaited is a collection whose state a condition speaks of. Who is to find it empty keeps others from adding to it until
// the end of the transaction, and the other way round.
type awaited struct {
	id     string
	number int64 // by which it is locked
	alone  bool  // nobody else may rely on it meanwhile
}

// awaitedBy lists the collections that changes speak of, in ascending order of their numbers.
func awaitedBy(workspace string, changes []*change) []awaited {
	found := map[string]awaited{}
	add := func(id string, alone bool) {
		found[id] = awaited{id, lockNumber("collection", workspace, id), alone || found[id].alone}
	}
	for _, c := range changes {
		if c.If != nil && c.If.Empty {
			add(c.Record.ID, true)
		}
		if c.If != nil && c.If.Collected {
			add(c.gathering(), false)
		}
	}
	return slices.SortedFunc(maps.Values(found), func(x, y awaited) int { return cmp.Compare(x.number, y.number) })
}

// gathering is the collection that a change's record is, or belongs to.
func (c *change) gathering() string {
	if c.Record.Type == record.TypeCollection {
		return c.Record.ID
	}
	return c.Record.Collection
}

// gather locks the collections that changes speak of and asks for their state.
func (b *batch) gather(workspace string, changes []*change) []question {
	all := awaitedBy(workspace, changes)
	if len(all) == 0 {
		return nil
	}
	return []question{
		{
			sql: `select case when alone then pg_advisory_xact_lock(n) else pg_advisory_xact_lock_shared(n) end
				from unnest($1::bigint[], $2::boolean[]) l(n, alone)`,
			args: []any{column(all, func(a awaited) int64 { return a.number }), column(all, func(a awaited) bool { return a.alone })},
		},
		{
			sql: `select c.id, exists (select from perigee.record where workspace = $1 and collection = '' and id = c.id),
				exists (select from perigee.record where workspace = $1 and collection = c.id) from unnest($2::text[]) c(id)`,
			args: []any{workspace, column(all, func(a awaited) string { return a.id })},
			rows: b.readGatherings,
		},
	}
}

func (b *batch) readGatherings(rows pgx.Rows) error {
	for rows.Next() {
		var id string
		var g gathering
		if err := rows.Scan(&id, &g.described, &g.members); err != nil {
			return err
		}
		b.gatherings[id] = g
	}
	return rows.Err()
}

// expect holds a change's condition against the state, and gives the change its place behind all that is known of the
// record.
func (b *batch) expect(c *change) error {
	if c.If == nil {
		return nil
	}
	r := b.current[c.Record.Key]
	if err := b.expectsOfCollection(c); err != nil {
		return err
	}
	if err := c.expects(r); err != nil {
		return err
	}
	if tomb, deleted := b.tomb(c.Record.Key); deleted {
		c.time = later(c.time, tomb)
	}
	if r != nil {
		c.time = later(c.time, r.time)
	}
	return nil
}

// later is a time behind another one.
func later(t, other time.Time) time.Time {
	if t.After(other) {
		return t
	}
	return other.Add(time.Microsecond)
}

// expects holds a condition against what there is of the record, nil when there is none.
func (c *change) expects(r *held) error {
	w, id := c.If, c.Record.ID
	if r != nil && c.Record.Type != "" && family(r.typ) != family(c.Record.Type) {
		if w.Absent {
			return fault.At(fault.Conflict, "id", "%q is the id of a record of type %s already", id, r.typ)
		}
		r = nil
	}
	switch {
	case r == nil && w.Present:
		return fault.At(fault.NotFound, "id", "there is no %s %q", family(c.Record.Type), id)
	case r == nil && len(w.Versions) > 0:
		return fault.At(fault.Outdated, "id", "there is no %s %q in the version that the request names", family(c.Record.Type), id)
	case r == nil:
		return nil
	case w.Absent:
		return fault.At(fault.Conflict, "id", "there is a%s %q already", article(family(c.Record.Type)), id)
	case len(w.Versions) > 0 && !slices.Contains(w.Versions, r.version):
		return fault.At(fault.Outdated, "id", "%q is no longer in the version that the request names: read it again", id)
	case !w.Unmodified.IsZero() && (r.by != nil || r.modified.Truncate(time.Second).After(w.Unmodified)):
		return fault.At(fault.Outdated, "id", "%q was changed since %s: read it again", id, record.Instant(w.Unmodified))
	}
	return nil
}

// family is what a record of a type is called, and may become another of: a dataset may turn out to be a service, and no
// item a collection.
func family(typ string) string {
	switch typ {
	case record.TypeItem, record.TypeCollection:
		return typ
	}
	return "record"
}

func article(noun string) string {
	if noun == record.TypeItem {
		return "n " + noun
	}
	return " " + noun
}

// expectsOfCollection holds what a condition says of the collection that the change's record is, or belongs to.
func (b *batch) expectsOfCollection(c *change) error {
	if c.If.Collected {
		id := c.gathering()
		g, made := b.gatherings[id], b.current[record.Key{Workspace: c.Record.Workspace, ID: id}]
		if !g.described && !g.members && made == nil {
			return fault.At(fault.NotFound, "collection", "there is no collection %q", id)
		}
	}
	if c.If.Empty && b.gatherings[c.Record.ID].members {
		return fault.At(fault.Conflict, "id", "the collection %q has items: it can be deleted when they are", c.Record.ID)
	}
	return nil
}
