package bucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"perigee/shared/fault"
)

// classify gives a failure of the store its kind, saying what was being done.
func classify(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	if already := new(fault.Error); errors.As(err, &already) {
		return fault.Classify(already.Kind, err, "%s", what)
	}
	return fault.Classify(kindOf(err), plain(err), "%s", what)
}

// kindOf goes by the status first, because stores agree on it more than on codes. No answer at all may pass.
func kindOf(err error) fault.Kind {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Unavailable
	}
	switch status := statusOf(err); status {
	case 0, http.StatusTooManyRequests, http.StatusRequestTimeout:
		return fault.Unavailable
	case http.StatusNotFound:
		return fault.NotFound
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.Forbidden
	case http.StatusPreconditionFailed, http.StatusConflict:
		return fault.Conflict
	case http.StatusNotImplemented, http.StatusMethodNotAllowed:
		return fault.Unsupported
	case http.StatusBadRequest:
		return badRequest(err)
	case http.StatusRequestedRangeNotSatisfiable, http.StatusRequestEntityTooLarge:
		return fault.Invalid
	default:
		if status >= http.StatusInternalServerError {
			return fault.Unavailable
		}
		return fault.Internal
	}
}

// badRequest tells the codes that S3 answers with 400 although the input is not to blame.
func badRequest(err error) fault.Kind {
	switch codeOf(err) {
	case "RequestTimeout", "IncompleteBody":
		return fault.Unavailable
	case "ExpiredToken", "InvalidToken", "TokenRefreshRequired", "AuthorizationHeaderMalformed":
		return fault.Forbidden
	}
	return fault.Invalid
}

func statusOf(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// plain keeps the store's code and message of a failure that has them, in place of the SDK's long wrapping.
func plain(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err
	}
	return refusal{status: statusOf(err), api: api, err: err}
}

type refusal struct {
	status int
	api    smithy.APIError
	err    error
}

func (r refusal) Error() string {
	text := r.api.ErrorCode()
	if m := r.api.ErrorMessage(); m != "" && m != text {
		text += ": " + m
	}
	return fmt.Sprintf("the object store answered %d %s", r.status, text)
}

func (r refusal) Unwrap() error { return r.err }
