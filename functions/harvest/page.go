package main

import (
	"fmt"
	"net/http"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
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

// answerPage shows runs to people; what failed on the way is told where one run is shown.
func answerPage(w http.ResponseWriter, q *http.Request, list harvests) error {
	shown := page.Page{Title: "Harvests", Here: "/harvest-runs"}
	for _, l := range list.Links {
		shown.Next = page.Anchor{Text: "older", Href: l.Href}
	}
	if len(list.Runs) == 0 {
		shown.Body = []page.Node{page.Paragraph(page.Text("Nothing was harvested yet."))}
		return page.Write(w, q, shown)
	}
	var rows [][]page.Node
	for _, run := range list.Runs {
		rows = append(rows, runRow(list.Base, run))
	}
	shown.Body = []page.Node{page.Table([]page.Column{
		{Name: "Asked for (UTC)"}, {Name: "Harvester"}, {Name: "Run"}, {Name: "Status"}, {Name: "Found", Numbers: true}, {Name: "Requested", Numbers: true},
		{Name: "Filtered", Numbers: true}, {Name: "Failed", Numbers: true}, {Name: "Visited", Numbers: true}, {Name: "Error"},
	}, rows...)}
	for _, run := range list.Runs {
		if len(run.Failures) > 0 {
			shown.Body = append(shown.Body, page.Section("What failed", failures(run)))
		}
	}
	return page.Write(w, q, shown)
}

func runRow(base string, run catalogue.HarvestRun) []page.Node {
	status := page.Text(run.Status)
	if run.Status == catalogue.HarvestFailed {
		status = page.Bad(run.Status)
	}
	return []page.Node{
		page.Moment(run.Time), page.Text(run.Harvester), page.Link(ogcapi.Href(base+"/harvest-runs", run.ID), page.Text(run.ID)), status,
		page.Number(run.Found), page.Number(run.Requested), page.Number(run.Filtered), page.Number(run.Failed),
		page.Text(fmt.Sprintf("%d of %d", run.Visited, run.Nodes)), page.Bad(run.Error),
	}
}

func failures(run catalogue.HarvestRun) page.Node {
	var rows [][]page.Node
	for _, f := range run.Failures {
		rows = append(rows, []page.Node{page.Text(f.Href), page.Bad(f.Reason)})
	}
	return page.Table([]page.Column{{Name: "Address"}, {Name: "Reason"}}, rows...)
}
