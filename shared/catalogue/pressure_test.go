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
	s, err := catalogue.Open(t.Context(), catalogue.Config{URL: address, MaxConns: connections, StatementTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	search(t, s, writer(""), catalogue.Query{}) // a connection is there, and knows its types
	return s, lockRecords(t, address)
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
	before := lines(t, watch, "select pid from ("+others+") o")
	for range 3 {
		_, err := s.Search(t.Context(), writer(""), catalogue.Query{Count: true})
		wantUnavailable(t, "a search", err)
		_, err = s.Aggregate(t.Context(), writer(""), catalogue.Query{}, []catalogue.Aggregation{{Kind: catalogue.AggregateCount}})
		wantUnavailable(t, "an aggregation", err)
		_, err = s.Facets(t.Context(), writer(""), catalogue.Query{}, nil)
		wantUnavailable(t, "facets", err)
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	search(t, s, writer(""), catalogue.Query{})
	if after := lines(t, watch, "select pid from ("+others+") o"); !slices.Equal(before, after) {
		t.Errorf("the processes were %v and are %v", before, after)
	}
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

// When all connections are taken, who finds none in time is told to come again; so it is when the database takes no more.
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
	for what, connections := range map[string]int32{"a pool of one": 1, "a role of one connection": 2} {
		s, err := catalogue.Open(t.Context(), catalogue.Config{URL: few.url, MaxConns: connections, StatementTimeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		lock := lockRecords(t, address)
		first, cancel := context.WithCancel(t.Context())
		answer := asking(first, s)
		until(t, owner, others, waiting(1))
		second, give := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err = s.Search(second, writer(""), catalogue.Query{})
		give()
		wantUnavailable(t, what, err)
		if full := err != nil && strings.Contains(err.Error(), "53300"); full != (connections > 1) {
			t.Errorf("%s: %v", what, err)
		}
		if err := lock.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-answer; err != nil {
			t.Errorf("%s: the first question: %v", what, err)
		}
		search(t, s, writer(""), catalogue.Query{})
		cancel()
		s.Close()
		until(t, owner, "select pid from pg_stat_activity where usename = '"+few.name+"'", func(lines []string) bool { return len(lines) == 0 }) // a process ends behind its connection
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
