package catalogue_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/record"
	"perigee/shared/scope"
)

func agreed(catalogue.Overlay) error { return nil }

// laid puts an overlay, or takes it back, and gives it with the number of items that are looked at again.
func laid(t *testing.T, s *catalogue.Store, workspace string, text []byte) (catalogue.Overlay, int) {
	t.Helper()
	o, items, err := s.PutOverlay(t.Context(), writer(workspace), text, agreed)
	if err != nil {
		t.Fatal(err)
	}
	return o, items
}

func TestWhoMayHaveProducts(t *testing.T) {
	s := cataloguetest.Open(t)
	made(t, s, "ws", "tester")
	for name, c := range map[string]struct {
		sc       scope.Scope
		put, get string // kinds
	}{
		"owner": {writer("ws"), "", ""}, "admin": {scope.New("ws", "root", scope.Admin), "", ""},
		"owner without a role": {scope.New("ws", "tester"), "forbidden", ""}, "another writer": {scope.New("ws", "bob", scope.Writer), "forbidden", "forbidden"},
		"nobody": {scope.New("ws", ""), "unauthorised", "unauthorised"}, "in the system": {admin(), "not found", "not found"},
		"nobody's scope": {scope.Scope{Workspace: "ws", Principal: "tester"}, "internal", "internal"},
		"no workspace":   {writer("none"), "not found", "not found"},
	} {
		kind := func(err error) string {
			if err == nil {
				return ""
			}
			return fault.KindOf(err).String()
		}
		_, _, err := s.PutOverlay(t.Context(), c.sc, []byte(name), agreed)
		if kind(err) != c.put {
			t.Errorf("%s puts: %v", name, err)
		}
		if _, err := s.OwnOverlay(t.Context(), c.sc); kind(err) != c.get {
			t.Errorf("%s gets: %v", name, err)
		}
	}
	unmade(t, s, "ws", true)
	if _, _, err := s.PutOverlay(t.Context(), writer("ws"), []byte("x"), agreed); fault.KindOf(err) != fault.NotFound {
		t.Errorf("of one that was deleted: %v", err)
	}
}

// Each change has a later revision, which caches learn; the same again is no change, and what is there is agreed to.
func TestOverlay(t *testing.T) {
	s := cataloguetest.Open(t)
	made(t, s, "ws", "tester")
	made(t, s, "other", "tester")
	seen := func(known int64, revision int64, text string, there bool) {
		t.Helper()
		o, err := s.Overlay(t.Context(), scope.New("ws", ""), known)
		if err != nil || o.Revision != revision || string(o.Text) != text || o.There != there {
			t.Errorf("%+v, %v", o, err)
		}
		_, with, err := s.ExtentsAndOverlay(t.Context(), scope.New("ws", ""), known)
		if err != nil || with.Revision != revision || string(with.Text) != text || with.There != there {
			t.Errorf("with the layers %+v, %v", with, err)
		}
	}
	seen(0, 0, "", false)
	first, _ := laid(t, s, "ws", []byte("a"))
	seen(0, first.Revision, "a", true)
	seen(first.Revision, first.Revision, "", true)
	if again, items := laid(t, s, "ws", []byte("a")); again.Revision != first.Revision || items != 0 {
		t.Errorf("the same again: %+v", again)
	}
	refusal := fault.New(fault.Conflict, "no")
	if _, _, err := s.PutOverlay(t.Context(), writer("ws"), []byte("b"), func(o catalogue.Overlay) error {
		if o.Revision != first.Revision || string(o.Text) != "a" || !o.There {
			t.Errorf("asked about %+v", o)
		}
		return refusal
	}); err != refusal {
		t.Errorf("refused: %v", err)
	}
	seen(0, first.Revision, "a", true)
	applied(t, s, writer("ws"), drawn(item("S2", "x", time.Now()), "S2"))
	second, _ := laid(t, s, "ws", nil)
	if second.Revision <= first.Revision+1 {
		t.Errorf("revisions %d, then with an item between %d", first.Revision, second.Revision)
	}
	seen(first.Revision, second.Revision, "", false)
	changed, _, err := s.RevisionsAll(t.Context(), admin(), nil)
	want := catalogue.Revision{Workspace: "ws", Layer: catalogue.ProductsLayer, Cell: grid.Everywhere, Bucket: catalogue.AnyTime, Revision: second.Revision}
	if err != nil || !slices.Contains(changed, want) {
		t.Errorf("%+v, %v", changed, err)
	}
	if o, err := s.Overlay(t.Context(), scope.New("other", ""), 0); err != nil || o.Revision != 0 {
		t.Errorf("another workspace has %+v, %v", o, err)
	}
	third, _ := laid(t, s, "ws", []byte{})
	seen(0, third.Revision, "", true)
	laid(t, s, "ws", []byte("c"))
	unmade(t, s, "ws", true)
	made(t, s, "ws", "tester")
	if o, err := s.OwnOverlay(t.Context(), writer("ws")); err != nil || o.There || o.Text != nil || o.Revision <= third.Revision+1 {
		t.Errorf("made anew it has %+v, %v", o, err)
	}
}

// The items that were made of documents at an address are counted, listed in order, and told of once for each change.
func TestItemSources(t *testing.T) {
	s := cataloguetest.Open(t)
	made(t, s, "ws", "tester")
	var changes []record.Change
	for i := range 5 {
		changes = append(changes, item("S2", fmt.Sprint(i), time.Now()))
	}
	posted := item("S2", "posted", time.Now())
	posted.Source.Href = ""
	collection := record.Change{Record: record.Record{Key: record.Key{ID: "S2"}, Type: record.TypeCollection}, Source: record.Source{Href: "s3://ws/c.json", Time: time.Now()}}
	applied(t, s, writer("ws"), append(changes, posted, collection)...)
	applied(t, s, writer("other"), item("S2", "9", time.Now()))
	applied(t, s, writer("ws"), record.Change{Delete: true, Source: record.Source{Href: changes[4].Source.Href, Time: time.Now().Add(time.Minute)}})
	sent(t, s, "ws")
	err := s.SaveRegistrations(t.Context(), writer("ws"), []record.Registration{
		{Href: "s3://ws/failed.json", Route: "items", Mode: "replace", Status: catalogue.StatusFailed, Error: "no file"},
		{Href: changes[0].Source.Href, Route: "items", Mode: "replace", Status: catalogue.StatusFailed, Error: "no file"},
		{Href: "s3://ws/gone.json", Route: "items", Mode: "deregister", Status: catalogue.StatusFailed},
		{Href: "s3://ws/fine.json", Route: "items", Mode: "replace", Status: "registered"},
		{ID: "posted", Route: "items", Mode: "register", Status: catalogue.StatusFailed},
	})
	if err != nil {
		t.Fatal(err)
	}

	o, items := laid(t, s, "ws", []byte("a"))
	waiting, err := s.Outbox(t.Context(), writer("ws"), 10)
	if err != nil || items != 5 || len(waiting) != 1 || waiting[0].Type != catalogue.EventWorkspaceProducts || waiting[0].Workspace != "ws" {
		t.Errorf("%d items; %+v, %v", items, waiting, err)
	}
	after := ""
	var all []string
	for {
		found, revision, err := s.ItemSources(t.Context(), writer("ws"), after, 3)
		if err != nil || revision != o.Revision || len(found) > 3 {
			t.Fatal(found, revision, err)
		}
		if len(found) == 0 {
			break
		}
		for _, one := range found {
			if after = one.Href; one.Time.IsZero() {
				t.Errorf("%+v", one)
			}
			all = append(all, after)
		}
	}
	if !slices.IsSorted(all) || len(all) != 5 || len(slices.Compact(slices.Clone(all))) != 5 || !slices.Contains(all, "s3://ws/failed.json") || slices.Contains(all, changes[4].Source.Href) {
		t.Errorf("%q", all)
	}
	one, _ := catalogue.ProductsEvent("ws", 7, "x")
	two, _ := catalogue.ProductsEvent("ws", 7, "y")
	if again, _ := catalogue.ProductsEvent("ws", 7, "x"); one.ID == two.ID || one.ID != again.ID {
		t.Errorf("%s %s %s", one.ID, two.ID, again.ID)
	}
}

func sent(t *testing.T, s *catalogue.Store, workspace string) {
	t.Helper()
	waiting, err := s.Outbox(t.Context(), writer(workspace), 100)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, e := range waiting {
		ids = append(ids, e.ID)
	}
	if err := s.Sent(t.Context(), writer(workspace), ids); err != nil {
		t.Fatal(err)
	}
}

// What was made by products that are no more is refused as what may pass, so that no item keeps an old look: whoever
// registers while they change is either before them, and looked at again, or makes it anew.
func TestChangesByOldProducts(t *testing.T) {
	s := cataloguetest.Open(t)
	made(t, s, "ws", "tester")
	register := func(id string) error {
		o, err := s.Overlay(t.Context(), writer("ws"), 0)
		if err != nil {
			return err
		}
		c := drawn(item("S2", id, time.Now()), "layer"+string(o.Text))
		c.Products = &o.Revision
		results, err := s.Apply(t.Context(), writer("ws"), []record.Change{c})
		if err == nil && results[0].Err != nil {
			return results[0].Err
		}
		return err
	}
	old := int64(0)
	laid(t, s, "ws", []byte("0"))
	c := item("S2", "late", time.Now())
	c.Products = &old
	if _, err := s.Apply(t.Context(), writer("ws"), []record.Change{c}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("made by what is no more: %v", err)
	}
	again := func(id string) error {
		for {
			if err := register(id); fault.KindOf(err) != fault.Unavailable || err == nil {
				return err
			}
		}
	}
	var group errgroup.Group
	for n := range 3 {
		group.Go(func() error {
			for i := range 15 {
				if err := again(fmt.Sprintf("i%d-%d", n, i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		for i := range 10 {
			if _, _, err := s.PutOverlay(t.Context(), writer("ws"), fmt.Append(nil, i), agreed); err != nil {
				return err
			}
		}
		return nil
	})
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	hrefs, _, err := s.ItemSources(t.Context(), writer("ws"), "", 100)
	if err != nil || len(hrefs) != 45 {
		t.Errorf("%d items, %v", len(hrefs), err)
	}
}

// Overlays seed nothing: no layer has their name.
func TestOverlaysAreNotSeeded(t *testing.T) {
	s := cataloguetest.Open(t)
	made(t, s, "ws", "tester")
	laid(t, s, "ws", []byte("a"))
	_, err := s.FollowChanges(t.Context(), writer("ws"), nil, func(layer string, due []catalogue.SeedDue) (catalogue.SeedJob, []catalogue.SeedDue, error) {
		t.Errorf("the layer %q is due: %v", layer, due)
		return catalogue.SeedJob{}, due, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
