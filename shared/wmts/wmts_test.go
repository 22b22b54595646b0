package wmts

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"perigee/shared/fault"
	"perigee/shared/grid"
	"perigee/shared/ows"
	"perigee/shared/ows/owstest"
	"perigee/shared/product"
	"perigee/shared/record"
	"perigee/shared/scope"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// layers is a service with two layers and a browse; it answers tiles with what was asked.
type layers struct {
	asked []Tile
	err   error
}

func (l *layers) Layers(context.Context, scope.Scope) ([]product.Node, error) {
	bounds := orb.Bound{Min: orb.Point{13, 45.5}, Max: orb.Point{15.25, 47}}
	dates := []time.Time{day("2024-06-05"), day("2024-05-06")}
	grids := []product.LayerGrid{{Name: "WGS84", Zoom: 13}, {Name: "GoogleMapsCompatible", Zoom: 14}}
	return []product.Node{
		{Name: "S2L2A", Title: "Sentinel-2 <L2A>", Abstract: "Surface reflectance", Bounds: bounds, Dates: dates, Grids: grids, Styles: []string{"default"},
			Children: []product.Node{{Name: "S2L2A__NDVI", Title: "Vegetation & index", Bounds: bounds, Dates: dates, Grids: grids[:1], Styles: []string{"green", "grey"}}}},
		{Name: "my file/é 1", Title: "A file"},
	}, l.err
}

func (l *layers) Tile(_ context.Context, _ scope.Scope, t Tile) (Picture, error) {
	l.asked = append(l.asked, t)
	if l.err != nil {
		return Picture{}, l.err
	}
	if t.Layer == "nothing" {
		return Picture{}, fault.At(fault.NotFound, "layer", "there is no layer %q", t.Layer)
	}
	return Picture{Body: []byte("pixels"), MediaType: t.Format, ETag: "e1", Modified: day("2024-06-06"), Cache: "hit", Stale: t.Layer == "old"}, nil
}

// ask sends a request as it comes from the edge.
func ask(t *testing.T, service Service, method, target string, header ...string) *http.Response {
	t.Helper()
	return askOf(t, Config{Tiles: service}, method, target, header...)
}

// askOf is ask for another configuration.
func askOf(t *testing.T, config Config, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	asked := scope.Asked{Scope: scope.New("", ""), Base: "https://eo.example/workspaces/w"}
	w := httptest.NewRecorder()
	config.About = ows.Service{Title: "Tiles", Abstract: "Tiles of layers", Keywords: []string{"tiles"}}
	config.MaxAge = 5 * time.Second
	Handler(config).ServeHTTP(w, r.WithContext(scope.NewContext(r.Context(), asked)))
	return w.Result()
}

func body(t *testing.T, r *http.Response) []byte {
	t.Helper()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// CSC-01: the addresses of tiles, the original's and ours.
func TestTileAddresses(t *testing.T) {
	start, end := day("2018-06-01"), day("2018-06-02")
	interval := record.Interval{Start: start, End: end}
	whole := record.Interval{Start: start, End: end.Add(-time.Microsecond)}
	png, jpg := "image/png", "image/jpeg"
	wgs, web := grid.WGS84, grid.GoogleMapsCompatible
	kvp := "SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=S2L2A&STYLE=default&TILEMATRIXSET=WGS84&TILEMATRIX=7&TILEROW=31&TILECOL=130"
	for target, want := range map[string]Tile{
		"/cache/wmts/1.0.0/S2L2A/default/WGS84/7/31/130.png":                                                                  {"S2L2A", "default", wgs, grid.Tile{Z: 7, Col: 130, Row: 31}, record.Interval{}, png},
		"/cache/wmts/1.0.0/S2L2A__NDVI/green/default/GoogleMapsCompatible/7/31/12.jpg":                                        {"S2L2A__NDVI", "green", web, grid.Tile{Z: 7, Col: 12, Row: 31}, record.Interval{}, jpg},
		"/cache/ows/wmts/1.0.0/S2L2A/default/2018-06-01T00%3A00%3A00Z--2018-06-02T00%3A00%3A00Z/WGS84/7/31/130.jpeg":          {"S2L2A", "default", wgs, grid.Tile{Z: 7, Col: 130, Row: 31}, interval, jpg},
		"/cache/ows/wmts/1.0.0/S2L2A/default/2018-06-01/WGS84/7/31/130.png":                                                   {"S2L2A", "default", wgs, grid.Tile{Z: 7, Col: 130, Row: 31}, whole, png},
		"/cache/wmts/1.0.0/my%20file%2F%C3%A9%201/default/2018-06-01T00:00:00Z/WGS84/0/0/1.png":                               {"my file/é 1", "default", wgs, grid.Tile{Z: 0, Col: 1, Row: 0}, record.Interval{Start: start, End: start}, png},
		"/cache/wmts?" + kvp + "&FORMAT=image/jpeg":                                                                           {"S2L2A", "default", wgs, grid.Tile{Z: 7, Col: 130, Row: 31}, record.Interval{}, jpg},
		"/cache?" + kvp + "&TIME=2018-06-01T00:00:00Z/2018-06-02T00:00:00Z":                                                   {"S2L2A", "default", wgs, grid.Tile{Z: 7, Col: 130, Row: 31}, interval, png},
		"/cache/ows/wmts?service=wmts&request=gettile&version=1.0.0&layer=a&tilematrixset=g&tilematrix=0&tilerow=0&tilecol=0": {"a", "default", web, grid.Tile{}, record.Interval{}, png},
		"/cache/xyz/S2L2A/3/4/2.png": {"S2L2A", "default", web, grid.Tile{Z: 3, Col: 4, Row: 2}, record.Interval{}, png},
		"/cache/xyz/S2L2A__NDVI/3/4/2.jpg?time=2018-06-01--2018-06-01&style=grey":     {"S2L2A__NDVI", "grey", web, grid.Tile{Z: 3, Col: 4, Row: 2}, whole, jpg},
		"/cache/xyz/my%20file%2F%C3%A9%201/3/4/2.png?time=default":                    {"my file/é 1", "default", web, grid.Tile{Z: 3, Col: 4, Row: 2}, record.Interval{}, png},
		"/cache/wmts/1.0.0/S2L2A/default/WorldCRS84Quad/7/31/130.png":                 {"S2L2A", "default", wgs, grid.Tile{Z: 7, Col: 130, Row: 31}, record.Interval{}, png},
		"/cache/wmts/1.0.0/S2L2A/default/2018-06-01T00:00:00Z--../WGS84/7/31/130.png": {"S2L2A", "default", wgs, grid.Tile{Z: 7, Col: 130, Row: 31}, record.Interval{Start: start}, png},
	} {
		service := &layers{}
		r := ask(t, service, "GET", target)
		if r.StatusCode != 200 || len(service.asked) != 1 || !reflect.DeepEqual(service.asked[0], want) {
			t.Errorf("%s: status %d, asked %+v, want %+v", target, r.StatusCode, service.asked, want)
		}
		if got := r.Header.Get("Content-Type"); got != want.Format {
			t.Errorf("%s: media type %q", target, got)
		}
	}
}

func TestExceptions(t *testing.T) {
	kvp := "/cache/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=%s&STYLE=&TILEMATRIXSET=%s&TILEMATRIX=%s&TILEROW=%s&TILECOL=%s&FORMAT=%s"
	for target, want := range map[string]string{
		fmt.Sprintf(kvp, "a", "WGS84", "3", "8", "0", "image/png"):                  "400 TileOutOfRange@TileRow",
		fmt.Sprintf(kvp, "a", "WGS84", "3", "0", "16", "image/png"):                 "400 TileOutOfRange@TileCol",
		fmt.Sprintf(kvp, "a", "WGS84", "3", "-1", "0", "image/png"):                 "400 TileOutOfRange@TileRow",
		fmt.Sprintf(kvp, "a", "WGS84", "22", "0", "0", "image/png"):                 "400 InvalidParameterValue@TileMatrix",
		fmt.Sprintf(kvp, "a", "Mars", "3", "0", "0", "image/png"):                   "400 InvalidParameterValue@TileMatrixSet",
		fmt.Sprintf(kvp, "a", "WGS84", "three", "0", "1e3", "image/png"):            "400 InvalidParameterValue@TileMatrix InvalidParameterValue@TileCol",
		fmt.Sprintf(kvp, "a", "WGS84", "3", "0", "0", "image/tiff"):                 "400 InvalidParameterValue@format",
		fmt.Sprintf(kvp, "", "WGS84", "3", "0", "0", "image/png"):                   "400 MissingParameterValue@layer",
		fmt.Sprintf(kvp, "a", "WGS84", "3", "0", "0", "image/png") + "&TIME=monday": "400 InvalidParameterValue@time",
		fmt.Sprintf(kvp, "nothing", "WGS84", "3", "0", "0", "image/png"):            "404 InvalidParameterValue@layer",
		"/cache/wmts?SERVICE=WMTS&REQUEST=GetTile":                                  "400 MissingParameterValue@version MissingParameterValue@layer MissingParameterValue@tilematrixset MissingParameterValue@tilematrix MissingParameterValue@tilecol MissingParameterValue@tilerow",
		"/cache/wmts?SERVICE=WMTS&REQUEST=GetFeatureInfo&VERSION=1.0.0":             "501 OperationNotSupported@request",
		"/cache/wmts?SERVICE=WMS&REQUEST=GetMap":                                    "400 InvalidParameterValue@service",
		"/cache/wmts":                                                               "400 MissingParameterValue@service MissingParameterValue@request",
		"/cache/wmts?SERVICE=WMTS&REQUEST=GetCapabilities&ACCEPTVERSIONS=2.0.0":     "400 VersionNegotiationFailed@acceptversions",
		"/cache/wmts/1.0.0/a/default/WGS84/3/8/0.png":                               "400 TileOutOfRange@TileRow",
		"/cache/wmts/1.0.0/a/default/WGS84/3/0/0.tif":                               "400 InvalidParameterValue@format",
		"/cache/wmts/1.0.0/nothing/default/WGS84/3/0/0.png":                         "404 InvalidParameterValue@layer",
		"/cache/wmts/1.0.0/a/WGS84/3/0/0.png":                                       "404 NoApplicableCode@",
		"/cache/wmts/1.0.0/a//WGS84/3/0/0.png":                                      "404 NoApplicableCode@",
		"/cache/wmts/1.0.0/":                                                        "404 NoApplicableCode@",
		"/cache/elsewhere":                                                          "404 NoApplicableCode@",
	} {
		r := ask(t, &layers{}, "GET", target)
		text := body(t, r)
		var report struct {
			Exceptions []struct {
				Code    string `xml:"exceptionCode,attr"`
				Locator string `xml:"locator,attr"`
				Text    string `xml:"ExceptionText"`
			} `xml:"Exception"`
		}
		if err := xml.Unmarshal(text, &report); err != nil {
			t.Errorf("%s: %v in %s", target, err, text)
			continue
		}
		var codes []string
		for _, e := range report.Exceptions {
			codes = append(codes, e.Code+"@"+e.Locator)
		}
		if got := fmt.Sprintf("%d %s", r.StatusCode, strings.Join(codes, " ")); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
		if strings.Contains(target, "nothing") && !strings.Contains(string(text), "nothing") {
			t.Errorf("%s: the report does not name the layer: %s", target, text)
		}
	}
	owstest.Validate(t, "ows/1.1.0/owsExceptionReport.xsd", body(t, ask(t, &layers{}, "GET", "/cache/wmts")))
}

func TestWebMapProblems(t *testing.T) {
	for target, status := range map[string]int{
		"/cache/xyz/nothing/3/4/2.png":          404,
		"/cache/xyz/a/3/8/2.png":                400,
		"/cache/xyz/a/3/4.png":                  404,
		"/cache/xyz/a/3/4/2.png?time=x":         400,
		"/cache/xyz/a/3/4/2.webp":               400,
		"/cache/xyz/nothing/tilejson.json":      404,
		"/cache/xyz/S2L2A/tilejson.json?time=x": 400,
	} {
		r := ask(t, &layers{}, "GET", target)
		var problem struct {
			Status int
			Detail string
		}
		if err := json.Unmarshal(body(t, r), &problem); err != nil || r.StatusCode != status || problem.Status != status || problem.Detail == "" {
			t.Errorf("%s: status %d, problem %+v, %v", target, r.StatusCode, problem, err)
		}
		if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s: media type %q", target, got)
		}
	}
}

func TestFailuresOfTheHouse(t *testing.T) {
	down := &layers{err: fault.New(fault.Unavailable, "the renderer does not answer")}
	for _, target := range []string{"/cache/wmts/1.0.0/a/default/WGS84/3/0/0.png", "/cache/xyz/a/3/0/0.png", "/cache/wmts/1.0.0/WMTSCapabilities.xml", "/cache/xyz/a/tilejson.json"} {
		r := ask(t, down, "GET", target)
		if r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || r.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, %v", target, r.StatusCode, r.Header)
		}
	}
}

func TestHeadersOfTiles(t *testing.T) {
	const target = "/cache/xyz/S2L2A/3/4/2.png"
	r := ask(t, &layers{}, "GET", target)
	for name, want := range map[string]string{
		"ETag": `"e1"`, "Cache-Control": "public, max-age=5, must-revalidate", "Last-Modified": "Thu, 06 Jun 2024 00:00:00 GMT",
		"Perigee-Cache": "hit", "Access-Control-Allow-Origin": "*", "Content-Length": "6",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := ask(t, &layers{}, "GET", "/cache/xyz/old/3/4/2.png").Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("a stale tile may be kept: %q", got)
	}
	if head := ask(t, &layers{}, "HEAD", target); head.StatusCode != 200 || len(body(t, head)) != 0 || head.Header.Get("ETag") != `"e1"` {
		t.Errorf("HEAD gives %d %v", head.StatusCode, head.Header)
	}
	for _, conditional := range [][2]string{{"If-None-Match", `W/"e0", "e1"`}, {"If-Modified-Since", "Thu, 06 Jun 2024 00:00:00 GMT"}} {
		if r := ask(t, &layers{}, "GET", target, conditional[0], conditional[1]); r.StatusCode != 304 {
			t.Errorf("%s gives %d", conditional[0], r.StatusCode)
		}
	}
	if r := ask(t, &layers{}, "GET", target, "Range", "bytes=1-2"); r.StatusCode != 206 || string(body(t, r)) != "ix" {
		t.Errorf("a range gives %d", r.StatusCode)
	}
	if r := ask(t, &layers{}, "GET", target, "If-None-Match", `"e0"`, "If-Modified-Since", "Thu, 06 Jun 2024 00:00:00 GMT"); r.StatusCode != 200 {
		t.Errorf("another entity tag gives %d", r.StatusCode)
	}
	if r := ask(t, &layers{}, "OPTIONS", target); r.StatusCode != 200 || !strings.Contains(r.Header.Get("Access-Control-Allow-Methods"), "GET") {
		t.Errorf("OPTIONS gives %d %v", r.StatusCode, r.Header)
	}
	if r := ask(t, &layers{}, "DELETE", target); r.StatusCode != 405 {
		t.Errorf("DELETE gives %d", r.StatusCode)
	}
}

// CSC-01, CSC-03: the capabilities, by every address.
func TestCapabilities(t *testing.T) {
	r := ask(t, &layers{}, "GET", "/cache/ows/wmts/1.0.0/WMTSCapabilities.xml")
	document := body(t, r)
	if r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/xml" || r.Header.Get("ETag") == "" {
		t.Fatalf("status %d, %v", r.StatusCode, r.Header)
	}
	owstest.Golden(t, "capabilities.xml", document)
	owstest.Validate(t, "wmts/1.0/wmtsGetCapabilities_response.xsd", document)
	for _, target := range []string{
		"/cache/wmts/1.0.0/WMTSCapabilities.xml", "/cache/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
		"/cache/ows?service=WMTS&request=getcapabilities&acceptversions=2.0.0,1.0.0", "/cache/?service=WMTS&request=GetCapabilities&version=1.0.0",
	} {
		if other := body(t, ask(t, &layers{}, "GET", target)); string(other) != string(document) {
			t.Errorf("%s gives another document", target)
		}
	}
}

// Every template of the capabilities leads to a tile of its layer.
func TestTemplatesWork(t *testing.T) {
	var document struct {
		Layers []struct {
			Identifier string
			Resources  []struct {
				Template string `xml:"template,attr"`
			} `xml:"ResourceURL"`
		} `xml:"Contents>Layer"`
	}
	if err := xml.Unmarshal(body(t, ask(t, &layers{}, "GET", "/cache/wmts/1.0.0/WMTSCapabilities.xml")), &document); err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("https://eo.example/workspaces/w", "", "{Style}", "default", "{time}", "2024-05-06", "{TileMatrixSet}", "WGS84",
		"{TileMatrix}", "5", "{TileRow}", "3", "{TileCol}", "4")
	for _, l := range document.Layers {
		for _, resource := range l.Resources {
			service := &layers{}
			if r := ask(t, service, "GET", fill.Replace(resource.Template)); r.StatusCode != 200 || service.asked[0].Layer != l.Identifier {
				t.Errorf("%s: status %d, asked %+v", resource.Template, r.StatusCode, service.asked)
			}
		}
	}
	if len(document.Layers) != 3 {
		t.Errorf("%d layers", len(document.Layers))
	}
}

func TestTileJSON(t *testing.T) {
	owstest.Golden(t, "tilejson.json", body(t, ask(t, &layers{}, "GET", "/cache/xyz/S2L2A/tilejson.json?time=2024-05-06--2024-06-05")))
	owstest.Golden(t, "tilejson-no-bounds.json", body(t, ask(t, &layers{}, "GET", "/cache/xyz/my%20file%2F%C3%A9%201/tilejson.json")))
}

// FuzzAddress checks that whatever path is asked, a tile that comes out lies within its set and has a layer.
func FuzzAddress(f *testing.F) {
	for _, path := range []string{"a/default/WGS84/7/31/130.png", "a/b/2018-06-01--2018-06-02/GoogleMapsCompatible/0/0/0.jpg", "a/3/4/2.png", "a@WGS84/3/4/2.png", "%2F/%zz/..//.", "a/b/../g/1/1/1.png"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		rest, err := restTile(path, grid.Sets())
		check(t, path, rest, err)
		xyz, err := xyzTile(path, ows.ParseKVP("time="+path), grid.Sets())
		check(t, path, xyz, err)
		tms, err := tmsTile(path, ows.ParseKVP(""), grid.Sets())
		check(t, path, tms, err)
	})
}

func check(t *testing.T, path string, tile Tile, err error) {
	t.Helper()
	if err != nil {
		if kind := fault.KindOf(fault.All(err)[0]); kind != fault.Invalid && kind != fault.NotFound {
			t.Errorf("%q fails as %v: %v", path, kind, err)
		}
		return
	}
	if tile.Layer == "" || tile.Style == "" || tile.Set.Has(tile.At) != nil || tile.Format == "" {
		t.Errorf("%q gives %+v", path, tile)
	}
}
