// Package transaction is what functions that take writing requests say to the one that writes: changes of records on
// somebody's behalf, and what became of each. Protocols translate their requests into changes; register decides.
//
// Changes and results travel as lines of JSON, each followed by the bytes that it announces: documents arrive as they
// were sent, whatever they are made of.
package transaction

import (
	"time"

	"perigee/shared/record"
)

// Path is where changes are posted, below the address of register or, of a workspace, below /workspaces/<name>. Only
// functions reach it.
const Path = "/internal/transactions"

// PathAll is where changes are posted that belong together: all are made or, when one is refused, none.
const PathAll = "/internal/transactions/all"

// PathResources is where it is posted, as JSON, how often a resource is to be harvested again.
const PathResources = "/internal/resources"

// MaxRecords is how many records of a resource are remembered at most.
const MaxRecords = 100

// Resource is what Harvest was asked for (07-006r1, clause 10.12), to be harvested again at an interval, or without one no more.
type Resource struct {
	Source   string       `json:"source"` // its address
	Type     string       `json:"type,omitempty"`
	Interval string       `json:"interval,omitempty"` // ISO 8601
	Records  []RecordName `json:"records,omitempty"`  // the first of those that it became: when none of them is left it is not harvested again
}

// RecordName names a record within its workspace.
type RecordName struct {
	Collection string `json:"collection,omitempty"`
	ID         string `json:"id"`
}

// Together is the locator of the failure of a change that was not made because another, to which it belongs, was refused.
const Together = "transaction"

// MediaType is that of changes and of results.
const MediaType = "application/vnd.perigee.transaction"

// Bounds of what is posted at once. Larger batches are several.
const (
	MaxChanges  = 1000
	MaxBytes    = 8 << 20  // of documents together; a single one may be larger
	MaxDocument = 16 << 20 // bytes
	maxHead     = 64 << 10 // bytes of the line of a change
	maxTold     = 1 << 20  // bytes of the line of a result, which tells all that is wrong
)

// Operation is what is to be done with a record.
type Operation string

// The operations.
const (
	Create  Operation = "create"  // a record that is not there yet
	Replace Operation = "replace" // one that is there
	Put     Operation = "put"     // either
	Patch   Operation = "patch"   // change one that is there, by a merge patch (RFC 7396)
	Delete  Operation = "delete"  // one that is there
)

// Record is the kind of a change of whatever its document, or its id, stands for; other kinds are record.TypeItem and
// record.TypeCollection.
const Record = "record"

// Change is one thing to be done.
type Change struct {
	Operation  Operation `json:"operation"`
	Kind       string    `json:"kind"`                 // record.TypeItem, record.TypeCollection or Record
	Collection string    `json:"collection,omitempty"` // of the record; empty for a collection
	ID         string    `json:"id,omitempty"`         // of the record; of one to be created the document's, when empty
	MediaType  string    `json:"media_type,omitempty"` // of Document; empty: JSON of the kind
	Versions   []string  `json:"versions,omitempty"`   // the record is in one of these (If-Match), else fault.Outdated
	Unmodified time.Time `json:"unmodified,omitzero"`  // it was not changed since (If-Unmodified-Since), else fault.Outdated
	Document   []byte    `json:"-"`                    // the record, the patch, or nothing
}

// Result is what became of a change.
type Result struct {
	Collection string         `json:"collection,omitempty"`
	ID         string         `json:"id,omitempty"`
	Outcome    record.Outcome `json:"outcome,omitempty"`
	Version    string         `json:"version,omitempty"`    // of the record as it is now
	MediaType  string         `json:"media_type,omitempty"` // of Document
	Document   []byte         `json:"-"`                    // the record as it is now, of a change that came alone
	Err        error          `json:"-"`                    // why it was refused, all that is wrong joined
}
