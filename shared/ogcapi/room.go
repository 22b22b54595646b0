package ogcapi

import (
	"context"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"perigee/shared/fault"
)

// What bodies of writing requests may take of the memory of an instance, together and each. A body of unknown length
// counts as a large one.
const (
	roomForAll  = 64 << 20
	roomForEach = 16 << 20
	leastRoom   = 64 << 10
)

// Room lets as many writing requests bring their bodies as there is memory for; the others wait.
type Room struct{ free *semaphore.Weighted }

// NewRoom is the room of an instance.
func NewRoom() Room { return Room{semaphore.NewWeighted(roomForAll)} }

// Enter waits for room for a request's body.
func (m Room) Enter(r *http.Request) (leave func(), err error) {
	takes := int64(roomForEach)
	if r.ContentLength >= 0 {
		takes = min(max(r.ContentLength, leastRoom), roomForEach)
	}
	if err := m.free.Acquire(r.Context(), takes); err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "waiting for room")
	}
	return func() { m.free.Release(takes) }, nil
}

// What large pages have of the memory of an instance together, in records: a thousand of metadata with their documents take some
// 25 MB until they are answered. Smaller pages go by, so that nobody who asks for ten waits for those who ask for all.
const (
	largePage  = 100
	pagesOfAll = 3000
	pageWait   = 5 * time.Second
)

// Pages lets as many large pages be in memory as there is room for; the others wait a while, then are told to come again.
type Pages struct{ free *semaphore.Weighted }

// NewPages is the room for pages of an instance.
func NewPages() Pages { return Pages{semaphore.NewWeighted(pagesOfAll)} }

// Enter waits for room for a page of so many records. Its request leaves when it is answered.
func (m Pages) Enter(ctx context.Context, records int) (leave func(), err error) {
	if records <= largePage {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	takes := int64(min(records, pagesOfAll))
	if err := m.free.Acquire(ctx, takes); err != nil {
		return nil, fault.Classify(fault.Unavailable, err, "waiting for room for a page of %d records", records)
	}
	return func() { m.free.Release(takes) }, nil
}
