// Package catalogue is the door to PostGIS: records and their documents, the coverages that are drawn, what lay where
// (source references and tombstones), the events still to be sent, the revisions of layers, the status of
// registrations, dead letters, workspaces and what they lay over the product configuration. It is the only package that imports pgx.
//
// Every question takes a scope first and answers with what the scope may read; writing asks the scope too. No session
// state is kept, so a pooler in transaction mode may stand between (PgBouncer from 1.21 on: earlier ones may end when a query
// is cancelled).
package catalogue

import (
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/paulmach/orb"

	"perigee/shared/filter"
	"perigee/shared/record"
)

// Config says where the database is and how much of it may be used.
type Config struct {
	URL              string        // postgres://…
	MaxConns         int32         // of this process; 0 stands for 4
	StatementTimeout time.Duration // of one statement; 0 stands for 30 s
	Wait             time.Duration // for one of the connections, when all are taken; 0 stands for 5 s
}

// Store is the catalogue. It is safe for concurrent use.
type Store struct {
	pool     *pgxpool.Pool
	timeout  time.Duration
	wait     time.Duration // for a connection
	pooled   atomic.Bool   // connections lead through a pooler
	learnt   learnt
	learning learner
	lexicon  lexicon
	lasting  lasting
	usage    usage
	counts   remembering
	together int // up to how many records are found for a page and its number together
}

// Query asks for records; what is empty bounds nothing.
type Query struct {
	Types       []string        // record.TypeItem, record.TypeCollection
	Collections []string        // that the records belong to
	IDs         []string        // of the records
	Geometry    orb.Geometry    // longitude, latitude: the footprint shares a point with it
	Time        record.Interval // shares an instant with it
	Filter      filter.Expr
	Text        string // all its words are in the record's text
	Sort        []Sort // then by datetime descending, collection and id, so that the order is always total
	Limit       int    // 0 stands for 10, at most MaxLimit
	After       string // a token of an earlier page of the same question in the same scope
	Offset      int    // records skipped; not together with After
	Count       bool   // count all matches: exactly, unless
	CountUpTo   int    // there are more than this: then their number is estimated; 0: there is no such limit
	Documents   bool   // give the documents too

	Untokened     bool // Next and Prev of the page are not wanted, which is quicker
	DocumentsOnly bool // give the documents, and of the rest Key, Type, Source, Version, Created, Modified and Shown only: that is quicker
}

// MaxLimit is the largest page.
const MaxLimit = 10000

// Sort is one key of an order. Property is a core property or any other; records without it come first when ascending.
type Sort struct {
	Property filter.Property
	Desc     bool
}

// Page is a part of an answer. Next and Prev are tokens for Query.After, empty at the ends.
type Page struct {
	Records []record.Record
	Next    string
	Prev    string
	Matched *int // the number of all matches, when it was asked for
	// Estimated tells that Matched is an estimate, above the limit up to which all were counted.
	Estimated bool
}

// RegistrationQuery asks for the status of registrations; what is empty bounds nothing.
type RegistrationQuery struct {
	Status string    // registered, deregistered, failed
	Href   string    // of the document
	ID     string    // of the record
	Route  string    // by which it was registered
	Event  string    // id of the event or request that asked for it
	Since  time.Time // changed at or after
	Until  time.Time // changed at or before
	Limit  int       // 0 stands for 100, at most MaxLimit
	After  string    // a token of an earlier page
}

// ProductQuery asks for the items that a map shows.
type ProductQuery struct {
	Layer    string       // the name of a layer that shows it (record.Change.Layers); or
	ID       string       // the id of one item; or neither, with a Filter
	Geometry orb.Geometry // longitude, latitude
	Time     record.Interval
	Filter   filter.Expr
	Sort     []Sort // none: newest first
	Limit    int    // 0 stands for 100, at most MaxLimit
}

// Event is a row of the outbox: what others are to be told of a change. Data is the event's data as JSON; of a
// deletion it is the id as a JSON string.
type Event struct {
	ID         string // the same however often it is sent
	Type       string // one of the Event… constants
	Subject    string // the id of the item or collection
	Workspace  string
	Collection string // of the item; of a collection its own id
	Data       json.RawMessage
	Time       time.Time
}

// Revision says when, in the workspace's count of changes, a layer last changed in a cell and a bucket of time.
type Revision struct {
	Workspace string
	Layer     string
	Cell      int // grid.CellsOf; grid.Everywhere stands for all
	Bucket    int // year * 12 + month - 1; AnyTime stands for all
	Revision  int64
}

// DeadLetter is an event that nobody could handle.
type DeadLetter struct {
	ID        string          `json:"id"` // of the event
	Type      string          `json:"type"`
	Source    string          `json:"source,omitempty"`
	Subject   string          `json:"subject,omitempty"`
	Workspace string          `json:"workspace"`
	Reason    string          `json:"reason,omitempty"`
	Event     json.RawMessage `json:"event,omitempty"` // the whole event, structured; lists leave out a large one
	Time      time.Time       `json:"time"`            // when it was given up
	Replayed  time.Time       `json:"replayed,omitzero"`
}
