package page

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"perigee/shared/ogcapi"
	"perigee/shared/scope"
)

// Problems shows people as a page what programs are told as problem details (RFC 9457): why a request of theirs was refused, part
// by part. here is the path of the place in the header that the pages belong to.
func Problems(here string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !wantsPage(r) {
			h.ServeHTTP(w, r)
			return
		}
		held := &problemWriter{ResponseWriter: w}
		h.ServeHTTP(held, r)
		if held.status != 0 {
			held.show(r, here, map[string]string{"f": "html"})
		}
	})
}

// WriteProblem answers a failed request with a page, at an address that has nothing but pages.
func WriteProblem(w http.ResponseWriter, r *http.Request, here string, err error) {
	held := &problemWriter{ResponseWriter: w}
	ogcapi.WriteProblem(held, r, err)
	if held.status != 0 {
		held.show(r, here, nil)
	}
}

// wantsPage tells whether somebody reads who asked for a page.
func wantsPage(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return ogcapi.ReadParams(r).Format(r, ogcapi.JSON, ogcapi.HTML).MediaType == ogcapi.MediaTypeHTML
}

// problemWriter holds problem details back; everything else passes.
type problemWriter struct {
	http.ResponseWriter
	status int // of a problem; 0: there is none
	body   bytes.Buffer
}

func (p *problemWriter) WriteHeader(status int) {
	if p.Header().Get("Content-Type") == ogcapi.MediaTypeProblem {
		p.status = status
		return
	}
	p.ResponseWriter.WriteHeader(status)
}

func (p *problemWriter) Write(b []byte) (int, error) {
	if p.status != 0 {
		return p.body.Write(b)
	}
	return p.ResponseWriter.Write(b)
}

// Unwrap leads http.ResponseController to the connection.
func (p *problemWriter) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// show answers with the page of a problem; as it was told, where pages are what is not to be had. again are the parameters by which
// the page at the same address is asked for.
func (p *problemWriter) show(r *http.Request, here string, again map[string]string) {
	w, body := p.ResponseWriter, p.body.Bytes()
	var problem ogcapi.Problem
	if json.Unmarshal(body, &problem) == nil && !slices.ContainsFunc(problem.Errors, func(e ogcapi.Fault) bool { return e.Locator == "f" }) {
		about := problemPage(r, here, again, problem)
		var text bytes.Buffer
		if err := about.document(scope.FromContext(r.Context()).Base).Render(&text); err == nil {
			body = text.Bytes()
			w.Header().Set("Content-Type", ogcapi.MediaTypeHTML)
			w.Header().Set("Content-Security-Policy", about.policy())
		}
	}
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client may be gone
	}
}

func problemPage(r *http.Request, here string, again map[string]string, problem ogcapi.Problem) Page {
	address := scope.FromContext(r.Context()).Base + r.URL.EscapedPath()
	var facts []Fact
	for _, e := range problem.Errors {
		facts = append(facts, Fact{Name: e.Locator, Value: Bad(e.Detail)})
	}
	body := []Node{Paragraph(Note("The request was answered with " + strconv.Itoa(problem.Status) + ".")), Facts(facts...)}
	if len(facts) == 0 {
		body = append(body, Paragraph(Bad(problem.Detail)))
	}
	if problem.Status == http.StatusBadRequest {
		body = append(body, Paragraph(Link(ogcapi.WithQuery(address, nil, again), Text("Ask without any of this"))))
	}
	p := Page{Title: problem.Title, Here: here, Body: body}
	if again != nil {
		p.JSON = ogcapi.WithQuery(address, r.URL.Query(), map[string]string{"f": "json"})
	}
	return p
}
