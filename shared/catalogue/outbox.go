package catalogue

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// The types of events (OGC API PubSub).
const (
	EventItemCreate        = "org.ogc.api.collection.item.create"
	EventItemReplace       = "org.ogc.api.collection.item.replace"
	EventItemDelete        = "org.ogc.api.collection.item.delete"
	EventCollectionCreate  = "org.ogc.api.collection.create"
	EventCollectionReplace = "org.ogc.api.collection.replace"
	EventCollectionDelete  = "org.ogc.api.collection.delete"
)

// maxEventJSON bounds properties and geometry in an event each: brokers refuse events of more than about a megabyte. What is
// larger is left out, or given as its bounding box; the record has it.
const maxEventJSON = 200 << 10

// feature is the data of an item's event, as the publishers of EOEPCA+ write it.
type feature struct {
	Type       string          `json:"type"`
	ID         string          `json:"id"`
	Collection string          `json:"collection,omitempty"`
	Title      string          `json:"title,omitempty"`
	Geometry   json.RawMessage `json:"geometry"`
	BBox       []float64       `json:"bbox,omitempty"`
	Properties json.RawMessage `json:"properties"`
}

// arrival is the event of a record that was created or replaced.
func arrival(h *held, replaced bool, now time.Time) (Event, error) {
	r := h.by.Record
	e := event(r.Key, h.typ, now)
	e.Type = kindOfEvent(h.typ, replaced, EventItemCreate, EventItemReplace, EventCollectionCreate, EventCollectionReplace)
	e.ID = eventID(r.Key, h.version, h.time)
	f := feature{Type: "Feature", ID: r.ID, Collection: r.Collection, Geometry: json.RawMessage("null"), Properties: h.by.properties}
	if h.typ == record.TypeCollection {
		f.Type, f.Title = "Collection", r.Title
	}
	if len(f.Properties) > maxEventJSON {
		f.Properties = json.RawMessage("{}")
	}
	if r.Footprint != nil {
		if err := f.place(r.Footprint); err != nil {
			return e, err
		}
	}
	var err error
	e.Data, err = json.Marshal(f)
	return e, err
}

func (f *feature) place(g orb.Geometry) error {
	b := g.Bound()
	f.BBox = []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]}
	text, err := json.Marshal(geojson.NewGeometry(g))
	if err == nil && len(text) > maxEventJSON {
		text, err = json.Marshal(geojson.NewGeometry(b.ToPolygon()))
	}
	f.Geometry = text
	return err
}

// deletion is the event of a record that was removed; at is the time of the deletion, or of the state that was deleted.
func deletion(key record.Key, typ string, at, now time.Time) Event {
	e := event(key, typ, now)
	e.Type = kindOfEvent(typ, false, EventItemDelete, "", EventCollectionDelete, "")
	e.ID = eventID(key, "deleted", at)
	e.Data = json.RawMessage(strconv.Quote(key.ID))
	if text, err := json.Marshal(key.ID); err == nil {
		e.Data = text
	}
	return e
}

func event(key record.Key, typ string, now time.Time) Event {
	e := Event{Subject: key.ID, Workspace: key.Workspace, Collection: key.Collection, Time: now}
	if typ == record.TypeCollection {
		e.Collection = key.ID
	}
	return e
}

func kindOfEvent(typ string, replaced bool, item, itemReplaced, collection, collectionReplaced string) string {
	switch {
	case typ == record.TypeCollection && replaced:
		return collectionReplaced
	case typ == record.TypeCollection:
		return collection
	case replaced:
		return itemReplaced
	}
	return item
}

// eventID is the same for the same state of the same record, and differs when the record comes back to a former state.
func eventID(key record.Key, state string, at time.Time) string {
	return fmt.Sprintf("%s/%s/%s/%s/%s", url.PathEscape(key.Workspace), url.PathEscape(key.Collection), url.PathEscape(key.ID),
		state, at.UTC().Format("20060102T150405.000000Z"))
}

func (w *writes) putEvents() question {
	e := w.events
	return question{
		sql: `insert into perigee.outbox (id, workspace, type, subject, collection, data, time)
			select id, $1, type, subject, collection, data::json, $2 from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
				as i(id, type, subject, collection, data)
			on conflict (id) do nothing`,
		args: []any{
			w.workspace, w.now,
			column(e, func(e Event) string { return e.ID }),
			column(e, func(e Event) string { return e.Type }),
			column(e, func(e Event) string { return e.Subject }),
			column(e, func(e Event) string { return e.Collection }),
			column(e, func(e Event) string { return string(e.Data) }),
		},
	}
}

const outboxColumns = "id, type, subject, workspace, collection, data, time"

func scanEvent(rows pgx.Rows) (Event, error) {
	var e Event
	var data []byte
	err := rows.Scan(&e.ID, &e.Type, &e.Subject, &e.Workspace, &e.Collection, &data, &e.Time)
	e.Data, e.Time = data, e.Time.UTC()
	return e, err
}

// Outbox lists the events of the workspace that were not sent yet, oldest first.
func (s *Store) Outbox(ctx context.Context, sc scope.Scope, limit int) ([]Event, error) {
	if err := sc.MayWrite(); err != nil {
		return nil, err
	}
	var events []Event
	err := s.ask(ctx, "read the outbox", question{
		sql:  "select " + outboxColumns + " from perigee.outbox where workspace = $1 order by n limit $2",
		args: []any{sc.Workspace, bounded(limit, defaultList)}, rows: each(&events, scanEvent),
	})
	return events, err
}

// OutboxAll is Outbox for every workspace; the scope must hold scope.Admin.
func (s *Store) OutboxAll(ctx context.Context, sc scope.Scope, limit int) ([]Event, error) {
	if err := mayEverywhere(sc); err != nil {
		return nil, err
	}
	var events []Event
	err := s.ask(ctx, "read the outbox", question{
		sql:  "select " + outboxColumns + " from perigee.outbox order by n limit $1",
		args: []any{bounded(limit, defaultList)}, rows: each(&events, scanEvent),
	})
	return events, err
}

// Sent takes events from the outbox: those of the scope's workspace, or of any where the scope holds scope.Admin.
func (s *Store) Sent(ctx context.Context, sc scope.Scope, ids []string) error {
	if err := sc.MayWrite(); err != nil {
		return err
	}
	if len(ids) == 0 {
		return nil
	}
	return s.ask(ctx, "empty the outbox", question{
		sql:  "delete from perigee.outbox where id = any($1::text[]) and (workspace = $2 or $3)",
		args: []any{ids, sc.Workspace, mayEverywhere(sc) == nil},
	})
}

// mayEverywhere is nil for a scope that acts for the whole system.
func mayEverywhere(sc scope.Scope) error {
	if err := sc.Valid(); err != nil {
		return err
	}
	for _, role := range sc.Roles {
		if role == scope.Admin && sc.Workspace == scope.System {
			return nil
		}
	}
	return fault.New(fault.Forbidden, "this needs the role %q in the system's workspace", scope.Admin)
}

const defaultList = 100 // rows of a list

// bounded is a limit within what is possible.
func bounded(limit, otherwise int) int {
	if limit <= 0 {
		return otherwise
	}
	return min(limit, MaxLimit)
}
