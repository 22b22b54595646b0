package main

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/scope"
)

// harvests is the list that is answered, newest first.
type harvests struct {
	Runs  []catalogue.HarvestRun `json:"harvestRuns"`
	Links []link                 `json:"links,omitempty"`
	Base  string                 `json:"-"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

func (h *harvest) list(w http.ResponseWriter, q *http.Request) error {
	asked := scope.FromContext(q.Context())
	params := ogcapi.ReadParams(q)
	format := params.Format(q, ogcapi.JSON, ogcapi.HTML)
	query := catalogue.HarvestQuery{
		Harvester: params.Text("harvester"), Status: params.Text("status"), Limit: params.Limit(100, 1000), After: params.Text("token"),
	}
	switch query.Status {
	case "", catalogue.HarvestRunning, catalogue.HarvestFinished, catalogue.HarvestFailed, catalogue.HarvestCancelled:
	default:
		params.Fail(fault.At(fault.Invalid, "status", "status is %q, not %s, %s, %s or %s", query.Status,
			catalogue.HarvestRunning, catalogue.HarvestFinished, catalogue.HarvestFailed, catalogue.HarvestCancelled))
	}
	if err := params.Err(); err != nil {
		return err
	}
	found, next, err := h.store.HarvestRuns(q.Context(), asked.Scope, query)
	if err != nil {
		return err
	}
	list := harvests{Runs: append([]catalogue.HarvestRun{}, found...), Base: asked.Base}
	if next != "" {
		href := ogcapi.WithQuery(asked.Base+"/harvest-runs", q.URL.Query(), map[string]string{"token": next})
		list.Links = []link{{Rel: "next", Href: href, Type: format.MediaType}}
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return answerPage(w, q, list)
	}
	return ogcapi.WriteJSON(w, q, ogcapi.MediaTypeJSON, list)
}

// show answers one run, with the first of what failed.
func (h *harvest) show(w http.ResponseWriter, q *http.Request) error {
	asked := scope.FromContext(q.Context())
	params := ogcapi.ReadParams(q)
	format := params.Format(q, ogcapi.JSON, ogcapi.HTML)
	if err := params.Err(); err != nil {
		return err
	}
	run, err := h.store.HarvestRun(q.Context(), asked.Scope, q.PathValue("id"))
	if err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return answerPage(w, q, harvests{Runs: []catalogue.HarvestRun{run}, Base: asked.Base})
	}
	return ogcapi.WriteJSON(w, q, ogcapi.MediaTypeJSON, run)
}

//go:embed page.html
var page string

func answerPage(w http.ResponseWriter, q *http.Request, list harvests) error {
	shown, err := template.New("harvests").Parse(page)
	if err != nil {
		return fault.Classify(fault.Internal, err, "the page of harvests")
	}
	var out bytes.Buffer
	if err := shown.Execute(&out, list); err != nil {
		return fault.Classify(fault.Internal, err, "the page of harvests")
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	ogcapi.Write(w, q, ogcapi.MediaTypeHTML, out.Bytes())
	return nil
}
