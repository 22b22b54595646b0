package transaction

import (
	"net/http"
	"net/url"
	"strings"

	"perigee/shared/fault"
	"perigee/shared/scope"
)

// Acknowledged is what the paths begin with by which a function asks for what it acknowledged before, when somebody showed a token: it says
// itself on whose behalf and in which workspace it asks, as an event does. Only functions reach it.
const Acknowledged = "/internal/acknowledged"

// Acknowledged asks the same on behalf of those whose requests were acknowledged before.
func (c *Client) Acknowledged() *Client {
	behind := *c
	behind.acknowledged = true
	return &behind
}

// acknowledgedAt is the address by which a path of this package is asked on behalf of a scope.
func acknowledgedAt(base, path string, from scope.Scope) string {
	said := url.Values{"principal": {from.Principal}}
	if from.Workspace != scope.System {
		said.Set("workspace", from.Workspace)
	}
	return base + Acknowledged + strings.TrimPrefix(path, internal) + "?" + said.Encode()
}

// internal is what the paths of this package begin with.
const internal = "/internal"

// Behind serves the paths below Acknowledged by who serves the others: by its own path, and with the scope of a writer in the workspace.
func Behind(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said := r.URL.Query()
		principal := said.Get("principal")
		if principal == "" {
			http.Error(w, fault.At(fault.Invalid, "principal", "nobody is named on whose behalf this is asked").Error(), http.StatusBadRequest)
			return
		}
		inner := r.Clone(scope.NewContext(r.Context(), scope.Asked{Scope: scope.New(said.Get("workspace"), principal, scope.Writer)}))
		inner.URL.Path, inner.URL.RawPath, inner.URL.RawQuery = internal+strings.TrimPrefix(r.URL.Path, Acknowledged), "", ""
		next.ServeHTTP(w, inner)
	})
}
