package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"perigee/eventing"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/record"
	"perigee/shared/scope"
	"perigee/shared/stac"
	"perigee/shared/transaction"
)

// operations are what is asked over HTTP, answered when it is done: EOEPCA's registration API by people, transactions by
// the functions that people send them to.
func (r *registrar) operations() http.Handler {
	var routes ogcapi.Routes
	routes.Handle("POST /register", r.writing(r.postRegister))
	routes.Handle("POST /register-collection", r.writing(r.postCollection))
	routes.Handle("POST /register-json", r.writing(r.postJSON))
	routes.Handle("POST /deregister", r.writing(r.postDeregister))
	routes.Handle("POST "+transaction.Path, r.writing(r.postTransaction(false)))
	routes.Handle("POST "+transaction.PathAll, r.writing(r.postTransaction(true)))
	routes.Handle("POST "+transaction.PathResources, r.writing(r.postResource))
	routes.Handle("GET /registrations", r.getRegistrations)
	routes.Handle("GET /registrations/{id}", r.getRegistration)
	return &routes
}

// writing closes an operation to those who may not write in the workspace.
func (r *registrar) writing(next ogcapi.Handler) ogcapi.Handler {
	return func(w http.ResponseWriter, q *http.Request) error {
		if err := scope.FromContext(q.Context()).Scope.MayWrite(); err != nil {
			return err
		}
		return next(w, q)
	}
}

// posted is a body of the writing operations: a document, a collection of them, or the address of one.
type posted struct {
	Type       string            `json:"type"`
	Features   []json.RawMessage `json:"features"`
	URL        string            `json:"url"`
	Identifier string            `json:"identifier"`
	Parent     string            `json:"parent_identifier"`
	Collection json.RawMessage   `json:"collection"`
}

// isDocument tells whether a body is a document of GeoJSON or STAC, not a request about one.
func (p posted) isDocument() bool {
	return slices.Contains([]string{stac.TypeItem, stac.TypeCollection, stac.TypeCatalog, "FeatureCollection"}, p.Type)
}

func readPosted(w http.ResponseWriter, q *http.Request) (body []byte, p posted, err error) {
	body, err = io.ReadAll(http.MaxBytesReader(w, q.Body, 2*stac.MaxSize))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, p, fault.New(fault.Invalid, "the document is larger than the %d bytes that are read", tooLarge.Limit)
	}
	if err != nil {
		return nil, p, fault.Classify(fault.Invalid, err, "the document did not come whole")
	}
	err = json.Unmarshal(body, &p)
	var foreign *json.UnmarshalTypeError
	if errors.As(err, &foreign) && p.isDocument() {
		err = nil // a member of another standard, which has the name of one here
	}
	if err != nil {
		return nil, p, fault.Classify(fault.Invalid, err, "the document is not JSON of the form that is registered")
	}
	return body, p, nil
}

func (r *registrar) postRegister(w http.ResponseWriter, q *http.Request) error {
	if format := bulkOf(q.Header.Get("Content-Type")); format != noBulk {
		return r.postBulk(w, q, format)
	}
	body, p, err := readPosted(w, q)
	if err != nil {
		return answerFailed(w, q, err)
	}
	switch {
	case p.isDocument() && p.Type != "FeatureCollection":
	case p.URL != "" && bulkNamed(p.URL) != noBulk:
		return r.objectBulk(w, q, p.URL, bulkNamed(p.URL))
	case p.URL != "" && p.Type != "":
		return r.postTyped(w, q, p)
	case p.URL != "":
		return r.one(w, q, eventing.RouteItems, eventing.ModeRegister, eventing.Document{Href: p.URL})
	case p.Type == "FeatureCollection":
		return r.many(w, q, p.Features)
	}
	return r.one(w, q, eventing.RouteItems, eventing.ModeRegister, eventing.Document{Content: body})
}

func (r *registrar) postCollection(w http.ResponseWriter, q *http.Request) error {
	body, p, err := readPosted(w, q)
	if err != nil {
		return answerFailed(w, q, err)
	}
	if p.URL != "" && !p.isDocument() {
		return r.one(w, q, eventing.RouteCollections, eventing.ModeRegister, eventing.Document{Href: p.URL})
	}
	return r.applied(w, q, eventing.RouteCollections, eventing.Document{Content: body}, "")
}

// postDeregister removes by url or identifier; the url counts when both are given.
func (r *registrar) postDeregister(w http.ResponseWriter, q *http.Request) error {
	_, p, err := readPosted(w, q)
	if err != nil {
		return answerFailed(w, q, err)
	}
	var collection string
	if len(p.Collection) > 0 && json.Unmarshal(p.Collection, &collection) != nil {
		return answerFailed(w, q, fault.At(fault.Invalid, "collection", "collection is not a text"))
	}
	route := eventing.Route(strings.ToLower(cmp.Or(p.Type, string(eventing.RouteItems))))
	if _, known := r.routes.Route(string(route)); !known {
		return unknownType(w)
	}
	d, what := eventing.Document{Href: addressOf(p.URL)}, "{'url': "+quoted(p.URL)+"}"
	if p.URL == "" {
		d, what = eventing.Document{ID: p.Identifier, Collection: collection}, "{'identifier': "+quoted(p.Identifier)+"}"
	}
	done, err := r.askOne(q, route, eventing.ModeDeregister, d)
	if err == nil && done.applied.Outcome == record.Absent {
		err = fault.At(fault.NotFound, "url", "nothing is registered of %s", p.URL)
	}
	if err != nil {
		return answerFailed(w, q, err)
	}
	return answerJSON(w, http.StatusOK, told{"Item '" + what + "' was successfully de-registered", done.status})
}

// ask runs a request of a person. Its events wait in the outbox when they cannot be sent at once.
func (r *registrar) ask(q *http.Request, route eventing.Route, mode eventing.Mode, documents []eventing.Document) ([]*work, error) {
	now := time.Now()
	for i := range documents {
		documents[i].Time = now
	}
	return r.register(q.Context(), request{
		scope: scope.FromContext(q.Context()).Scope, route: route, mode: mode, documents: documents, explicit: true, event: newRequestID(),
	})
}

// askOne runs a request for a single document, whose failure is the request's.
func (r *registrar) askOne(q *http.Request, route eventing.Route, mode eventing.Mode, d eventing.Document) (*work, error) {
	done, err := r.ask(q, route, mode, []eventing.Document{d})
	if err != nil {
		return nil, err
	}
	return done[0], done[0].err
}

// one answers the status of a single document; its failure is the answer's.
func (r *registrar) one(w http.ResponseWriter, q *http.Request, route eventing.Route, mode eventing.Mode, d eventing.Document) error {
	done, err := r.askOne(q, route, mode, d)
	if err != nil {
		return answerFailed(w, q, err)
	}
	status := http.StatusOK
	if done.created(w, q) {
		status = http.StatusCreated
	}
	return answerJSON(w, status, done.status)
}

// created tells whether a record is new, and names its place in the answer.
func (w *work) created(to http.ResponseWriter, q *http.Request) bool {
	if w.applied.Outcome != record.Created {
		return false
	}
	for _, l := range w.change.Record.Links {
		if l.Rel == "alternate" && strings.HasPrefix(l.Href, "/") {
			to.Header().Set("Location", scope.FromContext(q.Context()).Base+l.Href)
		}
	}
	return true
}

// many answers the status of each item of a feature collection.
func (r *registrar) many(w http.ResponseWriter, q *http.Request, features []json.RawMessage) error {
	if len(features) == 0 {
		return answerFailed(w, q, fault.At(fault.Invalid, "features", "there are no features to register"))
	}
	list := registrations{Registrations: []record.Registration{}}
	for len(features) > 0 {
		n := min(len(features), eventing.MaxBatch)
		documents := make([]eventing.Document, n)
		for i, f := range features[:n] {
			documents[i].Content = f
		}
		done, err := r.ask(q, eventing.RouteItems, eventing.ModeRegister, documents)
		if err != nil {
			return err
		}
		for _, d := range done {
			list.Registrations = append(list.Registrations, d.status)
		}
		features = features[n:]
	}
	return answerJSON(w, http.StatusOK, list)
}

func answerJSON(w http.ResponseWriter, status int, v any) error {
	body, err := ogcapi.Encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", ogcapi.MediaTypeJSON)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
	return nil
}

// answerFailed answers a document that cannot be registered with 422 and all that is wrong with it; other failures keep
// the status of their kind.
func answerFailed(w http.ResponseWriter, q *http.Request, err error) error {
	if fault.KindOf(err) != fault.Invalid {
		return err
	}
	p := ogcapi.Problem{Type: "about:blank", Title: http.StatusText(http.StatusUnprocessableEntity), Status: http.StatusUnprocessableEntity}
	for _, e := range fault.All(err) {
		p.Errors = append(p.Errors, ogcapi.Fault{Locator: fault.LocatorOf(e), Detail: e.Error()})
	}
	p.Detail = p.Errors[0].Detail
	body, encoding := ogcapi.Encode(p)
	if encoding != nil {
		return encoding
	}
	w.Header().Set("Content-Type", ogcapi.MediaTypeProblem)
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // the client may be gone
	return nil
}
