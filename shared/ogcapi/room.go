package ogcapi

import (
	"net/http"

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
