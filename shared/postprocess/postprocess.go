// Package postprocess is the chain of postprocessors that what a harvester found walks through before it is registered
// (HRV-10): those that make a STAC item of a product's own metadata, one that is said by rules, and one that asks a
// service elsewhere. A configuration names them by our names, or by the Python class paths of EOEPCA's harvester.
package postprocess

import (
	"context"
	"time"
)

// Postprocessor makes of an item the item that takes its place. It knows the item as JSON, and what it reads beside it
// comes through Reach. A fault.Unavailable may pass when it is tried again; any other failure concerns this item alone.
type Postprocessor func(ctx context.Context, item []byte, reach Reach) ([]byte, error)

// Reach is what postprocessors reach beyond the item. What a chain does not use may be missing.
type Reach struct {
	Files    Files
	Services Services
}

// Files reads the files of a product and those beside it, by absolute address: s3://bucket/key, or http(s) where the
// harvester may. Where a harvester reads and by which credentials is its own matter, as is whom an address may lead to.
type Files interface {
	// Read gives a file of at most limit bytes; a larger one is fault.Invalid, one that is not there fault.NotFound.
	Read(ctx context.Context, href string, limit int64) ([]byte, error)
	// Exists tells whether there is a file.
	Exists(ctx context.Context, href string) (bool, error)
}

// Services asks services elsewhere for what becomes of items. Whom they may lead to is their own matter, as it is of Files.
type Services interface {
	// Ask posts an item and gives the body of the answer, which is of a status below 300. What is busy or out of order is
	// asked again as often as the call says, after as long as the service asks for or twice as long as the time before;
	// fault.Unavailable: it may pass even then. A body of more than the call's limit is fault.Invalid.
	Ask(ctx context.Context, call Call) ([]byte, error)
}

// Call is how a service is asked: the item is posted as application/geo+json.
type Call struct {
	URL     string
	Item    []byte
	Limit   int64         // bytes of the answer
	Timeout time.Duration // of one try
	Tries   int
}

// Chain is the postprocessors of a harvester, in their order.
type Chain []Postprocessor

// Process leads an item through all of them.
func (c Chain) Process(ctx context.Context, item []byte, reach Reach) ([]byte, error) {
	var err error
	for _, step := range c {
		if item, err = step(ctx, item, reach); err != nil {
			return nil, err
		}
	}
	return item, nil
}
