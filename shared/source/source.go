// Package source is the door to what can be harvested: it reads the configuration of harvesters in EOEPCA's schema, in
// both of its generations, and walks a source node by node. A source holds no state: who walks it keeps the nodes that
// are still to be visited, so that a walk can be taken up anywhere by anybody.
package source

import (
	"context"

	"perigee/shared/record"
)

// Reader is what a source reads of an object store.
type Reader interface {
	// Read gives the object at s3://bucket/key, of at most limit bytes; a larger one is fault.Invalid.
	Read(ctx context.Context, href string, limit int64) ([]byte, error)
}

// Source is something that can be walked.
type Source interface {
	// Root is the node where a walk begins.
	Root() string
	// Visit tells what is at a node. A fault.Unavailable may pass; any other failure concerns this node alone.
	Visit(ctx context.Context, href string) (Found, error)
}

// Found is what a node holds.
type Found struct {
	Documents []Document
	Below     []string  // nodes that it leads to, in its order
	Failures  []Failure // places that it leads to and nobody can visit, and what of the node itself is not understood
}

// Document is something to be registered.
type Document struct {
	Href   string
	Kind   string // stac.TypeItem or stac.TypeCollection
	Record record.Record
	Left   bool // the source leaves it out: it belongs to another collection than the one asked for
}

// Failure is a place that could not be harvested, and why.
type Failure struct {
	Href string
	Err  error
}
