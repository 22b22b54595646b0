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

//go:embed page.html
var page string

func answerPage(w http.ResponseWriter, r *http.Request, list letters) error {
	shown, err := template.New("dead letters").Funcs(template.FuncMap{"text": func(raw []byte) string { return string(raw) }}).Parse(page)
	if err != nil {
		return fault.Classify(fault.Internal, err, "the page of dead letters")
	}
	var out bytes.Buffer
	if err := shown.Execute(&out, list); err != nil {
		return fault.Classify(fault.Internal, err, "the page of dead letters")
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	ogcapi.Write(w, r, ogcapi.MediaTypeHTML, out.Bytes())
	return nil
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
