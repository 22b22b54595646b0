package ows

import (
	"errors"
	"fmt"

	"perigee/shared/fault"
)

// Code is an exception code of OWS Common (06-121r3 table 25, 06-121r9 table 27) or of a service that builds on it. It
// travels in the chain of a classified failure; where there is none, FromError derives one from the kind.
type Code string

// The codes of OWS Common.
const (
	OperationNotSupported    Code = "OperationNotSupported"
	MissingParameterValue    Code = "MissingParameterValue"
	InvalidParameterValue    Code = "InvalidParameterValue"
	VersionNegotiationFailed Code = "VersionNegotiationFailed"
	InvalidUpdateSequence    Code = "InvalidUpdateSequence"
	OptionNotSupported       Code = "OptionNotSupported"
	NoApplicableCode         Code = "NoApplicableCode"
)

// Error is empty: the code lies at the end of a chain whose message says everything.
func (c Code) Error() string { return "" }

// At makes a classified failure that carries the code; locator names the parameter at fault.
func (c Code) At(kind fault.Kind, locator, format string, args ...any) error {
	return &fault.Error{Kind: kind, Locator: locator, Message: fmt.Sprintf(format, args...), Err: c}
}

// Missing is the failure of a request without a parameter it needs.
func Missing(name string) error {
	return MissingParameterValue.At(fault.Invalid, name, "the parameter %s is missing or empty", name)
}

// Invalid is the failure of a parameter whose value cannot be used.
func Invalid(name, format string, args ...any) error {
	return InvalidParameterValue.At(fault.Invalid, name, format, args...)
}

// Unsupported is the failure of a request for an operation that is not offered.
func Unsupported(service, operation string) error {
	return OperationNotSupported.At(fault.Unsupported, "request", "%s has no operation %q here", service, operation)
}

// CodeOf is the code in err's chain, or the one that fits its kind.
func CodeOf(err error) Code {
	var code Code
	if errors.As(err, &code) {
		return code
	}
	located := fault.LocatorOf(err) != ""
	switch kind := fault.KindOf(err); {
	case kind == fault.Unsupported && located:
		return OptionNotSupported
	case kind == fault.Unsupported:
		return OperationNotSupported
	case located && (kind == fault.Invalid || kind == fault.NotFound):
		return InvalidParameterValue
	}
	return NoApplicableCode
}

// TextOf is what a stranger may read of a failure: its whole text, but for failures of ours only what was being done.
func TextOf(err error) string {
	switch fault.KindOf(err) {
	case fault.Internal:
		return "the request could not be answered because of an internal error"
	case fault.Unavailable:
		var e *fault.Error
		if errors.As(err, &e) && e.Message != "" {
			return e.Message
		}
		return "the service is not available at the moment"
	}
	return err.Error()
}
