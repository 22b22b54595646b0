package main

import (
	"fmt"
	"net/http"
	"strings"

	"perigee/eventing"
	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/record"
	"perigee/shared/scope"
)

// registrations is the list that is answered, newest first.
type registrations struct {
	Registrations []record.Registration `json:"registrations"`
	Links         []link                `json:"links,omitempty"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

func (r *registrar) getRegistrations(w http.ResponseWriter, q *http.Request) error {
	asked := scope.FromContext(q.Context())
	params := ogcapi.ReadParams(q)
	format := params.Format(q, ogcapi.JSON, ogcapi.HTML)
	query := catalogue.RegistrationQuery{
		Status: params.Text("status"), Href: params.Text("href"), ID: params.Text("id"), Route: params.Text("route"), Event: params.Text("event"),
		Limit: params.Limit(100, 1000), After: params.Text("token"),
	}
	switch query.Status {
	case "", registered, deregistered, failed:
	default:
		params.Fail(fault.At(fault.Invalid, "status", "status is %q, not %s, %s or %s", query.Status, registered, deregistered, failed))
	}
	if query.Route != "" && query.Route != string(eventing.RouteAssets) && query.Route != string(eventing.RouteResource) {
		way, err := r.wayOf(eventing.Route(query.Route))
		if err != nil {
			params.Fail(err)
		}
		query.Route = way.Name
	}
	during := params.Datetime()
	query.Since, query.Until = during.Start, during.End
	if err := params.Err(); err != nil {
		return err
	}
	found, next, err := r.store.Registrations(q.Context(), asked.Scope, query)
	if err != nil {
		return err
	}
	list := registrations{Registrations: append([]record.Registration{}, found...)}
	if next != "" {
		href := ogcapi.WithQuery(asked.Base+"/registrations", q.URL.Query(), map[string]string{"token": next})
		list.Links = []link{{Rel: "next", Href: href, Type: format.MediaType}}
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return answerPage(w, q, list)
	}
	return ogcapi.WriteJSON(w, q, ogcapi.MediaTypeJSON, list)
}

// getRegistration answers the latest status of a record, or that of a request.
func (r *registrar) getRegistration(w http.ResponseWriter, q *http.Request) error {
	params := ogcapi.ReadParams(q)
	format := params.Format(q, ogcapi.JSON, ogcapi.HTML)
	if err := params.Err(); err != nil {
		return err
	}
	id := q.PathValue("id")
	query := catalogue.RegistrationQuery{ID: id, Limit: 1}
	if strings.HasPrefix(id, requestPrefix) {
		query = catalogue.RegistrationQuery{Event: id, Limit: 1}
	}
	found, _, err := r.store.Registrations(q.Context(), scope.FromContext(q.Context()).Scope, query)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fault.At(fault.NotFound, "id", "nothing was registered as %q", id)
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return answerPage(w, q, registrations{Registrations: found})
	}
	return ogcapi.WriteJSON(w, q, ogcapi.MediaTypeJSON, found[0])
}

// answerPage shows registrations to people.
func answerPage(w http.ResponseWriter, q *http.Request, list registrations) error {
	shown := page.Page{Title: "Registrations", Here: "/registrations"}
	for _, l := range list.Links {
		shown.Next = page.Anchor{Text: "older", Href: l.Href}
	}
	if len(list.Registrations) == 0 {
		shown.Body = []page.Node{page.Paragraph(page.Text("Nothing was registered yet."))}
		return page.Write(w, q, shown)
	}
	var rows [][]page.Node
	for _, r := range list.Registrations {
		rows = append(rows, registrationRow(r))
	}
	shown.Body = []page.Node{page.Table([]page.Column{
		{Name: "Time (UTC)"}, {Name: "Status"}, {Name: "Route"}, {Name: "Collection"}, {Name: "Id"}, {Name: "Document"}, {Name: "Took", Numbers: true}, {Name: "Error"},
	}, rows...)}
	return page.Write(w, q, shown)
}

func registrationRow(r record.Registration) []page.Node {
	status := page.Text(r.Status)
	if r.Status == failed {
		status = page.Bad(r.Status)
	}
	if r.Outcome != "" {
		status = page.Group(status, page.Note(" ("+string(r.Outcome)+")"))
	}
	return []page.Node{
		page.Moment(r.Time), status, page.Text(r.Route), page.Name(r.Collection), page.Name(r.ID), page.Name(r.Href), page.Text(fmt.Sprintf("%.2f s", r.Took)), page.Bad(r.Error),
	}
}
