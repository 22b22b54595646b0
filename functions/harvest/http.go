package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"time"

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
	routes.Handle("POST /harvest-runs/{id}/resume", writing(h.resume))
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

// post starts a run of a harvester, or of the one whose configuration comes along (HRV-19), which is walked behind the answer:
// 202 and where to look.
func (h *harvest) post(w http.ResponseWriter, q *http.Request) error {
	at := scope.FromContext(q.Context())
	run := catalogue.HarvestRun{ID: strings.ToLower(rand.Text()), Workspace: at.Scope.Workspace, Harvester: q.PathValue("name"), Time: time.Now()}
	if err := readPosted(w, q, &run); err != nil {
		return err
	}
	run, err := h.start(q.Context(), at.Scope, run, false, true)
	if err != nil {
		return err
	}
	return h.accepted(w, q, run)
}

// accepted sends the event of a run and answers where to look.
func (h *harvest) accepted(w http.ResponseWriter, q *http.Request, run catalogue.HarvestRun) error {
	at := scope.FromContext(q.Context())
	if err := h.flush(q.Context(), at.Scope); err != nil {
		slog.Warn("the event of a harvest waits in the outbox", "run", run.ID, "workspace", run.Workspace, "error", err)
	}
	w.Header().Set("Location", at.Base+"/harvest-runs/"+run.ID)
	return answer(w, http.StatusAccepted, run)
}

// resume sets a run that failed on its way again: from the page that could not be read, not from the beginning.
func (h *harvest) resume(w http.ResponseWriter, q *http.Request) error {
	sc := scope.FromContext(q.Context()).Scope
	run, err := h.store.HarvestRun(q.Context(), sc, q.PathValue("id"))
	if err != nil {
		return err
	}
	e, err := goingOn(run, "resumed/"+strings.ToLower(rand.Text()))
	if err != nil {
		return err
	}
	if run, err = h.store.ResumeHarvest(q.Context(), sc, run.ID, *e); err != nil {
		return err
	}
	return h.accepted(w, q, run)
}

// maxPosted bounds what is posted, in bytes.
const maxPosted = source.MaxValues + 1024

// readPosted reads the message of EOEPCA's harvester, {"name": …, "values": {…}}, all of which may be missing; or, as YAML or
// JSON, a configuration of one harvester, in any form that a deployment's may have; or both, {"config": …, "values": {…}},
// where the configuration may be a text in YAML.
func readPosted(w http.ResponseWriter, q *http.Request, run *catalogue.HarvestRun) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxPosted))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fault.New(fault.Invalid, "the message is larger than the %d bytes that are read", tooLarge.Limit)
	case err != nil:
		return fault.Classify(fault.Invalid, err, "the message did not come whole")
	case len(bytes.TrimSpace(body)) == 0:
		return nil
	}
	if config, values, both := configAndValues(body); both {
		return readAdHoc(config, values, run)
	}
	if isConfiguration(q.Header.Get("Content-Type"), body) {
		return readAdHoc(body, nil, run)
	}
	var posted struct {
		Name   string          `json:"name"`
		Values json.RawMessage `json:"values"`
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(&posted); err != nil {
		return fault.Classify(fault.Invalid, err, `the message is not {"values": {…}}`)
	}
	if _, err := in.Token(); err != io.EOF {
		return fault.New(fault.Invalid, "something follows the message")
	}
	if posted.Name != "" && posted.Name != run.Harvester {
		return fault.At(fault.Invalid, "name", "the message is for the harvester %q, not %q", posted.Name, run.Harvester)
	}
	run.Values = posted.Values
	return nil
}

// configAndValues takes a message apart that has a configuration and values to lay over it.
func configAndValues(body []byte) (config, values []byte, both bool) {
	var message struct{ Config, Values json.RawMessage }
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if in.Decode(&message) != nil || len(message.Config) == 0 || len(message.Values) == 0 {
		return nil, nil, false
	}
	var text string
	if json.Unmarshal(message.Config, &text) == nil {
		return []byte(text), message.Values, true
	}
	return message.Config, message.Values, true
}

// isConfiguration tells whether a body is a configuration: it is YAML, or JSON with harvesters or with the resource of one.
func isConfiguration(mediaType string, body []byte) bool {
	if kind, _, err := mime.ParseMediaType(mediaType); err == nil && strings.Contains(kind, "yaml") {
		return true
	}
	var top struct {
		Harvesters json.RawMessage `json:"harvesters"`
		Resource   json.RawMessage `json:"resource"`
		Config     json.RawMessage `json:"config"`
	}
	trimmed := bytes.TrimSpace(body)
	return trimmed[0] == '[' && json.Valid(trimmed) || json.Unmarshal(trimmed, &top) == nil && len(top.Harvesters)+len(top.Resource)+len(top.Config) > 0
}

// readAdHoc reads a configuration that comes along. The run is called as the configuration calls its harvester, unless the
// address calls it otherwise.
func readAdHoc(body, values []byte, run *catalogue.HarvestRun) error {
	config, err := source.LoadOne(run.Harvester, "config", body)
	if err == nil && len(values) > 0 {
		config, err = config.Overlaid(values)
	}
	if err != nil {
		return err
	}
	if _, err := config.Brought(); err != nil {
		return err
	}
	run.Config, err = config.Written()
	return err
}

// cancel ends a run; its walker notices at the next step.
func (h *harvest) cancel(w http.ResponseWriter, q *http.Request) error {
	sc := scope.FromContext(q.Context()).Scope
	run, err := h.store.CancelHarvest(q.Context(), sc, q.PathValue("id"))
	if err != nil {
		return err
	}
	slog.Info("cancelled", "run", run.ID, "harvester", run.Harvester, "workspace", run.Workspace)
	h.follow(q.Context(), sc, run)
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
