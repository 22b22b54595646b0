package records

import (
	"net/http"
	"strings"

	"perigee/shared/ogcapi"
)

// Catalogues of the original, and pycsw's, have OGC API - Records at the root of their host. Clients that were told so are led to
// where it is here: the same paths, behind Root.

// rooted are the paths at the root of a host that the API has behind Root. The root itself is the web client's.
var rooted = []string{"/collections", "/conformance", "/openapi"}

// withRoot serves the API, and leads from the root of the host to it.
func withRoot(api http.Handler) http.Handler {
	lead := &ogcapi.Routes{}
	for _, path := range rooted {
		lead.Handle("GET "+path, leadBehind)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		lead.Handle(method+" /collections/{rest...}", leadBehind)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == Root || strings.HasPrefix(r.URL.Path, Root+"/") {
			api.ServeHTTP(w, r)
			return
		}
		lead.ServeHTTP(w, r)
	})
}

// leadBehind leads to the same path behind Root, with the method that was used (RFC 9110, 15.4.8).
func leadBehind(w http.ResponseWriter, r *http.Request) error {
	to := ask(r).root + r.URL.EscapedPath()
	if r.URL.RawQuery != "" {
		to += "?" + r.URL.RawQuery
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusTemporaryRedirect)
	return nil
}
