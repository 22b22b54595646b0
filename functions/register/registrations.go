package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
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
		Status: params.Text("status"), Href: params.Text("href"), ID: params.Text("id"),
		Limit: params.Limit(100, 1000), After: params.Text("token"),
	}
	switch query.Status {
	case "", registered, deregistered, failed:
	default:
		params.Fail(fault.At(fault.Invalid, "status", "status is %q, not %s, %s or %s", query.Status, registered, deregistered, failed))
	}
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

// getRegistration answers the latest status of an item or collection.
func (r *registrar) getRegistration(w http.ResponseWriter, q *http.Request) error {
	params := ogcapi.ReadParams(q)
	format := params.Format(q, ogcapi.JSON, ogcapi.HTML)
	if err := params.Err(); err != nil {
		return err
	}
	id := q.PathValue("id")
	found, _, err := r.store.Registrations(q.Context(), scope.FromContext(q.Context()).Scope, catalogue.RegistrationQuery{ID: id, Limit: 1})
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

//go:embed registrations.html
var page string

func answerPage(w http.ResponseWriter, q *http.Request, list registrations) error {
	shown, err := template.New("registrations").Parse(page)
	if err != nil {
		return fault.Classify(fault.Internal, err, "the page of registrations")
	}
	var out bytes.Buffer
	if err := shown.Execute(&out, list); err != nil {
		return fault.Classify(fault.Internal, err, "the page of registrations")
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	ogcapi.Write(w, q, ogcapi.MediaTypeHTML, out.Bytes())
	return nil
}
