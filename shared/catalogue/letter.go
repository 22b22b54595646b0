package catalogue

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// KeepDeadLetter keeps an event that nobody could handle, in the scope's workspace; one that is kept already is replaced.
func (s *Store) KeepDeadLetter(ctx context.Context, sc scope.Scope, letter DeadLetter) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	if letter.ID == "" || !json.Valid(letter.Event) {
		return fault.New(fault.Invalid, "a dead letter needs the event's id and the event as JSON")
	}
	if len(letter.Event) > maxJSON {
		return fault.New(fault.Invalid, "the event %q has %d bytes, at most %d are kept", clean(letter.ID, maxName), len(letter.Event), maxJSON)
	}
	if letter.Time.IsZero() {
		letter.Time = time.Now()
	}
	return s.ask(ctx, "keep a dead letter", question{
		sql: `insert into perigee.dead_letter (workspace, id, type, source, subject, reason, event, time)
			values ($1, $2, $3, $4, $5, $6, $7::text::json, $8)
			on conflict (workspace, id) do update set type = excluded.type, source = excluded.source, subject = excluded.subject,
				reason = excluded.reason, event = excluded.event, time = excluded.time, replayed = null`,
		args: []any{
			sc.Workspace, clean(letter.ID, maxHref), clean(letter.Type, maxName), clean(letter.Source, maxHref), clean(letter.Subject, maxHref),
			clean(letter.Reason, maxMessage), string(letter.Event), micro(letter.Time),
		},
	})
}

const (
	letterColumns = `select l.id, l.type, l.source, l.subject, l.workspace, l.reason, l.event, l.time, l.replayed from perigee.dead_letter l`
	listedColumns = `select l.id, l.type, l.source, l.subject, l.workspace, l.reason,
		case when octet_length(l.event::text) <= 8192 then l.event end, l.time, l.replayed from perigee.dead_letter l`
)

func scanLetter(rows pgx.Rows) (DeadLetter, error) {
	var l DeadLetter
	var event []byte
	var replayed *time.Time
	err := rows.Scan(&l.ID, &l.Type, &l.Source, &l.Subject, &l.Workspace, &l.Reason, &event, &l.Time, &replayed)
	l.Event, l.Time, l.Replayed = event, l.Time.UTC(), orZero(replayed)
	return l, err
}

// DeadLetters lists dead letters of the readable workspaces, latest first; next is a token for after. An event of more
// than 8 KiB is left out: DeadLetter has it.
func (s *Store) DeadLetters(ctx context.Context, sc scope.Scope, limit int, after string) (letters []DeadLetter, next string, err error) {
	if err := sc.MayWrite(); err != nil {
		return nil, "", err
	}
	list := newList(sc, "l", "id", bounded(limit, defaultList))
	sql, err := list.sql(listedColumns, after)
	if err != nil {
		return nil, "", err
	}
	err = s.ask(ctx, "list dead letters", question{sql, list.args.Args(), each(&letters, func(rows pgx.Rows) (DeadLetter, error) {
		l, err := scanLetter(rows)
		list.read(l.Time, l.Workspace, l.ID)
		return l, err
	})})
	return letters[:min(len(letters), list.limit)], list.next(), err
}

// DeadLetter finds one of the scope's workspace by the event's id.
func (s *Store) DeadLetter(ctx context.Context, sc scope.Scope, id string) (DeadLetter, error) {
	if err := sc.MayWrite(); err != nil {
		return DeadLetter{}, err
	}
	var found []DeadLetter
	err := s.ask(ctx, "find a dead letter", question{
		sql: letterColumns + " where l.workspace = $1 and l.id = $2", args: []any{sc.Workspace, clean(id, maxHref)}, rows: each(&found, scanLetter),
	})
	if err == nil && len(found) == 0 {
		err = fault.At(fault.NotFound, "id", "there is no dead letter %q", id)
	}
	if err != nil {
		return DeadLetter{}, err
	}
	return found[0], nil
}

// WaitingLetters lists the dead letters of the scope's workspace that were not sent again yet, oldest first; after is the
// last of the list before, or a zero letter.
func (s *Store) WaitingLetters(ctx context.Context, sc scope.Scope, after DeadLetter, limit int) ([]DeadLetter, error) {
	if err := sc.MayWrite(); err != nil {
		return nil, err
	}
	var letters []DeadLetter
	err := s.ask(ctx, "list dead letters", question{
		sql: letterColumns + ` where l.workspace = $1 and l.replayed is null and (l.time, l.id) > (coalesce($2, '-infinity'::timestamptz), $3)
			order by l.time, l.id limit $4`,
		args: []any{sc.Workspace, orNull(after.Time), after.ID, bounded(limit, defaultList)}, rows: each(&letters, scanLetter),
	})
	return letters, err
}

// MarkReplayed notes that a dead letter was sent again, unless it came back since it was read: then it waits anew.
func (s *Store) MarkReplayed(ctx context.Context, sc scope.Scope, letter DeadLetter) (marked bool, err error) {
	if err := sc.MayWrite(); err != nil {
		return false, err
	}
	err = s.ask(ctx, "note that a dead letter was sent again", question{
		sql:  "update perigee.dead_letter set replayed = $4 where workspace = $1 and id = $2 and time = $3 returning true",
		args: []any{sc.Workspace, clean(letter.ID, maxHref), micro(letter.Time), micro(time.Now())}, rows: one(&marked, new(bool)),
	})
	return marked, err
}

// ForgetDeadLetters deletes dead letters of all workspaces that are older than a time, some at once; more says that there are
// others.
func (s *Store) ForgetDeadLetters(ctx context.Context, sc scope.Scope, before time.Time) (more bool, err error) {
	if err := mayEverywhere(sc); err != nil {
		return false, err
	}
	const some = 1000
	n := 0
	err = s.ask(ctx, "forget dead letters", question{
		sql: `with gone as (delete from perigee.dead_letter where (workspace, id) in (
				select workspace, id from perigee.dead_letter where time < $1 limit $2) returning 1)
			select count(*) from gone`,
		args: []any{micro(before), some}, rows: one(new(bool), &n),
	})
	return n == some, err
}
