package ogcapi

import (
	"net/http"

	"perigee/shared/fault"
	"perigee/shared/scope"
	"perigee/shared/transaction"
)

// Transactions has changes made on behalf of who sent a request, in the workspace in which it was asked. The results are
// in the order of the changes; the error is one that concerns all.
type Transactions interface {
	Apply(asked *http.Request, changes []transaction.Change) ([]transaction.Result, error)
}

// Allowed closes an operation to those who may not write in the workspace, before anything of it is read.
func Allowed(next Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := scope.FromContext(r.Context()).Scope.MayWrite(); err != nil {
			return err
		}
		if err := ReadParams(r).Err(); err != nil {
			return err
		}
		return next(w, r)
	}
}

// Conditional takes what a request does, and expects, over into a change. One that replaces and expects nothing there
// creates (RFC 9110, 13.1.2).
func Conditional(r *http.Request, c *transaction.Change) error {
	c.Operation = map[string]transaction.Operation{
		http.MethodPost: transaction.Create, http.MethodPut: transaction.Replace, http.MethodPatch: transaction.Patch, http.MethodDelete: transaction.Delete,
	}[r.Method]
	expected, err := ReadPreconditions(r)
	switch {
	case err != nil || r.Method == http.MethodPost: // what is created has no version yet
		return err
	case expected.Absent && r.Method == http.MethodPut:
		c.Operation = transaction.Create
		return nil
	}
	c.Versions, c.Unmodified = expected.Versions, expected.Unmodified
	return nil
}

// Refused is the failure of a change. Where the request says itself that nothing may be there, that is its condition.
func Refused(r *http.Request, err error) error {
	if expected, _ := ReadPreconditions(r); expected.Absent && fault.KindOf(err) == fault.Conflict {
		return fault.Classify(fault.Outdated, err, "")
	}
	return err
}
