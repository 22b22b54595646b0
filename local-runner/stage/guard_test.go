package stage

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// What a browser asks on behalf of a page is turned away, under whatever name and with whatever method.
func TestInternalAddressesAreForPrograms(t *testing.T) {
	guarded := Programs(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	for _, c := range []struct {
		host, header, value string
		want                int
	}{
		{"127.0.0.1:4711", "", "", 202}, {"localhost:4711", "", "", 202}, {"[::1]:4711", "Ce-Id", "1", 202},
		{"evil.example:4711", "", "", 403}, {"", "", "", 403}, {"192.168.0.7:4711", "", "", 403},
		{"127.0.0.1:4711", "Origin", "http://evil.example", 403}, {"127.0.0.1:4711", "Origin", "null", 403},
		{"127.0.0.1:4711", "Sec-Fetch-Site", "cross-site", 403}, {"127.0.0.1:4711", "Sec-Fetch-Site", "none", 403},
	} {
		r := httptest.NewRequest(http.MethodPost, "http://x/notifications", nil)
		r.Host = c.host
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		w := httptest.NewRecorder()
		guarded.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}
