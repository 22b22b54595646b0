package catalogue_test

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"perigee/shared/catalogue"
	"perigee/shared/catalogue/cataloguetest"
	"perigee/shared/fault"
	"perigee/shared/record"
)

// pressed is a store of some connections and a short patience, and a connection that holds up whoever reads records.
func pressed(t *testing.T, address string, connections int32, patience time.Duration) (*catalogue.Store, pgx.Tx) {
	t.Helper()
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: address, MaxConns: connections, StatementTimeout: patience, Wait: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	answered(t, s) // a connection is there, and knows its types
	return s, lockRecords(t, address)
}

// answered asks until there is an answer: with a short patience a busy machine may not have it at once.
func answered(t *testing.T, s *catalogue.Store) {
	t.Helper()
	_, err := s.Search(t.Context(), writer(""), catalogue.Query{})
	for fault.KindOf(err) == fault.Unavailable && t.Context().Err() == nil {
		_, err = s.Search(t.Context(), writer(""), catalogue.Query{})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// lockRecords is a transaction that nobody reads records beside.
func lockRecords(t *testing.T, address string) pgx.Tx {
	t.Helper()
	tx, err := connect(t, address).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "lock table perigee.record"); err != nil {
		t.Fatal(err)
	}
	return tx
}

// others are the processes that serve the database beside the one that asks, with what they wait for.
const others = "select pid, state, coalesce(wait_event_type, '') from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"

// until asks again and again, as long as the test may take, until a condition on some lines holds.
func until(t *testing.T, conn *pgx.Conn, query string, holds func(lines []string) bool) {
	t.Helper()
	for !holds(lines(t, conn, query)) {
		select {
		case <-time.After(5 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatalf("%s never came to hold", query)
		}
	}
}

func waiting(n int) func(lines []string) bool {
	return func(lines []string) bool {
		return len(slices.DeleteFunc(lines, func(l string) bool { return !strings.HasSuffix(l, ",active,Lock)") })) == n
	}
}

// asking is a search that goes on beside the test.
func asking(ctx context.Context, s *catalogue.Store) <-chan error {
	answer := make(chan error, 1)
	go func() {
		_, err := s.Search(ctx, writer(""), catalogue.Query{Count: true})
		answer <- err
	}()
	return answer
}

func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	if err == nil || fault.KindOf(err) != fault.Unavailable || fault.KindOf(err).Status() != 503 {
		t.Errorf("%s: %v", what, err)
	}
}

// A question past its limit ends though what it waits for does not, and its connection is used again.
func TestAQuestionPastItsLimit(t *testing.T) {
	address := cataloguetest.URL(t)
	s, lock := pressed(t, address, 1, 50*time.Millisecond)
	watch := connect(t, address)
	var before, after []string
	for range 5 { // a database that is very busy may not give a question up in time, and loses its connection then
		before = lines(t, watch, "select pid from ("+others+") o")
		for range 3 {
			_, err := s.Search(t.Context(), writer(""), catalogue.Query{Count: true})
			wantUnavailable(t, "a search", err)
			_, err = s.Aggregate(t.Context(), writer(""), catalogue.Query{}, []catalogue.Aggregation{{Kind: catalogue.AggregateCount}})
			wantUnavailable(t, "an aggregation", err)
			_, err = s.Facets(t.Context(), writer(""), catalogue.Query{}, nil)
			wantUnavailable(t, "facets", err)
		}
		if after = lines(t, watch, "select pid from ("+others+") o"); slices.Equal(before, after) {
			break
		}
	}
	if !slices.Equal(before, after) {
		t.Errorf("the processes were %v and are %v", before, after)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	answered(t, s)
}

// When the client goes, the question ends in the database too, though what it waits for does not.
func TestAClientThatGoes(t *testing.T) {
	address := cataloguetest.URL(t)
	s, lock := pressed(t, address, 1, time.Hour)
	watch := connect(t, address)
	ctx, leave := context.WithCancel(t.Context())
	answer := asking(ctx, s)
	until(t, watch, others, waiting(1))
	leave()
	wantUnavailable(t, "the question", <-answer)
	until(t, watch, others, waiting(0))
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	search(t, s, writer(""), catalogue.Query{})
}

// When the database takes no more connections, who needs one is told to come again.
func TestABusyDatabase(t *testing.T) {
	address := cataloguetest.URL(t)
	owner := connect(t, address)
	few := role(t, owner, address)
	if err := catalogue.Grant(t.Context(), address, nil, []string{few.name}); err != nil {
		t.Fatal(err)
	}
	if _, err := owner.Exec(t.Context(), "alter role "+few.name+" connection limit 1"); err != nil {
		t.Fatal(err)
	}
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: few.url, MaxConns: 2, StatementTimeout: time.Hour, Wait: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	lock := lockRecords(t, address)
	answer := asking(t.Context(), s)
	until(t, owner, others, waiting(1))
	_, err = s.Search(t.Context(), writer(""), catalogue.Query{})
	if wantUnavailable(t, "a second connection", err); err != nil && !strings.Contains(err.Error(), "53300") {
		t.Errorf("it fails for another reason: %v", err)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Errorf("the first question: %v", err)
	}
	search(t, s, writer(""), catalogue.Query{})
}

// When all connections are taken, who finds none soon is told to come again, long before the questions that have them must end.
func TestNoConnectionIsFree(t *testing.T) {
	address := cataloguetest.URL(t)
	watch, lock := connect(t, address), lockRecords(t, address)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: address, MaxConns: 1, StatementTimeout: time.Hour, Wait: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var first <-chan error
	for took := false; !took; { // connecting may itself last longer than what is waited for
		first = asking(t.Context(), s)
		until(t, watch, others, func(lines []string) bool { took = waiting(1)(lines); return took || len(first) > 0 })
	}
	for what, ask := range map[string]func() error{
		"a question": func() error { _, err := s.Search(t.Context(), writer(""), catalogue.Query{}); return err },
		"a look-up":  func() error { _, err := s.Record(t.Context(), writer(""), "", "S2", "a"); return err },
		"a change": func() error {
			_, err := s.Apply(t.Context(), writer(""), []record.Change{item("S2", "a", noon)})
			return err
		},
	} {
		err := ask()
		if wantUnavailable(t, what, err); err != nil && !strings.Contains(err.Error(), "none of its 1 connections was to be had within 50ms") {
			t.Errorf("%s is not told why: %v", what, err)
		}
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Errorf("who has the connection: %v", err)
	}
}

// Whom a connection comes free for in time is answered, however many wait.
func TestAQueueThatMoves(t *testing.T) {
	address := cataloguetest.URL(t)
	s, lock := pressed(t, address, 1, time.Hour)
	var answers []<-chan error
	for range 20 {
		answers = append(answers, asking(t.Context(), s))
	}
	until(t, connect(t, address), others, waiting(1))
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, answer := range answers {
		if err := <-answer; err != nil {
			t.Errorf("question %d: %v", i, err)
		}
	}
}

// Who gives up by itself is not told that there is no connection.
func TestGivingUpInTheQueue(t *testing.T) {
	address := cataloguetest.URL(t)
	watch := connect(t, address)
	s, lock := pressed(t, address, 1, time.Hour)
	answer := asking(t.Context(), s)
	until(t, watch, others, waiting(1))
	ctx, leave := context.WithCancel(t.Context())
	second := asking(ctx, s)
	leave()
	err := <-second
	if wantUnavailable(t, "who left", err); err != nil && strings.Contains(err.Error(), "to be had") {
		t.Errorf("who left: %v", err)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Error(err)
	}
}

// While one release takes the place of another, both wait for each other where they change the same record, and nowhere else.
func TestBesideTheFormerRelease(t *testing.T) {
	address := cataloguetest.URL(t)
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: address, StatementTimeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	former, err := connect(t, address).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := former.Exec(t.Context(), "select pg_advisory_xact_lock($1)", catalogue.FormerLock("", record.Key{Collection: "S2", ID: "a"})); err != nil {
		t.Fatal(err)
	}
	applied(t, s, writer(""), item("S2", "b", noon), item("S1", "a", noon))
	applied(t, s, writer("w"), item("S2", "a", noon))
	answer := make(chan error, 1)
	go func() {
		_, err := s.Apply(t.Context(), writer(""), []record.Change{item("S2", "a", noon), item("S2", "c", noon)})
		answer <- err
	}()
	until(t, connect(t, address), others, waiting(1))
	if err := former.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err != nil {
		t.Error(err)
	}
}

// What the database gives up for the sake of others may be tried again, and left nothing behind.
func TestTransactionsThatAreGivenUp(t *testing.T) {
	address := cataloguetest.URL(t)
	owner := connect(t, address)
	change := []record.Change{item("S2", "a", noon)}
	t.Run("a deadlock", func(t *testing.T) {
		// The writer looks for deadlocks after a while, in which it is made to stand in one; the other never does.
		patient, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		query := patient.Query()
		query.Set("options", "-cdeadlock_timeout=3s")
		patient.RawQuery = query.Encode()
		s, err := catalogue.Open(t.Context(), catalogue.Config{URL: patient.String()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		search(t, s, writer(""), catalogue.Query{})
		other, err := connect(t, address).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Exec(t.Context(), "set local deadlock_timeout = '1h'; lock table perigee.document"); err != nil {
			t.Fatal(err)
		}
		answer := make(chan error, 1)
		go func() {
			_, err := s.Apply(t.Context(), writer(""), change)
			answer <- err
		}()
		until(t, owner, others, waiting(1)) // it has written the record, and waits for the document
		if _, err := other.Exec(t.Context(), "lock table perigee.record"); err != nil {
			t.Fatalf("the other one: %v", err)
		}
		err = <-answer
		wantUnavailable(t, "the writer", err)
		if err != nil && !strings.Contains(err.Error(), "40P01") {
			t.Errorf("the writer was given up for another reason: %v", err)
		}
		if err := other.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if found := search(t, s, writer(""), catalogue.Query{}).Records; len(found) != 0 {
			t.Errorf("it left %v behind", keys(found))
		}
		applied(t, s, writer(""), change...)
	})
	t.Run("no order", func(t *testing.T) {
		s, err := catalogue.Open(t.Context(), catalogue.Config{URL: address})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		const fails = `create function fails_always() returns trigger language plpgsql as $$ begin raise exception 'could not serialize' using errcode = '40001'; end $$;
			create trigger fails before insert on perigee.document for each row execute function fails_always()`
		if _, err := owner.Exec(t.Context(), fails, pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatal(err)
		}
		before := len(search(t, s, writer(""), catalogue.Query{}).Records)
		_, err = s.Apply(t.Context(), writer(""), []record.Change{item("S2", "b", noon)})
		wantUnavailable(t, "the writer", err)
		if found := search(t, s, writer(""), catalogue.Query{}).Records; len(found) != before {
			t.Errorf("it left %v behind", keys(found))
		}
	})
}
