// Package openapi holds the descriptions of the OGC APIs and the STAC API against a validator of OpenAPI 3.0 that others
// wrote. It is a module of its own, so that nothing else needs that validator.
package openapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"perigee/shared/records"
	"perigee/shared/scope"
	"perigee/shared/stacapi"
)

// RC-22: the descriptions are valid OpenAPI 3.0, references, examples and schemas included.
func TestDescriptionsAreValid(t *testing.T) {
	recordsAPI, err := records.New(records.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for target, handler := range map[string]http.Handler{"/stac/api": stacapi.New(stacapi.Config{}), "/records/openapi": recordsAPI} {
		t.Run(target, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, target, nil)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(scope.System, "test"), Base: "https://perigee.example"})))
			if w.Code != http.StatusOK {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation(), openapi3.EnableSchemaFormatValidation()); err != nil {
				t.Error(err)
			}
			if doc.Paths.Len() < 10 || len(doc.Servers) != 1 {
				t.Errorf("%d paths, servers %v", doc.Paths.Len(), doc.Servers)
			}
		})
	}
}
