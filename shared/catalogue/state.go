package catalogue

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/geo"
	"perigee/shared/record"
)

// readSources locks the addresses of the documents of changes, reads what lay there, and sorts out the changes whose
// geometry is invalid. Addresses are locked before records, and both in ascending order of their numbers, so that
// transactions never wait for each other in a circle; collections that conditions speak of are locked between the two.
func (s *Store) readSources(ctx context.Context, tx sender, workspace string, changes []*change, b *batch) ([]*change, error) {
	var hrefs []string
	footprints := make([][]byte, len(changes))
	for i, c := range changes {
		footprints[i] = c.footprint
		if c.Source.Href != "" {
			hrefs = append(hrefs, c.Source.Href)
		}
	}
	var invalid []invalidGeometry
	open := openness{workspace: workspace}
	questions := append([]question{begin, s.bounded()}, open.questions()...)
	err := send(ctx, tx, append(questions,
		validity(footprints, &invalid),
		hold("href", workspace, hrefs),
		question{
			sql: `select s.* from unnest($2::text[]) h(href) cross join lateral (
				select href, collection, id, version, time, deleted from perigee.source_ref where workspace = $1 and href = h.href limit 1) s`,
			args: []any{workspace, hrefs},
			rows: func(rows pgx.Rows) error { return b.readSources(rows, workspace) },
		},
	))
	if err == nil {
		err = open.outdated(changes)
	}
	return open.refuse(b.refuseInvalid(changes, invalid), b), err
}

func (b *batch) readSources(rows pgx.Rows, workspace string) error {
	for rows.Next() {
		var href string
		s := source{key: record.Key{Workspace: workspace}}
		if err := rows.Scan(&href, &s.key.Collection, &s.key.ID, &s.version, &s.time, &s.deleted); err != nil {
			return err
		}
		b.sources[href] = s
	}
	return rows.Err()
}

func (b *batch) refuseInvalid(changes []*change, invalid []invalidGeometry) []*change {
	refused := map[int]bool{}
	for _, i := range invalid {
		refused[i.index] = true
		b.results[changes[i.index].index].Err = i.fault()
	}
	var valid []*change
	for i, c := range changes {
		if !refused[i] {
			valid = append(valid, c)
		}
	}
	return valid
}

// hold locks names until the end of the transaction. Where several names have the same number they wait for each other
// without need, no more.
func hold(kind, workspace string, names []string) question {
	numbers := make([]int64, len(names))
	for i, name := range names {
		numbers[i] = lockNumber(kind, workspace, name)
	}
	slices.Sort(numbers)
	return question{sql: "select pg_advisory_xact_lock(n) from unnest($1::bigint[]) n", args: []any{slices.Compact(numbers)}}
}

// lockNumber is the number by which a name is locked.
func lockNumber(kind, workspace, name string) int64 {
	hash := sha256.Sum256([]byte(strings.Join([]string{"perigee", kind, workspace, name}, "\x00")))
	return int64(binary.BigEndian.Uint64(hash[:8]))
}

// recordLock is held by who changes the records of an id.
const recordLock = "record"

// formerName is what the release before this one locks a record by. It is locked too, so that both do not change the same record at the
// same time while one takes the place of the other; once none of the former is left to be replaced, it need not.
func formerName(k record.Key) string { return k.Collection + "\x00" + k.ID }

// readRecords locks the records that changes may touch and reads what the catalogue holds of them. It gives numbers for
// new records. Records of an id are locked together, whichever collections they are in, so that a deletion of the id finds all
// that is there. Each is looked up by itself, and by its id first: of a table that was empty a moment ago the planner thinks that
// it still is, and would read it whole for each batch. The time of the batch is read while the locks are held, by the database's clock: of two changes of a record
// the later has the later time, whichever machines they come from.
func readRecords(ctx context.Context, tx sender, workspace string, changes []*change, b *batch) (pks []int64, err error) {
	var timed bool
	keys := b.keys(changes)
	collections, ids, names := make([]string, len(keys)), make([]string, len(keys)), make([]string, 0, 2*len(keys))
	for i, k := range keys {
		collections[i], ids[i] = k.Collection, k.ID
		names = append(names, k.ID, formerName(k))
	}
	err = send(ctx, tx, append(b.gather(workspace, changes), []question{
		hold(recordLock, workspace, names),
		{
			sql: `select r.* from unnest($2::text[], $3::text[]) k(collection, id) cross join lateral (
				select ` + heldColumns + ` from perigee.record where workspace = $1 and id = k.id and collection || '' = k.collection limit 1) r`,
			args: []any{workspace, collections, ids},
			rows: func(rows pgx.Rows) error { return b.readHeld(rows, workspace) },
		},
		{
			sql: `select t.* from unnest($2::text[], $3::text[]) k(collection, id) cross join lateral (
				select collection, id, time from perigee.tombstone where workspace = $1 and collection in (k.collection, $4) and id = k.id limit 2) t`,
			args: []any{workspace, collections, ids, anyCollection},
			rows: func(rows pgx.Rows) error { return b.readTombs(rows, workspace) },
		},
		{
			sql:  `select nextval('perigee.record_pk_seq') from generate_series(1, $1::bigint)`,
			args: []any{len(changes)},
			rows: each(&pks, func(rows pgx.Rows) (pk int64, err error) { return pk, rows.Scan(&pk) }),
		},
		{sql: "select clock_timestamp()", rows: one(&timed, &b.now)},
	}...))
	if all := deletedAnywhere(changes); err == nil && len(all) > 0 {
		err = send(ctx, tx, []question{{
			sql:  `select ` + heldColumns + ` from perigee.record where workspace = $1 and id = any($2::text[])`,
			args: []any{workspace, all},
			rows: func(rows pgx.Rows) error { return b.readHeld(rows, workspace) },
		}})
	}
	return pks, err
}

// heldColumns are those that are read of what the catalogue holds.
const heldColumns = "pk, collection, id, type, version, source_href, source_time, modified, layers, drawable, standalone, footprint, start_time, end_time"

// deletedAnywhere are the ids that changes delete in whichever collection.
func deletedAnywhere(changes []*change) []string {
	var ids []string
	for _, c := range changes {
		if c.Anywhere {
			ids = append(ids, c.Record.ID)
		}
	}
	return ids
}

// keys are those of the changes and of what their documents held before.
func (b *batch) keys(changes []*change) []record.Key {
	found := map[record.Key]bool{}
	for _, c := range changes {
		found[c.Record.Key] = true
		if s, known := b.sources[c.Source.Href]; known {
			found[s.key] = true
		}
	}
	var keys []record.Key
	for k := range found {
		if k.ID != "" {
			keys = append(keys, k)
		}
	}
	return keys
}

func (b *batch) readHeld(rows pgx.Rows, workspace string) error {
	for rows.Next() {
		var h held
		var footprint []byte
		var start, end *time.Time
		key := record.Key{Workspace: workspace}
		err := rows.Scan(&h.pk, &key.Collection, &key.ID, &h.typ, &h.version, &h.href, &h.time, &h.modified, &h.trace.layers, &h.trace.drawable,
			&h.trace.standalone, &footprint, &start, &end)
		if err != nil {
			return err
		}
		g, err := decode(footprint)
		if err != nil {
			return err
		}
		h.trace.id, h.trace.bounds, h.trace.time = key.ID, geo.Bounds(g), interval(start, end)
		b.keep(key, h)
	}
	return rows.Err()
}

func (b *batch) readTombs(rows pgx.Rows, workspace string) error {
	for rows.Next() {
		key := record.Key{Workspace: workspace}
		var at time.Time
		if err := rows.Scan(&key.Collection, &key.ID, &at); err != nil {
			return err
		}
		b.tombs[key] = at
	}
	return rows.Err()
}
