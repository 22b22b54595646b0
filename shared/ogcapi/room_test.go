package ogcapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"perigee/shared/fault"
)

// Bodies wait while others take the room there is, and no longer than who sends them does.
func TestRoom(t *testing.T) {
	m := NewRoom()
	request := func(length int64) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.ContentLength = length
		return r
	}
	var leaving []func()
	for range roomForAll / roomForEach {
		leave, err := m.Enter(request(-1))
		if err != nil {
			t.Fatal(err)
		}
		leaving = append(leaving, leave)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Enter(request(5).WithContext(gone)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("where there is no room: %v", err)
	}
	leaving[0]()
	for range roomForEach / leastRoom {
		if _, err := m.Enter(request(0)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Enter(request(1 << 40).WithContext(gone)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("where there is none again: %v", err)
	}
}

// Large pages wait while others have the room there is, no longer than who asks for them does; small ones wait for nobody.
func TestLargePagesWait(t *testing.T) {
	m := NewPages()
	var leaving []func()
	for range 3 {
		leave, err := m.Enter(t.Context(), pagesOfAll/3)
		if err != nil {
			t.Fatal(err)
		}
		leaving = append(leaving, leave)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Enter(gone, largePage+1); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("where there is no room: %v", err)
	}
	leave, err := m.Enter(gone, largePage)
	if err != nil {
		t.Errorf("a small page: %v", err)
	}
	leave()
	leaving[0]()
	if _, err := m.Enter(t.Context(), pagesOfAll/3); err != nil {
		t.Errorf("where somebody has left: %v", err)
	}
}
