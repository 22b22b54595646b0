package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/cloudevents/sdk-go/v2/event"

	"perigee/eventing"
	"perigee/shared/fault"
	"perigee/shared/record"
	"perigee/shared/routes"
	"perigee/shared/scope"
	"perigee/shared/stac"
)

// The requests of EOEPCA's registration API, answered in its words and by its codes (WS-28). There, a request was passed on
// and nobody told what became of it; here it is done when it is answered, and the answer holds its status too.

// told is an answer in the words of the original.
type told struct {
	Message string `json:"message"`
	record.Registration
}

// typeItem is what the original calls the registration of a static catalogue of items.
const typeItem = "stac-item"

// postTyped registers what lies at an address, of the type that is said.
func (r *registrar) postTyped(w http.ResponseWriter, q *http.Request, p posted) error {
	kind := strings.ToLower(p.Type)
	if kind == typeItem {
		return r.postItem(w, q, p.URL)
	}
	way, known := r.routes.Route(kind)
	if !known {
		return unknownType(w)
	}
	d := eventing.Document{Href: p.URL}
	if way.Kind == routes.JSON {
		content, err := json.Marshal(map[string]string{way.HrefField: p.URL, "type": kind, "parent_identifier": p.Parent})
		if err != nil {
			return fault.Classify(fault.Internal, err, "writing a request")
		}
		d = eventing.Document{Content: content}
	}
	return r.applied(w, q, eventing.Route(kind), d, p.Type+" "+p.URL)
}

// unknownType is the original's answer to a type that there is no route for.
func unknownType(w http.ResponseWriter) error {
	w.WriteHeader(http.StatusBadRequest)
	return nil
}

// applied registers a document and answers that it was; what it is called is its id, where it has no other name.
func (r *registrar) applied(w http.ResponseWriter, q *http.Request, route eventing.Route, d eventing.Document, what string) error {
	done, err := r.askOne(q, route, eventing.ModeRegister, d)
	if err != nil {
		return answerFailed(w, q, err)
	}
	done.created(w, q)
	if what == "" {
		what = done.status.ID
	}
	return answerJSON(w, http.StatusAccepted, told{what + " was applied for registration", done.status})
}

// postJSON registers a record as it comes (REG-17).
func (r *registrar) postJSON(w http.ResponseWriter, q *http.Request) error {
	body, _, err := readPosted(w, q)
	if err != nil {
		return answerFailed(w, q, err)
	}
	return r.applied(w, q, routes.QueueJSON, eventing.Document{Content: body}, "")
}

// postItem registers the item at an address; a static catalogue there is harvested.
func (r *registrar) postItem(w http.ResponseWriter, q *http.Request, url string) error {
	if strings.HasSuffix(url, "/") {
		url += "catalog.json"
	}
	asked := scope.FromContext(q.Context()).Scope
	kind, err := r.kindAt(q.Context(), asked, url)
	if err != nil {
		return answerFailed(w, q, err)
	}
	if kind == stac.TypeItem {
		return r.applied(w, q, eventing.RouteItems, eventing.Document{Href: url}, typeItem+" "+url)
	}
	id, err := r.requestHarvest(q.Context(), asked, url)
	if err != nil {
		return err
	}
	status := record.Registration{Workspace: asked.Workspace, Href: url, Route: typeItem, Mode: string(eventing.ModeRegister), Status: "accepted", Event: id}
	return answerJSON(w, http.StatusAccepted, told{"STAC Catalog '" + url + "' was accepted for harvesting", status})
}

// kindAt is what the document at an address says it is.
func (r *registrar) kindAt(ctx context.Context, sc scope.Scope, url string) (string, error) {
	w := &work{href: url}
	if err := r.locate(sc, w); err != nil {
		return "", err
	}
	src, err := r.read(ctx, sc, w)
	if err != nil {
		return "", err
	}
	return stac.Type(src.text)
}

// catalogHarvester is the harvester that walks the static catalogues that are registered, by its name in the original.
const catalogHarvester = "harvest-bucket-catalog"

// requestHarvest asks for the harvest of the catalogue at an address.
func (r *registrar) requestHarvest(ctx context.Context, sc scope.Scope, url string) (id string, err error) {
	values, err := json.Marshal(map[string]any{"resource": map[string]string{"root_path": url}})
	if err != nil {
		return "", fault.Classify(fault.Internal, err, "writing a request")
	}
	e := event.New()
	e.SetID(newRequestID())
	e.SetSource("/perigee/register")
	e.SetType(eventing.TypeHarvestRequested)
	e.SetSubject(eventing.Attribute(url))
	e.SetExtension(eventing.ExtensionHarvester, catalogHarvester)
	if sc.Workspace != "" {
		e.SetExtension(eventing.ExtensionWorkspace, sc.Workspace)
	}
	if err := e.SetData(event.ApplicationJSON, eventing.HarvestRequest{Name: catalogHarvester, Values: values}); err != nil {
		return "", fault.Classify(fault.Internal, err, "the request to harvest %s cannot be encoded", url)
	}
	return e.ID(), r.sink.Send(ctx, e)
}

// newRequestID is the id of a request over HTTP, by which its status is found.
func newRequestID() string { return requestPrefix + strings.ToLower(rand.Text()) }

const requestPrefix = "request-"

// quoted writes a text as the original quotes it.
func quoted(s string) string { return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'" }
