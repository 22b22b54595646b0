package main

import (
	"net/http"

	"perigee/shared/catalogue"
	"perigee/shared/ogcapi"
	"perigee/shared/page"
	"perigee/shared/scope"
)

// letters is the list that is answered, newest first.
type letters struct {
	DeadLetters []catalogue.DeadLetter `json:"deadLetters"`
	Links       []link                 `json:"links,omitempty"`
	Base        string                 `json:"-"`
}

type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

func (o *office) list(w http.ResponseWriter, r *http.Request) error {
	asked := scope.FromContext(r.Context())
	params := ogcapi.ReadParams(r)
	format := params.Format(r, ogcapi.JSON, ogcapi.HTML)
	limit, token := params.Limit(100, 1000), params.Text("token")
	if err := params.Err(); err != nil {
		return err
	}
	o.tidy(r.Context())
	found, next, err := o.store.DeadLetters(r.Context(), asked.Scope, limit, token)
	if err != nil {
		return err
	}
	list := letters{DeadLetters: append([]catalogue.DeadLetter{}, found...), Base: asked.Base}
	if next != "" {
		href := ogcapi.WithQuery(asked.Base+"/dead-letters", r.URL.Query(), map[string]string{"token": next})
		list.Links = []link{{Rel: "next", Href: href, Type: format.MediaType}}
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return answerPage(w, r, list)
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, list)
}

func (o *office) show(w http.ResponseWriter, r *http.Request) error {
	asked := scope.FromContext(r.Context())
	params := ogcapi.ReadParams(r)
	format := params.Format(r, ogcapi.JSON, ogcapi.HTML)
	if err := params.Err(); err != nil {
		return err
	}
	letter, err := o.store.DeadLetter(r.Context(), asked.Scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	if format.MediaType == ogcapi.MediaTypeHTML {
		return answerPage(w, r, letters{DeadLetters: []catalogue.DeadLetter{letter}, Base: asked.Base})
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, letter)
}

// answerPage shows letters to people. There is one button for all where a list of them is shown.
func answerPage(w http.ResponseWriter, r *http.Request, list letters) error {
	shown := page.Page{Title: "Dead letters", Here: "/dead-letters", Forms: true}
	for _, l := range list.Links {
		shown.Next = page.Anchor{Text: "older", Href: l.Href}
	}
	if len(list.DeadLetters) == 0 {
		shown.Body = []page.Node{page.Paragraph(page.Text("There are no dead letters."))}
		return page.Write(w, r, shown)
	}
	var rows [][]page.Node
	for _, letter := range list.DeadLetters {
		rows = append(rows, letterRow(list.Base, letter))
	}
	shown.Body = []page.Node{
		page.Button(list.Base+"/dead-letters/replay", "Replay all that were not yet replayed"),
		page.Table([]page.Column{{Name: "Time (UTC)"}, {Name: "Type"}, {Name: "Subject"}, {Name: "Reason"}, {Name: "Event"}, {Name: "Replayed"}}, rows...),
	}
	return page.Write(w, r, shown)
}

func letterRow(base string, letter catalogue.DeadLetter) []page.Node {
	self := ogcapi.Href(base+"/dead-letters", letter.ID)
	event := page.Link(self, page.Text("large event"))
	if len(letter.Event) > 0 {
		event = page.Unfold("event", string(letter.Event))
	}
	replayed := page.Moment(letter.Replayed)
	if letter.Replayed.IsZero() {
		replayed = page.Button(self+"/replay", "Replay")
	}
	return []page.Node{page.Link(self, page.Moment(letter.Time)), page.Name(letter.Type), page.Name(letter.Subject), page.Bad(letter.Reason), event, replayed}
}

// answerReplayed tells a program what was done, and leads a browser back to the list.
func answerReplayed(w http.ResponseWriter, r *http.Request, done replayed) error {
	params := ogcapi.ReadParams(r)
	if params.Format(r, ogcapi.JSON, ogcapi.HTML).MediaType == ogcapi.MediaTypeHTML {
		w.Header().Set("Location", scope.FromContext(r.Context()).Base+"/dead-letters")
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	return ogcapi.WriteJSON(w, r, ogcapi.MediaTypeJSON, done)
}
