// Package postprocess is the chain of postprocessors that what a harvester found walks through before it is registered
// (HRV-10): those that make a STAC item of a product's own metadata, one that is said by rules, and one that asks a
// service elsewhere. A configuration names them by our names, or by the Python class paths of EOEPCA's harvester.
package postprocess

import (
	"context"
	"time"

	"perigee/shared/fault"
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
	// Post sends the item as application/geo+json and gives the answer, whatever its status, with at most limit bytes of
	// its body; a larger one is fault.Invalid. That nobody answers is fault.Unavailable.
	Post(ctx context.Context, url string, item []byte, limit int64) (Answer, error)
}

// Answer is what a service answered.
type Answer struct {
	Status     int
	RetryAfter string // the header of this name (RFC 9110, 10.2.3)
	Body       []byte
}

// Chain is the postprocessors of a harvester, in their order.
type Chain []Postprocessor

// itemTime is how long a chain may take for one item: less than a harvest takes for a page, so that one item that some
// postprocessor never comes to an end with is told and left out, and holds up no other.
const itemTime = 40 * time.Second

// Process leads an item through all of them. One that takes too long is fault.Invalid.
func (c Chain) Process(ctx context.Context, item []byte, reach Reach) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, itemTime)
	defer cancel()
	for _, step := range c {
		made, err := step(limited, item, reach)
		switch {
		case ctx.Err() != nil:
			return nil, fault.Classify(fault.Unavailable, context.Cause(ctx), "leading an item through its postprocessors")
		case limited.Err() != nil:
			return nil, fault.New(fault.Invalid, "the postprocessors take longer than %v for the item, and are not waited for", itemTime)
		case err != nil:
			return nil, err
		}
		item = made
	}
	return item, nil
}
