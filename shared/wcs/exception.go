package wcs

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/ows"
)

// The exception codes of WCS 2.0 (09-110r4 tables 17 and 21), of its extensions (11-053r1 table 4, 12-040 table 4, 12-039 table 9,
// 12-049 table 3, 12-100r1 table 4) and of the application profile (10-140r1 table 19).
const (
	NoSuchCoverage                 ows.Code = "NoSuchCoverage"
	EmptyCoverageIDList            ows.Code = "emptyCoverageIdList"
	InvalidAxisLabel               ows.Code = "InvalidAxisLabel"
	InvalidSubsetting              ows.Code = "InvalidSubsetting"
	SubsettingCRSNotSupported      ows.Code = "SubsettingCrs-NotSupported"
	OutputCRSNotSupported          ows.Code = "OutputCrs-NotSupported"
	NoSuchField                    ows.Code = "NoSuchField"
	InvalidFieldSequence           ows.Code = "InvalidFieldSequence"
	InvalidScaleFactor             ows.Code = "InvalidScaleFactor"
	InvalidExtent                  ows.Code = "InvalidExtent"
	ScaleAxisUndefined             ows.Code = "ScaleAxisUndefined"
	InterpolationMethodUnsupported ows.Code = "InterpolationMethodNotSupported"
	CompressionInvalid             ows.Code = "CompressionInvalid"
	CompressionNotSupported        ows.Code = "CompressionNotSupported"
	JPEGQualityInvalid             ows.Code = "JpegQualityInvalid"
	PredictorInvalid               ows.Code = "PredictorInvalid"
	PredictorNotSupported          ows.Code = "PredictorNotSupported"
	InterleavingInvalid            ows.Code = "InterleavingInvalid"
	TilingInvalid                  ows.Code = "TilingInvalid"
	NoSuchDatasetSeriesOrCoverage  ows.Code = "NoSuchDatasetSeriesOrCoverage"
)

// notFound are the codes that the standards answer with 404.
var notFound = []ows.Code{
	NoSuchCoverage, EmptyCoverageIDList, InvalidAxisLabel, InvalidSubsetting, SubsettingCRSNotSupported, OutputCRSNotSupported, NoSuchField, InvalidFieldSequence,
	InvalidScaleFactor, InvalidExtent, ScaleAxisUndefined, InterpolationMethodUnsupported, CompressionInvalid, CompressionNotSupported, JPEGQualityInvalid,
	PredictorInvalid, PredictorNotSupported, InterleavingInvalid, TilingInvalid, NoSuchDatasetSeriesOrCoverage,
}

// located gives the code of a failure that the store located, and the parameter.
var located = map[string]struct {
	ows.Code
	parameter string
}{
	"subset": {InvalidSubsetting, "subset"}, "subsettingcrs": {SubsettingCRSNotSupported, "subsettingCrs"}, "crs": {OutputCRSNotSupported, "outputCrs"},
}

// failing is a failure with a code of this service.
func failing(code ows.Code, locator, format string, args ...any) error {
	return code.At(fault.Invalid, locator, format, args...)
}

// refuse answers a failure by an exception report of OWS Common 2.0.
func (c *call) refuse(w http.ResponseWriter, err error) {
	ows.LogFailure(c.r, err)
	list, status := ows.FromError(err), ows.Status(err)
	for i, e := range fault.All(err) {
		if code, known := located[strings.ToLower(list[i].Locator)]; known && !errors.As(e, new(ows.Code)) && fault.KindOf(e).Permanent() {
			list[i].Code, list[i].Locator = code.Code, code.parameter
		}
		if fault.KindOf(e).Permanent() && slices.Contains(notFound, list[i].Code) && status < http.StatusInternalServerError {
			status = http.StatusNotFound
		}
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	ows.WriteReport(w, "2.0.0", status, list)
}
