// Package fault classifies failures once, where they are understood, so that every edge can render them in its own
// format (an OWS exception report, problem+json, the answer to an event) without looking at their text.
package fault

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Kind says what sort of failure happened. The zero Kind is Internal: what nobody classified is our own mistake.
type Kind uint8

// The kinds, and what they promise to the caller.
const (
	Internal     Kind = iota // a mistake of ours or a state nobody foresaw
	Invalid                  // the input can never work; the locator names the part
	NotFound                 // the thing asked for is not there
	Conflict                 // the state of the thing forbids the operation
	Unsupported              // a correct request for something that is not offered
	Unauthorised             // no valid credentials were presented
	Forbidden                // the credentials do not allow it
	Unavailable              // it may work when asked again later
	Outdated                 // the thing is no longer in the state that the request names
)

var names = [...]string{"internal", "invalid", "not found", "conflict", "unsupported", "unauthorised", "forbidden", "unavailable", "outdated"}

// String is the kind in words.
func (k Kind) String() string { return names[k] }

// ParseKind is the kind that is called so, Internal where none is.
func ParseKind(name string) Kind {
	return Kind(max(0, slices.Index(names[:], name))) //nolint:gosec // there are few
}

var statuses = [...]int{
	http.StatusInternalServerError, http.StatusBadRequest, http.StatusNotFound, http.StatusConflict,
	http.StatusNotImplemented, http.StatusUnauthorized, http.StatusForbidden, http.StatusServiceUnavailable,
	http.StatusPreconditionFailed,
}

// Status is the HTTP status (RFC 9110) by which an HTTP edge answers this kind.
func (k Kind) Status() int { return statuses[k] }

// Permanent tells whether asking again with the same input is pointless. Unclassified failures count as passing, so
// that nothing is given up because of a mistake of ours.
func (k Kind) Permanent() bool { return k != Internal && k != Unavailable }

// Error is a classified failure. Locator names the parameter, key or field at fault, empty where there is none.
type Error struct {
	Kind    Kind
	Locator string
	Message string
	Err     error
}

// Error is the message followed by its cause.
func (e *Error) Error() string {
	switch {
	case e.Err == nil, e.Err.Error() == "":
		return e.Message
	case e.Message == "":
		return e.Err.Error()
	default:
		return e.Message + ": " + e.Err.Error()
	}
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes a failure of a kind; format may wrap a cause with %w.
func New(kind Kind, format string, args ...any) error {
	return At(kind, "", format, args...)
}

// At makes a failure of a kind that lies in the named parameter, key or field.
func At(kind Kind, locator, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Locator: locator, Message: err.Error(), Err: hidden{errors.Unwrap(err)}.orNil()}
}

// Classify gives err a kind, saying what was being done; nil stays nil.
func Classify(kind Kind, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...), Err: err}
}

// KindOf is the kind of the outermost classified failure in err's chain, Internal where there is none.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// LocatorOf is the locator of the first classified failure in err's chain that has one.
func LocatorOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Locator != "" {
			return e.Locator
		}
		err = e.Err
	}
	return ""
}

// All lists the failures joined in err (errors.Join), or err alone.
func All(err error) []error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var all []error
		for _, e := range many.Unwrap() {
			all = append(all, All(e)...)
		}
		return all
	}
	return []error{err}
}

// hidden keeps a cause in the chain whose text the message already holds.
type hidden struct{ error }

func (h hidden) orNil() error {
	if h.error == nil {
		return nil
	}
	return h
}

func (h hidden) Error() string { return "" }
func (h hidden) Unwrap() error { return h.error }
