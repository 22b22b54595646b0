package ogcapi

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"perigee/shared/fault"
)

// statusError is a failure that HTTP has a status of its own for, which the kind of the failure does not stand for.
type statusError struct {
	error
	status int
}

func (e statusError) Unwrap() error { return e.error }

// statusOf is the status that a failure of a kind is answered with.
func statusOf(kind fault.Kind, err error) int {
	var own statusError
	if kind == fault.Invalid && errors.As(err, &own) {
		return own.status
	}
	return kind.Status()
}

// BodyType checks the media type of a request's body, which is the first of those taken when none is given (415, RFC
// 9110, 15.5.16).
func BodyType(r *http.Request, taken ...string) (string, error) {
	text := r.Header.Get("Content-Type")
	if text == "" {
		return taken[0], nil
	}
	kind, _, err := mime.ParseMediaType(text)
	if err != nil || !slices.Contains(taken, kind) {
		return "", statusError{fault.At(fault.Invalid, "Content-Type", "the body is %.100q: %s is taken", text, strings.Join(taken, ", ")), http.StatusUnsupportedMediaType}
	}
	return kind, nil
}

// BodyFault is the failure to read a body: of one that is larger than what is taken, 413 (RFC 9110, 15.5.14).
func BodyFault(err error) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return statusError{fault.New(fault.Invalid, "the body is larger than the %d bytes that are taken", large.Limit), http.StatusRequestEntityTooLarge}
	case fault.KindOf(err) != fault.Internal:
		return err
	}
	return fault.Classify(fault.Invalid, err, "the body did not come whole")
}

// ReadBody reads a body of at most limit bytes.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	return body, BodyFault(err)
}
