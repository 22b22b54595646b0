package catalogue_test

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// dueResource is one that is due since a while.
func dueResource(source string, since time.Duration) catalogue.Resource {
	return catalogue.Resource{Source: source, Type: "http://www.opengis.net/wms", Every: "P1D", Due: time.Now().Add(-since)}
}

func keepResource(t *testing.T, s *catalogue.Store, sc scope.Scope, r catalogue.Resource) {
	t.Helper()
	if err := s.KeepResource(t.Context(), sc, r); err != nil {
		t.Fatal(err)
	}
}

// RC-10: what is due of all workspaces is found, those first that have waited longest; each is held by one at a time, and only the latest
// who held it settles it.
func TestResourcesAreHarvestedAgain(t *testing.T) {
	s := cataloguetest.Open(t)
	keepResource(t, s, writer(""), dueResource("http://a.example/wms", time.Minute))
	keepResource(t, s, writer("ws-a"), dueResource("http://a.example/wms", time.Hour))
	keepResource(t, s, writer(""), dueResource("http://later.example/wms", -time.Hour))
	due, err := s.DueResources(t.Context(), admin(), 10)
	if err != nil || len(due) != 2 || due[0].Workspace != "ws-a" || due[1].Workspace != "" || due[1].Principal != writer("").Principal {
		t.Fatalf("%v %+v", err, due)
	}
	held, ok, err := s.LeaseResource(t.Context(), writer(""), "http://a.example/wms", lease)
	if err != nil || !ok || held.Deserted {
		t.Fatal(err, ok, held)
	}
	if _, ok, err := s.LeaseResource(t.Context(), writer(""), "http://a.example/wms", lease); err != nil || ok {
		t.Error("two hold it", err)
	}
	if due, err := s.DueResources(t.Context(), admin(), 10); err != nil || len(due) != 1 {
		t.Errorf("%v %+v", err, due)
	}
	held.Due, held.Failures, held.Error = time.Now().Add(time.Hour), 2, "away"
	if err := s.SettleResource(t.Context(), writer(""), held); err != nil {
		t.Fatal(err)
	}
	if _, ok, _ := s.LeaseResource(t.Context(), writer(""), "http://a.example/wms", lease); ok {
		t.Error("it is held before it is due")
	}
	all, err := s.Resources(t.Context(), writer(""))
	if err != nil || len(all) != 2 || all[0].Failures != 2 || all[0].Error != "away" {
		t.Errorf("%v %+v", err, all)
	}
	keepResource(t, s, writer(""), dueResource("http://a.example/wms", time.Minute)) // asked for anew while it is held
	if err := s.SettleResource(t.Context(), writer(""), held); fault.KindOf(err) != fault.Conflict {
		t.Errorf("who holds it no longer settles it: %v", err)
	}
	if all, _ := s.Resources(t.Context(), writer("")); all[0].Failures != 0 || all[0].Error != "" {
		t.Errorf("%+v", all[0])
	}
	for _, sc := range []scope.Scope{writer(""), writer("")} { // again changes nothing
		if err := s.DropResource(t.Context(), sc, "http://a.example/wms"); err != nil {
			t.Fatal(err)
		}
	}
	if due, err := s.DueResources(t.Context(), admin(), 10); err != nil || len(due) != 1 || due[0].Workspace != "ws-a" {
		t.Errorf("that of the other workspace: %v %+v", err, due)
	}
}

// A lease that ended with its holder is taken over, and the former holder's word counts no more. Of many at once one holds it.
func TestResourceIsTakenOver(t *testing.T) {
	s := cataloguetest.Open(t)
	keepResource(t, s, writer(""), dueResource("http://a.example/wms", time.Minute))
	dead, ok, err := s.LeaseResource(t.Context(), writer(""), "http://a.example/wms", -time.Second)
	if err != nil || !ok {
		t.Fatal(err, ok)
	}
	var group errgroup.Group
	holders := make(chan catalogue.Resource, 8)
	for range cap(holders) {
		group.Go(func() error {
			r, ok, err := s.LeaseResource(t.Context(), writer(""), "http://a.example/wms", lease)
			if ok {
				holders <- r
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if len(holders) != 1 {
		t.Fatalf("%d hold it", len(holders))
	}
	dead.Due = time.Now().Add(time.Hour)
	if err := s.SettleResource(t.Context(), writer(""), dead); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
	if alive := <-holders; alive.Asked() <= dead.Asked() {
		t.Errorf("%d behind %d", alive.Asked(), dead.Asked())
	}
}

// What a resource became is remembered: it is deserted when none of it is left.
func TestDesertedResource(t *testing.T) {
	s := cataloguetest.Open(t)
	apply(t, s, writer(""), item("C", "one", time.Now()))
	r := dueResource("http://a.example/wms", time.Minute)
	r.Records = []record.Key{{Collection: "C", ID: "gone"}, {Collection: "C", ID: "one"}}
	keepResource(t, s, writer(""), r)
	if due, err := s.DueResources(t.Context(), admin(), 10); err != nil || len(due) != 1 || due[0].Deserted || len(due[0].Records) != 2 {
		t.Fatalf("%v %+v", err, due)
	}
	r.Records = r.Records[:1]
	keepResource(t, s, writer(""), r)
	if held, ok, err := s.LeaseResource(t.Context(), writer(""), r.Source, lease); err != nil || !ok || !held.Deserted {
		t.Errorf("%v %v %+v", err, ok, held)
	}
}

// Who may not write keeps and sees nothing, and nobody keeps too much.
func TestResourcesAreBounded(t *testing.T) {
	s := cataloguetest.Open(t)
	nobody := scope.New("", "")
	if err := s.KeepResource(t.Context(), nobody, dueResource("http://a.example/", 0)); fault.KindOf(err) != fault.Unauthorised {
		t.Error(err)
	}
	if _, err := s.Resources(t.Context(), nobody); fault.KindOf(err) != fault.Unauthorised {
		t.Error(err)
	}
	if _, err := s.DueResources(t.Context(), writer(""), 10); fault.KindOf(err) != fault.Forbidden {
		t.Error(err)
	}
	for i := range 1000 {
		keepResource(t, s, writer(""), dueResource(fmt.Sprintf("http://a.example/%d", i), 0))
	}
	if err := s.KeepResource(t.Context(), writer(""), dueResource("http://a.example/more", 0)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("one more: %v", err)
	}
	keepResource(t, s, writer(""), dueResource("http://a.example/1", 0)) // is one of them
	keepResource(t, s, writer("ws-b"), dueResource("http://a.example/more", 0))
	if err := s.KeepResource(t.Context(), writer(""), dueResource("http://a.example/\x00", 0)); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}
