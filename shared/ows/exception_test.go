package ows_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/fault"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
)

func TestReports(t *testing.T) {
	schemas := map[string]string{"1.0.0": "ows/1.0.0/owsExceptionReport.xsd", "1.1.0": "ows/1.1.0/owsExceptionReport.xsd", "2.0.0": "ows/2.0/owsExceptionReport.xsd"}
	types := map[string]string{"1.0.0": "application/xml", "1.1.0": "text/xml", "2.0.0": "application/xml"}
	err := errors.Join(ows.Missing("service"), ows.Invalid("bbox", "a <b> & \"c\""), fault.At(fault.Unsupported, "outputFormat", "no"))
	for version, schema := range schemas {
		t.Run(version, func(t *testing.T) {
			w := httptest.NewRecorder()
			ows.WriteError(w, httptest.NewRequest("GET", "/csw", nil), version, err)
			if w.Code != 501 || w.Header().Get("Content-Type") != types[version] {
				t.Errorf("status %d, type %s", w.Code, w.Header().Get("Content-Type"))
			}
			owstest.Golden(t, "report-"+version+".xml", w.Body.Bytes())
			t.Run("schema", func(t *testing.T) { owstest.Validate(t, schema, w.Body.Bytes()) })
		})
	}
}

func TestPassingFailure(t *testing.T) {
	w := httptest.NewRecorder()
	err := fault.Classify(fault.Unavailable, errors.New("dial tcp 10.0.0.1: refused"), "the catalogue does not answer")
	ows.WriteError(w, httptest.NewRequest("GET", "/csw", nil), "2.0.0", err)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "10.0.0.1") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}
