package catalogue

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/record"
	"perigee/shared/scope"
)

// StatusFailed is the status of a registration that did not succeed.
const StatusFailed = "failed"

const (
	maxMessage = 10_000 // bytes of an error in words
	maxMissing = 1000   // files that a registration waits for
)

// SaveRegistrations keeps the status of registrations in the scope's workspace; the latest of a document replaces the
// one before. Attempts are counted since the last success.
func (s *Store) SaveRegistrations(ctx context.Context, sc scope.Scope, registrations []record.Registration) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	latest := latestRegistrations(registrations)
	if len(latest) == 0 {
		return nil
	}
	return s.ask(ctx, "keep the status of registrations", append(handled(latest), putRegistrations(sc.Workspace, latest))...)
}

// handled takes out what harvests wait for.
func handled(latest []record.Registration) []question {
	events := map[string]bool{}
	for _, r := range latest {
		if strings.HasPrefix(r.Event, HarvestEventPrefix) {
			events[r.Event] = true
		}
	}
	if len(events) == 0 {
		return nil
	}
	return []question{{sql: "delete from perigee.harvest_request where id = any($1::text[])", args: []any{slices.Sorted(maps.Keys(events))}}}
}

// HarvestEventPrefix begins the ids of the events by which harvests ask for registrations.
const HarvestEventPrefix = "harvest/"

// latestRegistrations cleans texts of what no column can hold, for they quote what strangers sent, and keeps the last
// of each document.
func latestRegistrations(given []record.Registration) []record.Registration {
	place := map[string]int{}
	var latest []record.Registration
	for _, r := range given {
		r = cleaned(r)
		if i, again := place[subject(r)]; again {
			latest[i] = r
			continue
		}
		place[subject(r)] = len(latest)
		latest = append(latest, r)
	}
	return latest
}

func cleaned(r record.Registration) record.Registration {
	for _, s := range []*string{&r.Collection, &r.ID, &r.Route, &r.Mode, &r.Status, &r.Locator} {
		*s = clean(*s, maxName)
	}
	r.Href, r.Event, r.Error = clean(r.Href, maxHref), clean(r.Event, maxHref), clean(r.Error, maxMessage)
	r.Missing = column(r.Missing[:min(len(r.Missing), maxMissing)], func(href string) string { return clean(href, maxHref) })
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	return r
}

func clean(s string, atMost int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
	if len(s) > atMost {
		s = strings.ToValidUTF8(s[:atMost], "")
	}
	return s
}

// subject is what a registration is about: a document, else a record, else the event that asked for it.
func subject(r record.Registration) string {
	if r.Href == "" && r.ID != "" {
		return r.Collection + "/" + r.ID
	}
	return cmp.Or(r.Href, r.Event)
}

func putRegistrations(workspace string, r []record.Registration) question {
	text := func(value func(record.Registration) string) []string { return column(r, value) }
	return question{
		sql: `insert into perigee.registration as g (workspace, subject, href, collection, id, route, mode, status, outcome, error, locator,
				missing, event, attempts, time, took)
			select $1, subject, href, collection, id, route, mode, status, outcome, error, locator,
				array(select jsonb_array_elements_text(missing::jsonb)), event, greatest(attempts, 1), time, took
			from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
				$12::text[], $13::text[], $14::integer[], $15::timestamptz[], $16::float8[])
				as i(subject, href, collection, id, route, mode, status, outcome, error, locator, missing, event, attempts, time, took)
			order by subject
			on conflict (workspace, subject) do update set href = excluded.href, collection = excluded.collection, id = excluded.id,
				route = excluded.route, mode = excluded.mode, status = excluded.status, outcome = excluded.outcome, error = excluded.error,
				locator = excluded.locator, missing = excluded.missing, event = excluded.event,
				attempts = case when g.status = 'failed' then g.attempts + 1 else excluded.attempts end,
				time = excluded.time, took = excluded.took`,
		args: []any{
			workspace, text(subject),
			text(func(r record.Registration) string { return r.Href }),
			text(func(r record.Registration) string { return r.Collection }),
			text(func(r record.Registration) string { return r.ID }),
			text(func(r record.Registration) string { return r.Route }),
			text(func(r record.Registration) string { return r.Mode }),
			text(func(r record.Registration) string { return r.Status }),
			text(func(r record.Registration) string { return string(r.Outcome) }),
			text(func(r record.Registration) string { return r.Error }),
			text(func(r record.Registration) string { return r.Locator }),
			text(func(r record.Registration) string { return jsonList(r.Missing) }),
			text(func(r record.Registration) string { return r.Event }),
			column(r, func(r record.Registration) int { return r.Attempts }),
			column(r, func(r record.Registration) time.Time { return micro(r.Time) }),
			column(r, func(r record.Registration) float64 { return r.Took }),
		},
	}
}

// Registrations lists the status of registrations in the readable workspaces, latest first; next is a token for
// RegistrationQuery.After.
func (s *Store) Registrations(ctx context.Context, sc scope.Scope, q RegistrationQuery) (found []record.Registration, next string, err error) {
	if err := sc.Valid(); err != nil {
		return nil, "", err
	}
	if err := checkTexts(q.Status, q.Href, q.ID, q.Route, q.Event); err != nil {
		return nil, "", err
	}
	list := newList(sc, "g", "subject", bounded(q.Limit, defaultList))
	list.where("g.status = ", q.Status)
	list.where("g.href = ", q.Href)
	list.where("g.id = ", q.ID)
	list.where("g.route = ", q.Route)
	list.where("g.event = ", q.Event)
	if strings.HasPrefix(q.Event, "request-") {
		list.conditions += " and g.event like 'request-%'" // which is what their index holds
	}
	if !q.Since.IsZero() {
		list.conditions += " and g.time >= " + list.args.Arg(micro(q.Since)) + "::timestamptz"
	}
	if !q.Until.IsZero() {
		list.conditions += " and g.time <= " + list.args.Arg(micro(q.Until)) + "::timestamptz"
	}
	sql, err := list.sql(`select g.workspace, g.subject, g.href, g.collection, g.id, g.route, g.mode, g.status, g.outcome, g.error, g.locator, g.missing,
		g.event, g.attempts, g.time, g.took from perigee.registration g`, q.After)
	if err != nil {
		return nil, "", err
	}
	err = s.ask(ctx, "list registrations", question{sql, list.args.Args(), each(&found, func(rows pgx.Rows) (record.Registration, error) {
		var r record.Registration
		var subject string
		err := rows.Scan(&r.Workspace, &subject, &r.Href, &r.Collection, &r.ID, &r.Route, &r.Mode, &r.Status, &r.Outcome, &r.Error, &r.Locator,
			&r.Missing, &r.Event, &r.Attempts, &r.Time, &r.Took)
		r.Time = r.Time.UTC()
		list.read(r.Time, r.Workspace, subject)
		return r, err
	})})
	return found[:min(len(found), list.limit)], list.next(), err
}
