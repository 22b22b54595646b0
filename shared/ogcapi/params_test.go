package ogcapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"perigee/shared/fault"
)

func params(query string) *Params {
	return ReadParams(&http.Request{URL: mustURL("/x?" + query)})
}

func TestLimit(t *testing.T) {
	cases := []struct {
		query string
		want  int
		bad   bool
	}{
		{"", 10, false}, {"limit=1", 1, false}, {"limit=10001", 10000, false}, {"limit=99999999999999999999", 10000, false},
		{"limit=0", 10, true}, {"limit=-1", 10, true}, {"limit=", 10, true}, {"limit=ten", 10, true}, {"limit=1.5", 10, true},
		{"limit=1&limit=2", 1, true},
	}
	for _, c := range cases {
		p := params(c.query)
		if got := p.Limit(10, 10000); got != c.want || (p.Err() != nil) != c.bad {
			t.Errorf("%s: %d, %v", c.query, got, p.Err())
		}
	}
}

// All that is wrong with a request is reported together, unknown parameters too.
func TestParamsCollectFaults(t *testing.T) {
	p := params("limit=0&bbox=[1,2,3,4]&datetime=now&colour=red&ids=a,b&f=xml")
	p.Limit(10, 100)
	p.BBox()
	p.Datetime()
	if ids := p.List("ids"); len(ids) != 2 {
		t.Error(ids)
	}
	p.Format(httptest.NewRequest("GET", "/", nil), JSON, HTML)
	var locators []string
	for _, err := range fault.All(p.Err()) {
		locators = append(locators, fault.LocatorOf(err))
	}
	if got := strings.Join(locators, " "); got != "limit bbox datetime f colour" {
		t.Error(got)
	}
	if !strings.Contains(p.Err().Error(), "bbox, datetime, f, ids, limit") {
		t.Errorf("it does not say what is offered: %v", p.Err())
	}
	if err := params("bbox=1%ZZ").Err(); err == nil || fault.KindOf(err) != fault.Invalid {
		t.Error(err)
	}
}

func TestFormat(t *testing.T) {
	cases := []struct{ query, accept, want string }{
		{"", "", MediaTypeGeoJSON},
		{"", "*/*", MediaTypeGeoJSON},
		{"", "application/json", MediaTypeGeoJSON},
		{"", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", MediaTypeHTML},
		{"", "text/*;q=0.5, application/geo+json;q=0.4", MediaTypeHTML},
		{"", "text/html;q=0, */*", MediaTypeGeoJSON},
		{"", "image/png", MediaTypeGeoJSON},
		{"", "text/html;q=nonsense", MediaTypeHTML},
		{"", ";;;", MediaTypeGeoJSON},
		{"f=html", "application/json", MediaTypeHTML},
		{"", "application/json;q=NaN, text/html;q=0.5", MediaTypeGeoJSON},
		{"f=json", "text/html", MediaTypeGeoJSON},
		{"f=geojson", "text/html", MediaTypeGeoJSON},
	}
	for _, c := range cases {
		r := httptest.NewRequest("GET", "/?"+c.query, nil)
		r.Header.Set("Accept", c.accept)
		if got := ReadParams(r).Format(r, GeoJSON, HTML); got.MediaType != c.want {
			t.Errorf("%+v: %s", c, got.MediaType)
		}
	}
}
