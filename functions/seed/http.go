package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// maxPosted bounds the body of a request.
const maxPosted = 64 << 10

// post starts a job. It is answered when the job is kept and its first event is on its way.
func (s *seeder) post(w http.ResponseWriter, q *http.Request) error {
	asked := scope.FromContext(q.Context())
	if err := asked.Scope.MayWrite(); err != nil {
		return err
	}
	p, err := readPosted(w, q)
	if err != nil {
		return err
	}
	layer, o, err := s.orderOf(q.Context(), asked.Scope, p)
	if err != nil {
		return err
	}
	levels := o.levels()
	if len(levels) == 0 {
		return fault.At(fault.Invalid, "bbox", "no tile of the levels %d to %d lies within bbox", o.MinZoom, o.MaxZoom)
	}
	job, err := newJob(layer, o, levels)
	if err != nil {
		return err
	}
	if job, err = s.start(q.Context(), asked.Scope, job); err != nil {
		return err
	}
	if err := s.revive(q.Context(), asked.Scope); err != nil {
		slog.Warn("jobs that stand still were not looked after", "error", err)
	}
	answer := statusOf(job, asked.Base)
	w.Header().Set("Location", answer.self())
	return answerJSON(w, http.StatusAccepted, answer)
}

func readPosted(w http.ResponseWriter, q *http.Request) (posted, error) {
	var p posted
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, maxPosted))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return p, fault.New(fault.Invalid, "the request is larger than the %d bytes that are read", tooLarge.Limit)
	}
	if err != nil {
		return p, fault.Classify(fault.Invalid, err, "the request did not come whole")
	}
	in := json.NewDecoder(bytes.NewReader(body))
	in.DisallowUnknownFields()
	if err := in.Decode(&p); err != nil {
		return p, fault.Classify(fault.Invalid, err, "the request is not JSON of the form {\"layer\": …}")
	}
	if in.More() {
		return p, fault.New(fault.Invalid, "something follows the request")
	}
	return p, nil
}

// start keeps a job and sends its first event. A job whose event cannot be sent is ended: who asks will ask again.
func (s *seeder) start(ctx context.Context, sc scope.Scope, job catalogue.SeedJob) (catalogue.SeedJob, error) {
	if err := s.store.CreateSeedJob(ctx, sc, job); err != nil {
		return job, err
	}
	job, err := s.store.SeedJob(ctx, sc, job.ID)
	if err != nil {
		return job, err
	}
	if err := s.announce(ctx, sc, job, job.Current()); err != nil {
		if _, ending := s.store.DismissSeedJob(context.WithoutCancel(ctx), sc, job.ID, "its first event could not be sent"); ending != nil {
			slog.Warn("a job without events was not ended", "job", job.ID, "error", ending)
		}
		return job, err
	}
	return s.store.SeedJob(ctx, sc, job.ID)
}

// list answers the jobs, latest first.
func (s *seeder) list(w http.ResponseWriter, q *http.Request) error {
	asked := scope.FromContext(q.Context())
	params := ogcapi.ReadParams(q)
	_ = params.Format(q, ogcapi.JSON)
	limit, token := params.Limit(20, 1000), params.Text("token")
	if err := params.Err(); err != nil {
		return err
	}
	found, next, err := s.store.SeedJobs(q.Context(), asked.Scope, limit, token)
	if err != nil {
		return err
	}
	answer := jobList{Jobs: make([]status, len(found)), Links: []link{}}
	for i, job := range found {
		answer.Jobs[i] = statusOf(job, asked.Base)
	}
	if next != "" {
		href := ogcapi.WithQuery(asked.Base+jobsPath, q.URL.Query(), map[string]string{"token": next})
		answer.Links = append(answer.Links, link{Rel: "next", Href: href, Type: ogcapi.MediaTypeJSON})
	}
	return ogcapi.WriteJSON(w, q, ogcapi.MediaTypeJSON, answer)
}

// show answers how far a job is.
func (s *seeder) show(w http.ResponseWriter, q *http.Request) error {
	asked := scope.FromContext(q.Context())
	params := ogcapi.ReadParams(q)
	_ = params.Format(q, ogcapi.JSON)
	if err := params.Err(); err != nil {
		return err
	}
	job, err := s.store.SeedJob(q.Context(), asked.Scope, q.PathValue("id"))
	if err != nil {
		return err
	}
	return ogcapi.WriteJSON(w, q, ogcapi.MediaTypeJSON, statusOf(job, asked.Base))
}

// dismiss ends a job. What changed while it was at work is left to a job of its own.
func (s *seeder) dismiss(w http.ResponseWriter, q *http.Request) error {
	asked := scope.FromContext(q.Context())
	job, err := s.store.DismissSeedJob(q.Context(), asked.Scope, q.PathValue("id"), "")
	if err != nil {
		return err
	}
	if job.Automatic {
		if err := s.follow(q.Context(), asked.Scope, record.Key{}); err != nil {
			return err
		}
	}
	return answerJSON(w, http.StatusOK, statusOf(job, asked.Base))
}

func answerJSON(w http.ResponseWriter, code int, v any) error {
	body, err := ogcapi.Encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", ogcapi.MediaTypeJSON)
	w.WriteHeader(code)
	_, _ = w.Write(body) // the client may be gone
	return nil
}
