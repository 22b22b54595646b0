package record

import (
	"encoding/json"
	"time"
)

// Change is one thing to be written to the catalogue: a record with its coverages to create or replace, or, with
// Delete, one to remove.
type Change struct {
	Record    Record // with Delete: the Key suffices, or Source.Href alone
	Coverages []Coverage
	Layers    []string        // names of the layers that show it (package product)
	Browses   json.RawMessage // rendering of an item that matched no product type: a product.Type as JSON
	Delete    bool
	Anywhere  bool // with Delete: the record of the id, whichever collection it is in, or will be said to have been in by then
	Replace   bool // an existing record may be replaced; without it, one that differs is a conflict
	Source    Source
	If        *Condition // what it expects of the state that it finds; nil: its time decides, whatever it finds
	Products  *int64     // revision of the workspace's product configuration by which it was made; nil: none played a part
}

// Condition is what a change expects of what the catalogue holds at the moment it is written (RFC 9110, 13.1). Such a
// change is somebody's word on what is there: it counts as later than all that the catalogue knows of the record. One
// whose condition does not hold is refused and changes nothing: with fault.NotFound where something is to be there and is
// not, fault.Outdated where it is in another state, fault.Conflict for the rest.
type Condition struct {
	Present    bool      // the record is there
	Absent     bool      // the record is not there
	Versions   []string  // the record is in one of these versions
	Unmodified time.Time // the record was not changed since, to the second
	Collected  bool      // the record's collection, or the record that is one, is there: it has a record, or records
	Empty      bool      // nothing belongs to the record, which is a collection
}

// Source is where the document of a change lay, and in which state.
type Source struct {
	Href    string    // s3://bucket/key, empty for a document that came by itself
	Version string    // ETag of the object read; empty with Delete
	Time    time.Time // when the object was last modified, or the change was asked for
}

// Outcome says what became of a change.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Replaced  Outcome = "replaced"
	Unchanged Outcome = "unchanged" // the same document was there already
	Deleted   Outcome = "deleted"
	Absent    Outcome = "absent" // nothing was there to delete
	Stale     Outcome = "stale"  // the catalogue has a newer state already
)

// Applied is the result of one change.
type Applied struct {
	Key     Key
	Outcome Outcome
	Version string // of the record after it; empty when it is gone, or holds something else
	Err     error  // classified: why this change, and no other, was refused
}

// Registration is the status of a document's registration, as it is kept and shown to people.
type Registration struct {
	Workspace  string    `json:"workspace"`
	Href       string    `json:"href,omitempty"` // of the document, or empty
	Collection string    `json:"collection,omitempty"`
	ID         string    `json:"id,omitempty"`
	Route      string    `json:"route"`
	Mode       string    `json:"mode"`
	Status     string    `json:"status"`            // registered, deregistered, failed
	Outcome    Outcome   `json:"outcome,omitempty"` // of the last success
	Error      string    `json:"error,omitempty"`   // in words
	Locator    string    `json:"locator,omitempty"` // the field or file at fault
	Missing    []string  `json:"missing,omitempty"` // files that were not there, or broken: their arrival is a reason to try again
	Event      string    `json:"event,omitempty"`   // id of the event that asked for it
	Attempts   int       `json:"attempts"`
	Time       time.Time `json:"time"`
	Took       float64   `json:"took_seconds"` // from the object's modification to the end of the registration
}

// Product is an item as the renderer needs it.
type Product struct {
	Key
	Type      string          // of the product; empty when none matched
	Browses   json.RawMessage // see Change.Browses
	Time      Interval
	Footprint []byte // EWKB, longitude and latitude
	Coverages []Coverage
}
