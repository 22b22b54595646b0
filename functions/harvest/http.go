package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/scope"
	"perigee/shared/source"
)

// operations are what people ask over HTTP.
func (h *harvest) operations() http.Handler {
	var routes ogcapi.Routes
	routes.Handle("POST /harvest/{name}", writing(h.post))
	routes.Handle("GET /harvest-runs", h.list)
	routes.Handle("GET /harvest-runs/{id}", h.show)
	routes.Handle("DELETE /harvest-runs/{id}", writing(h.cancel))
	return &routes
}

// writing closes an operation to those who may not write in the workspace.
func writing(next ogcapi.Handler) ogcapi.Handler {
	return func(w http.ResponseWriter, q *http.Request) error {
		if err := scope.FromContext(q.Context()).Scope.MayWrite(); err != nil {
			return err
		}
		return next(w, q)
	}
}

// post starts a run of a harvester, which is walked behind the answer: 202 and where to look.
func (h *harvest) post(w http.ResponseWriter, q *http.Request) error {
	asked, err := readPosted(w, q)
	if err != nil {
		return err
	}
	at := scope.FromContext(q.Context())
	run, err := h.start(q.Context(), at.Scope, strings.ToLower(rand.Text()), asked, false, true)
	if err != nil {
		return err
	}
	if err := h.flush(q.Context(), at.Scope); err != nil {
		slog.Warn("the event of a harvest waits in the outbox", "run", run.ID, "workspace", run.Workspace, "error", err)
	}
	w.Header().Set("Location", at.Base+"/harvest-runs/"+run.ID)
	return answer(w, http.StatusAccepted, run)
}

// readPosted reads the message of EOEPCA's harvester: {"name": …, "values": {…}}, all of which may be missing.
func readPosted(w http.ResponseWriter, q *http.Request) (eventing.HarvestRequest, error) {
	asked := eventing.HarvestRequest{Name: q.PathValue("name")}
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, source.MaxValues+1024))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return asked, fault.New(fault.Invalid, "the message is larger than the %d bytes that are read", tooLarge.Limit)
	case err != nil:
		return asked, fault.Classify(fault.Invalid, err, "the message did not come whole")
	case len(bytes.TrimSpace(body)) == 0:
		return asked, nil
	}
	var posted struct {
		Name   string          `json:"name"`
		Values json.RawMessage `json:"values"`
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(&posted); err != nil {
		return asked, fault.Classify(fault.Invalid, err, `the message is not {"values": {…}}`)
	}
	if _, err := in.Token(); err != io.EOF {
		return asked, fault.New(fault.Invalid, "something follows the message")
	}
	if posted.Name != "" && posted.Name != asked.Name {
		return asked, fault.At(fault.Invalid, "name", "the message is for the harvester %q, not %q", posted.Name, asked.Name)
	}
	asked.Values = posted.Values
	return asked, nil
}

// cancel ends a run; its walker notices at the next step.
func (h *harvest) cancel(w http.ResponseWriter, q *http.Request) error {
	sc := scope.FromContext(q.Context()).Scope
	run, err := h.store.CancelHarvest(q.Context(), sc, q.PathValue("id"))
	if err != nil {
		return err
	}
	slog.Info("cancelled", "run", run.ID, "harvester", run.Harvester, "workspace", run.Workspace)
	h.forget(q.Context(), sc)
	return answer(w, http.StatusOK, run)
}

func answer(w http.ResponseWriter, status int, run catalogue.HarvestRun) error {
	body, err := ogcapi.Encode(run)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", ogcapi.MediaTypeJSON)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
	return nil
}
