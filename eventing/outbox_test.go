package eventing

import (
	"testing"
	"time"
)

// What waits in the outbox is sent as others publish it: attributes that hold nothing are left out, and the data of a
// deletion is the id as text.
func TestWaiting(t *testing.T) {
	at := time.Date(2024, 6, 1, 10, 0, 40, 0, time.UTC)
	for _, c := range []struct {
		waiting         Waiting
		mediaType, data string
		attributes      int
		understood      bool
	}{
		{Waiting{ID: "1", Type: TypeItemCreate, Subject: "a", Workspace: "ws", Collection: "S2", Data: []byte(`{"id":"a"}`), Time: at}, "application/json", `{"id":"a"}`, 2, true},
		{Waiting{ID: "2", Type: TypeItemDelete, Subject: "a", Collection: "S2", Data: []byte(`"a"`), Time: at}, "text/plain", "a", 1, true},
		{Waiting{ID: "3", Type: TypeWorkspaceDeleted, Subject: "ws", Workspace: "ws", Data: []byte(`{"name":"ws"}`), Time: at}, "application/json", `{"name":"ws"}`, 1, true},
		{Waiting{ID: "4", Type: TypeItemDelete, Subject: "a", Data: []byte("{"), Time: at}, "", "", 0, false},
	} {
		e, err := c.waiting.Event()
		if (err == nil) != c.understood {
			t.Errorf("%s: %v", c.waiting.ID, err)
		}
		if err != nil {
			continue
		}
		if e.Validate() != nil || e.DataContentType() != c.mediaType || string(e.Data()) != c.data || len(e.Extensions()) != c.attributes || e.ID() != c.waiting.ID || !e.Time().Equal(at) {
			t.Errorf("%s became %s", c.waiting.ID, e)
		}
	}
}
