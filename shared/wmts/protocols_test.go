package wmts

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"perigee/shared/grid"
	"perigee/shared/ows/owstest"
	"perigee/shared/record"
)

// The documents of the protocols beside WMTS, as they are told to a workspace.
func TestDocuments(t *testing.T) {
	for target, want := range map[string]struct{ golden, mediaType string }{
		"/cache/tms/":                               {"tms.xml", "text/xml"},
		"/cache/tms/1.0.0/":                         {"tms-maps.xml", "text/xml"},
		"/cache/tms/1.0.0/S2L2A__NDVI@WGS84":        {"tms-map.xml", "text/xml"},
		"/cache/kml/S2L2A@WGS84.kml?time=2024-05":   {"overlay.kml", "application/vnd.google-earth.kml+xml"},
		"/cache/kml/S2L2A@WGS84/7/137/97.kml":       {"overlay-tile.kml", "application/vnd.google-earth.kml+xml"},
		"/cache/ogcapi":                             {"api.json", "application/json"},
		"/cache/ogcapi/conformance":                 {"api-conformance.json", "application/json"},
		"/cache/ogcapi/tileMatrixSets":              {"api-sets.json", "application/json"},
		"/cache/ogcapi/collections":                 {"api-collections.json", "application/json"},
		"/cache/ogcapi/collections/S2L2A__NDVI":     {"api-collection.json", "application/json"},
		"/cache/ogcapi/collections/S2L2A/map/tiles": {"api-tilesets.json", "application/json"},
		"/cache/ogcapi/collections/S2L2A__NDVI/styles/grey/map/tiles/WorldCRS84Quad": {"api-tileset.json", "application/json"},
		"/cache/ogcapi/tileMatrixSets/WebMercatorQuad?f=json":                        {"api-set.json", "application/json"},
	} {
		r := ask(t, &layers{}, "GET", target)
		document := body(t, r)
		if r.StatusCode != 200 || r.Header.Get("Content-Type") != want.mediaType || r.Header.Get("ETag") == "" || r.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: status %d, %v: %s", target, r.StatusCode, r.Header, document)
			continue
		}
		owstest.Golden(t, want.golden, document)
		if again := ask(t, &layers{}, "GET", target, "If-None-Match", r.Header.Get("ETag")); again.StatusCode != 304 {
			t.Errorf("%s: asked again it gives %d", target, again.StatusCode)
		}
	}
}

// CSC-01: TMS, MapCache's way, counts rows from the south; OGC API - Tiles from the north.
func TestTilesOfOtherProtocols(t *testing.T) {
	whole, _ := record.ParseInterval("2024-05-06")
	instant, _ := record.ParseInterval("2024-05-06T10:00:00Z")
	for target, want := range map[string]Tile{
		"/cache/tms/1.0.0/S2L2A@WGS84/7/130/96.png":                                                                    {"S2L2A", "default", grid.WGS84, grid.Tile{Z: 7, Col: 130, Row: 31}, record.Interval{}, png},
		"/cache/tms/1.0.0/my%20file%2F%C3%A9%201@g/3/4/5.jpg?time=2024-05-06":                                          {"my file/é 1", "default", grid.GoogleMapsCompatible, grid.Tile{Z: 3, Col: 4, Row: 2}, whole, jpeg},
		"/cache/tms/1.0.0/S2L2A@GoogleMapsCompatible/0/0/0.mixed?style=green":                                          {"S2L2A", "green", grid.GoogleMapsCompatible, grid.Tile{}, record.Interval{}, mixed},
		"/cache/ogcapi/collections/S2L2A/map/tiles/WebMercatorQuad/3/2/4":                                              {"S2L2A", "default", grid.GoogleMapsCompatible, grid.Tile{Z: 3, Col: 4, Row: 2}, record.Interval{}, png},
		"/cache/ogcapi/collections/S2L2A__NDVI/styles/grey/map/tiles/WGS84/3/2/4?f=jpeg&datetime=2024-05-06T10:00:00Z": {"S2L2A__NDVI", "grey", grid.WGS84, grid.Tile{Z: 3, Col: 4, Row: 2}, instant, jpeg},
		"/cache/wmts/1.0.0/S2L2A/default/WGS84/7/31/130.mixed":                                                         {"S2L2A", "default", grid.WGS84, grid.Tile{Z: 7, Col: 130, Row: 31}, record.Interval{}, mixed},
	} {
		service := &layers{}
		if r := ask(t, service, "GET", target); r.StatusCode != 200 || len(service.asked) != 1 || service.asked[0].At != want.At {
			t.Errorf("%s: status %d, asked %+v: %s", target, r.StatusCode, service.asked, body(t, r))
			continue
		}
		got := service.asked[0]
		if got.Set.ID != want.Set.ID || got.Layer != want.Layer || got.Style != want.Style || got.Time != want.Time || got.Format != want.Format {
			t.Errorf("%s: asked %+v, want %+v", target, got, want)
		}
	}
	service := &layers{}
	if ask(t, service, "GET", "/cache/ogcapi/collections/S2L2A/map/tiles/WGS84/3/2/4", "Accept", "image/jpeg,*/*;q=0.1"); service.asked[0].Format != jpeg {
		t.Errorf("who likes JPEG gets %s", service.asked[0].Format)
	}
}

func TestRefusalsOfOtherProtocols(t *testing.T) {
	for target, status := range map[string]int{
		"/cache/tms/2.0.0/":                                                404,
		"/cache/tms/1.0.0/S2L2A":                                           404,
		"/cache/tms/1.0.0/S2L2A@Mars":                                      404,
		"/cache/tms/1.0.0/nothing@WGS84":                                   404,
		"/cache/tms/1.0.0/S2L2A@WGS84/7/130.png":                           404,
		"/cache/tms/1.0.0/S2L2A@WGS84/7/130/128.png":                       400,
		"/cache/tms/1.0.0/S2L2A@WGS84/x/130/y.png":                         400,
		"/cache/tms/1.0.0/S2L2A@WGS84/99/0/0.png":                          400,
		"/cache/tms/1.0.0/S2L2A@WGS84/7/130/9.gif":                         400,
		"/cache/kml/S2L2A@GoogleMapsCompatible.kml":                        404,
		"/cache/kml/nothing@WGS84.kml":                                     404,
		"/cache/kml/S2L2A@WGS84":                                           404,
		"/cache/kml/S2L2A@WGS84.kml?time=x":                                400,
		"/cache/kml/S2L2A@WGS84/7/1/999.kml":                               400,
		"/cache/kml/S2L2A@WGS84/7/1.kml":                                   404,
		"/cache/ogcapi/nothing":                                            404,
		"/cache/ogcapi/tileMatrixSets/Mars":                                404,
		"/cache/ogcapi/collections/nothing":                                404,
		"/cache/ogcapi/collections?x=1":                                    400,
		"/cache/ogcapi/collections/nothing/map/tiles":                      404,
		"/cache/ogcapi/collections/S2L2A/map/tiles/Mars":                   404,
		"/cache/ogcapi/collections/S2L2A/styles/no/map/tiles":              404,
		"/cache/ogcapi/collections/S2L2A/map/tiles/WGS84/3/8/4":            404,
		"/cache/ogcapi/collections/S2L2A/map/tiles/WGS84/three/2/4":        404,
		"/cache/ogcapi/collections/S2L2A/map/tiles/WGS84/3/2/4?f=gif":      400,
		"/cache/ogcapi/collections/S2L2A/map/tiles/WGS84/3/2/4?datetime=x": 400,
		"/cache/ogcapi/collections/nothing/map/tiles/WGS84/3/2/4":          404,
	} {
		r := ask(t, &layers{}, "GET", target)
		var problem struct {
			Status int
			Detail string
		}
		if err := json.Unmarshal(body(t, r), &problem); err != nil || r.StatusCode != status || problem.Status != status || problem.Detail == "" {
			t.Errorf("%s: status %d, problem %+v, %v", target, r.StatusCode, problem, err)
		}
	}
}

// CSC-03: a set of a deployment's own, in northing-first metres, is advertised and served; it has no rows from the south.
func TestSetOfADeployment(t *testing.T) {
	alps, err := grid.New(grid.Definition{Name: "Alps", CRS: "EPSG:3035", Extent: []float64{4000000, 2500000, 4800000, 2900000}, Resolutions: []float64{1000, 250}})
	if err != nil {
		t.Fatal(err)
	}
	h := func(target string) (*http.Response, *layers) {
		service := &layers{}
		return askOf(t, Config{Tiles: service, Sets: append(grid.Sets(), alps)}, "GET", target), service
	}
	r, _ := h("/cache/wmts/1.0.0/WMTSCapabilities.xml")
	document := body(t, r)
	owstest.Validate(t, "wmts/1.0/wmtsGetCapabilities_response.xsd", document)
	for _, want := range []string{"<TopLeftCorner>2900000 4000000</TopLeftCorner>", "urn:ogc:def:crs:EPSG::3035", "<MatrixWidth>13</MatrixWidth>"} {
		if !strings.Contains(string(document), want) {
			t.Errorf("the capabilities do not say %s: %s", want, document)
		}
	}
	if r, service := h("/cache/wmts/1.0.0/a/default/Alps/1/6/12.png"); r.StatusCode != 200 || service.asked[0].Set.ID != "Alps" {
		t.Errorf("a tile of it gives %d", r.StatusCode)
	}
	if r, _ := h("/cache/wmts/1.0.0/a/default/Alps/1/7/12.png"); r.StatusCode != 400 {
		t.Errorf("a tile beside it gives %d", r.StatusCode)
	}
	if r, _ := h("/cache/tms/1.0.0/a@Alps/1/0/0.png"); r.StatusCode != 404 {
		t.Errorf("rows from the south give %d", r.StatusCode)
	}
	r, _ = h("/cache/ogcapi/tileMatrixSets/Alps")
	if text := string(body(t, r)); !strings.Contains(text, `"orderedAxes":["N","E"]`) || !strings.Contains(text, `"pointOfOrigin":[2900000,4000000]`) {
		t.Errorf("it is described as %s", text)
	}
}

// Every address that the documents of a super-overlay lead to answers, down to a picture.
func TestOverlayLinksWork(t *testing.T) {
	type file struct {
		Links []string `xml:"Document>NetworkLink>Link>href"`
		Icon  string   `xml:"Document>GroundOverlay>Icon>href"`
	}
	service, at, icons := &layers{}, "/cache/kml/S2L2A@WGS84.kml", 0
	for depth := 0; at != "" && depth < 40; depth++ {
		var f file
		if err := xml.Unmarshal(body(t, ask(t, service, "GET", at)), &f); err != nil {
			t.Fatal(err)
		}
		if f.Icon != "" {
			if r := ask(t, service, "GET", strings.TrimPrefix(f.Icon, "https://eo.example/workspaces/w")); r.StatusCode != 200 {
				t.Errorf("%s gives %d", f.Icon, r.StatusCode)
			}
			icons++
		}
		at = ""
		if len(f.Links) > 0 {
			at = strings.TrimPrefix(f.Links[0], "https://eo.example/workspaces/w")
		}
	}
	if icons != grid.WGS84.Levels {
		t.Errorf("%d pictures on the way down, want one of each of %d levels", icons, grid.WGS84.Levels)
	}
	for _, tile := range service.asked {
		if b := tile.Set.Bounds(tile.At); !b.Intersects(orb.Bound{Min: orb.Point{13, 45.5}, Max: orb.Point{15.25, 47}}) {
			t.Errorf("tile %s shows nothing of the layer", tile.At)
		}
	}
}
