package catalogue

import (
	"context"
	"time"

	"perigee/shared/filter"
	"perigee/shared/scope"
)

// Ends is the first and the last of a time of the records that a scope reads, zero where none has it. Indexes tell them, however many records
// there are. known is false of times of which none does.
func (s *Store) Ends(ctx context.Context, sc scope.Scope, property filter.Property) (first, last time.Time, known bool, err error) {
	if err := sc.Valid(); err != nil {
		return first, last, false, err
	}
	switch property {
	case filter.PropertyDatetime, filter.PropertyStart:
		first, last, err = s.ends(ctx, nearestSQL("datetime"), readable(sc))
	case filter.PropertyModified:
		first, last, err = s.ends(ctx, nearestSQL("modified"), readable(sc))
	case filter.PropertyEnd, filter.PropertyTime:
		var begun, ended time.Time
		if first, begun, err = s.ends(ctx, nearestSQL("datetime"), readable(sc)); err == nil {
			ended, last, err = s.ends(ctx, lastSQL, readable(sc), first, begun)
		}
		if property == filter.PropertyEnd {
			first = ended
		}
	default:
		return first, last, false, nil
	}
	return first, last, true, err
}

func (s *Store) ends(ctx context.Context, sql string, args ...any) (first, last time.Time, err error) {
	var found bool
	var from, to *time.Time
	err = s.ask(ctx, "find the ends of a time", question{sql: sql, args: args, rows: one(&found, &from, &to)})
	return orZero(from).UTC(), orZero(to).UTC(), err
}

// nearestSQL finds both ends of a time that an index orders the records of a workspace by.
func nearestSQL(column string) string {
	nearest := "(select r." + column + " from perigee.record r where r.workspace = w.workspace and r." + column + " > '-infinity' order by r." + column
	return "select min(e.v), max(e.v) from unnest($1::text[]) w(workspace), lateral (" + nearest + " limit 1) union all " + nearest + " desc limit 1)) e(v)"
}

// lastSQL finds the ends of when records end, of those that begin first and last. What does not last ends within a day of its beginning, so that
// its first end is near the first beginning, and its last near the last; what lasts may end whenever.
const lastSQL = `select min(e.v), max(e.v) from (
	select r.end_time from perigee.record r where r.workspace = any($1::text[]) and r.datetime between $2::timestamptz and $2::timestamptz + interval '1 day'
	union all select r.end_time from perigee.record r where r.workspace = any($1::text[]) and r.datetime between $3::timestamptz - interval '1 day' and $3::timestamptz
	union all select r.end_time from perigee.record r where r.workspace = any($1::text[]) and r.lasts) e(v)`
