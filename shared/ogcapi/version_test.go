package ogcapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"perigee/shared/fault"
)

func TestPreconditions(t *testing.T) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		header http.Header
		want   Preconditions
		fails  bool
	}{
		{header: http.Header{}, want: Preconditions{}},
		{header: http.Header{"If-Match": {VersionTag("v1", nil)}}, want: Preconditions{Versions: []string{"v1"}}},
		{header: http.Header{"If-Match": {`"v1.x" , "v2"`, `W/"v3.y", v4`}}, want: Preconditions{Versions: []string{"v1", "v2", `W/"v3.y"`, "v4"}}},
		{header: http.Header{"If-Match": {"*"}}, want: Preconditions{Present: true}},
		{header: http.Header{"If-None-Match": {"*"}}, want: Preconditions{Absent: true}},
		{header: http.Header{"If-None-Match": {`"v1"`}}, fails: true},
		{header: http.Header{"If-Unmodified-Since": {at.Format(http.TimeFormat)}}, want: Preconditions{Unmodified: at}},
		{header: http.Header{"If-Unmodified-Since": {at.Format(http.TimeFormat)}, "If-Match": {`"v1"`}}, want: Preconditions{Versions: []string{"v1"}}},
		{header: http.Header{"If-Unmodified-Since": {"yesterday"}}, want: Preconditions{}},
	} {
		got, err := ReadPreconditions(&http.Request{Header: c.header})
		if (err != nil) != c.fails || err == nil && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: %+v, %v", c.header, got, err)
		}
	}
}

// The tag tells representations apart, and names the version that they have in common.
func TestVersionTags(t *testing.T) {
	answer := func(body, known string) *httptest.ResponseRecorder {
		r, w := httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder()
		r.Header.Set("If-None-Match", known)
		WriteVersion(w, r, MediaTypeJSON, "v1", time.Date(2024, 5, 1, 12, 0, 0, 5, time.UTC), []byte(body))
		return w
	}
	one, other := answer("{}", ""), answer("[]", "")
	tag := one.Header().Get("ETag")
	if !strings.HasPrefix(tag, `"v1.`) || tag == other.Header().Get("ETag") || one.Header().Get("Last-Modified") != "Wed, 01 May 2024 12:00:00 GMT" {
		t.Errorf("%v, %v", one.Header(), other.Header())
	}
	if again := answer("{}", tag); again.Code != http.StatusNotModified {
		t.Errorf("again: %d", again.Code)
	}
	w := httptest.NewRecorder()
	WriteVersion(w, httptest.NewRequest(http.MethodGet, "/", nil), MediaTypeJSON, "", time.Time{}, []byte("{}"))
	if !strings.HasPrefix(w.Header().Get("ETag"), `W/"`) || w.Header().Get("Last-Modified") != "" {
		t.Errorf("without a version: %v", w.Header())
	}
}

func TestBodies(t *testing.T) {
	h := Handler(func(w http.ResponseWriter, r *http.Request) error {
		kind, err := BodyType(r, MediaTypeJSON, MediaTypeGeoJSON)
		if err != nil {
			return err
		}
		body, err := ReadBody(w, r, 5)
		if err == nil {
			_, _ = w.Write(append([]byte(kind+" "), body...))
		}
		return err
	})
	for _, c := range []struct {
		kind, body string
		status     int
		words      string
	}{
		{"", "abc", 200, "application/json abc"}, {"application/geo+json; charset=utf-8", "abc", 200, "application/geo+json abc"},
		{"text/plain", "abc", 415, "application/geo+json is taken"}, {"application/", "abc", 415, "application/json"}, {"application/json", "abcdef", 413, "5 bytes"},
	} {
		r, w := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(c.body)), httptest.NewRecorder()
		r.Header.Set("Content-Type", c.kind)
		if h.ServeHTTP(w, r); w.Code != c.status || !strings.Contains(w.Body.String(), c.words) {
			t.Errorf("%q %q: %d %s", c.kind, c.body, w.Code, w.Body)
		}
	}
	if err := BodyFault(errors.New("gone")); fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}
