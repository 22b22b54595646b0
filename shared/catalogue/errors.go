package catalogue

import (
	"context"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"perigee/shared/fault"
)

// classify gives a failure of the database its kind, saying what was being done.
func classify(err error, doing string) error {
	if err == nil {
		return nil
	}
	if already := new(fault.Error); errors.As(err, &already) {
		return err
	}
	return fault.Classify(kindOf(err), err, "the catalogue could not %s", doing)
}

// kindOf takes everything that is not an answer of the database to a statement for a passing failure: connections are
// refused and lost, waits end.
func kindOf(err error) fault.Kind {
	var answer *pgconn.PgError
	if !errors.As(err, &answer) || len(answer.Code) != 5 {
		return connectionKind(err)
	}
	return kindOfCode(answer.Code)
}

func connectionKind(err error) fault.Kind {
	var connect *pgconn.ConnectError
	switch {
	case errors.As(err, &connect), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		pgconn.SafeToRetry(err), pgconn.Timeout(err), lost(err):
		return fault.Unavailable
	}
	return fault.Internal
}

// lost tells whether the connection broke.
func lost(err error) bool {
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// kindOfCode sorts the error codes of PostgreSQL (Appendix A) by class, and some by themselves.
func kindOfCode(code string) fault.Kind {
	switch code {
	case "23505", "23P01": // unique and exclusion violations
		return fault.Conflict
	case "57014": // cancelled, or out of time
		return fault.Unavailable
	case "25006", // read only: a standby that has not taken over yet
		"3D000", "3F000", "42P01", "42703", "42883", "42704", "42501": // not made, not migrated or not granted yet
		return fault.Unavailable
	}
	switch code[:2] {
	case "08", "28", "40", "53", "55", "57", "58": // connection, authorisation, rollback, resources, state, operator, system
		return fault.Unavailable
	case "22", "54": // data that no column can hold, limits of the database
		return fault.Invalid
	}
	return fault.Internal
}
