package ows

import (
	"context"
	"encoding/xml"
	"errors"
	"log/slog"
	"net/http"

	"perigee/shared/fault"
)

// Exception is one entry of an exception report.
type Exception struct {
	Code    Code
	Locator string
	Text    string
}

// FromError lists the failures joined in err, at least one, as exceptions.
func FromError(err error) []Exception {
	var exceptions []Exception
	for _, e := range fault.All(err) {
		exceptions = append(exceptions, Exception{Code: CodeOf(e), Locator: fault.LocatorOf(e), Text: TextOf(e)})
	}
	return exceptions
}

// Status is the HTTP status for the failures joined in err: that of a failure of ours before any of the asker's, then
// the highest.
func Status(err error) int {
	status := 0
	for _, e := range fault.All(err) {
		kind := fault.KindOf(e)
		if !kind.Permanent() {
			return kind.Status()
		}
		status = max(status, kind.Status())
	}
	return status
}

// WriteError answers a request by the report of the failures joined in err. Failures of ours are logged here.
func WriteError(w http.ResponseWriter, r *http.Request, version string, err error) {
	LogFailure(r, err)
	status := Status(err)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	WriteReport(w, version, status, FromError(err))
}

// LogFailure logs the failures in err that are not the asker's, whose text the answer hides. Nothing is logged for an
// asker who has gone.
func LogFailure(r *http.Request, err error) {
	if errors.Is(context.Cause(r.Context()), context.Canceled) {
		return
	}
	for _, e := range fault.All(err) {
		if !fault.KindOf(e).Permanent() {
			slog.ErrorContext(r.Context(), "request failed", "path", r.URL.Path, "query", r.URL.RawQuery, "error", e)
		}
	}
}

// reportForm is how a version of OWS Common writes a report.
type reportForm struct {
	namespace   string
	schema      string
	contentType string
	language    string // name of the attribute
}

var reportForms = map[string]reportForm{
	"1.0.0": {"http://www.opengis.net/ows", "http://schemas.opengis.net/ows/1.0.0/owsExceptionReport.xsd", "application/xml", "language"},
	"1.1.0": {"http://www.opengis.net/ows/1.1", "http://schemas.opengis.net/ows/1.1.0/owsExceptionReport.xsd", "text/xml", "xml:lang"},
	"2.0.0": {"http://www.opengis.net/ows/2.0", "http://schemas.opengis.net/ows/2.0/owsExceptionReport.xsd", "application/xml", "xml:lang"},
}

// exceptionReport is ows:ExceptionReport (05-008 clause 8.3, 06-121r3 clause 8.4, 06-121r9 clause 8.4).
type exceptionReport struct {
	XMLName    xml.Name    `xml:"ows:ExceptionReport"`
	Attributes []xml.Attr  `xml:",any,attr"`
	Exceptions []exception `xml:"ows:Exception"`
}

type exception struct {
	Code    string `xml:"exceptionCode,attr"`
	Locator string `xml:"locator,attr,omitempty"`
	Text    string `xml:"ows:ExceptionText,omitempty"`
}

// WriteReport answers with an exception report of OWS Common 1.0.0, 1.1.0 or 2.0.0.
func WriteReport(w http.ResponseWriter, version string, status int, exceptions []Exception) {
	contentType, body := Report(version, exceptions)
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// Report is an exception report of OWS Common 1.0.0, 1.1.0 or 2.0.0, and its media type.
func Report(version string, exceptions []Exception) (contentType string, body []byte) {
	form, known := reportForms[version]
	if !known {
		version, form = "2.0.0", reportForms["2.0.0"]
	}
	body, _ = Marshal(newReport(version, form, exceptions)) // a struct of strings always encodes
	return form.contentType, body
}

func newReport(version string, form reportForm, exceptions []Exception) exceptionReport {
	report := exceptionReport{Attributes: Attributes(
		"xmlns:ows", form.namespace,
		"xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance",
		"xsi:schemaLocation", form.namespace+" "+form.schema,
		"version", version,
		form.language, "en",
	)}
	for _, e := range exceptions {
		if version == "1.0.0" && e.Code == OptionNotSupported { // came with 1.1.0
			e.Code = InvalidParameterValue
		}
		report.Exceptions = append(report.Exceptions, exception{string(e.Code), e.Locator, e.Text})
	}
	return report
}
