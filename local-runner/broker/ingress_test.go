package broker

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const structuredEvent = `{"specversion":"1.0","id":"s","type":"test.made","source":"/test","n":5,"data":{"a":1}}`

func binaryHeader() map[string]string {
	return map[string]string{"Ce-Specversion": "1.0", "Ce-Id": "b", "Ce-Type": "test.made", "Ce-Source": "/test", "Content-Type": "application/json"}
}

func without(h map[string]string, name string) map[string]string {
	delete(h, name)
	return h
}

func with(h map[string]string, name, value string) map[string]string {
	h[name] = value
	return h
}

// What the ingress answers, and that it says why in words.
func TestIngress(t *testing.T) {
	b := open(t, "", oneTrigger(URL("http://127.0.0.1:1"), quick(0)))
	structured := map[string]string{"Content-Type": "application/cloudevents+json; charset=utf-8"}
	batched := map[string]string{"Content-Type": "application/cloudevents-batch+json"}
	for name, c := range map[string]struct {
		method, path string
		header       map[string]string
		body         string
		status       int
		words        string
	}{
		"binary":             {"POST", "/perigee/default", binaryHeader(), `{}`, 202, ""},
		"trailing slash":     {"POST", "/perigee/default/", binaryHeader(), `{}`, 202, ""},
		"no data":            {"POST", "/perigee/default", binaryHeader(), "", 202, ""},
		"structured":         {"POST", "/perigee/default", structured, structuredEvent, 202, ""},
		"batch":              {"POST", "/perigee/default", batched, "[" + structuredEvent + "," + structuredEvent + "]", 202, ""},
		"empty batch":        {"POST", "/perigee/default", batched, "[]", 202, ""},
		"broken batch":       {"POST", "/perigee/default", batched, "[" + structuredEvent, 400, "cannot be read"},
		"no batch":           {"POST", "/perigee/default", batched, structuredEvent, 400, "cannot be read"},
		"one of a batch":     {"POST", "/perigee/default", batched, "[" + structuredEvent + "," + strings.Replace(structuredEvent, `"s"`, `"s\n"`, 1) + "]", 400, "event 2 of the batch"},
		"long batch":         {"POST", "/perigee/default", batched, "[" + strings.Repeat(structuredEvent+",", MaxBatch) + structuredEvent + "]", 400, "at most 1000"},
		"large batch":        {"POST", "/perigee/default", batched, "[" + strings.Repeat(" ", maxBatchBody) + "]", 413, "too large"},
		"no event":           {"POST", "/perigee/default", map[string]string{"Content-Type": "application/json"}, `{}`, 400, "not a CloudEvent"},
		"no id":              {"POST", "/perigee/default", without(binaryHeader(), "Ce-Id"), `{}`, 400, "id"},
		"no source":          {"POST", "/perigee/default", without(binaryHeader(), "Ce-Source"), `{}`, 400, "source"},
		"old version":        {"POST", "/perigee/default", with(binaryHeader(), "Ce-Specversion", "0.3"), `{}`, 400, "only 1.0"},
		"broken time":        {"POST", "/perigee/default", with(binaryHeader(), "Ce-Time", "yesterday"), `{}`, 400, "time"},
		"bad extension":      {"POST", "/perigee/default", with(binaryHeader(), "Ce-A_b", "x"), `{}`, 400, "attribute"},
		"control characters": {"POST", "/perigee/default", structured, strings.Replace(structuredEvent, `"s"`, `"s\n"`, 1), 400, "control"},
		"broken json":        {"POST", "/perigee/default", structured, `{"specversion":`, 400, "cannot be read"},
		"long attributes":    {"POST", "/perigee/default", with(binaryHeader(), "Ce-Long", strings.Repeat("x", maxAttributes)), `{}`, 400, "larger"},
		"a loop":             {"POST", "/perigee/default", with(binaryHeader(), "Ce-Knativebrokerttl", "1"), `{}`, 400, "loop"},
		"unknown broker":     {"POST", "/perigee/other", binaryHeader(), `{}`, 404, "no broker"},
		"no broker":          {"POST", "/", binaryHeader(), `{}`, 404, "no broker"},
		"deeper path":        {"POST", "/perigee/default/x", binaryHeader(), `{}`, 404, "no broker"},
		"too large":          {"POST", "/perigee/default", binaryHeader(), strings.Repeat("x", MaxEvent+1), 413, "too large"},
		"largest":            {"POST", "/perigee/default", binaryHeader(), strings.Repeat("x", MaxEvent), 202, ""},
		"method":             {"GET", "/perigee/default", nil, "", 405, "POST"},
		"webhook handshake":  {"OPTIONS", "/perigee/default", nil, "", 200, ""},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.words) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if !strings.Contains(w.Header().Get("Accept-Post"), "application/cloudevents-batch+json") {
			t.Errorf("%s: it does not tell that batches are taken", name)
		}
	}
}

// The two modes arrive alike, and data stays what it was, byte by byte.
func TestModes(t *testing.T) {
	s := subscribe(t, status(202))
	b := open(t, "", oneTrigger(s.target(), quick(0)))
	binary := string([]byte{0, 1, 0xff, '\n', 0})
	for _, c := range []struct{ contentType, body, want string }{
		{"application/cloudevents+json", structuredEvent, `{"a":1}`},
		{"application/cloudevents+json", strings.Replace(structuredEvent, `"data":{"a":1}`, `"datacontenttype":"image/png","data_base64":"AAH/CgA="`, 1), binary},
		{"image/png", binary, binary},
	} {
		r := httptest.NewRequest("POST", "/perigee/default", strings.NewReader(c.body))
		for k, v := range binaryHeader() {
			r.Header.Set(k, v)
		}
		r.Header.Set("Content-Type", c.contentType)
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code != http.StatusAccepted {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		settled(t, b)
		all := s.all()
		got := all[len(all)-1]
		same(t, "data", got.body, c.want)
		if strings.Contains(c.body, `"n":5`) {
			same(t, "extension", got.header.Get("Ce-N"), "5")
		}
	}
}

// A full broker says so, loses nothing, and takes events again when it has emptied itself.
func TestFull(t *testing.T) {
	s := subscribe(t, status(202))
	cfg := oneTrigger(s.target(), quick(0))
	cfg.MaxBytes = 1 << 20
	b := openOnly(t, "", cfg)
	accepted := 0
	big := strings.Repeat("x", 100<<10)
	send := func() int {
		r := httptest.NewRequest("POST", "/perigee/default", strings.NewReader(big))
		for k, v := range binaryHeader() {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		b.ServeHTTP(w, r)
		if w.Code == 503 && (!strings.Contains(w.Body.String(), "full") || w.Header().Get("Retry-After") == "") {
			t.Errorf("%s %v", w.Body, w.Header())
		}
		return w.Code
	}
	for send() == 202 {
		if accepted++; accepted > 20 {
			t.Fatal("it never fills")
		}
	}
	if accepted < 5 {
		t.Errorf("full after %d", accepted)
	}
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	settled(t, b)
	same(t, "delivered", len(s.all()), accepted)
	same(t, "afterwards", send(), 202)
}
