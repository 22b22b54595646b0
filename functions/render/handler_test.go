package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"perigee/shared/catalogue"
	"perigee/shared/fault"
	"perigee/shared/identity"
)

func testHandler(t testing.TB, p *painter) http.Handler {
	t.Helper()
	edge, err := identity.New(identity.Config{Auth: "none"})
	if err != nil {
		t.Fatal(err)
	}
	return p.handler(edge.Wrap)
}

func get(handler http.Handler, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

func TestOWS(t *testing.T) {
	handler := testHandler(t, testPainter(t, testMemory()))
	tests := []struct {
		target, kind string
		status       int
		has          []string
	}{
		{"/ows", "text/xml", 200, []string{"<WMS_Capabilities", "<Name>S2L2A__NDVI</Name>", "<Name>LOOSE</Name>", `xlink:href="http://example.com/ows?"`}},
		{"/workspaces/ws/ows?service=WMS&request=GetCapabilities", "text/xml", 200, []string{`xlink:href="http://example.com/workspaces/ws/ows?"`}},
		{"/ows?service=WMS", "text/xml", 400, []string{"MissingParameterValue", `locator="request"`}},
		{"/ows?service=WCS&request=GetCapabilities", "text/xml", 200, []string{"<wcs:Capabilities", "<wcseo:DatasetSeriesId>S2L2A</wcseo:DatasetSeriesId>"}},
		{"/ows?service=WFS&request=GetCapabilities", "application/xml", 400, []string{"ows/2.0", "InvalidParameterValue", `locator="service"`}},
		{"/ows?request=GetMap&version=1.3.0&layers=nowhere&styles=&crs=CRS:84&bbox=0,0,1,1&width=5&height=5&format=image/png", "text/xml", 400, []string{"LayerNotDefined"}},
	}
	for _, test := range tests {
		w := get(handler, test.target)
		if w.Code != test.status || w.Header().Get("Content-Type") != test.kind {
			t.Errorf("%s: %d %s", test.target, w.Code, w.Header().Get("Content-Type"))
		}
		for _, part := range test.has {
			if !strings.Contains(w.Body.String(), part) {
				t.Errorf("%s: %s is missing in\n%s", test.target, part, w.Body)
			}
		}
	}
	if w := get(handler, "/nothing"); w.Code != 404 {
		t.Errorf("another path: %d", w.Code)
	}
}

// The internal requests answer what is wrong as problem details, and are not there behind a workspace's prefix.
func TestInternalRefusals(t *testing.T) {
	handler := testHandler(t, testPainter(t, testMemory()))
	good := "/internal/tiles?layer=S2L2A&grid=WGS84&z=3&col=2&row=1"
	tests := []struct {
		target string
		status int
		has    string
	}{
		{"/internal/tiles", 400, `"locator":"grid"`},
		{good + "&cols=17", 400, `"locator":"cols"`},
		{good + "&cols=16", 400, `"locator":"TileCol"`},
		{strings.Replace(good, "col=2", "col=99", 1), 400, `"locator":"TileCol"`},
		{strings.Replace(good, "z=3", "z=29", 1), 400, `"locator":"TileMatrix"`},
		{strings.Replace(good, "WGS84", "Mars", 1), 400, `"locator":"grid"`},
		{good + "&format=image/gif", 400, `"locator":"format"`},
		{good + "&buffer=257", 400, `"locator":"buffer"`},
		{good + "&style=sepia", 400, `"locator":"style"`},
		{good + "&time=never", 400, `"locator":"time"`},
		{strings.Replace(good, "S2L2A", "nowhere", 1), 404, `"locator":"layer"`},
		{"/internal/describe", 400, `"locator":"href"`},
		{"/internal/describe?href=s3://cache/a.tif", 403, `"locator":"href"`},
		{"/internal/describe?workspace=&href=s3://other/a.tif", 403, `"locator":"href"`},
		{"/internal/describe?href=/etc/passwd", 403, "s3://bucket/key"},
		{"/internal/describe?workspace=ws&href=s3://ingest/a.tif", 403, "does not belong"},
	}
	for _, test := range tests {
		w := get(handler, test.target)
		if w.Code != test.status || !strings.Contains(w.Body.String(), test.has) || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", test.target, w.Code, w.Body)
		}
	}
	if w := get(handler, "/workspaces/ws"+good); w.Code != 404 {
		t.Errorf("an internal request came through the edge: %d", w.Code)
	}
}

func TestCatalogueAway(t *testing.T) {
	store := testMemory()
	store.err = fault.Classify(fault.Unavailable, errors.New("dial tcp"), "the catalogue does not answer")
	handler := testHandler(t, testPainter(t, store))
	for _, target := range []string{"/ows", "/internal/tiles?layer=S2L2A&grid=WGS84&z=3&col=2&row=1"} {
		if w := get(handler, target); w.Code != 503 || strings.Contains(w.Body.String(), "dial") {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
}

// A request that waits too long for its turn is told so.
func TestDeadline(t *testing.T) {
	p := testPainter(t, testMemory())
	p.config.Timeout = 30 * time.Millisecond
	for range cap(p.draws) {
		p.draws <- struct{}{}
	}
	w := get(testHandler(t, p), "/internal/tiles?layer=EMPTY&grid=WGS84&z=3&col=2&row=1")
	if w.Code != 503 || !strings.Contains(w.Body.String(), "in time") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The configuration names a file or is one.
func TestProductsSetting(t *testing.T) {
	for setting, ok := range map[string]bool{"": true, "collections: {A: {}}": true, "/no/such/file": false, "nonsense: 1": false} {
		if _, err := (config{Products: setting}).products(); (err == nil) != ok {
			t.Errorf("%q: %v", setting, err)
		}
	}
}

// The elevations of items are a dimension of their layer, by which the items are chosen.
func TestElevationDimension(t *testing.T) {
	store := testMemory()
	store.heights = []catalogue.Elevations{{Layer: "S2L2A", Low: 10, High: 300.5, Values: []float64{10, 300.5}}}
	handler := testHandler(t, testPainter(t, store))
	w := get(handler, "/ows?service=WMS&request=GetCapabilities")
	for _, part := range []string{`<Dimension name="elevation" units="CRS:88" unitSymbol="m"`, ">10,300.5</Dimension>"} {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("%s is missing in\n%s", part, w.Body)
		}
	}
	m := "/ows?service=WMS&version=1.3.0&request=GetMap&layers=S2L2A&styles=&crs=CRS:84&bbox=14,47,15,48&width=5&height=5&format=image/png&elevation="
	if w := get(handler, m+"500"); w.Code != 400 || !strings.Contains(w.Body.String(), "InvalidDimensionValue") || !strings.Contains(w.Body.String(), "300.5") {
		t.Errorf("another elevation: %d %s", w.Code, w.Body)
	}
}

// RND-09: the time dimension of a collection and of its browses reaches from its first day to its last, in days, which is
// what catalogues of scenes are asked by. What a map without TIME shows, all of them, is what the default tells; EOxServer
// tells the last second there and shows all.
func TestTimeDimension(t *testing.T) {
	store := testMemory()
	handler := testHandler(t, testPainter(t, store))
	body := get(handler, "/ows?service=WMS&request=GetCapabilities").Body.String()
	const want = `<Dimension name="time" units="ISO8601" default="2022-07-01/2022-07-04" multipleValues="1" nearestValue="0" current="1">2022-07-01/2022-07-04/P1D</Dimension>`
	for _, layer := range []string{"S2L2A", "S2L2A__NDVI"} {
		if _, after, ok := strings.Cut(body, "<Name>"+layer+"</Name>"); !ok || !strings.Contains(after[:strings.Index(after+"<Name>", "<Name>")], want) {
			t.Errorf("%s has no such time in\n%s", layer, body)
		}
	}
	store.extents[0].Time.End = at("2022-07-09T10:00:00Z") // the data decide
	body = get(testHandler(t, testPainter(t, store)), "/ows?service=WMS&request=GetCapabilities").Body.String()
	if !strings.Contains(body, ">2022-07-01/2022-07-09/P1D</Dimension>") || strings.Contains(body, "2022-07-04/P1D") {
		t.Errorf("after a newer scene:\n%s", body)
	}
}

// RND-09, to the letter, where it is set so: from the first second to the last, by the second, the last one the default. What a map
// without TIME shows is everything, as EOxServer's does, and no header says otherwise.
func TestTimeDimensionInSeconds(t *testing.T) {
	c := testConfig()
	c.TimeStep = stepSeconds
	p, err := newPainter(c, testMemory(), nil)
	if err != nil {
		t.Fatal(err)
	}
	handler := testHandler(t, p)
	body := get(handler, "/ows?service=WMS&request=GetCapabilities").Body.String()
	const want = `<Dimension name="time" units="ISO8601" default="2022-07-04T10:00:00Z" multipleValues="1" nearestValue="0" current="1">2022-07-01T10:00:00Z/2022-07-04T10:00:00Z/PT1S</Dimension>`
	for _, layer := range []string{"S2L2A", "S2L2A__NDVI"} {
		if _, after, ok := strings.Cut(body, "<Name>"+layer+"</Name>"); !ok || !strings.Contains(after[:strings.Index(after+"<Name>", "<Name>")], want) {
			t.Errorf("%s has no such time in\n%s", layer, body)
		}
	}
	w := get(handler, "/ows?service=WMS&version=1.3.0&request=GetMap&layers=S2L2A__outlines&styles=&crs=CRS:84&bbox=14,47,15,48&width=5&height=5&format=image/png")
	if w.Code != 200 || strings.Contains(strings.Join(w.Header().Values("Warning"), " "), "time=") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	c.TimeStep = "PT1H"
	if _, err := newPainter(c, testMemory(), nil); err == nil || !strings.Contains(err.Error(), "TIME_STEP") {
		t.Errorf("hours: %v", err)
	}
}
