// Package ogcapi is what the OGC APIs and STAC APIs have in common: parameters, content negotiation, links, routes,
// conditional answers and problem details (OGC API - Features Part 1, 17-069r4; RFC 9457; RFC 9110).
package ogcapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"perigee/shared/fault"
)

// Handler answers a request or fails; the failure becomes problem details.
type Handler func(w http.ResponseWriter, r *http.Request) error

// ServeHTTP makes a Handler an http.Handler.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		WriteProblem(w, r, err)
	}
}

// MediaTypeProblem is the media type of problem details.
const MediaTypeProblem = "application/problem+json"

// Problem is what a failed request is answered with (RFC 9457). Errors lists each part of the request that is wrong.
type Problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail,omitempty"`
	Errors []Fault `json:"errors,omitempty"`
}

// maxFaults is how many parts a problem lists: the answer to a stranger is not larger than what was asked.
const maxFaults = 50

// Fault is one part of a request that is wrong: the parameter or field, and why.
type Fault struct {
	Locator string `json:"locator,omitempty"`
	Detail  string `json:"detail"`
}

// WriteProblem answers a failed request. What went wrong inside is logged and not told.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	kind := worst(err)
	switch {
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return // nobody listens any more
	case !kind.Permanent():
		slog.ErrorContext(r.Context(), "a request failed", "path", r.URL.Path, "error", err)
	}
	if kind == fault.Unavailable {
		w.Header().Set("Retry-After", "5")
	}
	if kind == fault.Unauthorised {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeProblem(w, problemOf(kind, err))
}

// worst is the kind of the failure that decides the status: the first, but what is not the client's doing goes first.
func worst(err error) fault.Kind {
	all := fault.All(err)
	for _, e := range all {
		if kind := fault.KindOf(e); !kind.Permanent() {
			return kind
		}
	}
	return fault.KindOf(all[0])
}

// ProblemOf is what a failure is answered with, for answers that say more.
func ProblemOf(err error) Problem { return problemOf(worst(err), err) }

func problemOf(kind fault.Kind, err error) Problem {
	status := statusOf(kind, err)
	p := Problem{Type: "about:blank", Title: http.StatusText(status), Status: status}
	switch kind {
	case fault.Internal:
		p.Detail = "The service failed; the failure was logged."
		return p
	case fault.Unavailable:
		p.Detail = "The service cannot answer now; ask again in a moment."
		return p
	}
	all := fault.All(err)
	p.Detail = all[0].Error()
	if len(all) > 1 {
		p.Detail = strconv.Itoa(len(all)) + " parts of the request are wrong."
	}
	for _, e := range all[:min(len(all), maxFaults)] {
		if locator := fault.LocatorOf(e); locator != "" || len(all) > 1 {
			p.Errors = append(p.Errors, Fault{Locator: locator, Detail: e.Error()})
		}
	}
	return p
}

func writeProblem(w http.ResponseWriter, p Problem) {
	body, err := json.Marshal(p)
	if err != nil { // a Problem always encodes
		http.Error(w, p.Title, p.Status)
		return
	}
	w.Header().Set("Content-Type", MediaTypeProblem)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the client may be gone
}
