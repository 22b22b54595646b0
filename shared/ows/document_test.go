package ows

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestServe(t *testing.T) {
	d := Document{Type: "image/png", Body: []byte("<a/>")}
	ask := func(method, tag string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(method, "/", nil), httptest.NewRecorder()
		r.Header.Set("If-None-Match", tag)
		d.Serve(w, r)
		return w
	}
	first := ask("GET", "")
	tag := first.Header().Get("ETag")
	if first.Code != 200 || first.Body.String() != "<a/>" || !strings.HasPrefix(tag, `"`) || first.Header().Get("Content-Length") != "4" {
		t.Errorf("%d %v", first.Code, first.Header())
	}
	for _, known := range []string{tag, `"x", W/` + tag, "*"} {
		if w := ask("GET", known); w.Code != 304 || w.Body.Len() != 0 || w.Header().Get("ETag") != tag {
			t.Errorf("%s: %d", known, w.Code)
		}
	}
	d.Type = "text/xml"
	if w := ask("GET", tag); w.Code != 304 || w.Header().Get("ETag") != "W/"+tag {
		t.Errorf("a text: %d %v", w.Code, w.Header())
	}
	if w := ask("GET", `"other"`); w.Code != 200 {
		t.Errorf("another tag: %d", w.Code)
	}
	if w := ask("HEAD", ""); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "4" {
		t.Errorf("HEAD: %d %q", w.Code, w.Body)
	}
}

func TestPublic(t *testing.T) {
	handler := Public(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusTeapot) }), "GET", "HEAD")
	for method, want := range map[string]int{"GET": 418, "HEAD": 418, "OPTIONS": 200, "POST": 405, "GE": 405} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		if w.Code != want || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v", method, w.Code, w.Header())
		}
		if method == "OPTIONS" && w.Header().Get("Access-Control-Allow-Methods") != "GET, HEAD, OPTIONS" {
			t.Errorf("OPTIONS: %v", w.Header())
		}
	}
}

func TestSections(t *testing.T) {
	type root struct {
		XMLName    xml.Name        `xml:"r"`
		Attributes []xml.Attr      `xml:",any,attr"`
		ID         Identification  `xml:"ows:ServiceIdentification"`
		Provider   ServiceProvider `xml:"ows:ServiceProvider"`
	}
	service := Service{Title: "T & co", Keywords: []string{"a", "b"}, Provider: Provider{Site: "http://x", Contact: Contact{City: "Rome", Phone: "1"}}}
	body, err := Marshal(root{Attributes: Attributes("xmlns:ows", "urn:o"), ID: service.Identification("CSW", "3.0.0", "2.0.2"), Provider: service.ServiceProvider()})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<r xmlns:ows="urn:o">`, "<ows:Title>T &amp; co</ows:Title>", "<ows:Keyword>b</ows:Keyword>", "<ows:ServiceTypeVersion>2.0.2<",
		"<ows:Fees>NONE<", "<ows:ProviderName>T &amp; co<", `xlink:href="http://x"`, "<ows:City>Rome<", "<ows:Voice>1<"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%s is missing in\n%s", want, body)
		}
	}
}
