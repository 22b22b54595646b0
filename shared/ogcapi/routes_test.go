package ogcapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"perigee/shared/fault"
)

func mustURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

func routes() *Routes {
	rs := &Routes{}
	rs.Handle("GET /a/{id}", func(w http.ResponseWriter, r *http.Request) error {
		return WriteJSON(w, r, MediaTypeJSON, map[string]string{"id": r.PathValue("id")})
	})
	rs.Handle("POST /a/{id}", func(http.ResponseWriter, *http.Request) error {
		return errors.Join(fault.At(fault.Invalid, "x", "x is wrong"), fault.At(fault.Invalid, "y", "y is wrong"))
	})
	return rs
}

func ask(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestRoutes(t *testing.T) {
	cases := []struct {
		method, target string
		status         int
		body           string
	}{
		{"GET", "/a/b", 200, `{"id":"b"}`},
		{"GET", "/a/b/", 200, `{"id":"b"}`},
		{"GET", "/a/b%2Fc%2F", 200, `{"id":"b/c/"}`},
		{"GET", "/a/<é&>", 200, `{"id":"<é&>"}`},
		{"HEAD", "/a/b", 200, ""},
		{"GET", "/b", 404, `{"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing at /b"}`},
		{"GET", "//a/b", 404, `{"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing at //a/b"}`},
		{"DELETE", "/a/b", 405, `{"type":"about:blank","title":"Method Not Allowed","status":405,"detail":"DELETE is not offered here, but GET, HEAD, POST"}`},
		{"POST", "/a/b", 400, `{"type":"about:blank","title":"Bad Request","status":400,"detail":"2 parts of the request are wrong.","errors":[{"locator":"x","detail":"x is wrong"},{"locator":"y","detail":"y is wrong"}]}`},
		{"OPTIONS", "/a/b", 204, ""},
		{"OPTIONS", "/b", 404, `{"type":"about:blank","title":"Not Found","status":404,"detail":"there is nothing at /b"}`},
	}
	for _, c := range cases {
		w := ask(routes(), c.method, c.target)
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%s %s: %d %s", c.method, c.target, w.Code, w.Body)
		}
		if w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s is closed to other origins", c.method, c.target)
		}
	}
	w := ask(routes(), "OPTIONS", "/a/b", "Origin", "https://elsewhere.example", "Access-Control-Request-Method", "POST")
	if got := w.Header().Get("Access-Control-Allow-Methods"); got != "GET, HEAD, POST, OPTIONS" {
		t.Error(got)
	}
}

func TestConditionalRequests(t *testing.T) {
	first := ask(routes(), "GET", "/a/b")
	tag := first.Header().Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	for header, want := range map[string]int{tag: 304, tag[2:]: 304, `"x", ` + tag: 304, "*": 304, `"x"`: 200} {
		w := ask(routes(), "GET", "/a/b", "If-None-Match", header)
		if w.Code != want || (want == 304 && (w.Body.Len() > 0 || w.Header().Get("ETag") != tag)) {
			t.Errorf("If-None-Match %s: %d %s", header, w.Code, w.Body)
		}
	}
	if other := ask(routes(), "GET", "/a/c").Header().Get("ETag"); other == tag {
		t.Error("different bodies have the same tag")
	}
	if head := ask(routes(), "HEAD", "/a/b").Header(); head.Get("ETag") != tag || head.Get("Content-Length") != first.Header().Get("Content-Length") {
		t.Errorf("HEAD: %v", head)
	}
}

func TestProblems(t *testing.T) {
	cases := []struct {
		err    error
		status int
		detail string
	}{
		{fault.New(fault.NotFound, "there is no collection %q", "x"), 404, `there is no collection "x"`},
		{fault.Classify(fault.Unavailable, errors.New("secret of the database"), "asking"), 503, "The service cannot answer now; ask again in a moment."},
		{errors.New("secret"), 500, "The service failed; the failure was logged."},
		{fmt.Errorf("while: %w", fault.New(fault.Forbidden, "no")), 403, "while: no"},
		{errors.Join(fault.New(fault.Invalid, "bad"), errors.New("secret")), 500, "The service failed; the failure was logged."},
		{fault.New(fault.Unauthorised, "who?"), 401, "who?"},
	}
	for _, c := range cases {
		w := ask(Handler(func(http.ResponseWriter, *http.Request) error { return c.err }), "GET", "/")
		var p Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		if w.Code != c.status || p.Status != c.status || p.Detail != c.detail || w.Header().Get("Content-Type") != MediaTypeProblem {
			t.Errorf("%v: %d %s", c.err, w.Code, w.Body)
		}
		if (w.Header().Get("Retry-After") != "") != (c.status == 503) || (w.Header().Get("WWW-Authenticate") != "") != (c.status == 401) {
			t.Errorf("%v: %v", c.err, w.Header())
		}
	}
}

func TestNothingIsWrittenToAClientThatLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	w := httptest.NewRecorder()
	WriteProblem(w, httptest.NewRequest("GET", "/", nil).WithContext(ctx), fault.Classify(fault.Unavailable, context.Canceled, "asking"))
	if w.Body.Len() > 0 {
		t.Error(w.Body)
	}
}

func TestHref(t *testing.T) {
	if got := Href("http://x/stac", "collections", "a/b c", "é?"); got != "http://x/stac/collections/a%2Fb%20c/%C3%A9%3F" {
		t.Error(got)
	}
	got := WithQuery("http://x", url.Values{"limit": {"5"}, "token": {"old"}, "f": {"html"}}, map[string]string{"token": "new", "f": ""})
	if got != "http://x?limit=5&token=new" {
		t.Error(got)
	}
	if got := WithQuery("http://x", url.Values{"f": {"html"}}, map[string]string{"f": ""}); got != "http://x" {
		t.Error(got)
	}
}
