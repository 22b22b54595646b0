package main

import (
	"context"
	"net/http"
	"time"

	"perigee/shared/csw"
	"perigee/shared/outward"
)

// answers posts answers to the addresses that requests name: public ones, and those that are let through.
type answers struct {
	guard  outward.Guard
	client *outward.Client
}

// newAnswers makes what sends answers. It does not follow redirections to other hosts.
func newAnswers(c config) (answers, error) {
	guard, err := outward.ParseGuard(c.Reach)
	return answers{guard, outward.New(outward.Config{Guard: guard, Tries: 3, Stays: true})}, err
}

// Check tells why an address is known not to be one that is sent to.
func (a answers) Check(address string) error { return a.guard.Check(address) }

// maxHeard bounds what is read of what the receiver of an answer says.
const maxHeard = 64 << 10

// Send posts an answer.
func (a answers) Send(ctx context.Context, address, mediaType string, document []byte) error {
	_, err := a.client.Do(ctx, outward.Request{Method: http.MethodPost, URL: address, Header: http.Header{"Content-Type": {mediaType}}, Body: document, Limit: maxHeard})
	return err
}

// finishing is how long what was acknowledged is gone on with when the process is told to end, as it is when nobody asks any more: within what
// the platform lets it live then, timeoutSeconds of its manifest.
const finishing = 4 * time.Minute

// finish answers what was acknowledged before the process ends.
func finish(later *csw.Later) {
	ctx, cancel := context.WithTimeout(context.Background(), finishing)
	defer cancel()
	later.Finish(ctx)
}
