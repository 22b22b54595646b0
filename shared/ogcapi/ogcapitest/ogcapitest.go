// Package ogcapitest holds an API against what every route of it promises, whatever the route answers: conditional
// requests, HEAD, OPTIONS, other origins, problems that name all faults, pages for people, and a description in OpenAPI
// that tells neither less nor more than there is.
package ogcapitest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// API is what is held against the promises.
type API struct {
	Handler  http.Handler
	Patterns []string // as ogcapi.Routes lists them
	Root     string   // the path that the description counts from
	// Fill has for each parameter of paths a value that leads to something; where a route needs another one, by its
	// pattern, a space and the parameter.
	Fill map[string]string
	// Description is the OpenAPI 3.0 document.
	Description []byte
	// Open are the patterns that take more parameters than they tell when others are refused: by other parameters, by the
	// queryables that there are.
	Open []string
	// Streams are the patterns whose answers begin before they are whole, and have no entity tag.
	Streams []string
}

// Check runs all checks over all routes.
func Check(t *testing.T, a API) {
	t.Helper()
	var doc document
	if err := json.Unmarshal(a.Description, &doc); err != nil {
		t.Fatalf("the description is no JSON: %v", err)
	}
	a.checkRoutes(t, doc)
	for _, pattern := range a.Patterns {
		t.Run(pattern, func(t *testing.T) {
			r := a.route(pattern, doc)
			r.shared(t)
			r.preflight(t)
			r.refused(t)
			if r.method != http.MethodGet {
				r.malformed(t)
				return
			}
			r.parameters(t)
			r.absent(t)
			r.conditional(t)
			r.pages(t)
		})
	}
}

// route is one route, with an address that leads to something.
type route struct {
	API
	pattern, method, path string
	target                string
	operation             operation
	described             document
}

var pathParameter = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)

func (a API) route(pattern string, doc document) route {
	method, path, _ := strings.Cut(pattern, " ")
	r := route{API: a, pattern: pattern, method: method, path: path, described: doc, operation: doc.operation(method, a.pathOf(path))}
	r.target = r.filled(nil)
	return r
}

// pathOf is a path of a pattern as the description has it.
func (a API) pathOf(path string) string {
	if path = strings.TrimPrefix(path, a.Root); path == "" {
		return "/"
	}
	return path
}

// filled is the path with its parameters filled in, some by other values.
func (r route) filled(other map[string]string) string {
	return pathParameter.ReplaceAllStringFunc(r.path, func(text string) string {
		name := pathParameter.FindStringSubmatch(text)[1]
		if value, ok := other[name]; ok {
			return url.PathEscape(value)
		}
		if value, ok := r.Fill[r.pattern+" "+name]; ok {
			return url.PathEscape(value)
		}
		return url.PathEscape(r.Fill[name])
	})
}

func (r route) ask(method, target, body string, header ...string) *httptest.ResponseRecorder {
	request := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		request = httptest.NewRequest(method, target, nil)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.Handler.ServeHTTP(w, request)
	if w.Header().Get("Access-Control-Allow-Origin") != "*" {
		w.Header().Set("closed", "to other origins")
	}
	return w
}

// shared: pages of other origins may read every answer, what is refused too.
func (r route) shared(t *testing.T) {
	for _, target := range []string{r.target, r.target + "?colour=red", r.filled(map[string]string{"collection": "no such", "item": "no such"}), r.Root + "/no/such/thing"} {
		w := r.ask(r.method, target, "", "Origin", "https://elsewhere.example")
		if w.Header().Get("closed") != "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %s: %d is closed to other origins, or guessed at: %v", r.method, target, w.Code, w.Header())
		}
	}
}

// preflight: OPTIONS names the methods of all routes with the path, to browsers too.
func (r route) preflight(t *testing.T) {
	w := r.ask(http.MethodOptions, r.target, "", "Origin", "https://elsewhere.example", "Access-Control-Request-Method", r.method, "Access-Control-Request-Headers", "authorization,content-type,if-match")
	if w.Code != http.StatusNoContent || w.Body.Len() > 0 {
		t.Errorf("OPTIONS: %d %s", w.Code, w.Body)
	}
	for _, header := range []string{"Allow", "Access-Control-Allow-Methods"} {
		methods := strings.Split(w.Header().Get(header), ", ")
		for _, pattern := range r.Patterns {
			method, path, _ := strings.Cut(pattern, " ")
			if path == r.path && !slices.Contains(methods, method) {
				t.Errorf("OPTIONS: %s is %q, without %s", header, methods, method)
			}
		}
	}
	allowed := strings.ToLower(w.Header().Get("Access-Control-Allow-Headers"))
	for _, name := range []string{"authorization", "content-type", "if-match", "if-none-match", "range"} {
		if !strings.Contains(allowed, name) {
			t.Errorf("OPTIONS: pages may not send %s, but %s", name, allowed)
		}
	}
}

// refused: a method that no route has is refused with those that there are.
func (r route) refused(t *testing.T) {
	w := r.ask("BREW", r.target, "")
	if problemOf(t, w, http.StatusMethodNotAllowed); !strings.Contains(w.Header().Get("Allow"), r.method) {
		t.Errorf("BREW: Allow is %q", w.Header().Get("Allow"))
	}
}

// malformed: a body that ends in its middle is the client's fault, and told as one.
func (r route) malformed(t *testing.T) {
	w := r.ask(r.method, r.target, `{"type": "Feature", "id": `, "Content-Type", "application/json")
	if w.Code < 400 || w.Code > 499 {
		if r.method != http.MethodDelete { // which has no body
			t.Errorf("a body that is cut: %d %s", w.Code, w.Body)
		}
		return
	}
	problemOf(t, w, w.Code)
}

// parameters: what is wrong with parameters is told together, and those that there are, are those that are described.
func (r route) parameters(t *testing.T) {
	w := r.ask(r.method, r.target+"?colour=red&Colour=red", "")
	p := problemOf(t, w, http.StatusBadRequest)
	var offered []string
	for _, name := range []string{"colour", "Colour"} {
		at := slices.IndexFunc(p.Errors, func(e fault) bool { return e.Locator == name })
		if at < 0 {
			t.Errorf("?colour=red&Colour=red: nothing is said of %s in %s", name, w.Body)
			continue
		}
		if _, list, ok := strings.Cut(p.Errors[at].Detail, " here, but "); ok {
			offered = strings.Split(list, ", ")
		}
	}
	var described []string
	for _, p := range r.operation.parameters(r.described) {
		if p.In == "query" && p.Schema.Type != "object" { // an object's members are parameters of any name
			described = append(described, p.Name)
		}
	}
	offered = slices.DeleteFunc(offered, func(s string) bool { return s == "" })
	if slices.Contains(r.Open, r.pattern) {
		described = slices.DeleteFunc(described, func(s string) bool { return !slices.Contains(offered, s) })
	}
	slices.Sort(offered)
	slices.Sort(described)
	if !slices.Equal(offered, described) {
		t.Errorf("the route takes the parameters %q, described are %q", offered, described)
	}
}

// absent: where the path leads to nothing, that is told.
func (r route) absent(t *testing.T) {
	for _, name := range pathParameter.FindAllStringSubmatch(r.path, -1) {
		target := r.filled(map[string]string{name[1]: "there is <no> such/thing"})
		problemOf(t, r.ask(r.method, target, ""), http.StatusNotFound)
	}
}

// conditional: who has the answer is told so, and HEAD tells what GET would.
func (r route) conditional(t *testing.T) {
	first := r.ask(r.method, r.target, "")
	if first.Code == http.StatusFound || slices.Contains(r.Streams, r.pattern) && first.Code == http.StatusOK {
		return
	}
	tag := first.Header().Get("ETag")
	if first.Code != http.StatusOK || tag == "" || !strings.Contains(strings.Join(first.Header().Values("Vary"), ","), "Accept") {
		t.Fatalf("%d, ETag %q, Vary %q: %s", first.Code, tag, first.Header().Values("Vary"), first.Body)
	}
	if kind := first.Header().Get("Content-Type"); !r.operation.answers(r.described, kind) {
		t.Errorf("the answer is %s, which the description does not tell", kind)
	}
	cases := []struct {
		header []string
		status int
	}{
		{[]string{"If-None-Match", tag}, 304}, {[]string{"If-None-Match", `"x", ` + tag}, 304}, {[]string{"If-None-Match", "*"}, 304}, {[]string{"If-None-Match", `"x"`}, 200},
	}
	if changed := first.Header().Get("Last-Modified"); changed != "" {
		at, err := http.ParseTime(changed)
		if err != nil {
			t.Fatal(err)
		}
		before := at.AddDate(-1, 0, 0).UTC().Format(http.TimeFormat)
		cases = append(cases, []struct {
			header []string
			status int
		}{
			{[]string{"If-Modified-Since", changed}, 304}, {[]string{"If-Modified-Since", before}, 200}, {[]string{"If-Modified-Since", "yesterday"}, 200},
			{[]string{"If-None-Match", `"x"`, "If-Modified-Since", changed}, 200}, {[]string{"If-None-Match", tag, "If-Modified-Since", before}, 304},
		}...)
	}
	for _, c := range cases {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			w := r.ask(method, r.target, "", c.header...)
			if w.Code != c.status || w.Header().Get("ETag") != tag || c.status == 304 && w.Body.Len() > 0 {
				t.Errorf("%s with %q: %d, ETag %s", method, c.header, w.Code, w.Header().Get("ETag"))
			}
		}
	}
	head := r.ask(http.MethodHead, r.target, "")
	for _, name := range []string{"ETag", "Content-Type", "Content-Length", "Last-Modified", "Link", "Vary"} {
		if !slices.Equal(head.Header().Values(name), first.Header().Values(name)) {
			t.Errorf("HEAD says %s is %q, GET %q", name, head.Header().Values(name), first.Header().Values(name))
		}
	}
	if head.Code != 200 || head.Body.Len() > 0 {
		t.Errorf("HEAD: %d, %d bytes", head.Code, head.Body.Len())
	}
}

// loading are links whose targets browsers load by themselves; others, such as those to alternates, they do not.
var loading = regexp.MustCompile(`(?i)<link[^>]*rel="?[^">]*(?:stylesheet|icon|preload|prefetch|preconnect|manifest)[^>]*>`)

// pages: people get a page where the description says so, and by no other way than they ask for; a browser runs nothing
// of it.
func (r route) pages(t *testing.T) {
	if !r.operation.answers(r.described, "text/html") {
		if w := r.ask(r.method, r.target, "", "Accept", "text/html"); strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Error("there is a page, which the description does not tell")
		}
		return
	}
	browser := []string{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
	for _, w := range []*httptest.ResponseRecorder{r.ask(r.method, r.target, "", browser...), r.ask(r.method, r.target+"?f=html", "")} {
		policy := w.Header().Get("Content-Security-Policy")
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.HasPrefix(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("a page: %d %s, policy %q", w.Code, w.Header().Get("Content-Type"), policy)
		}
		body := w.Body.String()
		for _, part := range []string{"<script", "javascript:", "<iframe", "@import", " style=", " onclick="} {
			if strings.Contains(strings.ToLower(body), part) {
				t.Errorf("the page has %q", part)
			}
		}
		for _, link := range loading.FindAllString(body, -1) {
			t.Errorf("the page loads %s", link)
		}
		for _, part := range []string{`<html lang="en">`, "<title>", "<h1>", "<main", `name="viewport"`} {
			if !strings.Contains(body, part) {
				t.Errorf("the page has no %q", part)
			}
		}
	}
	if !r.operation.answersOther(r.described, "text/html") {
		return
	}
	for _, header := range []string{"", "*/*", "application/json;q=0.9, text/html;q=0.1", "image/png"} {
		if w := r.ask(r.method, r.target, "", "Accept", header); strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("Accept %q gets a page", header)
		}
	}
	if w := r.ask(r.method, r.target+"?f=json", "", browser...); strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Error("f=json gets a page")
	}
}

type fault struct {
	Locator string `json:"locator"`
	Detail  string `json:"detail"`
}

type problem struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail"`
	Errors []fault `json:"errors"`
}

// problemOf holds an answer against RFC 9457.
func problemOf(t *testing.T, w *httptest.ResponseRecorder, status int) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != status || p.Status != status || p.Type == "" || p.Title == "" || p.Detail == "" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s, not %d as a problem: %s", w.Code, w.Header().Get("Content-Type"), status, w.Body)
	}
	return p
}
