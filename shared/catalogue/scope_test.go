package catalogue_test

import (
	"slices"
	"testing"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// operation is a method of the store, and whether it gives anything of what others wrote.
type operation struct {
	writes bool
	ask    func(s *catalogue.Store, sc scope.Scope, t *testing.T) (found int, err error)
}

func operations() map[string]operation {
	const href, asset = "s3://ingest/S2/a.json", "s3://ingest/a/B04.tif"
	count := func(n int, err error) (int, error) { return n, err }
	return map[string]operation{
		"Search": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			page, err := s.Search(t.Context(), sc, catalogue.Query{Count: true})
			if page.Matched != nil && *page.Matched != len(page.Records) {
				t.Errorf("counted %d of %d", *page.Matched, len(page.Records))
			}
			return count(len(page.Records), err)
		}},
		"Facets": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			divided, err := s.Facets(t.Context(), sc, catalogue.Query{}, nil)
			return count(int(divided.Records), err)
		}},
		"Record": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			_, err := s.Record(t.Context(), sc, "", "", "a")
			if fault.KindOf(err) == fault.NotFound && err != nil {
				return 0, nil
			}
			return 1, err
		}},
		"Collections": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			page, err := s.Collections(t.Context(), sc, 10, "")
			return count(len(page.Records), err)
		}},
		"Products": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, err := s.Products(t.Context(), sc, catalogue.ProductQuery{Layer: "S2"})
			return count(len(found), err)
		}},
		"Extents": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, err := s.Extents(t.Context(), sc)
			return count(len(found), err)
		}},
		"ExtentsAndOverlay": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, o, err := s.ExtentsAndOverlay(t.Context(), sc, 0)
			if alone, failed := s.Overlay(t.Context(), sc, 0); failed != nil && err == nil || alone.Revision != o.Revision {
				t.Errorf("the overlay is %+v, alone %+v, %v", o, alone, failed)
			}
			return count(len(found), err)
		}},
		"ResolveSource": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			_, _, _, err := s.ResolveSource(t.Context(), sc, href)
			if fault.KindOf(err) == fault.NotFound && err != nil {
				return 0, nil
			}
			return 1, err
		}},
		"SourcesWithin": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, err := s.SourcesWithin(t.Context(), sc, href)
			return count(len(found), err)
		}},
		"SourcesOfAsset": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, err := s.SourcesOfAsset(t.Context(), sc, asset)
			return count(len(found), err)
		}},
		"Registrations": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, _, err := s.Registrations(t.Context(), sc, catalogue.RegistrationQuery{})
			return count(len(found), err)
		}},
		"Revisions": {ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, _, err := s.Revisions(t.Context(), sc, 0)
			return count(len(found), err)
		}},
		"Outbox": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, err := s.Outbox(t.Context(), sc, 10)
			return count(len(found), err)
		}},
		"DeadLetters": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, _, err := s.DeadLetters(t.Context(), sc, 10, "")
			return count(len(found), err)
		}},
		"DeadLetter": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			_, err := s.DeadLetter(t.Context(), sc, "e1")
			if fault.KindOf(err) == fault.NotFound && err != nil {
				return 0, nil
			}
			return 1, err
		}},
		"MarkReplayed": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			marked, err := s.MarkReplayed(t.Context(), sc, catalogue.DeadLetter{ID: "e1", Time: noon})
			if marked {
				return 1, err
			}
			return 0, err
		}},
		"WaitingLetters": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			found, err := s.WaitingLetters(t.Context(), sc, catalogue.DeadLetter{ID: "e1", Time: noon}, 10)
			return count(len(found), err)
		}},
		"Apply": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			got, err := s.Apply(t.Context(), sc, []record.Change{{Delete: true, Record: record.Record{Key: record.Key{Collection: "S2", ID: "a"}}}})
			return count(len(slices.DeleteFunc(got, func(a record.Applied) bool { return a.Outcome != record.Deleted })), err)
		}},
		"Sent": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			return 0, s.Sent(t.Context(), sc, []string{"x"})
		}},
		"SaveRegistrations": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			return 0, s.SaveRegistrations(t.Context(), sc, nil)
		}},
		"KeepDeadLetter": {writes: true, ask: func(s *catalogue.Store, sc scope.Scope, t *testing.T) (int, error) {
			return 0, s.KeepDeadLetter(t.Context(), sc, catalogue.DeadLetter{ID: "e1", Event: []byte("{}"), Time: noon})
		}},
	}
}

// inhabited is a catalogue with one of everything in a workspace.
func inhabited(t *testing.T, workspace string) *catalogue.Store {
	s := cataloguetest.Open(t)
	collection := item("", "S2", noon)
	collection.Record.Type = record.TypeCollection
	sc := writer(workspace)
	applied(t, s, sc, drawn(item("S2", "a", noon), "S2"), collection)
	if err := s.SaveRegistrations(t.Context(), sc, []record.Registration{{Href: "s3://ingest/S2/a.json"}}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"e1", "e2"} {
		if err := s.KeepDeadLetter(t.Context(), sc, catalogue.DeadLetter{ID: id, Event: []byte(`{}`), Time: noon}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestNobodySeesAnotherWorkspace(t *testing.T) {
	s := inhabited(t, "theirs")
	for name, o := range operations() {
		if name == "KeepDeadLetter" {
			continue // it makes what the others look for
		}
		for _, sc := range []scope.Scope{writer(""), writer("mine"), writer("mine").Including("", "nobody's"), scope.New("mine", "admin", scope.Admin)} {
			if found, err := o.ask(s, sc, t); err != nil || found > 0 {
				t.Errorf("%s found %d in %q, %v", name, found, sc.Readable(), err)
			}
		}
	}
	for name, o := range operations() {
		if name == "Apply" {
			continue // it deletes what the others look for
		}
		if found, err := o.ask(s, writer("theirs"), t); err != nil || found == 0 && name != "Sent" && name != "SaveRegistrations" && name != "KeepDeadLetter" {
			t.Errorf("%s found %d of its own, %v", name, found, err)
		}
	}
}

// What includes another workspace reads its records, and neither its sources nor its events.
func TestAnIncludedWorkspaceIsRead(t *testing.T) {
	s := inhabited(t, "")
	for name, o := range operations() {
		if name == "KeepDeadLetter" {
			continue
		}
		found, err := o.ask(s, writer("mine").Including(""), t)
		read := slices.Contains([]string{"Search", "Facets", "Record", "Collections", "Products", "Extents", "ExtentsAndOverlay", "Registrations", "DeadLetters"}, name)
		if err != nil || (found > 0) != read {
			t.Errorf("%s found %d, %v", name, found, err)
		}
	}
}

// A workspace that a scope names twice is read once.
func TestAWorkspaceIncludedTwice(t *testing.T) {
	s := inhabited(t, "")
	for name, o := range operations() {
		if o.writes {
			continue
		}
		once, err := o.ask(s, writer(""), t)
		twice, errTwice := o.ask(s, writer("").Including("", ""), t)
		if err != nil || errTwice != nil || once != twice {
			t.Errorf("%s found %d and %d, %v %v", name, once, twice, err, errTwice)
		}
	}
}

func TestNoQuestionWithoutAScope(t *testing.T) {
	s := inhabited(t, "")
	for name, o := range operations() {
		if found, err := o.ask(s, scope.Scope{}, t); err == nil || fault.KindOf(err) != fault.Internal || found > 1 {
			t.Errorf("%s without a scope: %v", name, err)
		}
		_, err := o.ask(s, scope.New("", ""), t)
		if o.writes && fault.KindOf(err) != fault.Unauthorised || !o.writes && err != nil {
			t.Errorf("%s of a stranger: %v", name, err)
		}
		_, err = o.ask(s, scope.New("", "reader"), t)
		if o.writes && fault.KindOf(err) != fault.Forbidden || !o.writes && err != nil {
			t.Errorf("%s of a reader: %v", name, err)
		}
	}
	if _, err := s.ForgetDeadLetters(t.Context(), writer(""), noon); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("ForgetDeadLetters: %v", err)
	}
	if _, err := s.OutboxAll(t.Context(), writer(""), 10); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("OutboxAll: %v", err)
	}
	if _, _, err := s.RevisionsAll(t.Context(), writer("w"), nil); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("RevisionsAll: %v", err)
	}
	if _, _, err := s.RevisionsAll(t.Context(), scope.Scope{}, nil); err == nil {
		t.Error("RevisionsAll without a scope")
	}
}
