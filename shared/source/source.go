// Package source is the door to what can be harvested: it reads the configuration of harvesters in EOEPCA's schema, in
// both of its generations, and walks a source node by node: the documents of a catalogue, the pages of a service, the
// files of a bucket. A source holds no state: who walks it keeps the nodes that are still to be visited, so that a walk
// can be taken up anywhere by anybody.
package source

import (
	"context"

	"perigee/shared/record"
)

// Reader is what a source reads of a file system.
type Reader interface {
	// Read gives the object at an address, of at most limit bytes; a larger one is fault.Invalid.
	Read(ctx context.Context, href string, limit int64) ([]byte, error)
}

// Lister is a file system that tells what it has.
type Lister interface {
	// List gives addresses that begin with the prefix and lie behind another one in the order of bytes, at most limit of
	// them in that order; an empty one begins at the first.
	List(ctx context.Context, prefix, behind string, limit int) ([]string, error)
}

// Web is how services are asked. Whom an address may lead to, and by which credentials, is the asker's matter.
type Web interface {
	// Ask asks a service. A fault.Unavailable may pass.
	Ask(ctx context.Context, q Question) (Reply, error)
}

// Question is what a service is asked.
type Question struct {
	URL    string
	Accept string // media types
	Body   []byte // JSON that is posted; nil: nothing is
	Limit  int64  // bytes of the reply
}

// Reply is what a service answered.
type Reply struct {
	URL       string // where, behind all redirections
	MediaType string
	Body      []byte
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
	Next      []string  // nodes that go on where it ends, such as the next page: without them the walk is not whole
	Failures  []Failure // places that it leads to and nobody can visit, and what of the node itself is not understood
}

// The kinds of documents that are not STAC's: records of a catalogue.
const (
	KindRecord = "Record"     // of OGC API - Records, GeoJSON
	KindXML    = "XML record" // as a catalogue service has it
)

// Document is something to be registered.
type Document struct {
	Href    string // where it lies, or what it is called in messages when it has content
	Content []byte // what it says, where it cannot be read at its address
	Kind    string // stac.TypeItem, stac.TypeCollection, KindRecord or KindXML
	Record  record.Record
	Stub    bool // it names what only postprocessors make an item of, so that a filter waits for them
	Left    bool // the source leaves it out: it belongs to another collection than the one asked for
}

// Failure is a place that could not be harvested, and why.
type Failure struct {
	Href string
	Err  error
}
