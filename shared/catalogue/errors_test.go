package catalogue

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"perigee/shared/fault"
)

func TestKindsOfFailures(t *testing.T) {
	answer := func(code string) error { return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code}) }
	for _, c := range []struct {
		name string
		err  error
		kind fault.Kind
	}{
		{"the same twice", answer("23505"), fault.Conflict},
		{"a missing value", answer("23502"), fault.Internal},
		{"a wrong statement", answer("42601"), fault.Internal},
		{"longer than an index holds", answer("54000"), fault.Invalid},
		{"too many connections", answer("53300"), fault.Unavailable},
		{"out of memory", answer("53200"), fault.Unavailable},
		{"shutting down", answer("57P01"), fault.Unavailable},
		{"starting up", answer("57P03"), fault.Unavailable},
		{"cancelled", answer("57014"), fault.Unavailable},
		{"a deadlock", answer("40P01"), fault.Unavailable},
		{"transactions that have no order", answer("40001"), fault.Unavailable},
		{"a lock that is not waited for", answer("55P03"), fault.Unavailable},
		{"a wrong password", answer("28P01"), fault.Unavailable},
		{"no such database", answer("3D000"), fault.Unavailable},
		{"no such table", answer("42P01"), fault.Unavailable},
		{"a standby", answer("25006"), fault.Unavailable},
		{"no text", answer("22021"), fault.Invalid},
		{"no time", answer("22007"), fault.Invalid},
		{"an answer without a code", answer(""), fault.Internal},
		{"a lost connection", &net.OpError{Op: "read", Err: errors.New("reset")}, fault.Unavailable},
		{"an ended connection", fmt.Errorf("wrapped: %w", io.ErrUnexpectedEOF), fault.Unavailable},
		{"a client that went", context.Canceled, fault.Unavailable},
		{"out of time", context.DeadlineExceeded, fault.Unavailable},
		{"anything else", errors.New("else"), fault.Internal},
		{"classified already", fault.New(fault.Forbidden, "no"), fault.Forbidden},
	} {
		if got := fault.KindOf(classify(c.err, "try")); got != c.kind {
			t.Errorf("%s is %v, want %v", c.name, got, c.kind)
		}
	}
	if classify(nil, "try") != nil {
		t.Error("no failure became one")
	}
}
