package catalogue_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// REG-32: the status of every registration is kept, with the error in words.
func TestRegistrations(t *testing.T) {
	s := cataloguetest.Open(t)
	save := func(r ...record.Registration) {
		t.Helper()
		if err := s.SaveRegistrations(t.Context(), writer("w"), r); err != nil {
			t.Fatal(err)
		}
	}
	failed := record.Registration{
		Workspace: "w", Href: "s3://w/a.json", Route: "items", Mode: "register", Status: catalogue.StatusFailed, Error: "no geometry", Locator: "geometry",
		Missing: []string{"s3://w/x.tif"}, Event: "e1", Attempts: 1, Time: noon, Took: 0.25,
	}
	save(failed)
	found, next, err := s.Registrations(t.Context(), writer("w"), catalogue.RegistrationQuery{})
	if err != nil || next != "" || len(found) != 1 || inJSON(t, found[0]) != inJSON(t, failed) {
		t.Fatalf("%s %q %v", inJSON(t, found), next, err)
	}
	save(failed)
	failed.Time = noon.Add(time.Hour)
	save(failed, record.Registration{Event: "e2", Status: catalogue.StatusFailed, Error: "broken \x00 \xff JSON", Time: noon},
		record.Registration{Collection: "S2", ID: "b", Status: "deregistered", Outcome: record.Deleted, Time: noon.Add(2 * time.Hour)})
	for _, c := range []struct {
		query    catalogue.RegistrationQuery
		subjects string
	}{
		{catalogue.RegistrationQuery{}, "S2/b 1, s3://w/a.json 3, broken \uFFFD \uFFFD JSON 1"},
		{catalogue.RegistrationQuery{Status: catalogue.StatusFailed}, "s3://w/a.json 3, broken \uFFFD \uFFFD JSON 1"},
		{catalogue.RegistrationQuery{Href: "s3://w/a.json"}, "s3://w/a.json 3"},
		{catalogue.RegistrationQuery{ID: "b"}, "S2/b 1"},
		{catalogue.RegistrationQuery{Since: noon.Add(time.Hour)}, "S2/b 1, s3://w/a.json 3"},
		{catalogue.RegistrationQuery{Until: noon}, "broken \uFFFD \uFFFD JSON 1"},
		{catalogue.RegistrationQuery{Since: noon.Add(time.Minute), Until: noon.Add(time.Hour)}, "s3://w/a.json 3"},
		{catalogue.RegistrationQuery{Route: "items"}, "s3://w/a.json 3"},
		{catalogue.RegistrationQuery{Event: "e2"}, "broken \uFFFD \uFFFD JSON 1"},
		{catalogue.RegistrationQuery{Event: "request-none"}, ""},
		{catalogue.RegistrationQuery{ID: "unknown"}, ""},
	} {
		if got := subjects(t, s, c.query); got != c.subjects {
			t.Errorf("%+v: %s, want %s", c.query, got, c.subjects)
		}
	}
	failed.Status, failed.Error, failed.Outcome = "registered", "", record.Created
	save(failed)
	save(failed)
	if got := subjects(t, s, catalogue.RegistrationQuery{Href: failed.Href}); got != "s3://w/a.json 1" {
		t.Errorf("after a success: %s", got)
	}
}

// A status is kept whatever a stranger's document says of itself, and whatever it waits for.
func TestARegistrationOfAnyLengthIsKept(t *testing.T) {
	s := cataloguetest.Open(t)
	random := rand.NewChaCha8([32]byte{1})
	long := func() string { // which no compression makes short
		text := make([]byte, 9000)
		random.Read(text)
		return base64.StdEncoding.EncodeToString(text)
	}
	r := record.Registration{Collection: long(), ID: long(), Route: long(), Mode: long(), Status: long(), Locator: long(), Event: long(), Error: long()}
	for range 2000 {
		r.Missing = append(r.Missing, "s3://w/"+long()[:100])
	}
	if err := s.SaveRegistrations(t.Context(), writer("w"), []record.Registration{r, {Href: long(), Status: "failed"}}); err != nil {
		t.Fatal(err)
	}
	found, _, err := s.Registrations(t.Context(), writer("w"), catalogue.RegistrationQuery{})
	if err != nil || len(found) != 2 {
		t.Fatalf("%d are kept, %v", len(found), err)
	}
}

func subjects(t *testing.T, s *catalogue.Store, q catalogue.RegistrationQuery) string {
	t.Helper()
	found, _, err := s.Registrations(t.Context(), writer("w"), q)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, r := range found {
		name := r.Href
		if name == "" {
			name = strings.TrimPrefix(r.Collection+"/"+r.ID, "/")
		}
		if name == "" {
			name = r.Error
		}
		all = append(all, fmt.Sprintf("%s %d", name, r.Attempts))
	}
	return strings.Join(all, ", ")
}

func TestRegistrationsComeInPages(t *testing.T) {
	s := cataloguetest.Open(t)
	var all []record.Registration
	for i := range 25 {
		all = append(all, record.Registration{Href: fmt.Sprintf("s3://w/%02d.json", i), Status: "registered", Time: noon.Add(time.Duration(i/5) * time.Minute)})
	}
	if err := s.SaveRegistrations(t.Context(), writer("w"), all); err != nil {
		t.Fatal(err)
	}
	var hrefs []string
	q := catalogue.RegistrationQuery{Limit: 4, Status: "registered"}
	for {
		found, next, err := s.Registrations(t.Context(), writer("w"), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range found {
			hrefs = append(hrefs, r.Href)
		}
		if q.After = next; next == "" {
			break
		}
	}
	if sorted := slices.Sorted(slices.Values(hrefs)); len(hrefs) != 25 || len(slices.Compact(sorted)) != 25 || hrefs[0] != "s3://w/20.json" || hrefs[24] != "s3://w/04.json" {
		t.Errorf("%d: %q", len(hrefs), hrefs)
	}
	_, next, _ := s.Registrations(t.Context(), writer("w"), catalogue.RegistrationQuery{Limit: 4})
	if _, _, err := s.Registrations(t.Context(), writer("w"), catalogue.RegistrationQuery{Status: "failed", After: next}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("the token of another question: %v", err)
	}
}

func TestDeadLetters(t *testing.T) {
	s := cataloguetest.Open(t)
	letter := catalogue.DeadLetter{ID: "e1", Type: "perigee.register.requested", Source: "/intake", Subject: "a", Workspace: "w", Reason: "no geometry",
		Event: []byte(`{"id":"e1","data":{"b":1,"a":2.0}}`), Time: noon}
	for i := range 3 {
		letter.ID, letter.Time = fmt.Sprintf("e%d", i), noon.Add(time.Duration(i)*time.Second)
		for range 2 {
			if err := s.KeepDeadLetter(t.Context(), writer("w"), letter); err != nil {
				t.Fatal(err)
			}
		}
	}
	first, next, err := s.DeadLetters(t.Context(), writer("w"), 2, "")
	if err != nil || len(first) != 2 || first[0].ID != "e2" || next == "" || inJSON(t, first[0]) != inJSON(t, letter) {
		t.Fatalf("%s %q %v", inJSON(t, first), next, err)
	}
	if second, next, err := s.DeadLetters(t.Context(), writer("w"), 2, next); err != nil || len(second) != 1 || second[0].ID != "e0" || next != "" {
		t.Fatalf("%s %q %v", inJSON(t, second), next, err)
	}
	for name, bad := range map[string]catalogue.DeadLetter{"no id": {Event: []byte("{}")}, "no event": {ID: "x"}, "not JSON": {ID: "x", Event: []byte("{")}} {
		if err := s.KeepDeadLetter(t.Context(), writer("w"), bad); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A letter waits until it was sent again, and anew when it comes back.
func TestWaitingLetters(t *testing.T) {
	s := cataloguetest.Open(t)
	keep := func(id string, second int) catalogue.DeadLetter {
		t.Helper()
		letter := catalogue.DeadLetter{ID: id, Event: []byte(`{}`), Time: noon.Add(time.Duration(second) * time.Second)}
		if err := s.KeepDeadLetter(t.Context(), writer("w"), letter); err != nil {
			t.Fatal(err)
		}
		return letter
	}
	waiting := func(after catalogue.DeadLetter, limit int) (ids []string) {
		t.Helper()
		letters, err := s.WaitingLetters(t.Context(), writer("w").Including(""), after, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range letters {
			ids = append(ids, l.ID)
		}
		return ids
	}
	mark := func(letter catalogue.DeadLetter, want bool) {
		t.Helper()
		if marked, err := s.MarkReplayed(t.Context(), writer("w"), letter); err != nil || marked != want {
			t.Errorf("%s is marked: %v, %v", letter.ID, marked, err)
		}
	}
	b, a, c := keep("b", 1), keep("a", 2), keep("c", 2)
	if all, rest := waiting(catalogue.DeadLetter{}, 2), waiting(a, 2); !slices.Equal(all, []string{"b", "a"}) || !slices.Equal(rest, []string{"c"}) {
		t.Errorf("%q, then %q", all, rest)
	}
	mark(b, true)
	keep("a", 3) // it came back while it was sent
	mark(a, false)
	mark(catalogue.DeadLetter{ID: "unknown", Time: noon}, false)
	if got := waiting(catalogue.DeadLetter{}, 10); !slices.Equal(got, []string{"c", "a"}) {
		t.Errorf("%q", got)
	}
	mark(c, true)
	keep("b", 4)
	if got, err := s.DeadLetter(t.Context(), writer("w"), "c"); err != nil || time.Since(got.Replayed) > time.Minute {
		t.Errorf("%+v %v", got, err)
	}
	if got := waiting(catalogue.DeadLetter{}, 10); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("%q", got)
	}
}

// Lists stay small whatever the events measure; each is whole by itself.
func TestLargeEventsAreNotListed(t *testing.T) {
	s := cataloguetest.Open(t)
	large := catalogue.DeadLetter{ID: "large", Event: []byte(`"` + strings.Repeat("x", 100_000) + `"`), Time: noon}
	if err := s.KeepDeadLetter(t.Context(), writer("w"), large); err != nil {
		t.Fatal(err)
	}
	listed, _, err := s.DeadLetters(t.Context(), writer("w"), 10, "")
	if err != nil || len(listed) != 1 || listed[0].Event != nil {
		t.Errorf("%d are listed, %v", len(listed), err)
	}
	if got, err := s.DeadLetter(t.Context(), writer("w"), "large"); err != nil || string(got.Event) != string(large.Event) {
		t.Errorf("%d bytes, %v", len(got.Event), err)
	}
}
