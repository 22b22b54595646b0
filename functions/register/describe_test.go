package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/fault"
)

func rendering(t *testing.T, status int, body string) (d *describer, asked *int) {
	t.Helper()
	asked = new(int)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(s.Close)
	return newDescriber(s.URL + "/"), asked
}

// What render refuses is classified by its answer; what is not known may pass.
func TestDescribeFailures(t *testing.T) {
	for _, c := range []struct {
		status int
		body   string
		kind   fault.Kind
		words  string
	}{
		{400, `{"detail": "it is cut off"}`, fault.Invalid, "it is cut off"},
		{422, "no raster", fault.Invalid, "no raster"},
		{404, "", fault.NotFound, "404"},
		{403, "{}", fault.Forbidden, "{}"},
		{501, "", fault.Unsupported, "501"},
		{415, "", fault.Unsupported, "415"},
		{500, strings.Repeat("x", 2000), fault.Unavailable, "xxx"},
		{503, "", fault.Unavailable, "503"},
		{200, "not JSON", fault.Unavailable, "not understood"},
	} {
		d, asked := rendering(t, c.status, c.body)
		for range 2 {
			_, err := d.describe(t.Context(), "s3://b/k", "e")
			if fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.words) || len(err.Error()) > 600 {
				t.Errorf("%d %.20s: %v is %v", c.status, c.body, err, fault.KindOf(err))
			}
		}
		if *asked != 2 {
			t.Errorf("%d: a failure was remembered", c.status)
		}
	}
	d := newDescriber("http://127.0.0.1:1")
	if _, err := d.describe(t.Context(), "s3://b/k", "e"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("nobody there: %v", err)
	}
}

// What render looked at may be another state than the one that is registered: then neither is told nor remembered.
func TestDescribeOfAnotherState(t *testing.T) {
	d, asked := rendering(t, 200, `{"etag": "2", "grid": {"width": 3}}`)
	for range 2 {
		if _, err := d.describe(t.Context(), "s3://b/k", "1"); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%v", err)
		}
	}
	if got, err := d.describe(t.Context(), "s3://b/k", "2"); err != nil || got.Grid.Width != 3 || *asked != 3 {
		t.Errorf("%+v, %v, asked %d times", got, err, *asked)
	}
}

// Descriptions are remembered by the state of the file, and only so many.
func TestDescribeRemembers(t *testing.T) {
	d, asked := rendering(t, 200, `{"grid": {"width": 3}}`)
	for _, etag := range []string{"1", "1", "2", "", ""} {
		if got, err := d.describe(t.Context(), "s3://b/k", etag); err != nil || got.Grid.Width != 3 {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if *asked != 4 {
		t.Errorf("asked %d times, want 4", *asked)
	}
	for i := range remembered + 10 {
		d.remember(fmt.Sprint(i), description{})
	}
	if len(d.known) != remembered || len(d.order) != remembered {
		t.Errorf("%d and %d are remembered", len(d.known), len(d.order))
	}
}
